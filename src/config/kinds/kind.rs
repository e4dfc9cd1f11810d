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

    /// What was given, written in one way: values that mean the same become equal. `None` counts as absent,
    /// as does what is wrong.
    fn canonical(&self, given: &Value) -> Option<Value> {
        self.understand(given).ok()??;
        match self.shape().form {
            Form::Flag => value::flag(given, false).map(Value::from),
            Form::Number { .. } => text(given).ok()??.parse::<u64>().ok().map(Value::from),
            Form::List(_) | Form::Files | Form::Choices(_) => {
                let list = value::list(given).filter(|list| !list.is_empty());
                list.map(Value::from)
            }
            _ => text(given).ok()?.map(Value::from),
        }
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

pub(super) fn list(given: &Value) -> Result<Vec<String>, Wrong> {
    value::list(given).ok_or(Wrong::NotList)
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
