//! `ad-edge doctor`: looks at everything that an installation needs, from its configuration to the
//! keys of its keytab in the directory. Changes nothing.

mod accounts;
mod answered;
mod context;
mod directory;
mod files;
mod finding;
mod fleet;
mod groups;
mod holders;
mod kerberos;
mod key_versions;
mod load;
mod lockout;
mod names;
mod network;
mod other_services;
mod reach;
mod recorder;
mod running;
mod server_url;
mod service_name;
mod tenant;
mod unreachable;
mod visit;

use std::{os::unix::fs::MetadataExt as _, path::Path, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

use self::{
    context::{Context, quoted},
    finding::Findings,
};
pub use self::{
    finding::{Area, Finding, Level},
    holders::PortHolders,
};
use crate::{
    clock::Clock,
    config::{Home, Mistake, Settings, openable},
    instance::{out_of_reach, outgoing},
    privileges::Owner,
};

/// The whole of it, whatever hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// What was found.
#[derive(Debug)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// The configuration can be used, right or wrong for its surroundings.
    pub configured: bool,
}

/// Looks at everything; each wait has a limit.
pub async fn examine(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let holders = PortHolders::default();
    let report = examine_reporting(settings, clock, holders, |_| {}).await;
    report.findings
}

/// The same; `report` is given the findings of each area as soon as it is done. `holders`: who listens, as seen
/// with more rights than these.
pub async fn examine_reporting(
    settings: &Settings,
    clock: &Clock,
    holders: PortHolders,
    mut report: impl FnMut(&Finding) + Send,
) -> Report {
    let findings = Findings::default();
    let context = begin(settings, clock, holders, &findings);
    let Some(context) = context else {
        let findings = findings.take();
        findings.iter().for_each(&mut report);
        let configured = !findings
            .iter()
            .any(|finding| finding.area == Area::Config && finding.level == Level::Fail);
        return Report {
            findings,
            configured,
        };
    };
    files::examine(&context, &findings);
    reach::examine(settings, &context, &findings);
    let mut all = findings.take();
    all.iter().for_each(&mut report);

    let areas = [
        Findings::default(),
        Findings::default(),
        Findings::default(),
    ];
    let mut results: Vec<Vec<Finding>> = vec![Vec::new(); areas.len()];
    let (context, [names, directory, tenant]) = (&context, &areas);
    let works: [BoxFuture<'_, ()>; 3] = [
        async {
            network::examine(context, names);
            let view = fleet::view(context).await;
            let visits = fleet::visits(view.as_ref());
            let answers = server_url::examine(context, visits, names).await;
            if let Some(view) = view {
                fleet::examine(context, &view, &answers, names);
            }
            // It has seen by now what disagrees with the balancer.
            running::examine(context, !answers.is_empty(), names).await;
        }
        .boxed(),
        async {
            let found = directory::examine(context, directory).await;
            kerberos::examine(context, found.as_ref(), directory).await;
            lockout::examine(context, found.as_ref(), directory).await;
        }
        .boxed(),
        tenant::examine(context, tenant).boxed(),
    ];
    let works = works.into_iter().enumerate();
    let mut works: FuturesUnordered<_> = works.map(|(at, work)| work.map(move |()| at)).collect();
    let limit = tokio::time::Instant::now() + LIMIT;
    while !works.is_empty() {
        let Ok(Some(done)) = tokio::time::timeout_at(limit, works.next()).await else {
            break;
        };
        results[done] = areas[done].take();
        results[done].iter().for_each(&mut report);
    }
    if !works.is_empty() {
        // What was cut off has found something before.
        for (result, area) in results.iter_mut().zip(&areas) {
            let rest = area.take();
            rest.iter().for_each(&mut report);
            result.extend(rest);
        }
        let text = format!("not everything answered within {} s", LIMIT.as_secs());
        let cut = Finding::fail(Area::Doctor, "doctor-cut-off", text).note(
            "what is missing above hangs: a firewall that drops packets, or a server that does not answer",
        );
        report(&cut);
        results.push(vec![cut]);
    }
    drop(works);
    all.extend(results.into_iter().flatten());
    Report {
        findings: all,
        configured: true,
    }
}

/// The configuration and its roots: without them nothing else can be looked at.
fn begin(
    settings: &Settings,
    clock: &Clock,
    holders: PortHolders,
    findings: &Findings,
) -> Option<Context> {
    let file = settings.home().config_json();
    if let Err(error) = openable(&file)
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        findings.add(unreadable(&settings.home(), &file, settings));
        return None;
    }
    let loaded = match settings.load() {
        Ok(loaded) => loaded,
        Err(invalid) => {
            for mistake in &invalid.mistakes {
                findings.add(mistaken(mistake));
            }
            let owner = Owner::of(&settings.home().path(""));
            if let Some(owner) = owner.filter(|owner| owner.is_this_process()) {
                reach::lacking(settings, owner, findings);
            }
            return None;
        }
    };
    let config = loaded.config;
    for warning in &loaded.warnings {
        findings.add(
            Finding::warn(Area::Config, "config-warning", warning.to_string())
                .note("correct the key in config.json, or take it out"),
        );
    }
    if findings.is_empty() {
        let text = format!("{} can be read", config.home.config_json().display());
        findings.add(Finding::ok(Area::Config, "config", text));
    }
    match outgoing(&config, clock) {
        Ok((tls, warnings)) => {
            for warning in warnings {
                findings.add(
                    Finding::warn(Area::Roots, "roots-warning", warning)
                        .fix("apt-get install ca-certificates")
                        .note("or name your own CA in SSL_CA_FILE"),
                );
            }
            Some(Context {
                config,
                tls,
                clock: clock.clone(),
                holders,
            })
        }
        Err(error) => {
            findings.take();
            findings.add(
                Finding::fail(Area::Roots, "roots", error.to_string())
                    .note("correct SSL_CA_FILE and SSL_CA_PATH"),
            );
            None
        }
    }
}

/// `file` may not be read.
fn unreadable(home: &Home, file: &Path, settings: &Settings) -> Finding {
    let home = home.path("");
    let text = format!("{} may not be read by this user", file.display());
    let finding =
        Finding::fail(Area::Config, "config-unreadable", text).about(file.to_string_lossy());
    let owner = Owner::of(&home);
    if let Some(owner) = owner.filter(|owner| owner.is_this_process())
        && let Some(one) = out_of_reach(settings).first()
    {
        return finding.fix(one.fix(&home, owner).0);
    }
    let of_file = std::fs::metadata(file).ok().map(|meta| meta.uid());
    let user = of_file.or(owner.map(|owner| owner.user));
    let user = user.map_or_else(|| "root".to_owned(), |user| format!("'#{user}'"));
    let shown = quoted(home.to_string_lossy().trim_end_matches('/'));
    finding
        .fix(format!("sudo -u {user} ad-edge doctor --home {shown}"))
        .note("run it as the user that ad-edge runs as")
}

fn mistaken(mistake: &Mistake) -> Finding {
    let Mistake {
        place,
        given,
        problem,
    } = mistake;
    let given = given.as_ref().map(|given| format!(" = {given}"));
    let text = format!("{place}{} {problem}", given.unwrap_or_default());
    Finding::fail(Area::Config, "config", text)
        .about(place.name())
        .note(problem.remedy())
}
