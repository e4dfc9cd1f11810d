//! What is in a file of certificates or revocation lists, PEM or DER. The label does not decide: `certutil -encode`
//! writes CERTIFICATE around everything.

use base64::{Engine as _, engine::general_purpose::STANDARD};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// A block of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Empty: the file is DER.
    pub label: String,
    /// `None`: it has no end, or holds what no base64 has.
    pub der: Option<Vec<u8>>,
}

/// The blocks in it; of a file without PEM all that it holds is one, unless it is empty.
pub(super) fn blocks(content: &[u8]) -> Vec<Block> {
    if !is_pem(content) {
        let whole = Block {
            label: String::new(),
            der: Some(content.to_vec()),
        };
        let blank = content.iter().all(u8::is_ascii_whitespace);
        return if blank { Vec::new() } else { vec![whole] };
    }
    // What is beside the blocks is anybody's text.
    let text = String::from_utf8_lossy(content);
    let (mut rest, mut found) = (text.as_ref(), Vec::new());
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((label, inner)) = after.split_once(DASHES) else {
            found.push(broken(after));
            break;
        };
        let body = inner.split_once(END).map_or(inner, |(body, _)| body);
        let ends = inner.get(body.len()..).unwrap_or_default();
        let ends_well = ends
            .strip_prefix(END)
            .and_then(|end| end.strip_prefix(label))
            .is_some_and(|end| end.starts_with(DASHES));
        // A second beginning before the end: the first was cut off.
        let (body, next) = match body.split_once(BEGIN) {
            Some((first, _)) => (first, &inner[first.len()..]),
            None => (body, ends.strip_prefix(END).unwrap_or_default()),
        };
        let is_whole = ends_well && next.len() < ends.len().max(1);
        found.push(Block {
            label: label.trim().to_owned(),
            der: is_whole.then(|| decoded(body)).flatten(),
        });
        rest = next;
    }
    found
}

fn broken(label: &str) -> Block {
    Block {
        label: label.trim().to_owned(),
        der: None,
    }
}

fn decoded(body: &str) -> Option<Vec<u8>> {
    // RFC 1421's headers, which nobody writes around what is public, are no base64.
    let plain: String = body.split_whitespace().collect();
    STANDARD.decode(plain).ok().filter(|der| !der.is_empty())
}

pub(super) fn is_pem(content: &[u8]) -> bool {
    content
        .windows(BEGIN.len())
        .any(|part| part == BEGIN.as_bytes())
}

/// RFC 7468: lines of 64 characters.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + "\n-----END " + label + "-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<Vec<u8>>)> {
        let all = blocks(text.as_bytes()).into_iter();
        all.map(|block| (block.label, block.der)).collect()
    }

    #[test]
    fn every_block_is_read_and_none_is_dropped() {
        let (a, b) = (pem("A", b"one"), pem("B C", b"two"));
        let good = |label: &str, der: &[u8]| (label.to_owned(), Some(der.to_vec()));
        let bad = |label: &str| (label.to_owned(), None);
        let both = [good("A", b"one"), good("B C", b"two")];
        for between in ["", "\n", "subject=/CN=x\r\n\r\n", "é \u{feff}"] {
            let text = format!("{between}{a}{between}{b}{between}");
            assert_eq!(read(&text), both, "{between:?}");
            assert_eq!(read(&text.replace('\n', "\r\n")), both, "{between:?}");
            assert_eq!(read(&text.replace('\n', " ")), both, "{between:?}");
        }
        let cut = a.split("-----END").next().expect("a part");
        assert_eq!(read(cut), [bad("A")]);
        assert_eq!(read(&format!("{cut}{b}")), [bad("A"), good("B C", b"two")]);
        assert_eq!(read(&a.replace("END A", "END B")), [bad("A")]);
        assert_eq!(read(&a.replace("b25l", "b2%l")), [bad("A")]);
        assert_eq!(read("-----BEGIN A"), [bad("A")]);
        assert_eq!(read(" \n"), []);
        assert_eq!(read("0\u{1}x"), [good("", b"0\x01x")]);
    }
}
