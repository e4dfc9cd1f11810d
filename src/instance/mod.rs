//! What one configuration gives and how it is kept up: its files loaded and checked, the generation that
//! is made of them, reloads, ages and expiries, what the tenant is told.

mod check;
mod generation;
mod materials;
mod readiness;
mod registration;
mod reload;
mod reload_request;
mod upkeep;
mod watch;

#[cfg(test)]
mod site_tests;

pub use self::{
    check::{Verdict, check},
    generation::{Generation, Read},
    materials::{Kept, Materials, outgoing, trusted_roots},
    readiness::readiness,
    registration::{Provision, keep},
    reload::{Running, changed},
    reload_request::{Answer, What},
    watch::Watch,
};
