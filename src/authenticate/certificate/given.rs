//! CAs and revocation lists that somebody hands in, PEM or DER: looked at before they replace what is in use.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{RootCertStore, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, pem::PemObject as _};
use x509_parser::{
    certificate::X509Certificate, prelude::FromDer as _, revocation_list::CertificateRevocationList,
};

/// Why it cannot be used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum GivenError {
    #[error("holds no certificate in PEM or DER")]
    NoCertificate,
    #[error("holds {0}, which is no CA: give those of the CAs that issue client certificates")]
    NotAuthority(String),
    #[error("holds no revocation list in PEM or DER")]
    NoList,
    #[error("holds {0} revocation lists: give one at a time")]
    ManyLists(usize),
    #[error("is a revocation list of a kind that is not known")]
    UnknownList,
    #[error("is a list of {issuer}, which is none of the CAs of client certificates ({known})")]
    OtherIssuer { issuer: String, known: String },
}

/// CAs of client certificates.
#[derive(Debug)]
pub struct GivenAuthorities(Vec<CertificateDer<'static>>);

/// One revocation list.
#[derive(Debug)]
pub struct GivenList {
    der: Vec<u8>,
    /// As a person reads it.
    pub issuer: String,
    issuer_der: Vec<u8>,
}

impl GivenAuthorities {
    /// Reads certificates, each that of a CA.
    ///
    /// # Errors
    /// When there is none, or one of somebody else.
    pub fn read(content: &[u8]) -> Result<Self, GivenError> {
        let found = if is_pem(content) {
            CertificateDer::pem_slice_iter(content)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| GivenError::NoCertificate)?
        } else {
            vec![CertificateDer::from(content.to_vec())]
        };
        for der in &found {
            let read = X509Certificate::from_der(der).ok();
            let (_, certificate) = read
                .filter(|(rest, _)| rest.is_empty())
                .ok_or(GivenError::NoCertificate)?;
            if !certificate.is_ca() {
                let subject = certificate.subject().to_string();
                return Err(GivenError::NotAuthority(subject));
            }
        }
        let (usable, _) = RootCertStore::empty().add_parsable_certificates(found.iter().cloned());
        if found.is_empty() || usable != found.len() {
            return Err(GivenError::NoCertificate);
        }
        Ok(Self(found))
    }

    /// As PEM, and nothing else that was beside them.
    #[must_use]
    pub fn to_pem(&self) -> Vec<u8> {
        let each = self.0.iter().map(|der| pem("CERTIFICATE", der));
        each.collect::<String>().into_bytes()
    }
}

impl GivenList {
    /// Reads one list.
    ///
    /// # Errors
    /// When there is none or more than one, or it could not be used.
    pub fn read(content: &[u8]) -> Result<Self, GivenError> {
        let mut found = if is_pem(content) {
            CertificateRevocationListDer::pem_slice_iter(content)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| GivenError::NoList)?
        } else {
            vec![CertificateRevocationListDer::from(content.to_vec())]
        };
        if found.len() > 1 {
            return Err(GivenError::ManyLists(found.len()));
        }
        let der = found.pop().ok_or(GivenError::NoList)?.as_ref().to_vec();
        let read = CertificateRevocationList::from_der(&der).ok();
        let (_, list) = read
            .filter(|(rest, _)| rest.is_empty())
            .ok_or(GivenError::NoList)?;
        let (issuer, issuer_der) = (list.issuer().to_string(), list.issuer().as_raw().to_vec());
        Ok(Self {
            der,
            issuer,
            issuer_der,
        })
    }

    /// Whether the list is of one of these CAs and can be used with them.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, authorities: &GivenAuthorities) -> Result<(), GivenError> {
        let mut subjects = Vec::new();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities.0.iter().cloned());
        for der in &authorities.0 {
            if let Ok((_, certificate)) = X509Certificate::from_der(der) {
                if certificate.subject().as_raw() == self.issuer_der {
                    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
                    let list = CertificateRevocationListDer::from(self.der.clone());
                    return WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .with_crls([list])
                        .build()
                        .map(|_| ())
                        .map_err(|_| GivenError::UnknownList);
                }
                subjects.push(certificate.subject().to_string());
            }
        }
        Err(GivenError::OtherIssuer {
            issuer: self.issuer.clone(),
            known: subjects.join("; "),
        })
    }

    #[must_use]
    pub fn has_same_issuer(&self, other: &Self) -> bool {
        self.issuer_der == other.issuer_der
    }

    #[must_use]
    pub fn to_pem(&self) -> Vec<u8> {
        pem("X509 CRL", &self.der).into_bytes()
    }
}

fn is_pem(content: &[u8]) -> bool {
    content.windows(11).any(|part| part == b"-----BEGIN ")
}

/// RFC 7468: lines of 64 characters.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + "\n-----END " + label + "-----\n"
}
