//! Reads the answer of a WS-Federation login (SAML 1.1 in a `RequestSecurityTokenResponse`) and
//! holds its assertion against what the tenant expects.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const SAML: &str = "urn:oasis:names:tc:SAML:1.0:assertion";
const TRUST: &str = "http://schemas.xmlsoap.org/ws/2005/02/trust";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// What an assertion says; nothing of it counts before its signature was verified.
#[derive(Debug)]
pub struct Assertion {
    /// Its text, byte for byte as received.
    pub xml: String,
    /// The login's `wctx`, out of the response around it.
    pub context: String,
    pub id: String,
    pub issuer: String,
    pub audience: String,
    pub not_before: OffsetDateTime,
    pub not_on_or_after: OffsetDateTime,
    pub authentication_method: String,
    pub name_identifier: String,
    /// Attribute name (with its name space) to a text or a list of texts.
    pub claims: Map<String, Value>,
}

/// Takes the response apart.
///
/// # Errors
/// The first part that is not as it should be.
pub fn parse(response: &str) -> Result<Assertion, String> {
    let document =
        Document::parse(response).map_err(|error| format!("wresult is not XML: {error}"))?;
    let root = document.root_element();
    if !root.has_tag_name((TRUST, "RequestSecurityTokenResponse")) {
        return Err("wresult is not a RequestSecurityTokenResponse".to_owned());
    }
    let token = child(root, TRUST, "RequestedSecurityToken")?;
    let assertion = child(token, SAML, "Assertion")?;
    if document
        .descendants()
        .filter(|node| node.has_tag_name((SAML, "Assertion")))
        .count()
        != 1
    {
        return Err("there must be one assertion, and one only".to_owned());
    }
    if attribute(assertion, "MajorVersion")? != "1" || attribute(assertion, "MinorVersion")? != "1"
    {
        return Err("the assertion is not SAML 1.1".to_owned());
    }
    let id = attribute(assertion, "AssertionID")?;
    check_reference(assertion, &id)?;

    let conditions = child(assertion, SAML, "Conditions")?;
    let restriction = child(conditions, SAML, "AudienceRestrictionCondition")?;
    let statement = child(assertion, SAML, "AuthenticationStatement")?;
    let attributes = child(assertion, SAML, "AttributeStatement")?;
    let subject = child(attributes, SAML, "Subject")?;
    Ok(Assertion {
        xml: response
            .get(assertion.range())
            .unwrap_or_default()
            .to_owned(),
        context: root.attribute("Context").unwrap_or_default().to_owned(),
        id,
        issuer: attribute(assertion, "Issuer")?,
        audience: text(child(restriction, SAML, "Audience")?),
        not_before: instant(conditions, "NotBefore")?,
        not_on_or_after: instant(conditions, "NotOnOrAfter")?,
        authentication_method: attribute(statement, "AuthenticationMethod")?,
        name_identifier: text(child(subject, SAML, "NameIdentifier")?),
        claims: claims(attributes)?,
    })
}

impl Assertion {
    /// Holds it against the expected issuer and audience and the clock.
    ///
    /// # Errors
    /// All that is wrong, in one text.
    pub fn check(&self, issuer: &str, audience: &str, now: OffsetDateTime) -> Result<(), String> {
        let mut wrong = Vec::new();
        if self.issuer != issuer {
            wrong.push(format!("issuer is {}, expected {issuer}", self.issuer));
        }
        if self.audience != audience {
            wrong.push(format!(
                "audience is {}, expected {audience}",
                self.audience
            ));
        }
        if now < self.not_before {
            wrong.push(format!("not valid before {}", self.not_before));
        }
        if now >= self.not_on_or_after {
            wrong.push(format!("not valid from {}", self.not_on_or_after));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("; "))
        }
    }
}

/// The one signature must be a child of the assertion and refer to it: else the signed part and
/// the part that is read here could be different ones.
fn check_reference(assertion: Node<'_, '_>, id: &str) -> Result<(), String> {
    let signature = child(assertion, DSIG, "Signature")?;
    let info = child(signature, DSIG, "SignedInfo")?;
    let uri = attribute(child(info, DSIG, "Reference")?, "URI")?;
    if uri != format!("#{id}") {
        return Err(format!("the signature is for {uri}, the assertion is {id}"));
    }
    Ok(())
}

fn claims(statement: Node<'_, '_>) -> Result<Map<String, Value>, String> {
    let mut claims = Map::new();
    for node in statement
        .children()
        .filter(|node| node.has_tag_name((SAML, "Attribute")))
    {
        let namespace = attribute(node, "AttributeNamespace")?;
        let name = format!("{namespace}/{}", attribute(node, "AttributeName")?);
        let mut values: Vec<Value> = node
            .children()
            .filter(|node| node.has_tag_name((SAML, "AttributeValue")))
            .map(|value| Value::String(text(value)))
            .collect();
        let value = if values.len() == 1 {
            values.remove(0)
        } else {
            Value::Array(values)
        };
        if claims.insert(name.clone(), value).is_some() {
            return Err(format!("the claim {name} is there twice"));
        }
    }
    Ok(claims)
}

fn child<'a, 'i>(
    parent: Node<'a, 'i>,
    namespace: &str,
    name: &str,
) -> Result<Node<'a, 'i>, String> {
    let mut found = parent
        .children()
        .filter(|node| node.has_tag_name((namespace, name)));
    match (found.next(), found.next()) {
        (Some(node), None) => Ok(node),
        (None, _) => Err(format!("{name} is missing in {}", parent.tag_name().name())),
        (Some(_), Some(_)) => Err(format!(
            "{name} is there twice in {}",
            parent.tag_name().name()
        )),
    }
}

fn attribute(node: Node<'_, '_>, name: &str) -> Result<String, String> {
    node.attribute(name)
        .map(str::to_owned)
        .ok_or_else(|| format!("{} has no {name}", node.tag_name().name()))
}

fn instant(node: Node<'_, '_>, name: &str) -> Result<OffsetDateTime, String> {
    let value = attribute(node, name)?;
    OffsetDateTime::parse(&value, &Rfc3339).map_err(|_| format!("{name} is no time: {value}"))
}

fn text(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect()
}
