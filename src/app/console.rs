//! What the console asks of the running program.

use std::{
    io::Cursor,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::{
    SetupCheck, SetupPlan,
    doctor::{self, Level},
    generation::Generation,
    settings::Settings,
};
use crate::{
    admin::{Backstage, Changed, Check, Fact, Facts, Hour, Line, Mood},
    authenticate::Certificates,
    clock::Clock,
    config::{MapperSource, TlsMaterial},
    login::Term,
    ops::{Readiness, Ready},
    profile::Mapper,
    secret::SecretString,
    setup::{ConfigFile, Installation, export_name, report, write_atomically},
    telemetry::{History, Metrics, RecentLines},
    tls::{Identity, TlsServer},
    tunnel::TunnelState,
};

const SHOWN_USERS: usize = 20;
const SHOWN_FAILURES: usize = 8;
const SOON: Duration = Duration::from_secs(30 * 86_400);
const DEFAULT_MAPPER: &str = include_str!("../setup/profileMapper.js");

pub(super) struct Program {
    pub settings: Arc<Settings>,
    pub current: Arc<ArcSwap<Generation>>,
    pub readiness: Arc<Readiness>,
    pub tls: Option<TlsServer>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    pub history: Arc<History>,
    pub recent: RecentLines,
    /// Asks for a reload.
    pub tell: mpsc::Sender<()>,
}

impl Program {
    fn facts_of_directory(current: &Generation, facts: &mut Vec<Fact>) {
        for server in current.directory.status() {
            let (mood, text) = match (server.up, server.error) {
                (true, _) => (Mood::Good, format!("up for {}", span(server.since))),
                (false, Some(error)) => (Mood::Bad, error.to_string()),
                (false, None) => (Mood::Warn, "not connected yet".to_owned()),
            };
            facts.push(Fact {
                mood,
                name: server.server,
                text,
            });
        }
    }

    fn fact_of_tunnel(current: &Generation) -> Fact {
        let (mood, text) = match current
            .tunnel
            .as_ref()
            .map(|tunnel| tunnel.borrow().clone())
        {
            None => (Mood::Good, "off (AD_HUB, AGENT_MODE)".to_owned()),
            Some(TunnelState::Connected) => (Mood::Good, "connected".to_owned()),
            Some(TunnelState::Apart(why)) => (
                Mood::Bad,
                why.unwrap_or_else(|| "not connected yet".to_owned()),
            ),
        };
        Fact {
            mood,
            name: "Tunnel to the tenant".to_owned(),
            text,
        }
    }

    fn fact_of_end(&self, name: &str, unix: i64) -> Fact {
        let end = UNIX_EPOCH + Duration::from_secs(u64::try_from(unix).unwrap_or(0));
        let (mood, text) = match end.duration_since(self.clock.now()) {
            Ok(left) if left > SOON => (Mood::Good, format!("ends in {}", span(left))),
            Ok(left) => (Mood::Warn, format!("ends in {}: renew it", span(left))),
            Err(_) => (Mood::Bad, "has expired: renew it".to_owned()),
        };
        Fact {
            mood,
            name: name.to_owned(),
            text,
        }
    }

    fn fact_of_keytab(current: &Generation) -> Option<Fact> {
        let keytab = current.kerberos()?.keytab();
        let mut keys: Vec<String> = keytab
            .entries
            .iter()
            .map(|entry| format!("{} version {}", entry.principal, entry.kvno))
            .collect();
        keys.dedup();
        Some(Fact {
            mood: Mood::Good,
            name: "Keytab".to_owned(),
            text: keys.join(", "),
        })
    }

    fn mapper_of(source: &str) -> Result<Mapper, String> {
        let source = MapperSource::Text(source.to_owned());
        Mapper::start(Some(&source), Arc::new(Metrics::new())).map_err(|error| error.to_string())
    }

    fn reload(&self) {
        // A reload that is asked for already reads this too.
        let _ = self.tell.try_send(());
    }
}

impl Backstage for Program {
    fn facts(&self) -> Facts {
        let current = self.current.load();
        let ready = self.readiness.evaluate();
        let mut facts = Vec::new();
        let (mood, text) = match &ready {
            Ready::Yes => (Mood::Good, "signs users in".to_owned()),
            Ready::Draining => (Mood::Warn, "is ending".to_owned()),
            Ready::No(reasons) => (Mood::Bad, reasons.join("; ")),
        };
        facts.push(Fact {
            mood,
            name: "This instance".to_owned(),
            text,
        });
        Self::facts_of_directory(&current, &mut facts);
        facts.push(Self::fact_of_tunnel(&current));
        if let Some(tls) = &self.tls {
            let end = tls
                .leaf()
                .not_after
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let end = i64::try_from(end.as_secs()).unwrap_or(i64::MAX);
            facts.push(self.fact_of_end("Certificate of SERVER_URL", end));
        }
        facts.push(self.fact_of_end("Signing certificate", current.signing_end));
        if let Some(ends) = current.certificates().map(Certificates::ends) {
            facts.extend(
                ends.authority
                    .map(|end| self.fact_of_end("CAs of client certificates", end)),
            );
            facts.extend(
                ends.revocation_list
                    .map(|end| self.fact_of_end("Revocation lists", end)),
            );
        }
        facts.extend(Self::fact_of_keytab(&current));
        let hours = self
            .history
            .minutes(&self.metrics)
            .into_iter()
            .map(|(method, minutes)| Hour {
                good: minutes.iter().map(|minute| minute.0).sum(),
                refused: minutes.iter().map(|minute| minute.1).sum(),
                method: method_in_words(method),
                minutes,
            });
        let log = self.recent.all();
        let failures = log.iter().filter_map(|line| failure_in_words(line));
        Facts {
            instance: current.config.instance.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            server_url: current.config.federation.server_url.to_string(),
            ready: ready == Ready::Yes,
            facts,
            hours: hours.collect(),
            failures: failures.take(SHOWN_FAILURES).collect(),
            log,
        }
    }

    fn key(&self, name: &str) -> String {
        if crate::config::find_key(name).is_none_or(|key| key.secret) {
            return String::new();
        }
        let file = ConfigFile::read(&self.settings.home()).ok();
        let file_value = file.as_ref().and_then(|file| file.keys().get(name));
        match (self.settings.variable(name), file_value) {
            (Some(text), _) => text.to_owned(),
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(Value::Array(list))) => {
                let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
                texts.join(", ")
            }
            (None, Some(Value::Null) | None) => String::new(),
            (None, Some(other)) => other.to_string(),
        }
    }

    fn change(
        &self,
        keys: Map<String, Value>,
        password: Option<SecretString>,
    ) -> BoxFuture<'_, Result<Changed, String>> {
        async move {
            if !self.current.load().config.uses_files {
                return Err(
                    "OVERRIDE_CONFIG is false: settings come from the environment".to_owned(),
                );
            }
            let fixed: Vec<_> = keys
                .keys()
                .filter(|key| {
                    self.settings
                        .variable(key)
                        .is_some_and(|now| keys[*key] != now)
                })
                .map(String::as_str)
                .collect();
            if !fixed.is_empty() {
                return Err(format!(
                    "{} come from the environment, which wins: change them there",
                    fixed.join(", ")
                ));
            }
            let mut plan = SetupPlan::begin(&self.settings)?;
            for (key, value) in keys {
                // What stands there as a list stays one, unless it was changed.
                if value.as_str() != Some(&self.key(&key)) {
                    plan.set(&key, value);
                }
            }
            if let Some(password) = password {
                plan.password(password);
            }
            let checks = plan.checks(&self.clock).await?;
            let stops = |check: &SetupCheck| check.failed() && check.name != "tenant";
            let saved = !checks.iter().any(stops);
            if saved {
                plan.save(&self.clock).await?;
                self.reload();
            }
            let checks = checks.iter().map(|check| Check {
                good: !check.failed(),
                text: check.to_string(),
            });
            Ok(Changed {
                saved,
                checks: checks.collect(),
            })
        }
        .boxed()
    }

    fn certificate(&self, chain: Vec<u8>, key: Vec<u8>) -> Result<String, String> {
        let current = self.current.load();
        let material = current
            .config
            .direct
            .as_ref()
            .and_then(|direct| direct.tls.as_ref());
        let Some(TlsMaterial::Pem {
            chain: chain_path,
            key: key_path,
        }) = material
        else {
            return Err(
                "TLS does not come from PEM files here (SSL_PFX, or a balancer ends it)".to_owned(),
            );
        };
        let folder = key_path.with_extension(format!("{}.try", std::process::id()));
        let new = TlsMaterial::Pem {
            chain: folder.join("chain"),
            key: folder.join("key"),
        };
        let tried = write_atomically(&folder.join("chain"), &chain, 0o600)
            .and_then(|()| write_atomically(&folder.join("key"), &key, 0o600))
            .map_err(|error| error.to_string())
            .and_then(|()| Identity::load(&new).map_err(|error| error.to_string()));
        // It held a key.
        let removed = std::fs::remove_dir_all(&folder);
        let identity = tried.map_err(|error| format!("Nothing was changed: {error}"))?;
        removed.map_err(|error| format!("{}: {error}", folder.display()))?;
        write_atomically(key_path, &key, 0o600).map_err(|error| error.to_string())?;
        write_atomically(chain_path, &chain, 0o644).map_err(|error| error.to_string())?;
        self.reload();
        let host = current.config.federation.server_url.host_str();
        let mut told = format!("In use: {}", identity.leaf.subject);
        for warning in identity.leaf.warnings(host, self.clock.now()) {
            told = format!("{told}\nBut {warning}");
        }
        Ok(told)
    }

    fn mapper(&self) -> String {
        let current = self.current.load();
        match &current.config.accounts.mapper {
            Some(MapperSource::Text(text)) => text.clone(),
            Some(MapperSource::File(path)) => std::fs::read_to_string(path).unwrap_or_default(),
            None => DEFAULT_MAPPER.to_owned(),
        }
    }

    fn try_mapper(&self, source: String, user: String) -> BoxFuture<'_, Result<String, String>> {
        async move {
            let load = move || Self::mapper_of(&source);
            let mapper = tokio::task::spawn_blocking(load)
                .await
                .map_err(|e| e.to_string())??;
            let directory = self.current.load().directory.clone();
            let found = directory
                .find_user(&user)
                .await
                .map_err(|error| error.to_string())?;
            let entry = found
                .first()
                .ok_or_else(|| format!("the directory has no user {user:?}"))?;
            let groups = directory.groups_of(entry.dn()).await;
            let profile = mapper
                .map(entry, Some(groups))
                .await
                .map_err(|error| error.to_string())?;
            serde_json::to_string_pretty(&profile).map_err(|error| error.to_string())
        }
        .boxed()
    }

    fn save_mapper(&self, source: String) -> Result<String, String> {
        Self::mapper_of(&source)?;
        let current = self.current.load();
        let path = match &current.config.accounts.mapper {
            Some(MapperSource::Text(_)) => {
                return Err("the mapper is the text of PROFILE_MAPPER: change it there".to_owned());
            }
            Some(MapperSource::File(path)) => path.clone(),
            None => current.config.home.path("lib/profileMapper.js"),
        };
        write_atomically(&path, source.as_bytes(), 0o600).map_err(|error| error.to_string())?;
        self.reload();
        Ok(format!("Saved as {}, and taken into use", path.display()))
    }

    fn search(&self, term: String) -> BoxFuture<'_, Result<Vec<String>, String>> {
        async move {
            let current = self.current.load_full();
            let accounts = &current.accounts;
            let found = accounts.search(&Term::Plain(term), Some(SHOWN_USERS)).await;
            let found = found.map_err(|refusal| refusal.to_string())?;
            let texts = found.iter().map(serde_json::to_string_pretty);
            texts
                .collect::<Result<_, _>>()
                .map_err(|error| error.to_string())
        }
        .boxed()
    }

    fn doctor(&self) -> BoxFuture<'_, Vec<Line>> {
        async move {
            let findings = doctor::examine(&self.settings, &self.clock).await;
            let lines = findings.into_iter().map(|finding| Line {
                fix: finding.advice(),
                mood: match finding.level {
                    Level::Ok => Mood::Good,
                    Level::Warn => Mood::Warn,
                    Level::Fail => Mood::Bad,
                },
                area: finding.area.to_owned(),
                text: finding.text,
            });
            lines.collect()
        }
        .boxed()
    }

    fn export(&self) -> Result<(String, Vec<u8>), String> {
        let installation = Installation::of_folder(&self.settings.home().path(""));
        let zip = installation.and_then(|installation| installation.to_zip());
        Ok((
            export_name(self.clock.now()),
            zip.map_err(|error| error.to_string())?,
        ))
    }

    fn import(&self, zip: Vec<u8>) -> Result<String, String> {
        if !self.current.load().config.uses_files {
            return Err("OVERRIDE_CONFIG is false: no file is written".to_owned());
        }
        let words = |error: crate::setup::ArchiveError| format!("Nothing was changed: {error}");
        let installation = Installation::of_zip(Cursor::new(zip)).map_err(words)?;
        let report = report(&installation).map_err(words)?;
        let done = installation
            .install(&self.settings.home(), self.clock.now())
            .map_err(words)?;
        self.reload();
        let mut told = format!("{} files were taken.", done.taken.len());
        if let Some(backup) = done.backup {
            told = format!("{told} What they replaced lies in {}.", backup.display());
        }
        if let Err(invalid) = self.settings.load() {
            told = format!("{told}\n\nBefore it is used: {invalid}");
        }
        Ok(format!("{told}\n\n{report}"))
    }
}

