//! For tests: a whole front on a real port, and clients that speak bytes.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, http::HeaderMap, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{Front, Limits, Random, Site, SiteSettings};
use crate::{
    accept::Mismatches,
    lifecycle::{Drained, Lifecycle},
    telemetry::Metrics,
    tls::{AcceptLimits, Listener, TlsServer},
};

pub(super) const SHORT: Duration = Duration::from_millis(100);
pub(super) const SOON: Duration = Duration::from_secs(5);
pub(super) const ASK: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) lifecycle: Lifecycle,
    pub(super) metrics: Arc<Metrics>,
}

pub(super) fn run(limits: Limits, tls: Option<TlsServer>) -> Running {
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route(
            "/slow",
            get(|| async {
                sleep(SHORT * 2).await;
                "slow"
            }),
        )
        .route("/never", get(std::future::pending::<()>))
        .route("/big", get(|| async { vec![b'x'; 64 << 20] }))
        .route(
            "/length",
            get(|headers: HeaderMap| async move { headers["authorization"].len().to_string() }),
        );
    let (lifecycle, metrics) = (Lifecycle::new(), Arc::new(Metrics::new()));
    let settings = SiteSettings {
        limits,
        random: Random::system(),
        instance: None,
        branding: Arc::default(),
        hsts: tls.is_some(),
        metrics: Some(Arc::clone(&metrics)),
        mismatches: None,
        balancers_only: None,
        quiet: true,
        extra_headers: Vec::new(),
    };
    let site = Site::new(router, settings, lifecycle.clone());
    let front = Front::new(
        site,
        tls,
        lifecycle.clone(),
        Some(Arc::clone(&metrics)),
        Mismatches::new(Some(Arc::clone(&metrics))),
    );
    let listener = Listener::bind(Ipv4Addr::LOCALHOST.into(), 0).expect("binds");
    let address = listener.address();
    tokio::spawn(async move {
        front.run(listener, AcceptLimits::of(100)).await;
    });
    Running {
        address,
        lifecycle,
        metrics,
    }
}

pub(super) fn limits() -> Limits {
    Limits::for_token(65_536)
}

impl Running {
    pub(super) async fn connect(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        stream.write_all(text.as_bytes()).await.expect("sends");
        stream
    }

    pub(super) fn drain(&self, finish: Duration) -> tokio::task::JoinHandle<Drained> {
        let lifecycle = self.lifecycle.clone();
        tokio::spawn(async move { lifecycle.drain(Duration::ZERO, finish).await })
    }
}

/// Everything until the server closes.
pub(super) async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer ends it as well as a close.
    let _ = timeout(SOON, stream.read_to_end(&mut bytes))
        .await
        .expect("closed in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer with a short body on a connection that stays open.
pub(super) async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 64 * 1024];
    let n = timeout(SOON, stream.read(&mut bytes))
        .await
        .expect("answers in time")
        .expect("reads");
    String::from_utf8_lossy(&bytes[..n]).into_owned()
}
