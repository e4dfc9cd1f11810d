//! How this instance is, in words.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use time::{OffsetDateTime, macros::format_description};

use super::{
    log_view::{failure, method_in_words},
    moment::Moment,
    program::Program,
    view::{Fact, FactGroup, Facts, Hour, Mood},
};
use crate::{
    clock::span,
    config::{Config, ProxyProtocol},
    instance::{Expires, Generation},
    ops::Ready,
    tunnel::TunnelState,
};

const SHOWN_FAILURES: usize = 10;
const SOON: Duration = Duration::from_secs(30 * 86_400);

impl Program {
    pub(super) fn facts_now(&self) -> Facts {
        let current = self.current.load();
        let (mood, state, sentence) = match self.readiness.evaluate_for_operators() {
            Ready::Yes if self.readiness.warnings().is_empty() => (
                Mood::Good,
                "ready",
                "Users can be signed in here".to_owned(),
            ),
            Ready::Yes => (
                Mood::Warn,
                "ready",
                "Requests arrive here, and a balancer disagrees with this instance: see below"
                    .to_owned(),
            ),
            Ready::Draining => (
                Mood::Warn,
                "draining",
                "This instance is ending: the balancer sends nobody new".to_owned(),
            ),
            Ready::No(reasons) => (
                Mood::Bad,
                "not ready",
                format!("Nobody can be signed in here: {}", reasons.join("; ")),
            ),
        };
        let events = self.recent.warnings();
        let hours = self.history.minutes(&self.metrics).into_iter();
        Facts {
            instance: current.config.instance.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            server_url: current.config.federation.server_url.to_string(),
            up_for: self.since.elapsed(),
            now: Moment::time_of_day(self.clock.now()),
            mood,
            state,
            sentence,
            is_empty: false,
            groups: self.groups(&current),
            hours: hours
                .map(|(method, minutes)| Hour {
                    method: method_in_words(&method).to_owned(),
                    minutes,
                })
                .collect(),
            failures: events
                .iter()
                .filter_map(failure)
                .take(SHOWN_FAILURES)
                .collect(),
        }
    }

    fn groups(&self, current: &Generation) -> Vec<FactGroup> {
        let directory = current.directory.status().into_iter().map(|server| {
            let (mood, text) = match (server.up, server.error) {
                (true, _) => {
                    let up = format!("up for {}", span(server.since));
                    let text = server.answered_in.map_or_else(
                        || up.clone(),
                        |took| format!("{up}; the last heartbeat took {}", milliseconds(took)),
                    );
                    (Mood::Good, text)
                }
                (false, Some(error)) => (Mood::Bad, error.to_string()),
                (false, None) => (Mood::Warn, "not connected yet".to_owned()),
            };
            fact(mood, &server.server, text)
        });
        let mut groups = vec![
            FactGroup {
                title: "Directory servers",
                facts: directory.collect(),
            },
            FactGroup {
                title: "Balancer",
                facts: self.balancer(&current.config),
            },
            FactGroup {
                title: "Tenant",
                facts: self.tenant(current),
            },
            FactGroup {
                title: "Certificates and keys",
                facts: self.keys(current),
            },
            FactGroup {
                title: "Configuration",
                facts: self.reloads_refused(),
            },
        ];
        for group in &mut groups {
            group.facts.sort_by_key(|fact| fact.mood.rank());
        }
        // A group of good news stays behind one with a problem.
        groups.sort_by_key(|group| {
            let worst = group.facts.iter().map(|fact| fact.mood.rank()).min();
            worst
                .filter(|rank| *rank < Mood::Good.rank())
                .unwrap_or(Mood::Good.rank())
        });
        groups
    }

    /// Why what was changed last is not in use.
    fn reloads_refused(&self) -> Vec<Fact> {
        let refused = self.refused.all().into_iter().map(|(at, why)| {
            let Moment { text, .. } = Moment::with_day(at);
            let text = format!("refused at {text} UTC, the old one stays in use: {why}");
            fact(Mood::Bad, "Last change", text)
        });
        let mut facts: Vec<_> = refused.collect();
        if facts.is_empty() {
            facts.push(fact(Mood::Good, "Last change", "in use".to_owned()));
        }
        facts
    }

    /// In what a balancer and this instance disagree, and whether one comes at all.
    fn balancer(&self, config: &Config) -> Vec<Fact> {
        let present = self.readiness.mismatches().into_iter();
        let mut facts: Vec<_> = present
            .map(|one| {
                let text = format!(
                    "{}. Remedy: {}",
                    one.mismatch.cause(),
                    one.mismatch.remedy(one.from)
                );
                fact(Mood::Bad, &format!("From {}", one.from), text)
            })
            .collect();
        let direct = config.direct.as_ref();
        let expected = direct.is_some_and(|direct| {
            direct.listen.proxy_protocol == ProxyProtocol::V2 || direct.tls.is_none()
        });
        if facts.is_empty() {
            let (mood, text) = if expected && !self.readiness.is_served() {
                (
                    Mood::Warn,
                    "none within the last minute, not even a check: start the balancer, or put this instance into \
                     its list of servers",
                )
            } else {
                (Mood::Good, "no disagreement within the last minute")
            };
            facts.push(fact(mood, "Connections", text.to_owned()));
        }
        facts
    }

