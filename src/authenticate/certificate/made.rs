//! CAs and revocation lists as tests want them, and as no one tool writes them all.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber, SigningKey as _,
};

use super::{Certificates, TrustError};
use crate::config::{
    AuthoritySource, CertificateBinding, CertificateName, ClientCertConfig, RevocationConfig,
    RevocationFiles,
};

/// ecdsa-with-SHA256.
pub(super) const ALGORITHM: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
/// The same with SHA-1.
pub(super) const SHA1: &[u8] = b"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01";
pub(super) const DELTA: &[u8] = b"\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\x01";
pub(super) const INDIRECT: &[u8] =
    b"\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x84\x01\xff";
pub(super) const USERS_ONLY: &[u8] =
    b"\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x81\x01\xff";
pub(super) const UNKNOWN: &[u8] = b"\x30\x0d\x06\x03\x55\x1d\x63\x01\x01\xff\x04\x03\x02\x01\x01";

pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut der = vec![tag];
    match content.len() {
        short @ 0..0x80 => der.push(u8::try_from(short).expect("short")),
        long => {
            der.push(0x82);
            der.extend(u16::try_from(long).expect("short").to_be_bytes());
        }
    }
    der.extend(content);
    der
}

/// Trusts the CAs in a text, by these revocation lists; or why it cannot.
pub(super) fn trusting(
    authorities: String,
    revocation: RevocationConfig,
) -> Result<Certificates, TrustError> {
    Certificates::load(&ClientCertConfig {
        authorities: AuthoritySource::Text(vec![authorities]),
        revocation,
        map: vec![CertificateName::Cn],
        binding: CertificateBinding::Compatible,
        header: String::new(),
        hosts: Vec::new(),
    })
}

pub(super) fn no_lists() -> RevocationConfig {
    RevocationConfig {
        files: RevocationFiles::default(),
        required: false,
    }
}

pub(super) struct Ca {
    pub issuer: Issuer<'static, KeyPair>,
    pub der: Vec<u8>,
    pub name: Vec<u8>,
    pub key_id: Vec<u8>,
}

impl Ca {
    pub fn new(name: &str) -> Self {
        Self::changed(name, |_| {})
    }

    pub fn changed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        change(&mut params);
        let made = params.self_signed(&key).expect("a certificate");
        let (_, read) = x509_parser::parse_x509_certificate(made.der()).expect("read");
        Self {
            name: read.subject().as_raw().to_vec(),
            key_id: params.key_identifier(&key),
            der: made.der().to_vec(),
            issuer: Issuer::new(params, key),
        }
    }

    pub fn issue(&self, serial: u64, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        self.issue_with_key(serial, change).0
    }

    pub fn issue_with_key(
        &self,
        serial: u64,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (Vec<u8>, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "somebody");
        params.serial_number = Some(SerialNumber::from(serial));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, &self.issuer).expect("one");
        (made.der().to_vec(), Issuer::new(params, key))
    }

    pub fn list(&self) -> List<'_> {
        List {
            ca: self,
            number: Some(1),
            years: (20, 40),
            revoked: Vec::new(),
            extensions: Vec::new(),
            with_key_id: true,
            algorithm: ALGORITHM,
        }
    }
}

/// One as no tool writes them all.
#[derive(Clone)]
pub(super) struct List<'a> {
    pub ca: &'a Ca,
    pub number: Option<u8>,
    pub years: (u8, u8),
    pub revoked: Vec<Vec<u8>>,
    pub extensions: Vec<&'static [u8]>,
    pub with_key_id: bool,
    pub algorithm: &'static [u8],
}

impl List<'_> {
    pub fn revoking(mut self, serial: u8) -> Self {
        self.revoked.push([&[2, 1, serial][..], &utc(20)].concat());
        self
    }

    pub fn number(mut self, number: u8, years: (u8, u8)) -> Self {
        (self.number, self.years) = (Some(number), years);
        self
    }

    pub fn with(mut self, extension: &'static [u8]) -> Self {
        self.extensions.push(extension);
        self
    }

    pub fn without_key_id(mut self) -> Self {
        self.with_key_id = false;
        self
    }

    /// Version 1 has no extensions.
    pub fn of_version_1(mut self) -> Self {
        self.number = None;
        self.without_key_id()
    }

    pub fn der(&self) -> Vec<u8> {
        let mut extensions = self.extensions.concat();
        if let Some(number) = self.number {
            let value = tlv(4, &[&[2, 1, number]]);
            extensions.extend(tlv(0x30, &[&[6, 3, 0x55, 0x1d, 20], &value]));
        }
        if self.with_key_id {
            let value = tlv(4, &[&tlv(0x30, &[&tlv(0x80, &[&self.ca.key_id])])]);
            extensions.extend(tlv(0x30, &[&[6, 3, 0x55, 0x1d, 35], &value]));
        }
        let is_1 = extensions.is_empty();
        let version: &[u8] = if is_1 { &[] } else { &[2, 1, 1] };
        let revoked: Vec<_> = self.revoked.iter().map(|one| tlv(0x30, &[one])).collect();
        let revoked = match revoked.concat() {
            none if none.is_empty() => none,
            some => tlv(0x30, &[&some]),
        };
        let extensions = if is_1 {
            Vec::new()
        } else {
            tlv(0xa0, &[&tlv(0x30, &[&extensions])])
        };
        let (from, until) = (utc(self.years.0), utc(self.years.1));
        let name = &self.ca.name;
        let content = tlv(
            0x30,
            &[
                version,
                self.algorithm,
                name,
                &from,
                &until,
                &revoked,
                &extensions,
            ],
        );
        let signature = self.ca.issuer.key().sign(&content).expect("signs");
        let signature = tlv(3, &[&[0], &signature]);
        tlv(0x30, &[&content, self.algorithm, &signature])
    }
}

/// The first day of a year.
pub(super) fn utc(year: u8) -> Vec<u8> {
    tlv(0x17, &[format!("{year:02}0101000000Z").as_bytes()])
}
