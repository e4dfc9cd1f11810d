//! The console: what an administrator sees and does on this instance, on loopback.
//!
//! One page, each part a section that its anchor opens (`/#export`), which works without scripts; a
//! small one keeps the status fresh. What the page needs of the program is behind [`ConsoleBackend`],
//! which `program` answers for a running instance and `unconfigured` for an empty home folder; no
//! secret crosses it towards the page.

mod backend;
mod changes;
mod chart;
mod closed;
mod error;
mod files;
mod first_set_up;
mod fleet;
mod forms;
mod guard;
mod kept;
mod log_view;
mod moment;
mod origin;
mod own_form;
mod page;
mod peer;
mod people;
mod program;
mod request;
mod revocation;
mod routes;
mod section;
mod sent_files;
mod serve;
mod show;
mod status;
mod take_back;
mod unconfigured;
mod view;
mod whole;

pub use self::{
    program::Program,
    serve::{run, serve_on},
    unconfigured::{first_run, is_empty},
};
