//! What a leaf certificate says: until when, for which names, and the hash that Kerberos tokens are
//! bound to.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest;
use rustls::CertificateError;
use x509_parser::{
    der_parser::Oid,
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
    signature_algorithm::SignatureAlgorithm,
    x509::AlgorithmIdentifier,
};

use super::ChannelBinding;

/// The facts of a leaf certificate.
#[derive(Debug, Clone)]
pub struct LeafFacts {
    pub subject: String,
    pub not_before: SystemTime,
    pub not_after: SystemTime,
    /// Names of the extension subjectAltName, in lower case; `*.` is a wildcard. The subject's common
    /// name does not count: browsers have ignored it for years.
    pub dns_names: Vec<String>,
    pub addresses: Vec<IpAddr>,
    pub channel_binding: Option<ChannelBinding>,
    /// Of its DER.
    pub sha256: [u8; 32],
}

impl LeafFacts {
    /// Reads the facts.
    ///
    /// # Errors
    /// When the bytes are not a certificate in DER.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|_| CertificateError::BadEncoding)?;
        let mut dns_names = Vec::new();
        let mut addresses = Vec::new();
        if let Ok(Some(names)) = certificate.subject_alternative_name() {
            for name in &names.value.general_names {
                match name {
                    GeneralName::DNSName(name) => dns_names.push(name.to_ascii_lowercase()),
                    GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
                    _ => {}
                }
            }
        }
        Ok(Self {
            subject: certificate.subject().to_string(),
            not_before: instant(certificate.validity().not_before.timestamp()),
            not_after: instant(certificate.validity().not_after.timestamp()),
            dns_names,
            addresses,
            channel_binding: end_point_hash(&certificate.signature_algorithm, der)
                .map(|hash| ChannelBinding::end_point(hash.as_ref())),
            sha256: sha256(der),
        })
    }

    /// Whether a browser accepts the certificate for `host`: a name, or an address with or without
    /// brackets (RFC 6125, section 6.4: a wildcard is one whole label, the first).
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = literal.parse::<IpAddr>() {
            return self.addresses.contains(&address);
        }
        self.dns_names.iter().any(|name| {
            name == &host
                || name.strip_prefix("*.").is_some_and(|parent| {
                    host.split_once('.')
                        .is_some_and(|(first, rest)| !first.is_empty() && rest == parent)
                })
        })
    }

    /// What an administrator should know at `now`, for the host of `SERVER_URL`; nothing when all is
    /// well. A certificate with these faults is served all the same: browsers say the rest.
    #[must_use]
    pub fn warnings(&self, host: Option<&str>, now: SystemTime) -> Vec<String> {
        const SOON: Duration = Duration::from_hours(14 * 24);
        let mut warnings = Vec::new();
        if now > self.not_after {
            warnings
                .push("the TLS certificate has expired: browsers refuse it; renew it".to_owned());
        } else if now + SOON > self.not_after {
            warnings.push("the TLS certificate expires within 14 days: renew it".to_owned());
        }
        if now < self.not_before {
            warnings.push(
                "the TLS certificate is not valid yet: check this machine's clock, or wait"
                    .to_owned(),
            );
        }
        if let Some(host) = host
            && !self.covers(host)
        {
            warnings.push(format!(
                "the TLS certificate does not cover {host}, the host of SERVER_URL, only [{}]: \
                 browsers refuse it; get one with that name in subjectAltName",
                self.dns_names.join(", ")
            ));
        }
        warnings
    }

    /// The end in seconds since 1970, for the metric.
    #[must_use]
    pub fn expiry_seconds(&self) -> f64 {
        self.not_after
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64())
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// Times before 1970 do not occur in certificates that anyone uses; they become 1970.
fn instant(unix: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(unix).unwrap_or(0))
}

impl ChannelBinding {
    /// Of a certificate, DER; `None` when it cannot be read, or none is defined for its signature.
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Option<Self> {
        LeafFacts::parse(der).ok()?.channel_binding
    }
}

fn sha256(der: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    bytes
}

/// RFC 5929, section 4.1: the hash of the signature, or SHA-256 in place of MD5 and SHA-1; undefined
/// when the signature has no single hash function.
fn end_point_hash(signature: &AlgorithmIdentifier<'_>, der: &[u8]) -> Option<digest::Digest> {
    let algorithm = if let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = signature.try_into() {
        of_hash(parameters.hash_algorithm_oid())
    } else {
        of_signature(&signature.algorithm)
    }?;
    Some(digest::digest(algorithm, der))
}

