//! Text as Windows' editors and shells write it: with a byte order mark, in UTF-16, in the code page of the machine.

use std::borrow::Cow;

/// What a file of text was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// As PowerShell writes it with `>` and `Out-File`, and Notepad as "Unicode".
    Utf16,
    /// Neither; each byte that is no UTF-8 became U+FFFD, as Node.js reads it.
    Other,
}

/// The text of a file without its byte order mark, and what it was written in.
#[must_use]
pub fn decoded(bytes: &[u8]) -> (Cow<'_, str>, Encoding) {
    let little = |rest: &[u8]| utf16(rest, u16::from_le_bytes);
    let big = |rest: &[u8]| utf16(rest, u16::from_be_bytes);
    match bytes {
        [0xff, 0xfe, rest @ ..] => return (little(rest).into(), Encoding::Utf16),
        [0xfe, 0xff, rest @ ..] => return (big(rest).into(), Encoding::Utf16),
        // No text of ours begins with a letter and a zero byte otherwise.
        [first, 0, ..] if *first != 0 => return (little(bytes).into(), Encoding::Utf16),
        [0, second, ..] if *second != 0 => return (big(bytes).into(), Encoding::Utf16),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => (text.into(), Encoding::Utf8),
        Cow::Owned(text) => (text.into(), Encoding::Other),
    }
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks(2).map(|two| match two {
        [first, second] => unit([*first, *second]),
        _ => 0xfffd,
    });
    char::decode_utf16(units)
        .map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_windows_writes_it() {
        let words = "{\"ä\": \"€ 😀\"}\r\n";
        let units: Vec<u16> = words.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for (bytes, encoding) in [
            (words.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xef\xbb\xbf", words.as_bytes()].concat(), Encoding::Utf8),
            ([b"\xff\xfe", little.as_slice()].concat(), Encoding::Utf16),
            ([b"\xfe\xff", big.as_slice()].concat(), Encoding::Utf16),
            (little, Encoding::Utf16),
            (big, Encoding::Utf16),
        ] {
            assert_eq!(decoded(&bytes), (words.into(), encoding), "{bytes:02x?}");
        }
        assert_eq!(
            decoded(b"M\xfcller"),
            ("M\u{fffd}ller".into(), Encoding::Other)
        );
        assert_eq!(decoded(b"\xff\xfea"), ("\u{fffd}".into(), Encoding::Utf16));
        assert_eq!(decoded(b""), ("".into(), Encoding::Utf8));
    }
}
