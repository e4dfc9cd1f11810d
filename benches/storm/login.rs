//! One login: a fresh token, a fresh connection, and what came back.

use std::{
    error::Error,
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ad_edge::credential_of_cache;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use libgssapi::{
    context::{ClientCtx, CtxFlags},
    credential::{Cred, CredUsage},
    name::Name,
    oid::{GSS_MECH_SPNEGO, GSS_NT_HOSTBASED_SERVICE, OidSet},
};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

use crate::arguments::Arguments;

/// The largest answer that is read: a token page has some ten kilobytes.
const MAX_ANSWER: usize = 1 << 20;

/// What every login needs.
pub struct Target {
    host: String,
    address: String,
    request: String,
    tls: TlsConnector,
    name: ServerName<'static>,
    /// They sign in in turn.
    users: Vec<Cred>,
    next_user: AtomicUsize,
    service: String,
    limit: Duration,
}

/// One finished login.
pub struct Login {
    /// When it was due.
    pub due: Instant,
    pub ended: Instant,
    /// The instance that answered, when it says so; or why it failed.
    pub outcome: Result<String, String>,
}

impl Target {
    /// Gets a first token of each user: without tickets nothing else is worth a try.
    pub fn new(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let url = &arguments.url;
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path = format!("{path}?{query}");
        }
        let target = Self {
            name: ServerName::try_from(host.clone())?,
            address: match arguments.connect {
                Some(address) => address.to_string(),
                None => format!("{host}:{port}"),
            },
            request: format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"),
            tls: TlsConnector::from(Arc::new(tls(arguments)?)),
            users: users(arguments)?,
            next_user: AtomicUsize::new(0),
            service: format!("HTTP@{host}"),
            limit: Duration::from_secs(arguments.timeout),
            host,
        };
        for user in &target.users {
            target.token(user).map_err(|error| {
                format!("no ticket for {}: {error}; run kinit first", target.service)
            })?;
        }
        Ok(target)
    }

    /// A fresh Negotiate token: no two have the same authenticator.
    fn token(&self, user: &Cred) -> Result<String, libgssapi::error::Error> {
        let service = Name::new(self.service.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE))?;
        let mut context = ClientCtx::new(
            Some(user.clone()),
            service,
            CtxFlags::empty(),
            Some(GSS_MECH_SPNEGO),
        );
        let token = context.step(None, None)?;
        Ok(token
            .map(|token| STANDARD.encode(&*token))
            .unwrap_or_default())
    }

    pub async fn login(self: Arc<Self>, due: Instant) -> Login {
        let outcome = match timeout_at(due + self.limit, Arc::clone(&self).try_login()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} s", self.limit.as_secs())),
        };
        Login {
            due,
            ended: Instant::now(),
            outcome,
        }
    }

    async fn try_login(self: Arc<Self>) -> Result<String, String> {
        let of = |what: &'static str| move |error: io::Error| failure(what, &error);
        let own = Arc::clone(&self);
        let token = tokio::task::spawn_blocking(move || {
            let turn = own.next_user.fetch_add(1, Ordering::Relaxed);
            own.token(&own.users[turn % own.users.len()])
        })
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| format!("token: {error}"))?;
        let stream = TcpStream::connect(&self.address)
            .await
            .map_err(of("connect"))?;
        let mut stream = self
            .tls
            .connect(self.name.clone(), stream)
            .await
            .map_err(of("TLS"))?;
        let request = format!("{}Authorization: Negotiate {token}\r\n\r\n", self.request);
        stream
            .write_all(request.as_bytes())
            .await
            .map_err(of("send"))?;
        verdict(&answer(&mut stream).await?, &self.host)
    }
}

fn failure(what: &str, error: &io::Error) -> String {
    // rustls says this with a link to its manual.
    if error.kind() == io::ErrorKind::UnexpectedEof {
        format!("{what}: the connection was cut")
    } else {
        format!("{what}: {error}")
    }
}

fn users(arguments: &Arguments) -> Result<Vec<Cred>, Box<dyn Error>> {
    if arguments.ccache.is_empty() {
        return Ok(vec![Cred::acquire(
            None,
            None,
            CredUsage::Initiate,
            None::<&OidSet>,
        )?]);
    }
    let caches = arguments.ccache.iter();
    caches
        .map(|cache| {
            credential_of_cache(cache)
                .map_err(|error| format!("{}: {error}; run kinit first", cache.display()).into())
        })
        .collect()
}

fn tls(arguments: &Arguments) -> Result<ClientConfig, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = &arguments.ca {
        let pem = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate?)?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Each login is somebody else's, from a computer that was not here before.
    tls.resumption = rustls::client::Resumption::disabled();
    Ok(tls)
}

/// A whole answer, head and body, as far as its own head tells.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<String, String> {
    let mut bytes = Vec::new();
    loop {
        if expected(&bytes).is_some_and(|length| bytes.len() >= length) {
            break;
        }
        let got = bytes.len();
        match stream.read_buf(&mut bytes).await {
            Ok(0) if got == 0 => return Err("closed without an answer".to_owned()),
            Ok(0) => {
                return match expected(&bytes) {
                    Some(length) => Err(format!("cut: {got} of {length} bytes")),
                    None => Err(format!("cut: {got} bytes, of an answer without a length")),
                };
            }
            Ok(_) if bytes.len() > MAX_ANSWER => return Err("the answer is too long".to_owned()),
            Ok(_) => {}
            Err(error) => return Err(failure("receive", &error)),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How many bytes head and body have together, once the head is there and if it tells.
fn expected(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let length: usize = header(head, "content-length")?.parse().ok()?;
    end.checked_add(length)
}

fn header<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The instance of a good answer, or what is wrong with it.
fn verdict(answer: &str, host: &str) -> Result<String, String> {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        let title = body
            .split("<h1>")
            .nth(1)
            .and_then(|rest| rest.split('<').next());
        let later = match header(head, "retry-after") {
            Some(_) => " with Retry-After",
            None => "",
        };
        let title = title.unwrap_or("no page").replace("&#39;", "'");
        return Err(format!("status {status}{later}: {title}"));
    }
    if !body.contains("name=\"wresult\"") {
        return Err("status 200 without a token".to_owned());
    }
    Ok(header(head, "x-ad-edge-instance")
        .unwrap_or(host)
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "HTTP/1.1 200 OK\r\nX-Ad-Edge-Instance: edge-1\r\nContent-Length: 14\r\n\r\n\
                        name=\"wresult\"";

    async fn judged(mut sent: &[u8]) -> Result<String, String> {
        verdict(&answer(&mut sent).await?, "host")
    }

    #[tokio::test]
    async fn a_whole_token_page_is_a_login_and_a_part_of_it_is_not() {
        assert_eq!(judged(PAGE.as_bytes()).await.as_deref(), Ok("edge-1"));
        let cut = &PAGE.as_bytes()[..PAGE.len() - 1];
        assert_eq!(
            judged(cut).await,
            Err(format!("cut: {} of {} bytes", cut.len(), PAGE.len()))
        );
        let none = judged(b"").await;
        assert_eq!(none, Err("closed without an answer".to_owned()));
    }

    #[tokio::test]
    async fn a_refusal_names_its_page_and_whether_it_says_when_to_come_again() {
        let page =
            b"HTTP/1.1 503 x\r\nRetry-After: 5\r\nContent-Length: 17\r\n\r\n<h1>It&#39;s I</h1>";
        let why = judged(page).await.expect_err("refused");
        assert_eq!(why, "status 503 with Retry-After: It's I");
        let why = judged(b"HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(why.expect_err("refused"), "status 401: no page");
    }
}
