//! What happens, in the order of its time.

use std::{cmp::Ordering, collections::BinaryHeap};

#[derive(Debug)]
pub struct Events<E> {
    heap: BinaryHeap<Due<E>>,
    /// Of two at one time the earlier planned one is first.
    planned: u64,
}

#[derive(Debug)]
struct Due<E> {
    at: f64,
    number: u64,
    event: E,
}

impl<E> Default for Events<E> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            planned: 0,
        }
    }
}

impl<E> Events<E> {
    pub fn plan(&mut self, at: f64, event: E) {
        self.planned += 1;
        self.heap.push(Due {
            at,
            number: self.planned,
            event,
        });
    }

    pub fn next(&mut self) -> Option<(f64, E)> {
        self.heap.pop().map(|due| (due.at, due.event))
    }
}

impl<E> Ord for Due<E> {
    /// The heap gives its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = other.at.total_cmp(&self.at);
        by_time.then(other.number.cmp(&self.number))
    }
}

impl<E> PartialOrd for Due<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Due<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for Due<E> {}
