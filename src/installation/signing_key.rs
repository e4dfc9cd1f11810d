//! The signing key and certificate of a new installation: RSA-2048, self-signed, as the legacy connector
//! makes them.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};

use super::file::{NEW_FOLDER, made_home, write_new};
use crate::{
    cause,
    config::{
        Home, SigningPem,
        home::{SIGNING_CERTIFICATE, SIGNING_KEY},
    },
    files::Found,
    secret::SecretString,
};

/// Relying parties know the certificate by its thumbprint and do not look at its end; it is far away
/// so that those that do are not surprised.
const LIFETIME: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Why no signing key and certificate could be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    #[error("no signing key can be generated: {0}")]
    Generate(#[from] rcgen::Error),
    #[error(
        "there is no signing key and certificate, and {} cannot be written ({}): make the folder writable for \
         the first start, or copy certs/cert.pem and certs/cert.key from another instance",
        path.display(), cause::io(source)
    )]
    Write { path: PathBuf, source: io::Error },
}

/// Makes `certs/cert.pem` and `certs/cert.key`, the key readable for this user only. An existing
/// file is never overwritten.
///
/// # Errors
/// When they cannot be made or written.
pub fn generate_signing_key(
    home: &Home,
    connection: &str,
    domain: &str,
    now: SystemTime,
) -> Result<SigningPem, GenerateError> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in [
        (DnType::CommonName, connection),
        (DnType::OrganizationalUnitName, domain),
        (DnType::OrganizationName, "auth0/ad-ldap-connector"),
    ] {
        params.distinguished_name.push(kind, value);
    }
    params.not_before = now.into();
    params.not_after = (now + LIFETIME).into();
    let certificate = params.self_signed(&key)?.pem();
    let key = key.serialize_pem();
    let (key_file, certificate_file) = (home.signing_key(), home.signing_certificate());
    let failed = |path: &Path, source| GenerateError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = made_home(home).map_err(|error| failed(&key_file, error))?;
    let looked = folder
        .make("certs", NEW_FOLDER)
        .and_then(|certs| certs.find("cert.pem"));
    match looked {
        Ok(Found::Nothing) => {}
        Ok(_) => {
            return Err(failed(
                &certificate_file,
                io::ErrorKind::AlreadyExists.into(),
            ));
        }
        Err(error) => return Err(failed(&key_file, error)),
    }
    // The key first: a certificate without its key would look like a damaged installation.
    write_new(&folder, SIGNING_KEY, key.as_bytes(), 0o600).map_err(|e| failed(&key_file, e))?;
    if let Err(source) = write_new(&folder, SIGNING_CERTIFICATE, certificate.as_bytes(), 0o644) {
        // A key without its certificate would keep the next attempt from making both.
        let _ = folder.remove_file(SIGNING_KEY);
        return Err(failed(&certificate_file, source));
    }
    Ok(SigningPem {
        certificate,
        key: SecretString::from(key),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use x509_parser::{parse_x509_certificate, pem::parse_x509_pem};

    use super::*;

    #[test]
    fn the_certificate_names_the_connection_and_its_key_is_private() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_467_124);
        let made = generate_signing_key(&home, "corp", "corp.example", now).expect("made");
        let (_, pem) = parse_x509_pem(made.certificate.as_bytes()).expect("PEM");
        let (_, certificate) = parse_x509_certificate(&pem.contents).expect("a certificate");
        assert_eq!(
            certificate.subject().to_string(),
            "CN=corp, OU=corp.example, O=auth0/ad-ldap-connector"
        );
        let access = fs::metadata(home.signing_key())
            .expect("written")
            .permissions()
            .mode();
        assert_eq!(access & 0o777, 0o600);
        let key = certificate.public_key().parsed().expect("a public key");
        assert_eq!(key.key_size(), 2048);
        // What is there is never overwritten.
        let before = fs::read(home.signing_key()).expect("read");
        assert!(generate_signing_key(&home, "corp", "corp.example", now).is_err());
        assert_eq!(fs::read(home.signing_key()).expect("read"), before);
    }

    #[test]
    fn a_key_without_its_certificate_is_never_left() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        // A link to nowhere: a reader finds no file, and a writer cannot write one.
        fs::create_dir(home.path("certs")).expect("a folder");
        std::os::unix::fs::symlink("/nowhere/at/all", home.signing_certificate()).expect("a link");
        let error = generate_signing_key(&home, "corp", "corp.example", SystemTime::UNIX_EPOCH);
        let error = error.expect_err("refused").to_string();
        assert!(error.contains("cert.pem"), "{error}");
        assert!(!home.signing_key().exists());
    }
}
