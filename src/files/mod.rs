//! The files of a folder by handles: read without waiting for a pipe, written without following a link. Whoever else may change a
//! folder does not lead a writer out of it.

mod folder;
mod stand_in;

pub use self::{
    folder::{Belongs, Folder, Found, LinkInTheWay},
    stand_in::StandIn,
};