fn of_signature(oid: &Oid<'_>) -> Option<&'static digest::Algorithm> {
    Some(match oid.to_id_string().as_str() {
        // RSA with MD5, SHA-1, SHA-256; ECDSA and DSA with SHA-1, SHA-256.
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.1"
        | "1.2.840.10045.4.3.2"
        | "1.2.840.10040.4.3"
        | "2.16.840.1.101.3.4.3.2" => &digest::SHA256,
        "1.2.840.113549.1.1.14" | "1.2.840.10045.4.3.1" => &digest::SHA224,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &digest::SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => &digest::SHA512,
        _ => return None,
    })
}

fn of_hash(oid: &Oid<'_>) -> Option<&'static digest::Algorithm> {
    Some(match oid.to_id_string().as_str() {
        // MD5, SHA-1, SHA-256.
        "1.2.840.113549.2.5" | "1.3.14.3.2.26" | "2.16.840.1.101.3.4.2.1" => &digest::SHA256,
        "2.16.840.1.101.3.4.2.4" => &digest::SHA224,
        "2.16.840.1.101.3.4.2.2" => &digest::SHA384,
        "2.16.840.1.101.3.4.2.3" => &digest::SHA512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm as Signature};

    use super::*;

    fn certificate(names: &[&str], algorithm: &'static Signature) -> Vec<u8> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        params.self_signed(&key).expect("signs").der().to_vec()
    }

    fn facts(names: &[&str]) -> LeafFacts {
        LeafFacts::parse(&certificate(names, &rcgen::PKCS_ECDSA_P256_SHA256)).expect("parses")
    }

    #[test]
    fn names_addresses_and_wildcards_are_covered_as_browsers_do() {
        let facts = facts(&["Login.Corp.Example", "*.apps.corp.example", "192.0.2.7"]);
        for covered in [
            "login.corp.example",
            "LOGIN.corp.example.",
            "a.apps.corp.example",
            "192.0.2.7",
        ] {
            assert!(facts.covers(covered), "{covered}");
        }
        for foreign in [
            "corp.example",
            "apps.corp.example",
            "a.b.apps.corp.example",
            ".apps.corp.example",
            "192.0.2.8",
            "[2001:db8::1]",
        ] {
            assert!(!facts.covers(foreign), "{foreign}");
        }
    }

    #[test]
    fn warnings_tell_expiry_early_start_and_a_name_that_is_not_covered() {
        let facts = facts(&["login.corp.example"]);
        let start = facts.not_before;
        let day = Duration::from_hours(24);
        let host = Some("login.corp.example");
        assert_eq!(
            facts.warnings(host, start + 100 * day),
            Vec::<String>::new()
        );
        assert!(facts.warnings(host, start + 360 * day)[0].contains("within 14 days"));
        assert!(facts.warnings(host, start + 400 * day)[0].contains("has expired"));
        assert!(facts.warnings(host, start - day)[0].contains("not valid yet"));
        let other = facts.warnings(Some("sso.corp.example"), start + 100 * day);
        assert!(
            other[0].contains("does not cover sso.corp.example"),
            "{other:?}"
        );
        // 2027-01-01T00:00:00Z
        assert!((facts.expiry_seconds() - 1_798_761_600.0).abs() < 0.5);
    }

    #[test]
    fn the_end_point_hash_follows_the_signature() {
        let cases: [(&'static Signature, Option<&'static digest::Algorithm>); 4] = [
            (&rcgen::PKCS_ECDSA_P256_SHA256, Some(&digest::SHA256)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, Some(&digest::SHA384)),
            (&rcgen::PKCS_RSA_SHA512, Some(&digest::SHA512)),
            (&rcgen::PKCS_ED25519, None),
        ];
        for (signature, hash) in cases {
            let der = certificate(&["a.example"], signature);
            let expected = hash.map(|hash| {
                let mut bytes = b"tls-server-end-point:".to_vec();
                bytes.extend_from_slice(digest::digest(hash, &der).as_ref());
                bytes
            });
            let facts = LeafFacts::parse(&der).expect("parses");
            let found = facts.channel_binding.map(|b| b.as_bytes().to_vec());
            assert_eq!(found, expected, "{signature:?}");
        }
    }

    #[test]
    fn md5_and_sha1_signatures_are_bound_by_sha256() {
        for oid in [
            "1.2.840.113549.1.1.4",
            "1.2.840.113549.1.1.5",
            "1.2.840.10045.4.1",
        ] {
            let parts: Vec<u64> = oid
                .split('.')
                .map(|p| p.parse().expect("a number"))
                .collect();
            let oid = Oid::from(&parts).expect("an OID");
            assert_eq!(of_signature(&oid), Some(&digest::SHA256));
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_are_an_error() {
        assert!(LeafFacts::parse(b"\x30\x03\x02\x01\x01").is_err());
    }
}
