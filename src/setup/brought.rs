//! Files that a set-up brings into the home folder, where the service can read them.

use crate::files::StandIn;

/// Files, and the keys that name them.
#[derive(Default)]
pub(super) struct Brought {
    /// By their places in the home folder.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// Keys that name one of them once it is there.
    pub keys: Vec<(&'static str, &'static str)>,
    /// Of files that only root could read, until they are there.
    pub stand_ins: Vec<StandIn>,
}

/// By hand: files hold keys.
impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.files.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}
