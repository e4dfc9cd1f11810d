//! The servers of `LDAP_URL` as one: which to ask, and what to do when it does not answer.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, sleep};

use super::{connection::Search, entry::Entry, error::DirectoryError, server::Server};

#[derive(Debug)]
pub(super) struct Servers(Vec<Arc<Server>>);

impl Servers {
    pub fn new(servers: Vec<Arc<Server>>) -> Self {
        Self(servers)
    }

    pub fn all(&self) -> &[Arc<Server>] {
        &self.0
    }

    /// The order in which to ask: the healthy, the doubted, the ones that are down; each kind in the
    /// order of the configuration.
    pub fn order(&self) -> Vec<Arc<Server>> {
        let mut ranked: Vec<_> = self
            .0
            .iter()
            .map(|server| (server.rank(), server))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked
            .into_iter()
            .map(|(_, server)| Arc::clone(server))
            .collect()
    }

    /// The first answer. A lost connection moves on at once, and back to the first server once more
    /// at the end; a server that is slow gets company after [`Search::hedge`].
    pub async fn search(
        &self,
        search: &Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let order = self.order();
        // With every server down all are tried at once: whichever returns first serves.
        let together = if order.first().is_some_and(|server| server.rank() == 2) {
            order.len()
        } else {
            1
        };
        let mut untried = order.iter().chain(order.first());
        let mut asked = Vec::new();
        let mut running = FuturesUnordered::new();
        for server in untried.by_ref().take(together) {
            asked.push(server);
            running.push(server.search(search, deadline));
        }
        loop {
            tokio::select! {
                           Some(answer) = running.next() => match answer {
                               Err(error) if error.may_pass_elsewhere() => match untried.next() {
                                   Some(server) => {
                                       asked.push(server);
                                       running.push(server.search(search, deadline));
                                   }
                                   None if running.is_empty() => return Err(error),
                                   None => {}
                               },
                               answer => return answer,
                           },
                           () = sleep(search.hedge), if !running.is_empty() && asked.len() < order.len() => {
                               if let Some(server) = untried.next() {
                                   // Slow or dead: a probe finds out, and others are preferred meanwhile.
                                   for slow in &asked {
            slow.doubt();
            }
                                   asked.push(server);
                                   running.push(server.search(search, deadline));
                               }
                           }
                           else => return Err(DirectoryError::NoServer),
                       }
        }
    }
}
