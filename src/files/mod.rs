//! Files by handles: read without waiting for a pipe, written without following a link. Whoever else may change a
//! folder does not lead a writer out of it.

mod folder;
mod read;
mod stand_in;

pub use self::{
    folder::{Belongs, Folder, Found, LinkInTheWay},
    read::{open, read, read_to_string},
    stand_in::StandIn,
};
