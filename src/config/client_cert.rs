//! Keys of client certificates: whose they may be, which are revoked, and how one names its user.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    choices::{CertificateBinding, CertificateName},
    home::{Home, folder_of},
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

/// Paths of files; `certs/crl/*.pem` stands for all such files of that folder, whenever they are read.
#[derive(Debug, Clone, Default)]
pub struct RevocationFiles(Vec<PathBuf>);

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
    /// The files, in order. A folder that is not there has none.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        let given = self.0.iter();
        let files = given.flat_map(|path| match folder_of(path) {
            Some((folder, extension)) => files_of(folder, extension),
            None => vec![path.clone()],
        });
        files.collect()
    }
}

fn files_of(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == extension))
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
