//! Builds everything from the configuration, runs it, and ends it in order.

mod materials;
mod reload;
mod run;

pub use self::{
    materials::{Materials, Unusable},
    run::run,
};
