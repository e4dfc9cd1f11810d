//! The balancers in front: who may connect, and where TLS ends. An instance that expects none refuses their
//! PROXY header, and one that expects them refuses everybody else.

use serde_json::{Map, json};

use super::{
    answers::TlsEnds,
    dialogue::{self, Default},
    steps::Steps,
    stop::Stop,
};
use crate::{
    config::{ProxyProtocol, Settings, keys},
    setup::{SetupError, SetupPlan},
};

const PROXIES: &str = keys::TRUSTED_PROXIES.name;
const PROTOCOL: &str = keys::PROXY_PROTOCOL.name;
const TERMINATION: &str = keys::TLS_TERMINATION.name;
/// The answer where browsers connect to the instances themselves.
const NONE: &str = "none";

impl Steps<'_> {
    /// Without anybody to ask, what is there counts, and is shown.
    pub fn balancers(&mut self) -> Result<(), Stop> {
        let fixed = [PROXIES, PROTOCOL]
            .iter()
            .any(|key| self.plan.is_fixed(key));
        let asked = self.asks && !fixed;
        while !self.said.contains(PROXIES) {
            let present = self.plan.balancers();
            let present = present.unwrap_or_else(|| NONE.to_owned());
            let what = "Addresses of the balancers in front, as the instances see them, between commas; none: \
                        browsers connect to the instances (TRUSTED_PROXIES, PROXY_PROTOCOL)";
            if !asked {
                println!("Balancers in front (TRUSTED_PROXIES, PROXY_PROTOCOL): {present}");
                break;
            }
            let answer = dialogue::ask(what, &Default::Shown(&present))?;
            let addresses: Vec<_> = answer.split(',').map(|one| one.trim().to_owned()).collect();
            set_balancers(&mut self.plan, &addresses)?;
            match self.plan.examine() {
                Ok(()) => break,
                Err(error) => {
                    self.refuse_others(&keys::TRUSTED_PROXIES)?;
                    self.again(error.into(), &[PROXIES])?;
                }
            }
        }
        // An option may be wrong as well.
        self.plan.examine()?;
        let is_free = !self.said.contains(TERMINATION) && !self.plan.is_fixed(TERMINATION);
        if self.asks && is_free && self.plan.balancers().is_some() {
            let what = "Where TLS ends, here or balancer (TLS_TERMINATION)";
            let ends = loop {
                let present = if self.plan.ends_tls_at_balancer() {
                    "balancer"
                } else {
                    "here"
                };
                match dialogue::ask(what, &Default::Shown(present))?
                    .to_lowercase()
                    .as_str()
                {
                    "here" => break TlsEnds::Here,
                    "balancer" => break TlsEnds::Balancer,
                    _ => println!("Please answer here or balancer."),
                }
            };
            set_tls_ends(&mut self.plan, ends)?;
        }
        Ok(())
    }
}

/// `none` alone turns the PROXY header off.
pub(super) fn set_balancers(
    plan: &mut SetupPlan<'_>,
    addresses: &[String],
) -> Result<(), SetupError> {
    if let [only] = addresses
        && only.eq_ignore_ascii_case(NONE)
    {
        if plan.balancers().is_some() {
            plan.set(PROTOCOL, json!("off"))?;
        }
        return Ok(());
    }
    plan.set(PROXIES, json!(addresses))?;
    plan.set(PROTOCOL, json!("v2"))
}

pub(super) fn set_tls_ends(plan: &mut SetupPlan<'_>, ends: TlsEnds) -> Result<(), SetupError> {
    let value = match ends {
        TlsEnds::Here => "here",
        TlsEnds::Balancer => "proxy",
    };
    if ends == TlsEnds::Here && !plan.ends_tls_at_balancer() {
        return Ok(());
    }
    plan.set(TERMINATION, json!(value))
}

pub(super) fn is_behind_balancer(settings: &Settings) -> bool {
    let values = settings.effective(&Map::new());
    values.value(&keys::PROXY_PROTOCOL) == ProxyProtocol::V2
}

pub(super) fn this_host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}
