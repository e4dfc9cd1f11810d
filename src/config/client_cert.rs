//! Keys of client certificates: whose they may be, which are revoked, and how one names its user.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use super::{
    choices::{CertificateBinding, CertificateName},
    home::{Home, ends_with, folder_of},
    keys,
    problem::Missing,
    reader::Reader,
};

/// Logins by client certificate (`CLIENT_CERT_AUTH`).
#[derive(Debug, Clone)]
pub struct ClientCertConfig {
    pub authorities: AuthoritySource,
    pub revocation: RevocationConfig,
    /// `CLIENT_CERT_MAP`: in order; never empty.
    pub map: Vec<CertificateName>,
    /// `CLIENT_CERT_BINDING`.
    pub binding: CertificateBinding,
    /// `CLIENT_CERT_HEADER`: where a balancer that ends TLS passes the certificate on. One name, since
    /// a balancer removes what clients send under that name only.
    pub header: String,
    /// `CLIENT_CERT_HOSTS`: the host names (SNI) for which a certificate is asked, in lower case;
    /// empty: every one.
    pub hosts: Vec<String>,
}

/// The issuers of client certificates.
#[derive(Debug, Clone)]
pub enum AuthoritySource {
    /// `CLIENT_CA_FILE`: PEM.
    File(PathBuf),
    /// `CA_CERT`: PEM texts.
    Text(Vec<String>),
}

/// The revocation lists.
#[derive(Debug, Clone)]
pub struct RevocationConfig {
    /// `CLIENT_CRL_FILES`.
    pub files: RevocationFiles,
    /// `CLIENT_CRL_REQUIRED`: an issuer without a list, or with one that has expired, is not enough.
    pub required: bool,
}

/// Paths of files; `certs/crl/*` stands for all files of that folder, whenever they are read, and `certs/crl/*.pem` for
/// those whose names end so.
#[derive(Debug, Clone, Default)]
pub struct RevocationFiles(Vec<PathBuf>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationFile {
    pub path: PathBuf,
    /// By its own name, and not as one of a folder.
    pub is_given: bool,
}

impl ClientCertConfig {
    /// The files that it is made of, as they are now, and the folders in which more may come.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let authorities = match &self.authorities {
            AuthoritySource::File(path) => Some(path.clone()),
            AuthoritySource::Text(_) => None,
        };
        let revocation = &self.revocation.files;
        let given = revocation.0.iter();
        let folders = given.filter_map(|path| Some(folder_of(path)?.0.to_owned()));
        authorities
            .into_iter()
            .chain(folders)
            .chain(revocation.paths())
            .collect()
    }
}

impl RevocationFiles {
    #[cfg(test)]
    pub fn of(paths: Vec<PathBuf>) -> Self {
        Self(paths)
    }

    /// The files, in order. A folder that is not there has none.
    #[must_use]
    pub fn found(&self) -> Vec<RevocationFile> {
        let given = self.0.iter();
        let files = given.flat_map(|path| match folder_of(path) {
            Some((folder, ending)) => {
                let files = files_of(folder).into_iter();
                let files = files.filter(|path| ends_with(path, ending) && !path.is_dir());
                let found = |path| RevocationFile {
                    path,
                    is_given: false,
                };
                files.map(found).collect()
            }
            None => vec![RevocationFile {
                path: path.clone(),
                is_given: true,
            }],
        });
        files.collect()
    }

    /// Their paths.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.found().into_iter().map(|file| file.path).collect()
    }

    /// What else is in their folders.
    #[must_use]
    pub fn passed_over(&self) -> Vec<PathBuf> {
        let used = self.paths();
        let folders = self.0.iter().filter_map(|path| Some(folder_of(path)?.0));
        let folders: BTreeSet<_> = folders.collect();
        let all = folders.into_iter().flat_map(files_of);
        all.filter(|path| !used.contains(path)).collect()
    }
}

/// What is in a folder, beside the links by which Kubernetes changes its files.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().map(OsStr::as_encoded_bytes);
            name.is_some_and(|name| !name.starts_with(b".."))
        })
        .collect();
    files.sort();
    files
}

pub(super) fn client_cert(home: &Home, r: &mut Reader) -> Option<ClientCertConfig> {
    let on = r.read(&keys::CLIENT_CERT_AUTH);
    let required = r.read(&keys::CLIENT_CRL_REQUIRED);
    let lists = r.read_or_usual(&keys::CLIENT_CRL_FILES);
    let map = r.read(&keys::CLIENT_CERT_MAP);
    let binding = r.read(&keys::CLIENT_CERT_BINDING);
    let hosts = r.read(&keys::CLIENT_CERT_HOSTS);
    let header = r.read(&keys::CLIENT_CERT_HEADER);
    let authorities = authorities(home, r);
    if !on {
        return None;
    }
    let Some(authorities) = authorities else {
        r.missing(&keys::CLIENT_CA_FILE, Missing::ClientAuthorities);
        return None;
    };
    let lists = lists.iter().map(|file| home.path(file)).collect();
    Some(ClientCertConfig {
        authorities,
        revocation: RevocationConfig {
            files: RevocationFiles(lists),
            required,
        },
        map,
        binding,
        header,
        hosts: hosts.iter().map(|host| host.to_lowercase()).collect(),
    })
}

fn authorities(home: &Home, r: &mut Reader) -> Option<AuthoritySource> {
    let file = r.read_or_usual(&keys::CLIENT_CA_FILE);
    let texts = r.read(&keys::CA_CERT);
    match file {
        Some(file) => Some(AuthoritySource::File(home.path(file))),
        None => (!texts.is_empty()).then_some(AuthoritySource::Text(texts)),
    }
}
