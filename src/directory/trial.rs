//! One server tried step by step, before its settings are saved: reach it, sign in, search.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::time::Instant;

use super::{
    bind_result,
    connect::Connector,
    connection::{Connection, Search},
    dns::Names,
    entry::{Attribute, Entry},
    error::{BindError, DirectoryError},
};
use crate::{
    config::{DirectoryConfig, ServerUrl, ServiceAccount},
    secret::ExposeSecret as _,
};

/// Connecting, TLS included.
const REACH: Duration = Duration::from_secs(5);
/// Users of Active Directory, whose computers are persons too, and of others. A filter with a `not` would
/// find nobody where the class in it is unknown (RFC 4511, section 4.5.1.7).
const USERS: &str =
    "(|(objectCategory=person)(objectClass=inetOrgPerson)(objectClass=posixAccount))";
/// Those of directories with other classes; computers are told apart by what they say.
const PERSONS: &str = "(objectClass=person)";
const CLASS: &str = "objectClass";
/// So many entries are looked at.
const LOOKED_AT: usize = 50;

/// A connection for one trial.
#[derive(Debug)]
pub struct Reached {
    connection: Connection,
    /// The server's URL.
    pub server: String,
}

/// Connects to a server; its name is looked up by `nameservers`, or by the system when there are none.
///
/// # Errors
/// Why it cannot be reached, and what to do.
pub async fn reach(
    url: &ServerUrl,
    start_tls: bool,
    nameservers: &[SocketAddr],
    tls: &Arc<ClientConfig>,
) -> Result<Reached, DirectoryError> {
    let names = Names::new(nameservers);
    let connector = Connector::new(url.clone(), start_tls, Arc::clone(tls), REACH, names);
    Ok(Reached {
        connection: connector.open().await?,
        server: url.to_string(),
    })
}

impl Reached {
    /// Signs the service account in, with one bind; nothing is sent for a search without an account.
    ///
    /// # Errors
    /// Why it is refused; [`DirectoryError::ServiceAccount`] when it is the account or its password.
    pub async fn sign_in(&self, config: &DirectoryConfig) -> Result<(), DirectoryError> {
        let ServiceAccount::Simple { user, password } = &config.service else {
            return Ok(());
        };
        let deadline = Instant::now() + config.timeout;
        let bind = self
            .connection
            .bind(user, password.expose_secret(), deadline);
        let result = bind.await?;
        let what = "the service account's bind";
        match bind_result::verdict(&self.server, what, result.rc, &result.text) {
            Ok(()) => Ok(()),
            Err(BindError::Unavailable(error)) => Err(error),
            Err(refusal) => Err(DirectoryError::ServiceAccount {
                server: self.server.clone(),
                cause: refusal.to_string(),
                remedy: "correct LDAP_BIND_USER and LDAP_BIND_PASSWORD",
            }),
        }
    }

    /// Whether a search under `LDAP_BASE` finds a user.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn finds_users(&self, config: &DirectoryConfig) -> Result<bool, DirectoryError> {
        if !self.search(config, USERS, 1).await?.is_empty() {
            return Ok(true);
        }
        let persons = self.search(config, PERSONS, LOOKED_AT).await?;
        let is_computer = |entry: &Entry| match entry.get(CLASS) {
            Some(Attribute::List(classes)) => {
                let computer = |class: &String| class.eq_ignore_ascii_case("computer");
                classes.iter().any(computer)
            }
            _ => false,
        };
        Ok(persons.iter().any(|entry| !is_computer(entry)))
    }

    async fn search(
        &self,
        config: &DirectoryConfig,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let search = Search {
            what: "a user search",
            base: &config.base,
            filter,
            attributes: &[CLASS],
            limit,
            deref_aliases: 0,
            hedge: config.timeout,
            timeout: config.timeout,
        };
        let deadline = Instant::now() + config.timeout;
        self.connection.search(&search, deadline).await
    }
}
