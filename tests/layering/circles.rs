//! Circles among things that need each other.

use std::collections::{BTreeMap, BTreeSet};

/// Everything that `start` leads to, itself only where a circle leads back to it.
fn reach<'a, T: Ord>(arrows: &'a BTreeMap<T, BTreeSet<T>>, start: &T) -> BTreeSet<&'a T> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&T> = arrows.get(start).into_iter().flatten().collect();
    while let Some(one) = next.pop() {
        if reached.insert(one) {
            next.extend(arrows.get(one).into_iter().flatten());
        }
    }
    reached
}

/// What is part of a circle, with its arrows within that circle.
pub fn circles<T: Ord + Clone>(arrows: &BTreeMap<T, BTreeSet<T>>) -> Vec<(T, Vec<T>)> {
    let reached: BTreeMap<&T, BTreeSet<&T>> =
        arrows.keys().map(|one| (one, reach(arrows, one))).collect();
    let mut parts = Vec::new();
    for (from, needs) in arrows {
        let back = |to: &&T| {
            reached
                .get(to)
                .is_some_and(|further| further.contains(from))
        };
        let within: Vec<T> = needs.iter().filter(back).cloned().collect();
        if !within.is_empty() {
            parts.push((from.clone(), within));
        }
    }
    parts
}
