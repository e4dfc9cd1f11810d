//! Whether the service can read what its configuration names.

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::{
    config::Settings,
    instance::{closed_to_unit, out_of_reach},
    privileges::Owner,
};

const AREA: Area = Area::Files;

/// How the service gets what it cannot read; whether that is nothing.
pub(super) fn lacking(settings: &Settings, owner: Owner, findings: &Findings) -> bool {
    let home = settings.home().path("");
    let closed = closed_to_unit(&home);
    if let Some(closed) = &closed {
        let level = if closed.is_installed {
            Finding::fail
        } else {
            Finding::warn
        };
        findings.add(level(AREA, "closed-to-unit", closed.words()).fix(closed.fix()));
    }
    let all = out_of_reach(settings);
    for one in &all {
        let (command, then) = one.fix(&home, owner);
        let finding = Finding::fail(AREA, "out-of-reach", one.words(owner))
            .about(one.path.to_string_lossy())
            .fix(command);
        findings.add(match then {
            Some(then) => finding.note(then),
            None => finding,
        });
    }
    closed.is_none() && all.is_empty()
}

pub(super) fn examine(settings: &Settings, context: &Context, findings: &Findings) {
    let home = context.config.home.path("");
    let Some(owner) = Owner::of(&home) else {
        return;
    };
    if !owner.is_this_process() {
        let text = format!(
            "what user {} can read, to whom the home folder belongs, is not known to this user",
            owner.user
        );
        let fix = format!("sudo {}", context.command("doctor"));
        findings.add(Finding::warn(AREA, "reach-unknown", text).fix(fix));
        return;
    }
    if lacking(settings, owner, findings) {
        let text = format!("user {} can read what the configuration names", owner.user);
        findings.add(Finding::ok(AREA, "reach", text));
    }
}
