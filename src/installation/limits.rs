//! How much an archive may hold: files, bytes of one, bytes of all.

pub(super) const MAX_ENTRIES: usize = 500;
pub(super) const MAX_FILE: u64 = 8 << 20;
pub(super) const MAX_TOTAL: u64 = 32 << 20;
