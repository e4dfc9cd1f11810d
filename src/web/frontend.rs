//! The user whom a trusted proxy names.

use axum::http::HeaderMap;

use crate::login::UnclearUser;

const HEADER: &str = "x-forwarded-user";

/// The one user in the header; `None` when there is no such header. One of several may be the client's own,
/// which a proxy left or put its own beside.
pub(super) fn user(headers: &HeaderMap) -> Option<Result<String, UnclearUser>> {
    let lines: Vec<_> = headers.get_all(HEADER).iter().collect();
    let line = match lines.as_slice() {
        [] => return None,
        [line] => line,
        several => return Some(Err(UnclearUser::Several(several.len()))),
    };
    let Ok(text) = std::str::from_utf8(line.as_bytes()) else {
        return Some(Err(UnclearUser::NotText));
    };
    let user = text.trim_matches([' ', '\t']);
    if user == "(null)" {
        // Apache writes so for nobody.
        return None;
    }
    Some(if user.is_empty() {
        Err(UnclearUser::Blank)
    } else if user.contains(',') {
        Err(UnclearUser::List)
    } else if user.contains(char::is_control) {
        Err(UnclearUser::NotText)
    } else {
        Ok(user.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(lines: &[&[u8]]) -> Option<Result<String, UnclearUser>> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HEADER, HeaderValue::from_bytes(line).expect("a value"));
        }
        user(&headers)
    }

    #[test]
    fn exactly_one_user_counts() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[b"(null)"]), None);
        for user in ["alice", "alice@CORP.EXAMPLE", r"CORP\alice", "Zoë Smith"] {
            assert_eq!(read(&[user.as_bytes()]), Some(Ok(user.to_owned())));
        }
        for (lines, why) in [
            (&[&b"alice"[..], b"bob"][..], UnclearUser::Several(2)),
            (&[b"", b"bob"], UnclearUser::Several(2)),
            (&[b"alice", b"alice"], UnclearUser::Several(2)),
            (&[b"(null)", b"bob"], UnclearUser::Several(2)),
            (&[b"alice, bob"], UnclearUser::List),
            (&[b",alice"], UnclearUser::List),
            (&[b""], UnclearUser::Blank),
            (&[b" \t "], UnclearUser::Blank),
            (&[b"ali\tce"], UnclearUser::NotText),
            (&[b"ali\xffce"], UnclearUser::NotText),
            (&["ali\u{85}ce".as_bytes()], UnclearUser::NotText),
        ] {
            assert_eq!(read(lines), Some(Err(why)), "{lines:?}");
        }
    }
}
