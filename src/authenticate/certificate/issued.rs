//! Of a certificate what its issuer's lists are asked for.

use x509_parser::{
    certificate::X509Certificate, extensions::ParsedExtension, prelude::FromDer as _,
};

use super::{list::points_of, text::NameKey};

pub(super) struct Issued {
    pub serial: Vec<u8>,
    pub issuer: NameKey,
    pub is_authority: bool,
    /// Where lists that hold it are to be had, if it says so.
    points: Option<Vec<Vec<u8>>>,
    /// What it calls its own key, as an issuer.
    pub key_id: Option<Vec<u8>>,
    /// Its key usage does not keep it from signing lists.
    pub signs_lists: bool,
}

impl Issued {
    pub fn read(der: &[u8], is_authority: bool) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let mut issued = Self {
            serial: certificate.raw_serial().to_vec(),
            issuer: NameKey::of(certificate.issuer()),
            is_authority,
            points: None,
            key_id: None,
            signs_lists: true,
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::CRLDistributionPoints(points) => {
                    let whole = points.iter().filter(|point| {
                        // Lists of another issuer's, or for some reasons, are not looked for.
                        point.crl_issuer.is_none() && point.reasons.is_none()
                    });
                    let names = whole.filter_map(|point| point.distribution_point.as_ref());
                    issued.points = Some(names.flat_map(points_of).collect());
                }
                ParsedExtension::SubjectKeyIdentifier(id) => issued.key_id = Some(id.0.to_vec()),
                ParsedExtension::KeyUsage(usage) => issued.signs_lists = usage.crl_sign(),
                _ => {}
            }
        }
        Some(issued)
    }

    pub fn points(&self) -> Option<&[Vec<u8>]> {
        self.points.as_deref()
    }
}
