//! The claims of a token, made of a profile.

use serde_json::Value;

use super::Profile;

/// Namespace of the five claims that have a standard name.
const STANDARD: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
/// Namespace of every other member of the profile.
const PASSPORT: &str = "http://schemas.passportjs.com";
/// Members that the standard claims are made of.
const REMAPPED: [&str; 4] = ["id", "displayName", "name", "emails"];

/// The claims of one user, in the order in which the token shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    name_id: String,
    claims: Vec<Claim>,
}

/// One claim: its name and one value or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub namespace: String,
    pub name: String,
    /// Never empty.
    pub values: Vec<String>,
}

/// A profile without an `id` names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the profile has no usable id, so no token can name its user; the profile mapper must give a member `id` that is a text or a number"
)]
pub struct UnusableProfile;

impl Claims {
    /// The claims of `profile`: `nameidentifier` first, absent and empty members left out.
    ///
    /// # Errors
    /// When the profile's `id` is not a text with something in it, or a number.
    pub fn of(profile: &Profile) -> Result<Self, UnusableProfile> {
        let name_id = match profile.get("id") {
            Some(Value::String(id)) if !id.trim().is_empty() => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(UnusableProfile),
        };
        let part = |name| profile.get("name").and_then(|parts| parts.get(name));
        let email = profile
            .get("emails")
            .and_then(|emails| emails.get(0)?.get("value"));
        let standard = [
            ("nameidentifier", profile.get("id")),
            ("emailaddress", email),
            ("name", profile.get("displayName")),
            ("givenname", part("givenName")),
            ("surname", part("familyName")),
        ]
        .map(|(name, value)| (format!("{STANDARD}/{name}"), value));
        let others = profile
            .members()
            .filter(|(member, _)| !REMAPPED.contains(member))
            .map(|(member, value)| (format!("{PASSPORT}/{member}"), Some(value)));
        let claims = standard
            .into_iter()
            .chain(others)
            .filter_map(|(name, value)| Claim::new(&name, value?))
            .collect();
        Ok(Self { name_id, claims })
    }

    /// Whom the token is about: the profile's `id`.
    #[must_use]
    pub fn name_id(&self) -> &str {
        &self.name_id
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Claim> {
        self.claims.iter()
    }
}

impl<'a> IntoIterator for &'a Claims {
    type Item = &'a Claim;
    type IntoIter = std::slice::Iter<'a, Claim>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Claim {
    /// `None` when there is no value, or no name.
    fn new(full_name: &str, value: &Value) -> Option<Self> {
        // The AD/LDAP Connector splits the joined name, so a member that is itself a URI keeps its last part.
        let (namespace, name) = full_name.rsplit_once('/')?;
        let values: Vec<String> = match value {
            Value::Array(list) => list.iter().filter_map(text).collect(),
            single => text(single).into_iter().collect(),
        };
        (!values.is_empty() && !name.is_empty()).then(|| Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            values,
        })
    }
}

/// A value as text; `None` for nothing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(list) => (!list.is_empty()).then(|| value.to_string()),
        Value::Object(object) => (!object.is_empty()).then(|| value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PAGE: &str = include_str!("../../tests/golden/wsfed-kerberos.html");
    const TUNNEL: &str = include_str!("../../tests/golden/tunnel.jsonl");

    fn profile(value: Value) -> Profile {
        match value {
            Value::Object(members) => Profile::new(members),
            other => panic!("no object: {other}"),
        }
    }

    fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
        let rest = text.split_once(start).expect(start).1;
        rest.split_once(end).expect(end).0
    }

    /// The claims in the AD/LDAP Connector's page, by plain text search.
    fn golden_claims() -> Vec<Claim> {
        let xml = PAGE
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#34;", "\"");
        let attributes = xml.split("<saml:Attribute ").skip(1);
        attributes
            .map(|attribute| {
                let attribute = attribute.split("</saml:Attribute>").next().expect("an end");
                let values = attribute.split("<saml:AttributeValue>").skip(1);
                Claim {
                    namespace: between(attribute, "AttributeNamespace=\"", "\"").to_owned(),
                    name: between(attribute, "AttributeName=\"", "\"").to_owned(),
                    values: values
                        .map(|value| value.split("</").next().expect("a value").to_owned())
                        .collect(),
                }
            })
            .collect()
    }

    #[test]
    fn equal_those_of_the_connector_s_page() {
        let line: Value =
            serde_json::from_str(TUNNEL.lines().next().expect("a line")).expect("JSON");
        let claims = Claims::of(&profile(line["answer"]["profile"].clone())).expect("usable");
        let golden = golden_claims();
        assert_eq!(golden.len(), 13, "the page was read");
        assert_eq!(claims.iter().cloned().collect::<Vec<_>>(), golden);
        assert_eq!(claims.name_id(), "ad7adf0e-0598-4cbd-8a11-64fbc20da7aa");
    }

    #[test]
    fn values_become_text_and_nothing_is_left_out() {
        let claims = Claims::of(&profile(json!({
            "id": 7, "name": {}, "emails": [], "groups": [], "none": null, "blank": "",
            "admin": false, "level": 3, "card": {"a": [1, "b"]}, "list": ["x", null, 2, {"k": "v"}],
            "http://example.com/role": "boss", "ends/": "x",
        })))
        .expect("usable");
        let shown: Vec<_> = claims
            .iter()
            .map(|claim| {
                (
                    claim.namespace.as_str(),
                    claim.name.as_str(),
                    claim.values.join("|"),
                )
            })
            .collect();
        let expected = [
            (STANDARD, "nameidentifier", "7"),
            (PASSPORT, "admin", "false"),
            (PASSPORT, "level", "3"),
            (PASSPORT, "card", r#"{"a":[1,"b"]}"#),
            (PASSPORT, "list", r#"x|2|{"k":"v"}"#),
            (
                "http://schemas.passportjs.com/http://example.com",
                "role",
                "boss",
            ),
        ];
        assert_eq!(
            shown,
            expected.map(|(namespace, name, value)| (namespace, name, value.to_owned()))
        );
    }

    #[test]
    fn a_profile_without_an_id_is_refused() {
        for id in [
            json!(null),
            json!(""),
            json!("  "),
            json!(["a"]),
            json!({}),
            json!(true),
        ] {
            let refused = Claims::of(&profile(json!({"id": id, "nickname": "alice"})));
            assert_eq!(refused, Err(UnusableProfile), "{id}");
        }
        assert_eq!(
            Claims::of(&profile(json!({"nickname": "a"}))),
            Err(UnusableProfile)
        );
    }
}
