//! What an issuer has signed: a certificate or a revocation list, and whose key did it.

use rustls::crypto::aws_lc_rs;
use x509_parser::{asn1_rs::Any, prelude::FromDer as _};

/// The three parts of a certificate (RFC 5280, section 4.1) or a revocation list (section 5.1).
pub(super) struct Signed<'a> {
    /// What is signed, with its header.
    pub content: &'a [u8],
    /// Without it.
    pub inner: &'a [u8],
    pub algorithm: &'a [u8],
    /// A bit string's bytes, the count of unused bits in front.
    signature: &'a [u8],
}

/// Whether a key has signed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    ByThisKey,
    Not,
    /// By an algorithm that counts nowhere: SHA-1, for instance.
    UnknownAlgorithm,
}

impl<'a> Signed<'a> {
    pub fn read(der: &'a [u8]) -> Option<Self> {
        let (rest, whole) = Any::from_der(der).ok()?;
        let (after, content) = Any::from_der(whole.data).ok()?;
        let (end, algorithm) = Any::from_der(after).ok()?;
        let (nothing, signature) = Any::from_der(end).ok()?;
        (rest.is_empty() && nothing.is_empty()).then_some(Self {
            content: whole.data.get(..whole.data.len() - after.len())?,
            inner: content.data,
            algorithm: algorithm.data,
            signature: signature.data,
        })
    }

    /// By the algorithms that count at a login. `key` is a SubjectPublicKeyInfo in DER.
    pub fn by(&self, key: &[u8]) -> Verdict {
        let all = aws_lc_rs::default_provider().signature_verification_algorithms;
        let of_this_kind = all.all.iter();
        let mut of_this_kind = of_this_kind
            .filter(|one| one.signature_alg_id().as_ref() == self.algorithm)
            .peekable();
        if of_this_kind.peek().is_none() {
            return Verdict::UnknownAlgorithm;
        }
        let Some((algorithm, key)) = parts_of(key) else {
            return Verdict::Not;
        };
        let Some((0, signature)) = self.signature.split_first() else {
            return Verdict::Not;
        };
        let good = of_this_kind
            .filter(|one| one.public_key_alg_id().as_ref() == algorithm)
            .any(|one| one.verify_signature(key, self.content, signature).is_ok());
        if good {
            Verdict::ByThisKey
        } else {
            Verdict::Not
        }
    }
}

/// Algorithm and key of a SubjectPublicKeyInfo.
fn parts_of(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, whole) = Any::from_der(key).ok()?;
    let (after, algorithm) = Any::from_der(whole.data).ok()?;
    let (_, bits) = Any::from_der(after).ok()?;
    Some((algorithm.data, bits.data.split_first()?.1))
}
