//! Tests of the accept loop, on real sockets.

use std::net::{Ipv4Addr, SocketAddr};

use proxy_header::{ProxiedAddress, ProxyHeader};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
    time::timeout,
};

use super::*;
use crate::network::NetworkWidths;

const SOON: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(60);

struct Running {
    address: SocketAddr,
    lifecycle: Lifecycle,
    metrics: Arc<Metrics>,
    /// Client and balancer of each connection, and the first bytes that it sent.
    served: mpsc::UnboundedReceiver<(SocketAddr, Option<SocketAddr>, Vec<u8>)>,
}

/// An accept loop whose connections report themselves and then stay open until the client closes.
fn run(connections: usize, trusted: Option<&str>) -> Running {
    let listener = Listener::bind(Ipv4Addr::LOCALHOST.into(), 0).expect("binds");
    let address = listener.address();
    let config = ListenConfig {
        address: address.ip(),
        port: 0,
        proxy_protocol: trusted.map_or(ProxyProtocol::Off, |_| ProxyProtocol::V2),
        trusted_proxies: trusted
            .map(|net| net.parse().expect("a network"))
            .into_iter()
            .collect(),
        max_connections: connections,
        networks: NetworkWidths::default(),
        max_token: 65_536,
    };
    let lifecycle = Lifecycle::new();
    let metrics = Arc::new(Metrics::new());
    let mismatches = Mismatches::new(None);
    let mut limits = AcceptLimits::from_config(&config, connections, &mismatches, &metrics);
    if let Some(rule) = &mut limits.proxy {
        rule.limit = SHORT;
    }
    let (tell, served) = mpsc::unbounded_channel();
    let serve = move |mut connection: Connection| {
        let tell = tell.clone();
        async move {
            let mut first = vec![0; 64];
            let n = connection.stream.read(&mut first).await.unwrap_or(0);
            first.truncate(n);
            let _ = tell.send((connection.peer, connection.via, first));
            let _ = connection.stream.read(&mut [0; 64]).await;
        }
    };
    tokio::spawn(accept(
        listener.into(),
        limits,
        lifecycle.clone(),
        Some(Arc::clone(&metrics)),
        serve,
    ));
    Running {
        address,
        lifecycle,
        metrics,
        served,
    }
}

impl Running {
    async fn connect(&self, first: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        stream.write_all(first).await.expect("sends");
        stream
    }

    async fn next(&mut self) -> (SocketAddr, Option<SocketAddr>, Vec<u8>) {
        timeout(SOON, self.served.recv())
            .await
            .expect("served in time")
            .expect("the loop runs")
    }

    fn outcomes(&self, outcome: &str) -> u64 {
        self.metrics
            .connections_opened
            .with_label_values(&[outcome])
            .get()
    }
}

async fn expect_closed(mut stream: TcpStream) {
    let read = timeout(SOON, stream.read(&mut [0; 8]))
        .await
        .expect("closed in time");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

fn header(source: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    ProxyHeader::with_address(ProxiedAddress::stream(
        source.parse().expect("an address"),
        "[2001:db8::9]:443".parse().expect("an address"),
    ))
    .encode_v2(&mut bytes)
    .expect("encodes");
    bytes
}

#[tokio::test]
async fn the_proxy_header_names_client_and_balancer_and_loses_no_byte() {
    let mut running = run(10, Some("127.0.0.0/8"));
    let mut sent = header("[2001:db8::7]:50000");
    sent.extend_from_slice(b"hello");
    let stream = running.connect(&sent).await;
    let (peer, via, first) = running.next().await;
    assert_eq!(peer.to_string(), "[2001:db8::7]:50000");
    assert_eq!(via, Some(stream.local_addr().expect("an address")));
    assert_eq!(first, b"hello");
}

#[tokio::test]
async fn a_health_check_of_the_balancer_keeps_its_own_address() {
    let mut running = run(10, Some("127.0.0.0/8"));
    let mut sent = Vec::new();
    ProxyHeader::with_local()
        .encode_v2(&mut sent)
        .expect("encodes");
    sent.extend_from_slice(b"check");
    let stream = running.connect(&sent).await;
    let (peer, via, first) = running.next().await;
    assert_eq!(peer, stream.local_addr().expect("an address"));
    assert_eq!(via, None);
    assert_eq!(first, b"check");
}

#[tokio::test]
async fn an_untrusted_sender_is_closed_and_counted() {
    let running = run(10, Some("192.0.2.0/24"));
    let stream = running.connect(&header("[2001:db8::7]:50000")).await;
    expect_closed(stream).await;
    assert_eq!(running.outcomes("proxy_untrusted"), 1);
}

#[tokio::test]
async fn a_missing_and_a_late_header_are_closed_and_counted() {
    let running = run(10, Some("127.0.0.1/32"));
    expect_closed(running.connect(b"GET / HTTP/1.1\r\n").await).await;
    expect_closed(running.connect(b"").await).await;
    assert_eq!(running.outcomes("proxy_missing"), 1);
    assert_eq!(running.outcomes("proxy_timeout"), 1);
}

#[tokio::test]
async fn without_proxy_protocol_a_header_is_just_bytes() {
    let mut running = run(10, None);
    let sent = header("[2001:db8::7]:50000");
    let stream = running.connect(&sent).await;
    let (peer, via, first) = running.next().await;
    assert_eq!(peer, stream.local_addr().expect("an address"));
    assert_eq!((via, first), (None, sent));
}

#[tokio::test]
async fn for_one_more_than_the_limit_the_longest_idle_is_closed() {
    let mut running = run(2, None);
    let first = running.connect(b"1").await;
    running.next().await;
    let _second = running.connect(b"2").await;
    running.next().await;
    let _third = running.connect(b"3").await;
    expect_closed(first).await;
    assert_eq!(running.next().await.2, b"3");
    assert_eq!(running.metrics.connections.get(), 2);
}

#[tokio::test]
async fn stopping_closes_the_port_and_lets_connections_finish() {
    let mut running = run(10, None);
    let open = running.connect(b"in flight").await;
    running.next().await;
    let lifecycle = running.lifecycle.clone();
    let drain = tokio::spawn(async move { lifecycle.drain(Duration::ZERO, SOON).await });
    let closed = async {
        while TcpStream::connect(running.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, closed).await.expect("the port is closed");
    assert_eq!(running.metrics.connections.get(), 1, "still served");
    drop(open);
    assert_eq!(drain.await.expect("no panic").cut, 0);
    assert_eq!(running.metrics.connections.get(), 0);
}

#[test]
fn connections_leave_files_for_the_rest() {
    assert_eq!(room(65_536), 65_136);
    assert_eq!(room(1024), 624);
    assert_eq!(room(60), 30);
    assert_eq!(room(0), 1);
}

#[test]
fn errors_are_sorted_by_whom_they_belong_to() {
    // ECONNABORTED and EPROTO-like ones belong to a connection; EMFILE, ENFILE, ENOBUFS, ENOMEM do not.
    assert!(of_one_connection(&io::Error::from_raw_os_error(103)));
    for number in [24, 23, 105, 12] {
        assert!(!of_one_connection(&io::Error::from_raw_os_error(number)));
    }
}
