//! Tests of a whole front with TLS.

use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::*;
use crate::{
    config::TlsMaterial,
    http::{
        Limits,
        fixture::{ASK, SHORT, SOON, limits, run},
    },
    tls::Identity,
};

/// A server, and the root that its clients trust.
fn server() -> (TlsServer, rustls_pki_types::CertificateDer<'static>) {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["a.example".to_owned()])
        .expect("a name")
        .self_signed(&key)
        .expect("signs");
    let folder = tempfile::TempDir::new().expect("a folder");
    let (chain, file) = (folder.path().join("tls.pem"), folder.path().join("tls.key"));
    std::fs::write(&chain, certificate.pem()).expect("writes");
    std::fs::write(&file, key.serialize_pem()).expect("writes");
    let identity = Identity::load(&TlsMaterial::Pem { chain, key: file }).expect("loads");
    let key = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let key = key.into();
    let secret = crate::tls::TicketSecret::SigningKey(&key);
    let tickets = crate::tls::SharedTickets::new(secret, crate::clock::Clock::system());
    let tickets = tickets.expect("a key");
    let tls = TlsServer::new(identity, None, tickets).expect("settings");
    (tls, certificate.der().clone())
}

#[tokio::test]
async fn a_client_that_has_not_begun_its_handshake_does_not_hold_up_the_end() {
    let running = run(
        Limits {
            last_request: SHORT,
            ..limits()
        },
        Some(server().0),
    );
    let _silent = TcpStream::connect(running.address).await.expect("connects");
    let connections = &running.metrics.connections;
    let accepted = async {
        while connections.get() < 1 {
            sleep(SHORT / 10).await;
        }
    };
    timeout(SOON, accepted).await.expect("accepted");
    let drained = timeout(SOON, running.drain(SOON)).await;
    assert_eq!(drained.expect("in time").expect("no panic").cut, 0);
}

#[tokio::test]
async fn what_an_idle_connection_waits_in_is_small() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0");
    let listener = listener.await.expect("binds");
    let address = listener.local_addr().expect("an address");
    let _client = TcpStream::connect(address).await.expect("connects");
    let (socket, peer) = listener.accept().await.expect("accepts");
    let (lifecycle, mismatches) = (Lifecycle::new(), Mismatches::new(None));
    let settings = crate::http::SiteSettings {
        limits: limits(),
        random: crate::http::Random::system(),
        instance: None,
        branding: Arc::default(),
        hsts: true,
        metrics: None,
        mismatches: None,
        balancers_only: None,
        quiet: true,
        extra_headers: Vec::new(),
    };
    let site = Site::new(axum::Router::new(), settings, lifecycle.clone());
    let front = Front::new(site, Some(server().0), lifecycle, None, mismatches);
    let connection = Connection {
        stream: crate::tls::Stream::alone(socket).await,
        peer,
        via: None,
    };
    let bytes = size_of_val(&front.connection(connection));
    assert!(bytes < 2048, "{bytes} bytes");
}

#[tokio::test]
async fn a_client_that_is_silent_after_tls_is_dropped() {
    let (tls, root) = server();
    let running = run(
        Limits {
            first_head: SHORT,
            ..limits()
        },
        Some(tls),
    );
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let connect = async || {
        let stream = TcpStream::connect(running.address).await.expect("connects");
        let name = rustls_pki_types::ServerName::try_from("a.example").expect("a name");
        connector.connect(name, stream).await.expect("handshake")
    };
    let mut silent = connect().await;
    let read = timeout(SOON, silent.read(&mut [0; 8]))
        .await
        .expect("dropped in time");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");

    let mut client = connect().await;
    client.write_all(ASK.as_bytes()).await.expect("sends");
    let mut bytes = vec![0; 4096];
    let n = client.read(&mut bytes).await.expect("reads");
    let text = String::from_utf8_lossy(&bytes[..n]);
    assert!(
        text.contains("strict-transport-security: max-age=31536000"),
        "{text}"
    );
    for kind in ["full", "resumed"] {
        let counted = running.metrics.handshakes.with_label_values(&[kind]);
        assert_eq!(counted.get(), 1, "{kind}");
    }
}
