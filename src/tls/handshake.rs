//! The handshake of one connection, within a limit, and what can go wrong in it.

use std::{io, time::Duration};

use rustls::{
    AlertDescription, CertificateError, HandshakeKind,
    server::{Accepted, Acceptor},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};
use tokio_rustls::server::StartHandshake;

use super::{ConnectionInfo, Secured, TlsServer};
use crate::{
    accept::{Connection, First, Stream, first},
    cause,
};

/// From the first byte to the end of the handshake.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// What a handshake takes beside what the client sends, in bytes.
const HOLDS: usize = 12 << 10;
/// A record's header: its kind, a version, the length of what follows (RFC 8446, section 5.1).
const RECORD_HEADER: usize = 5;
const HANDSHAKE_RECORD: u8 = 22;
/// What follows a header at most (RFC 5246, section 6.2.3; less in RFC 8446).
const LONGEST_RECORD: usize = (16 << 10) + 2048;
/// How much room a ClientHello gets at first: most fit.
const HELLO: usize = 1024;
/// How much of a plain request is read before it is answered.
const PLAIN_HTTP_READ: usize = 16 << 10;

/// The answer to a browser that was sent here with `http://`.
const PLAIN_HTTP_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 84\r\n\
    Connection: close\r\n\
    \r\n\
    This port speaks HTTPS: write https:// in place of http:// in front of the address.\n";

/// Why there is no TLS on a connection.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeFailure {
    #[error("not finished within the time limit")]
    Timeout,
    #[error("closed before it was finished")]
    Eof,
    #[error("plain HTTP was spoken to this port")]
    PlainHttp,
    #[error("a PROXY header, where none is expected")]
    ProxyHeader,
    /// The client refused: most often it does not trust our certificate.
    #[error("refused by the client: {}", cause::alert(*.0))]
    Alert(AlertDescription),
    /// No common version, cipher suite or protocol.
    #[error("the client has no TLS version, cipher suite or protocol in common with this program")]
    NothingInCommon(#[source] Box<rustls::Error>),
    /// The client's certificate, or the proof that it holds the key.
    #[error("the client's certificate {}", cause::certificate(.0))]
    ClientCertificate(CertificateError),
    #[error("not TLS: {}", cause::tls(.0))]
    Protocol(#[source] Box<rustls::Error>),
    #[error("connection lost: {}", cause::io(.0))]
    Io(#[source] io::Error),
}

impl HandshakeFailure {
    /// The value of the metric's label `outcome`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Timeout => "tls_timeout",
            Self::Eof => "tls_eof",
            Self::PlainHttp => "tls_plain_http",
            Self::ProxyHeader => "tls_proxy_header",
            Self::Alert(_) => "tls_alert",
            Self::NothingInCommon(_) => "tls_nothing_in_common",
            Self::ClientCertificate(_) => "tls_client_certificate",
            Self::Protocol(_) => "tls_protocol",
            Self::Io(_) => "tls_io",
        }
    }

    /// Whether an administrator can do something about it: clients that go away, scanners and the
    /// balancer's connection checks are everyday noise.
    #[must_use]
    pub fn is_worth_a_line(&self) -> bool {
        matches!(
            self,
            Self::Alert(_) | Self::NothingInCommon(_) | Self::ClientCertificate(_) | Self::Timeout
        )
    }

    fn of(cause: io::Error) -> Self {
        use rustls::Error as Tls;
        match cause::tls_in(&cause) {
            Some(Tls::AlertReceived(alert)) => Self::Alert(*alert),
            Some(tls @ (Tls::PeerIncompatible(_) | Tls::NoApplicationProtocol)) => {
                Self::NothingInCommon(Box::new(tls.clone()))
            }
            Some(Tls::InvalidCertificate(fault)) => Self::ClientCertificate(fault.clone()),
            Some(tls) => Self::Protocol(Box::new(tls.clone())),
            None if cause.kind() == io::ErrorKind::UnexpectedEof => Self::Eof,
            None => Self::Io(cause),
        }
    }
}

impl TlsServer {
    /// Does the handshake with the identity in use now.
    ///
    /// # Errors
    /// When it fails or lasts longer than `limit`. Either way `foreign_name` holds the host that the
    /// client asked for, when the certificate does not cover it.
    pub async fn handshake(
        &self,
        connection: Connection,
        limit: Duration,
        foreign_name: &mut Option<String>,
    ) -> Result<Secured, HandshakeFailure> {
        timeout(limit, self.handshake_now(connection, foreign_name))
            .await
            .map_err(|_| HandshakeFailure::Timeout)?
    }

