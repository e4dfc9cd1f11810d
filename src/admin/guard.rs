//! Who may use the console: whoever is on this machine, by a name of this machine; elsewhere, whoever
//! has read the token in the log. A change must come from the console's own page.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::Console;
use crate::{
    http::{
        Random,
        page::{PageContext, notice},
    },
    telemetry::LOG_ONLY,
};

const COOKIE: &str = "ad-edge-console";

/// The secrets of one run.
#[derive(Debug)]
pub struct Guard {
    loopback: bool,
    /// In each form of the page.
    csrf: String,
    /// In the cookie of whoever has shown the token.
    session: String,
    /// Shown once in the log, good once.
    token: Mutex<Option<String>>,
}

impl Guard {
    /// For a console that listens there; logs the token when it is not loopback.
    #[must_use]
    pub fn new(address: SocketAddr, random: &Random) -> Self {
        let secret = || hex::encode(random.bytes::<24>());
        let loopback = address.ip().to_canonical().is_loopback();
        let token = (!loopback).then(secret);
        if let Some(token) = &token {
            tracing::warn!(
                target: LOG_ONLY,
                url = format!("http://{address}/?token={token}"),
                "the console is not on loopback: this address opens it, once, and it is plain HTTP"
            );
        }
        Self {
            loopback,
            csrf: secret(),
            session: secret(),
            token: Mutex::new(token),
        }
    }

    pub(super) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a form came from our page.
    pub(super) fn is_own(&self, csrf: Option<&str>) -> bool {
        csrf.is_some_and(|csrf| same(csrf, &self.csrf))
    }

    fn has_session(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter();
        let mut cookies = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        cookies.any(|(name, value)| name == COOKIE && same(value, &self.session))
    }

    /// Takes the token; it is good no second time.
    fn redeem(&self, query: &str) -> bool {
        let Some(given) = form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "token").then(|| value.into_owned()))
        else {
            return false;
        };
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let good = token.as_deref().is_some_and(|token| same(&given, token));
        if good {
            *token = None;
        }
        good
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
    let refuse = |title, message| notice(&page, StatusCode::FORBIDDEN, title, message);
    if guard.loopback {
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
    } else if !guard.has_session(headers) {
        if guard.redeem(request.uri().query().unwrap_or_default()) {
            let cookie = format!(
                "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/",
                guard.session
            );
            return ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response();
        }
        return refuse(
            "The console is closed",
            "Its address with the token stands in this instance's log, once at each start. A token \
             that was used is good no more: restart for another one.",
        );
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

/// A browser says where a form was; what says nothing is no browser, and has the form's token.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, at)| at.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    };
    site && origin
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
    fn a_form_of_another_site_is_told_apart() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a value"));
            }
            is_same_origin(&headers)
        };
        assert!(from(&[
            ("host", "localhost:1"),
            ("origin", "http://localhost:1")
        ]));
        assert!(
            from(&[("host", "localhost:1")]),
            "curl, which knows the token"
        );
        assert!(!from(&[
            ("host", "localhost:1"),
            ("origin", "http://evil.example")
        ]));
        assert!(!from(&[("host", "localhost:1"), ("origin", "null")]));
        assert!(!from(&[
            ("host", "localhost:1"),
            ("sec-fetch-site", "cross-site")
        ]));
        assert!(!from(&[
            ("host", "localhost:1"),
            ("sec-fetch-site", "same-site")
        ]));
    }

    #[test]
    fn the_token_is_good_once() {
        let guard = Guard::new(([192, 0, 2, 1], 1).into(), &Random::system());
        let token = guard
            .token
            .lock()
            .expect("no panic")
            .clone()
            .expect("a token");
        assert!(!guard.redeem("token=wrong"));
        assert!(guard.redeem(&format!("token={token}")));
        assert!(!guard.redeem(&format!("token={token}")));
        let local = Guard::new(([127, 0, 0, 1], 1).into(), &Random::system());
        assert!(!local.redeem("token="));
    }
}
