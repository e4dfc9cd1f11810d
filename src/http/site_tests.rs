//! Tests of what all requests and answers have in common, without a connection.

use axum::{
    Form, Json,
    http::{Method, Request, Version},
    response::IntoResponse,
    routing::{get, post},
};
use tower::ServiceExt;

use super::*;
use crate::http::page::Verbatim;

const SHORT: Duration = Duration::from_millis(60);

#[derive(serde::Deserialize)]
struct Fields {
    username: String,
}

async fn form(Form(fields): Form<Fields>) -> String {
    fields.username
}

fn routes() -> Router {
    Router::new()
        .route("/ok", get(|| async { "fine" }))
        .route(
            "/cached",
            get(|| async { ([(header::CACHE_CONTROL, "max-age=60")], "x") }),
        )
        .route("/form", post(form))
        .route("/slow", get(std::future::pending::<()>))
        .route("/panics", get(panics))
        .route(
            "/json",
            get(|| async { (StatusCode::UNAUTHORIZED, Json(serde_json::json!({"a": 1}))) }),
        )
        .route(
            "/verbatim",
            get(|| async {
                let mut response = (StatusCode::NOT_FOUND, "draining").into_response();
                response.extensions_mut().insert(Verbatim);
                response
            }),
        )
}

async fn panics() -> String {
    panic!("a panic in a handler")
}

struct Fixture {
    site: Site,
    lifecycle: Lifecycle,
    metrics: Arc<Metrics>,
}

fn fixture() -> Fixture {
    let lifecycle = Lifecycle::new();
    let metrics = Arc::new(Metrics::new());
    let settings = SiteSettings {
        limits: Limits {
            request: SHORT,
            ..Limits::for_token(65_536)
        },
        random: Random::fixed(0x5a),
        instance: None,
        branding: Arc::default(),
        hsts: true,
        metrics: Some(Arc::clone(&metrics)),
        mismatches: None,
        balancers_only: None,
        quiet: false,
        extra_headers: vec![(
            HeaderName::from_static("x-ad-edge-instance"),
            HeaderValue::from_static("one"),
        )],
    };
    Fixture {
        site: Site::new(routes(), settings, lifecycle.clone()),
        lifecycle,
        metrics,
    }
}

