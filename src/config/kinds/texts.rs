//! Texts, lists of texts, and secrets.

use serde_json::{Value, json};
use url::Url;

use super::{
    super::{
        choices::LogLevels,
        dn,
        filter::{self, FilterError, FilterTemplate},
        shape::{Form, Format, Shape, Usual},
    },
    kind::{Kind, empty_list, list, parsed, shape, text, without_default},
    wrong::Wrong,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// A text.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub format: Format,
    pub usual: Usual,
}

/// A text that has a default.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    pub format: Format,
    pub default: &'static str,
}

/// An LDAP filter with `{0}`.
#[derive(Debug, Clone, Copy)]
pub struct Filter(pub &'static str);

/// The same, or none: the program then has ways of its own, which `usual` describes.
#[derive(Debug, Clone, Copy)]
pub struct OwnFilter {
    pub usual: Usual,
    /// For a wrong one.
    pub example: &'static str,
}

/// What is logged.
#[derive(Debug, Clone, Copy)]
pub struct Levels(pub &'static str);

/// The name of a header, in lower case.
#[derive(Debug, Clone, Copy)]
pub struct Header(pub &'static str);

/// Where a link of a page may lead.
#[derive(Debug, Clone, Copy)]
pub struct Link;

/// Several texts: a JSON array, the text of one, or values between commas.
#[derive(Debug, Clone, Copy)]
pub struct List {
    pub format: Format,
    pub usual: Usual,
}

/// A text that is never shown.
#[derive(Debug, Clone, Copy)]
pub struct Secret {
    pub usual: Usual,
    /// Every byte of it counts: white space at its ends too.
    pub exact: bool,
}

impl Kind for Text {
    type Value = Option<String>;

    fn shape(&self) -> Shape {
        without_default(Form::Text(self.format), self.usual)
    }

    fn default(&self) -> Option<String> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<String>>, Wrong> {
        let text = text(given)?;
        if let (Format::Dn, Some(text)) = (self.format, &text)
            && !dn::is_name(text)
        {
            return Err(Wrong::NotDn);
        }
        Ok(text.map(Some))
    }

    fn write(&self, value: &Option<String>) -> Value {
        json!(value)
    }
}

impl Kind for Preset {
    type Value = String;

    fn shape(&self) -> Shape {
        shape(Form::Text(self.format), self.default)
    }

    fn default(&self) -> String {
        self.default.to_owned()
    }

    fn understand(&self, given: &Value) -> Result<Option<String>, Wrong> {
        let text = text(given)?;
        match (self.format, text) {
            (Format::Filter, Some(text)) => {
                filter::plain(&text)
                    .map(Some)
                    .map_err(|error| Wrong::NotFilter {
                        error,
                        usual: self.default,
                    })
            }
            (_, text) => Ok(text),
        }
    }

    fn write(&self, value: &String) -> Value {
        json!(value)
    }
}

impl Kind for Filter {
    type Value = FilterTemplate;

    fn shape(&self) -> Shape {
        shape(Form::Text(Format::FilterTemplate), self.0)
    }

    fn default(&self) -> FilterTemplate {
        FilterTemplate::fixed(self.0)
    }

    fn understand(&self, given: &Value) -> Result<Option<FilterTemplate>, Wrong> {
        template(given, self.0, FilterTemplate::parse)
    }

    fn write(&self, value: &FilterTemplate) -> Value {
        json!(value.as_str())
    }
}

impl Kind for Levels {
    type Value = LogLevels;

    fn shape(&self) -> Shape {
        shape(Form::Text(Format::Levels), self.0)
    }

    fn default(&self) -> LogLevels {
        LogLevels::fixed(self.0)
    }

    fn understand(&self, given: &Value) -> Result<Option<LogLevels>, Wrong> {
        parsed(given, LogLevels::parse, || Wrong::NotLevels {
            words: &LogLevels::WORDS,
            usual: self.0,
        })
    }

    fn write(&self, value: &LogLevels) -> Value {
        json!(value.as_str())
    }
}

impl Kind for OwnFilter {
    type Value = Option<FilterTemplate>;

    fn shape(&self) -> Shape {
        without_default(Form::Text(Format::FilterTemplate), self.usual)
    }

    fn default(&self) -> Option<FilterTemplate> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<FilterTemplate>>, Wrong> {
        let filter = template(given, self.example, FilterTemplate::parse_by_name)?;
        Ok(filter.map(Some))
    }

    fn write(&self, value: &Option<FilterTemplate>) -> Value {
        json!(value.as_ref().map(FilterTemplate::as_str))
    }
}

fn template(
    given: &Value,
    example: &'static str,
    parse: fn(&str) -> Result<FilterTemplate, FilterError>,
) -> Result<Option<FilterTemplate>, Wrong> {
    let Some(text) = text(given)? else {
        return Ok(None);
    };
    parse(&text).map(Some).map_err(|error| Wrong::NotFilter {
        error,
        usual: example,
    })
}

impl Kind for Header {
    type Value = String;

    fn shape(&self) -> Shape {
        shape(Form::Text(Format::Header), self.0)
    }

    fn default(&self) -> String {
        self.0.to_lowercase()
    }

    fn understand(&self, given: &Value) -> Result<Option<String>, Wrong> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let name = |text: &str| {
            let good =
                text.bytes().all(plain) && text.starts_with(|c: char| c.is_ascii_alphabetic());
            good.then(|| text.to_lowercase())
        };
        parsed(given, name, || Wrong::NotHeader { usual: self.0 })
    }

    fn write(&self, value: &String) -> Value {
        json!(value)
    }
}

impl Kind for Link {
    type Value = Option<Url>;

    fn shape(&self) -> Shape {
        without_default(Form::Text(Format::Link), Usual::None)
    }

    fn default(&self) -> Option<Url> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<Url>>, Wrong> {
        let link = |text: &str| {
            let url = Url::parse(text).ok()?;
            let good = match url.scheme() {
                "https" | "http" => url.has_host(),
                "mailto" | "tel" => !url.path().is_empty(),
                _ => false,
            };
            good.then_some(Some(url))
        };
        parsed(given, link, || Wrong::NotLink)
    }

    fn write(&self, value: &Option<Url>) -> Value {
        json!(value.as_ref().map(Url::as_str))
    }
}

impl Kind for List {
    type Value = Vec<String>;

    fn shape(&self) -> Shape {
        empty_list(Form::List(self.format), self.usual)
    }

    fn default(&self) -> Vec<String> {
        Vec::new()
    }

    fn understand(&self, given: &Value) -> Result<Option<Vec<String>>, Wrong> {
        list(given)
    }

    fn write(&self, value: &Vec<String>) -> Value {
        json!(value)
    }
}

impl Kind for Secret {
    type Value = Option<SecretString>;

    fn shape(&self) -> Shape {
        without_default(Form::Secret, self.usual)
    }

    fn default(&self) -> Option<SecretString> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<SecretString>>, Wrong> {
        let text = match given {
            Value::String(exact) if self.exact => Some(exact.clone()),
            other => text(other)?,
        };
        let text = text.filter(|text| !text.is_empty());
        Ok(text.map(|text| Some(SecretString::from(text))))
    }

    fn write(&self, _: &Option<SecretString>) -> Value {
        Value::Null
    }

    fn canonical(&self, given: &Value) -> Option<Value> {
        let secret = self.understand(given).ok()???;
        Some(Value::from(secret.expose_secret()))
    }
}
