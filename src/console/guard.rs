//! Who may use the console: root and this program's own user on this machine, by a name of this machine;
//! anybody else who has read the token in the log. A change must come from the console's own page.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use tokio::sync::Semaphore;

use super::{backend::ConsoleBackend, closed::closed, origin::is_same_origin, peer};
use crate::{
    http::{
        ConnectionInfo, Random,
        page::{PageContext, worded},
    },
    language::Language,
    telemetry::{LOG_ONLY, Throttle, event},
};

/// What every route has.
#[derive(Clone)]
pub(super) struct Console {
    pub backend: Arc<dyn ConsoleBackend>,
    pub guard: Arc<Guard>,
    pub heavy: Arc<Semaphore>,
}

/// What a proxy adds: behind one, whoever connects is not who asks.
const FORWARDED: [&str; 5] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// The secrets of one run.
#[derive(Debug)]
pub struct Guard {
    address: SocketAddr,
    random: Random,
    /// In each form of the page.
    csrf: String,
    /// In the cookie of whoever has shown a token.
    session: String,
    /// Shown in the log, good once.
    token: Mutex<String>,
    /// Nobody may fill the log by asking for it.
    shown: Throttle,
}

impl Guard {
    /// For a console that listens there. Beyond loopback the log shows a token at once.
    #[must_use]
    pub fn new(address: SocketAddr, random: Random) -> Self {
        let secret = || hex::encode(random.bytes::<24>());
        let guard = Self {
            address,
            csrf: secret(),
            session: secret(),
            token: Mutex::new(secret()),
            shown: Throttle::new(Duration::from_secs(10)),
            random,
        };
        if !guard.is_loopback() {
            guard.show_token();
        }
        guard
    }

    fn is_loopback(&self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }

    fn show_token(&self) {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let mut host = self.address.ip().to_canonical().to_string();
        if self.address.ip().is_unspecified() {
            host = gethostname::gethostname().to_string_lossy().into_owned();
        } else if host.contains(':') {
            host = format!("[{host}]");
        }
        tracing::warn!(
            target: LOG_ONLY, event = event::CONSOLE_TOKEN_SHOWN,
            url = format!("http://{host}:{}/?token={token}", self.address.port()),
            "this address opens the console, once, and it is plain HTTP"
        );
    }

    pub(super) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a form came from our page.
    pub(super) fn is_own(&self, csrf: Option<&str>) -> bool {
        csrf.is_some_and(|csrf| same(csrf, &self.csrf))
    }

    /// Cookies know no ports: several consoles may share a host.
    fn cookie(&self) -> String {
        format!("ad-edge-console-{}", self.address.port())
    }

    fn has_session(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter();
        let mut cookies = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let own = self.cookie();
        cookies.any(|(name, value)| name == own && same(value, &self.session))
    }

    /// Takes the token; it is good no second time, and the log shows the next one.
    fn redeem(&self, query: &str) -> bool {
        let Some(given) = form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "token").then(|| value.into_owned()))
        else {
            return false;
        };
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let good = same(&given, &token);
        if good {
            *token = hex::encode(self.random.bytes::<24>());
        }
        good
    }

    /// Whether the request comes from somebody who may read this installation's files anyway.
    fn is_trusted_peer(&self, request: &Request) -> bool {
        let headers = request.headers();
        if !self.is_loopback() || FORWARDED.iter().any(|name| headers.contains_key(*name)) {
            return false;
        }
        let info = request.extensions().get::<ConnectionInfo>();
        let owner = info.and_then(|info| peer::owner(info.client, self.address));
        owner.is_some_and(peer::is_trusted)
    }
}

/// Before every route.
pub(super) async fn check(
    State(console): State<Console>,
    page: PageContext,
    request: Request,
    next: Next,
) -> Response {
    let guard = &console.guard;
    let headers = request.headers();
    // The console has English words alone.
    let page = PageContext {
        language: Language::English,
        ..page
    };
    let refuse = |title, message| worded(&page, StatusCode::FORBIDDEN, title, message);
    if guard.is_loopback() {
        // A name of somebody else's that leads here (DNS rebinding) would make us their page.
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        if !host.is_some_and(is_local) {
            return refuse(
                "This name does not lead to the console",
                "Open it as http://localhost and its port, on this machine.",
            );
        }
    }
    if !guard.is_trusted_peer(&request) && !guard.has_session(headers) {
        // Not for HEAD: a program that only looks must not use it up.
        let query = request.uri().query().unwrap_or_default();
        if request.method() == Method::GET && guard.redeem(query) {
            tracing::warn!(
                target: "audit",
                event = event::CONSOLE_OPENED,
                "the console was opened by a token"
            );
            guard.show_token();
            let cookie = format!(
                "{}={}; HttpOnly; SameSite=Lax; Path=/",
                guard.cookie(),
                guard.session
            );
            return ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response();
        }
        if guard.is_loopback() && guard.shown.pass().is_some() {
            guard.show_token();
        }
        return closed(&page, request).await;
    }
    // A search asks the directory: that, too, is nobody else's to begin. The page itself may be linked to.
    let harmless = request.method().is_safe() && request.uri().path() == "/";
    if !harmless && !is_same_origin(headers) {
        return refuse(
            "This did not come from the console",
            "Another page tried to do something here. Open the console and do it there.",
        );
    }
    next.run(request).await
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        for host in [
            "localhost",
            "localhost:8357",
            "LOCALHOST:1",
            "127.0.0.1:8357",
            "127.8.9.1",
            "[::1]:8357",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8357",
            "192.0.2.1:8357",
            "",
            "[::2]:1",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_token_is_good_once_and_the_next_one_is_another() {
        let guard = Guard::new(([192, 0, 2, 1], 1).into(), Random::system());
        let token = || guard.token.lock().expect("no panic").clone();
        let first = token();
        assert!(!guard.redeem("token=wrong"));
        assert!(guard.redeem(&format!("token={first}")));
        assert!(!guard.redeem(&format!("token={first}")));
        assert!(guard.redeem(&format!("token={}", token())));
        assert!(!guard.redeem("token="));
    }
}
