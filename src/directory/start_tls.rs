//! The StartTLS operation (RFC 4511, section 4.14), done here: its answer comes in the clear, from whoever is there,
//! and must not reach a decoder unseen ([`wire`](super::wire)).

use ldap3::asn1::{StructureTag, parse_tag, parse_uint};
use tokio::io::{self, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{
    connect_cause::{ConnectCause, one_line},
    wire::Scan,
};

/// An ExtendedRequest with the message id 1 and the name 1.3.6.1.4.1.1466.20037.
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// ExtendedResponse (RFC 4511, section 4.12).
const RESPONSE: u64 = 24;
/// No answer is longer.
const MOST_BYTES: usize = 16 << 10;

/// Asks the server to begin TLS, and reads its answer and nothing behind it.
///
/// # Errors
/// When it does not agree.
pub(super) async fn start_tls(
    server: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> Result<(), ConnectCause> {
    let sent = server.write_all(REQUEST).await;
    sent.map_err(ConnectCause::stream)?;
    let (mut answer, mut scan) = (Vec::new(), Scan::default());
    while !scan.is_complete() {
        // One by one: what follows is TLS, or somebody's who would like it to pass for that.
        let byte = match server.read_u8().await {
            Ok(byte) => byte,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(ConnectCause::StartTlsClosed);
            }
            Err(error) => return Err(ConnectCause::stream(error)),
        };
        answer.push(byte);
        if answer.len() > MOST_BYTES || scan.read(&[byte]).is_err() {
            return Err(ConnectCause::NotLdap);
        }
    }
    match result(&answer).ok_or(ConnectCause::NotLdap)? {
        (0, _) => Ok(()),
        (code, text) => Err(ConnectCause::StartTlsRefused { code, text }),
    }
}

/// Code and text of the answer.
fn result(answer: &[u8]) -> Option<(u32, String)> {
    let (_, message) = parse_tag(answer).ok()?;
    let mut parts = message.expect_constructed()?.into_iter().skip(1);
    let response = parts.next()?.match_id(RESPONSE)?;
    let mut parts = response.expect_constructed()?.into_iter();
    let mut next = || parts.next().and_then(StructureTag::expect_primitive);
    let code = next()?;
    let (_, code) = parse_uint(&code).ok()?;
    let _matched = next()?;
    let text = String::from_utf8_lossy(&next()?).into_owned();
    Some((u32::try_from(code).ok()?, one_line(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(answer: &'static [u8]) -> Result<Vec<u8>, ConnectCause> {
        let (mut ours, mut server) = io::duplex(1024);
        server.write_all(answer).await.expect("taken");
        let started = async {
            let started = start_tls(&mut ours).await;
            ours.shutdown().await.expect("open");
            started
        };
        let answering = async {
            let mut request = [0; REQUEST.len()];
            server.read_exact(&mut request).await.expect("a request");
            assert_eq!(request, REQUEST);
            server.shutdown().await.expect("open");
        };
        let (started, ()) = tokio::join!(started, answering);
        started?;
        let mut rest = Vec::new();
        ours.read_to_end(&mut rest).await.expect("open");
        Ok(rest)
    }

    #[tokio::test]
    async fn it_ends_with_the_server_s_word() {
        let agreed = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00tls";
        assert_eq!(answered(agreed).await.expect("agreed"), b"tls");
        let refused = b"\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x34\x04\x00\x04\x02no";
        let cause = answered(refused).await.expect_err("refused");
        assert_eq!(cause.to_string(), "StartTLS is refused: result 52 no");
        for (answer, cause) in [
            (&b""[..], "closed the connection during StartTLS"),
            (&refused[..9], "closed the connection during StartTLS"),
            (b"\x30\x03\x02\x01\x01", "not valid LDAP"),
            (b"\x30\x05\x02\x01\x01\x78\x00", "not valid LDAP"),
            (b"\x30\x84\x7f\xff\xff\xff", "not valid LDAP"),
            (b"HTTP/1.1 400", "not valid LDAP"),
        ] {
            let told = answered(answer).await.expect_err("no answer").to_string();
            assert!(told.contains(cause), "{answer:?}: {told}");
        }
    }
}
