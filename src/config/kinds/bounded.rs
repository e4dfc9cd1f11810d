//! Texts whose length counts.

use serde_json::{Value, json};

use super::{
    super::shape::{Form, Format, Shape, Usual},
    kind::{Kind, text, without_default},
    texts::Secret,
    wrong::Wrong,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// A text for people, of so many characters at most.
#[derive(Debug, Clone, Copy)]
pub struct Sentence {
    pub most: usize,
}

/// A secret that is sent in a header, of so many characters at least.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    pub least: usize,
}

impl Kind for Sentence {
    type Value = Option<String>;

    fn shape(&self) -> Shape {
        let most = self.most;
        without_default(Form::Text(Format::Sentence { most }), Usual::None)
    }

    fn default(&self) -> Option<String> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<String>>, Wrong> {
        let text = text(given)?;
        if text
            .as_ref()
            .is_some_and(|text| text.chars().count() > self.most)
        {
            return Err(Wrong::TooLong { most: self.most });
        }
        Ok(text.map(Some))
    }

    fn write(&self, value: &Option<String>) -> Value {
        json!(value)
    }
}

impl Kind for Token {
    type Value = Option<SecretString>;

    fn shape(&self) -> Shape {
        without_default(Form::Token { least: self.least }, Usual::None)
    }

    fn default(&self) -> Option<SecretString> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<SecretString>>, Wrong> {
        // JSON may write a number in another way than it was given.
        if given.is_number() {
            return Err(Wrong::NotText);
        }
        let plain = Secret {
            usual: Usual::None,
            exact: false,
        };
        let secret = plain.understand(given)?;
        let Some(Some(token)) = secret else {
            return Ok(secret);
        };
        let text = token.expose_secret();
        if text.len() < self.least || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Wrong::WeakToken { least: self.least });
        }
        Ok(Some(Some(token)))
    }

    fn write(&self, _: &Option<SecretString>) -> Value {
        Value::Null
    }

    fn canonical(&self, given: &Value) -> Option<Value> {
        let secret = self.understand(given).ok()???;
        Some(Value::from(secret.expose_secret()))
    }
}
