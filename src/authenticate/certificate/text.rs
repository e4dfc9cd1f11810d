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
pub(super) enum Order {
    AsEncoded,
    Reversed,
}

/// A name as text (RFC 4514); `None` when a part is not text.
pub(super) fn name(name: &X509Name<'_>, order: Order) -> Option<String> {
    let mut parts = Vec::new();
    for rdn in name.iter() {
        let mut part = String::new();
        for attribute in rdn.iter() {
            if !part.is_empty() {
                part.push('+');
            }
            let value = string(attribute.attr_value())?;
            part.push_str(&keyword(&attribute.attr_type().to_id_string()));
            part.push('=');
            escape_into(&mut part, &value);
        }
        parts.push(part);
    }
    if order == Order::Reversed {
        parts.reverse();
    }
    Some(parts.join(","))
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
