//! What prepares and moves an installation: the signing pair, the tenant's ticket, `config.json` as a
//! file, export and import, the report of a migration.

mod archive;
mod file;
mod migration;
mod signing_pair;
mod ticket;
mod ticket_info;

pub use self::{
    archive::{ArchiveError, Imported, Installation, export_name},
    file::{ConfigFile, FileError, write_atomically},
    migration::report,
    signing_pair::{GenerateError, generate_signing_pair},
    ticket::{CLOCK_LIMIT, Registration, Ticket, TicketError},
    ticket_info::TicketInfo,
};
