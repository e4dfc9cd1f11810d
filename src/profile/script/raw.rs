//! A directory entry as the script gets it.

use serde_json::{Map, Value};

use crate::directory::{Attribute, Entry};

/// A raw entry on its way to the script.
#[derive(Debug)]
pub(super) struct Raw {
    /// JSON of all but the pictures.
    pub text: String,
    pub pictures: Vec<(String, Vec<u8>)>,
}

/// The entry as the AD/LDAP Connector gives it to its mapper.
pub(super) fn raw(entry: &Entry, groups: Option<Vec<Value>>) -> Raw {
    let mut members = Map::new();
    let mut pictures = Vec::new();
    for (name, attribute) in entry.attributes() {
        match attribute {
            Attribute::Text(text) => {
                members.insert(name.to_owned(), Value::from(text.as_str()));
            }
            Attribute::List(list) => {
                members.insert(name.to_owned(), Value::from(list.as_slice()));
            }
            Attribute::Bytes(bytes) => pictures.push((name.to_owned(), bytes.clone())),
        }
    }
    members.insert("dn".to_owned(), Value::from(entry.dn()));
    if let Some(groups) = groups {
        members.insert("groups".to_owned(), Value::from(groups));
    }
    // As in the AD/LDAP Connector: the whole DN, as one string.
    members.insert("organizationUnits".to_owned(), Value::from(entry.dn()));
    Raw {
        text: Value::Object(members).to_string(),
        pictures,
    }
}
