//! Which instances answered at SERVER_URL, and whether this one is among them.

use std::collections::BTreeMap;

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
    network::is_served,
    visit::Answer,
};
use crate::config::InstanceMark;

const AREA: Area = Area::Url;

pub(super) fn examine(context: &Context, answers: &[Answer], findings: &Findings) {
    let own = &context.config.instance;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for name in answers.iter().filter_map(|answer| name(context, answer)) {
        *seen.entry(name).or_default() += 1;
    }
    if seen.is_empty() {
        return;
    }
    let listed: Vec<_> = seen
        .iter()
        .map(|(name, times)| format!("{name} ({times})"))
        .collect();
    let text = format!("{} answered: {}", plural(seen.len()), listed.join(", "));
    findings.add(Finding::ok(AREA, "url-instances", text));
    if !seen.contains_key(&own.name) && is_served(context) {
        let text = format!(
            "this instance ({}) was not among those that answered {} connections",
            own.name,
            answers.len()
        );
        findings.add(
            Finding::warn(AREA, "url-not-here", text)
                .fix(context.command("setup --balancer haproxy --instance HOST,HOST"))
                .note(
                    "put it into the balancer's list of servers (HOST,HOST: all \
                     instances, this one too), and see there why its check fails",
                ),
        );
    }
}

/// What is known of the instance that gave this answer: its name where it says it (INSTANCE_HEADER), else
/// the two characters that its request numbers begin with.
pub(super) fn name(context: &Context, answer: &Answer) -> Option<String> {
    let own = &context.config.instance;
    let mark = InstanceMark::of(&own.name).to_string();
    match (&answer.instance, &answer.mark) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(it)) if *it == mark => Some(own.name.clone()),
        (None, Some(other)) => Some(format!("the one with request numbers {other}…")),
        (None, None) => None,
    }
}

fn plural(count: usize) -> String {
    match count {
        1 => "one instance".to_owned(),
        more => format!("{more} instances"),
    }
}
