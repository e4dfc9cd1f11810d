//! What every kind can do, and how the simplest values are read.

use std::fmt::Debug;

use serde_json::Value;

use super::{
    super::{
        shape::{Form, Shape, Usual},
        value,
    },
    wrong::Wrong,
};

/// A kind of value.
pub trait Kind: Debug + Copy + Sync + 'static {
    type Value;

    fn shape(&self) -> Shape;

    /// Where nothing is given.
    fn default(&self) -> Self::Value;

    /// What was given; `None` counts as absent.
    ///
    /// # Errors
    /// What is wrong with it.
    fn understand(&self, given: &Value) -> Result<Option<Self::Value>, Wrong>;

    /// A value as JSON; null for none, and for a secret.
    fn write(&self, value: &Self::Value) -> Value;

    /// What was given, written in one way: values that mean the same become equal, secrets too. `None`
    /// counts as absent, as does what is wrong.
    fn canonical(&self, given: &Value) -> Option<Value> {
        let value = self.understand(given).ok()??;
        Some(self.write(&value))
    }
}

/// A text, trimmed; absent when null or empty.
pub(super) fn text(given: &Value) -> Result<Option<String>, Wrong> {
    match given {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(Wrong::NotText),
    }
}

/// Several texts; absent when there is none.
pub(super) fn list(given: &Value) -> Result<Option<Vec<String>>, Wrong> {
    let list = value::list(given).ok_or(Wrong::NotList)?;
    Ok(Some(list).filter(|list| !list.is_empty()))
}

pub(super) fn parsed<T>(
    given: &Value,
    parse: impl FnOnce(&str) -> Option<T>,
    wrong: impl FnOnce() -> Wrong,
) -> Result<Option<T>, Wrong> {
    let Some(text) = text(given)? else {
        return Ok(None);
    };
    parse(&text).map(Some).ok_or_else(wrong)
}

pub(super) fn shape(form: Form, default: impl Into<Value>) -> Shape {
    Shape {
        form,
        default: Some(default.into()),
        usual: Usual::None,
    }
}

pub(super) fn without_default(form: Form, usual: Usual) -> Shape {
    Shape {
        form,
        default: None,
        usual,
    }
}

/// Of a list: empty, unless something else counts then.
pub(super) fn empty_list(form: Form, usual: Usual) -> Shape {
    if usual == Usual::None {
        shape(form, Vec::<Value>::new())
    } else {
        without_default(form, usual)
    }
}