    fn tenant(&self, current: &Generation) -> Vec<Fact> {
        let tunnel = current.tunnel.as_ref();
        let (mood, text) = match tunnel.map(|tunnel| tunnel.borrow().clone()) {
            None => (
                Mood::Plain,
                "not configured (AD_HUB, AGENT_MODE)".to_owned(),
            ),
            Some(TunnelState::Connected) => (Mood::Good, "connected".to_owned()),
            Some(TunnelState::Disconnected(why)) => (
                Mood::Bad,
                why.map_or_else(|| "not connected yet".to_owned(), |why| why.to_string()),
            ),
        };
        let mut facts = vec![fact(mood, "Tunnel to the hub", text)];
        facts.push(if current.config.ticket.is_none() {
            let text = "none (PROVISIONING_TICKET): settings are not fetched";
            fact(Mood::Plain, "Ticket", text.to_owned())
        } else {
            let counted = |outcome| {
                self.metrics
                    .ticket_steps
                    .with_label_values(&[outcome])
                    .get()
            };
            match (counted("ok"), counted("error")) {
                (0, 0) => fact(Mood::Warn, "Ticket", "not asked yet".to_owned()),
                (0, _) => fact(
                    Mood::Bad,
                    "Ticket",
                    "the tenant has not answered yet; the log says why".to_owned(),
                ),
                _ => fact(
                    Mood::Good,
                    "Ticket",
                    "the tenant knows this instance".to_owned(),
                ),
            }
        });
        facts
    }

    fn keys(&self, current: &Generation) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(tls) = &self.tls {
            facts.push(self.ends("Certificate of SERVER_URL", tls.leaf().not_after));
        }
        facts.extend(current.ends().into_iter().map(|(what, end)| {
            let name = match what {
                Expires::SigningCertificate => "Signing certificate",
                Expires::ClientAuthorities => "CAs of client certificates",
                Expires::RevocationLists => "Revocation lists",
            };
            self.ends(name, unix(end))
        }));
        if let Some(certificates) = current.certificates() {
            let notes = certificates.list_notes().into_iter();
            facts.extend(notes.map(|note| fact(Mood::Warn, "Revocation list", note)));
            let left_out = certificates.left_out(self.clock.now()).into_iter();
            facts.extend(left_out.map(|why| fact(Mood::Warn, "CA of client certificates", why)));
        }
        facts.extend(self.keytab(current));
        facts
    }

    pub(super) fn ends(&self, name: &str, end: SystemTime) -> Fact {
        match end.duration_since(self.clock.now()) {
            Ok(left) if left > SOON => fact(
                Mood::Good,
                name,
                format!("until {}, {}", day(end), span(left)),
            ),
            Ok(left) => fact(
                Mood::Warn,
                name,
                format!("ends in {}: renew it", span(left)),
            ),
            Err(_) => fact(
                Mood::Bad,
                name,
                format!("has expired on {}: renew it", day(end)),
            ),
        }
    }

    /// A keytab does not expire; its key version and its age show whether it is the right one.
    fn keytab(&self, current: &Generation) -> Option<Fact> {
        let keytab = current.kerberos()?.keytab();
        let keys: BTreeSet<String> = keytab
            .entries
            .iter()
            .map(|entry| format!("{}, key version {}", entry.principal, entry.kvno))
            .collect();
        let mut text = keys.into_iter().collect::<Vec<_>>().join("; ");
        let section = current.config.direct.as_ref()?.kerberos.as_ref()?;
        let written = fs::metadata(&section.keytab).and_then(|meta| meta.modified());
        if let Ok(age) = written.map(|at| self.clock.now().duration_since(at).unwrap_or_default()) {
            text = format!("{text}; written {} ago", span(age));
        }
        Some(fact(Mood::Good, "Keytab", text))
    }
}

/// `0.4 ms`, `12 ms`.
fn milliseconds(took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{milliseconds:.0} ms")
    }
}

pub(super) fn fact(mood: Mood, name: &str, text: String) -> Fact {
    Fact {
        mood,
        name: name.to_owned(),
        text,
    }
}

fn unix(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn day(at: SystemTime) -> String {
    let format = format_description!("[year]-[month]-[day]");
    OffsetDateTime::from(at).format(format).unwrap_or_default()
}
