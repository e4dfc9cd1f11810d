//! The steps of the dialogue. What an option or the environment says is not asked; what config.json says
//! is the default; a wrong answer at a terminal is asked for again.

use std::{collections::HashSet, io};

use serde_json::json;

use super::{
    answers::Answers,
    balancer_keys::{set_balancers, set_tls_ends},
    dialogue::{self, Default},
    given_files::{self, GivenFiles},
    stop::Stop,
};
use crate::{
    clock::Clock,
    config::{Declared, Settings, keys},
    privileges::Handed,
    secret::SecretString,
    setup::{CheckName, SetupCheck, SetupPlan},
};

pub(super) struct Steps<'a> {
    pub plan: SetupPlan<'a>,
    pub(super) settings: &'a Settings,
    pub(super) clock: &'a Clock,
    /// Whether there is somebody to ask.
    pub(super) asks: bool,
    /// Keys that are not asked for.
    pub(super) said: HashSet<&'static str>,
    pub(super) domain: Option<String>,
    /// What was typed for the domain, or what the tenant calls the connection's: a guess at the directory's.
    pub(super) guess: String,
    /// The password was wrong, or its user.
    ask_password: bool,
    pub files: GivenFiles,
}

pub(super) const URL: &str = keys::LDAP_URL.name;
pub(super) const BASE: &str = keys::LDAP_BASE.name;
pub(super) const USER: &str = keys::LDAP_BIND_USER.name;
pub(super) const ANONYMOUS: &str = keys::ANONYMOUS_SEARCH_ENABLED.name;
pub(super) const SERVER: &str = keys::SERVER_URL.name;
const PASSWORD: &str = keys::LDAP_BIND_PASSWORD.name;
const TICKET: &str = keys::PROVISIONING_TICKET.name;
/// What is not asked again when one of the checks fails.
const ANSWERED: [&str; 7] = [TICKET, SERVER, URL, BASE, USER, ANONYMOUS, PASSWORD];

impl<'a> Steps<'a> {
    pub fn begin(
        settings: &'a Settings,
        clock: &'a Clock,
        answers: Answers,
        handed: &Handed,
    ) -> Result<Self, Stop> {
        let mut plan = SetupPlan::begin(settings)?;
        let mut said = HashSet::new();
        let files = given_files::bring(&mut plan, &answers, handed)?;
        for (key, option, value) in [
            (TICKET, "--ticket", answers.ticket),
            (SERVER, "--server-url", answers.server_url),
            (URL, "--ldap-url", answers.ldap_url),
            (BASE, "--ldap-base", answers.ldap_base),
            (USER, "--bind-user", answers.bind_user),
            (keys::HTTPS_PROXY.name, "--proxy", answers.proxy),
        ] {
            if let Some(value) = value {
                plan.set(key, json!(value))
                    .map_err(|source| Stop::Option { option, source })?;
                said.insert(key);
            }
        }
        if answers.anonymous {
            plan.set(ANONYMOUS, json!(true))
                .map_err(|source| Stop::Option {
                    option: "--anonymous",
                    source,
                })?;
            said.insert(ANONYMOUS);
        } else if said.contains(USER) && !plan.is_fixed(ANONYMOUS) && plan.is_anonymous() {
            // An account that is named is meant to be used.
            plan.set(ANONYMOUS, json!(false))?;
        }
        if let Some(file) = &answers.bind_password_file {
            let option = "--bind-password-file";
            let text = given_files::read(handed, file, option)?;
            let text = String::from_utf8(text).map_err(|_| Stop::File {
                file: file.clone(),
                option,
                source: io::ErrorKind::InvalidData.into(),
            })?;
            let password = text.trim_end_matches(['\r', '\n']).to_owned();
            plan.set_password(SecretString::from(password))
                .map_err(|source| Stop::Option { option, source })?;
            said.insert(PASSWORD);
        }
        for key in [TICKET, SERVER, URL, BASE, USER, ANONYMOUS] {
            if plan.is_fixed(key) {
                said.insert(key);
            }
        }
        if answers.domain.is_some() && plan.is_fixed(URL) {
            return Err(Stop::DomainFixed);
        }
        if !answers.balancer_address.is_empty() {
            set_balancers(&mut plan, &answers.balancer_address).map_err(|source| Stop::Option {
                option: "--balancer-address",
                source,
            })?;
            said.insert(keys::TRUSTED_PROXIES.name);
        }
        if let Some(ends) = answers.tls_ends {
            set_tls_ends(&mut plan, ends).map_err(|source| Stop::Option {
                option: "--tls-ends",
                source,
            })?;
            said.insert(keys::TLS_TERMINATION.name);
        }
        plan.keep_environment();
        Ok(Self {
            plan,
            settings,
            clock,
            asks: dialogue::is_possible(answers.yes),
            said,
            domain: answers.domain,
            guess: String::new(),
            ask_password: false,
            files,
        })
    }

    /// The ticket, and what the tenant says of it.
    pub async fn tenant(&mut self) -> Result<(), Stop> {
        loop {
            if !self.said.contains(TICKET) {
                let present = self.plan.get(TICKET);
                let default = match &present {
                    Some(ticket) => Default::Hidden(ticket, "the present one"),
                    None => Default::None,
                };
                let what = "The tenant's ticket (https://…/p/ad/…)";
                self.ask(TICKET, what, &default, "--ticket")?;
            }
            let says = match self.plan.ask_tenant(self.clock).await {
                Ok(says) => says,
                Err(error) => {
                    self.refuse_others(&keys::PROVISIONING_TICKET)?;
                    if self.may_ask_ca(&error) {
                        self.ask_ca(&error)?;
                        self.said.insert(TICKET);
                        continue;
                    }
                    self.again(error.into(), &[TICKET])?;
                    continue;
                }
            };
            println!(
                "The tenant knows this connection as {} of {}",
                crate::cause::quoted(&says.info.connection_name),
                says.info.connection_domain
            );
            for changed in says.changed {
                println!("Note: {changed}");
            }
            self.guess = says.info.connection_domain;
            return Ok(());
        }
    }

