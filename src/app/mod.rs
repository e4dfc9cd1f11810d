//! Builds everything from the configuration, runs it, and ends it in order.

mod console;
mod doctor;
mod generation;
mod materials;
mod provision;
mod reload;
mod run;
mod settings;
mod setup;

pub use self::{
    doctor::{Finding, Level as DoctorLevel, Report, examine_telling},
    materials::outgoing,
    materials::{Kept, Materials, Unusable},
    run::run,
    settings::Settings,
    setup::{SetupCheck, SetupPlan},
};
