//! What a certificate says about its user.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_parser::{
    asn1_rs::{Error, OctetString, TaggedExplicit, Utf8String},
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension, SubjectAlternativeName},
    prelude::FromDer as _,
    x509::X509Name,
};

use super::refusal::CertificateRefusal;

/// `szOID_NT_PRINCIPAL_NAME`: a user principal name as an otherName.
const PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";
/// `szOID_NTDS_CA_SECURITY_EXT`.
const SECURITY: &str = "1.3.6.1.4.1.311.25.2";
/// `szOID_NTDS_OBJECTSID`: a SID as an otherName.
const OBJECT_SID: &str = "1.3.6.1.4.1.311.25.2.1";

/// All names of one certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateNames {
    /// RFC 4514, most specific part first, as directories write DNs.
    pub subject: String,
    pub upn: Option<String>,
    pub sid: Option<String>,
    pub email: Option<String>,
    pub cn: Option<String>,
    /// In the order of the encoding, as altSecurityIdentities wants it.
    pub(super) issuer: String,
    /// The serial number's bytes in reverse, hexadecimal; also without the zero that DER puts in front
    /// of a high first bit, if there is one, since tools differ.
    pub(super) serials: Vec<String>,
    /// Hexadecimal.
    pub(super) ski: Option<String>,
    /// SHA-1 of what different tools call the public key, and of the certificate, hexadecimal.
    pub(super) sha1: Vec<String>,
}

impl CertificateNames {
    /// Reads a certificate (RFC 5280).
    pub(super) fn read(leaf: &[u8]) -> Result<Self, CertificateRefusal> {
        let unreadable = CertificateRefusal::Unreadable;
        let (rest, certificate) =
            X509Certificate::from_der(leaf).map_err(|_| unreadable("it is malformed"))?;
        if !rest.is_empty() {
            return Err(unreadable("something follows it"));
        }
        let key = certificate.public_key();
        let sha1 = |bytes: &[u8]| hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes));
        let reversed = |bytes: &[u8]| hex::encode(bytes.iter().rev().copied().collect::<Vec<_>>());
        let serial = certificate.raw_serial();
        let serials = [Some(serial), serial.strip_prefix(&[0])];
        let mut names = Self {
            subject: text(certificate.subject(), Order::Reversed)
                .ok_or_else(|| unreadable("its subject is no text"))?,
            cn: certificate
                .subject()
                .iter_common_name()
                .last()
                .and_then(|cn| Some(cn.as_str().ok()?.to_owned())),
            issuer: text(certificate.issuer(), Order::AsEncoded).unwrap_or_default(),
            serials: serials.into_iter().flatten().map(reversed).collect(),
            sha1: vec![
                sha1(&key.subject_public_key.data),
                sha1(key.raw),
                sha1(leaf),
            ],
            ..Self::default()
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(alternative) => {
                    for name in &alternative.general_names {
                        names.add(name);
                    }
                }
                ParsedExtension::SubjectKeyIdentifier(id) => names.ski = Some(hex::encode(id.0)),
                _ if extension.oid.to_id_string() == SECURITY => {
                    names.sid = sid(extension.value);
                    if names.sid.is_none() {
                        return Err(unreadable("its security extension holds no SID"));
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }

    fn add(&mut self, name: &GeneralName<'_>) {
        match name {
            GeneralName::OtherName(oid, value) if oid.to_id_string() == PRINCIPAL_NAME => {
                self.upn = self.upn.take().or_else(|| upn(value));
            }
            GeneralName::RFC822Name(address) => {
                self.email.get_or_insert_with(|| (*address).to_owned());
            }
            _ => {}
        }
    }
}

/// The user principal name in an otherName's value: `[0] { UTF8String }`.
fn upn(value: &[u8]) -> Option<String> {
    let (_, text) = TaggedExplicit::<Utf8String<'_>, Error, 0>::from_der(value).ok()?;
    Some(text.into_inner().string())
}

/// The SID in the extension of AD's certificate services ([MS-WCCE], section 2.2.2.7.7.4): an otherName
/// among the general names, `[0] { OCTET STRING }`, the SID as text.
fn sid(value: &[u8]) -> Option<String> {
    let (_, names) = SubjectAlternativeName::from_der(value).ok()?;
    let value = names.general_names.iter().find_map(|name| match name {
        GeneralName::OtherName(oid, value) => (oid.to_id_string() == OBJECT_SID).then_some(*value),
        _ => None,
    })?;
    let (_, text) = TaggedExplicit::<OctetString<'_>, Error, 0>::from_der(value).ok()?;
    let text = String::from_utf8(text.into_inner().into_cow().into_owned()).ok()?;
    let rest = text.strip_prefix("S-1-")?;
    let plain = rest
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    plain.then_some(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsEncoded,
    Reversed,
}

/// A name as text (RFC 4514); `None` when a part is not text.
fn text(name: &X509Name<'_>, order: Order) -> Option<String> {
    let mut parts = Vec::new();
    for rdn in name.iter() {
        let mut part = String::new();
        for attribute in rdn.iter() {
            if !part.is_empty() {
                part.push('+');
            }
            let value = attribute.as_str().ok()?;
            part.push_str(&keyword(&attribute.attr_type().to_id_string()));
            part.push('=');
            escape_into(&mut part, value);
        }
        parts.push(part);
    }
    if order == Order::Reversed {
        parts.reverse();
    }
    Some(parts.join(","))
}

/// The short name of an attribute type, or its number.
fn keyword(oid: &str) -> String {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => other,
    }
    .to_owned()
}

/// RFC 4514, section 2.4.
fn escape_into(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let at_edge =
            index == 0 && matches!(character, ' ' | '#') || index == last && character == ' ';
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => {
                text.push('\\');
                text.push(character);
            }
            '\0' => text.push_str("\\00"),
            _ if at_edge => {
                text.push('\\');
                text.push(character);
            }
            control if control.is_control() => {
                let mut buffer = [0; 4];
                for byte in control.encode_utf8(&mut buffer).bytes() {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "\\{byte:02X}");
                }
            }
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a Windows CA writes it.
    fn sid_extension(sid: &str) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| {
            let mut bytes = vec![tag, u8::try_from(content.len()).expect("short")];
            bytes.extend_from_slice(content);
            bytes
        };
        let oid = wrap(6, &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x19, 2, 1]);
        let value = wrap(0xa0, &wrap(4, sid.as_bytes()));
        wrap(0x30, &wrap(0xa0, &[oid, value].concat()))
    }

    #[test]
    fn a_sid_is_read_and_nothing_else() {
        let good = sid_extension("S-1-5-21-1-2-3-1104");
        assert_eq!(sid(&good).as_deref(), Some("S-1-5-21-1-2-3-1104"));
        for bad in ["S-1-5-21-*", "S-2-5", "alice", ""] {
            assert_eq!(sid(&sid_extension(bad)), None, "{bad}");
        }
        for length in 0..good.len() {
            assert_eq!(sid(&good[..length]), None, "cut at {length}");
        }
        assert_eq!(sid(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(sid(&[0x30, 0x80]), None, "an indefinite length");
    }

    #[test]
    fn a_upn_is_read() {
        assert_eq!(upn(b"\xa0\x05\x0c\x03a@b").as_deref(), Some("a@b"));
        for bad in [
            &b""[..],
            b"\xa0",
            b"\xa0\x05\x0c\x04a@b",
            b"\xa0\x05\x16\x03a@b",
            b"\xa0\x04\x0c\x02\xff\xfe",
        ] {
            assert_eq!(upn(bad), None, "{bad:?}");
        }
    }
}
