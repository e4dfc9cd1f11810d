//! What a certificate says about its user, and what it may be used for.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_parser::{
    asn1_rs::{Any, Error, OctetString, Tag, TaggedExplicit},
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension, SubjectAlternativeName},
    prelude::FromDer as _,
};

use super::{refusal::CertificateRefusal, text};

/// `szOID_NT_PRINCIPAL_NAME`: a user principal name as an otherName.
const PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";
/// `szOID_NTDS_CA_SECURITY_EXT`.
const SECURITY: &str = "1.3.6.1.4.1.311.25.2";
/// `szOID_NTDS_OBJECTSID`: a SID as an otherName.
const OBJECT_SID: &str = "1.3.6.1.4.1.311.25.2.1";
/// The same as a URI among the alternative names (Microsoft's KB5014754).
const SID_URI: &str = "tag:microsoft.com,2022-09-14:sid:";
/// Extensions that are read here: subject key identifier, key usage, alternative names, extended key usage.
const READ: [&str; 4] = ["2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.37"];

/// All names of one certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateNames {
    /// RFC 4514, most specific part first, for people: whatever it holds.
    pub subject: String,
    /// The same as directories write DNs; `None` when a part is no text.
    pub(super) dn: Option<String>,
    pub(super) upn: Values,
    pub(super) sid: Values,
    pub(super) email: Values,
    pub(super) cn: Values,
    /// As altSecurityIdentities may have it.
    pub(super) issuers: Vec<String>,
    /// The serial number's bytes in reverse, hexadecimal; also without the zero that DER puts in front
    /// of a high first bit, if there is one, since tools differ.
    pub(super) serials: Vec<String>,
    /// Hexadecimal.
    pub(super) ski: Option<String>,
    /// SHA-1 of what different tools call the public key, and of the certificate, hexadecimal.
    pub(super) sha1: Vec<String>,
    pub(super) uses: Uses,
}

/// The different values of a name that a certificate should hold once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values {
    read: Vec<String>,
    /// One of them is no text that can be read.
    pub is_unreadable: bool,
}

/// What the key is for (RFC 5280, sections 4.2.1.3 and 4.2.1.12).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// digitalSignature; `None`: there is no key usage.
    pub signs: Option<bool>,
    /// There is an extended key usage, whatever it holds.
    pub has_purposes: bool,
}

impl Values {
    fn add(&mut self, value: String) {
        let lower = value.to_lowercase();
        if self.read.iter().all(|known| known.to_lowercase() != lower) {
            self.read.push(value);
        }
    }

    fn add_or_note(&mut self, value: Option<String>) {
        match value {
            Some(value) => self.add(value),
            None => self.is_unreadable = true,
        }
    }

