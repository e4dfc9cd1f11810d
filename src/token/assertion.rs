//! The SAML 1.1 assertion (OASIS sstc-saml-core-1.1), written in canonical form.

use std::{fmt::Write as _, time::SystemTime};

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::{
    SigningKeyError,
    issuer::{Issuer, Statement, uri},
    signature, xml,
};

const END: &str = "</saml:Assertion>";

/// The assertion of `statement` with its signature as the last child.
pub(super) fn signed(
    issuer: &Issuer,
    statement: &Statement<'_>,
) -> Result<String, SigningKeyError> {
    let mut out = open(issuer, statement);
    let signature = signature::signature(&issuer.key, &[&out, END], &statement.id.0)?;
    out.push_str(&signature);
    out.push_str(END);
    Ok(out)
}

/// What the signature's digest is of.
#[cfg(feature = "fuzz")]
pub(super) fn unsigned(issuer: &Issuer, statement: &Statement<'_>) -> String {
    open(issuer, statement) + END
}

/// Everything but the signature and the end tag. Attributes are in canonical order: by name, since
/// none has a namespace.
fn open(issuer: &Issuer, statement: &Statement<'_>) -> String {
    let now = instant(statement.now);
    let mut out = String::with_capacity(8 * 1024);
    out.push_str(r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion""#);
    xml::named(&mut out, "AssertionID", &statement.id.0);
    xml::named(&mut out, "IssueInstant", &now);
    xml::named(&mut out, "Issuer", &issuer.name);
    out.push_str(r#" MajorVersion="1" MinorVersion="1"><saml:Conditions"#);
    xml::named(&mut out, "NotBefore", &instant(statement.now - issuer.skew));
    xml::named(
        &mut out,
        "NotOnOrAfter",
        &instant(statement.now + issuer.lifetime),
    );
    out.push_str("><saml:AudienceRestrictionCondition>");
    xml::element(&mut out, "saml:Audience", &uri(statement.audience));
    out.push_str("</saml:AudienceRestrictionCondition></saml:Conditions><saml:AttributeStatement>");
    let subject = subject(statement.claims.name_id());
    out.push_str(&subject);
    for claim in statement.claims {
        out.push_str("<saml:Attribute");
        xml::named(&mut out, "AttributeName", &claim.name);
        xml::named(&mut out, "AttributeNamespace", &claim.namespace);
        out.push('>');
        for value in &claim.values {
            xml::element(&mut out, "saml:AttributeValue", value);
        }
        out.push_str("</saml:Attribute>");
    }
    out.push_str("</saml:AttributeStatement><saml:AuthenticationStatement");
    xml::named(&mut out, "AuthenticationInstant", &now);
    xml::named(&mut out, "AuthenticationMethod", statement.method.uri());
    // Writing to a String cannot fail.
    let _ = write!(out, ">{subject}</saml:AuthenticationStatement>");
    out
}

fn subject(name_id: &str) -> String {
    let mut out = String::from(
        r#"<saml:Subject><saml:NameIdentifier Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">"#,
    );
    xml::text(&mut out, name_id);
    out.push_str(
        "</saml:NameIdentifier><saml:SubjectConfirmation><saml:ConfirmationMethod>\
         urn:oasis:names:tc:SAML:1.0:cm:bearer</saml:ConfirmationMethod>\
         </saml:SubjectConfirmation></saml:Subject>",
    );
    out
}

const INSTANT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// An `xs:dateTime` in UTC with milliseconds.
fn instant(at: SystemTime) -> String {
    OffsetDateTime::from(at).format(INSTANT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn instants_are_utc_with_milliseconds() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_467_124_421);
        assert_eq!(instant(at), "2026-11-23T20:52:04.421Z");
    }
}
