//! The direct logins of one configuration, asked without a connection, a directory or a KDC: all that is
//! decided before a proof is looked at, and proofs that nobody needs to look up.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use tracing::subscriber::DefaultGuard;

use super::{Generation, Kept, Materials, Read};
use crate::{
    accept::Mismatches,
    clock::Clock,
    config::{Config, Home},
    lifecycle::Lifecycle,
    ops::Readiness,
    telemetry::Metrics,
    tls::ConnectionInfo,
};

/// A front as `config.json` makes it, and its log.
struct Front {
    router: Router,
    metrics: Arc<Metrics>,
    log: Log,
    _logging: DefaultGuard,
    _generation: Generation,
    _home: TempDir,
}

/// What came back; the page without what is new in each.
struct Answer {
    status: StatusCode,
    request_id: String,
    head: String,
    body: String,
}

/// The lines of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn line(&self, text: &str) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = String::from_utf8_lossy(&lines).into_owned();
        let found = lines.lines().find(|line| line.contains(text));
        found
            .unwrap_or_else(|| panic!("no line with {text}:\n{lines}"))
            .to_owned()
    }
}

/// `change` is laid over a configuration with Kerberos and the form; null takes a key out.
fn front(change: &Value) -> Front {
    let home = TempDir::new().expect("a folder");
    let file = |name: &str, content: &[u8]| {
        fs::write(home.path().join(name), content).expect("written");
    };
    let mut config = json!({
        "SERVER_URL": "https://login.corp.example",
        "LDAP_URL": "ldaps://127.0.0.1:1",
        "LDAP_BASE": "DC=corp,DC=example",
        "ANONYMOUS_SEARCH_ENABLED": true,
        "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://tenant.example/cb, https://tenant.example/2",
        "WSFED_ISSUER": "corp.example",
        "CONNECTION": "corp",
        "SITE_NAME": "Kestrel <Works>",
        "KERBEROS_AUTH": true,
        "PORT": "0",
    });
    for (key, value) in change.as_object().expect("an object") {
        config[key] = value.clone();
    }
    config
        .as_object_mut()
        .expect("an object")
        .retain(|_, value| !value.is_null());
    fs::create_dir(home.path().join("certs")).expect("a folder");
    let pair = rcgen::generate_simple_self_signed(vec!["login.corp.example".to_owned()]);
    let pair = pair.expect("a certificate");
    file("certs/tls.pem", pair.cert.pem().as_bytes());
    file("certs/tls.key", pair.signing_key.serialize_pem().as_bytes());
    file("certs/krb5.keytab", &keytab());
    file("config.json", config.to_string().as_bytes());

    let clock = Clock::system();
    let loaded = Config::load(Home::new(home.path()), &BTreeMap::new()).expect("good");
    let materials = Materials::load(&loaded.config, &clock, true, &Kept::default());
    let read = Read {
        config: loaded.config,
        fingerprint: loaded.fingerprint,
        file: loaded.file,
    };
    let (generation, _) = Generation::build(read, materials.expect("usable"), &clock);
    let (life, metrics) = (Lifecycle::new(), Arc::clone(&generation.accounts.metrics));
    let mismatches = Mismatches::new(None);
    let readiness = Arc::new(Readiness::new(life.clone(), mismatches.clone()));
    let site = generation.site(readiness, &metrics, &mismatches, &life);
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    Front {
        router: site.expect("a site").expect("direct logins").router(),
        metrics,
        log,
        _logging: tracing::subscriber::set_default(subscriber),
        _generation: generation,
        _home: home,
    }
}

/// One key of the service, AES256, which opens no ticket (MIT krb5, "Keytab file format").
fn keytab() -> Vec<u8> {
    let mut record = vec![0, 2];
    for text in ["CORP.EXAMPLE", "HTTP", "login.corp.example"] {
        record.extend(u16::try_from(text.len()).expect("short").to_be_bytes());
        record.extend(text.as_bytes());
    }
    record.extend([0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 18, 0, 32]);
    record.extend([7; 32]);
    let size = u32::try_from(record.len()).expect("short").to_be_bytes();
    [vec![5, 2], size.to_vec(), record].concat()
}

impl Front {
    async fn ask(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        if request.extensions().get::<ConnectionInfo>().is_none() {
            request.extensions_mut().insert(from("192.0.2.7:5000"));
        }
        let response = self.router.clone().oneshot(request).await.expect("answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let mut body = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let mut head = String::new();
        let value = |name: &str| Some(parts.headers.get(name)?.to_str().expect("text").to_owned());
        let id = value("x-request-id").expect("an id");
        for name in [
            "www-authenticate",
            "retry-after",
            "content-type",
            "content-security-policy",
        ] {
            if let Some(value) = value(name) {
                for part in [name, ": ", &value, "\n"] {
                    head.push_str(part);
                }
            }
        }
        let nonce = body.split_once("nonce=\"").and_then(|(_, rest)| {
            let (nonce, _) = rest.split_once('"')?;
            Some(nonce.to_owned())
        });
        for (new, word) in [(Some(id.clone()), "ID"), (nonce, "NONCE")] {
            if let Some(new) = new {
                (head, body) = (head.replace(&new, word), body.replace(&new, word));
            }
        }
        Answer {
            status: parts.status,
            request_id: id,
            head,
            body,
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::empty()).expect("a request"))
            .await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        let form = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(header::CONTENT_TYPE, form);
        self.ask(request.body(Body::from(body.to_owned())).expect("one"))
            .await
    }

