//! The directory: its servers by the domain or by name, and where its users are.

use serde_json::json;

use super::{
    dialogue::{self, Default},
    steps::{ANONYMOUS, BASE, Steps, URL, USER},
    stop::Stop,
};
use crate::setup::{SetupError, typed_server};

impl Steps<'_> {
    /// The directory's servers, and the base of its users.
    pub async fn directory(&mut self) -> Result<(), Stop> {
        loop {
            match self.find_directory().await {
                Ok(()) => return Ok(()),
                Err(Stop::Setup(error)) if self.may_ask_ca(&error) => {
                    self.ask_ca(&error)?;
                    self.said.insert(URL);
                }
                Err(error) => self.again(error, &[URL])?,
            }
        }
    }

    async fn find_directory(&mut self) -> Result<(), Stop> {
        let present = self.plan.get(URL);
        if let Some(domain) = self.domain.take() {
            self.by_answer(domain).await?;
        } else if let Some(url) = &present {
            if !self.said.contains(URL) {
                let default = Default::Shown(url);
                self.ask(URL, "Directory (LDAP_URL)", &default, "--ldap-url")?;
            }
        } else {
            let what = "Active Directory domain (its DNS name, such as corp.example)";
            if !self.asks {
                return Err(Stop::Missing {
                    what: what.to_owned(),
                    option: "--domain or --ldap-url".to_owned(),
                });
            }
            let guess = self.guess.contains('.').then_some(self.guess.as_str());
            let default = guess.map_or(Default::None, Default::Shown);
            let answer = dialogue::ask(what, &default)?;
            self.by_answer(answer).await?;
        }
        let plain = self.plan.unencrypted()?;
        if !plain.is_empty() && !self.plan.is_anonymous() {
            println!(
                "Warning: {} is not encrypted: the passwords of the service account and of every \
                 user pass in plain text. Better: ldaps://, or LDAP_STARTTLS=true",
                plain.join(", ")
            );
            if self.asks && !dialogue::ask_whether("Send passwords in plain text")? {
                return Err(Stop::PlainText);
            }
        }
        let explored = self.plan.explore(self.clock).await?;
        if !self.said.contains(BASE) {
            let present = self.plan.get(BASE).or_else(|| explored.base.clone());
            let default = present.as_deref().map_or(Default::None, Default::Shown);
            self.ask(
                BASE,
                "Where users are searched (LDAP_BASE)",
                &default,
                "--ldap-base",
            )?;
        }
        if explored.anonymous && !self.plan.is_anonymous() {
            println!("Note: this directory answers searches without an account.");
            let free = ![ANONYMOUS, USER].iter().any(|key| self.said.contains(key));
            if free && self.asks && dialogue::ask_whether("Search without an account")? {
                self.plan.set(ANONYMOUS, json!(true))?;
            }
        }
        Ok(())
    }

    async fn by_domain(&mut self, domain: &str) -> Result<(), Stop> {
        let (found, url) = self.plan.servers(domain).await?;
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        println!("SRV records of {domain}: {}", found.join(", "));
        let what = "Directory (LDAP_URL)";
        self.ask(URL, what, &Default::Shown(&url), "--ldap-url")
    }

    /// The servers of a domain, or one that is named in place of it; where DNS names none, one is asked for.
    async fn by_answer(&mut self, mut answer: String) -> Result<(), Stop> {
        let mut without_servers: Option<String> = None;
        loop {
            if let Some(url) = typed_server(&answer) {
                return Ok(self.plan.set(URL, json!(url))?);
            }
            self.guess.clone_from(&answer);
            match self.by_domain(&answer).await {
                Err(Stop::Setup(error @ SetupError::Discovery { .. })) if self.asks => {
                    // Another name, after a domain of which nothing is known: that of a server.
                    if without_servers.is_some_and(|domain| domain != answer) {
                        return Ok(self.plan.set(URL, json!(format!("ldaps://{answer}")))?);
                    }
                    println!("{error}\n");
                }
                other => return other,
            }
            let what = "A directory server, such as ldaps://dc1.corp.example, or the domain again";
            let next = dialogue::ask(what, &Default::Shown(&answer))?;
            without_servers = Some(std::mem::replace(&mut answer, next));
        }
    }
}
