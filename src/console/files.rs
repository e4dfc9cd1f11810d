//! Files that the console takes: keytab, CAs of client certificates, a revocation list. All are looked at before
//! any is replaced.

use std::io;

use super::{
    error::ChangeError,
    program::Program,
    revocation::list,
    sent_files::{FileDoubt, FileFault, Placed, SentFiles, place},
};
use crate::{
    authenticate::{GivenAuthorities, Keytab},
    config::{Effective, Home, Most, home, keys, read_file},
    installation::{ChangeKind, Locked, Note, is_there, put, recover_locked},
    telemetry::event,
};

/// Files that may go into their places, and what is odd about them.
#[derive(Default)]
struct LookedAt {
    placed: Vec<Placed>,
    doubts: Vec<FileDoubt>,
}

impl Program {
    pub(super) fn take_files(&self, sent: &SentFiles) -> Result<String, ChangeError> {
        self.may_write()?;
        let _one = self.settings.writing();
        let (home, effective) = (self.settings.home(), self.effective());
        let locked = Locked::take(&home)?;
        recover_locked(&locked)?;
        let LookedAt {
            placed: mut taken,
            doubts,
        } = self.looked_at(sent, &home, &effective)?;
        if taken.is_empty() {
            return Err(ChangeError::NoFile);
        }
        if !doubts.is_empty() && !sent.anyway {
            return Err(ChangeError::DoubtfulFiles(doubts));
        }
        let names: Vec<_> = taken.iter().map(|(name, _)| name.clone()).collect();
        let names = names.join(", ");
        taken.retain(|(name, content)| !is_there(&home, name, content));
        if taken.is_empty() {
            return Ok(format!("Nothing was changed: {names} is as it is already"));
        }
        let note = Note {
            kind: ChangeKind::Files,
            keys: taken.iter().map(|(name, _)| name.clone()).collect(),
        };
        let backup = put(&taken, None, &note, &locked, self.clock.now())?;
        tracing::warn!(
            target: "audit", event = event::CONSOLE_FILES_CHANGED, files = names,
            "the console changed files"
        );
        let mut text = format!("Saved as {names}");
        let mut add = |words: String| text = format!("{text} ({words})");
        if let Some(backup) = backup {
            add(format!("what was replaced is in {}", backup.display()));
        }
        for doubt in doubts {
            add(doubt.to_string());
        }
        if sent.authorities.is_some() && texts_count(&effective) {
            add("the CAs of CA_CERT count no more: the file wins, so take that key out".to_owned());
        }
        let off = not_read(sent, &effective);
        if !off.is_empty() {
            add(format!("not read while {} is off", off.join(" and ")));
        }
        Ok(text)
    }

    fn looked_at(
        &self,
        sent: &SentFiles,
        home: &Home,
        effective: &Effective,
    ) -> Result<LookedAt, ChangeError> {
        let now = self.clock.now();
        let (mut looked, mut faults) = (LookedAt::default(), Vec::new());
        let mut note = |result: Result<(Placed, Vec<FileDoubt>), FileFault>| match result {
            Ok((file, doubts)) => {
                looked.placed.push(file);
                looked.doubts.extend(doubts);
            }
            Err(fault) => faults.push(fault),
        };
        if let Some(keytab) = &sent.keytab {
            note(self.sent_keytab(keytab, home, effective));
        }
        let new = sent.authorities.as_ref();
        let new = new.map(|content| GivenAuthorities::read(content));
        if let Some(read) = &new {
            let path = effective.value(&keys::CLIENT_CA_FILE);
            let path = path.unwrap_or_else(|| home::CLIENT_CA.to_owned());
            note(match read {
                Ok(authorities) => {
                    let mut doubts = FileDoubt::of_ended(authorities, now);
                    doubts.extend(unused_texts(authorities, effective));
                    let name = place(home, keys::CLIENT_CA_FILE.name, &path);
                    name.map(|name| ((name, authorities.to_pem()), doubts))
                }
                Err(fault) => Err(FileFault::Authorities(fault.clone())),
            });
        }
        if let Some(content) = &sent.revocation_list {
            match new {
                // Said already; a list cannot be looked at without its CAs.
                Some(Err(_)) => {}
                Some(Ok(authorities)) => {
                    note(list(content, &authorities, home, effective, now));
                }
                None => note(
                    authorities_in_use(home, effective)
                        .and_then(|authorities| list(content, &authorities, home, effective, now)),
                ),
            }
        }
        if faults.is_empty() {
            Ok(looked)
        } else {
            Err(ChangeError::Files(faults))
        }
    }

