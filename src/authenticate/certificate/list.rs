//! A revocation list as its issuer wrote it (RFC 5280, section 5), of version 1 or 2.

use x509_parser::{
    asn1_rs::{Any, Class, Tag},
    extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension},
    num_bigint::BigUint,
    prelude::FromDer as _,
    time::ASN1Time,
    x509::{ReasonCode, X509Name},
};

use super::{
    signed::{Signed, Verdict},
    text::{NameKey, shown},
};

const NUMBER: &str = "2.5.29.20";
const DELTA: &str = "2.5.29.27";
const SCOPE: &str = "2.5.29.28";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";
const ISSUER_KEY: &str = "2.5.29.35";
/// Of what is revoked: reason, hold instruction, invalidity date.
const OF_ENTRIES: [&str; 3] = ["2.5.29.21", "2.5.29.23", "2.5.29.24"];

/// One list.
#[derive(Debug)]
pub(super) struct RevocationList {
    pub der: Vec<u8>,
    /// As a person reads it.
    pub issuer: String,
    pub issuer_key: NameKey,
    /// RFC 5280, section 5.2.3: it grows with each list of a CA.
    pub number: Option<BigUint>,
    /// Unix time in seconds.
    pub this_update: i64,
    pub next_update: Option<i64>,
    /// The authority key identifier.
    pub key_id: Option<Vec<u8>>,
    pub scope: Scope,
    /// Why it does not hold all that its issuer has revoked.
    pub partial: Option<&'static str>,
    /// Of certificates of its own issuer, in order.
    serials: Vec<Box<[u8]>>,
}

/// Of which certificates a list is (section 5.2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scope {
    users_only: bool,
    authorities_only: bool,
    /// `None`: wherever lists of a certificate are to be had.
    points: Option<Vec<Vec<u8>>>,
}

