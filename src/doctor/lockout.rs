//! The limits of the password form against the domain's: whether the form can lock accounts out.

use super::{
    context::Context,
    directory::Found,
    finding::{Area, Finding, Findings},
};
use crate::directory::Entry;

const AREA: Area = Area::Form;
/// Intervals of 100 ns, negative ([MS-ADTS] 3.1.1.4.5: large integers of durations).
const INTERVALS: i64 = 10_000_000;

pub(super) async fn examine(context: &Context, found: Option<&Found>, findings: &Findings) {
    let direct = context.config.direct.as_ref();
    let Some((limits, found)) = direct
        .filter(|direct| direct.form)
        .map(|direct| direct.form_limits)
        .zip(found)
    else {
        return;
    };
    let names = ["lockoutThreshold", "lockOutObservationWindow"];
    let heads = found
        .directory
        .entries(&found.base, "(objectClass=domainDNS)", &names, 1)
        .await;
    // A directory that is no Active Directory has none, and other rules.
    let Some(head) = heads.ok().and_then(|heads| heads.into_iter().next()) else {
        return;
    };
    let number =
        |head: &Entry, name: &str| head.text(name).and_then(|text| text.parse::<i64>().ok());
    let Some(threshold) = number(&head, names[0]) else {
        return;
    };
    let per_user = i64::from(limits.per_user);
    if threshold == 0 {
        findings.add(Finding::ok(
            AREA,
            "form-lockout",
            "the domain locks no account for wrong passwords",
        ));
        return;
    }
    if per_user == 0 {
        let text = format!("the form has no limit, and the domain locks accounts at {threshold}");
        findings.add(
            Finding::warn(AREA, "form-lockout", text)
                .note("set FORM_FAILURES_PER_USER: anybody could lock accounts out by the form"),
        );
        return;
    }
    let instances = (threshold - 1) / per_user;
    findings.add(if instances == 0 {
        let text = format!(
            "one instance alone can lock accounts out: FORM_FAILURES_PER_USER is {per_user}, and the \
             domain locks at {threshold}"
        );
        Finding::fail(AREA, "form-lockout", text).note(format!(
            "set FORM_FAILURES_PER_USER to {} at most, divided by the number of instances",
            (threshold - 1).max(1)
        ))
    } else {
        let text = format!(
            "the domain locks accounts at {threshold}: {per_user} failures on each instance are safe for \
             {instances} of them at most"
        );
        match instances {
            1 => Finding::warn(AREA, "form-lockout", text)
                .note("with a second instance lower FORM_FAILURES_PER_USER"),
            _ => Finding::ok(AREA, "form-lockout", text),
        }
    });
    let window = number(&head, names[1]).map(|window| -window / INTERVALS);
    let ours = i64::try_from(limits.window.as_secs()).unwrap_or(i64::MAX);
    if let Some(window) = window.filter(|window| ours < *window) {
        let text = format!(
            "FORM_FAILURES_SECONDS is {ours}, and the domain counts failures for {window} s: ours are \
             forgotten first, and add up there"
        );
        findings.add(Finding::warn(AREA, "form-window", text).note(format!(
            "set FORM_FAILURES_SECONDS to {} or more",
            window + 60
        )));
    }
}
