//! Keys of client certificates: whose they may be, which are revoked, and how one names its user.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Logins by client certificate (`CLIENT_CERT_AUTH`).
#[derive(Debug, Clone)]
pub struct ClientCertConfig {
    pub authorities: AuthoritySource,
    pub revocation: RevocationConfig,
    /// `CLIENT_CERT_MAP`: in order; never empty.
    pub map: Vec<CertificateName>,
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

#[derive(Debug, Clone)]
pub enum RevocationFiles {
    Listed(Vec<PathBuf>),
    /// Every `*.pem` in it, whenever they are read.
    Folder(PathBuf),
}

/// A way in which a certificate names its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateName {
    /// The user principal name in the subject alternative name → userPrincipalName.
    Upn,
    /// The security identifier that AD's certificate services put in → objectSid.
    Sid,
    /// Issuer and serial number → altSecurityIdentities.
    IssuerSerial,
    /// The subject key identifier → altSecurityIdentities.
    Ski,
    /// The hash of the public key → altSecurityIdentities.
    Sha1,
    /// The mail address in the subject alternative name → mail.
    Email,
    /// The subject → the entry of that DN.
    Dn,
    /// The subject's common name → `LDAP_USER_BY_NAME`, as the incumbent does.
    Cn,
}

impl CertificateName {
    pub const ALL: [Self; 8] = [
        Self::Upn,
        Self::Sid,
        Self::IssuerSerial,
        Self::Ski,
        Self::Sha1,
        Self::Email,
        Self::Dn,
        Self::Cn,
    ];

    /// As `CLIENT_CERT_MAP` writes it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Upn => "upn",
            Self::Sid => "sid",
            Self::IssuerSerial => "issuer-serial",
            Self::Ski => "ski",
            Self::Sha1 => "sha1",
            Self::Email => "email",
            Self::Dn => "dn",
            Self::Cn => "cn",
        }
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl ClientCertConfig {
    /// The files that it is made of, as they are now, and the folder in which more may come.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let authorities = match &self.authorities {
            AuthoritySource::File(path) => Some(path.clone()),
            AuthoritySource::Text(_) => None,
        };
        let revocation = &self.revocation.files;
        let folder = match revocation {
            RevocationFiles::Listed(_) => None,
            RevocationFiles::Folder(folder) => Some(folder.clone()),
        };
        authorities
            .into_iter()
            .chain(folder)
            .chain(revocation.paths())
            .collect()
    }
}

impl RevocationFiles {
    /// The files, in order. A folder that is not there has none.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        match self {
            Self::Listed(files) => files.clone(),
            Self::Folder(folder) => pem_files(folder),
        }
    }
}

fn pem_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "pem"))
        .collect();
    files.sort();
    files
}
