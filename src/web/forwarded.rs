//! Client certificates that a balancer which ends TLS passes on in a header.
//!
//! | value | written by |
//! | --- | --- |
//! | base64 of DER | HAProxy (`%[ssl_c_der,base64]`) |
//! | PEM, percent-encoded | nginx (`$ssl_client_escaped_cert`), AWS ALB |
//! | `Cert="…";Chain="…"`, PEM, percent-encoded | Envoy (`X-Forwarded-Client-Cert`, one element) |
//!
//! The balancer has seen the proof of possession; everything else is checked here again.

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

/// Whether a header of this name has something in it: balancers send an empty one for no certificate.
pub(super) fn is_given(headers: &HeaderMap, name: &str) -> bool {
    headers.get_all(name).iter().any(|value| !value.is_empty())
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
    if is_envoy(text) {
        return envoy(text).unwrap_or_default();
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

const ENVOY_KEYS: [&str; 7] = ["by", "hash", "cert", "chain", "subject", "uri", "dns"];

fn is_envoy(text: &str) -> bool {
    let key = text.split_once('=').map(|(key, _)| key.trim());
    key.is_some_and(|key| {
        ENVOY_KEYS
            .iter()
            .any(|known| key.eq_ignore_ascii_case(known))
    })
}

/// Envoy's pairs, separated by semicolons, values perhaps in double quotes. `None` when it is of another form,
/// and for more elements than one (behind a comma): only the last is the nearest proxy's, and how the text falls
/// apart is for the client to decide that wrote the first.
fn envoy(text: &str) -> Option<Vec<CertificateDer<'static>>> {
    let (mut certificate, mut chain) = (None, None);
    let mut rest = text;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = end_of_quoted(quoted)?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None => after.split_at(after.find([';', ',', '"']).unwrap_or(after.len())),
        };
        let key = key.trim().to_ascii_lowercase();
        let place = match key.as_str() {
            "cert" => Some(&mut certificate),
            "chain" => Some(&mut chain),
            other if ENVOY_KEYS.contains(&other) => None,
            _ => return None,
        };
        if let Some(place) = place
            && place.replace(pem(value)).is_some()
        {
            return None;
        }
        let after = after.trim();
        if after.is_empty() {
            break;
        }
        rest = after.strip_prefix(';')?;
    }
    // The chain holds the certificate as well, first.
    Some(chain.or(certificate).unwrap_or_default())
}

/// Where the quoted text ends, after its first quotation mark.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(index),
            _ => {}
        }
    }
    None
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
        assert_eq!(
            read(&format!("Hash=00;Cert={one}; DNS=a;DNS=b")),
            [first_der]
        );
    }

    #[test]
    fn what_the_client_wrote_before_envoy_did_counts_for_nothing() {
        let ((first, _), (second, _)) = (certificate(), certificate());
        let (evil, own) = (encoded(&first, "-"), encoded(&second, "-"));
        let appended = format!("Hash=00;Cert=\"{own}\";Subject=\"CN=a\\\"b\"");
        for sent in [
            format!("Cert=\"{evil}\","),
            format!("Cert=\"{evil}\";By=\","),
            format!("Cert=\"{evil}\";By=\"\\\","),
            format!("Cert=\"{evil}\";By=\"x\";URI=\","),
            format!("Cert={evil},"),
            format!("Cert=\"{evil}\";Cert=\"{own}\";"),
            format!("Chain=\"{evil}\";By=a,"),
            ",".to_owned(),
        ] {
            let text = format!("{sent}{appended}");
            let value = HeaderValue::from_str(&text).expect("a header");
            assert_eq!(chain(&value), [], "{sent}");
        }
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
        assert!(!is_given(&headers, "x-a"));
        headers.append("x-a", HeaderValue::from_static(""));
        assert!(!is_given(&headers, "x-a"), "no certificate");
        headers.append("x-a", HeaderValue::from_static("b"));
        assert!(is_given(&headers, "x-a"), "somebody's");
        headers.clear();
        let value = STANDARD.encode(certificate().1);
        headers.append("x-a", value.parse().expect("a value"));
        assert_eq!(only_chain(&headers, "x-a").len(), 1);
        headers.append("x-a", value.parse().expect("a value"));
        assert_eq!(only_chain(&headers, "x-a"), [], "two");
    }
}
