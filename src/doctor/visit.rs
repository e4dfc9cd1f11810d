//! A request to SERVER_URL as a browser makes it: a connection of its own, TLS, `GET /readyz`.

use std::{
    error::Error,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use reqwest::{Client, StatusCode};
use url::Url;

use super::recorder::{Recorder, Shown, looking};
use crate::{cause, clock::Clock, config::Config};

const LIMIT: Duration = Duration::from_secs(5);

/// Who asks. Whatever the certificate is worth, nothing secret is sent.
pub(super) struct Visitor {
    client: Client,
    recorder: Arc<Recorder>,
    url: Url,
}

/// What came back.
pub(super) struct Answer {
    pub shown: Shown,
    pub status: StatusCode,
    /// The first two characters of its request number.
    pub mark: Option<String>,
    /// The instance's name, where it says it (INSTANCE_HEADER).
    pub instance: Option<String>,
}

/// What kept it from coming, with the cause in words.
#[derive(Debug)]
pub(super) enum VisitError {
    /// No connection.
    Connect(String),
    /// This machine has no way to that network, such as one of IPv6; others may have one.
    NoWay(String),
    /// A connection, which ended before an answer: TLS failed, or what answered is no HTTP.
    Cut(String),
    /// No answer within the limit.
    Silent,
}

impl Visitor {
    /// One that asks the server at this address, as SERVER_URL's host; none when this machine has no root
    /// certificates at all.
    pub fn new(config: &Config, clock: &Clock, address: SocketAddr) -> Option<Self> {
        let mut url = config.federation.server_url.clone();
        url.set_path("/readyz");
        let (tls, recorder) = looking(config, clock)?;
        let client = Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .resolve(url.host_str()?, address)
            .timeout(LIMIT)
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("ad-edge-doctor/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        Some(Self {
            client: client.build().ok()?,
            recorder,
            url,
        })
    }

    pub async fn ask(&self) -> Result<Answer, VisitError> {
        let sent = self.client.get(self.url.clone()).send().await;
        let response = sent.map_err(|error| failed(error, &self.recorder))?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let mark = header("x-request-id").and_then(|number| Some(number.get(..2)?.to_owned()));
        let instance = header("x-ad-edge-instance");
        Ok(Answer {
            shown: self.recorder.shown(),
            status: response.status(),
            mark,
            instance,
        })
    }
}

fn failed(error: reqwest::Error, recorder: &Recorder) -> VisitError {
    let error = error.without_url();
    if error.is_timeout() {
        return VisitError::Silent;
    }
    let words = cause::innermost(&error);
    // TLS is a part of connecting there: a certificate, or an error of TLS, came over a connection.
    let over_connection =
        !recorder.shown().chain.is_empty() || cause::tls_in(&error).is_some() || !refused(&error);
    if error.is_connect() && !over_connection {
        if has_no_way(&error) {
            VisitError::NoWay(words)
        } else {
            VisitError::Connect(words)
        }
    } else {
        VisitError::Cut(words)
    }
}

/// Whether the system says that there is no way to the port.
fn refused(error: &(dyn Error + 'static)) -> bool {
    use ErrorKind::{ConnectionRefused, HostUnreachable, NetworkDown, PermissionDenied};
    let kind = system_kind(error);
    has_no_way(error)
        || matches!(
            kind,
            Some(ConnectionRefused | HostUnreachable | NetworkDown | PermissionDenied)
        )
}

/// Whether the system says that this machine itself is not in such a network, nor has a route to it.
fn has_no_way(error: &(dyn Error + 'static)) -> bool {
    use ErrorKind::{AddrNotAvailable, NetworkUnreachable};
    let kind = system_kind(error);
    matches!(kind, Some(AddrNotAvailable | NetworkUnreachable))
}

fn system_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}
