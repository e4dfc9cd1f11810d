//! Search filters: a check before anything is sent. Values in them are escaped by [`ldap3::ldap_escape`].

/// Parentheses beyond this are no filter that anyone means; the parser behind it is recursive.
const MAX_DEPTH: usize = 64;

/// Whether `filter` is one; what is not finds nobody.
#[must_use]
pub(super) fn parses(filter: &str) -> bool {
    let mut depth = 0_usize;
    for byte in filter.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return false;
        }
    }
    ldap3::parse_filter(filter).is_ok()
}

#[cfg(test)]
mod tests {
    use ldap3::ldap_escape;

    use super::*;

    #[test]
    fn escapes_what_a_filter_gives_a_meaning() {
        assert_eq!(ldap_escape(r"a*(b)\c"), r"a\2a\28b\29\5cc");
        assert_eq!(ldap_escape("nul\0"), r"nul\00");
        assert_eq!(ldap_escape("Zoë 😀 &|!=<>~"), "Zoë 😀 &|!=<>~");
    }

    #[test]
    fn an_escaped_value_never_changes_the_filter() {
        for value in ["*", ")(objectClass=*", r"\2a", "a\0b", "😀)"] {
            assert!(parses(&format!("(cn={})", ldap_escape(value))), "{value}");
        }
    }

    #[test]
    fn tells_a_filter_from_other_text() {
        assert!(parses("(member:1.2.840.113556.1.4.1941:=CN=a,DC=b)"));
        assert!(!parses("(cn=a"));
        assert!(!parses("(cn=a)(b)"));
        assert!(!parses(&format!(
            "{}cn=a{}",
            "(!".repeat(100_000),
            ")".repeat(100_000)
        )));
    }
}
