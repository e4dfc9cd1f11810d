//! Opens connections to one server: TCP, TLS and the task that drives ldap3.

use std::{
    os::unix::net,
    sync::{Arc, OnceLock},
    time::Duration,
};

use ldap3::{LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{self, AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;

use super::{
    connect_cause::ConnectCause,
    connection::Connection,
    dns::{LookupError, Names},
    error::{DirectoryError, LostCause},
    start_tls::start_tls,
    wire::relay,
};
use crate::config::{Scheme, ServerUrl};

/// Long enough for a lost SYN to be sent again, short enough to find a dead address soon.
const TCP_TIMEOUT: Duration = Duration::from_secs(2);
/// When an idle connection is probed by the kernel, and how often.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// Bytes that nobody acknowledged for this long end the connection.
const UNACKNOWLEDGED: Duration = Duration::from_secs(8);

/// A byte stream, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Knows how to reach one server.
#[derive(Debug)]
pub(super) struct Connector {
    url: ServerUrl,
    name: String,
    start_tls: bool,
    tls: Arc<ClientConfig>,
    timeout: Duration,
    names: Names,
}

impl Connector {
    pub fn new(
        url: ServerUrl,
        start_tls: bool,
        tls: Arc<ClientConfig>,
        timeout: Duration,
        names: Names,
    ) -> Self {
        Self {
            name: url.to_string(),
            url,
            start_tls,
            tls,
            timeout,
            names,
        }
    }

    /// The server's URL, as in logs and metrics.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new connection, not bound, within the timeout.
    pub async fn open(&self) -> Result<Connection, DirectoryError> {
        self.open_timed().await.map(|(connection, _)| connection)
    }

    /// The same, with how long name lookup and TCP took.
    pub async fn open_timed(&self) -> Result<(Connection, Duration), DirectoryError> {
        let opened = timeout(self.timeout, self.open_unlimited()).await;
        opened
            .map_err(|_| DirectoryError::Timeout {
                server: self.name.clone(),
                operation: "connecting",
                limit: self.timeout,
            })?
            .map_err(|cause| DirectoryError::connect(&self.name, cause))
    }

    async fn open_unlimited(&self) -> Result<(Connection, Duration), ConnectCause> {
        let started = Instant::now();
        let tcp = self.connect_tcp().await?;
        let reached = started.elapsed();
        let cause = Arc::new(OnceLock::new());
        let stream = self.relayed(tcp, Arc::clone(&cause)).await?;
        // TLS and the name are done with.
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(stream));
        let opened = LdapConnAsync::with_settings(settings, "ldapi:///").await;
        let (driver, ldap) = opened?;
        let connection = Connection::start(self.name.clone(), driver, ldap, cause);
        Ok((connection, reached))
    }

    /// The first address of the name that answers.
    async fn connect_tcp(&self) -> Result<TcpStream, ConnectCause> {
        let addresses = self.names.addresses(&self.url.host, self.url.port).await?;
        let mut failure = LookupError::NoAddress.into();
        for address in addresses {
            match timeout(TCP_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    prepare(&tcp).map_err(ConnectCause::stream)?;
                    return Ok(tcp);
                }
                Ok(Err(error)) => {
                    let error = Arc::new(error);
                    failure = ConnectCause::Tcp { address, error };
                }
                Err(_) => {
                    let limit = TCP_TIMEOUT;
                    failure = ConnectCause::TcpTimeout { address, limit };
                }
            }
        }
        Err(failure)
    }

    /// TLS is ended here, and what the server sends passes [`wire`](super::wire): ldap3 gets one end of a socket pair.
    async fn relayed(
        &self,
        mut tcp: TcpStream,
        cause: Arc<OnceLock<LostCause>>,
    ) -> Result<net::UnixStream, ConnectCause> {
        let stream: Box<dyn Stream> = match self.url.scheme {
            Scheme::Ldap if !self.start_tls => Box::new(tcp),
            scheme => {
                let name = ServerName::try_from(self.url.host.clone());
                let name = name.map_err(|error| ConnectCause::from(LdapError::from(error)))?;
                if scheme == Scheme::Ldap {
                    start_tls(&mut tcp).await?;
                }
                let connector = TlsConnector::from(Arc::clone(&self.tls));
                let connected = connector.connect(name, tcp).await;
                Box::new(connected.map_err(ConnectCause::stream)?)
            }
        };
        let (ours, theirs) = UnixStream::pair().map_err(ConnectCause::stream)?;
        tokio::spawn(relay(stream, ours, cause));
        theirs.into_std().map_err(ConnectCause::stream)
    }
}

