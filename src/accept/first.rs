//! What a connection begins with, looked at without taking it: TLS, HTTP or a PROXY header.

use std::time::Duration;

use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use super::proxy::{SIGNATURE, VERSION_1};

/// How often a client that has sent a part of a signature is looked at again, and how long.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// A TLS record of a handshake: its type, and the first byte of its version (RFC 8446, section 5.1).
const TLS_RECORD: &[u8; 2] = &[22, 3];

/// What a connection begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    ProxyVersion1,
    ProxyVersion2,
    Tls,
    Http,
    /// Something else.
    Other,
    /// The client closed it, or the connection broke.
    Closed,
}

/// Looks at the first bytes without taking them.
pub async fn first(stream: &TcpStream) -> First {
    let mut bytes = [0; SIGNATURE.len()];
    let end = Instant::now() + LOOK_LIMIT;
    let mut before = 0;
    loop {
        let length = match stream.peek(&mut bytes).await {
            Ok(0) | Err(_) => return First::Closed,
            Ok(length) => length,
        };
        match recognised(&bytes[..length]) {
            Some(first) => return first,
            // A part of a signature: the rest may be on its way.
            None if Instant::now() < end => {
                if length == before {
                    sleep(LOOK).await;
                }
                before = length;
            }
            None => return First::Other,
        }
    }
}

/// `None`: too little to tell.
pub(super) fn recognised(bytes: &[u8]) -> Option<First> {
    for (signature, first) in [
        (SIGNATURE.as_slice(), First::ProxyVersion2),
        (VERSION_1, First::ProxyVersion1),
        (TLS_RECORD, First::Tls),
    ] {
        let length = bytes.len().min(signature.len());
        if bytes[..length] == signature[..length] {
            return (length == signature.len()).then_some(first);
        }
    }
    // Every method begins with a capital letter.
    Some(if bytes[0].is_ascii_uppercase() {
        First::Http
    } else {
        First::Other
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_are_recognised_and_a_part_waits() {
        for (bytes, first) in [
            (SIGNATURE.as_slice(), Some(First::ProxyVersion2)),
            (b"\r\n\r\n", None),
            (b"PROXY TCP4 ", Some(First::ProxyVersion1)),
            (b"PROX", None),
            (b"PUT / HTTP/", Some(First::Http)),
            (b"P", None),
            (b"GET /readyz ", Some(First::Http)),
            (&[22, 3, 1, 2, 0], Some(First::Tls)),
            (&[22], None),
            (&[22, 9], Some(First::Other)),
            (b"\r\nGET", Some(First::Other)),
        ] {
            assert_eq!(recognised(bytes), first, "{bytes:?}");
        }
    }
}
