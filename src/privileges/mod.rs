//! Root in somebody else's folder: whoever owns the home folder decides what lies there, links and pipes too. So root
//! opens what only it can read, gives its rights up for that user's, and looks at the folder only then.

mod access_list;
mod error;
mod give_up;
mod handed;
mod owner;
mod standing;
mod way;

pub use self::{
    error::PrivilegeError,
    give_up::Keeps,
    handed::{Handed, Source},
    owner::{Owner, shell_word},
    standing::Standing,
};
