//! Every key, declared once: by section, in the order in which the documentation shows them.

mod accounts;
mod client_certificates;
mod declare;
mod directory;
mod form;
mod groups;
mod instance;
mod kerberos;
mod listener;
mod pages;
mod tenant;
mod tokens;
mod unused;

pub use self::{
    accounts::*, client_certificates::*, directory::*, form::*, groups::*, instance::*,
    kerberos::*, listener::*, pages::*, tenant::*, tokens::*, unused::*,
};
use super::key::{Declared, FILE};

/// Where an editor finds the schema of `config.json`: no key of ours, and nothing to warn about.
pub const SCHEMA: &str = "$schema";

/// All keys.
pub fn all() -> impl Iterator<Item = &'static dyn Declared> {
    let parts: [declare::Keys; 12] = [
        listener::KEYS,
        kerberos::KEYS,
        client_certificates::KEYS,
        form::KEYS,
        pages::KEYS,
        tokens::KEYS,
        directory::KEYS,
        groups::KEYS,
        accounts::KEYS,
        tenant::KEYS,
        instance::KEYS,
        unused::KEYS,
    ];
    parts.into_iter().flatten().copied()
}

/// The key of that name, or that had it before.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Declared> {
    all().find(|key| key.name() == name || key.older_name() == Some(name))
}

/// The secret that the key of that name (`<KEY>_FILE`) gives in a file.
#[must_use]
pub fn find_by_file_variant(name: &str) -> Option<&'static dyn Declared> {
    let secret = find(name.strip_suffix(FILE)?)?;
    secret.file_variant().map(|_| secret)
}

/// The tenant's word on which logins there are.
pub fn tenant_switches() -> impl Iterator<Item = &'static dyn Declared> {
    all().filter(|key| key.scope().tenant && key.scope().switch)
}

/// Whether a key names a relying party: a URI (`urn:auth0:acme`) or the value of `REALM`; never a key of
/// ours, or a request could have any value read as a list of callbacks.
#[must_use]
pub fn names_relying_party(name: &str, realm: &str) -> bool {
    find(name).is_none()
        && find_by_file_variant(name).is_none()
        && (name.contains(':') || (name == realm && !realm.is_empty()))
}

/// The known key that `name` is probably a misspelling of.
#[must_use]
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let upper = name.to_uppercase();
    all()
        .map(|key| (strsim::jaro_winkler(&upper, key.name()), key.name()))
        .filter(|(likeness, _)| *likeness > 0.9)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
