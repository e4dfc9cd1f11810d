//! Exact bytes of a token, with the clock and the identifier held still.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    digest,
    signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{issuer::uri, *};
use crate::{
    config::SigningPem,
    profile::{Claims, Profile},
    secret::SecretString,
};

/// A signing key and certificate for this test only.
fn key() -> SigningKey {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
        .expect("a key");
    let certificate = rcgen::CertificateParams::default()
        .self_signed(&key)
        .expect("a certificate");
    SigningKey::new(&SigningPem {
        certificate: certificate.pem(),
        key: SecretString::from(key.serialize_pem()),
    })
    .expect("a key and its certificate")
}

fn issuer() -> Issuer {
    let lifetime = Duration::from_secs(8 * 3600);
    Issuer::new(Arc::new(key()), "corp.example", lifetime, Duration::ZERO)
}

fn claims(profile: serde_json::Value) -> Claims {
    let serde_json::Value::Object(members) = profile else {
        panic!("an object");
    };
    Claims::of(&Profile::new(members)).expect("usable")
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_795_467_124_421)
}

fn issue(issuer: &Issuer, claims: &Claims, context: &str) -> String {
    let statement = Statement {
        id: AssertionId::from_random([0xab; 16]),
        now: now(),
        audience: "urn:auth0:corp",
        method: AuthenticationMethod::Kerberos,
        claims,
        context,
    };
    issuer.issue(&statement).expect("issued")
}

const SUBJECT: &str = concat!(
    r#"<saml:Subject><saml:NameIdentifier Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">"#,
    "id-1</saml:NameIdentifier><saml:SubjectConfirmation><saml:ConfirmationMethod>",
    "urn:oasis:names:tc:SAML:1.0:cm:bearer</saml:ConfirmationMethod>",
    "</saml:SubjectConfirmation></saml:Subject>"
);

#[test]
fn a_token_is_written_byte_for_byte() {
    let issuer = issuer();
    let claims = claims(json!({
        "id": "id-1",
        "displayName": "Zoë <b>&\"'",
        "groups": ["A & B", "tab\there", "cr\r\nlf", "\u{1F600}\u{b}"],
    }));
    let token = issue(&issuer, &claims, "abc\"><&\n");
    let unsigned = format!(
        concat!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion" "#,
            r#"AssertionID="_abababababababababababababababab" IssueInstant="2026-11-23T20:52:04.421Z" "#,
            r#"Issuer="urn:corp.example" MajorVersion="1" MinorVersion="1">"#,
            r#"<saml:Conditions NotBefore="2026-11-23T20:52:04.421Z" NotOnOrAfter="2026-11-24T04:52:04.421Z">"#,
            "<saml:AudienceRestrictionCondition><saml:Audience>urn:auth0:corp</saml:Audience>",
            "</saml:AudienceRestrictionCondition></saml:Conditions><saml:AttributeStatement>{subject}",
            r#"<saml:Attribute AttributeName="nameidentifier" AttributeNamespace="http://schemas.xmlsoap.org/ws/2005/05/identity/claims">"#,
            "<saml:AttributeValue>id-1</saml:AttributeValue></saml:Attribute>",
            r#"<saml:Attribute AttributeName="name" AttributeNamespace="http://schemas.xmlsoap.org/ws/2005/05/identity/claims">"#,
            "<saml:AttributeValue>Zoë &lt;b&gt;&amp;\"'</saml:AttributeValue></saml:Attribute>",
            r#"<saml:Attribute AttributeName="groups" AttributeNamespace="http://schemas.passportjs.com">"#,
            "<saml:AttributeValue>A &amp; B</saml:AttributeValue>",
            "<saml:AttributeValue>tab\there</saml:AttributeValue>",
            "<saml:AttributeValue>cr&#xD;\nlf</saml:AttributeValue>",
            "<saml:AttributeValue>\u{1F600}\u{fffd}</saml:AttributeValue></saml:Attribute>",
            r#"</saml:AttributeStatement><saml:AuthenticationStatement "#,
            r#"AuthenticationInstant="2026-11-23T20:52:04.421Z" AuthenticationMethod="urn:ietf:rfc:1510">"#,
            "{subject}</saml:AuthenticationStatement></saml:Assertion>"
        ),
        subject = SUBJECT
    );
    let digest = STANDARD.encode(digest::digest(&digest::SHA256, unsigned.as_bytes()));
    let signed_info = format!(
        concat!(
            r#"<SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></CanonicalizationMethod>"#,
            r#"<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>"#,
            r##"<Reference URI="#_abababababababababababababababab"><Transforms>"##,
            r#"<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></Transform>"#,
            r#"<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></Transform></Transforms>"#,
            r#"<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>"#,
            "<DigestValue>{}</DigestValue></Reference></SignedInfo>"
        ),
        digest
    );
    let value = token
        .split_once("<SignatureValue>")
        .and_then(|(_, rest)| Some(rest.split_once("</SignatureValue>")?.0))
        .expect("a signature");
    let signature = format!(
        concat!(
            r#"<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">{}<SignatureValue>{}</SignatureValue>"#,
            "<KeyInfo><X509Data><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></Signature>"
        ),
        signed_info,
        value,
        issuer.key().certificate_base64()
    );
    let expected = format!(
        concat!(
            r#"<t:RequestSecurityTokenResponse Context="abc&quot;>&lt;&amp;&#xA;" "#,
            r#"xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"><t:RequestedSecurityToken>"#,
            "{}{}</saml:Assertion></t:RequestedSecurityToken></t:RequestSecurityTokenResponse>"
        ),
        unsigned.strip_suffix("</saml:Assertion>").expect("an end"),
        signature
    );
    assert_eq!(token, expected);

    // What is signed is SignedInfo with the namespace it inherits.
    let canonical = signed_info.replacen(
        "<SignedInfo>",
        r#"<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#">"#,
        1,
    );
    let (_, certificate) =
        x509_parser::parse_x509_certificate(issuer.key().certificate()).expect("a certificate");
    UnparsedPublicKey::new(
        &RSA_PKCS1_2048_8192_SHA256,
        &certificate.public_key().subject_public_key.data,
    )
    .verify(
        canonical.as_bytes(),
        &STANDARD.decode(value).expect("base64"),
    )
    .expect("the signature verifies");
}

