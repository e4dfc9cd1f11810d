//! The paths that an installation has, and no other.

use std::path::{Component, Path};

pub(super) use crate::config::home::{
    CONFIG_JSON as CONFIG, LOGOS, MAPPER, SIGNING_CERTIFICATE as CERTIFICATE, SIGNING_KEY as KEY,
};
use crate::{
    cause,
    config::{has_known_end, home},
    secret::holds_private_key,
};

/// What the legacy connector's import takes, and needs all of.
pub(super) const NEEDED: [&str; 3] = [CONFIG, KEY, CERTIFICATE];

pub(super) fn allowed(name: &str) -> bool {
    if matches!(name, CONFIG | MAPPER) || LOGOS.contains(&name) {
        return true;
    }
    let plain = |part: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(good)
    };
    // What a profile mapper loads, also from a `node_modules` beside it.
    let module = |part: &str| plain(part.strip_prefix('@').unwrap_or(part));
    if let Some(rest) = name.strip_prefix("lib/") {
        return has_known_end(rest) && rest.split('/').count() <= 8 && rest.split('/').all(module);
    }
    // Under the name that its CA gives it: `Corp CA(1)+.crl`.
    let is_list = name.strip_prefix("certs/crl/").is_some_and(is_name);
    is_list
        || name
            .strip_prefix("certs/")
            .is_some_and(|rest| rest.split('/').count() <= 2 && rest.split('/').all(plain))
}

/// A file's name on every system, of what can be seen.
fn is_name(name: &str) -> bool {
    let odd = |c: char| cause::is_unseen(c) || r#"/\:*?"<>|"#.contains(c);
    let at_ends = |c: char| c == ' ' || c == '.';
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(at_ends)
        && !name.ends_with(at_ends)
        && !name.contains(odd)
}

/// Zip-slip: a path that would be written elsewhere.
pub(super) fn leads_out(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    name.starts_with(['/', '\\']) || drive || name.split(['/', '\\']).any(|part| part == "..")
}

/// A name of something in the home folder, in any folder of it.
pub(super) fn is_beneath(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Certificates may be read by others, nothing else.
pub(super) fn mode(name: &str, content: &[u8]) -> u32 {
    let public = [
        CERTIFICATE,
        home::TLS_CERTIFICATE,
        home::CLIENT_CA,
        home::ROOTS,
    ];
    if public.contains(&name) {
        certificate_mode(content)
    } else {
        0o600
    }
}

/// Of a file of certificates, in which a key may be as well.
#[must_use]
pub fn certificate_mode(content: &[u8]) -> u32 {
    if holds_private_key(content) {
        0o600
    } else {
        0o644
    }
}

/// A foreign name as it may be shown in a message.
pub(super) fn shown(name: &str) -> String {
    name.chars()
        .filter(|c| !cause::is_unseen(*c))
        .take(100)
        .collect()
}
