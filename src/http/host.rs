//! Whether a request names one host. Two readers of an unclear one, a balancer and this program, may take
//! it for two different ones.

use axum::{
    extract::Request,
    http::{HeaderValue, Version, header, uri::Authority},
};

/// As RFC 9112 demands (section 3.2): one valid `Host`, equal to the host of an absolute target. HTTP/1.0
/// may have none, HTTP/2 an `:authority` in its place (RFC 9113, section 8.3.1).
pub(super) fn is_clear(request: &Request) -> bool {
    let target = request.uri().authority();
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => parsed(host).is_some_and(|host| target.is_none_or(|it| *it == host)),
        (None, _) => match request.version() {
            Version::HTTP_09 | Version::HTTP_10 => true,
            Version::HTTP_11 => false,
            _ => target.is_some(),
        },
        (Some(_), Some(_)) => false,
    }
}

/// `host` or `host:port`.
fn parsed(host: &HeaderValue) -> Option<Authority> {
    let authority = Authority::try_from(host.as_bytes()).ok()?;
    // A user in front, or a port that is none.
    let port = authority.as_str().strip_prefix(authority.host())?;
    let digits = port.strip_prefix(':').unwrap_or(port);
    digits
        .chars()
        .all(|c| c.is_ascii_digit())
        .then_some(authority)
}
