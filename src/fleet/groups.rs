//! Who has what in common.

/// The values, each with those that have it: the one that most have comes first, else the one that was seen
/// first.
pub(super) fn groups<N, V: PartialEq>(all: impl Iterator<Item = (N, V)>) -> Vec<(V, Vec<N>)> {
    let mut groups: Vec<(V, Vec<N>)> = Vec::new();
    for (name, value) in all {
        match groups.iter_mut().find(|(known, _)| *known == value) {
            Some((_, names)) => names.push(name),
            None => groups.push((value, vec![name])),
        }
    }
    groups.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_have_comes_first() {
        let all = [("a", 1), ("b", 2), ("c", 2), ("d", 3)];
        let groups = groups(all.into_iter());
        assert_eq!(
            groups,
            [(2, vec!["b", "c"]), (1, vec!["a"]), (3, vec!["d"])]
        );
    }
}
