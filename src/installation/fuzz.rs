//! What `tests/fuzz` calls: the archive that an administrator imports.

use std::io::Cursor;

use super::{
    archive::{ExportLayout, Installation},
    paths::{allowed, leads_out},
};

/// A zip: whatever is taken out of it lies where files of an installation lie, and is written again as it was
/// read.
pub fn import_zip(data: &[u8]) {
    let Ok(found) = Installation::of_zip(Cursor::new(data)) else {
        return;
    };
    for name in found.files.keys() {
        assert!(allowed(name) && !leads_out(name), "{name:?}");
    }
    let again = found.to_zip(ExportLayout::Usual).expect("written");
    let again = Installation::of_zip(Cursor::new(again)).expect("what was written is read");
    assert_eq!(again.files, found.files);
}
