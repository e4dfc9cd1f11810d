//! One line for each login: who, from where, by what, with which outcome. Never a password, token or
//! ticket.

use std::{net::IpAddr, time::Instant};

use super::{Proof, Refusal};
use crate::telemetry::Metrics;

/// The request that a login came in.
#[derive(Debug, Clone)]
pub struct Origin {
    pub request_id: String,
    pub client: IpAddr,
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
    pub fn begin(origin: &'a Origin, proof: &Proof) -> Self {
        let principal = match proof {
            Proof::Kerberos { .. } => String::new(),
            Proof::Password { username, .. } => username.clone(),
            Proof::Frontend { user } => user.clone(),
        };
        Self {
            origin,
            start: Instant::now(),
            method: proof.label(),
            principal,
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
