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
    let mark = InstanceMark::of(&own.name).to_string();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for answer in answers {
        let name = match (&answer.instance, &answer.mark) {
            (Some(name), _) => name.clone(),
            (None, Some(it)) if *it == mark => own.name.clone(),
            (None, Some(other)) => format!("the one with request numbers {other}…"),
            (None, None) => continue,
        };
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

fn plural(count: usize) -> String {
    match count {
        1 => "one instance".to_owned(),
        more => format!("{more} instances"),
    }
}