    /// The one value, if there is one.
    ///
    /// # Errors
    /// All values, when they differ.
    pub fn only(&self) -> Result<Option<&str>, &[String]> {
        match self.read.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => Err(several),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.read.is_empty()
    }
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
        // Section 4.2: no extension twice. One reader would take the first, another the last.
        if certificate.extensions_map().is_err() {
            return Err(unreadable("it has an extension twice"));
        }
        let key = certificate.public_key();
        let sha1 = |bytes: &[u8]| hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes));
        let reversed = |bytes: &[u8]| hex::encode(bytes.iter().rev().copied().collect::<Vec<_>>());
        let serial = certificate.raw_serial();
        let serials = [Some(serial), serial.strip_prefix(&[0])];
        let mut names = Self {
            subject: text::shown(certificate.subject()),
            dn: text::name(certificate.subject()),
            issuers: text::identities(certificate.issuer()),
            serials: serials.into_iter().flatten().map(reversed).collect(),
            sha1: vec![
                sha1(&key.subject_public_key.data),
                sha1(key.raw),
                sha1(leaf),
            ],
            ..Self::default()
        };
        for cn in certificate.subject().iter_common_name() {
            names.cn.add_or_note(text::string(cn.attr_value()));
        }
        for extension in certificate.extensions() {
            let oid = extension.oid.to_id_string();
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(alternative) => {
                    for name in &alternative.general_names {
                        names.add(name)?;
                    }
                }
                ParsedExtension::SubjectKeyIdentifier(id) => names.ski = Some(hex::encode(id.0)),
                ParsedExtension::KeyUsage(usage) => {
                    names.uses.signs = Some(usage.digital_signature());
                }
                ParsedExtension::ExtendedKeyUsage(_) => names.uses.has_purposes = true,
                // A name in it would be passed over, and a weaker one would count.
                ParsedExtension::ParseError { .. } if READ.contains(&oid.as_str()) => {
                    return Err(unreadable("an extension of it is malformed"));
                }
                _ if oid == SECURITY => {
                    for sid in sids(extension.value)
                        .ok_or_else(|| unreadable("its security extension holds no SID"))?
                    {
                        names.sid.add(sid);
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }

    /// Who it is of, for people: the first user principal name, else the subject.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.upn.read.first().unwrap_or(&self.subject)
    }

    fn add(&mut self, name: &GeneralName<'_>) -> Result<(), CertificateRefusal> {
        let unreadable = CertificateRefusal::Unreadable;
        match name {
            GeneralName::OtherName(oid, value) if oid.to_id_string() == PRINCIPAL_NAME => {
                self.upn.add_or_note(upn(value));
            }
            GeneralName::RFC822Name(address) => self.email.add((*address).to_owned()),
            GeneralName::URI(uri) => {
                let beginning = uri.get(..SID_URI.len()).unwrap_or_default();
                if beginning.eq_ignore_ascii_case(SID_URI) {
                    let sid = sid(&uri[SID_URI.len()..]);
                    self.sid
                        .add(sid.ok_or_else(|| unreadable("the SID in it is none"))?);
                }
            }
            // Old CAs write more than ASCII into addresses.
            GeneralName::Invalid(Tag(1), _) => self.email.is_unreadable = true,
            GeneralName::Invalid(Tag(6), uri) => {
                let beginning = uri.get(..SID_URI.len()).unwrap_or_default();
                if beginning.eq_ignore_ascii_case(SID_URI.as_bytes()) {
                    return Err(unreadable("the SID in it is none"));
                }
            }
            // It may be a user principal name, or a SID.
            GeneralName::Invalid(Tag(0), _) => {
                return Err(unreadable("a name in it is malformed"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The user principal name in an otherName's value: `[0]` with a string in it.
fn upn(value: &[u8]) -> Option<String> {
    let (rest, text) = TaggedExplicit::<Any<'_>, Error, 0>::from_der(value).ok()?;
    let text = text::string(&text.into_inner())?;
    (rest.is_empty() && !text.is_empty()).then_some(text)
}

/// The SIDs in the extension of AD's certificate services ([MS-WCCE], section 2.2.2.7.7.4): otherNames
/// among the general names, `[0] { OCTET STRING }`, the SID as text. `None` when there is none, or one that
/// is no SID.
fn sids(value: &[u8]) -> Option<Vec<String>> {
    let (rest, names) = SubjectAlternativeName::from_der(value).ok()?;
    let of_name = |value: &[u8]| {
        let (rest, text) = TaggedExplicit::<OctetString<'_>, Error, 0>::from_der(value).ok()?;
        let text = String::from_utf8(text.into_inner().into_cow().into_owned()).ok()?;
        sid(&text).filter(|_| rest.is_empty())
    };
    let names = names.general_names.iter();
    let sids: Option<Vec<_>> = names
        .filter_map(|name| match name {
            GeneralName::OtherName(oid, value) => {
                (oid.to_id_string() == OBJECT_SID).then(|| of_name(value))
            }
            _ => None,
        })
        .collect();
    sids.filter(|sids| !sids.is_empty() && rest.is_empty())
}

/// A SID as text ([MS-DTYP], section 2.4.2.1).
fn sid(text: &str) -> Option<String> {
    let parts = text.strip_prefix("S-1-")?.split('-');
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.into_iter().all(number).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, u8::try_from(content.len()).expect("short")];
        bytes.extend_from_slice(content);
        bytes
    }

    /// As a Windows CA writes it.
    fn sid_extension(of: &[&str]) -> Vec<u8> {
        let oid = wrap(6, &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x19, 2, 1]);
        let name = |sid: &&str| {
            let value = wrap(0xa0, &wrap(4, sid.as_bytes()));
            wrap(0xa0, &[oid.clone(), value].concat())
        };
        wrap(0x30, &of.iter().map(name).collect::<Vec<_>>().concat())
    }

    #[test]
    fn a_sid_is_read_and_nothing_else() {
        let alice = "S-1-5-21-1-2-3-1104";
        let good = sid_extension(&[alice]);
        assert_eq!(sids(&good), Some(vec![alice.to_owned()]));
        for bad in ["S-1-5-21-*", "S-2-5", "alice", "", "S-1-", "S-1-5--1"] {
            assert_eq!(sids(&sid_extension(&[bad])), None, "{bad}");
            assert_eq!(sids(&sid_extension(&[alice, bad])), None, "{bad}");
        }
        let two = [alice, "S-1-5-21-1-2-3-500"];
        assert_eq!(sids(&sid_extension(&two)).map(|all| all.len()), Some(2));
        for length in 0..good.len() {
            assert_eq!(sids(&good[..length]), None, "cut at {length}");
        }
        assert_eq!(sids(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(sids(&[0x30, 0x80]), None, "an indefinite length");
    }

    #[test]
    fn a_upn_of_any_string_type_is_read() {
        let of = |tag: u8, text: &[u8]| upn(&wrap(0xa0, &wrap(tag, text)));
        for tag in [12, 18, 19, 20, 22, 26, 27] {
            assert_eq!(of(tag, b"a@b").as_deref(), Some("a@b"), "tag {tag}");
        }
        assert_eq!(of(30, b"\0a\0@\x20\xac").as_deref(), Some("a@€"));
        assert_eq!(of(28, b"\0\0\0a\0\x01\xf6\x00").as_deref(), Some("a😀"));
        for (tag, bad) in [
            (12, &b"\xff\xfe"[..]),
            (19, b"\xe9"),
            (20, b"\xe9"),
            (22, b"\xc3\xa9"),
            (30, b"\0a\0"),
            (30, b"\xd8\x00"),
            (28, b"\0\0\0"),
            (28, b"\0\0\xd8\0"),
            (4, b"a@b"),
            (44, b"a@b"),
            (12, b""),
        ] {
            assert_eq!(of(tag, bad), None, "tag {tag}: {bad:?}");
        }
        for bad in [
            &b""[..],
            b"\xa0",
            b"\xa0\x05\x0c\x04a@b",
            b"\xa0\x05\x0c\x03a@b\x05\x00",
        ] {
            assert_eq!(upn(bad), None, "{bad:?}");
        }
    }
}
