//! `ad-edge setup`: from a ticket and an account to a configuration that works. Asks on a terminal; takes
//! everything by options and the environment without one.

mod dialogue;
mod steps;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use self::steps::Steps;
use super::{EXIT_CONFIG, refuse};
use crate::{
    clock::Clock,
    config::Settings,
    setup::{Next, Unsaved, next_steps, recover},
};

/// What may be said beforehand. What is not said comes from the environment, from config.json, from the
/// domain, or is asked.
#[derive(Debug, Args)]
pub(super) struct Answers {
    /// The tenant's set-up address, from the connection's page.
    #[arg(long, value_name = "URL")]
    ticket: Option<String>,
    /// The address that users open: the balancer's.
    #[arg(long, value_name = "URL")]
    server_url: Option<String>,
    /// The Active Directory domain (its DNS name), whose SRV records name the directory servers.
    #[arg(long, value_name = "NAME", conflicts_with = "ldap_url")]
    domain: Option<String>,
    /// A directory server, in place of those of the domain.
    #[arg(long, value_name = "URL")]
    ldap_url: Option<String>,
    /// Where users are searched; by default all of the directory.
    #[arg(long, value_name = "DN")]
    ldap_base: Option<String>,
    /// The service account that searches: a DN or a user principal name.
    #[arg(long, value_name = "NAME")]
    bind_user: Option<String>,
    /// A file that holds its password; also LDAP_BIND_PASSWORD in the environment.
    #[arg(long, value_name = "FILE")]
    bind_password_file: Option<PathBuf>,
    /// Search without a service account.
    #[arg(long)]
    anonymous: bool,
    /// A further CA for directory and tenant, PEM.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// A proxy for the way to the tenant.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
}

/// Why it ended early, and what it left.
struct Stopped {
    why: String,
    left: &'static str,
}

impl From<String> for Stopped {
    fn from(why: String) -> Self {
        Self {
            why,
            left: "Nothing was saved.",
        }
    }
}

pub(super) fn run(home: &Path, answers: Answers) -> ExitCode {
    let settings = Settings::of_process(home);
    match recover(&settings) {
        Ok(None) => {}
        Ok(Some(told)) => eprintln!("warning: {told}"),
        Err(error) => return refuse(home, &error),
    }
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stopped::from(error.to_string()))
        .and_then(|runtime| runtime.block_on(set_up(&settings, answers)));
    match result {
        Ok(()) => {
            tell_next(&settings, home);
            ExitCode::SUCCESS
        }
        Err(Stopped { why, left }) => {
            eprintln!("\nad-edge: {why}\n{left}");
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

async fn set_up(settings: &Settings, answers: Answers) -> Result<(), Stopped> {
    let mut steps = Steps::begin(settings, answers)?;
    steps.tenant().await?;
    steps.server_url()?;
    loop {
        steps.directory().await?;
        steps.account()?;
        if steps.checks().await? {
            break;
        }
    }
    let saved = steps.plan.save(&Clock::system()).await;
    let saved = saved.map_err(|Unsaved { why, left }| Stopped {
        why,
        left: left.unwrap_or("Nothing was saved."),
    })?;
    println!("\nSaved: {}", saved.files.join(", "));
    Ok(())
}

/// How to start, or what comes before that.
fn tell_next(settings: &Settings, home: &Path) {
    let home = home.display();
    let Next {
        steps,
        tunnel_alone,
    } = next_steps(settings, &Clock::system());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
        if settings.variable(name).is_some() {
            println!("Note: {name} comes from this environment; the service needs it too.");
        }
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
        println!(
            "Until then the tunnel alone can serve:\n       KERBEROS_AUTH=false CLIENT_CERT_AUTH=false \
             ad-edge serve --home {home}"
        );
    }
}
