//! Why what a configuration names cannot be loaded.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use tokio::task::JoinError;

use crate::{
    authenticate::{KerberosError, KeytabError, TrustError},
    cause,
    config::{Declared, Given, Mistake, Place, Problem, keys},
    installation::GenerateError,
    profile::ScriptError,
    tls::{NoTicketKey, TlsError},
    token::{SigningKeyError, TenantKeyError},
};

/// One thing that the configuration names and that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(
        "there is no signing key and certificate yet (certs/cert.key, certs/cert.pem): the first \
         `ad-edge serve` makes them, or copy both from another instance"
    )]
    NoSigningKey,
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    #[error(transparent)]
    SessionTickets(#[from] NoTicketKey),
    #[error(
        "{} cannot be read ({}): correct SSL_CA_FILE or SSL_CA_PATH",
        file.display(),
        cause::io(source)
    )]
    Roots { file: PathBuf, source: io::Error },
    #[error(
        "{} no CA certificate in PEM, and the directory is reached by TLS: correct SSL_CA_FILE or SSL_CA_PATH. \
         A certificate in DER becomes one in PEM by openssl x509 -inform der -in FILE -out ca.pem",
        hold(.0)
    )]
    NoRoots(Vec<PathBuf>),
    #[error("TLS to other servers cannot be set up: {}", cause::tls(.0))]
    OutgoingTls(#[from] rustls::Error),
    #[error(transparent)]
    ClientAuthorities(#[from] TrustError),
    #[error(transparent)]
    ServerCertificate(#[from] TlsError),
    #[error(transparent)]
    Keytab(#[from] KerberosError),
    #[error(transparent)]
    TenantKey(#[from] TenantKeyError),
    #[error(transparent)]
    Mapper(#[from] ScriptError),
    #[error("reading the files was interrupted by a fault of the program: please report it")]
    Interrupted(#[from] JoinError),
}

/// `ca.pem holds`, `a.pem and b.pem hold`.
fn hold(files: &[PathBuf]) -> String {
    let names: Vec<_> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let holds = if names.len() == 1 { "holds" } else { "hold" };
    format!("{} {holds}", names.join(" and "))
}

/// What the configuration names cannot be used: everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
pub struct Unusable(pub Vec<LoadError>);

impl LoadError {
    /// A file that the configuration names and that this host lacks, as a mistake of the key that names
    /// it; `None` when something else is wrong.
    #[must_use]
    pub fn missing_file(&self) -> Option<Mistake> {
        let (key, path, cause) = self.unread()?;
        let absent = matches!(
            cause.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        );
        absent.then(|| Mistake {
            place: Place::Key(key),
            given: Some(Given::File(path.to_owned())),
            problem: Problem::NotHere,
        })
    }

    /// Whether this user may not read a file, and that is all.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        let unread = self.unread();
        unread.is_some_and(|(_, _, cause)| cause.kind() == io::ErrorKind::PermissionDenied)
    }

    /// A file that cannot be read, the key that names it, and why.
    fn unread(&self) -> Option<(&'static dyn Declared, &Path, &io::Error)> {
        Some(match self {
            Self::Roots { file, source } => (&keys::SSL_CA_FILE, file.as_path(), source),
            Self::ServerCertificate(TlsError::Read { file, cause }) => {
                (&keys::TLS_CERT_FILE, file.as_path(), cause)
            }
            Self::ClientAuthorities(TrustError::Read { file, cause }) => {
                (&keys::CLIENT_CA_FILE, Path::new(file), cause)
            }
            Self::Keytab(KerberosError::Keytab {
                path,
                source: KeytabError::Read(cause),
            }) => (&keys::KERBEROS_KEYTAB, path.as_path(), cause),
            Self::Mapper(ScriptError::Read(path, cause)) => {
                (&keys::PROFILE_MAPPER_FILE, Path::new(path), cause)
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration names what cannot be used:")?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_here_is_told_from_one_that_cannot_be_used() {
        let read = |kind: io::ErrorKind| {
            LoadError::from(TlsError::Read {
                file: "certs/tls.pem".into(),
                cause: kind.into(),
            })
        };
        let missing = read(io::ErrorKind::NotFound).missing_file();
        let missing = missing.expect("it is missing");
        assert!(missing.place.is(&keys::TLS_CERT_FILE));
        assert_eq!(missing.file(), Some(Path::new("certs/tls.pem")));
        for other in [
            read(io::ErrorKind::PermissionDenied),
            TlsError::PfxPassword.into(),
            LoadError::NoSigningKey,
            ScriptError::NoFunction.into(),
        ] {
            assert!(other.missing_file().is_none(), "{other}");
        }
        assert!(read(io::ErrorKind::PermissionDenied).is_denied());
        assert!(!read(io::ErrorKind::NotFound).is_denied() && !LoadError::NoSigningKey.is_denied());
        let mapper = ScriptError::Read("lib/m.js".into(), io::ErrorKind::NotFound.into());
        let mapper = LoadError::from(mapper).missing_file().expect("missing");
        assert!(mapper.place.is(&keys::PROFILE_MAPPER_FILE));
    }
}
