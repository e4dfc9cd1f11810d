//! LDAP filters (RFC 4515), checked when they are read: one that does not parse finds nobody, so nobody
//! would get in.

/// Parentheses beyond this are no filter that anyone means; the parser behind it is recursive.
const MAX_DEPTH: usize = 64;
/// The place of a value.
const PLACE: &str = "{0}";

/// An LDAP filter in which `{0}` is replaced by a value, for instance `(sAMAccountName={0})`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterTemplate(String);

/// Why a text is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("has no {{0}}, the place of the value")]
    NoPlace,
    #[error("is not an LDAP filter: a parenthesis or an operator is wrong")]
    Malformed,
}

impl FilterTemplate {
    /// The template. A filter without parentheses around it gets them, as the AD/LDAP Connector reads it.
    ///
    /// # Errors
    /// When the text holds no `{0}`, or is no filter with a value in its place.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        if !text.contains(PLACE) {
            return Err(FilterError::NoPlace);
        }
        let template = enclosed(text);
        if !parses(&template.replace(PLACE, "x")) {
            return Err(FilterError::Malformed);
        }
        Ok(Self(template))
    }

    /// A template of this program, which holds `{0}`.
    pub(super) fn fixed(text: &str) -> Self {
        debug_assert!(text.contains(PLACE));
        Self(text.to_owned())
    }

    /// As it is written, with `{0}`.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same filter by another attribute: it takes the place of whatever is compared with the value,
    /// and all other conditions stay.
    #[must_use]
    pub fn by_attribute(&self, attribute: &str) -> Self {
        let mut filter = String::with_capacity(self.0.len());
        for part in self.0.split_inclusive(')') {
            match comparison(part) {
                Some((before, _)) => {
                    filter.push_str(before);
                    filter.push_str(attribute);
                    filter.push('=');
                    filter.push_str(PLACE);
                    filter.push(')');
                }
                None => filter.push_str(part),
            }
        }
        Self(filter)
    }

    /// The attributes that are compared with the value.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let comparisons = self.0.split_inclusive(')').filter_map(comparison);
        comparisons.filter_map(|(_, comparison)| {
            comparison
                .split(['=', '~', '<', '>', ':', ';'])
                .next()
                .map(str::trim)
        })
    }

    /// The filter with `value`, already escaped (RFC 4515, section 3), in place of every `{0}`.
    #[must_use]
    pub fn with_escaped(&self, value: &str) -> String {
        self.0.replace(PLACE, value)
    }
}

/// The comparison with a value that ends `part`, a piece of a filter up to the next closing parenthesis,
/// and what comes before it. No value holds a parenthesis (RFC 4515, section 3).
fn comparison(part: &str) -> Option<(&str, &str)> {
    let start = part.rfind('(')?;
    let (before, comparison) = part.split_at(start.checked_add(1)?);
    comparison.contains(PLACE).then_some((before, comparison))
}

/// A filter without a place for a value.
///
/// # Errors
/// When it does not parse.
pub(super) fn plain(text: &str) -> Result<String, FilterError> {
    let filter = enclosed(text);
    parses(&filter)
        .then_some(filter)
        .ok_or(FilterError::Malformed)
}

fn enclosed(text: &str) -> String {
    if text.starts_with('(') {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

/// Whether `filter` is one.
#[must_use]
pub fn parses(filter: &str) -> bool {
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

    #[test]
    fn a_template_is_a_filter_with_a_place() {
        for (text, template) in [
            ("(sAMAccountName={0})", Ok("(sAMAccountName={0})")),
            ("sAMAccountName={0}", Ok("(sAMAccountName={0})")),
            (
                "(&(objectCategory=person)(|(cn=*{0}*)(mail={0})))",
                Ok("(&(objectCategory=person)(|(cn=*{0}*)(mail={0})))"),
            ),
            ("(sAMAccountName={0}", Err(FilterError::Malformed)),
            ("(sAMAccountName={0}))", Err(FilterError::Malformed)),
            ("(&(cn={0})", Err(FilterError::Malformed)),
            ("{0}", Err(FilterError::Malformed)),
            ("(sAMAccountName=alice)", Err(FilterError::NoPlace)),
        ] {
            let expected = template.map(|text| FilterTemplate(text.to_owned()));
            assert_eq!(FilterTemplate::parse(text), expected, "{text}");
        }
        assert_eq!(
            plain("objectCategory=group").as_deref(),
            Ok("(objectCategory=group)")
        );
        assert_eq!(plain("(objectCategory=group"), Err(FilterError::Malformed));
    }

    #[test]
    fn another_attribute_takes_the_place_and_conditions_stay() {
        for (text, by_account, attributes) in [
            ("mail={0}", "(sAMAccountName={0})", "mail"),
            (
                "(userPrincipalName={0}@corp.example)",
                "(sAMAccountName={0})",
                "userPrincipalName",
            ),
            (
                "(&(memberOf=CN=VPN \\28new\\29,DC=corp)(|(mail={0})(uid:caseExactMatch:={0})))",
                "(&(memberOf=CN=VPN \\28new\\29,DC=corp)(|(sAMAccountName={0})(sAMAccountName={0})))",
                "mail uid",
            ),
            (
                "(&(cn=*{0}*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
                "(&(sAMAccountName={0})(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
                "cn",
            ),
        ] {
            let template = FilterTemplate::parse(text).expect("a filter");
            let changed = template.by_attribute("sAMAccountName");
            assert_eq!(changed.0, by_account);
            assert!(FilterTemplate::parse(&changed.0).is_ok());
            assert_eq!(
                template.attributes().collect::<Vec<_>>().join(" "),
                attributes
            );
        }
    }
}
