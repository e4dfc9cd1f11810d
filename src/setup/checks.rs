//! The checks of a set-up on the directory: reach, bind, search.

use std::{fmt, sync::Arc};

use futures_util::{StreamExt as _, stream};
use rustls::ClientConfig;

use super::plan::{SetupPlan, tls};
use crate::{
    clock::Clock,
    config::{Config, Scheme, ServerUrl, ServiceAccount},
    directory::{DirectoryError, Probe},
};

/// Servers that are connected to at the same time.
const AT_ONCE: usize = 16;

/// One of the four checks.
#[derive(Debug)]
pub struct SetupCheck {
    pub name: &'static str,
    /// What was seen, or what is wrong and what to do.
    pub result: Result<String, String>,
}

impl SetupCheck {
    #[must_use]
    pub fn failed(&self) -> bool {
        self.result.is_err()
    }

    fn ok(name: &'static str, seen: impl Into<String>) -> Self {
        Self {
            name,
            result: Ok(seen.into()),
        }
    }

    fn wrong(name: &'static str, wrong: impl Into<String>) -> Self {
        Self {
            name,
            result: Err(wrong.into()),
        }
    }
}

impl fmt::Display for SetupCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(seen) => write!(f, "ok    {:<7} {seen}", self.name),
            Err(wrong) => write!(f, "FAIL  {:<7} {wrong}", self.name),
        }
    }
}

impl SetupPlan<'_> {
    /// Reach, bind, search, tenant: what must work before anything is saved.
    ///
    /// # Errors
    /// When the keys make no configuration.
    pub async fn checks(&self, clock: &Clock) -> Result<Vec<SetupCheck>, String> {
        let config = self.provisional()?;
        let tls = tls(&config, clock)?;
        let mut checks = directory_checks(&config, &tls, clock).await;
        checks.push(SetupCheck {
            name: "tenant",
            result: self.tenant_check(&config, clock).await,
        });
        Ok(checks)
    }
}

/// Reach, bind and search. Every server is connected to, and the first that answers gets the password: a
/// wrong one, sent to each, would lock the account.
pub async fn directory_checks(
    config: &Config,
    tls: &Arc<ClientConfig>,
    clock: &Clock,
) -> Vec<SetupCheck> {
    let directory = &config.directory;
    let urls = match SetupPlan::servers_of(directory).await {
        Ok(urls) => urls,
        Err(error) => return vec![SetupCheck::wrong("reach", error)],
    };
    let connect = |url: ServerUrl| async move {
        let reached = Probe::open(&url, directory, tls, clock).await;
        reached.map(|probe| (url, probe))
    };
    let connected: Vec<_> = stream::iter(urls)
        .map(connect)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut reached, mut missed) = (Vec::new(), Vec::new());
    for answer in connected {
        match answer {
            Ok(server) => reached.push(server),
            Err(error) => missed.push(error.to_string()),
        }
    }
    for (url, server) in reached {
        let bound = server.bind().await;
        if let Err(error @ (DirectoryError::Lost { .. } | DirectoryError::Timeout { .. })) = bound {
            missed.push(error.to_string());
            continue;
        }
        let mut checks = vec![reach_line(&url, directory.start_tls, &missed)];
        match bound {
            Err(error) => checks.push(SetupCheck::wrong("bind", error.to_string())),
            Ok(_) => {
                checks.push(SetupCheck::ok("bind", account(config)));
                checks.push(search(&server, config).await);
            }
        }
        return checks;
    }
    vec![SetupCheck::wrong("reach", missed.join("; "))]
}

fn reach_line(url: &ServerUrl, start_tls: bool, missed: &[String]) -> SetupCheck {
    let how = match (url.scheme, start_tls) {
        (Scheme::Ldaps, _) => "TCP and TLS",
        (Scheme::Ldap, true) => "TCP and StartTLS",
        (Scheme::Ldap, false) => "TCP, not encrypted: passwords pass in plain text",
    };
    let mut seen = format!("{url} ({how})");
    if !missed.is_empty() {
        seen = format!("{seen}; but {}", missed.join("; "));
    }
    SetupCheck::ok("reach", seen)
}

fn account(config: &Config) -> &str {
    match &config.directory.service {
        ServiceAccount::Simple { user, .. } => user,
        ServiceAccount::Anonymous => "without an account, as ANONYMOUS_SEARCH_ENABLED says",
    }
}

async fn search(server: &Probe<'_>, config: &Config) -> SetupCheck {
    let base = &config.directory.base;
    match server.finds_users().await {
        Ok((true, _)) => SetupCheck::ok("search", format!("users under {base}")),
        Ok((false, _)) => SetupCheck::wrong(
            "search",
            format!("nobody is found under {base}: check LDAP_BASE, and that the account may read"),
        ),
        Err(error) => SetupCheck::wrong("search", error.to_string()),
    }
}
