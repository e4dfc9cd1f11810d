//! The built-in profile mapper: what the AD/LDAP Connector's own sample mapper gives.

use serde_json::{Map, Value, json};

use super::Profile;
use crate::directory::{Attribute, Entry};

/// Attributes that are copied under their own names, in this order.
const COPIED: [&str; 12] = [
    "st",
    "description",
    "postalCode",
    "telephoneNumber",
    "distinguishedName",
    "co",
    "department",
    "company",
    "mailNickname",
    "sAMAccountName",
    "sAMAccountType",
    "userPrincipalName",
];

/// The profile of `entry`. `groups` is `None` for results of a search, which carry none.
#[must_use]
pub fn built_in(entry: &Entry, groups: Option<Vec<Value>>) -> Profile {
    let mut profile = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            profile.insert(name.to_owned(), value);
        }
    };
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| entry.text(name))
            .map(Value::from)
    };

    put("id", first(&["objectGUID", "uid", "cn"]));
    put("displayName", value(entry, "displayName"));
    put("name", Some(name(entry)));
    put("nickname", first(&["sAMAccountName", "cn", "commonName"]));
    put("groups", groups.map(Value::from));
    put("emails", emails(entry));
    put("dn", Some(Value::from(entry.dn())));
    for name in COPIED {
        put(name, value(entry, name));
    }
    put("manager", value(entry, "manager"));
    // As in the AD/LDAP Connector: the whole DN, as one string.
    put("organizationUnits", Some(Value::from(entry.dn())));
    Profile::new(profile)
}

fn name(entry: &Entry) -> Value {
    let mut name = Map::new();
    for (member, attribute) in [("familyName", "sn"), ("givenName", "givenName")] {
        if let Some(value) = value(entry, attribute) {
            name.insert(member.to_owned(), value);
        }
    }
    Value::Object(name)
}

/// One object for each address; absent without any.
fn emails(entry: &Entry) -> Option<Value> {
    let one = |address: &str| json!({ "value": address });
    match entry.get("mail")? {
        Attribute::Text(address) if !address.is_empty() => Some(json!([one(address)])),
        Attribute::List(list) => Some(list.iter().map(|address| one(address)).collect()),
        _ => None,
    }
}

fn value(entry: &Entry, name: &str) -> Option<Value> {
    match entry.get(name)? {
        Attribute::Text(text) => Some(Value::from(text.as_str())),
        Attribute::List(list) => Some(Value::from(list.as_slice())),
        Attribute::Bytes(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../../tests/golden/tunnel.jsonl");

    /// The AD/LDAP Connector's answer to a case, as the text that went over the wire.
    fn golden(case: &str, pointer: &str) -> String {
        let lines = GOLDEN
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let line = lines
            .into_iter()
            .find(|line| line["case"] == case)
            .expect("a case of that name");
        line.pointer(pointer).expect("a profile").to_string()
    }

    fn user(name: &str, cn: &str, guid: [u8; 16], more: &[(&str, &str)]) -> Entry {
        let dn = format!("CN={cn},CN=Users,DC=corp,DC=example");
        let mut raw = vec![("objectGUID".to_owned(), vec![guid.to_vec()])];
        let upn = format!("{name}@corp.example");
        // In an order of the server's own, which must not show.
        let common = [
            ("userPrincipalName", upn.as_str()),
            ("sAMAccountType", "805306368"),
            ("cn", cn),
            ("sAMAccountName", name),
            ("distinguishedName", &dn),
            ("whenCreated", "20261123000000.0Z"),
        ];
        for (name, value) in common.iter().chain(more) {
            raw.push(((*name).to_owned(), vec![value.as_bytes().to_vec()]));
        }
        Entry::new(dn, raw)
    }

    fn alice() -> Entry {
        let guid = [
            0x0e, 0xdf, 0x7a, 0xad, 0x98, 0x05, 0xbd, 0x4c, 0x8a, 0x11, 0x64, 0xfb, 0xc2, 0x0d,
            0xa7, 0xaa,
        ];
        let more = [
            ("mail", "alice@corp.example"),
            ("sn", "Smith"),
            ("givenName", "Alice"),
            ("displayName", "Alice Smith"),
        ];
        user("alice", "Alice Smith", guid, &more)
    }

    #[test]
    fn equals_the_connector_to_the_byte() {
        let groups = ["Backend", "Engineering", "Staff", "Sales (EMEA)"];
        let groups = groups.into_iter().map(Value::from).collect();
        let profile = built_in(&alice(), Some(groups)).into_value().to_string();
        assert_eq!(profile, golden("ok", "/answer/profile"));
    }

    #[test]
    fn a_search_result_has_no_groups() {
        let profile = built_in(&alice(), None).into_value().to_string();
        assert_eq!(profile, golden("search_one", "/answer/users/0"));
    }

    #[test]
    fn what_the_directory_does_not_know_is_absent() {
        let guid = [
            0x11, 0x13, 0x37, 0xc0, 0xe7, 0x9b, 0x7d, 0x4a, 0xaf, 0x5f, 0x63, 0x8b, 0xcd, 0xdc,
            0x7c, 0x05,
        ];
        let profile = built_in(&user("grace", "grace", guid, &[]), Some(Vec::new()));
        assert_eq!(
            profile.into_value().to_string(),
            golden("must_change", "/answer/profile")
        );
    }

    #[test]
    fn a_directory_without_guids_names_users_by_uid() {
        let raw = [
            ("cn", "Bob Hill"),
            ("uid", "bob"),
            ("uid", "robert"),
            ("mail", "b@x"),
        ];
        let mut entry: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
        for (name, value) in raw {
            match entry.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push(value.as_bytes().to_vec()),
                None => entry.push((name.to_owned(), vec![value.as_bytes().to_vec()])),
            }
        }
        let profile = built_in(&Entry::new("uid=bob,o=corp".to_owned(), entry), None);
        assert_eq!(profile.get("id"), Some(&json!("bob")));
        assert_eq!(profile.get("nickname"), Some(&json!("Bob Hill")));
        assert_eq!(profile.get("emails"), Some(&json!([{"value": "b@x"}])));
    }
}
