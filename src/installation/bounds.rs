//! How large an installation may be: what an archive says of itself is not trusted.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    error::ArchiveError,
    limits::{MAX_ENTRIES, MAX_FILE, MAX_TOTAL},
};

/// Nothing that is compressed well is larger, and what is compressed badly not by much.
const MAX_ARCHIVE: u64 = MAX_TOTAL + (1 << 20);

/// All of it, unless it is too large: what an archive says of sizes is not trusted.
pub(super) fn limited(source: impl Read, total: &mut u64) -> io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    source.take(MAX_FILE + 1).read_to_end(&mut content)?;
    *total += content.len() as u64;
    Ok((content.len() as u64 <= MAX_FILE && *total <= MAX_TOTAL).then_some(content))
}

/// Refuses what is too large, or announces too many files, before its directory is read into memory.
pub(super) fn bounded(archive: &mut (impl Read + Seek)) -> Result<(), ArchiveError> {
    // The end record and the longest comment after it (APPNOTE 4.3.16).
    const TAIL: u64 = 22 + 65_535;
    let read = |error| ArchiveError::Read("the archive".to_owned(), error);
    let length = archive.seek(SeekFrom::End(0)).map_err(read)?;
    if length > MAX_ARCHIVE {
        return Err(ArchiveError::TooLarge {
            name: "the archive".to_owned(),
        });
    }
    let from = length.saturating_sub(TAIL);
    archive.seek(SeekFrom::Start(from)).map_err(read)?;
    let mut tail = Vec::new();
    io::Read::by_ref(archive)
        .take(TAIL)
        .read_to_end(&mut tail)
        .map_err(read)?;
    archive.rewind().map_err(read)?;
    // Whichever of several records a reader takes; one behind a zip64 locator says nothing itself.
    for at in 0..tail.len().saturating_sub(21) {
        let record = &tail[at..];
        if !record.starts_with(b"PK\x05\x06") {
            continue;
        }
        let count = u16::from_le_bytes([record[10], record[11]]);
        let start = u32::from_le_bytes([record[16], record[17], record[18], record[19]]);
        let zip64 = at >= 20 && tail[at - 20..].starts_with(b"PK\x06\x07");
        // Bytes of a file that only look like a record lead nowhere.
        let record_at = from + at as u64;
        if zip64 || (usize::from(count) > MAX_ENTRIES && u64::from(start) <= record_at) {
            return Err(ArchiveError::TooMany);
        }
    }
    Ok(())
}
