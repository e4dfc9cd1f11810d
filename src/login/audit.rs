//! One line for each login: who, from where, by what, with which outcome. Never a password, token or
//! ticket.

use std::{fmt, net::IpAddr};

use tokio::time::Instant;

use super::refusal::Refusal;
use crate::telemetry::{LoginOutcome, Metrics, event, some};

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
    /// A trusted balancer that does not say for whom.
    Balancer(IpAddr),
    /// The tenant's hub, which does not say for whom.
    Hub,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) | Self::Balancer(address) => address.fmt(f),
            Self::Hub => f.write_str("hub"),
        }
    }
}

/// Names and reasons in a line at most, in bytes: they may be what somebody made up.
const MAX_TEXT: usize = 300;

/// An audit line before it is written. One that is dropped before its end says that, and counts too.
pub(super) struct Line<'a> {
    origin: &'a Origin,
    instance: &'a str,
    metrics: &'a Metrics,
    start: Instant,
    method: &'static str,
    principal: String,
    /// What is known of the user was proved: by a ticket, a certificate, a trusted proxy or the tenant.
    is_proved: bool,
    user: String,
    lacks_groups: bool,
    ended: bool,
}

impl<'a> Line<'a> {
    /// `principal` is what the user, or the hub, says that their name is; it may come later.
    pub fn begin(
        origin: &'a Origin,
        instance: &'a str,
        metrics: &'a Metrics,
        method: &'static str,
        principal: &str,
    ) -> Self {
        Self {
            origin,
            instance,
            metrics,
            start: Instant::now(),
            method,
            principal: cut(principal),
            is_proved: origin.client == Client::Hub,
            user: String::new(),
            lacks_groups: false,
            ended: false,
        }
    }

    /// Who they have proved to be.
    pub fn principal(&mut self, principal: &str) {
        self.principal = cut(principal);
        self.is_proved = true;
    }

    pub fn user(&mut self, dn: &str) {
        dn.clone_into(&mut self.user);
    }

    /// They could not be had, and the user signs in without.
    pub fn lacks_groups(&mut self) {
        self.lacks_groups = true;
    }

    /// Counts the login and writes the line: a warning when the installation itself is in trouble.
    pub fn end(mut self, refusal: Option<&Refusal>) {
        self.ended = true;
        self.write(match refusal {
            None => Outcome::SignedIn,
            Some(refusal) => Outcome::Refused {
                reason: refusal.reason(),
                detail: cut(&refusal.to_string()),
                is_ours: refusal.is_ours(),
            },
        });
    }

    fn write(&self, ended: Outcome) {
        let (outcome, reason) = match &ended {
            Outcome::SignedIn => (LoginOutcome::Success, ""),
            Outcome::Refused { reason, .. } => (LoginOutcome::Refused, *reason),
            Outcome::Abandoned => (LoginOutcome::Refused, "abandoned"),
        };
        let outcome = outcome.label();
        self.metrics
            .logins
            .with_label_values(&[self.method, outcome, reason])
            .inc();
        let Some(left_out) = self.passes(&ended) else {
            return;
        };
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident, $event:expr, $($detail:tt)*) => {
                tracing::$level!(
                    target: "audit",
                    event = $event,
                    request_id = self.origin.request_id,
                    instance = self.instance,
                    client = %self.origin.client,
                    method = self.method,
                    principal = self.principal,
                    user = self.user,
                    outcome,
                    reason,
                    ms,
                    left_out = some(left_out),
                    $($detail)*
                )
            };
        }
        match ended {
            Outcome::SignedIn if self.lacks_groups => {
                let without = &self.metrics.logins_without_groups;
                without.with_label_values(&[self.method]).inc();
                line!(
                    warn,
                    event::LOGIN_ACCEPTED,
                    groups = "missing",
                    "signed in without groups"
                );
            }
            Outcome::SignedIn => line!(info, event::LOGIN_ACCEPTED, "signed in"),
            Outcome::Refused {
                detail,
                is_ours: true,
                ..
            } => line!(error, event::LOGIN_REFUSED, detail = %detail, "not signed in"),
            Outcome::Refused { detail, .. } => {
                line!(warn, event::LOGIN_REFUSED, detail = %detail, "not signed in");
            }
            Outcome::Abandoned => line!(
                warn,
                event::LOGIN_ABANDONED,
                detail = "the client went away, or the time for an answer was over",
                "not signed in"
            ),
        }
    }
}

impl Line<'_> {
    /// Whether this line is written, and how many were left out before it. What concerns an account always
    /// is; anybody can send a name that nobody has, or a token that says nothing, as often as they like.
    fn passes(&self, ended: &Outcome) -> Option<u64> {
        let concerns_account = self.is_proved || !self.user.is_empty();
        match (ended, self.origin.client) {
            (
                Outcome::Refused { .. } | Outcome::Abandoned,
                Client::Address(from) | Client::Balancer(from),
            ) if !concerns_account => self.metrics.outsider_lines.refusals.pass(from),
            _ => Some(0),
        }
    }
}

enum Outcome {
    SignedIn,
    Refused {
        reason: &'static str,
        detail: String,
        is_ours: bool,
    },
    /// Nobody waits for the answer.
    Abandoned,
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.write(Outcome::Abandoned);
        }
    }
}

fn cut(text: &str) -> String {
    match text.floor_char_boundary(MAX_TEXT) {
        end if end < text.len() => format!("{}…", &text[..end]),
        _ => text.to_owned(),
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
    let principal = cut(principal);
    macro_rules! line {
        ($level:ident, $event:expr, $outcome:expr, $($detail:tt)*) => {
            tracing::$level!(
                target: "audit",
                event = $event,
                request_id = origin.request_id,
                instance,
                client = %origin.client,
                principal,
                user,
                outcome = $outcome.label(),
                $($detail)*
            )
        };
    }
    match refusal {
        None => line!(
            info,
            event::PASSWORD_CHANGED,
            LoginOutcome::Success,
            "password changed"
        ),
        Some(refusal) => line!(
            warn,
            event::PASSWORD_REFUSED,
            LoginOutcome::Refused,
            reason = refusal.reason(),
            detail = cut(&refusal.to_string()),
            "password not changed"
        ),
    }
}