    fn sent_keytab(
        &self,
        content: &[u8],
        home: &Home,
        effective: &Effective,
    ) -> Result<(Placed, Vec<FileDoubt>), FileFault> {
        let keytab = Keytab::parse(content)?;
        let current = self.current.load();
        let host = current.config.federation.server_url.host_str();
        let host = host.unwrap_or_default();
        let service = format!("HTTP/{host}@");
        let Some(version) = version_of(&keytab, &service) else {
            return Err(FileFault::OtherService {
                host: host.to_owned(),
                has: keytab
                    .principals()
                    .into_iter()
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        };
        let path = effective.value(&keys::KERBEROS_KEYTAB);
        let path = path.unwrap_or_else(|| home::KEYTAB.to_owned());
        let name = place(home, keys::KERBEROS_KEYTAB.name, &path)?;
        let before = Keytab::read(&home.path(&name)).ok();
        let used = before.and_then(|before| version_of(&before, &service));
        let older = used.filter(|used| version < *used);
        let doubt = older.map(|used| FileDoubt::OlderKeys {
            host: host.to_owned(),
            sent: version,
            used,
        });
        let placed = (name, content.to_vec());
        Ok((placed, doubt.into_iter().collect()))
    }
}

/// The newest version of this service's keys.
fn version_of(keytab: &Keytab, service: &str) -> Option<u32> {
    let ours = keytab.entries.iter().filter(|entry| {
        let begins = entry.principal.get(..service.len());
        begins.is_some_and(|begins| begins.eq_ignore_ascii_case(service))
    });
    ours.map(|entry| entry.kvno).max()
}

/// The switches that keep what was sent from being read.
fn not_read(sent: &SentFiles, effective: &Effective) -> Vec<&'static str> {
    let certificates = sent.authorities.is_some() || sent.revocation_list.is_some();
    [
        (sent.keytab.is_some(), &keys::KERBEROS_AUTH),
        (certificates, &keys::CLIENT_CERT_AUTH),
    ]
    .into_iter()
    .filter(|(sent, key)| *sent && !effective.value(*key))
    .map(|(_, key)| key.name)
    .collect()
}

/// Whether the CAs are those of CA_CERT: a file wins over it.
fn texts_count(effective: &Effective) -> bool {
    effective.value(&keys::CLIENT_CA_FILE).is_none() && !effective.value(&keys::CA_CERT).is_empty()
}

/// The CAs of CA_CERT that are not in the file which takes their place.
fn unused_texts(new: &GivenAuthorities, effective: &Effective) -> Option<FileDoubt> {
    if !texts_count(effective) {
        return None;
    }
    let texts = effective.value(&keys::CA_CERT).join("\n");
    let missing = GivenAuthorities::read(texts.as_bytes())
        .ok()?
        .missing_in(new);
    (!missing.is_empty()).then(|| FileDoubt::UnusedTexts(missing.join("; ")))
}

fn authorities_in_use(home: &Home, effective: &Effective) -> Result<GivenAuthorities, FileFault> {
    let given = effective.value(&keys::CLIENT_CA_FILE);
    let path = home.path(given.as_deref().unwrap_or(home::CLIENT_CA));
    let content = match read_file(&path, Most::ORDINARY) {
        Ok(content) => content,
        Err(error) if given.is_none() && error.kind() == io::ErrorKind::NotFound => {
            effective.value(&keys::CA_CERT).join("\n").into_bytes()
        }
        Err(error) => return Err(FileFault::Unread(path, error)),
    };
    if content.is_empty() {
        return Err(FileFault::NoAuthorities);
    }
    GivenAuthorities::read(&content).map_err(FileFault::AuthoritiesInUse)
}
