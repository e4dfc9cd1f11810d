//! What the console changes: settings, certificate and mapper. Each change leaves an audit line.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::{Map, Value};

use super::{
    error::ChangeError,
    people::no_user,
    program::Program,
    status::fact,
    view::{Changed, Check, Fact, Mood},
};
use crate::{
    clock::Clock,
    config::{Effective, MapperRoom, MapperSource, Most, TlsMaterial, home, keys, read_file},
    directory::By,
    installation::{ChangeKind, Note, certificate_mode, write_atomically},
    profile::{Mapper, ScriptError},
    secret::SecretString,
    setup::{SetupCheck, SetupPlan},
    telemetry::{Metrics, event},
    tls::{Identity, LeafFacts},
};

/// Certificates that were made together end together, within seconds.
const DAY: Duration = Duration::from_hours(24);

impl Program {
    /// Tries settings when `check`, and saves them when `save` and the checks of the directory pass.
    pub(super) async fn settle(
        &self,
        mut keys: Map<String, Value>,
        password: Option<SecretString>,
        check: bool,
        save: bool,
    ) -> Result<Changed, ChangeError> {
        self.may_write()?;
        let now = self.effective();
        // A form sends every field as it was shown: without the user and password of a URL, say.
        keys.retain(|key, value| keys::find(key).is_none_or(|key| !now.says(key, value)));
        let is_fixed = |key: &&String| {
            let fixed = keys::find(key).map(|key| now.in_force(key));
            fixed.is_some_and(|fixed| fixed.origin.is_environment())
        };
        let fixed: Vec<_> = keys.keys().filter(is_fixed).cloned().collect();
        if !fixed.is_empty() {
            return Err(ChangeError::Fixed(fixed));
        }
        if password.is_none() && self.names_new_server(&keys) {
            return Err(ChangeError::PasswordNeeded);
        }
        let mut plan = SetupPlan::begin(&self.settings)?;
        plan.leave_password();
        let mut changed = Vec::new();
        for (key, value) in keys {
            changed.push(key.clone());
            plan.set(&key, value)?;
        }
        if let Some(password) = password {
            changed.push(keys::LDAP_BIND_PASSWORD.name.to_owned());
            plan.set_password(password)?;
        }
        plan.keep_before(changed.clone());
        // A site's name needs no directory, on a day when there is none.
        let checks = if check {
            plan.checks(&self.clock).await?
        } else {
            Vec::new()
        };
        let saved = save && !checks.iter().any(SetupCheck::forbids_saving);
        let result = if saved {
            plan.save(&self.clock).await?;
            tracing::warn!(
                target: "audit",
                event = event::CONSOLE_SETTINGS_CHANGED,
                keys = changed.join(", "),
                "the console changed settings"
            );
            self.in_use("Saved").await
        } else if checks.iter().any(SetupCheck::failed) {
            Err(ChangeError::CheckFailed)
        } else {
            Ok("All checks passed; nothing was saved".to_owned())
        };
        let checks = checks.into_iter().map(Check::from);
        let mut checks: Vec<_> = checks.collect();
        checks.sort_by_key(|check| check.good);
        Ok(Changed {
            saved,
            result,
            checks,
        })
    }

    /// Whether LDAP_URL names another server than before, or the same without TLS: it may be mistyped.
    fn names_new_server(&self, keys: &Map<String, Value>) -> bool {
        let servers = |values: &Effective| -> BTreeSet<String> {
            let all = values.value(&keys::LDAP_URL).into_iter();
            all.map(|server| server.trim_end_matches('/').to_lowercase())
                .collect()
        };
        let new = servers(&self.settings.effective(keys));
        !new.is_subset(&servers(&self.effective()))
    }

    pub(super) fn may_write(&self) -> Result<(), ChangeError> {
        if self.current.load().config.uses_files {
            return Ok(());
        }
        Err(ChangeError::NoFiles)
    }

    /// What the certificate of SERVER_URL says.
    pub(super) fn certificate_now(&self) -> Vec<Fact> {
        let Some(tls) = &self.tls else {
            let text = "the balancer ends TLS, or there are no direct logins".to_owned();
            return vec![fact(Mood::Plain, "None here", text)];
        };
        let LeafFacts {
            subject,
            not_after,
            dns_names,
            ..
        } = tls.leaf();
        let current = self.current.load();
        let host = current.config.federation.server_url.host_str();
        let warnings = tls.leaf().warnings(host, self.clock.now()).into_iter();
        let warnings = warnings.map(|warning| fact(Mood::Bad, "Trouble", warning));
        let mut facts: Vec<_> = [
            fact(Mood::Good, "In use", subject),
            fact(Mood::Good, "For", dns_names.join(", ")),
            self.ends("Valid", not_after),
        ]
        .into_iter()
        .chain(warnings)
        .collect();
        facts.sort_by_key(|fact| fact.mood.rank());
        facts
    }

