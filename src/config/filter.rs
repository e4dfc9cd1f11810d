//! LDAP filters (RFC 4515), checked when they are read: one that does not parse finds nobody, so nobody
//! would get in.

use super::filter_meaning::{
    PLACE, has_wanted_place, is_always_true, is_never_true, requires_value,
};

/// Parentheses beyond this are no filter that anyone means; the parser behind it is recursive.
const MAX_DEPTH: usize = 64;

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
    #[error("has another place than {{0}}, and nothing would come there")]
    OtherPlace,
    #[error("has {{0}} where the name of an attribute is")]
    PlaceOfName,
    #[error("has {{0}} only where it is negated (!), and so finds all who are not meant")]
    Negated,
    #[error("finds everything, whatever {{0}} is")]
    Everything,
    #[error("finds nothing: what it wants is never true")]
    Nothing,
    #[error("has {{0}} or the like, and no value comes there")]
    NoValue,
    #[error("compares {{0}} for more or less, and so finds others than those of that name")]
    MoreOrLess,
    #[error(
        "finds people whatever their name is: a part without {{0}} is enough, or {{0}} is negated"
    )]
    AnyName,
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
        if has_other_place(text) {
            return Err(FilterError::OtherPlace);
        }
        let mut comparisons = template.split_inclusive(')').filter_map(comparison);
        let in_name = |(_, comparison): (_, &str)| {
            let name = comparison.split('=').next();
            name.is_some_and(|name| name.contains(PLACE))
        };
        if comparisons.any(in_name) {
            return Err(FilterError::PlaceOfName);
        }
        if is_never_true(&template) {
            return Err(FilterError::Nothing);
        }
        if is_always_true(&template) {
            return Err(FilterError::Everything);
        }
        if !has_wanted_place(&template) {
            return Err(FilterError::Negated);
        }
        Ok(Self(template))
    }

    /// The same for a filter that finds one user by the name: whoever it finds has that name.
    ///
    /// # Errors
    /// Those of [`Self::parse`], and when somebody is found whatever the name is.
    pub fn parse_by_name(text: &str) -> Result<Self, FilterError> {
        let template = Self::parse(text)?;
        if template
            .operators()
            .any(|operator| matches!(operator, '<' | '>'))
        {
            return Err(FilterError::MoreOrLess);
        }
        if template.requires_value() {
            Ok(template)
        } else {
            Err(FilterError::AnyName)
        }
    }

    /// Whether only what is compared with the value can be found.
    pub(super) fn requires_value(&self) -> bool {
        requires_value(&self.0)
    }

    /// Whether a part of what is compared with the value is enough: `(cn={0}*)`.
    pub(super) fn takes_part(&self) -> bool {
        let mut comparisons = self.0.split_inclusive(')').filter_map(comparison);
        comparisons.any(|(_, comparison)| comparison.contains('*'))
    }

    /// The character before the sign of equality of each comparison with the value.
    fn operators(&self) -> impl Iterator<Item = char> {
        let comparisons = self.0.split_inclusive(')').filter_map(comparison);
        comparisons.filter_map(|(_, comparison)| comparison.split('=').next()?.chars().last())
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

    /// What it wants beside the value, as a filter; `None` when that is nothing.
    #[must_use]
    pub fn conditions(&self) -> Option<String> {
        let conditions = self.by_attribute("objectClass").with_escaped("*");
        (!is_always_true(&conditions)).then_some(conditions)
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

    /// A filter for everybody who can be found by some value; `None` where there is no such one, as beside
    /// a comparison for more or less.
    #[must_use]
    pub fn with_any_value(&self) -> Option<String> {
        if self.operators().any(|operator| "~<>:".contains(operator)) {
            return None;
        }
        let mut filter = self.0.replace(PLACE, "*");
        while filter.contains("**") {
            filter = filter.replace("**", "*");
        }
        parses(&filter).then_some(filter)
    }

    /// The filter with `value`, already escaped (RFC 4515, section 3), in place of every `{0}`.
    #[must_use]
    pub fn with_escaped(&self, value: &str) -> String {
        let mut filter = self.0.replace(PLACE, value);
        // Stars with nothing between them are no filter; one finds the same.
        while value.is_empty() && filter.contains("**") {
            filter = filter.replace("**", "*");
        }
        filter
    }
}

/// The comparison with a value that ends `part`, a piece of a filter up to the next closing parenthesis,
/// and what comes before it. No value holds a parenthesis (RFC 4515, section 3).
fn comparison(part: &str) -> Option<(&str, &str)> {
    let start = part.rfind('(')?;
    let (before, comparison) = part.split_at(start.checked_add(1)?);
    comparison.contains(PLACE).then_some((before, comparison))
}

/// Whether something else looks like a place: `{1}`, `{}` or `{{0}}`, as other programs write them.
fn has_other_place(text: &str) -> bool {
    let rest = text.replace(PLACE, "");
    let mut opened = rest.split('{').skip(1);
    opened.any(|inside| {
        let inside = inside.split_once('}').map(|(inside, _)| inside);
        inside.is_some_and(|inside| inside.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// A filter without a place for a value.
///
/// # Errors
/// When it does not parse, has a place all the same, or finds nothing at all.
pub(super) fn plain(text: &str) -> Result<String, FilterError> {
    let filter = enclosed(text);
    if !parses(&filter) {
        return Err(FilterError::Malformed);
    }
    if filter.contains(PLACE) || has_other_place(&filter) {
        return Err(FilterError::NoValue);
    }
    if is_never_true(&filter) {
        return Err(FilterError::Nothing);
    }
    Ok(filter)
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
#[path = "filter_tests.rs"]
mod tests;
