//! Filters of which a value is a part.

/// An LDAP filter in which `{0}` stands for a value, for instance `(sAMAccountName={0})`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterTemplate(String);

impl FilterTemplate {
    /// The template, or `None` when the text holds no `{0}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.contains("{0}").then(|| Self(text.to_owned()))
    }

    /// A template of this program, which holds `{0}`.
    pub(super) fn fixed(text: &str) -> Self {
        debug_assert!(text.contains("{0}"));
        Self(text.to_owned())
    }

    /// The filter with `value`, already escaped (RFC 4515, section 3), in place of every `{0}`.
    #[must_use]
    pub fn with_escaped(&self, value: &str) -> String {
        self.0.replace("{0}", value)
    }
}
