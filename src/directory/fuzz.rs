//! What `tests/fuzz` calls: a directory's answer, and the names that users type.

use std::time::SystemTime;

use ldap3::{ResultEntry, asn1::parse_tag};

use super::{
    account::Judge, binary, domains::Domains, entry::Entry, sid::Sid, typed_name::TypedName,
};
use crate::config::filter_parses;

/// An entry in a search's answer, as the server encodes it.
pub fn ldap_entry(data: &[u8]) {
    let _ = (Sid::read(data), binary::guid_text(data));
    let Ok((_, tag)) = parse_tag(data) else {
        return;
    };
    if let Some(entry) = Entry::decode(ResultEntry::new(tag)) {
        let _ = (
            entry.domain(),
            entry.identity(),
            entry.refusal(SystemTime::UNIX_EPOCH, Judge::Nobody, true),
        );
        assert!(
            entry
                .attributes()
                .all(|(name, _)| entry.get(name).is_some())
        );
    }
}

/// A name as a user typed it: the search made of it parses.
pub fn typed_name(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let domains = Domains::of("corp.example", None);
        let name = TypedName::read(text);
        assert!(filter_parses(&name.filter(&domains)), "{text:?}");
        let _ = (name.spelling(&domains), name.foreign_domain(&domains));
    }
}
