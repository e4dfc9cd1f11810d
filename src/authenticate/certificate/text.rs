//! Texts of certificates: strings of every ASN.1 type, and names as directories write them.

use std::fmt::Write as _;

use x509_parser::{
    asn1_rs::{Any, Class, Tag},
    x509::X509Name,
};

/// A string of any type (RFC 5280, section 4.1.2.4; X.680, section 41). `None`: it is none, or holds what
/// its type does not allow.
pub(super) fn string(value: &Any<'_>) -> Option<String> {
    if value.class() != Class::Universal || value.header.is_constructed() {
        return None;
    }
    let bytes = value.data;
    match value.tag() {
        Tag::Utf8String => String::from_utf8(bytes.to_vec()).ok(),
        // Of those that are not ASCII, T.61 and Latin-1 differ, and nobody says which is meant.
        Tag::PrintableString
        | Tag::Ia5String
        | Tag::VisibleString
        | Tag::NumericString
        | Tag::GeneralString
        | Tag::GraphicString
        | Tag::T61String => {
            let text = std::str::from_utf8(bytes).ok()?;
            text.is_ascii().then(|| text.to_owned())
        }
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            let text = char::decode_utf16(units).collect::<Result<String, _>>();
            text.ok().filter(|_| rest.is_empty())
        }
        Tag::UniversalString => {
            let (units, rest) = bytes.as_chunks::<4>();
            let units = units.iter();
            let text: Option<String> = units
                .map(|unit| char::from_u32(u32::from_be_bytes(*unit)))
                .collect();
            text.filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsEncoded,
    Reversed,
}

/// How a name is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// RFC 4514.
    Directory,
    /// As Windows does (CertNameToStr with CERT_X500_NAME_STR), and whoever copies from it.
    Windows,
}

/// A name as text (RFC 4514), most specific part first; `None` when a part is not text.
pub(super) fn name(name: &X509Name<'_>) -> Option<String> {
    written(name, Order::Reversed, Spelling::Directory, ",", string)
}

/// A name for people, whatever it holds.
pub(super) fn shown(name: &X509Name<'_>) -> String {
    let text = |value: &Any<'_>| Some(some_text(value));
    written(name, Order::Reversed, Spelling::Directory, ",", text).unwrap_or_default()
}

/// The spellings of an issuer in altSecurityIdentities, Microsoft's order first ([MS-ADTS], section 3.1.1.3;
/// KB5014754): both ways of writing, both orders, with blanks or without.
pub(super) fn identities(issuer: &X509Name<'_>) -> Vec<String> {
    let text = |value: &Any<'_>| Some(some_text(value));
    let mut all = Vec::new();
    for order in [Order::AsEncoded, Order::Reversed] {
        for spelling in [Spelling::Directory, Spelling::Windows] {
            for between in [",", ", "] {
                let one = written(issuer, order, spelling, between, text).unwrap_or_default();
                if !one.is_empty() && !all.contains(&one) {
                    all.push(one);
                }
            }
        }
    }
    all
}

fn written(
    name: &X509Name<'_>,
    order: Order,
    spelling: Spelling,
    between: &str,
    text: impl Fn(&Any<'_>) -> Option<String>,
) -> Option<String> {
    let mut parts = Vec::new();
    for rdn in name.iter() {
        let mut part = String::new();
        for attribute in rdn.iter() {
            let value = text(attribute.attr_value())?;
            let oid = attribute.attr_type().to_id_string();
            if !part.is_empty() {
                part.push_str(match spelling {
                    Spelling::Directory => "+",
                    Spelling::Windows => " + ",
                });
            }
            match spelling {
                Spelling::Directory => {
                    part.push_str(&keyword(&oid));
                    part.push('=');
                    escape_into(&mut part, &value);
                }
                Spelling::Windows => {
                    part.push_str(&keyword_of_windows(&oid));
                    part.push('=');
                    quote_into(&mut part, &value);
                }
            }
        }
        parts.push(part);
    }
    if order == Order::Reversed {
        parts.reverse();
    }
    Some(parts.join(between))
}

/// A string of any type; of those that nobody can be sure of what most programs take it for: Latin-1 in place of
/// T.61, and hexadecimal for what is no text at all (RFC 4514, section 2.4).
fn some_text(value: &Any<'_>) -> String {
    if let Some(text) = string(value) {
        return text;
    }
    match value.tag() {
        Tag::T61String | Tag::GeneralString | Tag::GraphicString | Tag::VisibleString => {
            value.data.iter().map(|byte| char::from(*byte)).collect()
        }
        Tag::PrintableString | Tag::Ia5String | Tag::Utf8String => {
            String::from_utf8_lossy(value.data).into_owned()
        }
        _ => format!("#{}", hex::encode(value.data)),
    }
}

/// A name to compare with others: tools write one name in different string types, and some change its case and
/// blanks (RFC 5280, section 7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameKey {
    der: Vec<u8>,
    plain: String,
}

