//! How many logins may be under way at the same time, and how many of them those of one network.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{audit::Client, refusal::Refusal};
use crate::network::{Network, NetworkWidths};

/// The part of the places that stays free for networks that hold few.
const KEPT: usize = 4;
/// The part of the places that is few.
const FEW: usize = 16;

/// A number of logins at a time; one more is refused at once, so that nobody waits in vain. The last quarter is
/// for networks that hold less than a sixteenth: whoever sends tokens without end keeps nobody else out. Who comes
/// through a balancer that does not say for whom is counted nowhere.
#[derive(Debug)]
pub struct Slots {
    limit: usize,
    key: &'static str,
    networks: NetworkWidths,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_network: HashMap<Network, usize>,
}

/// A login under way, until it is dropped.
#[derive(Debug)]
pub struct Slot {
    taken: Arc<Mutex<Taken>>,
    network: Option<Network>,
}

impl Slots {
    /// `key` is what an administrator changes for another number.
    #[must_use]
    pub fn new(limit: usize, networks: NetworkWidths, key: &'static str) -> Self {
        Self {
            limit,
            key,
            networks,
            taken: Arc::default(),
        }
    }

    /// Whether these are the number and the networks.
    #[must_use]
    pub fn are_for(&self, limit: usize, networks: NetworkWidths) -> bool {
        (self.limit, self.networks) == (limit, networks)
    }

    /// # Errors
    /// When too many are under way.
    pub(super) fn take(&self, client: Client) -> Result<Slot, Refusal> {
        let network = match client {
            Client::Address(address) => Some(self.networks.of(address)),
            Client::Balancer(_) | Client::Hub => None,
        };
        let mut taken = lock(&self.taken);
        let held = network.and_then(|network| taken.by_network.get(&network));
        let holds_few = held.is_none_or(|held| *held < self.limit.div_ceil(FEW));
        let room = if network.is_none() || holds_few {
            self.limit
        } else {
            self.limit - self.limit / KEPT
        };
        if taken.all >= room {
            return Err(Refusal::Busy {
                limit: self.limit,
                key: self.key,
            });
        }
        taken.all += 1;
        if let Some(network) = network {
            *taken.by_network.entry(network).or_default() += 1;
        }
        Ok(Slot {
            taken: Arc::clone(&self.taken),
            network,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all -= 1;
        let Some(network) = self.network else { return };
        if let Some(held) = taken.by_network.get_mut(&network) {
            *held -= 1;
            if *held == 0 {
                taken.by_network.remove(&network);
            }
        }
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(limit: usize) -> Slots {
        Slots::new(limit, NetworkWidths::default(), "MAX_LOGINS")
    }

    fn of(last: u8) -> Client {
        Client::Address([192, 0, 2, last].into())
    }

    /// As many as there are.
    fn take_all(slots: &Slots, client: Client) -> Vec<Slot> {
        std::iter::from_fn(|| slots.take(client).ok()).collect()
    }

    #[test]
    fn a_network_that_sends_without_end_leaves_places_for_others() {
        let slots = slots(64);
        let flood = take_all(&slots, of(1));
        assert_eq!(flood.len(), 48);
        let others: Vec<_> = (2..=5).flat_map(|at| take_all(&slots, of(at))).collect();
        assert_eq!(others.len(), 16, "four each");
        assert!(slots.take(of(6)).is_err(), "all are taken");
        drop(others);
        assert!(slots.take(of(1)).is_err());
        drop(flood);
        assert_eq!(take_all(&slots, of(1)).len(), 48);
        assert!(lock(&slots.taken).by_network.is_empty(), "nothing is kept");
    }

    #[test]
    fn who_comes_through_a_balancer_that_names_nobody_has_all_places() {
        let balancer = Client::Balancer([127, 0, 0, 1].into());
        assert_eq!(take_all(&slots(64), balancer).len(), 64);
        for limit in 1..20 {
            let slots = slots(limit);
            let first = take_all(&slots, of(1));
            assert!(!first.is_empty(), "of {limit}");
            drop(first);
            assert!(lock(&slots.taken).all == 0);
        }
    }
}