    pub fn server_url(&mut self) -> Result<(), Stop> {
        loop {
            if !self.said.contains(SERVER) {
                let present = self.plan.get(SERVER);
                let guess = self.plan.server_url_guess();
                let default = match (&present, self.asks) {
                    (Some(url), _) => Default::Shown(url),
                    (None, true) => Default::Shown(&guess),
                    // This machine's own name is hardly the balancer's.
                    (None, false) => Default::None,
                };
                let what = "The address that users open (SERVER_URL)";
                self.ask(SERVER, what, &default, "--server-url")?;
            }
            match self.plan.examine() {
                Ok(()) => {
                    if let Some(why) = self.plan.no_ticket() {
                        println!("Note: SERVER_URL: {why}");
                    }
                    return Ok(());
                }
                Err(error) => {
                    self.refuse_others(&keys::SERVER_URL)?;
                    self.again(error.into(), &[SERVER])?;
                }
            }
        }
    }

    pub fn account(&mut self) -> Result<(), Stop> {
        if self.plan.is_anonymous() {
            return Ok(());
        }
        if !self.said.contains(USER) {
            let present = self.plan.get(USER);
            let default = present.as_deref().map_or(Default::None, Default::Shown);
            let what = "Service account, a user principal name or DN (LDAP_BIND_USER)";
            self.ask(USER, what, &default, "--bind-user or --anonymous")?;
        }
        let present = self.plan.has_password();
        let fixed =
            self.plan.is_fixed(PASSWORD) || self.said.contains(PASSWORD) && !self.ask_password;
        if !self.asks && !present {
            return Err(Stop::NoPassword);
        }
        if self.asks && !fixed {
            let user = self.plan.get(USER).unwrap_or_default();
            if let Some(password) = dialogue::ask_password(&user, present)? {
                self.plan.set_password(password)?;
            }
        }
        Ok(())
    }

    /// Whether all is well; false when something was wrong that can be asked for again.
    pub async fn checks(&mut self) -> Result<bool, Stop> {
        println!("\nChecks");
        let checks = self.plan.checks(self.clock).await?;
        for check in &checks {
            println!("  {check}");
        }
        let failed: Vec<_> = checks.iter().filter(|check| check.failed()).collect();
        let Some(SetupCheck { name, .. }) = failed.first() else {
            return Ok(true);
        };
        let keys: &[&'static str] = match name {
            CheckName::Reach => &[URL],
            CheckName::Bind => &[USER],
            CheckName::Search => &[BASE],
            // No answer here would help; what was typed is kept until it does.
            CheckName::Tenant if self.asks => {
                let what = "Correct that, and check again; Ctrl-D ends this";
                dialogue::ask(what, &Default::Shown("Enter"))?;
                self.ask_password = false;
                self.said.extend(ANSWERED);
                return Ok(false);
            }
            CheckName::Tenant => &[],
        };
        self.ask_password = *name == CheckName::Bind;
        // All the rest was answered well.
        self.said.extend(ANSWERED);
        self.again(Stop::CheckFailed, keys)?;
        Ok(false)
    }

    /// The command that begins with what was typed; the ticket and the password are not shown.
    pub(super) fn to_go_on(&self) -> Option<String> {
        if !self.asks {
            return None;
        }
        let options = [
            (SERVER, "--server-url"),
            (URL, "--ldap-url"),
            (BASE, "--ldap-base"),
            (USER, "--bind-user"),
        ];
        let typed = options.iter().filter(|(key, _)| self.plan.changes(key));
        let typed = typed.filter_map(|(key, option)| {
            let value = self.plan.get(key)?.replace('\'', r"'\''");
            // A password does not belong into a shell's history.
            (!value.contains('@') || *key == USER).then(|| format!(" {option} '{value}'"))
        });
        let typed: String = typed.collect();
        let home = self.settings.home().path("");
        let home = home.to_string_lossy();
        let home = home.trim_end_matches('/');
        (!typed.is_empty()).then(|| format!("ad-edge setup --home {home}{typed}"))
    }

    /// An error when something else than this key is wrong, which no answer would correct.
    pub(super) fn refuse_others(&self, key: &dyn Declared) -> Result<(), Stop> {
        match self.plan.examine() {
            Err(error) if !error.is_about(key) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// What was wrong is asked for again; an error where that cannot be.
    pub(super) fn again(&mut self, error: Stop, keys: &[&'static str]) -> Result<(), Stop> {
        let fixed = keys.iter().any(|key| self.plan.is_fixed(key));
        if !self.asks || keys.is_empty() || fixed || !error.may_be_asked_again() {
            return Err(error);
        }
        println!("{error}\n");
        for key in keys {
            self.said.remove(key);
        }
        Ok(())
    }

    /// Sets a key by an answer; without a terminal the default counts, or the option is named.
    pub(super) fn ask(
        &mut self,
        key: &'static str,
        what: &str,
        default: &Default<'_>,
        option: &str,
    ) -> Result<(), Stop> {
        let value = match (self.asks, default) {
            (true, _) => dialogue::ask(what, default)?,
            (false, Default::None) => {
                return Err(Stop::Missing {
                    what: what.to_owned(),
                    option: option.to_owned(),
                });
            }
            (false, Default::Hidden(value, _)) => (*value).to_owned(),
            (false, Default::Shown(value)) => {
                println!("{what}: {value}");
                (*value).to_owned()
            }
        };
        Ok(self.plan.set(key, json!(value))?)
    }
}
