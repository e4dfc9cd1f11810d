//! Equal lookups at the same time share one search. A filter holds the name that somebody typed: what is kept
//! of it is a key of a fixed size.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;

use super::{entry::Entry, error::DirectoryError};
use crate::name_key::{NameKey, NameKeys};

/// Lookups under way, by filter. Nothing is remembered: who asks after an answer asks anew.
#[derive(Debug)]
pub(super) struct Flights {
    names: NameKeys,
    under_way: Cache<NameKey, Arc<[Entry]>>,
}

impl Flights {
    pub fn new() -> Self {
        let under_way = Cache::builder()
            .max_capacity(1024)
            // For a caller that goes away before it has cleaned up.
            .time_to_live(Duration::from_millis(100))
            .build();
        Self {
            names: NameKeys::new(),
            under_way,
        }
    }

    /// The answer of `search`, or of an equal one that is under way. When the caller that searches
    /// goes away, one that waits takes over.
    pub async fn join(
        &self,
        filter: &str,
        search: impl Future<Output = Result<Vec<Entry>, DirectoryError>>,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let search = async { search.await.map(Arc::from) };
        let key = self.names.of(filter);
        let found = self.under_way.try_get_with(key, search).await;
        self.under_way.invalidate(&key).await;
        found
            .map(|entries: Arc<[Entry]>| entries.to_vec())
            .map_err(|error: Arc<DirectoryError>| DirectoryError::clone(&error))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn equal_lookups_share_a_search_and_the_next_one_is_new() {
        let (flights, searches) = (Flights::new(), AtomicU32::new(0));
        let search = || async {
            searches.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(vec![Entry::new("CN=a".to_owned(), Vec::new())])
        };
        let (one, two, other) = tokio::join!(
            flights.join("(cn=a)", search()),
            flights.join("(cn=a)", search()),
            flights.join("(cn=b)", search()),
        );
        assert_eq!(one.expect("found"), two.expect("found"));
        assert!(other.is_ok());
        assert_eq!(searches.load(Ordering::Relaxed), 2);
        assert!(flights.join("(cn=a)", search()).await.is_ok());
        assert_eq!(searches.load(Ordering::Relaxed), 3, "nothing is remembered");
    }

    #[tokio::test]
    async fn who_searches_may_go_away_and_those_who_wait_get_an_answer() {
        let flights = Arc::new(Flights::new());
        let searches = Arc::new(AtomicU32::new(0));
        let search = || {
            let searches = Arc::clone(&searches);
            async move {
                // The first one never gets an answer.
                if searches.fetch_add(1, Ordering::Relaxed) == 0 {
                    std::future::pending::<()>().await;
                }
                Ok(vec![Entry::new("CN=a".to_owned(), Vec::new())])
            }
        };
        let join = || {
            let (flights, search) = (Arc::clone(&flights), search());
            tokio::spawn(async move { flights.join("(cn=a)", search).await })
        };
        let first = join();
        while searches.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let waiting = [join(), join(), join()];
        tokio::task::yield_now().await;
        first.abort();
        for one in waiting {
            let answered = tokio::time::timeout(Duration::from_secs(10), one).await;
            let answered = answered.expect("in time").expect("no panic");
            assert_eq!(answered.expect("found").len(), 1);
        }
        assert!(searches.load(Ordering::Relaxed) >= 2, "one took over");
    }

    #[tokio::test]
    async fn an_error_is_shared_and_not_kept() {
        let flights = Flights::new();
        let failed = flights
            .join("(cn=a)", async { Err(DirectoryError::NoServer) })
            .await;
        assert!(matches!(failed, Err(DirectoryError::NoServer)));
        assert!(
            flights
                .join("(cn=a)", async { Ok(Vec::new()) })
                .await
                .is_ok()
        );
    }
}
