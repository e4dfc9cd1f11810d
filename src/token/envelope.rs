//! The WS-Trust envelope that `wresult` carries.

use super::xml;

/// A `RequestSecurityTokenResponse` (WS-Trust, February 2005) around an assertion.
///
/// Exclusive canonicalisation leaves the envelope's namespace out of the signed part.
pub(super) fn wrap(assertion: &str, context: &str) -> String {
    let mut out = String::with_capacity(assertion.len() + 256);
    out.push_str("<t:RequestSecurityTokenResponse");
    xml::named(&mut out, "Context", context);
    out.push_str(
        r#" xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"><t:RequestedSecurityToken>"#,
    );
    out.push_str(assertion);
    out.push_str("</t:RequestedSecurityToken></t:RequestSecurityTokenResponse>");
    out
}
