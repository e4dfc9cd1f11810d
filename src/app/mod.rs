//! Builds everything from the configuration, runs it, and ends it in order.

mod check;
mod console;
mod doctor;
mod first_run;
mod generation;
mod materials;
mod next_steps;
mod provision;
mod readiness;
mod reload;
mod run;
mod setup;
mod transfer;
mod upkeep;

pub use self::{
    check::{Problem, Verdict, check},
    doctor::{Finding, Level as DoctorLevel, Report, examine_telling},
    first_run::{first_run, is_empty},
    materials::{Kept, Materials, Unusable, outgoing},
    run::run,
    setup::{Next, Saved, SetupCheck, SetupPlan, Unsaved, next_steps},
    transfer::{Export, Import, export, recover},
};
