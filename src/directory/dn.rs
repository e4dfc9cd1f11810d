//! What a distinguished name (RFC 4514) says about its domain.

/// The DNS name made of the `DC=` components that end `dn`, in lower case; `None` when there are none
/// or `dn` is malformed.
#[must_use]
pub(super) fn domain(dn: &str) -> Option<String> {
    let mut labels: Vec<String> = Vec::new();
    for rdn in split_unescaped(dn, ',')? {
        match domain_component(rdn)? {
            Some(label) => labels.push(label),
            // A DC above an OU names no domain: only the run at the end counts.
            None => labels.clear(),
        }
    }
    (!labels.is_empty()).then(|| labels.join("."))
}

/// The label of an RDN that is one `DC=`, `Some(None)` for any other RDN, `None` when malformed.
#[expect(
    clippy::option_option,
    reason = "malformed, something else, or a label"
)]
fn domain_component(rdn: &str) -> Option<Option<String>> {
    let (kind, value) = rdn.split_once('=')?;
    let kind = kind.trim();
    if !kind.eq_ignore_ascii_case("DC") && kind != "0.9.2342.19200300.100.1.25" {
        return Some(None);
    }
    // A second attribute in the same RDN (`DC=a+CN=b`): no domain component of AD looks like that.
    if split_unescaped(rdn, '+')?.len() > 1 {
        return Some(None);
    }
    let label = unescape(value.trim_matches(' '))?;
    let plain = !label.is_empty()
        && label
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    plain.then(|| Some(label.to_lowercase()))
}

/// The parts of `text` between separators that are neither escaped nor quoted.
fn split_unescaped(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut escaped, mut quoted) = (0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            c if c == separator && !quoted => {
                parts.push(&text[start..index]);
                start = index + separator.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!escaped && !quoted).then_some(parts)
}

/// An attribute value with `\c` and `\hh` resolved, quotes of the old form removed.
fn unescape(value: &str) -> Option<String> {
    let value = value
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(value);
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let first = rest.next()?;
        if first.is_ascii_hexdigit() {
            let pair = [first, rest.next()?];
            bytes.extend(hex::decode(pair).ok()?);
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn domain_is_the_run_of_dc_at_the_end() {
        let name = |dn| domain(dn).unwrap_or_default();
        assert_eq!(name("CN=Alice,CN=Users,DC=corp,DC=example"), "corp.example");
        assert_eq!(name("cn=a, dc=Corp , dc=EXAMPLE"), "corp.example");
        assert_eq!(name("CN=a,DC=evil,OU=x,DC=corp,DC=example"), "corp.example");
        assert_eq!(name("CN=a,DC=c\\6frp,DC=example"), "corp.example");
        assert_eq!(name("DC=corp,DC=example"), "corp.example");
    }

    #[test]
    fn escapes_in_a_name_are_no_components() {
        let name = |dn| domain(dn).unwrap_or_default();
        assert_eq!(name(r"CN=x\,DC=evil,DC=corp,DC=example"), "corp.example");
        assert_eq!(name(r"CN=x\\,DC=corp,DC=example"), "corp.example");
        assert_eq!(name("CN=\"x,DC=evil\",DC=corp,DC=example"), "corp.example");
        assert_eq!(name(r"CN=x\2CDC=evil,DC=corp,DC=example"), "corp.example");
    }

    #[test]
    fn no_domain_where_none_is_named() {
        for dn in [
            "uid=a,o=corp",
            "",
            "DC=a+CN=b",
            "CN=a,DC=",
            "CN=a,DC=a.b",
            r"CN=a,DC=b\",
            "a",
        ] {
            assert_eq!(domain(dn), None, "{dn}");
        }
    }
}