/// Small requests leave at once, and a peer that vanished is noticed.
fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let socket = socket2::SockRef::from(tcp);
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE / 4);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustls::{RootCertStore, crypto::aws_lc_rs};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        time::Instant,
    };

    use super::*;

    /// A server that answers the first request with `answer`, or with nothing.
    async fn server_answering(answer: impl Into<Vec<u8>>) -> ServerUrl {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = ServerUrl {
            scheme: Scheme::Ldap,
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().expect("an address").port(),
        };
        tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.expect("a client");
            let mut request = [0; 1024];
            let _ = client.read(&mut request).await;
            let _ = client.write_all(&answer).await;
            let _ = client.read(&mut request).await;
        });
        url
    }

    fn connector(url: ServerUrl, start_tls: bool) -> Connector {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Connector::new(
            url,
            start_tls,
            Arc::new(tls),
            Duration::from_secs(5),
            Names::default(),
        )
    }

    async fn connection_answered_with(answer: impl Into<Vec<u8>>) -> Connection {
        let url = server_answering(answer).await;
        connector(url, false).open().await.expect("connects")
    }

    async fn bind(connection: &Connection) -> Result<u32, DirectoryError> {
        let deadline = Instant::now() + Duration::from_millis(500);
        let result = connection.bind("CN=a", "password", deadline).await;
        result.map(|result| result.rc)
    }

    #[tokio::test]
    async fn an_answer_that_is_not_ldap_is_a_lost_connection() {
        // No sequence; a message that panics ldap3's task; a bind response that panics its caller.
        let answers: [&[u8]; 3] = [b"\x31\x00", b"\x30\x00", b"\x30\x05\x02\x01\x01\x61\x00"];
        for answer in answers {
            let connection = connection_answered_with(answer).await;
            let result = bind(&connection).await;
            assert!(
                matches!(result, Err(DirectoryError::Lost { .. })),
                "{answer:?}: {result:?}"
            );
        }
    }

    /// So many sequences, each in the one before.
    fn nested(depth: usize) -> Vec<u8> {
        let header = |level: usize| {
            let length = u32::try_from(level * 6).expect("small").to_be_bytes();
            [0x30, 0x84].into_iter().chain(length)
        };
        (0..depth).rev().flat_map(header).collect()
    }

    #[tokio::test]
    async fn values_within_values_and_a_message_without_an_end_cost_a_connection() {
        // A stack holds some thousand.
        let connection = connection_answered_with(nested(200_000)).await;
        let lost = bind(&connection).await.expect_err("no answer");
        assert!(lost.to_string().contains("larger than"), "{lost}");
        let endless = b"\x30\x88\x00\x00\x00\xff\xff\xff\xff\xff\x04";
        let connection = connection_answered_with(endless).await;
        let lost = bind(&connection).await.expect_err("no answer");
        assert!(lost.to_string().contains("larger than"), "{lost}");
        // In the clear, before any certificate is seen.
        let url = server_answering(nested(200_000)).await;
        let refused = connector(url, true).open().await.expect_err("no answer");
        assert!(refused.to_string().contains("not valid LDAP"), "{refused}");
    }

    #[tokio::test]
    async fn silence_is_a_timeout_and_an_answer_is_read() {
        let connection = connection_answered_with(b"").await;
        assert!(matches!(
            bind(&connection).await,
            Err(DirectoryError::Timeout { .. })
        ));
        let refused = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00";
        let connection = connection_answered_with(refused).await;
        assert_eq!(bind(&connection).await.expect("an answer"), 49);
    }

    /// A server that is busy says nothing of the kind of directory that it is.
    #[tokio::test]
    async fn a_refused_look_at_the_root_is_no_root() {
        let limit = Duration::from_millis(500);
        let busy = b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x33\x04\x00\x04\x00";
        let root = connection_answered_with(busy).await.root(limit).await;
        assert!(
            matches!(root, Err(DirectoryError::Refused { code: 51, .. })),
            "{root:?}"
        );
        let hidden = b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x20\x04\x00\x04\x00";
        let root = connection_answered_with(hidden).await.root(limit).await;
        assert!(!root.expect("an answer").active_directory);
    }
}
