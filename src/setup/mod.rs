//! What makes an installation: a set-up tried before it is saved, exports and imports tried before they
//! are taken, what is left to do. The commands and the console use it.

mod balancer;
mod brought;
mod browsers;
mod checks;
mod directory;
mod error;
mod import_error;
mod next;
mod next_steps;
mod plan;
mod roots;
mod save;
mod tenant;
mod transfer;

pub use self::{
    balancer::haproxy,
    browsers::{PolicyFile, browser_policies},
    checks::{CheckName, SetupCheck},
    directory::typed_server,
    error::SetupError,
    import_error::ImportError,
    next::{Next, next_steps},
    plan::{SetupPlan, no_ticket},
    roots::RootsError,
    save::{SIGNING_KEY_STAYS, Unsaved},
    transfer::{Import, TakenImport, export, recover, take_import},
};
