//! WS-Federation metadata: who issues, with which certificate, at which address.

use std::fmt::Write as _;

use super::{Issuer, xml};

/// The claim types that the built-in profile mapper can fill, beyond relying parties' own.
const CLAIM_TYPES: [(&str, &str); 5] = [
    ("nameidentifier", "Name identifier"),
    ("emailaddress", "E-mail address"),
    ("name", "Display name"),
    ("givenname", "Given name"),
    ("surname", "Surname"),
];

/// The `EntityDescriptor` of the security token service at `endpoint` (WS-Federation 1.2, section 3).
#[must_use]
pub fn federation_metadata(issuer: &Issuer, endpoint: &str) -> String {
    let mut out = String::from(
        r#"<?xml version="1.0" encoding="utf-8"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata""#,
    );
    xml::named(&mut out, "entityID", issuer.name());
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        r#"><RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><fed:TokenTypesOffered><fed:TokenType Uri="urn:oasis:names:tc:SAML:1.0:assertion"></fed:TokenType></fed:TokenTypesOffered><fed:ClaimTypesOffered>"#,
        issuer.key().certificate_base64()
    );
    for (name, display) in CLAIM_TYPES {
        let _ = write!(
            out,
            r#"<auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706" Uri="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/{name}" Optional="true"><auth:DisplayName>{display}</auth:DisplayName></auth:ClaimType>"#
        );
    }
    out.push_str("</fed:ClaimTypesOffered><fed:PassiveRequestorEndpoint><EndpointReference xmlns=\"http://www.w3.org/2005/08/addressing\">");
    xml::element(&mut out, "Address", endpoint);
    out.push_str(
        "</EndpointReference></fed:PassiveRequestorEndpoint></RoleDescriptor></EntityDescriptor>\n",
    );
    out
}
