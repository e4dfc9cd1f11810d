//! How large and how slow a client may be.

use std::time::Duration;

use crate::tls::HANDSHAKE_LIMIT;

/// Room for the request line and every header but the one with the Kerberos token: the request line
/// carries `wctx`, and a host's other applications may leave large cookies.
const OTHER_HEADERS: usize = 16 * 1024;
/// Heads up to this much above the limit are still read, so that they get a page that explains.
const READ_TO_EXPLAIN: usize = 64 * 1024;

/// The limits of one site.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Request line and headers, in bytes; more is answered with the page 431.
    pub head: usize,
    /// What is read of a head at all; hyper answers more with a bare 431.
    pub buffer: usize,
    /// Request body, in bytes; more is 413.
    pub body: usize,
    /// TLS handshake.
    pub handshake: Duration,
    /// From the end of the handshake to the end of the first request's head.
    pub first_head: Duration,
    /// From one answer to the end of the next request's head.
    pub next_head: Duration,
    /// From a request's head to its answer, the reading of its body included; more is 503.
    pub request: Duration,
    /// How long a client may take none of the bytes that it is sent.
    pub write: Duration,
    /// How long a connection that has not asked anything yet stays open when the program stops: its
    /// first request may be on the way.
    pub last_request: Duration,
}

impl Limits {
    /// For Kerberos tokens of up to `max_token` bytes, which arrive in base64.
    #[must_use]
    pub fn for_token(max_token: usize) -> Self {
        let head = max_token.div_ceil(3) * 4 + OTHER_HEADERS;
        Self {
            head,
            buffer: head + READ_TO_EXPLAIN,
            body: 64 * 1024,
            handshake: HANDSHAKE_LIMIT,
            first_head: Duration::from_secs(10),
            next_head: Duration::from_secs(30),
            request: Duration::from_secs(30),
            write: Duration::from_secs(30),
            last_request: Duration::from_secs(2),
        }
    }
}
