//! Which attributes a search for users asks for.

use super::{entry::COMPUTED_CONTROL, identity};

/// All that a user has, and what `*` leaves out: in Active Directory, and elsewhere.
const ACTIVE_DIRECTORY: [&str; 2] = ["*", COMPUTED_CONTROL];
const OTHER: [&str; 5] = [
    "*",
    COMPUTED_CONTROL,
    identity::OPERATIONAL[0],
    identity::OPERATIONAL[1],
    identity::CREATED,
];

pub(super) fn of_users(is_active_directory: bool) -> &'static [&'static str] {
    if is_active_directory {
        &ACTIVE_DIRECTORY
    } else {
        &OTHER
    }
}
