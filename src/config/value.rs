//! Values as they are written: text, number, flag or list, whichever way.

use std::net::Ipv6Addr;

use serde_json::Value;

/// As it was written, to be shown: without the user and password of a URL.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::String(text) => without_userinfo(text),
        other => without_userinfo(&other.to_string()),
    }
}

/// A value without the users and passwords of its URLs.
pub(super) fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(without_userinfo(text)),
        Value::Array(items) => items.iter().map(shown).collect(),
        other => other.clone(),
    }
}

/// A text without what is between `://` and `@` in its URLs: it may hold a password.
pub(super) fn without_userinfo(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '?', '#', ',', '"']).unwrap_or(part.len());
        let from = part[..end].rfind('@').map_or(0, |at| at + 1);
        shown.push_str("://");
        shown.push_str(&part[from..]);
    }
    shown
}

/// The words of a flag, whichever way their letters are written.
pub(super) const FLAG_WORDS: [(&str, bool); 8] = [
    ("true", true),
    ("1", true),
    ("yes", true),
    ("on", true),
    ("false", false),
    ("0", false),
    ("no", false),
    ("off", false),
];

/// Whether a value says yes; the default where it says nothing, `None` when it is something else.
#[must_use]
pub fn flag(value: &Value, default: bool) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Null => Some(default),
        // Also 1.0, which is the same number.
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" => Some(default),
            text => {
                let found = FLAG_WORDS.iter().find(|(word, _)| *word == text)?;
                Some(found.1)
            }
        },
        _ => None,
    }
}

/// Whether a text is a JSON array rather than values between commas: it begins as one, and not with an address
/// of IPv6 in brackets, `[::1]:9464`.
#[must_use]
pub fn is_json_list(text: &str) -> bool {
    let Some(inside) = text.trim_start().strip_prefix('[') else {
        return false;
    };
    let Some((address, _)) = inside.split_once(']') else {
        return true;
    };
    let address = address.split('%').next().unwrap_or_default();
    address.parse::<Ipv6Addr>().is_err()
}

/// The texts of a list value, or `None` when it is something else.
#[must_use]
pub fn list(value: &Value) -> Option<Vec<String>> {
    let texts = |items: &[Value]| -> Option<Vec<String>> {
        items
            .iter()
            .map(|item| item.as_str().map(|text| text.trim().to_owned()))
            .collect()
    };
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => texts(items),
        Value::String(text) if is_json_list(text) => {
            texts(serde_json::from_str::<Vec<Value>>(text).ok()?.as_slice())
        }
        Value::String(text) => Some(
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
        _ => None,
    }
}

/// A value as one text; `None` for one that counts as absent.
#[must_use]
pub fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => match list(value) {
            Some(items) if is_json_list(text) => items.join(", "),
            _ => text.trim().to_owned(),
        },
        Value::Array(_) => match list(value) {
            Some(items) => items.join(", "),
            None => value.to_string(),
        },
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_read_from_arrays_json_text_and_commas() {
        let expected = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(list(&json!(["a", "b"])), expected);
        assert_eq!(list(&json!(r#"["a","b"]"#)), expected);
        assert_eq!(list(&json!("a, b,")), expected);
        assert_eq!(list(&json!({"a": 1})), None);
        let instances = Some(vec!["[::1]:9464".to_owned(), "edge2:9464".to_owned()]);
        assert_eq!(list(&json!("[::1]:9464, edge2:9464")), instances);
        assert_eq!(list(&json!(r#"["[::1]:9464", "edge2:9464"]"#)), instances);
        assert_eq!(
            list(&json!(" [fe80::1%2]:53")),
            Some(vec!["[fe80::1%2]:53".to_owned()])
        );
        for other in ["[1, 2]", "[edge1]:9464", "[::1", "[\"a\""] {
            assert_eq!(list(&json!(other)), None, "{other}");
        }
        assert_eq!(list(&json!([1])), None);
    }

    #[test]
    fn no_url_is_shown_with_its_password() {
        for (text, shown) in [
            (
                "https://user:p@ss@hub.example/a@b",
                "https://hub.example/a@b",
            ),
            (
                "ldaps://u:p@dc1, ldaps://u:p@dc2",
                "ldaps://dc1, ldaps://dc2",
            ),
            ("https://hub.example?to=a@b", "https://hub.example?to=a@b"),
            ("jdoe@corp.example", "jdoe@corp.example"),
        ] {
            assert_eq!(without_userinfo(text), shown);
            assert_eq!(show(&json!([text])), format!("[\"{shown}\"]"));
        }
    }

    #[test]
    fn every_kind_of_value_has_one_text() {
        for (value, text) in [
            (json!("  ldaps://dc1 "), Some("ldaps://dc1")),
            (
                json!(["ldaps://dc1", "ldaps://dc2"]),
                Some("ldaps://dc1, ldaps://dc2"),
            ),
            (json!(r#"["a","b"]"#), Some("a, b")),
            (json!("[::1]:9464"), Some("[::1]:9464")),
            (json!(8443), Some("8443")),
            (json!(true), Some("true")),
            (json!(""), None),
            (json!([]), None),
            (json!(null), None),
        ] {
            assert_eq!(text_of(&value).as_deref(), text, "{value}");
        }
    }
}
