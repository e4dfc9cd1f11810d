//! Keys of TLS: the certificate for SERVER_URL.

use std::path::{Path, PathBuf};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::SecretSlice;
use zeroize::Zeroizing;

use super::{
    home::Home,
    keys,
    problem::{Concern, Missing, Problem},
    reader::Reader,
    source::Origin,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// Where the certificate and key of SERVER_URL come from.
#[derive(Debug, Clone)]
pub enum TlsMaterial {
    /// `TLS_CERT_FILE` and `TLS_KEY_FILE`: PEM, the chain with the leaf first.
    Pem { chain: PathBuf, key: PathBuf },
    /// `SSL_PFX`, a PKCS#12 file (decoded from base64), and `SSL_KEY_PASSWORD`. Holds the private
    /// key, so both are secrets.
    Pkcs12 {
        archive: secrecy::SecretSlice<u8>,
        password: SecretString,
    },
}

impl TlsMaterial {
    /// The files that it comes from; none for `SSL_PFX`.
    #[must_use]
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::Pem { chain, key } => vec![chain, key],
            Self::Pkcs12 { .. } => Vec::new(),
        }
    }
}

/// What the keys of the certificate say.
pub(super) struct TlsKeys {
    files: (Option<String>, Option<String>),
    /// The chain of the home folder, when it is there.
    usual: Option<String>,
    archive: Option<SecretString>,
    password: SecretString,
}

impl TlsKeys {
    pub fn read(r: &mut Reader) -> Self {
        Self {
            files: (r.read(&keys::TLS_CERT_FILE), r.read(&keys::TLS_KEY_FILE)),
            usual: r.values().usual_value(&keys::TLS_CERT_FILE),
            archive: r.read(&keys::SSL_PFX),
            password: r.read(&keys::SSL_KEY_PASSWORD).unwrap_or_default(),
        }
    }
}

/// As long as the keys that are made of it.
const TICKET_SECRET: usize = 32;

/// `TLS_TICKET_SECRET`.
pub(super) fn ticket_secret(r: &mut Reader) -> Option<SecretString> {
    let secret = r.read(&keys::TLS_TICKET_SECRET)?;
    if secret.expose_secret().trim().len() < TICKET_SECRET {
        r.wrong(&keys::TLS_TICKET_SECRET, Problem::ShortTicketSecret);
        return None;
    }
    if r.values().in_force(&keys::TLS_TICKET_SECRET).origin == Origin::ConfigJson {
        r.warn(&keys::TLS_TICKET_SECRET, Concern::InEveryBackup);
    }
    Some(secret)
}

/// The certificate for SERVER_URL, where there is one.
pub(super) fn tls(home: &Home, given: TlsKeys, r: &mut Reader) -> Option<TlsMaterial> {
    let TlsKeys {
        files: given,
        usual,
        archive,
        password,
    } = given;
    match given {
        (Some(chain), Some(key)) => {
            let (chain, key) = (home.path(chain), home.path(key));
            return Some(TlsMaterial::Pem { chain, key });
        }
        (Some(_), None) => r.missing(&keys::TLS_KEY_FILE, Missing::TlsKey),
        (None, Some(_)) => r.missing(&keys::TLS_CERT_FILE, Missing::TlsChain),
        (None, None) => {
            if let Some(chain) = usual.map(|chain| home.path(chain)) {
                let key = home.path(keys::TLS_KEY_FILE.kind.usual);
                return Some(TlsMaterial::Pem { chain, key });
            }
        }
    }
    let archive = archive?;
    match decoded(archive.expose_secret()) {
        Ok(bytes) => Some(TlsMaterial::Pkcs12 {
            archive: SecretSlice::from(bytes),
            password,
        }),
        Err(_) => {
            r.wrong(&keys::SSL_PFX, Problem::NotBase64);
            None
        }
    }
}

/// Base64 as Node.js reads it for the AD/LDAP Connector: with or without its end, in lines, of either alphabet
/// (RFC 4648, sections 4 and 5).
fn decoded(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let characters = text.chars().filter(|c| !c.is_whitespace());
    let standard = characters.map(|c| match c {
        '-' => '+',
        '_' => '/',
        other => other,
    });
    let compact = Zeroizing::new(standard.collect::<String>());
    LENIENT.decode(&*compact)
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn base64_is_read_as_the_legacy_connector_reads_it() {
        let bytes = [0xfb, 0xff, 0xbf, 0x01];
        for text in ["+/+/AQ==", "+/+/AQ", "-_-_AQ", " +/+/\r\nAQ==\n"] {
            assert_eq!(decoded(text).as_deref(), Ok(&bytes[..]), "{text}");
        }
        assert!(decoded("no base64!").is_err());
    }
}
