//! What follows from the form of an LDAP filter alone, whoever is in the directory. Filters here are known to
//! parse, so their recursion has an end.

/// The place of a value.
pub(super) const PLACE: &str = "{0}";

/// What every entry has (RFC 4512, section 3.3).
const PRESENT: &str = "objectClass=*";

/// A filter taken apart.
enum Filter<'a> {
    And(Vec<&'a str>),
    Or(Vec<&'a str>),
    Not(&'a str),
    /// `attribute=value`
    Comparison(&'a str),
}

impl<'a> Filter<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.trim();
        let inside = text.strip_prefix('(').unwrap_or(text);
        let inside = inside.strip_suffix(')').unwrap_or(inside).trim_start();
        match inside.as_bytes().first() {
            Some(b'&') => Self::And(parts(inside)),
            Some(b'|') => Self::Or(parts(inside)),
            Some(b'!') => Self::Not(inside.get(1..).unwrap_or_default()),
            _ => Self::Comparison(inside),
        }
    }
}

/// Whether only what is compared with the value can match.
pub(super) fn requires_value(filter: &str) -> bool {
    match Filter::of(filter) {
        Filter::And(parts) => parts.into_iter().any(requires_value),
        Filter::Or(parts) => !parts.is_empty() && parts.into_iter().all(requires_value),
        Filter::Not(_) => false,
        Filter::Comparison(text) => text.contains(PLACE),
    }
}

/// Whether the value is wanted somewhere, and not only unwanted.
pub(super) fn has_wanted_place(filter: &str) -> bool {
    has_place(filter, true)
}

fn has_place(filter: &str, wanted: bool) -> bool {
    match Filter::of(filter) {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.into_iter().any(|part| has_place(part, wanted))
        }
        Filter::Not(part) => has_place(part, !wanted),
        Filter::Comparison(text) => wanted && text.contains(PLACE),
    }
}

/// Whether it matches every entry.
pub(super) fn is_always_true(filter: &str) -> bool {
    match Filter::of(filter) {
        Filter::And(parts) => parts.into_iter().all(is_always_true),
        Filter::Or(parts) => parts.iter().any(|part| is_always_true(part)) || are_opposed(&parts),
        Filter::Not(part) => is_never_true(part),
        Filter::Comparison(text) => text.trim_end().eq_ignore_ascii_case(PRESENT),
    }
}

/// Whether it matches no entry.
pub(super) fn is_never_true(filter: &str) -> bool {
    match Filter::of(filter) {
        Filter::And(parts) => parts.iter().any(|part| is_never_true(part)) || are_opposed(&parts),
        Filter::Or(parts) => parts.into_iter().all(is_never_true),
        Filter::Not(part) => is_always_true(part),
        Filter::Comparison(_) => false,
    }
}

/// Whether one of the parts is another one negated.
fn are_opposed(parts: &[&str]) -> bool {
    let negated = parts.iter().filter_map(|part| match Filter::of(part) {
        Filter::Not(part) => Some(part.trim()),
        _ => None,
    });
    let mut negated = negated;
    negated.any(|negated| parts.iter().any(|part| part.trim() == negated))
}

/// The filters between the parentheses of a combined one.
fn parts(inside: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'(' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    parts.extend(inside.get(start..=at));
                }
            }
            _ => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_or_never_true_is_seen_in_the_form() {
        for always in [
            "(objectClass=*)",
            "( objectclass=* )",
            "(|(cn={0})(objectClass=*))",
            "(!(!(objectClass=*)))",
            "(|(cn=a)(!(cn=a)))",
            "(&(objectClass=*)(|(objectClass=*)(cn=a)))",
        ] {
            assert!(is_always_true(always), "{always}");
            assert!(is_never_true(&format!("(!{always})")), "{always}");
            assert!(is_never_true(&format!("(&(cn=a)(!{always}))")), "{always}");
        }
        for sometimes in [
            "(cn=*)",
            "(&(objectClass=*)(cn={0}))",
            "(&(objectCategory=person)(!(cn=a)))",
            "(|(cn=a)(!(cn=b)))",
        ] {
            assert!(!is_always_true(sometimes), "{sometimes}");
            assert!(!is_never_true(sometimes), "{sometimes}");
        }
    }
}
