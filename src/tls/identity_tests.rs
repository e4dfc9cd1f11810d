//! Tests of loading: every form of key, the PKCS#12 files of Windows, and what is wrong with bad ones.

use std::{fs, path::PathBuf};

use p12_keystore::{
    EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, RsaKeySize};
use secrecy::SecretString;
use tempfile::TempDir;
use x509_parser::der_parser::der::parse_der;

use super::*;

/// A leaf of an authority of its own.
struct Made {
    authority: Vec<u8>,
    leaf: Vec<u8>,
    leaf_pem: String,
    key: KeyPair,
}

fn make(key: KeyPair) -> Made {
    let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "an authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
        .expect("an authority");
    let mut params = CertificateParams::new(vec!["login.corp.example".to_owned()]).expect("a name");
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "login.corp.example");
    let leaf = params.signed_by(&key, &authority).expect("a leaf");
    Made {
        authority: authority.der().to_vec(),
        leaf: leaf.der().to_vec(),
        leaf_pem: leaf.pem(),
        key,
    }
}

fn ecdsa() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key")
}

fn rsa() -> KeyPair {
    KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key")
}

/// The algorithm's own form of a key (PKCS#1 or SEC1): the octet string inside PKCS#8.
fn inner(key: &KeyPair) -> Vec<u8> {
    let (_, parsed) = parse_der(key.serialized_der()).expect("PKCS#8 is DER");
    parsed.as_sequence().expect("a sequence")[2]
        .as_slice()
        .expect("an octet string")
        .to_vec()
}

fn armour(label: &str, der: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).expect("writes");
    path
}

fn load_pem(chain: &str, key: &str) -> Result<Identity, TlsError> {
    let folder = TempDir::new().expect("a folder");
    Identity::load(&TlsMaterial::Pem {
        chain: write(&folder, "tls.pem", chain),
        key: write(&folder, "tls.key", key),
    })
}

fn load_pfx(archive: Vec<u8>, password: &str) -> Result<Identity, TlsError> {
    Identity::load(&TlsMaterial::Pkcs12 {
        archive: archive.into(),
        password: SecretString::from(password.to_owned()),
    })
}

fn pfx(made: &Made, algorithm: EncryptionAlgorithm, password: &str) -> Vec<u8> {
    let certificate = |der: &[u8]| Certificate::from_der(der).expect("a certificate");
    let chain = PrivateKeyChain::new(
        "1",
        PrivateKey::from_der(made.key.serialized_der()).expect("a key"),
        [certificate(&made.leaf), certificate(&made.authority)],
    );
    let mut store = KeyStore::new();
    store.add_entry("login", KeyStoreEntry::PrivateKeyChain(chain));
    store
        .writer(password)
        .encryption_algorithm(algorithm)
        .encryption_iterations(2000)
        .mac_algorithm(MacAlgorithm::HmacSha1)
        .mac_iterations(2000)
        .write()
        .expect("a PKCS#12 file")
}

#[test]
fn pem_keys_of_every_form_are_read() {
    let (ecdsa, rsa) = (make(ecdsa()), make(rsa()));
    for (made, key) in [
        (&ecdsa, ecdsa.key.serialize_pem()),
        (&ecdsa, armour("EC PRIVATE KEY", &inner(&ecdsa.key))),
        (&rsa, rsa.key.serialize_pem()),
        (&rsa, armour("RSA PRIVATE KEY", &inner(&rsa.key))),
    ] {
        let identity = load_pem(&made.leaf_pem, &key).expect("loads");
        assert!(identity.leaf.covers("login.corp.example"));
        assert_eq!(identity.certified.cert[0].as_ref(), made.leaf);
    }
}

#[test]
fn pkcs12_files_of_old_and_new_windows_are_read_leaf_first_and_without_the_root() {
    let made = make(rsa());
    for algorithm in [
        EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc,
        EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
    ] {
        for password in ["Passw0rd!23", "pässwörd", ""] {
            let archive = pfx(&made, algorithm, password);
            let identity = load_pfx(archive, password).expect("loads");
            let chain: Vec<&[u8]> = identity.certified.cert.iter().map(AsRef::as_ref).collect();
            assert_eq!(chain, [made.leaf.as_slice()], "{algorithm:?} {password:?}");
        }
    }
}

#[test]
fn a_wrong_password_is_told_without_showing_it() {
    let made = make(ecdsa());
    let archive = pfx(
        &made,
        EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        "right",
    );
    let error = load_pfx(archive, "wr0ng-one").expect_err("refused");
    assert!(matches!(error, TlsError::PfxPassword), "{error:?}");
    assert!(error.to_string().contains("SSL_KEY_PASSWORD"), "{error}");
    assert!(!format!("{error:?} {error}").contains("wr0ng-one"));
}

#[test]
fn bytes_that_are_no_pkcs12_file_are_told() {
    let error = load_pfx(b"not a file".to_vec(), "").expect_err("refused");
    assert!(matches!(error, TlsError::Pfx { .. }), "{error:?}");
}

#[test]
fn a_key_of_another_certificate_is_refused_with_both_files() {
    let (one, other) = (make(ecdsa()), make(ecdsa()));
    let error = load_pem(&one.leaf_pem, &other.key.serialize_pem()).expect_err("refused");
    assert!(matches!(error, TlsError::Mismatch { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("tls.pem") && text.contains("tls.key"),
        "{text}"
    );
}

#[test]
fn files_that_miss_something_say_what() {
    let made = make(ecdsa());
    let key = made.key.serialize_pem();
    let encrypted = armour("ENCRYPTED PRIVATE KEY", b"1234");
    assert!(matches!(
        load_pem("", &key),
        Err(TlsError::NoCertificate { .. })
    ));
    assert!(matches!(
        load_pem(&made.leaf_pem, ""),
        Err(TlsError::NoKey { .. })
    ));
    assert!(matches!(
        load_pem(&made.leaf_pem, &encrypted),
        Err(TlsError::EncryptedKey { .. })
    ));
    let broken = key.replace("-----END", "-----ENT");
    let error = load_pem(&made.leaf_pem, &broken).expect_err("refused");
    assert!(matches!(error, TlsError::Pem { .. }), "{error:?}");
    let body = key.lines().nth(1).expect("a line of base64");
    assert!(
        !format!("{error:?} {error}").contains(body),
        "shows the key"
    );
    let missing = Identity::load(&TlsMaterial::Pem {
        chain: PathBuf::from("certs/none.pem"),
        key: PathBuf::from("certs/none.key"),
    });
    let text = missing.expect_err("refused").to_string();
    assert!(text.contains("certs/none.pem"), "{text}");
}
