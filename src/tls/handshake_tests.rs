//! Tests of the handshake with real clients on real sockets.

use std::{net::Ipv4Addr, sync::Arc};

use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore, client::Resumption};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsConnector;

use super::*;
use crate::{config::TlsMaterial, tls::Identity};

const SHORT: Duration = Duration::from_millis(80);
const HOST: &str = "login.corp.example";

fn identity() -> (Identity, CertificateDer<'static>) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![HOST.to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("signs");
    let folder = tempfile::TempDir::new().expect("a folder");
    let (chain, file) = (folder.path().join("tls.pem"), folder.path().join("tls.key"));
    std::fs::write(&chain, certificate.pem()).expect("writes");
    std::fs::write(&file, key.serialize_pem()).expect("writes");
    let identity = Identity::load(&TlsMaterial::Pem { chain, key: file }).expect("loads");
    (identity, certificate.der().clone())
}

fn client(trusts: &CertificateDer<'static>, alpn: &[&[u8]]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusts.clone()).expect("a root");
    let mut config = ClientConfig::builder_with_provider(crate::tls::identity::provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    config.resumption = Resumption::in_memory_sessions(8);
    Arc::new(config)
}

fn tickets() -> Arc<crate::tls::SharedTickets> {
    let key = KeyPair::generate().expect("a key").serialize_pem();
    let key = key.into();
    let secret = crate::tls::TicketSecret::SigningKey(&key);
    crate::tls::SharedTickets::new(secret, crate::clock::Clock::system()).expect("a key")
}

/// A handshake of `server` with whatever the test does at the other end of the socket.
async fn meet(server: &TlsServer) -> (TcpStream, JoinHandle<Result<Secured, HandshakeFailure>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("binds");
    let near = TcpStream::connect(listener.local_addr().expect("an address"))
        .await
        .expect("connects");
    let (stream, peer) = listener.accept().await.expect("accepts");
    let server = server.clone();
    let task = tokio::spawn(async move {
        let connection = Connection {
            stream: Stream::alone(stream).await,
            peer,
            via: None,
        };
        server.handshake(connection, SHORT * 10, &mut None).await
    });
    (near, task)
}

/// Connects with TLS, reads the server's greeting (so that the tickets arrive), and returns what the
/// server knows of the connection.
async fn connect(server: &TlsServer, config: &Arc<ClientConfig>) -> ConnectionInfo {
    let (near, task) = meet(server).await;
    let name = ServerName::try_from(HOST).expect("a name");
    let mut near = TlsConnector::from(Arc::clone(config))
        .connect(name, near)
        .await
        .expect("handshake");
    let mut secured = task.await.expect("no panic").expect("handshake");
    secured.stream.write_all(b"hi").await.expect("sends");
    secured.stream.flush().await.expect("sends");
    near.read_exact(&mut [0; 2]).await.expect("reads");
    secured.info
}

async fn failure(task: JoinHandle<Result<Secured, HandshakeFailure>>) -> HandshakeFailure {
    task.await.expect("no panic").expect_err("fails")
}

/// A client's first flight, as records of at most so many bytes each.
fn hello(trusts: &CertificateDer<'static>, part: usize) -> Vec<u8> {
    let name = ServerName::try_from(HOST).expect("a name");
    let config = client(trusts, &[]);
    let mut client = rustls::ClientConnection::new(config, name).expect("a client");
    let mut flight = Vec::new();
    client.write_tls(&mut flight).expect("written");
    let (header, message) = flight.split_at(RECORD_HEADER);
    let records = message.chunks(part).map(|part| {
        let length = u16::try_from(part.len()).expect("a record").to_be_bytes();
        [&header[..3], &length, part].concat()
    });
    records.collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn a_hello_may_come_in_many_records_and_a_byte_at_a_time() {
    let (identity, trusts) = identity();
    let server = TlsServer::new(identity, None, tickets()).expect("settings");
    for (record, sent) in [(100, 1), (7, 1000), (16_000, 1), (16_000, 16_000)] {
        let (mut near, task) = meet(&server).await;
        for part in hello(&trusts, record).chunks(sent) {
            near.write_all(part).await.expect("sent");
            near.flush().await.expect("sent");
        }
        let mut kind = [0];
        near.read_exact(&mut kind).await.expect("an answer");
        assert_eq!(kind, [HANDSHAKE_RECORD], "a ServerHello, and no alert");
        drop(near);
        assert!(task.await.expect("no panic").is_err());
    }
}

#[test]
fn what_can_be_no_hello_is_not_waited_for() {
    for (bytes, missing) in [
        (&[][..], true),
        (&[22, 3, 1], true),
        (&[22, 3, 1, 0, 2, 1], true),
        (&[22, 3, 1, 0, 2, 1, 0], false),
        (&[22, 3, 1, 0, 0], false),
        (&[22, 3, 1, 255, 255], false),
        (&[22, 9, 1, 0, 200], false),
        (b"SSH-2", false),
    ] {
        assert_eq!(is_missing_some(bytes), missing, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_second_connection_resumes_and_both_carry_name_and_binding() {
    let (identity, certificate) = identity();
    let server = TlsServer::new(identity, None, tickets()).expect("settings");
    let config = client(&certificate, &[b"http/1.1"]);
    let (first, second) = (
        connect(&server, &config).await,
        connect(&server, &config).await,
    );
    assert_eq!((first.resumed, second.resumed), (false, true));
    for info in [first, second] {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &certificate);
        let mut expected = b"tls-server-end-point:".to_vec();
        expected.extend_from_slice(hash.as_ref());
        assert_eq!(info.channel_binding.expect("bound").as_bytes(), expected);
    }
}

/// Its ticket would pass in the clear, and open with the secret that it is made of.
#[tokio::test]
async fn a_session_of_tls_1_2_is_not_resumed() {
    let (identity, certificate) = identity();
    let server = TlsServer::new(identity, None, tickets()).expect("settings");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a root");
    let config = ClientConfig::builder_with_provider(crate::tls::identity::provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    for number in 0..3 {
        assert!(!connect(&server, &config).await.resumed, "{number}");
    }
}

#[tokio::test]
async fn a_reload_serves_the_new_certificate() {
    let ((old, _), (new, certificate)) = (identity(), identity());
    let server = TlsServer::new(old, None, tickets()).expect("settings");
    server.replace(new, None).expect("settings");
    // Trusts the new certificate only.
    connect(&server, &client(&certificate, &[])).await;
}

#[tokio::test]
async fn a_client_that_does_not_trust_us_is_an_alert() {
    let (identity, _) = identity();
    let (_, other) = super::tests::identity();
    let server = TlsServer::new(identity, None, tickets()).expect("settings");
    let (near, task) = meet(&server).await;
    let name = ServerName::try_from(HOST).expect("a name");
    let connected = TlsConnector::from(client(&other, &[]))
        .connect(name, near)
        .await;
    assert!(connected.is_err());
    let failure = failure(task).await;
    assert_eq!(failure.label(), "tls_alert", "{failure:?}");
    assert!(failure.is_worth_a_line());
}

#[tokio::test]
async fn a_client_that_wants_only_http2_has_nothing_in_common() {
    let (identity, certificate) = identity();
    let server = TlsServer::new(identity, None, tickets()).expect("settings");
    let (near, task) = meet(&server).await;
    let name = ServerName::try_from(HOST).expect("a name");
    let config = client(&certificate, &[b"h2"]);
    assert!(
        TlsConnector::from(config)
            .connect(name, near)
            .await
            .is_err()
    );
    assert_eq!(failure(task).await.label(), "tls_nothing_in_common");
}

#[tokio::test]
async fn plain_http_is_answered_with_a_pointer_to_https() {
    let (identity, _) = identity();
    let server = TlsServer::new(identity, None, tickets()).expect("settings");
    let (mut near, task) = meet(&server).await;
    near.write_all(b"GET /wsfed HTTP/1.1\r\nHost: login.corp.example\r\n\r\n")
        .await
        .expect("sends");
    let mut answer = String::new();
    near.read_to_string(&mut answer).await.expect("reads");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(
        head.contains(&format!("Content-Length: {}\r\n", body.len())),
        "{head}"
    );
    assert!(body.contains("https://"), "{body}");
    assert_eq!(failure(task).await.label(), "tls_plain_http");
}

#[tokio::test]
async fn silence_half_a_hello_noise_and_hanging_up_are_told_apart() {
    let (identity, _) = identity();
    let server = TlsServer::new(identity, None, tickets()).expect("settings");
    let (silent, task) = meet(&server).await;
    assert_eq!(failure(task).await.label(), "tls_timeout");
    drop(silent);

    let (mut half, task) = meet(&server).await;
    half.write_all(b"\x16\x03\x01\x02").await.expect("sends");
    assert_eq!(failure(task).await.label(), "tls_timeout");

    let (mut noise, task) = meet(&server).await;
    noise
        .write_all(b"\x00\x01\x02\x03\x04\x05\x06\x07")
        .await
        .expect("sends");
    assert_eq!(failure(task).await.label(), "tls_protocol");

    let (gone, task) = meet(&server).await;
    drop(gone);
    assert_eq!(failure(task).await.label(), "tls_eof");

    let (mut halfway, task) = meet(&server).await;
    halfway.write_all(b"\x16\x03\x01\x02").await.expect("sends");
    drop(halfway);
    assert_eq!(failure(task).await.label(), "tls_eof");
}

/// A client with a certificate of its own.
fn with_certificate(
    trusts: &CertificateDer<'static>,
) -> (Arc<ClientConfig>, CertificateDer<'static>) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["alice".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("signs").der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(trusts.clone()).expect("a root");
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let mut config = ClientConfig::builder_with_provider(crate::tls::identity::provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate.clone()], key)
        .expect("a key and certificate");
    config.resumption = Resumption::in_memory_sessions(8);
    (Arc::new(config), certificate)
}

fn asking(identity: Identity, hosts: &[&str]) -> TlsServer {
    let client_auth = crate::tls::ClientAuth {
        issuers: Vec::new(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
    };
    TlsServer::new(identity, Some(client_auth), tickets()).expect("settings")
}

#[tokio::test]
async fn a_client_certificate_is_known_in_a_resumed_session_too() {
    let (identity, trusted) = identity();
    let server = asking(identity, &[]);
    let (client, certificate) = with_certificate(&trusted);
    for resumed in [false, true] {
        let info = connect(&server, &client).await;
        assert_eq!(info.resumed, resumed);
        let chain = info.client_chain.expect("a certificate");
        assert_eq!(&*chain, std::slice::from_ref(&certificate));
    }
}

#[tokio::test]
async fn a_certificate_is_asked_for_the_listed_hosts_only() {
    let (identity, trusted) = identity();
    let server = asking(identity, &["cert.corp.example"]);
    let (client, _) = with_certificate(&trusted);
    assert!(connect(&server, &client).await.client_chain.is_none());
    let (identity, trusted) = super::tests::identity();
    let server = asking(identity, &[HOST]);
    let (client, _) = with_certificate(&trusted);
    assert!(connect(&server, &client).await.client_chain.is_some());
}

/// Shows a certificate whose key it does not hold.
#[derive(Debug)]
struct Impostor(Arc<rustls::sign::CertifiedKey>);

impl rustls::client::ResolvesClientCert for Impostor {
    fn resolve(
        &self,
        _issuers: &[&[u8]],
        _schemes: &[rustls::SignatureScheme],
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_certificate_without_its_key_ends_the_handshake() {
    let (identity, trusted) = identity();
    let server = asking(identity, &[]);
    let (_, stolen) = with_certificate(&trusted);
    let key = KeyPair::generate().expect("a key").serialize_der();
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(key).into();
    let key = crate::tls::identity::provider()
        .key_provider
        .load_private_key(key)
        .expect("a key");
    let pair = Arc::new(rustls::sign::CertifiedKey::new(vec![stolen], key));
    let mut roots = RootCertStore::empty();
    roots.add(trusted).expect("a root");
    let config = ClientConfig::builder_with_provider(crate::tls::identity::provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(Impostor(pair)));
    let (near, task) = meet(&server).await;
    let name = ServerName::try_from(HOST).expect("a name");
    // In TLS 1.3 the client learns of it only when it reads.
    let _connected = TlsConnector::from(Arc::new(config))
        .connect(name, near)
        .await;
    assert_eq!(failure(task).await.label(), "tls_client_certificate");
}
