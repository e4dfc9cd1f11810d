//! Distinguished names (RFC 4514), as far as a base of a search has to be one.

/// Whether the text is a name: attribute types with values, between commas.
pub(super) fn is_name(text: &str) -> bool {
    let mut escaped = false;
    let mut quoted = false;
    let parts: Vec<_> = text
        .split(|c: char| {
            let separates = matches!(c, ',' | '+' | ';') && !escaped && !quoted;
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            separates
        })
        .collect();
    !quoted && !escaped && parts.into_iter().all(is_part)
}

/// `DC=corp`, or `2.5.4.11=Sales`.
fn is_part(part: &str) -> bool {
    let Some((kind, value)) = part.trim_start().split_once('=') else {
        return false;
    };
    let kind = kind.trim_end();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    kind.starts_with(|c: char| c.is_ascii_alphanumeric())
        && kind.chars().all(plain)
        && !value.trim().is_empty()
        && has_good_escapes(value)
}

/// A backslash stands before a character that has a meaning, or before two hexadecimal digits (RFC 4514,
/// section 2.4).
fn has_good_escapes(value: &str) -> bool {
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('\\') {
        let mut next = after.chars();
        let length = match next.next() {
            Some(c) if " \"#+,;<=>\\/".contains(c) => 1,
            Some(c)
                if c.is_ascii_hexdigit() && next.next().is_some_and(|c| c.is_ascii_hexdigit()) =>
            {
                2
            }
            _ => return false,
        };
        rest = after.get(length..).unwrap_or_default();
    }
    true
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
            r"OU=Z\C3\BCrich\\,DC=corp",
            r"OU=a\/b\ ,DC=corp",
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
            r#"OU="a,DC=corp"#,
            r"DC=corp\",
            r"OU=\zz,DC=corp",
            r"OU=\ü,DC=corp",
            "-=x",
            "",
        ] {
            assert!(!is_name(other), "{other}");
        }
    }
}
