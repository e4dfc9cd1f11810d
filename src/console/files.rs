//! Files that the console takes: keytab, CAs of client certificates, a revocation list. All are looked at before
//! any is replaced.

use std::{fs, io, path::Path};

use super::{
    error::ChangeError,
    program::Program,
    sent_files::{FileFault, SentFiles},
};
use crate::{
    authenticate::{GivenAuthorities, GivenList, Keytab},
    cause,
    config::{Effective, Home, home, keys},
    installation::{ChangeKind, Locked, Note, is_there, place_of, put, recover_locked},
    telemetry::event,
};

type Placed = (String, Vec<u8>);

impl Program {
    pub(super) fn take_files(&self, sent: &SentFiles) -> Result<String, ChangeError> {
        self.may_write()?;
        let _one = self.settings.writing();
        let (home, effective) = (self.settings.home(), self.effective());
        let locked = Locked::take(&home)?;
        recover_locked(&home, &locked)?;
        let mut taken = self.looked_at(sent, &home, &effective)?;
        if taken.is_empty() {
            return Err(ChangeError::NoFile);
        }
        let mut off = Vec::new();
        if sent.keytab.is_some() && !effective.value(&keys::KERBEROS_AUTH) {
            off.push(keys::KERBEROS_AUTH.name);
        }
        let certificates = sent.authorities.is_some() || sent.revocation_list.is_some();
        if certificates && !effective.value(&keys::CLIENT_CERT_AUTH) {
            off.push(keys::CLIENT_CERT_AUTH.name);
        }
        let names: Vec<_> = taken.iter().map(|(name, _)| name.clone()).collect();
        taken.retain(|(name, content)| !is_there(&home, name, content));
        let note = Note::of(ChangeKind::Files);
        let backup = put(&taken, None, &note, &home, &locked, self.clock.now())?;
        let names = names.join(", ");
        tracing::warn!(
            target: "audit", event = event::CONSOLE_FILES_CHANGED, files = names,
            "the console changed files"
        );
        let mut text = format!("Saved as {names}");
        if let Some(backup) = backup {
            text = format!("{text} (what was replaced is in {})", backup.display());
        }
        if !off.is_empty() {
            text = format!("{text} (not read while {} is off)", off.join(" and "));
        }
        Ok(text)
    }

    fn looked_at(
        &self,
        sent: &SentFiles,
        home: &Home,
        effective: &Effective,
    ) -> Result<Vec<Placed>, ChangeError> {
        let (mut placed, mut faults) = (Vec::new(), Vec::new());
        let mut note = |result: Result<Placed, FileFault>| match result {
            Ok(file) => placed.push(file),
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
                Ok(authorities) => place(home, keys::CLIENT_CA_FILE.name, &path)
                    .map(|name| (name, authorities.to_pem())),
                Err(fault) => Err(FileFault::Authorities(fault.clone())),
            });
        }
        if let Some(content) = &sent.revocation_list {
            match new {
                // Said already; a list cannot be looked at without its CAs.
                Some(Err(_)) => {}
                Some(Ok(authorities)) => {
                    note(list(content, &authorities, home, effective));
                }
                None => note(
                    authorities_in_use(home, effective)
                        .and_then(|authorities| list(content, &authorities, home, effective)),
                ),
            }
        }
        if faults.is_empty() {
            Ok(placed)
        } else {
            Err(ChangeError::Files(faults))
        }
    }

    fn sent_keytab(
        &self,
        content: &[u8],
        home: &Home,
        effective: &Effective,
    ) -> Result<Placed, FileFault> {
        let keytab = Keytab::parse(content)?;
        let current = self.current.load();
        let host = current.config.federation.server_url.host_str();
        let host = host.unwrap_or_default();
        let service = format!("HTTP/{host}@");
        let principals = keytab.principals();
        let named = principals.iter().any(|principal| {
            let begins = principal.get(..service.len());
            begins.is_some_and(|begins| begins.eq_ignore_ascii_case(&service))
        });
        if !named {
            return Err(FileFault::OtherService {
                host: host.to_owned(),
                has: principals.into_iter().collect::<Vec<_>>().join(", "),
            });
        }
        let path = effective.value(&keys::KERBEROS_KEYTAB);
        let path = path.unwrap_or_else(|| home::KEYTAB.to_owned());
        let name = place(home, keys::KERBEROS_KEYTAB.name, &path)?;
        Ok((name, content.to_vec()))
    }
}

fn place(home: &Home, key: &'static str, path: &str) -> Result<String, FileFault> {
    place_of(home, path).ok_or_else(|| FileFault::Elsewhere {
        key,
        path: path.to_owned(),
    })
}

fn authorities_in_use(home: &Home, effective: &Effective) -> Result<GivenAuthorities, FileFault> {
    let given = effective.value(&keys::CLIENT_CA_FILE);
    let path = home.path(given.as_deref().unwrap_or(home::CLIENT_CA));
    let content = match fs::read(&path) {
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

/// A list takes the place of the one of the same CA: two of one CA would count by chance.
fn list(
    content: &[u8],
    authorities: &GivenAuthorities,
    home: &Home,
    effective: &Effective,
) -> Result<Placed, FileFault> {
    let list = GivenList::read(content).map_err(FileFault::List)?;
    list.check(authorities).map_err(FileFault::List)?;
    let mut given = effective.value(&keys::CLIENT_CRL_FILES);
    if given.is_empty() {
        given.push(home::REVOCATION_LISTS.to_owned());
    }
    let key = keys::CLIENT_CRL_FILES.name;
    for path in given.iter().flat_map(|path| files_of(home, path)) {
        let before = fs::read(home.path(&path)).ok();
        let before = before.and_then(|content| GivenList::read(&content).ok());
        if before.is_some_and(|before| before.has_same_issuer(&list)) {
            return Ok((place(home, key, &path)?, list.to_pem()));
        }
    }
    let mut folders = given.iter().filter_map(|p| home::folder_of(Path::new(p)));
    let Some((folder, extension)) = folders.next() else {
        return Err(FileFault::NoPlace(list.issuer));
    };
    let stem = stem(&list.issuer);
    let mut path = folder.join(format!("{stem}.{extension}"));
    let mut count = 1;
    while home.path(&path).exists() {
        count += 1;
        path = folder.join(format!("{stem}-{count}.{extension}"));
    }
    let name = place(home, key, &path.to_string_lossy())?;
    Ok((name, list.to_pem()))
}

fn files_of(home: &Home, given: &str) -> Vec<String> {
    let Some((folder, extension)) = home::folder_of(Path::new(given)) else {
        return vec![given.to_owned()];
    };
    let found = fs::read_dir(home.path(folder)).into_iter().flatten();
    let paths = found.filter_map(|entry| Some(folder.join(entry.ok()?.file_name())));
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == extension));
    paths.map(|p| p.to_string_lossy().into_owned()).collect()
}

/// A file's name of a CA's.
fn stem(issuer: &str) -> String {
    let common = issuer.split("CN=").nth(1).unwrap_or(issuer);
    let common = common.split(',').next().unwrap_or(common);
    let plain = common.chars().filter(|c| !cause::is_unseen(*c)).take(60);
    let plain = plain.map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    });
    let plain: String = plain.collect();
    match plain.trim_matches('-') {
        "" => "list".to_owned(),
        plain => plain.to_owned(),
    }
}
