//! What `tests/fuzz` calls: the bytes of a connection, as they are behind TLS.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, Version},
    routing::any,
};
use tokio::runtime::Builder;

use super::{AcceptLimits, Front, Limits, Listener, Random, Site, SiteSettings};
use crate::{accept::Mismatches, lifecycle::Lifecycle};

/// A front that serves until the program ends.
fn serve_for_ever() -> SocketAddr {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let handler = |version: Version, headers: HeaderMap, body: String| async move {
        let hosts = headers.get_all("host").iter().count();
        // Before HTTP/1.1, none has to be named.
        let is_old = version < Version::HTTP_11;
        assert!(
            hosts == 1 || is_old && hosts == 0,
            "{hosts} hosts are named"
        );
        body.len().to_string()
    };
    let router = Router::new().route("/", any(handler));
    let lifecycle = Lifecycle::new();
    let settings = SiteSettings {
        limits: Limits::for_token(65_536),
        random: Random::system(),
        instance: None,
        branding: Arc::default(),
        hsts: true,
        metrics: None,
        mismatches: None,
        balancers_only: None,
        quiet: true,
        extra_headers: Vec::new(),
    };
    let site = Site::new(router, settings, lifecycle.clone());
    let front = Front::new(site, None, lifecycle, None, Mismatches::new(None));
    let listener = {
        let _entered = runtime.enter();
        Listener::bind(Ipv4Addr::LOCALHOST.into(), 0).expect("binds")
    };
    let address = listener.address();
    thread::spawn(move || {
        runtime.block_on(front.run(listener, AcceptLimits::of(100)));
    });
    address
}

/// All that a client sends on one connection: what comes back are answers of HTTP/1, and soon.
pub fn request_head(data: &[u8]) {
    static SERVER: OnceLock<SocketAddr> = OnceLock::new();
    let address = SERVER.get_or_init(serve_for_ever);
    let mut stream = TcpStream::connect(address).expect("connects");
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a limit");
    // What is refused may be closed before all was sent.
    let _ = stream
        .write_all(data)
        .and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    if stream.read_to_end(&mut answer).is_ok() {
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1."),
            "{answer:?}"
        );
    }
}
