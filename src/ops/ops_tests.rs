//! Tests of probes and metrics, and of the listener's end.

use std::{
    convert::Infallible,
    io,
    net::Ipv4Addr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tower::ServiceExt;

use super::*;

async fn ask(router: &Router, path: &str) -> (u16, String) {
    ask_with(router, path, None).await
}

async fn ask_with(router: &Router, path: &str, authorization: Option<&str>) -> (u16, String) {
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header("Authorization", value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("answers");
    let status = response.status().as_u16();
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (status, String::from_utf8(bytes.to_vec()).expect("UTF-8"))
}

#[tokio::test]
async fn readiness_follows_its_checks_and_the_drain() {
    let lifecycle = Lifecycle::new();
    let up = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&up);
    let readiness = Readiness::new(lifecycle.clone(), Mismatches::new(None))
        .with("keytab", || Ok::<_, Infallible>(()))
        .with("directory", move || {
            if seen.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err(io::Error::other("no server answers\nsince 10 s"))
            }
        });
    let metrics = Arc::new(Metrics::new());
    let readiness = Arc::new(readiness);
    let users = probes(Arc::clone(&readiness));
    let router = router(readiness, Arc::clone(&metrics), None);
    for asked in [&router, &users] {
        assert_eq!(ask(asked, "/readyz").await, (200, "ready\n".to_owned()));
    }
    let (status, text) = ask(&router, "/metrics").await;
    assert_eq!(status, 200);
    assert!(text.contains("\nad_edge_ready 1\n"), "{text}");

    up.store(false, Ordering::Relaxed);
    let expected = "directory: no server answers since 10 s\n".to_owned();
    assert_eq!(ask(&router, "/readyz").await, (503, expected));
    assert_eq!(
        ask(&users, "/readyz").await,
        (503, "not ready\n".to_owned()),
        "outsiders learn no reason and no name"
    );
    let (_, text) = ask(&router, "/metrics").await;
    assert!(text.contains("\nad_edge_ready 0\n"), "{text}");
    assert_eq!(ask(&router, "/healthz").await, (200, "ok\n".to_owned()));

    lifecycle.advance();
    assert_eq!(
        ask(&router, "/readyz").await,
        (404, "draining\n".to_owned())
    );
    assert_eq!(ask(&router, "/healthz").await, (200, "ok\n".to_owned()));
}

#[tokio::test]
async fn the_listener_answers_while_the_front_drains_and_ends_with_its_own_lifecycle() {
    let (front, own) = (Lifecycle::new(), Lifecycle::new());
    let readiness = Arc::new(Readiness::new(front.clone(), Mismatches::new(None)));
    let listener = Listener::bind(Ipv4Addr::LOCALHOST.into(), 0).expect("binds");
    let address = listener.address();
    let router = router(readiness, Arc::new(Metrics::new()), None);
    let running = tokio::spawn(run(listener, router, own.clone(), Mismatches::new(None)));
    front.drain(Duration::ZERO, Duration::from_secs(1)).await;

    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream
        .write_all(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .expect("sends");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("reads");
    assert!(
        text.starts_with("HTTP/1.1 404 ") && text.ends_with("draining\n"),
        "{text}"
    );
    assert!(text.contains("text/plain"), "not a page: {text}");

    let drained = own.drain(Duration::ZERO, Duration::from_secs(1)).await;
    assert_eq!(drained.cut, 0);
    running.await.expect("no panic");
    assert!(TcpStream::connect(address).await.is_err(), "closed");
}

#[tokio::test]
async fn what_an_instance_is_is_told_on_loopback_or_to_who_shows_the_token() {
    let secret = "0123456789abcdef";
    let page = |token: Option<&'static str>, is_loopback| {
        let lifecycle = Lifecycle::new();
        let readiness = Readiness::new(lifecycle, Mismatches::new(None));
        let page = InstancePage {
            report: Box::new(|| "{}".to_owned()),
            token: Box::new(move || token.map(|text| text.to_owned().into())),
            is_loopback,
        };
        router(Arc::new(readiness), Arc::new(Metrics::new()), Some(page))
    };
    let told = (200, "{}".to_owned());
    assert_eq!(ask(&page(None, true), "/instance").await, told);
    let (status, text) = ask(&page(None, false), "/instance").await;
    assert_eq!(status, 403);
    assert!(text.contains("set OPS_TOKEN"), "{text}");
    for is_loopback in [true, false] {
        let page = page(Some(secret), is_loopback);
        for good in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef"] {
            assert_eq!(ask_with(&page, "/instance", Some(good)).await, told);
        }
        for bad in [
            None,
            Some(""),
            Some("Bearer "),
            Some("Bearer 0123456789abcdeg"),
            Some("Bearer 0123456789abcdef0"),
            Some("Basic 0123456789abcdef"),
            Some("0123456789abcdef"),
        ] {
            let (status, text) = ask_with(&page, "/instance", bad).await;
            assert_eq!(status, 401, "{bad:?}");
            assert!(
                text.contains("OPS_TOKEN") && !text.contains(secret),
                "{text}"
            );
        }
        assert_eq!(ask(&page, "/healthz").await.0, 200);
    }
}
