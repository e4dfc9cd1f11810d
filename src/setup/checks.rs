//! The checks of a set-up on the directory: reach, bind, search.

use std::{fmt, sync::Arc};

use futures_util::{StreamExt as _, stream};
use rustls::ClientConfig;

use super::{
    error::SetupError,
    plan::{SetupPlan, tls},
};
use crate::{
    clock::Clock,
    config::{Config, Scheme, ServerUrl, ServiceAccount},
    directory::{DirectoryError, Probe},
};

/// Servers that are connected to at the same time.
const AT_ONCE: usize = 16;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckName {
    Reach,
    Bind,
    Search,
    Tenant,
}

impl CheckName {
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Bind => "bind",
            Self::Search => "search",
            Self::Tenant => "tenant",
        }
    }
}

/// One of the four checks.
#[derive(Debug)]
pub struct SetupCheck {
    pub name: CheckName,
    /// What was seen, or what is wrong and what to do.
    pub result: Result<String, SetupError>,
}

impl SetupCheck {
    #[must_use]
    pub fn failed(&self) -> bool {
        self.result.is_err()
    }

    /// Whether nothing may be saved: the tenant has no say in what works with the directory.
    #[must_use]
    pub fn forbids_saving(&self) -> bool {
        self.failed() && self.name != CheckName::Tenant
    }

    fn ok(name: CheckName, seen: impl Into<String>) -> Self {
        Self {
            name,
            result: Ok(seen.into()),
        }
    }

    fn wrong(name: CheckName, wrong: impl Into<SetupError>) -> Self {
        Self {
            name,
            result: Err(wrong.into()),
        }
    }
}

impl fmt::Display for SetupCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.label();
        match &self.result {
            Ok(seen) => write!(f, "ok    {name:<7} {seen}"),
            Err(wrong) => write!(f, "FAIL  {name:<7} {wrong}"),
        }
    }
}

impl SetupPlan<'_> {
    /// Reach, bind, search, tenant: what must work before anything is saved.
    ///
    /// # Errors
    /// When the configuration with these keys is invalid.
    pub async fn checks(&self, clock: &Clock) -> Result<Vec<SetupCheck>, SetupError> {
        let config = self.provisional()?;
        let tls = tls(&config, clock)?;
        let mut checks = directory_checks(&config, &tls, clock).await;
        checks.push(SetupCheck {
            name: CheckName::Tenant,
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
        Err(error) => return vec![SetupCheck::wrong(CheckName::Reach, error)],
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
            Err(error) => missed.push(error),
        }
    }
    for (url, server) in reached {
        let bound = server.bind().await;
        if let Err(error @ (DirectoryError::Lost { .. } | DirectoryError::Timeout { .. })) = bound {
            missed.push(error);
            continue;
        }
        let mut checks = vec![reach_line(&url, directory.start_tls, missed)];
        match bound {
            Err(error) => checks.push(SetupCheck::wrong(CheckName::Bind, error)),
            Ok(_) => {
                checks.push(SetupCheck::ok(CheckName::Bind, account(config)));
                checks.push(search(&server, config).await);
            }
        }
        return checks;
    }
    vec![SetupCheck::wrong(
        CheckName::Reach,
        SetupError::Unreachable(missed),
    )]
}

fn reach_line(url: &ServerUrl, start_tls: bool, missed: Vec<DirectoryError>) -> SetupCheck {
    let how = match (url.scheme, start_tls) {
        (Scheme::Ldaps, _) => "TCP and TLS",
        (Scheme::Ldap, true) => "TCP and StartTLS",
        (Scheme::Ldap, false) => "TCP, not encrypted: passwords pass in plain text",
    };
    let mut seen = format!("{url} ({how})");
    if !missed.is_empty() {
        seen = format!("{seen}; but {}", SetupError::Unreachable(missed));
    }
    SetupCheck::ok(CheckName::Reach, seen)
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
        Ok((true, _)) => SetupCheck::ok(CheckName::Search, format!("users under {base}")),
        Ok((false, _)) => SetupCheck::wrong(
            CheckName::Search,
            SetupError::NobodyFound { base: base.clone() },
        ),
        Err(error) => SetupCheck::wrong(CheckName::Search, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tenant_s_check_may_fail_when_settings_are_saved() {
        let wrong = |name| SetupCheck::wrong(name, SetupError::NoTicket);
        assert!(!wrong(CheckName::Tenant).forbids_saving());
        for name in [CheckName::Reach, CheckName::Bind, CheckName::Search] {
            assert!(wrong(name).forbids_saving());
            assert!(!SetupCheck::ok(name, "fine").forbids_saving());
        }
        let line = wrong(CheckName::Bind).to_string();
        assert!(
            line.starts_with("FAIL  bind    there is no ticket"),
            "{line}"
        );
    }
}
