//! What `tests/fuzz` calls: the bytes of a connection, as they are behind TLS.

use std::{cell::RefCell, sync::Arc};

use axum::{Router, http::HeaderMap, routing::any};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    runtime::{Builder, Runtime},
};

use super::{ConnectionInfo, Limits, Random, Site, SiteSettings, serve};
use crate::lifecycle::Lifecycle;

thread_local! {
    static SERVER: RefCell<(Runtime, Site, Lifecycle)> = RefCell::new(server());
}

fn server() -> (Runtime, Site, Lifecycle) {
    let handler = |headers: HeaderMap, body: String| async move {
        let hosts = headers.get_all("host").iter().count();
        assert_eq!(hosts, 1, "what is served names one host");
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
        quiet: true,
        extra_headers: Vec::new(),
    };
    let site = Site::new(router, settings, lifecycle.clone());
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    (runtime, site, lifecycle)
}

/// All that a client sends on one connection: what comes back are answers of HTTP/1.1, and nothing of the
/// request is in their heads.
pub fn request_head(data: &[u8]) {
    SERVER.with_borrow(|(runtime, site, lifecycle)| {
        let answer = runtime.block_on(async {
            let (mut near, far) = tokio::io::duplex(1 << 20);
            near.write_all(&data[..data.len().min(1 << 19)])
                .await
                .expect("fits");
            near.shutdown().await.expect("closed");
            let client = ([203, 0, 113, 7], 40_000).into();
            serve(far, ConnectionInfo::plain(client, None), site, lifecycle).await;
            let mut answer = Vec::new();
            near.read_to_end(&mut answer).await.expect("reads");
            answer
        });
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1."),
            "{answer:?}"
        );
    });
}
