//! Client certificates that a balancer which ends TLS passes on in a header.
//!
//! | value | written by |
//! | --- | --- |
//! | base64 of DER | HAProxy (`%[ssl_c_der,base64]`) |
//! | PEM, percent-encoded | nginx (`$ssl_client_escaped_cert`), AWS ALB |
//! | `Cert="…";Chain="…"`, PEM, percent-encoded | Envoy (`X-Forwarded-Client-Cert`) |
//!
//! The balancer has seen the proof of possession; everything else is checked here again.

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

/// The header of this name, when there is one with something in it.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    headers.get(name).filter(|value| !value.is_empty())
}

/// The chain in the header; empty when there are several of that name, since one of them may be the
/// client's own.
pub(super) fn only_chain(headers: &HeaderMap, name: &str) -> Vec<CertificateDer<'static>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => chain(value),
        _ => Vec::new(),
    }
}

/// The chain in the header's value; empty when it holds none, which no check lets pass.
fn chain(value: &HeaderValue) -> Vec<CertificateDer<'static>> {
    let Ok(text) = value.to_str() else {
        return Vec::new();
    };
    if let Some(chain) = envoy(text) {
        return chain;
    }
    if text.contains("BEGIN") {
        return pem(text);
    }
    let base64: String = text.split_ascii_whitespace().collect();
    STANDARD
        .decode(base64)
        .map(|der| vec![CertificateDer::from(der)])
        .unwrap_or_default()
}

/// Envoy's elements are separated by commas, the nearest proxy's last; the pairs of one by
/// semicolons, values perhaps in double quotes. `None` when it is not of this form.
fn envoy(text: &str) -> Option<Vec<CertificateDer<'static>>> {
    let nearest = split(text, ',').pop()?;
    let mut found = None;
    for pair in split(nearest, ';') {
        let (key, value) = pair.split_once('=')?;
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            // The chain holds the certificate as well, first.
            "chain" => return Some(pem(value)),
            "cert" => found = Some(pem(value)),
            "by" | "hash" | "subject" | "uri" | "dns" => found = found.or(Some(Vec::new())),
            _ => return None,
        }
    }
    found
}

/// Splits at a separator that is not in double quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                parts.push(&text[start..index]);
                start = index + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn pem(text: &str) -> Vec<CertificateDer<'static>> {
    // Not as in forms: a plus sign is one, as AWS leaves it.
    let plain: Vec<u8> = percent_decode_str(text).collect();
    CertificateDer::pem_slice_iter(&plain)
        .collect::<Result<_, _>>()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> (String, Vec<u8>) {
        let made = rcgen::generate_simple_self_signed(vec!["alice".to_owned()]).expect("one");
        (made.cert.pem(), made.cert.der().to_vec())
    }

    fn encoded(text: &str, keep: &str) -> String {
        let one = |byte: u8| {
            if byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        };
        text.bytes().map(one).collect()
    }

    fn read(value: &str) -> Vec<Vec<u8>> {
        let value = HeaderValue::from_str(value).expect("a header");
        chain(&value).iter().map(|one| one.to_vec()).collect()
    }

    #[test]
    fn every_balancers_form_is_read() {
        let ((first, first_der), (second, second_der)) = (certificate(), certificate());
        assert_eq!(
            read(&STANDARD.encode(&first_der)),
            std::slice::from_ref(&first_der)
        );
        assert_eq!(
            read(&encoded(&first, "-_.~")),
            std::slice::from_ref(&first_der)
        );
        assert_eq!(
            read(&encoded(&first, "-_.~+=/")),
            std::slice::from_ref(&first_der)
        );
        let both = encoded(&format!("{first}{second}"), "-");
        assert_eq!(read(&both), [first_der.clone(), second_der.clone()]);
        let one = encoded(&first, "-");
        assert_eq!(
            read(&format!(
                "By=spiffe://a;Hash=00;Subject=\"CN=a\\\",b;c\";Cert=\"{one}\""
            )),
            std::slice::from_ref(&first_der)
        );
        assert_eq!(
            read(&format!("Cert=\"{one}\";Chain=\"{both}\"")),
            [first_der.clone(), second_der.clone()]
        );
        let other = encoded(&second, "-");
        assert_eq!(
            read(&format!("Cert=\"{one}\",By=b;Cert=\"{other}\"")),
            [second_der],
            "only what the nearest proxy says"
        );
    }

    #[test]
    fn what_is_no_certificate_is_an_empty_chain() {
        for bad in [
            "x",
            "%",
            "%2",
            "-----BEGIN CERTIFICATE-----",
            "Hash=00",
            "=;,",
            "\"",
            "Cert=\"x\"",
        ] {
            assert!(read(bad).iter().all(|der| der.len() < 3), "{bad}");
        }
        let mut headers = HeaderMap::new();
        assert!(header(&headers, "x-a").is_none());
        let value = STANDARD.encode(certificate().1);
        headers.append("x-a", value.parse().expect("a value"));
        assert_eq!(only_chain(&headers, "x-a").len(), 1);
        headers.append("x-a", value.parse().expect("a value"));
        assert_eq!(only_chain(&headers, "x-a"), [], "two");
    }
}
