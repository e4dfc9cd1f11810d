//! One line for each login: who, from where, by what, with which outcome. Never a password, token or
//! ticket.

use std::{fmt, net::IpAddr, time::Instant};

use super::Refusal;
use crate::telemetry::Metrics;

/// The request that a login came in.
#[derive(Debug, Clone)]
pub struct Origin {
    pub request_id: String,
    pub client: Client,
}

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Address(IpAddr),
    /// The tenant's hub, which does not say for whom.
    Hub,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Hub => f.write_str("hub"),
        }
    }
}

/// An audit line in the making.
pub(super) struct Line<'a> {
    origin: &'a Origin,
    start: Instant,
    method: &'static str,
    principal: String,
    user: String,
}

impl<'a> Line<'a> {
    /// `principal` is what the user, or the hub, says that their name is; it may come later.
    pub fn begin(origin: &'a Origin, method: &'static str, principal: &str) -> Self {
        Self {
            origin,
            start: Instant::now(),
            method,
            principal: principal.to_owned(),
            user: String::new(),
        }
    }

    pub fn principal(&mut self, principal: String) {
        self.principal = principal;
    }

    pub fn user(&mut self, dn: &str) {
        dn.clone_into(&mut self.user);
    }

    /// Counts the login and writes the line: a warning when the installation itself is in trouble.
    pub fn end(self, instance: &str, metrics: &Metrics, refusal: Option<&Refusal>) {
        let outcome = if refusal.is_none() {
            "success"
        } else {
            "refused"
        };
        let reason = refusal.map_or("", Refusal::reason);
        metrics
            .logins
            .with_label_values(&[self.method, outcome, reason])
            .inc();
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident, $($detail:tt)*) => {
                tracing::$level!(
                    target: "audit",
                    request_id = self.origin.request_id,
                    instance,
                    client = %self.origin.client,
                    method = self.method,
                    principal = self.principal,
                    user = self.user,
                    outcome,
                    reason,
                    ms,
                    $($detail)*
                )
            };
        }
        match refusal {
            None => line!(info, "signed in"),
            Some(refusal) if refusal.is_ours() => line!(error, detail = %refusal, "not signed in"),
            Some(refusal) => line!(warn, detail = %refusal, "not signed in"),
        }
    }
}

/// The line of a password change, which is no login and is not counted as one.
pub(super) fn password_change(
    origin: &Origin,
    instance: &str,
    principal: &str,
    user: &str,
    refusal: Option<&Refusal>,
) {
    macro_rules! line {
        ($level:ident, $outcome:literal, $($detail:tt)*) => {
            tracing::$level!(
                target: "audit",
                request_id = origin.request_id,
                instance,
                client = %origin.client,
                principal,
                user,
                outcome = $outcome,
                $($detail)*
            )
        };
    }
    match refusal {
        None => line!(info, "success", "password changed"),
        Some(refusal) => line!(
            warn,
            "refused",
            reason = refusal.reason(),
            detail = %refusal,
            "password not changed"
        ),
    }
}
