//! Keys of client certificates: whose they may be, which are revoked, and how one names its user.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use super::{home::Home, reader::Reader};

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

pub(super) fn client_cert(
    home: &Home,
    files: Option<&Home>,
    r: &mut Reader,
) -> Option<ClientCertConfig> {
    let on = r.flag("CLIENT_CERT_AUTH", false);
    let required = r.flag("CLIENT_CRL_REQUIRED", false);
    let listed = r.list("CLIENT_CRL_FILES");
    let map = map(r);
    let hosts = r.list("CLIENT_CERT_HOSTS");
    let header = r.parsed(
        "CLIENT_CERT_HEADER",
        "x-ssl-client-cert".to_owned(),
        |text| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (!text.is_empty() && text.bytes().all(plain)).then(|| text.to_lowercase())
        },
        "is not the name of a header",
        "Write X-SSL-Client-Cert, or X-Forwarded-Client-Cert for Envoy",
    );
    let authorities = authorities(home, files, r);
    if !on {
        return None;
    }
    let Some(authorities) = authorities else {
        r.missing(
            "CLIENT_CA_FILE",
            "Logins by client certificate need the CA that issues them: put it at \
             certs/client-ca.pem (PEM), or set CLIENT_CA_FILE or CA_CERT",
        );
        return None;
    };
    let listed = listed
        .iter()
        .map(|file| home.path(file))
        .collect::<Vec<_>>();
    Some(ClientCertConfig {
        authorities,
        revocation: RevocationConfig {
            files: if listed.is_empty() {
                RevocationFiles::Folder(home.path("certs/crl"))
            } else {
                RevocationFiles::Listed(listed)
            },
            required,
        },
        map,
        header,
        hosts: hosts.iter().map(|host| host.to_lowercase()).collect(),
    })
}

fn authorities(home: &Home, files: Option<&Home>, r: &mut Reader) -> Option<AuthoritySource> {
    if let Some(file) = r.text("CLIENT_CA_FILE") {
        return Some(AuthoritySource::File(home.path(file)));
    }
    let default = files.map(|home| home.path("certs/client-ca.pem"));
    if let Some(file) = default.filter(|file| file.exists()) {
        return Some(AuthoritySource::File(file));
    }
    let texts = r.list("CA_CERT");
    (!texts.is_empty()).then_some(AuthoritySource::Text(texts))
}

fn map(r: &mut Reader) -> Vec<CertificateName> {
    let mut map = Vec::new();
    for text in r.list("CLIENT_CERT_MAP") {
        let name = CertificateName::ALL
            .into_iter()
            .find(|name| name.key() == text);
        match name {
            Some(name) if !map.contains(&name) => map.push(name),
            Some(_) => {}
            None => r.wrong(
                "CLIENT_CERT_MAP",
                format!("{text:?} is no way in which a certificate names its user"),
                format!(
                    "Write some of {}",
                    CertificateName::ALL.map(CertificateName::key).join(", ")
                ),
            ),
        }
    }
    if map.is_empty() {
        map = vec![
            CertificateName::Upn,
            CertificateName::Sid,
            CertificateName::Cn,
        ];
    }
    map
}
