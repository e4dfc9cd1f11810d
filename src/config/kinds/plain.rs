//! Flags, numbers and lengths of time; keys that are refused, or without effect.

use std::{
    fmt::{Debug, Display},
    str::FromStr,
    time::Duration,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    super::{
        shape::{Form, Shape, Usual},
        value,
    },
    kind::{Kind, parsed, shape, text, without_default},
    wrong::Wrong,
};

/// True or false.
#[derive(Debug, Clone, Copy)]
pub struct Flag(pub bool);

/// A whole number.
#[derive(Debug, Clone, Copy)]
pub struct Number<T> {
    pub default: T,
    pub least: T,
    pub most: T,
    /// What is smaller counts as this.
    pub floor: T,
    pub unit: &'static str,
}

/// A length of time.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub number: Number<u64>,
    of: fn(u64) -> Duration,
    in_units: fn(Duration) -> u128,
}

/// Nothing starts with it.
#[derive(Debug, Clone, Copy)]
pub struct Refused {
    /// Read after the name of the key.
    pub problem: &'static str,
}

/// Without effect.
#[derive(Debug, Clone, Copy)]
pub struct Unused {
    pub secret: bool,
}

impl Kind for Flag {
    type Value = bool;

    fn shape(&self) -> Shape {
        shape(Form::Flag, self.0)
    }

    fn default(&self) -> bool {
        self.0
    }

    fn understand(&self, given: &Value) -> Result<Option<bool>, Wrong> {
        if text(given).is_ok_and(|text| text.is_none()) {
            return Ok(None);
        }
        value::flag(given, self.0).map(Some).ok_or(Wrong::NotFlag)
    }

    fn write(&self, value: &bool) -> Value {
        json!(value)
    }
}

fn whole(number: impl Serialize) -> u64 {
    json!(number).as_u64().unwrap_or_default()
}

impl<T> Kind for Number<T>
where
    T: FromStr + PartialOrd + Display + Serialize + Debug + Copy + Sync + 'static,
{
    type Value = T;

    fn shape(&self) -> Shape {
        let form = Form::Number {
            least: whole(self.least),
            most: whole(self.most),
            floor: whole(self.floor),
            unit: self.unit,
        };
        shape(form, json!(self.default))
    }

    fn default(&self) -> T {
        self.default
    }

    fn understand(&self, given: &Value) -> Result<Option<T>, Wrong> {
        let in_range = |text: &str| {
            let number = text.parse().ok();
            number.filter(|number| (self.least..=self.most).contains(number))
        };
        let number = parsed(&integral(given), in_range, || Wrong::NotInRange {
            least: whole(self.least),
            most: whole(self.most),
        })?;
        Ok(number.map(|number| {
            if number < self.floor {
                self.floor
            } else {
                number
            }
        }))
    }

    fn write(&self, value: &T) -> Value {
        json!(value)
    }
}

/// JSON knows no whole numbers: 10.0 is 10.
fn integral(given: &Value) -> Value {
    match given.as_f64() {
        Some(number) if given.is_f64() && number.fract() == 0.0 => json!(format!("{number:.0}")),
        _ => given.clone(),
    }
}

impl Span {
    pub const fn seconds(default: u64, least: u64, most: u64) -> Self {
        let number = Number {
            default,
            least,
            most,
            floor: least,
            unit: "seconds",
        };
        Self {
            number,
            of: Duration::from_secs,
            in_units: |time| time.as_secs().into(),
        }
    }

    pub const fn milliseconds(default: u64, least: u64, most: u64) -> Self {
        let number = Number {
            default,
            least,
            most,
            floor: least,
            unit: "milliseconds",
        };
        Self {
            number,
            of: Duration::from_millis,
            in_units: |time| time.as_millis(),
        }
    }
}

impl Span {
    /// What is smaller counts as this.
    pub const fn with_floor(mut self, floor: u64) -> Self {
        self.number.floor = floor;
        self
    }
}

impl Kind for Span {
    type Value = Duration;

    fn shape(&self) -> Shape {
        self.number.shape()
    }

    fn default(&self) -> Duration {
        (self.of)(self.number.default)
    }

    fn understand(&self, given: &Value) -> Result<Option<Duration>, Wrong> {
        Ok(self.number.understand(given)?.map(self.of))
    }

    fn write(&self, value: &Duration) -> Value {
        json!(u64::try_from((self.in_units)(*value)).unwrap_or(u64::MAX))
    }
}

impl Kind for Refused {
    type Value = ();

    fn shape(&self) -> Shape {
        without_default(Form::Refused, Usual::None)
    }

    fn default(&self) {}

    fn understand(&self, given: &Value) -> Result<Option<()>, Wrong> {
        if text(given).is_ok_and(|text| text.is_none()) {
            return Ok(None);
        }
        Err(Wrong::Refused(self.problem))
    }

    fn write(&self, (): &()) -> Value {
        Value::Null
    }
}

impl Kind for Unused {
    type Value = ();

    fn shape(&self) -> Shape {
        let form = if self.secret {
            Form::UnusedSecret
        } else {
            Form::Unused
        };
        without_default(form, Usual::None)
    }

    fn default(&self) {}

    fn understand(&self, _: &Value) -> Result<Option<()>, Wrong> {
        Ok(None)
    }

    fn write(&self, (): &()) -> Value {
        Value::Null
    }
}
