//! What the tenant gets about a user: the profile, and the claims made of it for the token.

mod built_in;
mod claims;
mod mapper;
mod script;

use serde_json::{Map, Value};

pub use self::{
    built_in::built_in,
    claims::{Claims, UnusableProfile},
    mapper::Mapper,
    script::{MapperError, ScriptError},
};

/// A user's profile: a JSON object whose members keep their order.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Profile(Map<String, Value>);

impl Profile {
    #[must_use]
    pub fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    #[must_use]
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.0.get(member)
    }

    /// The members in their order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}
