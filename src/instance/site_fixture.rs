//! The direct logins of one configuration, asked without a connection.

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
    http::{HeaderValue, Request, StatusCode, header},
};
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

const LOGO: &str =
    r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><path d="M0 0h4v1z"/></svg>"#;

/// A front as `config.json` makes it, and its log.
pub(super) struct Front {
    pub router: Router,
    pub metrics: Arc<Metrics>,
    pub log: Log,
    _logging: DefaultGuard,
    _generation: Generation,
    _home: TempDir,
}

/// What came back; the page without what is new in each.
pub(super) struct Answer {
    pub status: StatusCode,
    pub request_id: String,
    pub head: String,
    pub body: String,
}

/// The lines of this thread.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

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
    pub fn line(&self, text: &str) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = String::from_utf8_lossy(&lines).into_owned();
        let found = lines.lines().find(|line| line.contains(text));
        found
            .unwrap_or_else(|| panic!("no line with {text}:\n{lines}"))
            .to_owned()
    }
}

/// `change` is laid over a configuration with Kerberos and the form; null takes a key out.
pub(super) fn front(change: &Value) -> Front {
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
    file("logo.svg", LOGO.as_bytes());
    file("config.json", config.to_string().as_bytes());

    let clock = Clock::system();
    let loaded = Config::load(Home::new(home.path()), &BTreeMap::new()).expect("good");
    let materials = Materials::load(&loaded.config, &clock, true, &Kept::default());
    let read = Read {
        config: loaded.config,
        fingerprint: loaded.fingerprint,
        shared: loaded.shared,
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
    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        if request.extensions().get::<ConnectionInfo>().is_none() {
            request.extensions_mut().insert(from("192.0.2.7:5000"));
        }
        let host = HeaderValue::from_static("login.corp.example");
        request.headers_mut().entry(header::HOST).or_insert(host);
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
            "content-language",
            "vary",
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

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::empty()).expect("a request"))
            .await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        let form = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(header::CONTENT_TYPE, form);
        self.ask(request.body(Body::from(body.to_owned())).expect("one"))
            .await
    }

    pub fn page(&self) -> String {
        self.metrics.render().expect("the metrics")
    }

    pub fn counted(&self, name: &str) -> bool {
        self.page().contains(&format!("{name} 1\n"))
    }
}

impl Answer {
    /// Status, the headers that matter, and the page without its styles, which all pages share.
    pub fn picture(&self) -> String {
        let (before, rest) = self.body.split_once("<style").unwrap_or((&self.body, ""));
        let after = rest.split_once("</style>").map_or("", |(_, after)| after);
        format!("{}\n{}\n{before}{after}", self.status, self.head)
    }

    pub fn assert_page(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.starts_with("<!doctype html>"), "{}", self.body);
        assert!(self.body.contains("ID"), "the request's number");
        assert!(!self.body.contains("wresult"), "no token");
    }
}

pub(super) fn from(address: &str) -> ConnectionInfo {
    let address: SocketAddr = address.parse().expect("an address");
    ConnectionInfo::plain(address, None)
}