    /// Tries a certificate with its key beside the present ones, and puts them in their place.
    pub(super) fn take_certificate(
        &self,
        chain: &[u8],
        key: &[u8],
        anyway: bool,
    ) -> Result<String, ChangeError> {
        self.may_write()?;
        let _one = self.settings.writing();
        let current = self.current.load();
        let direct = current.config.direct.as_ref();
        let Some(TlsMaterial::Pem {
            chain: chain_path,
            key: key_path,
        }) = direct.and_then(|direct| direct.tls.as_ref())
        else {
            return Err(ChangeError::NoPemFiles);
        };
        let identity = tried(chain, key, key_path, &self.clock)?;
        let host = current.config.federation.server_url.host_str();
        let mut warnings = identity.leaf.warnings(host, self.clock.now());
        let used = self.tls.as_ref().map(|tls| tls.leaf().not_after);
        if used.is_some_and(|used| identity.leaf.not_after + DAY < used) {
            warnings.push("it ends before the certificate in use: is it an older one?".to_owned());
        }
        if !warnings.is_empty() && !anyway {
            return Err(ChangeError::DoubtfulCertificate(warnings));
        }
        refuse_link(key_path)?;
        refuse_link(chain_path)?;
        let new = [(key_path.as_path(), key), (chain_path.as_path(), chain)];
        match self.in_home(&new) {
            Some(new) => {
                self.replace(&new, &[], &Note::of(ChangeKind::Certificate))?;
            }
            None => put_outside(key_path, key, chain_path, chain)?,
        }
        tracing::warn!(
            target: "audit", event = event::CONSOLE_CERTIFICATE_CHANGED,
            subject = identity.leaf.subject,
            "the console changed the certificate of SERVER_URL"
        );
        let mut message = format!("{} is saved", identity.leaf.subject);
        for warning in warnings {
            message = format!("{message} ({warning})");
        }
        Ok(message)
    }

    pub(super) fn take_mapper(&self, source: &str) -> Result<String, ChangeError> {
        self.may_write()?;
        let current = self.current.load();
        mapper_of(source, &current.config.accounts.mapper_room)?;
        let _one = self.settings.writing();
        let current = self.current.load();
        let path = match &current.config.accounts.mapper {
            Some(MapperSource::Text(_)) => {
                return Err(ChangeError::MapperIsText);
            }
            Some(MapperSource::File(path)) => path.clone(),
            None => current.config.home.path(home::MAPPER),
        };
        // A browser sends each line end as CR and LF.
        let source = source.replace("\r\n", "\n");
        let mut kept = String::new();
        if let Some(new) = self.in_home(&[(&path, source.as_bytes())]) {
            self.replace(&new, &[], &Note::of(ChangeKind::Mapper))?;
        } else {
            if let Ok(before) = read_file(&path, Most::ORDINARY) {
                let copy = path.with_extension("before.js");
                write_atomically(&copy, &before, 0o600)?;
                kept = format!(" (the one before is in {})", copy.display());
            }
            write_atomically(&path, source.as_bytes(), 0o600)?;
        }
        tracing::warn!(
            target: "audit",
            event = event::CONSOLE_MAPPER_CHANGED,
            "the console changed the profile mapper"
        );
        Ok(format!(
            "Saved as {}, and taken into use.{kept}",
            path.display()
        ))
    }

    /// The profile that a mapper makes of a user.
    pub(super) async fn profile_by(
        &self,
        source: String,
        user: &str,
    ) -> Result<String, ChangeError> {
        if user.trim().is_empty() {
            return Err(ChangeError::NoName);
        }
        let room = self.current.load().config.accounts.mapper_room.clone();
        let mapper = tokio::task::spawn_blocking(move || mapper_of(&source, &room)).await??;
        let directory = self.current.load().directory.clone();
        let found = directory.find_user(By::Name(user)).await?;
        let entry = found
            .users
            .first()
            .ok_or_else(|| no_user(user, found.unusable.clone()))?;
        let groups = directory.groups_of(entry).await?;
        let profile = mapper.map(entry, groups).await?;
        Ok(serde_json::to_string_pretty(&profile)?)
    }
}

/// A certificate and its key whose files are not in the home folder.
fn put_outside(
    key_path: &Path,
    key: &[u8],
    chain_path: &Path,
    chain: &[u8],
) -> Result<(), ChangeError> {
    for path in [key_path, chain_path] {
        keep_aside(path)?;
    }
    let before = read_file(key_path, Most::ORDINARY).ok();
    write_atomically(key_path, key, 0o600)?;
    if let Err(error) = write_atomically(chain_path, chain, certificate_mode(chain)) {
        // The old certificate gets its key back.
        if let Some(before) = before {
            write_atomically(key_path, &before, 0o600)?;
        }
        return Err(error.into());
    }
    Ok(())
}

fn refuse_link(path: &Path) -> Result<(), ChangeError> {
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        return Err(ChangeError::Link(path.to_owned()));
    }
    Ok(())
}

/// A copy of what is about to be replaced, under a name that no export takes: a wrong certificate can be
/// taken back, also after a crash between the two files.
fn keep_aside(path: &Path) -> Result<(), ChangeError> {
    let Ok(before) = read_file(path, Most::ORDINARY) else {
        return Ok(());
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let copy = path.with_file_name(format!(".{name}.before"));
    Ok(write_atomically(&copy, &before, 0o600)?)
}

fn mapper_of(source: &str, room: &MapperRoom) -> Result<Mapper, ScriptError> {
    let source = MapperSource::Text(source.to_owned());
    Mapper::start(Some(&source), room, Arc::new(Metrics::new()))
}

/// A certificate and its key, read as the server reads them, from files that are removed afterwards.
fn tried(chain: &[u8], key: &[u8], beside: &Path, clock: &Clock) -> Result<Identity, ChangeError> {
    let stamp = clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let folder = beside.with_extension(format!("{}.try", stamp.as_nanos()));
    let new = TlsMaterial::Pem {
        chain: folder.join("chain"),
        key: folder.join("key"),
    };
    let identity = write_atomically(&folder.join("chain"), chain, 0o600)
        .and_then(|()| write_atomically(&folder.join("key"), key, 0o600))
        .map_err(ChangeError::from)
        .and_then(|()| Ok(Identity::load(&new)?));
    // It held a key.
    let removed = fs::remove_dir_all(&folder);
    let identity = identity?;
    removed.map_err(|source| ChangeError::KeyLeft { folder, source })?;
    Ok(identity)
}
