//! The PROXY protocol, version 2: the balancer tells the client's address before the first byte of
//! TLS (`proxy-protocol.txt` of `HAProxy`, section 2.2).

use std::{io, time::Duration};

use proxy_header::{ParseConfig, Protocol, ProxiedAddress, ProxyHeader};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

use crate::cause;

/// How long a balancer may take for its header; it sends it with the first segment.
pub const PROXY_HEADER_LIMIT: Duration = Duration::from_secs(5);

/// Signature, version and command, family and protocol, length of the rest.
const FIXED_PART: usize = 16;
pub(super) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// What a header of version 1 opens with (section 2.1).
pub(super) const VERSION_1: &[u8; 6] = b"PROXY ";

/// Why a connection that should begin with a PROXY header was closed.
#[derive(Debug, thiserror::Error)]
pub enum ProxyRefusal {
    #[error("the sender is not in TRUSTED_PROXIES: add its address if it is your balancer")]
    Untrusted,
    #[error("no PROXY v2 header within the time limit")]
    Timeout,
    #[error(
        "no PROXY v2 header: add `send-proxy-v2` to the balancer's server line, or set PROXY_PROTOCOL to off"
    )]
    Missing,
    #[error(
        "a PROXY header of version 1: write `send-proxy-v2` in place of `send-proxy` at the balancer"
    )]
    Version1,
    #[error("a malformed PROXY v2 header")]
    Malformed,
    #[error("closed before a whole PROXY v2 header: {}", cause::io(.0))]
    Closed(#[source] io::Error),
}

impl ProxyRefusal {
    /// The value of the metric's label `outcome`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Untrusted => "proxy_untrusted",
            Self::Timeout => "proxy_timeout",
            Self::Missing => "proxy_missing",
            Self::Version1 => "proxy_version_1",
            Self::Malformed => "proxy_malformed",
            Self::Closed(_) => "proxy_closed",
        }
    }
}

/// Reads one header and not a byte more. `None` is the command LOCAL, or an address family without
/// addresses: the connection is the balancer's own, as a health check is.
pub(super) async fn read_header<S>(
    stream: &mut S,
    limit: Duration,
) -> Result<Option<ProxiedAddress>, ProxyRefusal>
where
    S: AsyncRead + Unpin,
{
    timeout(limit, read(stream))
        .await
        .map_err(|_| ProxyRefusal::Timeout)?
}

pub(super) async fn read<S>(stream: &mut S) -> Result<Option<ProxiedAddress>, ProxyRefusal>
where
    S: AsyncRead + Unpin,
{
    // The length is in the fixed part, so what follows the header stays in the socket.
    let mut bytes = vec![0; FIXED_PART];
    let mut read = 0;
    while read < FIXED_PART {
        match stream.read(&mut bytes[read..]).await {
            Ok(0) => return Err(ProxyRefusal::Closed(io::ErrorKind::UnexpectedEof.into())),
            Ok(n) => read += n,
            Err(cause) => return Err(ProxyRefusal::Closed(cause)),
        }
        // Refused at once: a client without a header may wait for our answer without a limit.
        if !begins(&bytes[..read], SIGNATURE) {
            if read >= VERSION_1.len() && begins(&bytes[..read], VERSION_1) {
                return Err(ProxyRefusal::Version1);
            }
            if !begins(&bytes[..read], VERSION_1) {
                return Err(ProxyRefusal::Missing);
            }
        }
    }
    let rest = usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
    bytes.resize(FIXED_PART + rest, 0);
    stream
        .read_exact(&mut bytes[FIXED_PART..])
        .await
        .map_err(ProxyRefusal::Closed)?;
    let config = ParseConfig {
        include_tlvs: false,
        allow_v1: false,
        allow_v2: true,
    };
    let (header, _) = ProxyHeader::parse(&bytes, config).map_err(|_| ProxyRefusal::Malformed)?;
    match header.proxied_address() {
        Some(address) if address.protocol == Protocol::Datagram => Err(ProxyRefusal::Malformed),
        address => Ok(address.cloned()),
    }
}

/// As far as both go.
fn begins(bytes: &[u8], signature: &[u8]) -> bool {
    let length = bytes.len().min(signature.len());
    bytes[..length] == signature[..length]
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    fn header(source: &str) -> Vec<u8> {
        let source = source.parse().expect("an address");
        let mut bytes = Vec::new();
        let destination = "203.0.113.9:443".parse().expect("an address");
        ProxyHeader::with_address(ProxiedAddress::stream(source, destination))
            .encode_v2(&mut bytes)
            .expect("encodes");
        bytes
    }

    async fn read_from(bytes: &[u8]) -> Result<Option<ProxiedAddress>, ProxyRefusal> {
        let (mut near, mut far) = tokio::io::duplex(1 << 17);
        far.write_all(bytes).await.expect("fits");
        // `far` stays open: what is missing must run into the limit.
        let result = read_header(&mut near, LIMIT).await;
        drop(far);
        result
    }

    #[tokio::test]
    async fn what_follows_the_header_is_not_lost() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        let mut sent = header("198.51.100.7:50000");
        sent.extend_from_slice(b"\x16\x03\x01hello");
        far.write_all(&sent).await.expect("fits");
        let address = read_header(&mut near, LIMIT)
            .await
            .expect("well formed")
            .expect("not local");
        assert_eq!(address.source.to_string(), "198.51.100.7:50000");
        drop(far);
        let mut left = Vec::new();
        near.read_to_end(&mut left).await.expect("reads");
        assert_eq!(left, b"\x16\x03\x01hello");
    }

    #[tokio::test]
    async fn a_health_check_is_local() {
        let mut bytes = Vec::new();
        ProxyHeader::with_local()
            .encode_v2(&mut bytes)
            .expect("encodes");
        assert_eq!(read_from(&bytes).await.expect("well formed"), None);
    }

    #[tokio::test]
    async fn a_client_without_header_is_told_apart_at_once() {
        let error = read_from(b"GET / HTTP").await.expect_err("no header");
        assert!(matches!(error, ProxyRefusal::Missing), "{error:?}");
        let error = read_from(b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n").await;
        assert!(matches!(error, Err(ProxyRefusal::Version1)), "{error:?}");
        let error = read_from(b"PUT / HTTP/1.1\r\n\r\n").await;
        assert!(matches!(error, Err(ProxyRefusal::Missing)), "{error:?}");
    }

    #[tokio::test]
    async fn half_a_header_runs_into_the_limit() {
        let whole = header("198.51.100.7:50000");
        for cut in [0, 5, FIXED_PART, whole.len() - 1] {
            let error = read_from(&whole[..cut]).await.expect_err("incomplete");
            assert!(matches!(error, ProxyRefusal::Timeout), "{cut}: {error:?}");
        }
    }

    #[tokio::test]
    async fn wrong_versions_lengths_and_datagrams_are_malformed() {
        let good = header("198.51.100.7:50000");
        let broken = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            bytes
        };
        // Version 3; command 5; UDP; and a length too small for the addresses of its family.
        for bytes in [
            broken(12, 0x31),
            broken(12, 0x25),
            broken(13, 0x12),
            broken(15, 4),
        ] {
            let error = read_from(&bytes).await.expect_err("malformed");
            assert!(matches!(error, ProxyRefusal::Malformed), "{error:?}");
        }
    }
}
