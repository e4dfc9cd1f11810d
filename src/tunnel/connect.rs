//! The way to the hub: through a proxy or straight, TLS, then the WebSocket handshake.

use std::sync::Arc;

use axum::http::Uri;
use hyper_util::{
    client::{
        legacy::connect::{HttpConnector, proxy::Tunnel as ProxyTunnel},
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config, tungstenite::protocol::WebSocketConfig,
};
use tower::Service as _;
use url::{Host, Url};

use super::error::{CONNECT_LIMIT, ConnectError};
use crate::{config::ProxyConfig, secret::ExposeSecret as _};

/// A hostile hub may not fill the memory with one message; what is too large to be a request but
/// smaller than this is read and dropped, which keeps the answers in flight.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// A byte stream, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Connects to one hub.
#[derive(Debug)]
pub(super) struct Connector {
    hub: Url,
    tls: Arc<ClientConfig>,
    proxies: Matcher,
}

impl Connector {
    pub fn new(hub: Url, tls: Arc<ClientConfig>, proxy: &ProxyConfig) -> Self {
        let mut proxies = Matcher::builder().no(proxy.exempt.clone());
        if let Some(http) = &proxy.http {
            proxies = proxies.http(http.expose_secret().to_owned());
        }
        if let Some(https) = &proxy.https {
            proxies = proxies.https(https.expose_secret().to_owned());
        }
        Self {
            hub,
            tls,
            proxies: proxies.build(),
        }
    }

    /// One attempt, within [`CONNECT_LIMIT`].
    pub async fn connect(&self) -> Result<Socket, ConnectError> {
        let connected = timeout(CONNECT_LIMIT, self.connect_unlimited()).await;
        connected.unwrap_or(Err(ConnectError::Timeout))
    }

    async fn connect_unlimited(&self) -> Result<Socket, ConnectError> {
        let secure = self.hub.scheme() == "wss";
        let host = self.hub.host().ok_or(ConnectError::Address)?;
        let port = self.hub.port_or_known_default();
        let address = format!("{host}:{}", port.ok_or(ConnectError::Address)?);

        let tcp = self.tcp(secure, &address).await?;
        let stream: Box<dyn Stream> = if secure {
            let name = server_name(&host).ok_or(ConnectError::Address)?;
            let connected = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
            let connected = connected.await.map_err(|cause| ConnectError::Tls {
                address: address.clone(),
                cause,
            })?;
            Box::new(connected)
        } else {
            Box::new(tcp)
        };
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let opened = client_async_with_config(self.hub.as_str(), stream, Some(limits));
        let (socket, _) = opened.await.map_err(|cause| ConnectError::Handshake {
            address,
            cause: Box::new(cause),
        })?;
        Ok(socket)
    }

    async fn tcp(&self, secure: bool, address: &str) -> Result<TcpStream, ConnectError> {
        let scheme = if secure { "https" } else { "http" };
        let target: Uri = format!("{scheme}://{address}/")
            .parse()
            .map_err(|_| ConnectError::Address)?;
        let tcp = match self.proxies.intercept(&target) {
            None => TcpStream::connect(address)
                .await
                .map_err(|cause| ConnectError::Tcp {
                    address: address.to_owned(),
                    cause,
                })?,
            Some(proxy) => {
                let mut tunnel = ProxyTunnel::new(proxy.uri().clone(), HttpConnector::new());
                if let Some(credentials) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                let opened = tunnel.call(target).await;
                let opened = opened.map_err(|error| ConnectError::Proxy {
                    // Without the user and password that the URL may hold.
                    proxy: proxy.uri().host().unwrap_or_default().to_owned(),
                    address: address.to_owned(),
                    cause: error.into(),
                })?;
                TokioIo::into_inner(opened)
            }
        };
        // Answers are small and awaited. Without it they are slower, not wrong.
        let _ = tcp.set_nodelay(true);
        Ok(tcp)
    }
}

fn server_name(host: &Host<&str>) -> Option<ServerName<'static>> {
    match host {
        Host::Domain(name) => ServerName::try_from((*name).to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Ipv6(address) => Some(ServerName::from(std::net::IpAddr::from(*address))),
    }
}
