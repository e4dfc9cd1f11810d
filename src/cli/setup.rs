//! `ad-edge setup`: from a ticket and an account to a configuration that works. Asks on a terminal; takes
//! everything by options and the environment without one.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use serde_json::json;

use super::{EXIT_CONFIG, refuse};
use crate::{
    app::{self, Settings},
    clock::Clock,
    secret::SecretString,
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
    /// The domain, whose SRV records name the directory servers.
    #[arg(long, value_name = "NAME")]
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
    ca_file: Option<String>,
    /// A proxy for the way to the tenant.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(home: &Path, answers: Answers) -> ExitCode {
    let settings = Settings::of_process(home);
    match app::recover(&settings) {
        Ok(None) => {}
        Ok(Some(told)) => eprintln!("warning: {told}"),
        Err(error) => return refuse(home, &error),
    }
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(set_up(&settings, answers)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nad-edge: {error}\nNothing was saved.");
            ExitCode::from(EXIT_CONFIG)
        }
    }
}

async fn set_up(settings: &Settings, answers: Answers) -> Result<(), String> {
    let asks = !answers.yes && io::stdin().is_terminal() && io::stdout().is_terminal();
    let mut plan = app::SetupPlan::begin(settings)?;
    let own = [
        ("PROVISIONING_TICKET", answers.ticket),
        ("SERVER_URL", answers.server_url),
        ("LDAP_URL", answers.ldap_url),
        ("LDAP_BASE", answers.ldap_base),
        ("LDAP_BIND_USER", answers.bind_user),
        ("SSL_CA_FILE", answers.ca_file),
        ("HTTPS_PROXY", answers.proxy),
    ];
    for (key, value) in own {
        if let Some(value) = value {
            plan.set(key, json!(value));
        }
    }
    if answers.anonymous {
        plan.set("ANONYMOUS_SEARCH_ENABLED", json!(true));
    }
    if let Some(file) = answers.bind_password_file {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("{}: {error}; --bind-password-file", file.display()))?;
        plan.password(SecretString::from(
            text.trim_end_matches(['\r', '\n']).to_owned(),
        ));
    }

    if plan.get("PROVISIONING_TICKET").is_none() {
        let ticket = ask(
            asks,
            "The tenant's ticket (https://…/p/ad/…)",
            None,
            "--ticket",
        )?;
        plan.set("PROVISIONING_TICKET", json!(ticket));
    }
    let info = plan.ask_tenant().await?;
    println!(
        "The tenant knows this connection as {:?} of {}",
        info.connection_name, info.connection_domain
    );
    if plan.get("SERVER_URL").is_none() {
        let guess = plan.server_url_guess();
        let url = ask(
            asks,
            "The address that users open (SERVER_URL)",
            Some(&guess),
            "--server-url",
        )?;
        plan.set("SERVER_URL", json!(url));
    }

    if plan.get("LDAP_URL").is_none() {
        let domain = match answers.domain {
            Some(domain) => domain,
            None => ask(
                asks,
                "The domain",
                Some(&info.connection_domain),
                "--domain or --ldap-url",
            )?,
        };
        let found = app::SetupPlan::servers(&domain, settings).await?;
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        println!("SRV records of {domain}: {}", found.join(", "));
        let url = match found.as_slice() {
            [only] => only.clone(),
            _ => format!("srv:{domain}"),
        };
        let url = confirm(asks, "Directory (LDAP_URL)", &url)?;
        plan.set("LDAP_URL", json!(url));
    }
    let explored = plan.explore().await?;
    if plan.get("LDAP_BASE").is_none() {
        let base = explored.base.clone().ok_or(
            "the directory does not say where its entries are: give LDAP_BASE (--ldap-base)",
        )?;
        let base = confirm(asks, "Where users are searched (LDAP_BASE)", &base)?;
        plan.set("LDAP_BASE", json!(base));
    }
    if explored.anonymous {
        println!("Note: this directory answers searches of unnamed clients.");
    }
    if !plan.is_anonymous() {
        if plan.get("LDAP_BIND_USER").is_none() {
            let user = ask(
                asks,
                "Service account (LDAP_BIND_USER)",
                None,
                "--bind-user or --anonymous",
            )?;
            plan.set("LDAP_BIND_USER", json!(user));
        }
        if !plan.has_password() {
            if !asks {
                return Err(
                    "the service account's password is missing: LDAP_BIND_PASSWORD in the \
                            environment, or --bind-password-file"
                        .to_owned(),
                );
            }
            let password =
                rpassword::prompt_password("Its password: ").map_err(|e| e.to_string())?;
            plan.password(SecretString::from(password));
        }
    }

    println!("\nChecks");
    let checks = plan.checks(&Clock::system()).await?;
    for check in &checks {
        println!("  {check}");
    }
    if checks.iter().any(app::SetupCheck::failed) {
        return Err("a check failed; correct what it says and run this again".to_owned());
    }
    let saved = plan.save(&Clock::system()).await?;
    println!("\nSaved: {}", saved.join(", "));
    println!(
        "Start it: ad-edge serve --home {}",
        settings.home().path("").display()
    );
    Ok(())
}

/// An answer of the person at the terminal; without one, the option to give is named.
fn ask(asks: bool, what: &str, guess: Option<&str>, option: &str) -> Result<String, String> {
    if !asks {
        return guess
            .map(str::to_owned)
            .ok_or_else(|| format!("{what} is missing: give {option}"));
    }
    loop {
        match guess {
            Some(guess) => print!("{what} [{guess}]: "),
            None => print!("{what}: "),
        }
        io::stdout().flush().map_err(|error| error.to_string())?;
        let mut line = String::new();
        if io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|e| e.to_string())?
            == 0
        {
            return Err("there was no answer".to_owned());
        }
        match (line.trim(), guess) {
            ("", Some(guess)) => return Ok(guess.to_owned()),
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
}

fn confirm(asks: bool, what: &str, found: &str) -> Result<String, String> {
    if asks {
        ask(true, what, Some(found), "")
    } else {
        println!("{what}: {found}");
        Ok(found.to_owned())
    }
}
