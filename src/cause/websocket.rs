//! WebSocket: what tungstenite says.

use tokio_tungstenite::tungstenite::Error;

/// An error of a WebSocket connection.
pub fn websocket(error: &Error) -> String {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => "the connection is closed".to_owned(),
        Error::Io(error) => super::io(error),
        Error::Tls(error) => super::any(error),
        Error::Http(response) => format!("it answers {}", response.status()),
        // Sentences of the library, without debug text.
        Error::Protocol(error) => super::lower_first(&error.to_string()),
        Error::Capacity(_) => "a message is too large".to_owned(),
        Error::Utf8(_) => "a text is not UTF-8".to_owned(),
        Error::Url(_) | Error::HttpFormat(_) => "the URL cannot be used".to_owned(),
        Error::WriteBufferFull(_) => "it does not read what is sent to it".to_owned(),
        Error::AttackAttempt => "it breaks the rules of WebSocket".to_owned(),
    }
}