    async fn handshake_now(
        &self,
        connection: Connection,
        foreign_name: &mut Option<String>,
    ) -> Result<Secured, HandshakeFailure> {
        let Connection {
            mut stream,
            peer,
            via,
        } = connection;
        match first(stream.socket()).await {
            First::Tls | First::Other => {}
            First::Closed => return Err(HandshakeFailure::Eof),
            First::ProxyVersion1 | First::ProxyVersion2 => {
                return Err(HandshakeFailure::ProxyHeader);
            }
            First::Http => {
                answer_plain_http(stream).await;
                return Err(HandshakeFailure::PlainHttp);
            }
        }
        stream.activity().holds(HOLDS);
        let current = self.current();
        let accepted = accepted(&mut stream).await?;
        let greeted = StartHandshake::from_parts(accepted, stream);
        let hello = greeted.client_hello();
        let name = hello.server_name();
        *foreign_name = name
            .filter(|name| !current.leaf.covers(name))
            .map(str::to_owned);
        let config = current.for_client(&hello);
        let stream = greeted
            .into_stream(config)
            .await
            .map_err(HandshakeFailure::of)?;
        let (_, session) = stream.get_ref();
        let info = ConnectionInfo {
            client: peer,
            via,
            client_chain: session
                .peer_certificates()
                .map(|chain| chain.iter().map(|one| one.clone().into_owned()).collect()),
            resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
            channel_binding: current.leaf.channel_binding.clone(),
        };
        Ok(Secured {
            stream: Box::new(stream),
            info,
        })
    }
}

/// Reads the ClientHello. rustls' own buffer takes eight kilobytes as soon as a part of it is missing, which costs
/// a client that leaves it at that nothing; here it takes what was sent.
async fn accepted(stream: &mut Stream) -> Result<Accepted, HandshakeFailure> {
    let mut acceptor = Acceptor::default();
    let mut bytes = Vec::with_capacity(HELLO);
    loop {
        while is_missing_some(&bytes) {
            match stream.read_buf(&mut bytes).await {
                Ok(0) => return Err(HandshakeFailure::Eof),
                Ok(_) => {}
                Err(error) => return Err(HandshakeFailure::of(error)),
            }
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            acceptor.read_tls(&mut rest).map_err(HandshakeFailure::of)?;
        }
        bytes.clear();
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok(accepted),
            // It goes on in another record.
            Ok(None) => {}
            Err((error, mut alert)) => {
                // Best effort: what is wrong is wrong whether or not the client learns of it.
                let mut told = Vec::new();
                if alert.write_all(&mut told).is_ok() && stream.write_all(&told).await.is_ok() {
                    let _ = stream.shutdown().await;
                }
                let error = io::Error::new(io::ErrorKind::InvalidData, error);
                return Err(HandshakeFailure::of(error));
            }
        }
    }
}

/// Whether a record of the handshake is there in part only. What can be no such record goes to rustls as it is.
fn is_missing_some(bytes: &[u8]) -> bool {
    match bytes {
        [HANDSHAKE_RECORD, 3, _, high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            length <= LONGEST_RECORD && rest.len() < length
        }
        other => other.len() < RECORD_HEADER,
    }
}

/// Best effort: the caller's time limit covers it.
async fn answer_plain_http(mut stream: Stream) {
    // A socket closed with unread bytes is reset, and the reset may overtake the answer.
    let drained = async {
        let (mut part, mut kept, mut read) = ([0; 512], 0, 0);
        while read < PLAIN_HTTP_READ {
            match stream.read(&mut part[kept..]).await {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    read += length;
                    let end = kept + length;
                    if part[..end].windows(4).any(|four| four == b"\r\n\r\n") {
                        return;
                    }
                    // The end may begin in this part.
                    kept = end.min(3);
                    part.copy_within(end - kept..end, 0);
                }
            }
        }
    };
    tokio::select! {
        () = drained => {}
        () = sleep(Duration::from_secs(1)) => {}
    }
    if stream.write_all(PLAIN_HTTP_ANSWER).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

#[cfg(test)]
#[path = "handshake_tests.rs"]
mod tests;
