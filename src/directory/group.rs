//! One group: what a profile shows of it, and which groups it is in.

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::entry::{Attribute, Entry};
use crate::config::GroupsConfig;

/// The groups that an entry is directly in. The server makes it of their `member` ([MS-ADTS] 3.1.1.1.6).
pub(super) const MEMBER_OF: &str = "memberOf";
/// Of its members the first alone ([MS-ADTS] 3.1.1.3.1.3.3): whether they may be seen.
pub(super) const A_MEMBER: &str = "member;range=0-0";
const MEMBERS: &str = "member;range=";
/// What a server calls a part of too many values.
const MANY_PARENTS: &str = "memberOf;range=";

/// A group of Active Directory as a step on the way upward.
#[derive(Debug)]
pub(super) struct Group {
    /// `None`: outside of `LDAP_BASE_GROUPS`, or without the attribute that names a group.
    pub shown: Option<Value>,
    /// DNs.
    pub parents: Vec<String>,
    pub read: Instant,
}

impl Group {
    /// The group of an entry; `None` when the entry does not show enough for a step.
    pub fn read(entry: &Entry, base: &str, config: &GroupsConfig) -> Option<Self> {
        // The query for groups compares their members: who may not see them does not find the group.
        let has = |beginning: &str| {
            entry.attributes().any(|(name, _)| {
                let start = name.get(..beginning.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
            })
        };
        (has(MEMBERS) && !has(MANY_PARENTS)).then(|| Self {
            shown: is_under(entry.dn(), base)
                .then(|| shown(entry, config))
                .flatten(),
            parents: member_of(entry).to_vec(),
            read: Instant::now(),
        })
    }

    /// About as many bytes as it takes.
    pub fn weight(&self) -> usize {
        let parents: usize = self.parents.iter().map(|dn| 32 + dn.len()).sum();
        parents + self.shown.as_ref().map_or(0, |value| 64 + weight(value))
    }
}

/// The DNs in `memberOf`. None when there are more than the server shows at once: they have another name.
pub(super) fn member_of(entry: &Entry) -> &[String] {
    match entry.get(MEMBER_OF) {
        Some(Attribute::Text(one)) => std::slice::from_ref(one),
        Some(Attribute::List(all)) => all,
        Some(Attribute::Bytes(_)) | None => &[],
    }
}

/// Whether `dn` is `base` or below it, both as the directory itself writes them.
fn is_under(dn: &str, base: &str) -> bool {
    let (dn, base) = (dn.to_lowercase(), base.to_lowercase());
    match dn.strip_suffix(&base) {
        Some("") => true,
        // A comma in a name is escaped, and so is a backslash before one that is not.
        Some(above) => above.strip_suffix(',').is_some_and(|name| {
            let escapes = name.len() - name.trim_end_matches('\\').len();
            escapes % 2 == 0
        }),
        None => false,
    }
}

/// What a profile shows: `GROUP_PROPERTY`, or an object of `GROUP_PROPERTIES`.
pub(super) fn shown(group: &Entry, config: &GroupsConfig) -> Option<Value> {
    // No attribute, and what the AD/LDAP Connector calls the name of an entry.
    let of = |property: &str| match property {
        dn if dn.eq_ignore_ascii_case("dn") => Some(Value::from(group.dn())),
        attribute => group.get(attribute).and_then(json),
    };
    if config.properties.is_empty() {
        return of(&config.property);
    }
    let mut object = Map::new();
    for property in &config.properties {
        if let Some(value) = of(property) {
            object.insert(property.clone(), value);
        }
    }
    Some(Value::Object(object))
}

/// An attribute as JSON; bytes have no place there.
fn json(attribute: &Attribute) -> Option<Value> {
    match attribute {
        Attribute::Text(text) => Some(Value::from(text.as_str())),
        Attribute::List(list) => Some(Value::from(list.as_slice())),
        Attribute::Bytes(_) => None,
    }
}

/// About as many bytes as its text takes.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(|item| 32 + weight(item)).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(key, item)| 64 + key.len() + weight(item))
            .sum(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::config::FilterTemplate;

    fn config(property: &str, properties: &[&str]) -> GroupsConfig {
        GroupsConfig {
            of_users: true,
            base: "DC=corp,DC=example".to_owned(),
            filter: FilterTemplate::parse("(member={0})").expect("holds {0}"),
            is_usual: true,
            property: property.to_owned(),
            properties: properties.iter().map(|p| (*p).to_owned()).collect(),
            timeout: Duration::from_secs(1),
            cache: Duration::from_secs(1),
            deref_aliases: 0,
        }
    }

    fn staff(more: &[(&str, &str)]) -> Entry {
        let mut raw = vec![
            ("cn".to_owned(), vec![b"Staff".to_vec()]),
            (
                "member".to_owned(),
                vec![b"CN=a".to_vec(), b"CN=b".to_vec()],
            ),
        ];
        raw.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), vec![value.as_bytes().to_vec()])),
        );
        Entry::new("CN=Staff,OU=x,DC=corp".to_owned(), raw)
    }

    #[test]
    fn a_group_is_its_property_or_an_object_of_properties() {
        let of = |property, properties: &[&str]| shown(&staff(&[]), &config(property, properties));
        assert_eq!(of("CN", &[]), Some(json!("Staff")));
        assert_eq!(of("dn", &[]), Some(json!("CN=Staff,OU=x,DC=corp")));
        assert_eq!(
            of("CN", &["cn", "dn", "member", "absent"]),
            Some(json!({"cn": "Staff", "dn": "CN=Staff,OU=x,DC=corp", "member": ["CN=a", "CN=b"]}))
        );
    }

    #[test]
    fn a_step_shows_its_members_and_names_its_parents() {
        let config = config("cn", &[]);
        let read = |base: &str, more: &[(&str, &str)]| Group::read(&staff(more), base, &config);
        assert!(read("DC=corp", &[]).is_none(), "whose members are hidden");
        let (members, parent) = (("Member;Range=0-*", "CN=a"), ("memberOf", "CN=All,DC=corp"));
        let group = read("dc=Corp", &[members, parent]).expect("a step");
        assert_eq!(group.shown, Some(json!("Staff")));
        assert_eq!(group.parents, ["CN=All,DC=corp"]);
        let outside = read("OU=y,DC=corp", &[members, parent]).expect("a step");
        assert_eq!((outside.shown, outside.parents.len()), (None, 1));
        // More parents than the server shows at once are not taken for none.
        let many = [members, ("memberOf;range=0-1499", "CN=All,DC=corp")];
        assert!(read("DC=corp", &many).is_none());
    }

    #[test]
    fn what_is_under_a_base() {
        assert!(is_under("CN=a,OU=X,DC=corp", "ou=x,DC=corp"));
        assert!(is_under("OU=x,DC=corp", "OU=x,DC=corp"));
        assert!(!is_under("CN=a,OU=xx,DC=corp", "OU=x,DC=corp"));
        assert!(!is_under(r"CN=a\,OU=x,DC=corp", "OU=x,DC=corp"));
        assert!(is_under(r"CN=a\\,OU=x,DC=corp", "OU=x,DC=corp"));
        assert!(!is_under("DC=corp", "OU=x,DC=corp"));
    }
}