    fn page(&self) -> String {
        self.metrics.render().expect("the metrics")
    }

    fn counted(&self, name: &str) -> bool {
        self.page().contains(&format!("{name} 1\n"))
    }
}

impl Answer {
    /// Status, the headers that matter, and the page without its styles, which all pages share.
    fn picture(&self) -> String {
        let (before, rest) = self.body.split_once("<style").unwrap_or((&self.body, ""));
        let after = rest.split_once("</style>").map_or("", |(_, after)| after);
        format!("{}\n{}\n{before}{after}", self.status, self.head)
    }

    fn assert_page(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.starts_with("<!doctype html>"), "{}", self.body);
        assert!(self.body.contains("ID"), "the request's number");
        assert!(!self.body.contains("wresult"), "no token");
    }
}

fn from(address: &str) -> ConnectionInfo {
    let address: SocketAddr = address.parse().expect("an address");
    ConnectionInfo::plain(address, None)
}

#[tokio::test]
async fn what_is_no_acceptable_token_is_refused_in_plain_words_and_without_a_new_challenge() {
    // SPNEGO's NegTokenInit that offers Kerberos but brings no token (RFC 4178, section 4.2.1).
    let no_token = [
        0x60, 0x1b, 0x06, 0x06, 0x2b, 6, 1, 5, 5, 2, 0xa0, 0x11, 0x30, 0x0f, 0xa0, 0x0d, 0x30,
        0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2,
    ];
    let ntlm = "TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAO5CAAAADw==";
    for (token, reason, words, cause) in [
        (ntlm, "ntlm", "(NTLM)", "setspn -Q"),
        (
            &STANDARD.encode(no_token),
            "second_leg",
            "another kind of sign-in",
            "second leg",
        ),
        (
            "not-base64!",
            "malformed_token",
            "was not understood",
            "base64",
        ),
        (
            &STANDARD.encode(vec![0x60; 65_536]),
            "malformed_token",
            "was not understood",
            "malformed",
        ),
    ] {
        let front = front(&json!({}));
        let value = format!("Negotiate {token}");
        let answer = front.get("/wsfed", &[("authorization", &value)]).await;
        answer.assert_page(401);
        assert!(!answer.head.contains("www-authenticate"), "{}", answer.head);
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
        let line = front.log.line(&format!(r#""reason":"{reason}""#));
        assert!(line.contains("not signed in"), "{line}");
        assert!(line.contains(cause), "{cause}: {line}");
        assert!(line.contains(&answer.request_id), "{line}");
        assert!(
            front.counted(&format!(
                r#"ad_edge_logins_total{{method="kerberos",outcome="refused",reason="{reason}"}}"#
            )),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_callback_that_is_not_listed_gets_no_token_whoever_asks() {
    let front = front(&json!({}));
    for query in [
        "wreply=https://evil.example/",
        "wreply=https://tenant.example/cb/",
        "wtrealm=urn:auth0:other",
        "wtrealm=LDAP_BIND_PASSWORD",
        "wa=wsignin2.0",
        "wreply=https://tenant.example/cb&wreply=https://evil.example/",
    ] {
        let path = format!("/wsfed?{query}");
        for answer in [
            front
                .get(&path, &[("authorization", "Negotiate YAAA")])
                .await,
            front.post(&path, "username=alice&password=x").await,
        ] {
            answer.assert_page(400);
        }
    }
    let direct = front.post(
        "/wsfed/direct?wreply=https://evil.example/",
        "username=alice",
    );
    let direct = direct.await;
    assert_eq!(direct.status, 400, "{}", direct.body);
    assert!(
        direct.body.starts_with("{\"invalid_request\""),
        "{}",
        direct.body
    );
}

#[tokio::test]
async fn the_pages_of_a_sign_in() {
    let front = front(&json!({}));
    let challenge = front.get("/wsfed?wctx=%22%3E%3Cscript%3E", &[]).await;
    insta::assert_snapshot!("challenge", challenge.picture());
    let retried = front.get("/wsfed?ad-edge-retry=1", &[]).await;
    insta::assert_snapshot!("challenge_again", retried.picture());
    let choose = front.get("/wsfed?wprompt=login&wctx=a%26b", &[]).await;
    insta::assert_snapshot!("choose", choose.picture());
    let password = front.get("/wsfed?ad-edge-method=password", &[]).await;
    insta::assert_snapshot!("password", password.picture());
    let certificate = front.get("/wsfed?ad-edge-method=certificate", &[]).await;
    insta::assert_snapshot!("certificate", certificate.picture());
    let kerberos = front.get("/wsfed?ad-edge-method=kerberos", &[]).await;
    assert!(kerberos.head.contains("www-authenticate: Negotiate\n"));
    let out = front.get("/wsfed?wa=wsignout1.0", &[]).await;
    insta::assert_snapshot!("signed_out", out.picture());
    assert_eq!(out.body, front.get("/logout", &[]).await.body);
    let wrong = front
        .get("/wsfed?wreply=https://evil.example/%3Cb%3E", &[])
        .await;
    insta::assert_snapshot!("not_listed", wrong.picture());
    assert!(
        front.page().contains("ad_edge_challenges_total 3\n"),
        "{}",
        front.page()
    );
}

#[tokio::test]
async fn without_kerberos_the_form_comes_first_and_without_any_way_a_page_says_so() {
    let form = front(&json!({ "KERBEROS_AUTH": false }));
    let page = form
        .get("/wsfed", &[("authorization", "Negotiate YAAA")])
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!page.head.contains("www-authenticate"), "{}", page.head);
    assert!(page.body.contains(r#"name="password""#), "{}", page.body);
    drop(form);
    let none = front(&json!({ "KERBEROS_AUTH": false, "FORM_LOGIN": false }));
    insta::assert_snapshot!("no_way", none.get("/wsfed", &[]).await.picture());
}

#[tokio::test]
async fn a_form_that_is_switched_off_is_neither_shown_nor_taken() {
    let front = front(&json!({ "FORM_LOGIN": false }));
    for path in [
        "/wsfed",
        "/wsfed?ad-edge-retry=1",
        "/wsfed?ad-edge-method=password",
        "/wsfed?wprompt=login",
    ] {
        let page = front.get(path, &[]).await;
        assert!(!page.body.contains(r#"name="password""#), "{path}");
    }
    let fields = "username=bob&password=x";
    front.post("/wsfed", fields).await.assert_page(403);
    let direct = front.post("/wsfed/direct", fields).await;
    assert_eq!(direct.status, 403, "{}", direct.body);
    assert!(direct.body.contains("FORM_LOGIN"), "{}", direct.body);
}

#[tokio::test]
async fn a_proxy_s_word_for_a_user_counts_only_where_it_is_trusted() {
    let forwarded = |address: &str, user: &str| {
        Request::get("/wsfed")
            .header("x-forwarded-user", user)
            .extension(from(address))
            .body(Body::empty())
            .expect("a request")
    };
    let plain = front(&json!({}));
    plain
        .ask(forwarded("127.0.0.1:5000", "alice"))
        .await
        .assert_page(401);
    drop(plain);
    let trusting = front(&json!({
        "WITH_KERBEROS_PROXY_FRONTEND": true,
        "TRUSTED_PROXIES": "192.0.2.7",
    }));
    // Believed: what is missing is the directory alone.
    let trusted = trusting.ask(forwarded("192.0.2.7:5000", "alice"));
    let trusted = trusted.await;
    trusted.assert_page(503);
    assert!(trusted.body.contains("directory does not answer"));
    let untrusted = trusting.ask(forwarded("192.0.2.8:5000", "alice"));
    let untrusted = untrusted.await;
    untrusted.assert_page(401);
    assert!(untrusted.head.contains("www-authenticate: Negotiate\n"));
}

#[tokio::test]
async fn what_is_too_large_unknown_or_malformed_gets_a_page() {
    let front = front(&json!({}));
    front.get("/nowhere", &[]).await.assert_page(404);
    front.get("/wsfed?wa=other", &[]).await.assert_page(400);
    let large = format!("username={}", "x".repeat(100_000));
    front.post("/wsfed", &large).await.assert_page(413);
    let value = format!("Negotiate {}", "A".repeat(120_000));
    let large = front.get("/wsfed", &[("authorization", &value)]).await;
    large.assert_page(431);
    let json = Request::post("/wsfed/direct").header(header::CONTENT_TYPE, "application/json");
    let answer = front.ask(json.body(Body::from("[1]")).expect("one")).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn the_metadata_names_issuer_and_address() {
    let front = front(&json!({}));
    let path = "/wsfed/FederationMetadata/2007-06/FederationMetadata.xml";
    let metadata = front.get(path, &[]).await;
    assert_eq!(metadata.status, 200);
    for part in [
        "entityID=\"urn:corp.example\"",
        "<Address>https://login.corp.example/wsfed</Address>",
    ] {
        assert!(metadata.body.contains(part), "{}", metadata.body);
    }
}

#[tokio::test]
async fn only_the_tenant_searches_users() {
    let front = front(&json!({}));
    for (headers, status) in [
        (&[][..], 403),
        (&[("authorization", "Basic YTpi")][..], 403),
        (&[("authorization", "Bearer a.b.c")][..], 401),
    ] {
        let answer = front.get("/users?criteria=alice", headers).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.starts_with("{\"error\""), "{}", answer.body);
    }
}