impl RevocationList {
    /// `None`: it is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let signed = Signed::read(der)?;
        let (mut rest, mut next) = Any::from_der(signed.inner).ok()?;
        if next.tag() == Tag::Integer {
            (rest, next) = Any::from_der(rest).ok()?;
        }
        // Section 5.1.2.2: the algorithm stands inside of what is signed too.
        (next.tag() == Tag::Sequence && next.data == signed.algorithm).then_some(())?;
        let (rest, issuer) = X509Name::from_der(rest).ok()?;
        let (mut rest, this_update) = ASN1Time::from_der(rest).ok()?;
        let mut list = Self {
            der: der.to_vec(),
            issuer: shown(&issuer),
            issuer_key: NameKey::of(&issuer),
            number: None,
            this_update: this_update.timestamp(),
            next_update: None,
            key_id: None,
            scope: Scope::default(),
            partial: None,
            serials: Vec::new(),
        };
        if let Ok((after, next_update)) = ASN1Time::from_der(rest) {
            (rest, list.next_update) = (after, Some(next_update.timestamp()));
        }
        let mut revoked: &[u8] = &[];
        while !rest.is_empty() {
            let (after, part) = Any::from_der(rest).ok()?;
            if part.class() == Class::ContextSpecific {
                let (_, extensions) = Any::from_der(part.data).ok()?;
                list.read_extensions(extensions.data)?;
            } else {
                revoked = part.data;
            }
            rest = after;
        }
        list.read_revoked(revoked)?;
        Some(list)
    }

    fn read_extensions(&mut self, mut rest: &[u8]) -> Option<()> {
        while !rest.is_empty() {
            let (after, extension) = X509Extension::from_der(rest).ok()?;
            rest = after;
            let oid = extension.oid.to_id_string();
            match (oid.as_str(), extension.parsed_extension()) {
                (NUMBER, _) => {
                    let (_, number) = Any::from_der(extension.value).ok()?;
                    self.number = Some(BigUint::from_bytes_be(number.data));
                }
                (DELTA, _) => self.partial = Some("is a delta list"),
                (SCOPE, ParsedExtension::IssuingDistributionPoint(point)) => {
                    self.scope = Scope {
                        users_only: point.only_contains_user_certs,
                        authorities_only: point.only_contains_ca_certs,
                        points: point.distribution_point.as_ref().map(points_of),
                    };
                    if point.indirect_crl {
                        self.partial = Some("is an indirect list");
                    } else if point.only_some_reasons.is_some() {
                        self.partial = Some("is a list for some reasons only");
                    } else if point.only_contains_attribute_certs {
                        self.partial = Some("is a list of attribute certificates");
                    }
                }
                (SCOPE, _) => return None,
                (ISSUER_KEY, ParsedExtension::AuthorityKeyIdentifier(id)) => {
                    self.key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                }
                (ISSUER_KEY, _) => {}
                _ if extension.critical => {
                    self.partial = Some("has a critical extension that is not known");
                }
                _ => {}
            }
        }
        Some(())
    }

    fn read_revoked(&mut self, mut rest: &[u8]) -> Option<()> {
        // Section 5.3.3: from an entry that names another issuer on, all are that one's.
        let mut own = true;
        while !rest.is_empty() {
            let (after, entry) = Any::from_der(rest).ok()?;
            let (more, serial) = Any::from_der(entry.data).ok()?;
            (entry.tag() == Tag::Sequence && serial.tag() == Tag::Integer).then_some(())?;
            let (extensions, _time) = Any::from_der(more).ok()?;
            let mut is_back = false;
            if !extensions.is_empty() {
                let (_, all) = Any::from_der(extensions).ok()?;
                let mut each = all.data;
                while !each.is_empty() {
                    let (others, extension) = X509Extension::from_der(each).ok()?;
                    each = others;
                    let oid = extension.oid.to_id_string();
                    if let ParsedExtension::ReasonCode(reason) = extension.parsed_extension() {
                        is_back = *reason == ReasonCode::RemoveFromCRL;
                    }
                    if oid == CERTIFICATE_ISSUER {
                        self.partial = Some("is an indirect list");
                        own = self.is_own(extension.value);
                    } else if extension.critical && !OF_ENTRIES.contains(&oid.as_str()) {
                        self.partial = Some("has a critical extension that is not known");
                    }
                }
            }
            // A delta list also says what is revoked no more.
            if own && !is_back {
                self.serials.push(plain(serial.data).into());
            }
            rest = after;
        }
        self.serials.sort_unstable();
        Some(())
    }

    /// Whether the issuer that an entry names is the list's.
    fn is_own(&self, names: &[u8]) -> bool {
        let names = Any::from_der(names).ok();
        let name = names.and_then(|(_, names)| Some(Any::from_der(names.data).ok()?.1));
        let name = name.and_then(|name| Some(X509Name::from_der(name.data).ok()?.1));
        name.is_some_and(|name| NameKey::of(&name).is_of(&self.issuer_key))
    }

    pub fn has(&self, serial: &[u8]) -> bool {
        let serial = plain(serial);
        let found = self.serials.binary_search_by(|one| (**one).cmp(serial));
        found.is_ok()
    }

    /// Whether this key has signed it.
    pub fn by(&self, key: &[u8]) -> Verdict {
        Signed::read(&self.der).map_or(Verdict::Not, |signed| signed.by(key))
    }

    /// Whether it says more lately what the other says, where both are signed by one key.
    pub fn supersedes(&self, other: &Self) -> bool {
        let comparable = self.scope == other.scope
            && self.partial.is_none()
            && other.partial.is_none()
            && self.this_update >= other.this_update;
        let number = match (&self.number, &other.number) {
            (Some(own), Some(other)) => own.cmp(other),
            _ => std::cmp::Ordering::Equal,
        };
        comparable && number.is_ge() && (self.this_update > other.this_update || number.is_gt())
    }

    /// Whether it is of an earlier time than the other.
    pub fn is_before(&self, other: &Self) -> bool {
        self.this_update < other.this_update
    }
}

impl Scope {
    /// Whether it holds a certificate for which lists are to be had at `points`.
    pub fn holds(&self, is_authority: bool, points: Option<&[Vec<u8>]>) -> bool {
        let role = if is_authority {
            !self.users_only
        } else {
            !self.authorities_only
        };
        let place = match (&self.points, points) {
            (Some(own), Some(given)) => own.iter().any(|point| given.contains(point)),
            _ => true,
        };
        role && place
    }
}

/// Where a list is to be had: its addresses, and its places in a directory.
pub(super) fn points_of(name: &DistributionPointName<'_>) -> Vec<Vec<u8>> {
    let DistributionPointName::FullName(names) = name else {
        return Vec::new();
    };
    let points = names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(uri.as_bytes().to_vec()),
        GeneralName::DirectoryName(name) => Some(name.as_raw().to_vec()),
        _ => None,
    });
    points.collect()
}

/// A serial number without the zeros in front, since tools differ.
fn plain(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    &serial[zeros..]
}
