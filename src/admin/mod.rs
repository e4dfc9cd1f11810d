//! The console: what an administrator sees and does on this instance, on loopback.
//!
//! One page without scripts: each part is a section that its anchor opens (`/#export`). What the console
//! needs of the program stands behind [`Backstage`]; no secret crosses it towards the page.

mod guard;
mod page;
mod routes;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

pub use self::{
    guard::Guard,
    page::{Changed, Check, Fact, Facts, Hour, Line, Mood},
    routes::{run, serve_on},
};
use crate::secret::SecretString;

/// What the console asks of the program.
pub trait Backstage: Send + Sync {
    /// How this instance is.
    fn facts(&self) -> Facts;
    /// A key of `config.json` that is no secret, as text; empty when it is not set.
    fn key(&self, name: &str) -> String;
    /// Tries keys, by the four checks, and saves them when those of the directory are well: the tenant
    /// has no say in them.
    fn change(
        &self,
        keys: Map<String, Value>,
        password: Option<SecretString>,
    ) -> BoxFuture<'_, Result<Changed, String>>;
    /// A new certificate of SERVER_URL with its key, PEM.
    fn certificate(&self, chain: Vec<u8>, key: Vec<u8>) -> Result<String, String>;
    /// The text of the profile mapper in use.
    fn mapper(&self) -> String;
    /// The profile that this mapper makes of a user, as text.
    fn try_mapper(&self, source: String, user: String) -> BoxFuture<'_, Result<String, String>>;
    fn save_mapper(&self, source: String) -> Result<String, String>;
    /// Profiles of the users whom a term finds, as text.
    fn search(&self, term: String) -> BoxFuture<'_, Result<Vec<String>, String>>;
    fn doctor(&self) -> BoxFuture<'_, Vec<Line>>;
    /// The name and bytes of a zip.
    fn export(&self) -> Result<(String, Vec<u8>), String>;
    /// What an import did, in words.
    fn import(&self, zip: Vec<u8>) -> Result<String, String>;
}

/// What every route has.
#[derive(Clone)]
struct Console {
    backstage: Arc<dyn Backstage>,
    guard: Arc<Guard>,
}
