//! Distinguished names (RFC 4514), as far as a base of a search has to be one.

/// Whether the text is a name: attribute types with values, between commas.
pub(super) fn is_name(text: &str) -> bool {
    let mut escaped = false;
    let mut quoted = false;
    let parts = text.split(|c: char| {
        let separates = matches!(c, ',' | '+' | ';') && !escaped && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        separates
    });
    let is_part = |part: &str| {
        let part = part.trim().split_once('=');
        part.is_some_and(|(kind, value)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
            !kind.is_empty() && kind.trim_end().chars().all(plain) && !value.trim().is_empty()
        })
    };
    parts.into_iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_name_from_other_text() {
        for name in [
            "DC=corp,DC=example",
            "ou=people, dc=corp , dc=example",
            r"OU=Sales\, East,DC=corp",
            r#"OU="a,b",DC=corp"#,
            "o=acme",
            "2.5.4.10=acme",
            "cn=a+ou=b,dc=c",
        ] {
            assert!(is_name(name), "{name}");
        }
        for other in [
            "corp.example",
            "DC=corp,",
            "DC=corp,example",
            "=x",
            "DC=",
            "DC corp=x",
            "",
        ] {
            assert!(!is_name(other), "{other}");
        }
    }
}
