//! Looks into a Negotiate token without deciding anything: which mechanism, which ticket.
//!
//! GSSAPI decides. What is read here goes into messages, and the authenticator's digest is the key
//! of the replay check. SPNEGO: RFC 4178, section 4.2; the Kerberos token: RFC 4121, section 4.1;
//! AP-REQ: RFC 4120, section 5.5.1.

use aws_lc_rs::digest;
use x509_parser::asn1_rs::{Any, FromDer as _};

/// What a token claims to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A Kerberos token, as such or as the first choice inside SPNEGO.
    Kerberos(KerberosToken<'a>),
    /// NTLM, as such or as the first choice inside SPNEGO.
    Ntlm,
    /// SPNEGO whose first choice is something else, or that carries no first token, or that goes on
    /// with an exchange that this connection did not begin: more than one leg.
    SecondLeg,
    Malformed,
}

/// A Kerberos token and the ticket in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KerberosToken<'a> {
    /// The token without SPNEGO around it.
    pub inner: &'a [u8],
    pub ticket: Ticket,
    /// The first 16 bytes of the SHA-256 of the encrypted authenticator: no two logins share it.
    pub authenticator: [u8; 16],
}

/// The readable part of a service ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    /// `HTTP/login.corp.example@CORP.EXAMPLE`.
    pub service: String,
    pub kvno: Option<u32>,
    pub etype: i32,
}

const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
const KRB5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
/// Windows' first spelling of the Kerberos mechanism ([MS-SPNG], section 3.1.5.1).
const MS_KRB5: &[u8] = &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2];
const NTLM: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10];
const NTLM_MESSAGE: &[u8] = b"NTLMSSP\0";

const APPLICATION_0: u8 = 0x60;
const NEG_TOKEN_RESP: u8 = 0xa1;
const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const INTEGER: u8 = 0x02;
const GENERAL_STRING: u8 = 0x1b;

/// Reads a token; never fails on bad input, which is [`Token::Malformed`].
pub(super) fn read(token: &[u8]) -> Token<'_> {
    if token.starts_with(NTLM_MESSAGE) {
        return Token::Ntlm;
    }
    if token.first() == Some(&NEG_TOKEN_RESP) {
        return Token::SecondLeg;
    }
    initial(token).unwrap_or(Token::Malformed)
}

/// The initial token of a mechanism (RFC 2743, section 3.1).
fn initial(token: &[u8]) -> Option<Token<'_>> {
    let mut body = Der(token).take(APPLICATION_0)?;
    match body.take(OID)?.0 {
        SPNEGO => negotiation(body),
        KRB5 | MS_KRB5 => kerberos(token).map(Token::Kerberos),
        NTLM => Some(Token::Ntlm),
        _ => None,
    }
}

fn negotiation(mut body: Der<'_>) -> Option<Token<'_>> {
    let mut init = body.take(0xa0)?.take(SEQUENCE)?;
    let first = init.take(0xa0)?.take(SEQUENCE)?.take(OID)?.0;
    // reqFlags are obsolete; some clients send them.
    let _ = init.optional(0xa1);
    let Some(mut mech_token) = init.optional(0xa2) else {
        return Some(if first == NTLM {
            Token::Ntlm
        } else {
            Token::SecondLeg
        });
    };
    let inner = mech_token.take(OCTETS)?.0;
    match first {
        KRB5 | MS_KRB5 => kerberos(inner).map(Token::Kerberos),
        NTLM => Some(Token::Ntlm),
        _ => Some(Token::SecondLeg),
    }
}

fn kerberos(inner: &[u8]) -> Option<KerberosToken<'_>> {
    let mut body = Der(inner).take(APPLICATION_0)?;
    body.take(OID)?;
    // TOK_ID 01 00: AP-REQ.
    let mut request = Der(body.0.strip_prefix(&[1, 0])?)
        .take(0x6e)?
        .take(SEQUENCE)?;
    for tag in [0xa0, 0xa1, 0xa2] {
        request.take(tag)?;
    }
    let ticket = ticket(request.take(0xa3)?)?;
    let authenticator = encrypted(request.take(0xa4)?)?.cipher;
    let digest = digest::digest(&digest::SHA256, authenticator);
    Some(KerberosToken {
        inner,
        ticket,
        authenticator: *digest.as_ref().first_chunk()?,
    })
}

fn ticket(mut outer: Der<'_>) -> Option<Ticket> {
    let mut ticket = outer.take(0x61)?.take(SEQUENCE)?;
    ticket.take(0xa0)?;
    let realm = ticket.take(0xa1)?.text()?;
    let mut name = ticket.take(0xa2)?.take(SEQUENCE)?;
    name.take(0xa0)?;
    let mut components = name.take(0xa1)?.take(SEQUENCE)?;
    let mut parts = Vec::new();
    while !components.0.is_empty() {
        parts.push(components.text()?);
    }
    let encrypted = encrypted(ticket.take(0xa3)?)?;
    Some(Ticket {
        service: format!("{}@{realm}", parts.join("/")),
        kvno: encrypted.kvno,
        etype: encrypted.etype,
    })
}

struct Encrypted<'a> {
    etype: i32,
    kvno: Option<u32>,
    cipher: &'a [u8],
}

