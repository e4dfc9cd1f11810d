//! What differs among instances that must be equal, and what is not as it should be.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    ask::Asked,
    groups::groups,
    report::{InstanceReport, State, Tunnel},
    words::{in_words, keytab, none, plain},
};
use crate::config::{Declared, keys};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All are ready and equal all the same.
    Warn,
    Fail,
}

/// Something to correct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub level: Level,
    /// What kind of thing it is; stays the same from version to version.
    pub id: &'static str,
    /// The key, or the instances.
    pub subject: String,
    pub text: String,
    pub fix: String,
}

/// An instance that answered, with what it is called here.
struct Member<'a> {
    label: String,
    report: &'a InstanceReport,
}

type Part = fn(&InstanceReport) -> String;

/// Everything that is to be corrected, what keeps users from signing in first.
pub(super) fn findings(asked: &[Asked]) -> Vec<Finding> {
    let members = members(asked);
    let mut findings = Vec::new();
    for one in asked {
        if let Err(why) = &one.answer {
            findings.push(Finding {
                level: Level::Fail,
                id: "no-answer",
                subject: one.address.clone(),
                text: format!("{} does not tell how it is: {why}", one.address),
                fix: why.remedy().to_owned(),
            });
        }
    }
    findings.extend(members.iter().filter_map(state));
    findings.extend(members.iter().flat_map(outside));
    names(&members, &mut findings);
    parts(&members, &mut findings);
    keys_of(&members, &mut findings);
    // Stable: within a level the order stays.
    findings.sort_by_key(|finding| finding.level == Level::Warn);
    findings
}

fn members(asked: &[Asked]) -> Vec<Member<'_>> {
    let reports = || {
        let answered = asked.iter();
        answered.filter_map(|one| Some((&one.address, one.answer.as_ref().ok()?)))
    };
    reports()
        .map(|(address, report)| {
            let name = plain(&report.name);
            let twins = reports().filter(|(_, other)| other.name == report.name);
            Member {
                label: if twins.count() > 1 {
                    format!("{name} ({address})")
                } else {
                    name
                },
                report,
            }
        })
        .collect()
}

fn state(member: &Member<'_>) -> Option<Finding> {
    let label = &member.label;
    let reasons: Vec<_> = member.report.reasons.iter().map(|one| plain(one)).collect();
    let (text, fix) = match member.report.state {
        State::Ready => return None,
        State::Draining => (
            format!("{label} is ending: the balancer sends nobody new"),
            "nothing, when it was asked to; else start it again".to_owned(),
        ),
        State::NotReady => (
            format!("{label} signs nobody in: {}", reasons.join("; ")),
            format!("run `ad-edge doctor` on {label}"),
        ),
    };
    Some(Finding {
        level: Level::Fail,
        id: "not-ready",
        subject: label.clone(),
        text,
        fix,
    })
}

/// What it does not reach although it is ready.
fn outside(member: &Member<'_>) -> Vec<Finding> {
    let label = &member.label;
    let warn = |id, text| Finding {
        level: Level::Warn,
        id,
        subject: label.clone(),
        text,
        fix: format!("run `ad-edge doctor` on {label}"),
    };
    let mut findings = Vec::new();
    if let Tunnel::Disconnected { reason } = &member.report.tunnel {
        let text = format!("{label} has no tunnel to the hub: {}", plain(reason));
        findings.push(warn("tunnel", text));
    }
    let down = member.report.directory.iter().filter(|server| !server.up);
    findings.extend(down.map(|server| {
        let why = server.error.as_deref().unwrap_or("not connected yet");
        let text = format!(
            "{label} does not reach {}: {}",
            plain(&server.url),
            plain(why)
        );
        warn("directory", text)
    }));
    findings
}

