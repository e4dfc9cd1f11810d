//! Builds the program from the configuration, runs it, and ends it in order.

mod main_loop;
mod run;

pub use self::run::run;
