//! Opens connections to one server: TCP, TLS and the task that drives ldap3.

use std::{net::IpAddr, sync::Arc, time::Duration};

use ldap3::{LdapConnAsync, LdapConnSettings, StdStream};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io,
    net::{TcpStream, UnixStream},
    time::{Instant, timeout},
};

use super::{
    connect_cause::ConnectCause,
    connection::Connection,
    dns::{LookupError, Names},
    error::DirectoryError,
};
use crate::config::{Scheme, ServerUrl};

/// Long enough for a lost SYN to be sent again, short enough to find a dead address soon.
const TCP_TIMEOUT: Duration = Duration::from_secs(2);
/// When an idle connection is probed by the kernel, and how often.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// Bytes that nobody acknowledged for this long end the connection.
const UNACKNOWLEDGED: Duration = Duration::from_secs(8);

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
        let settings = LdapConnSettings::new()
            .set_config(Arc::clone(&self.tls))
            .set_starttls(self.start_tls && self.url.scheme == Scheme::Ldap);
        let opened = match self.url.host.parse::<IpAddr>() {
            Ok(address @ IpAddr::V6(_)) if self.url.scheme == Scheme::Ldaps => {
                let stream = self.tls_for_address(address, tcp).await?;
                LdapConnAsync::with_settings(settings.set_std_stream(stream), "ldapi:///").await
            }
            Ok(IpAddr::V6(_)) if settings.starttls() => {
                return Err(ConnectCause::StartTlsToIpv6);
            }
            _ => {
                let stream = StdStream::Tcp(tcp.into_std().map_err(ConnectCause::stream)?);
                LdapConnAsync::with_settings(settings.set_std_stream(stream), &self.name).await
            }
        };
        let (driver, ldap) = opened?;
        let connection = Connection::start(self.name.clone(), driver, ldap);
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

    /// ldap3 takes the brackets of `ldaps://[::1]` for a part of the name and fails. So TLS is ended
    /// here and ldap3 gets one end of a socket pair.
    async fn tls_for_address(
        &self,
        address: IpAddr,
        tcp: TcpStream,
    ) -> Result<StdStream, ConnectCause> {
        let tls = tokio_rustls::TlsConnector::from(Arc::clone(&self.tls))
            .connect(ServerName::from(address), tcp)
            .await
            .map_err(ConnectCause::stream)?;
        let (ours, theirs) = UnixStream::pair().map_err(ConnectCause::stream)?;
        tokio::spawn(async move {
            let (mut tls, mut ours) = (tls, ours);
            // Whoever ends first, the other end then sees the end as well: nothing to handle here.
            let _ = io::copy_bidirectional(&mut tls, &mut ours).await;
        });
        let theirs = theirs.into_std().map_err(ConnectCause::stream)?;
        Ok(StdStream::Unix(theirs))
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

    /// A connection to a server that answers the first request with `answer`, or with nothing.
    async fn connection_answered_with(answer: &'static [u8]) -> Connection {
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
            let _ = client.write_all(answer).await;
            let _ = client.read(&mut request).await;
        });
        let provider = Arc::new(aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let connector = Connector::new(
            url,
            false,
            Arc::new(tls),
            Duration::from_secs(5),
            Names::default(),
        );
        connector.open().await.expect("connects")
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