fn names(members: &[Member<'_>], findings: &mut Vec<Finding>) {
    let marks = groups(members.iter().map(|member| (member, &member.report.mark)));
    for (mark, sharing) in marks.iter().filter(|(_, sharing)| sharing.len() > 1) {
        let labels: Vec<_> = sharing.iter().map(|member| &*member.label).collect();
        let names: BTreeSet<_> = sharing.iter().map(|member| &member.report.name).collect();
        let (id, what) = if names.len() < sharing.len() {
            ("name", "one name".to_owned())
        } else {
            ("mark", format!("one mark, {}", plain(mark)))
        };
        findings.push(Finding {
            level: Level::Warn,
            id,
            subject: labels.join(" "),
            text: format!(
                "{} have {what}: request numbers and audit lines do not tell them apart",
                labels.join(" and ")
            ),
            fix: "give one another INSTANCE_NAME, and reload it".to_owned(),
        });
    }
}

/// Program, certificates and keys.
fn parts(members: &[Member<'_>], findings: &mut Vec<Finding>) {
    let mut differ = |id, subject, members: &[&Member<'_>], of: Part, fix: &str| {
        let all = members.iter();
        let groups = groups(all.map(|member| (&*member.label, of(member.report))));
        if groups.len() > 1 {
            findings.push(Finding {
                level: Level::Fail,
                id,
                subject: String::from(subject),
                text: format!("{subject}: {}", in_words(&groups)),
                fix: fix.to_owned(),
            });
        }
    };
    let all: Vec<_> = members.iter().collect();
    differ(
        "version",
        "program version",
        &all,
        |report| plain(&report.program),
        "bring all instances to one version; their keys are fully compared then",
    );
    differ(
        "signing-certificate",
        "signing certificate",
        &all,
        |report| plain(&report.signing_certificate.thumbprint),
        "copy certs/cert.pem and certs/cert.key of one to the others (deploy/rotate.md); the keys of \
         instances that sign differently cannot be compared",
    );
    differ(
        "server-certificate",
        "certificate of SERVER_URL",
        &all,
        |report| {
            let certificate = report.server_certificate.as_ref();
            certificate.map_or_else(none, |certificate| plain(&certificate.thumbprint))
        },
        "copy the newest certs/tls.pem and certs/tls.key to all instances",
    );
    differ(
        "keytab",
        "key versions of the keytab",
        &all,
        keytab,
        "copy the newest certs/krb5.keytab to all instances",
    );
    for alike in &signing_alike(members) {
        differ(
            "client-ca",
            "CAs of client certificates",
            alike,
            |report| {
                report
                    .configuration
                    .client_ca
                    .as_deref()
                    .map_or_else(none, plain)
            },
            "copy the newest file of CLIENT_CA_FILE to all instances",
        );
        differ(
            "mapper",
            "profile mapper",
            alike,
            |report| {
                report
                    .configuration
                    .mapper
                    .as_deref()
                    .map_or_else(none, plain)
            },
            "copy lib/profileMapper.js of one to the others",
        );
    }
}

/// Those whose digests can be compared: they are made with the signing key.
fn signing_alike<'a>(members: &'a [Member<'a>]) -> Vec<Vec<&'a Member<'a>>> {
    let all = members.iter();
    let alike = groups(all.map(|member| (member, &member.report.signing_certificate.thumbprint)));
    alike.into_iter().map(|(_, members)| members).collect()
}

fn keys_of(members: &[Member<'_>], findings: &mut Vec<Finding>) {
    for alike in signing_alike(members) {
        let versions = groups(alike.iter().map(|member| ((), &member.report.program)));
        let keys: BTreeSet<_> = alike
            .iter()
            .flat_map(|member| member.report.configuration.keys.keys())
            .collect();
        for key in keys {
            let digests = alike.iter().map(|member| {
                let digest = member.report.configuration.keys.get(key);
                (*member, digest.map(|digest| plain(&digest.digest)))
            });
            // Another version may not have the key.
            let digests = digests.filter(|(_, digest)| versions.len() == 1 || digest.is_some());
            let digests = groups(digests);
            let is_split = match digests.as_slice() {
                [(_, most), (_, more), ..] => most.len() == more.len(),
                _ => continue,
            };
            let others = digests.iter().skip(usize::from(!is_split));
            let fix = remedy(key, others.flat_map(|(_, members)| members.iter().copied()));
            let shown: Vec<_> = digests
                .iter()
                .map(|(digest, members)| {
                    let labels = members.iter().map(|member| &*member.label).collect();
                    (digest.clone().unwrap_or_else(none), labels)
                })
                .collect();
            findings.push(Finding {
                level: Level::Fail,
                id: "key",
                subject: plain(key),
                text: format!("{}: {}", plain(key), in_words(&shown)),
                fix,
            });
        }
    }
}

fn remedy<'a>(key: &str, others: impl Iterator<Item = &'a Member<'a>>) -> String {
    let sources = groups(others.map(|member| {
        let digest = member.report.configuration.keys.get(key);
        (&*member.label, digest.map_or("", |digest| &*digest.from))
    }));
    let sources = sources.iter().map(|(from, labels)| {
        let is_one = labels.len() == 1;
        format!("{} {}", labels.join(" and "), source(from, is_one))
    });
    let sources = sources.collect::<Vec<_>>().join(", ");
    let declared = keys::find(key);
    let compare = if declared.is_some_and(Declared::is_secret) {
        "its value is shown nowhere: set it anew"
    } else {
        "compare with `ad-edge config show`"
    };
    let then = if declared.is_some_and(|key| key.scope().restart) {
        "restart"
    } else {
        "reload"
    };
    format!("{sources}: {compare}, then {then} what you correct")
}

/// Where one or several have their value from.
fn source(from: &str, is_one: bool) -> &'static str {
    match (from, is_one) {
        ("config.json", true) => "reads it from its own config.json",
        ("config.json", false) => "each read it from their own config.json",
        ("environment", true) => "takes it from its environment",
        ("environment", false) => "each take it from their environment",
        ("file", true) => "takes it from a file that <KEY>_FILE names",
        ("file", false) => "each take it from a file that <KEY>_FILE names",
        ("tenant", true) => "has it from the tenant",
        ("tenant", false) => "have it from the tenant",
        (_, true) => "does not set it",
        (_, false) => "do not set it",
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
