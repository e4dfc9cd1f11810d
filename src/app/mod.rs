//! Builds everything from the configuration, runs it, and ends it in order.

mod generation;
mod materials;
mod reload;
mod run;

pub use self::{
    materials::{Kept, Materials, Unusable},
    reload::Load,
    run::run,
};
