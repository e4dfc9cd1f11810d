//! Understands values: each method reads one key into a type and notes what is wrong with it.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};

use serde_json::Value;

use super::{
    mistake::{Mistake, Warning},
    source::{Given, Source},
};
use crate::secret::SecretString;

/// Reads keys and collects mistakes; after a mistake the default stands in, so that reading goes on
/// and everything wrong is found in one go.
pub(super) struct Reader {
    source: Source,
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<Warning>,
}

impl Reader {
    pub fn new(source: Source, mistakes: Vec<Mistake>, warnings: Vec<Warning>) -> Self {
        Self {
            source,
            mistakes,
            warnings,
        }
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Text, trimmed; absent when missing, null or empty.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let given = self.source.get(key)?.clone();
        match &given.value {
            Value::Null => None,
            Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.wrong_value(key, &given, "is not text", "Write it in quotes");
                None
            }
        }
    }

    pub fn secret(&mut self, key: &str) -> Option<SecretString> {
        self.text(key).map(SecretString::from)
    }

    /// A secret exactly as given: a password may begin or end with a space.
    pub fn password(&mut self, key: &str) -> Option<SecretString> {
        match &self.source.get(key)?.value {
            Value::String(text) if !text.is_empty() => Some(SecretString::from(text.clone())),
            Value::String(_) | Value::Null => None,
            _ => self.text(key).map(SecretString::from),
        }
    }

    pub fn flag(&mut self, key: &str, default: bool) -> bool {
        let Some(given) = self.source.get(key).cloned() else {
            return default;
        };
        flag(&given.value, default).unwrap_or_else(|| {
            self.wrong_value(
                key,
                &given,
                "is neither true nor false",
                "Write true or false",
            );
            default
        })
    }

    pub fn number<T>(&mut self, key: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let Some(text) = self.text(key) else {
            return default;
        };
        match text.parse::<T>() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.wrong(
                    key,
                    "is not a whole number in range",
                    format!("Write a number from {} to {}", range.start(), range.end()),
                );
                default
            }
        }
    }

    pub fn seconds(&mut self, key: &str, default: u64, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(key, default, range))
    }

    /// A list: a JSON array, the text of one, or values between commas.
    pub fn list(&mut self, key: &str) -> Vec<String> {
        let Some(given) = self.source.get(key).cloned() else {
            return Vec::new();
        };
        self.list_of(key, &given)
    }

    pub fn list_of(&mut self, key: &str, given: &Given) -> Vec<String> {
        match list(&given.value) {
            Some(items) => items,
            None => {
                self.wrong_value(
                    key,
                    given,
                    "is not a list of texts",
                    r#"Write ["one", "two"]"#,
                );
                Vec::new()
            }
        }
    }

    /// A value through its own parser; the default after a mistake.
    pub fn parsed<T>(
        &mut self,
        key: &str,
        default: T,
        parse: impl FnOnce(&str) -> Option<T>,
        problem: &str,
        remedy: &str,
    ) -> T {
        let Some(text) = self.text(key) else {
            return default;
        };
        parse(&text).unwrap_or_else(|| {
            self.wrong(key, problem, remedy);
            default
        })
    }

    /// Notes a mistake in the value of `key`; the value is shown unless it is a secret.
    pub fn wrong(&mut self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        let value = self
            .source
            .get(key)
            .filter(|given| !given.secret)
            .map(|given| show(&given.value));
        self.mistakes.push(Mistake {
            key: key.to_owned(),
            value,
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    pub fn missing(&mut self, key: &str, remedy: &str) {
        self.mistakes.push(Mistake {
            key: key.to_owned(),
            value: None,
            problem: "is missing".to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    pub fn warn(&mut self, key: &str, text: impl Into<String>) {
        self.warnings.push(Warning {
            key: key.to_owned(),
            text: text.into(),
        });
    }

    fn wrong_value(&mut self, key: &str, given: &Given, problem: &str, remedy: &str) {
        self.mistakes.push(Mistake {
            key: key.to_owned(),
            value: (!given.secret).then(|| show(&given.value)),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        });
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a value says yes; the default where it says nothing, `None` when it is something else.
#[must_use]
pub fn flag(value: &Value, default: bool) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Null => Some(default),
        Value::Number(number) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" => Some(default),
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
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
        Value::String(text) if text.trim_start().starts_with('[') => {
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
        assert_eq!(list(&json!([1])), None);
    }
}
