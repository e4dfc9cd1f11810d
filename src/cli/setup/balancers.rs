//! The balancers in front: who may connect, and where TLS ends. An instance that expects none refuses their
//! PROXY header, and one that expects them refuses everybody else.

use super::{
    answers::TlsEnds,
    balancer_keys::{NONE, set_balancers, set_tls_ends},
    dialogue::{self, Default},
    steps::Steps,
    stop::Stop,
};
use crate::config::keys;

const PROXIES: &str = keys::TRUSTED_PROXIES.name;
const PROTOCOL: &str = keys::PROXY_PROTOCOL.name;
const TERMINATION: &str = keys::TLS_TERMINATION.name;

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
