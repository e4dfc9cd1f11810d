//! Whether the service can read what its configuration names: root can in any case.

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::{
    config::Settings,
    instance::{Owner, out_of_service_s_reach},
};

const AREA: Area = Area::Files;

pub(super) fn examine(settings: &Settings, context: &Context, findings: &Findings) {
    let home = context.config.home.path("");
    let Some(owner) = Owner::of(&home) else {
        return;
    };
    let all = match out_of_service_s_reach(settings) {
        Ok(all) => all,
        Err(Owner { user, .. }) => {
            let text = format!("root cannot look as user {user}, to whom the home folder belongs");
            let fix = format!("sudo -u '#{user}' {}", context.command("check"));
            findings.add(Finding::warn(AREA, "reach-unknown", text).fix(fix));
            return;
        }
    };
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
    if all.is_empty() {
        let text = format!("user {} can read what the configuration names", owner.user);
        findings.add(Finding::ok(AREA, "reach", text));
    }
}