/// The way of a login as people call it.
fn method_in_words(method: String) -> String {
    match method.as_str() {
        "kerberos" => "Kerberos".to_owned(),
        "password" => "Password form".to_owned(),
        "certificate" => "Client certificate".to_owned(),
        _ => method,
    }
}

/// A refused login's audit line: when, who, how, from where, and why with what to do.
fn failure_in_words(line: &str) -> Option<String> {
    let rest = line.split_once("not signed in")?.1;
    let field = |name: &str| {
        let value = rest.split_once(&format!(" {name}="))?.1;
        let quoted = value
            .strip_prefix('"')
            .and_then(|value| value.split('"').next());
        quoted.or_else(|| value.split(' ').next())
    };
    let time = line.get(11..19)?;
    let who = field("principal")
        .filter(|name| !name.is_empty())
        .unwrap_or("somebody");
    let method = method_in_words(field("method")?.to_owned());
    let why = rest.split_once(" detail=")?.1;
    Some(format!(
        "{time} UTC, {who}, {method}, from {}: {why}",
        field("client")?
    ))
}

fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_reads_as_a_sentence() {
        let line = r#"2026-11-24T13:33:50.386793Z  WARN not signed in request_id="41" instance="edge1" client=192.0.2.7 method="password" principal="bob" user="CN=Bob" outcome="refused" reason="wrong_password" ms=17 detail=wrong password"#;
        assert_eq!(
            failure_in_words(line).as_deref(),
            Some("13:33:50 UTC, bob, Password form, from 192.0.2.7: wrong password")
        );
        assert_eq!(
            failure_in_words("2026-11-24T13:33:50.386793Z  INFO signed in"),
            None
        );
    }
}
