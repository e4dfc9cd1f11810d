//! The instances of FLEET: whether they are equal and ready, and which of them SERVER_URL does not lead to.

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
    visit::Answer,
};
use crate::{
    config::keys,
    fleet::{FleetView, InstanceReport, State, ask, plain},
};

const AREA: Area = Area::Fleet;
/// Connections to SERVER_URL, where nothing is known of the fleet.
const VISITS: usize = 12;
/// So many connections for each instance should have reached them all, also beside those of users.
const VISITS_EACH: usize = 3;
const MOST_VISITS: usize = 90;

/// All instances at this moment; nothing without FLEET.
pub(super) async fn view(context: &Context) -> Option<FleetView> {
    let config = &context.config;
    if config.fleet.is_empty() {
        return None;
    }
    let asked = ask(&config.fleet, config.ops_token.as_ref()).await;
    Some(FleetView::new(asked))
}

/// How many connections to SERVER_URL come to each instance.
pub(super) fn visits(view: Option<&FleetView>) -> usize {
    let instances = view.map_or(0, |view| view.asked.len());
    (instances * VISITS_EACH).clamp(VISITS, MOST_VISITS)
}

/// `answers` are those of SERVER_URL.
pub(super) fn examine(
    context: &Context,
    view: &FleetView,
    answers: &[Answer],
    findings: &Findings,
) {
    let text = format!("{} ({})", view.sentence(), keys::FLEET.name);
    findings.add(if view.is_good() {
        Finding::ok(AREA, "fleet-equal", text)
    } else {
        Finding::warn(AREA, "fleet-equal", text)
            .fix(context.command("fleet"))
            .note("it names what differs and who does not answer")
    });
    let reports = view.asked.iter().filter_map(|one| one.answer.as_ref().ok());
    let ready: Vec<_> = reports
        .filter(|report| report.state == State::Ready)
        .collect();
    // Cut short, they say nothing of those that they did not come to.
    if ready.is_empty() || answers.len() < visits(Some(view)) {
        return;
    }
    let mut all_reached = true;
    for report in &ready {
        if answers.iter().any(|answer| is_of(answer, report)) {
            continue;
        }
        all_reached = false;
        let name = plain(&report.name);
        let text = format!(
            "{name} is ready, and none of {} connections to SERVER_URL reached it",
            answers.len()
        );
        findings.add(
            Finding::warn(AREA, "fleet-reached", text)
                .about(&name)
                .fix(context.command("setup --balancer haproxy --instance HOST,HOST"))
                .note(
                    "put it into the balancer's list of servers (HOST,HOST: all \
                     instances, this one too), and see there why its check fails",
                ),
        );
    }
    if all_reached {
        let text = "SERVER_URL leads to every ready instance of FLEET";
        findings.add(Finding::ok(AREA, "fleet-reached", text));
    }
}

/// An instance says its name with INSTANCE_HEADER, and its mark always.
fn is_of(answer: &Answer, report: &InstanceReport) -> bool {
    match &answer.instance {
        Some(name) => *name == report.name,
        None => answer.mark.as_ref() == Some(&report.mark),
    }
}
