//! placeholder until the JavaScript mapper lands
use super::{Profile, built_in};
use crate::directory::Entry;
use serde_json::Value;
#[derive(Debug, Clone)]
pub struct Mapper;
#[derive(Debug, thiserror::Error)]
#[error("mapper")]
pub struct MapperError;
impl Mapper {
    pub fn built_in() -> Self {
        Self
    }
    pub async fn map(
        &self,
        entry: &Entry,
        groups: Option<Vec<Value>>,
    ) -> Result<Profile, MapperError> {
        Ok(built_in(entry, groups))
    }
}
