//! What can go wrong on the way to the hub and on a connection to it, with what to do.

use std::{error::Error, fmt, io, time::Duration};

use tokio_tungstenite::tungstenite::{self, protocol::CloseFrame};

use crate::{cause, token::SigningKeyError};

/// The limit of one connect: proxy, TLS and WebSocket together.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Why the hub was not reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("AD_HUB names no host that can be reached")]
    Address,
    #[error(
        "cannot connect to {address}: {}; check the network, or set HTTP_PROXY",
        cause::io(cause)
    )]
    Tcp {
        address: String,
        #[source]
        cause: io::Error,
    },
    #[error(
        "the proxy {proxy} does not connect to {address}: {}; check HTTP_PROXY, its user and \
         password, and whether the proxy lets this address through",
        cause::any(cause.as_ref())
    )]
    Proxy {
        proxy: String,
        address: String,
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    #[error(
        "{address} cannot be trusted: {}; if a proxy re-encrypts the traffic, give its CA in \
         SSL_CA_FILE",
        cause::io(cause)
    )]
    Tls {
        address: String,
        #[source]
        cause: io::Error,
    },
    #[error(
        "{address} does not speak WebSocket there: {}; check AD_HUB",
        cause::websocket(cause)
    )]
    Handshake {
        address: String,
        #[source]
        cause: Box<tungstenite::Error>,
    },
    #[error("the hub does not answer within {} s", CONNECT_LIMIT.as_secs())]
    Timeout,
}

/// Why there is no connection on which the hub sends requests, or why one ended.
#[derive(Debug, thiserror::Error)]
pub enum TunnelError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    #[error("the connection ended: {}", cause::websocket(.0))]
    Socket(#[source] Box<tungstenite::Error>),
    #[error("the hub closed the connection{}", Goodbye(.0.as_ref()))]
    Closed(Option<CloseFrame>),
    #[error("the hub does not answer our proof within {} s", .0.as_secs())]
    NoVerdict(Duration),
    /// In the hub's own words.
    #[error("the hub does not accept our signature: {0}")]
    Refused(String),
    #[error("no sign of life for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the hub does not read our answers")]
    NotRead,
}

impl From<tungstenite::Error> for TunnelError {
    fn from(error: tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}

/// What the hub said when it closed the connection.
struct Goodbye<'a>(Option<&'a CloseFrame>);

impl fmt::Display for Goodbye<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(frame) = self.0 else {
            return Ok(());
        };
        write!(f, " with code {}", u16::from(frame.code))?;
        if !frame.reason.is_empty() {
            write!(f, ": {}", frame.reason)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    use super::*;

    #[test]
    fn a_close_is_told_by_its_code_and_reason() {
        let closed = |code, reason: &str| {
            let reason = reason.to_owned().into();
            TunnelError::Closed(Some(CloseFrame { code, reason })).to_string()
        };
        assert_eq!(
            closed(CloseCode::Away, "restart"),
            "the hub closed the connection with code 1001: restart"
        );
        assert_eq!(
            closed(CloseCode::Error, ""),
            "the hub closed the connection with code 1011"
        );
        let nothing = TunnelError::Closed(None).to_string();
        assert_eq!(nothing, "the hub closed the connection");
    }
}
