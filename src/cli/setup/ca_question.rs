//! The question for a CA that is missing.

use std::path::Path;

use super::{
    dialogue::{self, Default},
    given_files::bring_roots,
    steps::Steps,
    stop::Stop,
};
use crate::{config::keys, files::StandIn, privileges::Handed, setup::SetupError};

const CA_FILE: &str = keys::SSL_CA_FILE.name;

impl Steps<'_> {
    /// Whether a further CA may help, and may be asked for.
    pub(super) fn may_ask_ca(&self, error: &SetupError) -> bool {
        self.asks && error.is_untrusted() && !self.plan.is_fixed(CA_FILE)
    }

    /// Asks for the CA that is missing, until the file holds one.
    pub(super) fn ask_ca(&mut self, error: &SetupError) -> Result<(), Stop> {
        println!("{error}\n");
        let what = "File of the CA to trust beside this machine's, PEM (--ca-file, SSL_CA_FILE)";
        loop {
            let present = self.plan.get(CA_FILE);
            let present = present.filter(|path| !StandIn::is_at(path));
            let default = present.as_deref().map_or(Default::None, Default::Shown);
            let answer = dialogue::ask(what, &default)?;
            match bring_roots(&mut self.plan, Path::new(&answer), &Handed::default()) {
                Ok(()) => return Ok(()),
                Err(stop) => println!("{stop}\n"),
            }
        }
    }
}