#[test]
fn issuers_and_audiences_become_uris() {
    assert_eq!(uri("corp.example"), "urn:corp.example");
    for kept in ["urn:auth0", "https://login.corp.example", "http://x"] {
        assert_eq!(uri(kept), kept);
    }
}

#[test]
fn not_before_allows_for_a_late_clock() {
    let lifetime = Duration::from_secs(600);
    let issuer = Issuer::new(Arc::new(key()), "urn:a", lifetime, Duration::from_secs(5));
    let token = issue(&issuer, &claims(json!({"id": "1"})), "");
    assert!(
        token.contains(
            r#"NotBefore="2026-11-23T20:51:59.421Z" NotOnOrAfter="2026-11-23T21:02:04.421Z""#
        ),
        "{token}"
    );
}

#[test]
fn halves_of_different_pairs_are_refused() {
    let pem = |key: &rcgen::KeyPair| {
        rcgen::CertificateParams::default()
            .self_signed(key)
            .expect("a certificate")
            .pem()
    };
    let generate = || {
        rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
            .expect("a key")
    };
    let (one, two) = (generate(), generate());
    let mixed = SigningPem {
        certificate: pem(&one),
        key: SecretString::from(two.serialize_pem()),
    };
    assert!(matches!(
        SigningKey::new(&mixed),
        Err(SigningKeyError::Mismatch)
    ));
    let broken = SigningPem {
        certificate: "none".to_owned(),
        ..mixed
    };
    assert!(matches!(
        SigningKey::new(&broken),
        Err(SigningKeyError::Certificate)
    ));
}

#[test]
fn metadata_names_the_endpoint_and_the_certificate() {
    let issuer = issuer();
    let metadata = federation_metadata(&issuer, "https://login.corp.example/wsfed?a=1&b=2");
    for part in [
        r#"entityID="urn:corp.example""#,
        "<Address>https://login.corp.example/wsfed?a=1&amp;b=2</Address>",
        issuer.key().certificate_base64(),
        "claims/emailaddress",
    ] {
        assert!(metadata.contains(part), "{part}\n{metadata}");
    }
}