impl NameKey {
    pub fn of(name: &X509Name<'_>) -> Self {
        let mut plain = String::new();
        for rdn in name.iter() {
            for attribute in rdn.iter() {
                let text = some_text(attribute.attr_value()).to_lowercase();
                let words: Vec<_> = text.split_whitespace().collect();
                let oid = attribute.attr_type().to_id_string();
                // Nothing that a value holds ends it.
                let _ = write!(plain, "{oid}={:?}+", words.join(" "));
            }
            plain.push(',');
        }
        Self {
            der: name.as_raw().to_vec(),
            plain,
        }
    }

    pub fn is_of(&self, other: &Self) -> bool {
        self.der == other.der || self.plain == other.plain
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

/// The short name of an attribute type, or its number.
fn keyword(oid: &str) -> String {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => other,
    }
    .to_owned()
}

/// The same in Windows (CertStrToName's table).
fn keyword_of_windows(oid: &str) -> String {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.13" => "Description",
        "2.5.4.17" => "PostalCode",
        "2.5.4.18" => "POBox",
        "2.5.4.20" => "Phone",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "2.5.4.46" => "dnQualifier",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => return format!("OID.{other}"),
    }
    .to_owned()
}

/// Windows puts a value in double quotes, and doubles those in it, where it holds what would end it.
fn quote_into(text: &mut String, value: &str) {
    let blank = value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace);
    let special = [',', '+', '=', '"', '\n', '<', '>', '#', ';'];
    if blank || value.is_empty() || value.contains(special) {
        text.push('"');
        text.push_str(&value.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(value);
    }
}

/// RFC 4514, section 2.4.
fn escape_into(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let at_edge =
            index == 0 && matches!(character, ' ' | '#') || index == last && character == ' ';
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => {
                text.push('\\');
                text.push(character);
            }
            '\0' => text.push_str("\\00"),
            _ if at_edge => {
                text.push('\\');
                text.push(character);
            }
            control if control.is_control() => {
                let mut buffer = [0; 4];
                for byte in control.encode_utf8(&mut buffer).bytes() {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "\\{byte:02X}");
                }
            }
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of RFC 4514, section 3, by its grammar; `None` when it is none.
    fn read(text: &str) -> Option<String> {
        if text.starts_with([' ', '#']) || text.ends_with(' ') && !text.ends_with("\\ ") {
            return None;
        }
        let (mut bytes, mut rest) = (Vec::new(), text.chars());
        while let Some(c) = rest.next() {
            match c {
                '\\' => match rest.next()? {
                    first if first.is_ascii_hexdigit() => {
                        let pair = String::from_iter([first, rest.next()?]);
                        bytes.push(u8::from_str_radix(&pair, 16).ok()?);
                    }
                    special => bytes.extend(special.to_string().into_bytes()),
                },
                '"' | '+' | ',' | ';' | '<' | '>' | '\0' => return None,
                other => bytes.extend(other.to_string().into_bytes()),
            }
        }
        String::from_utf8(bytes).ok()
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_name_holds_is_one_value(
            value in proptest::prop_oneof![proptest::prelude::any::<String>(), "[ #,+\\\\\"<>;=a]*"],
        ) {
            let mut text = String::new();
            escape_into(&mut text, &value);
            proptest::prop_assert_eq!(read(&text), Some(value));
        }
    }
}