/// EncryptedData (RFC 4120, section 5.2.9).
fn encrypted(mut outer: Der<'_>) -> Option<Encrypted<'_>> {
    let mut data = outer.take(SEQUENCE)?;
    let etype = i32::try_from(data.take(0xa0)?.integer()?).ok()?;
    let kvno = match data.optional(0xa1) {
        // AD's read-only controllers put a branch number into the upper half; it is a 32-bit value.
        Some(mut kvno) => Some(u32::try_from(kvno.integer()? & 0xffff_ffff).ok()?),
        None => None,
    };
    let cipher = data.take(0xa2)?.take(OCTETS)?.0;
    Some(Encrypted {
        etype,
        kvno,
        cipher,
    })
}

/// The rest of a run of DER values (X.690), read from the front.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value, which must have this tag.
    fn value(&mut self, tag: u8) -> Option<Any<'a>> {
        let (rest, value) = Any::from_der(self.0).ok()?;
        if value.header.raw_tag() != Some(&[tag]) {
            return None;
        }
        self.0 = rest;
        Some(value)
    }

    /// Its content.
    fn take(&mut self, tag: u8) -> Option<Der<'a>> {
        Some(Der(self.value(tag)?.data))
    }

    fn optional(&mut self, tag: u8) -> Option<Der<'a>> {
        (self.0.first() == Some(&tag)).then(|| self.take(tag))?
    }

    fn integer(&mut self) -> Option<i64> {
        i64::try_from(self.value(INTEGER)?).ok()
    }

    fn text(&mut self) -> Option<String> {
        let bytes = self.take(GENERAL_STRING)?.0;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    }

    fn encrypted_data(kvno: u8, cipher: &[u8]) -> Vec<u8> {
        let content = [
            der(0xa0, &der(INTEGER, &[18])),
            der(0xa1, &der(INTEGER, &[kvno])),
            der(0xa2, &der(OCTETS, cipher)),
        ];
        der(SEQUENCE, &content.concat())
    }

    fn kerberos_token(cipher: &[u8]) -> Vec<u8> {
        let string = |text: &str| der(GENERAL_STRING, text.as_bytes());
        let names = [string("HTTP"), string("login.corp.example")].concat();
        let name = [
            der(0xa0, &der(INTEGER, &[2])),
            der(0xa1, &der(SEQUENCE, &names)),
        ];
        let ticket = [
            der(0xa0, &der(INTEGER, &[5])),
            der(0xa1, &string("CORP.EXAMPLE")),
            der(0xa2, &der(SEQUENCE, &name.concat())),
            der(0xa3, &encrypted_data(3, b"ticket")),
        ];
        let request = [
            der(0xa0, &der(INTEGER, &[5])),
            der(0xa1, &der(INTEGER, &[14])),
            der(0xa2, &der(3, &[0, 0, 0, 0, 0])),
            der(0xa3, &der(0x61, &der(SEQUENCE, &ticket.concat()))),
            der(0xa4, &encrypted_data(0, cipher)),
        ];
        let ap_req = der(0x6e, &der(SEQUENCE, &request.concat()));
        der(
            APPLICATION_0,
            &[der(OID, KRB5), vec![1, 0], ap_req].concat(),
        )
    }

    fn spnego(first: &[u8], token: Option<&[u8]>) -> Vec<u8> {
        let mut init = der(
            0xa0,
            &der(SEQUENCE, &[der(OID, first), der(OID, KRB5)].concat()),
        );
        init.extend(
            token
                .map(|token| der(0xa2, &der(OCTETS, token)))
                .unwrap_or_default(),
        );
        let body = [der(OID, SPNEGO), der(0xa0, &der(SEQUENCE, &init))];
        der(APPLICATION_0, &body.concat())
    }

    #[test]
    fn the_ticket_is_named_inside_spnego_and_without() {
        let inner = kerberos_token(b"one");
        for token in [
            inner.clone(),
            spnego(KRB5, Some(&inner)),
            spnego(MS_KRB5, Some(&inner)),
        ] {
            let Token::Kerberos(found) = read(&token) else {
                panic!("{:?}", read(&token));
            };
            assert_eq!(found.inner, inner);
            assert_eq!(found.ticket.service, "HTTP/login.corp.example@CORP.EXAMPLE");
            assert_eq!((found.ticket.kvno, found.ticket.etype), (Some(3), 18));
        }
    }

    #[test]
    fn the_authenticator_tells_logins_apart_whatever_is_around_it() {
        let digest = |token: &[u8]| match read(token) {
            Token::Kerberos(found) => found.authenticator,
            other => panic!("{other:?}"),
        };
        let (one, two) = (kerberos_token(b"one"), kerberos_token(b"two"));
        assert_eq!(digest(&one), digest(&spnego(KRB5, Some(&one))));
        assert_ne!(digest(&one), digest(&two));
    }

    #[test]
    fn ntlm_and_second_legs_are_recognised() {
        let ntlm = b"NTLMSSP\0\x01\0\0\0";
        assert_eq!(read(ntlm), Token::Ntlm);
        assert_eq!(read(&spnego(NTLM, Some(ntlm))), Token::Ntlm);
        assert_eq!(read(&spnego(NTLM, None)), Token::Ntlm);
        assert_eq!(read(&spnego(KRB5, None)), Token::SecondLeg);
        assert_eq!(read(&spnego(&[0x2b, 6, 9], Some(b"x"))), Token::SecondLeg);
        assert_eq!(read(&der(NEG_TOKEN_RESP, b"")), Token::SecondLeg);
    }

    #[test]
    fn every_truncation_is_malformed() {
        let whole = spnego(KRB5, Some(&kerberos_token(b"one")));
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), Token::Malformed, "{end}");
        }
        assert_eq!(read(b"\x60\x80\x06\x01\x00\x00"), Token::Malformed);
        assert_eq!(read(b"\x60\x84\xff\xff\xff\xff"), Token::Malformed);
    }
}
