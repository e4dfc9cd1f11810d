//! A first set-up in the browser: what `ad-edge setup` does, from one form.

use std::sync::Arc;

use serde_json::json;

use super::{
    error::ChangeError,
    view::{Check, Fields, Imported},
};
use crate::{
    clock::Clock,
    config::{Most, Settings, keys, read_file},
    instance::check,
    secret::SecretString,
    setup::{RootsError, SetupCheck, SetupPlan, next_steps, typed_server},
    telemetry::event,
};

/// What the form has beside keys: a domain, or a server of it.
const DIRECTORY: &str = "directory";
const BALANCERS: &str = keys::TRUSTED_PROXIES.name;

/// What became of it.
pub(super) struct SetUp {
    pub done: Imported,
    pub checks: Vec<Check>,
    /// This host can start with what was saved.
    pub starts: bool,
}

/// Asks the tenant and the directory, and saves what passes every check.
pub(super) async fn set_up(
    settings: Arc<Settings>,
    clock: Clock,
    typed: Fields,
    password: Option<SecretString>,
    roots: Option<Vec<u8>>,
) -> Result<SetUp, ChangeError> {
    let given = |name: &str| {
        let text = typed.get(name).map_or("", |text| text.trim());
        (!text.is_empty()).then(|| text.to_owned())
    };
    let mut plan = SetupPlan::begin(&settings)?;
    for key in [
        keys::PROVISIONING_TICKET.name,
        keys::SERVER_URL.name,
        keys::LDAP_BIND_USER.name,
    ] {
        if let Some(value) = given(key) {
            plan.set(key, json!(value))?;
        }
    }
    match (roots, given(keys::SSL_CA_FILE.name)) {
        (Some(content), _) => plan.bring_sent_roots(content)?,
        (None, Some(file)) => {
            let file = settings.home().path(file);
            let content = read_file(&file, Most::ORDINARY).map_err(|source| RootsError::Read {
                file: file.clone(),
                source,
            })?;
            plan.bring_roots(&file, content)?;
        }
        (None, None) => {}
    }
    if let Some(password) = password {
        plan.set_password(password)?;
    }
    let balancers = given(BALANCERS).unwrap_or_default();
    let balancers = balancers.split(',').map(str::trim);
    let balancers: Vec<_> = balancers
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect();
    // Left empty, it does not contradict an environment that knows of balancers.
    if !balancers.is_empty() || !plan.is_fixed(keys::PROXY_PROTOCOL.name) {
        plan.set_balancers(&balancers)?;
    }
    plan.keep_environment();
    plan.examine()?;
    let tenant = plan.ask_tenant(&clock).await?;
    if let Some(answer) = given(DIRECTORY) {
        let url = match typed_server(&answer) {
            Some(url) => url,
            None => plan.servers(&answer).await?.1,
        };
        plan.set(keys::LDAP_URL.name, json!(url))?;
    }
    if plan.get(keys::LDAP_URL.name).is_none() {
        return Err(ChangeError::NoDirectory);
    }
    let unencrypted = plan.unencrypted()?;
    if !unencrypted.is_empty() && !plan.is_anonymous() {
        return Err(ChangeError::PlainText(unencrypted));
    }
    if plan.get(keys::LDAP_BASE.name).is_none()
        && let Some(base) = plan.explore(&clock).await?.base
    {
        plan.set(keys::LDAP_BASE.name, json!(base))?;
    }
    let tried = plan.checks(&clock).await?;
    let failed = tried.iter().any(SetupCheck::failed);
    let mut checks: Vec<_> = tried.into_iter().map(Check::from).collect();
    checks.sort_by_key(|check| check.good);
    let mut done = SetUp {
        done: Imported {
            result: Err(ChangeError::CheckFailed),
            report: String::new(),
        },
        checks,
        starts: false,
    };
    if failed {
        return Ok(done);
    }
    let saved = plan.save(&clock).await?;
    tracing::warn!(
        target: "audit",
        event = event::CONSOLE_SETTINGS_CHANGED,
        keys = saved.files.join(", "),
        "the console set this instance up"
    );
    let saved = format!("{} is set up", tenant.info.connection_name);
    (done.starts, done.done.result) = if check(&settings, &clock).problem.is_none() {
        (
            true,
            Ok(format!("{saved}. This instance starts with it now")),
        )
    } else {
        (false, Err(ChangeError::CannotStart { taken: saved }))
    };
    if !done.starts {
        let steps = next_steps(&settings, &clock).steps;
        done.done.report = steps.join("\n\n");
    }
    Ok(done)
}
