//! Builds everything from the configuration, runs it, and ends it in order.

mod console;
mod doctor;
mod exchange;
mod generation;
mod materials;
mod provision;
mod reload;
mod run;
mod settings;
mod setup;
mod upkeep;

pub use self::{
    doctor::{Finding, Level as DoctorLevel, examine},
    materials::outgoing,
    materials::{Kept, Materials, Unusable},
    run::run,
    settings::Settings,
    setup::{Next, Saved, SetupCheck, SetupPlan, Unsaved, next_steps},
};