impl Fixture {
    async fn ask(&self, mut request: Request<Body>) -> (Response, String) {
        let host = HeaderValue::from_static("login.corp.example");
        request.headers_mut().entry(header::HOST).or_insert(host);
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> (Response, String) {
        let response = self.site.router().oneshot(request).await.expect("answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (Response::from_parts(parts, Body::empty()), text)
    }

    async fn get(&self, path: &str) -> (Response, String) {
        self.ask(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }
}

fn assert_page(response: &Response, text: &str, status: u16) {
    assert_eq!(response.status(), status);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "text/html; charset=utf-8"
    );
    assert!(
        text.contains("5a5a5a5a5a5a5a5a"),
        "has the request id: {text}"
    );
    assert!(text.contains(&format!("Error {status}")), "{text}");
}

#[tokio::test]
async fn every_answer_has_request_id_and_security_headers() {
    let fixture = fixture();
    let (response, text) = fixture.get("/ok").await;
    assert_eq!(text, "fine");
    for (name, value) in [
        ("x-request-id", "5a5a5a5a5a5a5a5a"),
        ("strict-transport-security", "max-age=31536000"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "strict-origin"),
        ("cache-control", "no-store"),
        ("x-ad-edge-instance", "one"),
        (
            "content-security-policy",
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    assert!(!response.headers().contains_key(header::CONNECTION));
    let (response, _) = fixture.get("/cached").await;
    assert_eq!(response.headers()["cache-control"], "max-age=60");
    let counted = fixture.metrics.responses.with_label_values(&["200"]);
    assert_eq!(counted.get(), 2);
}

#[tokio::test]
async fn unknown_paths_and_methods_get_pages() {
    let fixture = fixture();
    let (response, text) = fixture.get("/nowhere").await;
    assert_page(&response, &text, 404);
    let (response, text) = fixture.get("/form").await;
    assert_page(&response, &text, 405);
    assert_eq!(response.headers()[header::ALLOW], "POST");
}

#[tokio::test]
async fn options_tells_the_methods() {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/ok")
        .body(Body::empty())
        .expect("a request");
    let (response, text) = fixture().ask(request).await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
    assert_eq!(text, "");
}

#[tokio::test]
async fn json_and_verbatim_errors_stay_as_they_are() {
    let fixture = fixture();
    let (response, text) = fixture.get("/json").await;
    assert_eq!(
        (response.status().as_u16(), text.as_str()),
        (401, r#"{"a":1}"#)
    );
    let (response, text) = fixture.get("/verbatim").await;
    assert_eq!(
        (response.status().as_u16(), text.as_str()),
        (404, "draining")
    );
}

#[tokio::test]
async fn a_panic_and_a_slow_handler_get_pages() {
    let fixture = fixture();
    let (response, text) = fixture.get("/panics").await;
    assert_page(&response, &text, 500);
    assert!(!text.contains("a panic in a handler"), "{text}");
    let (response, text) = fixture.get("/slow").await;
    assert_page(&response, &text, 503);
    assert_eq!(response.headers()[header::RETRY_AFTER], "5");
}

fn form_request(body: Body, length: Option<usize>) -> Request<Body> {
    let mut request =
        Request::post("/form").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(length) = length {
        request = request.header(header::CONTENT_LENGTH, length);
    }
    request.body(body).expect("a request")
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_announced_or_not() {
    let fixture = fixture();
    let limit = Limits::for_token(65_536).body;
    let fits = format!("username={}", "a".repeat(limit - 9));
    let (response, text) = fixture.ask(form_request(fits.clone().into(), None)).await;
    assert_eq!((response.status().as_u16(), text.len()), (200, limit - 9));
    let more = format!("{fits}a");
    let (response, text) = fixture.ask(form_request(more.clone().into(), None)).await;
    assert_page(&response, &text, 413);
    let length = Some(more.len());
    let (response, text) = fixture.ask(form_request(more.into(), length)).await;
    assert_page(&response, &text, 413);
    assert_eq!(response.headers()[header::CONNECTION], "close");
}

#[tokio::test]
async fn a_form_that_does_not_parse_gets_a_page() {
    let (response, text) = fixture().ask(form_request("user=x".into(), None)).await;
    assert_page(&response, &text, 422);
}

#[tokio::test]
async fn a_site_in_whose_place_another_has_come_ends_its_connections() {
    let fixture = fixture();
    fixture.site.supersede();
    let (response, text) = fixture.get("/ok").await;
    assert_eq!(text, "fine");
    assert_eq!(response.headers()[header::CONNECTION], "close");
}

#[tokio::test]
async fn answers_close_the_connection_while_draining() {
    let fixture = fixture();
    fixture.lifecycle.advance();
    let (response, _) = fixture.get("/ok").await;
    assert_eq!(response.headers()[header::CONNECTION], "close");
}

#[tokio::test]
async fn a_request_that_does_not_name_one_host_is_400() {
    const OWN: &str = "login.corp.example";
    for (version, target, hosts, good) in [
        (Version::HTTP_11, "/ok", &[OWN][..], true),
        (Version::HTTP_11, "/ok", &["login.corp.example:4000"], true),
        (Version::HTTP_11, "/ok", &["login.corp.example:"], true),
        (Version::HTTP_11, "/ok", &["[2001:db8::1]:443"], true),
        (Version::HTTP_11, "/ok", &[], false),
        (Version::HTTP_11, "/ok", &[OWN, OWN], false),
        (Version::HTTP_11, "/ok", &[OWN, "evil.example"], false),
        (
            Version::HTTP_11,
            "/ok",
            &["login.corp.example, evil.example"],
            false,
        ),
        (Version::HTTP_11, "/ok", &["user@login.corp.example"], false),
        (Version::HTTP_11, "/ok", &["login.corp.example/path"], false),
        (Version::HTTP_11, "/ok", &["login.corp.example:x"], false),
        (Version::HTTP_11, "/ok", &[""], false),
        (
            Version::HTTP_11,
            "https://login.corp.example/ok",
            &["LOGIN.corp.example"],
            true,
        ),
        (
            Version::HTTP_11,
            "https://login.corp.example/ok",
            &["evil.example"],
            false,
        ),
        (
            Version::HTTP_11,
            "https://login.corp.example/ok",
            &[],
            false,
        ),
        // Health checks of this version name no host.
        (Version::HTTP_10, "/ok", &[], true),
        (Version::HTTP_10, "/ok", &[OWN, OWN], false),
        // `:authority` (RFC 9113, section 8.3.1), were it ever spoken here.
        (Version::HTTP_2, "https://login.corp.example/ok", &[], true),
        (
            Version::HTTP_2,
            "https://login.corp.example/ok",
            &["evil.example"],
            false,
        ),
        (Version::HTTP_2, "/ok", &[], false),
    ] {
        let mut request = Request::get(target).version(version);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let request = request.body(Body::empty()).expect("a request");
        let (response, text) = fixture().send(request).await;
        let case = format!("{version:?} {target} {hosts:?}");
        if good {
            assert_eq!(
                (response.status(), text.as_str()),
                (StatusCode::OK, "fine"),
                "{case}"
            );
        } else {
            assert_page(&response, &text, 400);
            assert_eq!(response.headers()[header::CONNECTION], "close", "{case}");
        }
    }
}
