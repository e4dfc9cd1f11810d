//! Files, folders and addresses of this machine.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};

use super::{
    super::{
        shape::{Form, Shape, Usual},
        value,
    },
    kind::{Kind, empty_list, list, parsed, shape, text, without_default},
    wrong::Wrong,
};

/// A file, absolute or in the home folder.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// The file that counts when none is given; empty: none.
    pub usual: &'static str,
    /// It counts only where it exists.
    pub when_there: bool,
}

/// Several files.
#[derive(Debug, Clone, Copy)]
pub struct Files {
    pub usual: Usual,
}

/// The same, or a pattern of file names.
#[derive(Debug, Clone, Copy)]
pub struct FilesOrPattern;

/// A folder; none where it is `false`.
#[derive(Debug, Clone, Copy)]
pub struct Folder;

/// An address of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub IpAddr);

/// An address with a port.
#[derive(Debug, Clone, Copy)]
pub struct Socket(pub SocketAddr);

/// The same, or `off`.
#[derive(Debug, Clone, Copy)]
pub struct SocketOrOff(pub SocketAddr);

impl Kind for File {
    type Value = Option<String>;

    fn shape(&self) -> Shape {
        let usual = match (self.usual, self.when_there) {
            ("", _) => Usual::None,
            (file, false) => Usual::File(file),
            (file, true) => Usual::FileWhenThere(file),
        };
        without_default(Form::File, usual)
    }

    fn default(&self) -> Option<String> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<String>>, Wrong> {
        Ok(text(given)?.map(Some))
    }

    fn write(&self, value: &Option<String>) -> Value {
        json!(value)
    }
}

impl Kind for Files {
    type Value = Vec<String>;

    fn shape(&self) -> Shape {
        empty_list(Form::Files, self.usual)
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

/// Whether a text is a regular expression rather than a path: it has a character of the one that the other
/// hardly has. A path of Windows is none.
#[must_use]
pub fn looks_like_pattern(text: &str) -> bool {
    let of_windows = text.get(1..3) == Some(":\\") || text.starts_with("\\\\");
    !of_windows && text.contains(['\\', '[', '{', '|', '^', '$', '*', '+'])
}

impl Kind for FilesOrPattern {
    type Value = Vec<String>;

    fn shape(&self) -> Shape {
        empty_list(Form::FilesOrPattern, Usual::None)
    }

    fn default(&self) -> Vec<String> {
        Vec::new()
    }

    /// A comma in a pattern separates nothing.
    fn understand(&self, given: &Value) -> Result<Option<Vec<String>>, Wrong> {
        match (list(given), given) {
            (Ok(files), Value::Array(_)) => Ok(files),
            (Ok(files), Value::String(text)) if value::is_json_list(text) => Ok(files),
            (_, Value::String(text)) if looks_like_pattern(text) => {
                Ok(Some(vec![text.trim().to_owned()]))
            }
            (files, _) => files,
        }
    }

    fn write(&self, value: &Vec<String>) -> Value {
        json!(value)
    }
}

impl Kind for Folder {
    type Value = Option<String>;

    fn shape(&self) -> Shape {
        without_default(Form::Folder, Usual::None)
    }

    fn default(&self) -> Option<String> {
        None
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<String>>, Wrong> {
        let none = |text: &String| text == "false";
        match given {
            Value::Bool(false) => Ok(None),
            given => Ok(text(given)?.filter(|text| !none(text)).map(Some)),
        }
    }

    fn write(&self, value: &Option<String>) -> Value {
        json!(value)
    }
}

impl Kind for Address {
    type Value = IpAddr;

    fn shape(&self) -> Shape {
        let form = Form::Address {
            port: false,
            off: false,
        };
        shape(form, self.0.to_string())
    }

    fn default(&self) -> IpAddr {
        self.0
    }

    fn understand(&self, given: &Value) -> Result<Option<IpAddr>, Wrong> {
        let address = |text: &str| text.trim_matches(['[', ']']).parse().ok();
        parsed(given, address, || Wrong::NotAddress { usual: self.0 })
    }

    fn write(&self, value: &IpAddr) -> Value {
        json!(value)
    }
}

impl Kind for Socket {
    type Value = SocketAddr;

    fn shape(&self) -> Shape {
        let form = Form::Address {
            port: true,
            off: false,
        };
        shape(form, self.0.to_string())
    }

    fn default(&self) -> SocketAddr {
        self.0
    }

    fn understand(&self, given: &Value) -> Result<Option<SocketAddr>, Wrong> {
        parsed(
            given,
            |text| text.parse().ok(),
            || Wrong::NotSocket {
                usual: self.0,
                or_off: false,
            },
        )
    }

    fn write(&self, value: &SocketAddr) -> Value {
        json!(value)
    }
}

impl SocketOrOff {
    /// How no address is written, the first is the one to write.
    pub const NONE: [&str; 2] = ["off", "false"];
}

impl Kind for SocketOrOff {
    type Value = Option<SocketAddr>;

    fn shape(&self) -> Shape {
        let form = Form::Address {
            port: true,
            off: true,
        };
        shape(form, self.0.to_string())
    }

    fn default(&self) -> Option<SocketAddr> {
        Some(self.0)
    }

    fn understand(&self, given: &Value) -> Result<Option<Option<SocketAddr>>, Wrong> {
        let meant = |text: &str| match text {
            off if Self::NONE.contains(&off) => Some(None),
            _ => text.parse().ok().map(Some),
        };
        parsed(given, meant, || Wrong::NotSocket {
            usual: self.0,
            or_off: true,
        })
    }

    fn write(&self, value: &Option<SocketAddr>) -> Value {
        value.map_or_else(|| json!(Self::NONE[0]), |address| json!(address))
    }
}
