//! What one configuration gives and how it is kept up: its files loaded and checked, the generation that
//! is made of them, reloads, ages and expiries, its registration at the tenant.

mod branding;
mod check;
mod generation;
mod generation_error;
mod import_faults;
mod load_error;
mod materials;
mod reach;
mod readiness;
mod refused;
mod registration;
mod reload;
mod reload_request;
mod reporter;
mod upkeep;
mod watch;

#[cfg(test)]
mod site_fixture;
#[cfg(test)]
mod site_language_tests;
#[cfg(test)]
mod site_tests;

pub use self::{
    check::{Problem, Verdict, check},
    generation::{Expires, Generation, Read},
    import_faults::{ImportFault, import_faults},
    load_error::LoadError,
    materials::{Kept, Materials, is_trusted_everywhere, outgoing, trusted_roots},
    reach::{OutOfReach, closed_to_unit, out_of_reach},
    readiness::readiness,
    refused::Refused,
    registration::{RegistrationKeeper, keep},
    reload::{Running, changed},
    reload_request::{Answer, ReloadError, WaitingKeys, What, restart_in_words},
    reporter::Reporter,
    watch::Watch,
};
