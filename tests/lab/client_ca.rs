//! A CA for client certificates, as a test wants them: good, bad and odd.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{
    BasicConstraints, Certificate as Made, CertificateParams, CertificateRevocationListParams,
    CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, OtherNameValue, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};
use tempfile::TempDir;

use super::run_with_input;

const UPN: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
const SID: [u64; 9] = [1, 3, 6, 1, 4, 1, 311, 25, 2];

/// A CA with its key.
pub struct ClientCa {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
    next: AtomicU64,
}

/// A certificate with its key, in files.
#[derive(Debug)]
pub struct Certificate {
    folder: TempDir,
    pub serial: u64,
    pub der: Vec<u8>,
}

impl Certificate {
    pub fn chain(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}

impl ClientCa {
    /// `CN=<name>,DC=corp,DC=example`, most significant part first in the encoding, as AD's.
    pub fn new(name: &str) -> Self {
        Self::changed(name, |_| {})
    }

    /// The same, and what the closure makes of it.
    pub fn changed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        let mut subject = DistinguishedName::new();
        let component = DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 25]);
        subject.push(component, "corp");
        subject.push(DnType::CommonName, name);
        params.distinguished_name = subject;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        change(&mut params);
        let made = params.self_signed(&key).expect("a certificate");
        Self {
            pem: made.pem(),
            issuer: Issuer::new(params, key),
            next: AtomicU64::new(0x1200_0000_00ac_0001),
        }
    }

    /// A certificate for clients with this common name, and what the closure makes of it.
    pub fn issue(&self, cn: &str, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let serial = self.next.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, cn);
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.key_identifier_method = KeyIdMethod::PreSpecified(serial.to_be_bytes().to_vec());
        params.is_ca = IsCa::ExplicitNoCa;
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, &self.issuer).expect("a certificate");
        Certificate::store(&made, &key, serial)
    }

    /// A certificate for this subject (`/DC=example/DC=corp/CN=alice`), by openssl: parts of one type
    /// may be in it more than once.
    pub fn issue_subject(&self, subject: &str) -> Certificate {
        self.issue_with(subject, "extendedKeyUsage = clientAuth\n")
    }

    /// The same with extensions as openssl's configuration writes them.
    pub fn issue_with(&self, subject: &str, extensions: &str) -> Certificate {
        let stored = Certificate {
            folder: TempDir::new().expect("a folder"),
            serial: self.next.fetch_add(1, Ordering::Relaxed),
            der: Vec::new(),
        };
        let file = |name: &str| stored.folder.path().join(name);
        std::fs::write(file("ca.pem"), &self.pem).expect("written");
        std::fs::write(file("ca.key"), self.issuer.key().serialize_pem()).expect("written");
        std::fs::write(file("extensions"), extensions).expect("written");
        let openssl = |arguments: &[&str]| {
            let mut command = Command::new("openssl");
            command.current_dir(stored.folder.path()).args(arguments);
            run_with_input(&mut command, "");
        };
        openssl(&[
            "req", "-newkey", "rsa:2048", "-noenc", "-subj", subject, "-keyout", "key.pem", "-out",
            "request",
        ]);
        let serial = format!("0x{:x}", stored.serial);
        openssl(&[
            "x509",
            "-req",
            "-in",
            "request",
            "-days",
            "2",
            "-set_serial",
            &serial,
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-extfile",
            "extensions",
            "-out",
            "cert.pem",
        ]);
        stored
    }

    /// A revocation list with these serial numbers.
    pub fn revocation_list(&self, serials: &[u64], expired: bool) -> String {
        let year = if expired { 2021 } else { 2040 };
        self.numbered_list(1, [2020, year], serials)
    }

    /// The same with this number, of the first day of one year until that of another.
    pub fn numbered_list(&self, number: u64, years: [i32; 2], serials: &[u64]) -> String {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let [this_update, next_update] = years.map(|year| date_time_ymd(year, 1, 1));
        CertificateRevocationListParams {
            this_update,
            next_update,
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        }
        .signed_by(&self.issuer)
        .expect("a list")
        .pem()
        .expect("PEM")
    }
}

impl Certificate {
    fn store(made: &Made, key: &KeyPair, serial: u64) -> Self {
        let stored = Self {
            folder: TempDir::new().expect("a folder"),
            serial,
            der: made.der().to_vec(),
        };
        std::fs::write(stored.chain(), made.pem()).expect("written");
        std::fs::write(stored.key(), key.serialize_pem()).expect("written");
        stored
    }

    /// One that signs itself.
    pub fn self_signed(cn: &str, upn: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, cn);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        add_upn(&mut params, upn);
        Self::store(&params.self_signed(&key).expect("one"), &key, 0)
    }
}

/// The user principal name, as AD's certificate services write it.
pub fn add_upn(params: &mut CertificateParams, upn: &str) {
    let name = (UPN.to_vec(), OtherNameValue::Utf8String(upn.to_owned()));
    params.subject_alt_names.push(SanType::OtherName(name));
}

/// The security identifier, likewise.
pub fn add_sid(params: &mut CertificateParams, sid: &str) {
    let wrap = |tag: u8, content: &[u8]| {
        let mut bytes = vec![tag, u8::try_from(content.len()).expect("short")];
        bytes.extend_from_slice(content);
        bytes
    };
    let oid = wrap(6, &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x19, 2, 1]);
    let value = wrap(0xa0, &wrap(4, sid.as_bytes()));
    let content = wrap(0x30, &wrap(0xa0, &[oid, value].concat()));
    let extension = CustomExtension::from_oid_content(&SID, content);
    params.custom_extensions.push(extension);
}
