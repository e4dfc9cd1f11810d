//! The bind password at rest: `LDAP_BIND_CREDENTIALS`, encrypted with the signing key's PEM file.
//!
//! Two formats, both the AD/LDAP Connector's: `$2$.<salt>.<iv>.<cipher>` (scrypt, AES-256-CBC) and a bare
//! hexadecimal text (OpenSSL's EVP_BytesToKey with MD5, one round, no salt; read only).

use aws_lc_rs::{
    cipher::{
        AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
        PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    iv::FixedLength,
    rand,
};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use crate::secret::{ExposeSecret as _, SecretString};

/// Why a stored password cannot be read.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum CredentialsError {
    #[error("is not in a known format")]
    Format,
    #[error("does not open with this installation's certs/cert.key")]
    WrongKey,
}

/// Decrypts a stored bind password; `key_file` is the raw content of `cert.key`, whose last line end
/// may have got lost on the way through an environment variable.
///
/// Takes about 30 ms for the scrypt format, three times that when it does not open.
pub(super) fn decrypt(stored: &str, key_file: &[u8]) -> Result<SecretString, CredentialsError> {
    let opened = decrypt_with(stored, key_file);
    if opened.as_ref().err() != Some(&CredentialsError::WrongKey) || key_file.ends_with(b"\n") {
        return opened;
    }
    for end in ["\n", "\r\n"] {
        let key_file = Zeroizing::new([key_file, end.as_bytes()].concat());
        if let Ok(password) = decrypt_with(stored, &key_file) {
            return Ok(password);
        }
    }
    opened
}

/// Whether a stored bind password opens with this `cert.key`.
///
/// # Errors
/// Why not, to be read after the name of the key.
pub fn opens(stored: &str, key_file: &[u8]) -> Result<(), CredentialsError> {
    decrypt(stored, key_file).map(drop)
}

fn decrypt_with(stored: &str, key_file: &[u8]) -> Result<SecretString, CredentialsError> {
    let (key, iv, cipher) = match stored.strip_prefix("$2$.") {
        Some(rest) => {
            let mut parts = rest.split('.').map(hex::decode);
            let mut next = || parts.next()?.ok();
            let (Some(salt), Some(iv), Some(cipher)) = (next(), next(), next()) else {
                return Err(CredentialsError::Format);
            };
            (scrypt_key(key_file, &salt)?, iv, cipher)
        }
        None => {
            let cipher = hex::decode(stored).map_err(|_| CredentialsError::Format)?;
            let (key, iv) = evp_bytes_to_key(key_file);
            (key, iv, cipher)
        }
    };
    let iv = <[u8; 16]>::try_from(iv).map_err(|_| CredentialsError::Format)?;
    let mut cipher = Zeroizing::new(cipher);
    let plain = UnboundCipherKey::new(&AES_256, &key)
        .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
        .and_then(|key| key.decrypt(&mut cipher, DecryptionContext::Iv128(FixedLength::from(iv))))
        .map_err(|_| CredentialsError::WrongKey)?;
    std::str::from_utf8(plain)
        .map(|text| SecretString::from(text.to_owned()))
        .map_err(|_| CredentialsError::WrongKey)
}

/// Encrypts a bind password in the newer of the two formats.
///
/// # Errors
/// When the system gives no random numbers.
pub fn encrypt(password: &SecretString, key_file: &[u8]) -> Result<String, NoRandomness> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    rand::fill(&mut salt)?;
    rand::fill(&mut iv)?;
    let key = scrypt_key(key_file, &salt).map_err(|_| NoRandomness)?;
    let mut text = password.expose_secret().as_bytes().to_vec();
    UnboundCipherKey::new(&AES_256, &key)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .and_then(|key| {
            key.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(iv)))
        })?;
    Ok(format!(
        "$2$.{}.{}.{}",
        hex::encode(salt),
        hex::encode(iv),
        hex::encode(text)
    ))
}

/// The system gives no random numbers, so nothing can be encrypted.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers, so the bind password cannot be encrypted")]
pub struct NoRandomness;

impl From<aws_lc_rs::error::Unspecified> for NoRandomness {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

fn scrypt_key(password: &[u8], salt: &[u8]) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
    // N = 2^14, r = 8, p = 1: Node's defaults.
    let params = scrypt::Params::new(14, 8, 1).map_err(|_| CredentialsError::Format)?;
    let mut key = Zeroizing::new(vec![0; 32]);
    scrypt::scrypt(password, salt, &params, &mut key).map_err(|_| CredentialsError::Format)?;
    Ok(key)
}

/// OpenSSL's EVP_BytesToKey with MD5, one round and no salt: 32 bytes of key, 16 of IV.
fn evp_bytes_to_key(password: &[u8]) -> (Zeroizing<Vec<u8>>, Vec<u8>) {
    let mut derived = Zeroizing::new(Vec::with_capacity(48));
    let mut block = Vec::new();
    while derived.len() < 48 {
        block = Md5::new()
            .chain_update(&block)
            .chain_update(password)
            .finalize()
            .to_vec();
        derived.extend_from_slice(&block);
    }
    (
        Zeroizing::new(derived[..32].to_vec()),
        derived[32..48].to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with Node's crypto: scryptSync, createCipheriv and EVP_BytesToKey over the text KEY_FILE.
    const KEY_FILE: &[u8] = b"-----BEGIN PRIVATE KEY-----\nnot a key, only its bytes count\n";
    const SCRYPT: &str = "$2$.07070707070707070707070707070707.09090909090909090909090909090909.fb4298eea673839ac90452cc57d1d586";
    const LEGACY: &str = "c3e0aa9704cadb0a527fb29be0f2e2c7";

    #[test]
    fn both_formats_open() {
        for stored in [SCRYPT, LEGACY] {
            let plain = decrypt(stored, KEY_FILE).expect("opens");
            assert_eq!(plain.expose_secret(), "Pässw0rd!23 ");
        }
    }

    #[test]
    fn what_is_encrypted_opens_again_and_never_looks_the_same() {
        let password = SecretString::from("Pässw0rd!23 ".to_owned());
        let [one, two] = [(); 2].map(|()| encrypt(&password, KEY_FILE).expect("encrypts"));
        assert_ne!(one, two);
        let opened = decrypt(&one, KEY_FILE).expect("opens");
        assert_eq!(opened.expose_secret(), password.expose_secret());
    }

    #[test]
    fn a_key_that_lost_its_last_line_end_opens_too() {
        let cut = KEY_FILE.strip_suffix(b"\n").expect("an end");
        for stored in [SCRYPT, LEGACY] {
            let plain = decrypt(stored, cut).expect("opens");
            assert_eq!(plain.expose_secret(), "Pässw0rd!23 ");
        }
        let windows = [cut, b"\r\n"].concat();
        let password = SecretString::from("x".to_owned());
        let stored = encrypt(&password, &windows).expect("encrypts");
        assert!(opens(&stored, cut).is_ok());
        assert!(opens(&stored, b"another key").is_err());
    }

    #[test]
    fn another_key_or_a_broken_text_is_refused() {
        for stored in [SCRYPT, LEGACY] {
            assert!(decrypt(stored, b"another key").is_err());
        }
        for broken in ["$2$.00", "$2$.zz.zz.zz", "not hex", "$2$.00.00.00"] {
            assert_eq!(
                decrypt(broken, KEY_FILE).err(),
                Some(CredentialsError::Format),
                "{broken}"
            );
        }
    }
}
