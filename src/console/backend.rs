//! What the console asks of the program.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::{
    error::ChangeError,
    sent_files::SentFiles,
    view::{
        Changed, Check, Fact, Facts, Fields, Fleet, Imported, Line, LogLine, Looked, PastChange,
        Person,
    },
};
use crate::{
    config::{Declared, InForce, Shown},
    secret::SecretString,
};

/// What the console asks of the program.
pub trait ConsoleBackend: Send + Sync {
    /// How this instance is.
    fn facts(&self) -> Facts;
    /// How the fleet is: each instance is asked.
    fn fleet(&self) -> BoxFuture<'_, Fleet>;
    /// The instance whose request numbers begin with this mark, when it is known.
    fn instance_marked<'a>(&'a self, mark: &'a str) -> BoxFuture<'a, Option<String>>;
    /// The last events of the log, the latest first.
    fn log(&self) -> Vec<LogLine>;
    /// A key as it counts, and its default.
    fn key(&self, key: &'static dyn Declared) -> (InForce, Shown);
    /// What is known of the certificate of SERVER_URL.
    fn certificate_facts(&self) -> Vec<Fact>;
    /// Tries keys, with `check` by the four checks, and with `save` saves them when those of the directory
    /// pass; that of the tenant may fail.
    fn change(
        &self,
        keys: Map<String, Value>,
        password: Option<SecretString>,
        check: bool,
        save: bool,
    ) -> BoxFuture<'_, Result<Changed, ChangeError>>;
    /// A new certificate of SERVER_URL with its key, PEM; `anyway` also when browsers would refuse it.
    fn certificate(
        &self,
        chain: Vec<u8>,
        key: Vec<u8>,
        anyway: bool,
    ) -> BoxFuture<'_, Result<String, ChangeError>>;
    /// A keytab, CAs of client certificates, a revocation list: those that were sent.
    fn files(&self, sent: SentFiles) -> BoxFuture<'_, Result<String, ChangeError>>;
    /// A first set-up, by what was typed into its form.
    fn set_up(
        &self,
        typed: Fields,
        password: Option<SecretString>,
        roots: Option<Vec<u8>>,
    ) -> BoxFuture<'_, Result<(Imported, Vec<Check>), ChangeError>>;
    /// The text of the profile mapper in use.
    fn mapper(&self) -> String;
    /// The profile that this mapper makes of a user, as text.
    fn try_mapper(
        &self,
        source: String,
        user: String,
    ) -> BoxFuture<'_, Result<String, ChangeError>>;
    fn save_mapper(&self, source: String) -> BoxFuture<'_, Result<String, ChangeError>>;
    /// The last changes, the latest first.
    fn changes(&self) -> Vec<PastChange>;
    /// Puts back what a change replaced.
    fn take_back(&self, change: String) -> BoxFuture<'_, Result<String, ChangeError>>;
    /// The users whom a term finds.
    fn search(&self, term: String) -> BoxFuture<'_, Result<Vec<Person>, ChangeError>>;
    /// One user, by login name.
    fn look_up(&self, name: String) -> BoxFuture<'_, Result<Looked, ChangeError>>;
    fn doctor(&self) -> BoxFuture<'_, Vec<Line>>;
    /// The name and bytes of a zip.
    fn export(&self) -> BoxFuture<'_, Result<(String, Vec<u8>), ChangeError>>;
    /// Without `take` it only reports; `Err` when nothing was changed.
    fn import(&self, zip: Vec<u8>, take: bool) -> BoxFuture<'_, Result<Imported, ChangeError>>;
}
