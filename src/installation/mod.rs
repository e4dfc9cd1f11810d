//! What prepares and moves an installation: the signing key and certificate, `config.json` as a file, export and
//! import, the report of a migration.

mod archive;
mod backups;
mod bounds;
mod bridge;
mod change;
mod differences;
mod differing_values;
mod error;
mod file;
mod findings;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod gather;
mod given;
mod host;
mod install;
mod journal;
mod layout;
mod limits;
mod mappers;
mod migration;
mod paths;
mod put;
mod signing_key;
mod stage;

pub use self::{
    archive::{DEFAULT_MAPPER, ExportLayout, Installation, export_name},
    change::{Change, ChangeKind, Note},
    error::ArchiveError,
    file::{ConfigFile, FileError, write_atomically, write_private},
    host::{HostKeys, Leftover},
    install::Imported,
    journal::{Locked, recover, recover_locked},
    migration::report,
    paths::certificate_mode,
    put::{is_there, place_of, put, replace},
    signing_key::{GenerateError, generate_signing_key},
    stage::{Stage, StageNames},
};
