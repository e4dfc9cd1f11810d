//! The way from a certificate to a CA, by webpki, with what OpenSSL accepts and webpki by itself does not:
//! critical extensions about policies, and an issuer's name in another string type than the CA's own.

use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm,
    TrustAnchor, UnixTime,
};
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath};
use x509_parser::{asn1_rs::Any, certificate::X509Certificate, prelude::FromDer as _};

use super::{authority::Authority, signed::Signed, text::NameKey};

/// Extensions that do not narrow whom a certificate names. Policies count where somebody asks for one, and nobody
/// does here; identifiers of keys only help to find a way (RFC 5280, sections 4.2.1.1 to 4.2.1.5, 4.2.1.11 and
/// 4.2.1.14).
const HARMLESS: [&str; 6] = [
    "2.5.29.14", // subject key identifier
    "2.5.29.32", // certificate policies
    "2.5.29.33", // policy mappings
    "2.5.29.35", // authority key identifier
    "2.5.29.36", // policy constraints
    "2.5.29.54", // inhibit any policy
];
const TRUE: [u8; 3] = [0x01, 0x01, 0xff];

/// Certificates as webpki takes them, and what was signed in their place.
struct Softened {
    chain: Vec<CertificateDer<'static>>,
    /// What it sees, and what the issuer has signed.
    changed: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Softened {
    fn of(chain: &[CertificateDer<'_>]) -> Self {
        let mut softened = Self {
            chain: Vec::new(),
            changed: Vec::new(),
        };
        for der in chain {
            let soft = CertificateDer::from(without_harmless(der));
            if soft != *der
                && let (Some(seen), Some(was)) = (Signed::read(&soft), Signed::read(der))
            {
                let change = (seen.content.to_vec(), was.content.to_vec());
                softened.changed.push(change);
            }
            softened.chain.push(soft);
        }
        softened
    }
}

/// The same with those extensions not critical: one byte each, no length changes.
fn without_harmless(der: &[u8]) -> Vec<u8> {
    let mut soft = der.to_vec();
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return soft;
    };
    for extension in certificate.extensions() {
        let oid = extension.oid.to_id_string();
        if !extension.critical || !HARMLESS.contains(&oid.as_str()) {
            continue;
        }
        // The value is a part of what was read; its header, and the flag, are in front of it.
        let value = extension.value;
        let Some(at) = value.as_ptr().addr().checked_sub(der.as_ptr().addr()) else {
            continue;
        };
        let header = match value.len() {
            0..0x80 => 2,
            0x80..0x100 => 3,
            _ => 4,
        };
        let flag = at.checked_sub(header + TRUE.len());
        let flag = flag.and_then(|at| soft.get_mut(at..at + TRUE.len()));
        if let Some(flag) = flag.filter(|flag| **flag == TRUE) {
            flag[2] = 0;
        }
    }
    soft
}

/// An algorithm over what was signed, in place of what webpki sees.
#[derive(Debug)]
struct AsSigned<'a> {
    inner: &'static dyn SignatureVerificationAlgorithm,
    changed: &'a [(Vec<u8>, Vec<u8>)],
}

impl SignatureVerificationAlgorithm for AsSigned<'_> {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let was = self.changed.iter().find(|(seen, _)| seen == message);
        let message = was.map_or(message, |(_, was)| was);
        self.inner.verify_signature(public_key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.signature_alg_id()
    }

    fn fips(&self) -> bool {
        self.inner.fips()
    }
}

/// For clients, or for every use (RFC 5280, section 4.2.1.12).
struct ForClients;

impl ExtendedKeyUsageValidator for ForClients {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        const ANY: [usize; 5] = [2, 5, 29, 37, 0];
        let mut others = Vec::new();
        for purpose in purposes {
            let purpose = purpose?.to_decoded_oid();
            if purpose == webpki::KeyUsage::CLIENT_AUTH_REPR || purpose == ANY {
                return Ok(());
            }
            others.push(purpose);
        }
        if others.is_empty() {
            return Ok(());
        }
        Err(Error::RequiredEkuNotFoundContext(
            webpki::RequiredEkuNotFoundContext {
                required: webpki::KeyUsage::client_auth(),
                present: others,
            },
        ))
    }
}

/// Looks for a way from the first certificate to a CA; `check` may refuse one.
pub(super) fn find(
    chain: &[CertificateDer<'_>],
    authorities: &[&Authority],
    time: UnixTime,
    check: &dyn Fn(&VerifiedPath<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let Softened { chain, changed } = Softened::of(chain);
    let Some((leaf, others)) = chain.split_first() else {
        return Err(Error::BadDer);
    };
    let all = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
    let algorithms = all.all.iter();
    let algorithms: Vec<_> = algorithms
        .map(|inner| AsSigned {
            inner: *inner,
            changed: &changed,
        })
        .collect();
    let algorithms: Vec<_> = algorithms
        .iter()
        .map(|one| one as &dyn SignatureVerificationAlgorithm)
        .collect();
    let anchors = anchors(&chain, authorities);
    let leaf = EndEntityCert::try_from(leaf)?;
    leaf.verify_for_usage(
        &algorithms,
        &anchors,
        others,
        time,
        ForClients,
        None,
        Some(check),
    )
    .map(|_| ())
}

/// The CAs, also under the name that a certificate gives its issuer: tools copy it in another string type.
fn anchors(chain: &[CertificateDer<'_>], authorities: &[&Authority]) -> Vec<TrustAnchor<'static>> {
    let mut anchors: Vec<_> = authorities.iter().map(|one| one.anchor.clone()).collect();
    for der in chain {
        let Ok((_, certificate)) = X509Certificate::from_der(der) else {
            continue;
        };
        let issuer = NameKey::of(certificate.issuer());
        let Ok((_, inner)) = Any::from_der(issuer.der()) else {
            continue;
        };
        for one in authorities {
            if one.name.is_of(&issuer) && one.name.der() != issuer.der() {
                anchors.push(TrustAnchor {
                    subject: inner.data.to_vec().into(),
                    ..one.anchor.clone()
                });
            }
        }
    }
    anchors
}
