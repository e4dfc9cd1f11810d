//! `ad-edge setup`: from a ticket and an account to a configuration that works. Asks on a terminal; takes
//! everything by options and the environment without one.

mod answers;
mod balancer_keys;
mod balancers;
mod browsers;
mod ca_question;
mod dialogue;
mod directory;
mod given_files;
mod steps;
mod stop;

use std::{path::Path, process::ExitCode};

use serde_json::Map;

pub(super) use self::answers::Answers;
use self::{
    answers::Balancer,
    balancer_keys::{fleet_hosts, is_behind_balancer, this_host},
    steps::Steps,
    stop::Stop,
};
use super::exit::{EXIT_CONFIG, refuse, runtime};
use crate::{
    clock::Clock,
    config::{Declared, Settings, keys},
    instance::{self, OutOfReach},
    privileges::{Handed, Owner},
    setup::{Next, haproxy, next_steps, no_ticket, recover},
};

pub(super) use self::browsers::{above as policies_above, write_as_root as write_policies_as_root};

/// `handed`: the files that the answers name, as far as root opened them.
pub(super) fn run(home: &Path, clock: &Clock, answers: Answers, handed: Handed) -> ExitCode {
    let settings = Settings::of_process(home);
    if let Some(Balancer::Haproxy) = answers.balancer {
        return print_balancer(&settings, clock, home, &answers.instance);
    }
    if let Some(folder) = &answers.browser_policies {
        return browsers::write(&settings, folder);
    }
    match recover(&settings) {
        Ok(None) => {}
        Ok(Some(warning)) => eprintln!("warning: {warning}"),
        Err(error) => return refuse(home, &error),
    }
    let result = runtime()
        .map_err(Stop::from)
        .and_then(|runtime| runtime.block_on(set_up(&settings, clock, answers, handed)));
    match result {
        Ok(()) => {
            print_next(&settings, clock, home);
            ExitCode::SUCCESS
        }
        Err(stop) => {
            eprintln!("\nad-edge: {stop}\n{}", stop.left());
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

async fn set_up(
    settings: &Settings,
    clock: &Clock,
    answers: Answers,
    handed: Handed,
) -> Result<(), Stop> {
    let mut steps = Steps::begin(settings, clock, answers, &handed)?;
    if let Err(stop) = all_steps(&mut steps).await {
        if let Some(command) = steps.to_go_on() {
            println!("\nTo go on from here:\n{command}");
        }
        return Err(stop);
    }
    let saved = steps.plan.save(clock).await;
    let saved = saved.map_err(Stop::Unsaved)?;
    println!("\nSaved: {}", saved.files.join(", "));
    Ok(())
}

async fn all_steps(steps: &mut Steps<'_>) -> Result<(), Stop> {
    steps.tenant().await?;
    steps.server_url()?;
    steps.files.check(&steps.plan, steps.clock)?;
    steps.balancers()?;
    loop {
        steps.directory().await?;
        steps.account()?;
        if steps.checks().await? {
            return Ok(());
        }
    }
}

/// The balancer's configuration alone on standard output, to be redirected into a file.
fn print_balancer(
    settings: &Settings,
    clock: &Clock,
    home: &Path,
    instances: &[String],
) -> ExitCode {
    let mut instances = instances.to_vec();
    if instances.is_empty() {
        instances = fleet_hosts(settings);
    }
    let names_none = instances.is_empty();
    if names_none {
        instances.push(this_host());
    }
    match haproxy(settings, clock, &instances) {
        Ok(text) => {
            if names_none {
                eprintln!(
                    "Note: only this host is in it. Name each instance: --instance edge1.corp.example \
                     --instance edge2.corp.example, or set FLEET"
                );
            }
            if let Some(why) = no_ticket(&settings.effective(&Map::new())) {
                eprintln!("Warning: SERVER_URL: {why}");
            }
            if !is_behind_balancer(settings) {
                eprintln!(
                    "Warning: the instances do not expect a balancer yet, and will refuse it: ad-edge setup \
                     --balancer-address ADDRESS --home {}",
                    home.display()
                );
            }
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("ad-edge: {error}");
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

/// How the service comes to read what it cannot.
fn out_of_reach(settings: &Settings) -> Vec<String> {
    let home = settings.home().path("");
    let Some(owner) = Owner::of(&home) else {
        return Vec::new();
    };
    let step = |one: &OutOfReach| {
        let (command, then) = one.fix(&home, owner);
        let then = then.map_or_else(String::new, |then| format!("\n{then}"));
        format!("{}:\n{command}{then}", one.words(owner))
    };
    instance::out_of_reach(settings).iter().map(step).collect()
}

/// How to start, or what comes before that.
fn print_next(settings: &Settings, clock: &Clock, home: &Path) {
    let home = home.display();
    let Next {
        mut steps,
        tunnel_alone,
    } = next_steps(settings, clock);
    steps.extend(out_of_reach(settings));
    let proxies = keys::all().filter(|key| key.is_proxy());
    for name in proxies.flat_map(Declared::variables) {
        if settings.variable(&name).is_some() {
            println!("Note: {name} comes from this environment; the service needs it too.");
        }
    }
    if is_behind_balancer(settings) {
        println!("The balancer's configuration: ad-edge setup --balancer haproxy --home {home}");
    }
    if steps.is_empty() {
        println!("Start it: ad-edge serve --home {home}");
        return;
    }
    println!("\nBefore it starts");
    let last = [
        format!("See that nothing is missing:\nad-edge check --home {home}"),
        format!("Start it:\nad-edge serve --home {home}"),
    ];
    for (number, step) in steps.into_iter().chain(last).enumerate() {
        println!("{:>3}. {}", number + 1, step.replace('\n', "\n       "));
    }
    if tunnel_alone {
        let switches = keys::tenant_switches().map(|switch| format!("{}=false", switch.name()));
        let off = switches.collect::<Vec<_>>().join(" ");
        println!(
            "Until then the tunnel alone can serve:\n       {off} ad-edge serve --home {home}"
        );
    }
}
