//! A company's logo, made harmless: an SVG without scripts, links and foreign parts, or a PNG.
//!
//! Pages show it by an `<img>`, in which browsers run and load nothing; it is cleaned all the same, since
//! its address can be opened by itself.

use std::{fmt, io, path::PathBuf, sync::Arc};

use aws_lc_rs::digest;
use svg_hush::{Filter, data_url_filter};

use super::read_file::{Most, read_file};
use crate::cause;

/// It is part of the first page of every login.
const MOST_BYTES: u64 = 256 * 1024;
/// A picture of few bytes may take much memory in the browser.
const MOST_PIXELS: u32 = 4096;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A logo that may be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    /// Where it was read from.
    pub file: PathBuf,
    pub kind: LogoKind,
    /// What is sent to browsers.
    pub bytes: Arc<[u8]>,
    /// Names these bytes: 16 hexadecimal digits.
    pub digest: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoKind {
    Svg,
    Png,
}

/// Why a file is no logo.
#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    #[error("cannot be read: {}", cause::io(.0))]
    Read(#[source] io::Error),
    #[error("is larger than 256 KiB")]
    TooLarge,
    #[error("is a PNG whose sides are not between 1 and 4096 pixels")]
    Sides,
    #[error("is neither an SVG nor a PNG")]
    Other,
    #[error("is not a whole SVG that this program reads (it wants namespaces, and few entities)")]
    Svg(#[source] svg_hush::FError),
}

impl Logo {
    /// Reads and cleans it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(file: PathBuf) -> Result<Self, LogoError> {
        let bytes = read_file(&file, Most(MOST_BYTES)).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => LogoError::TooLarge,
            _ => LogoError::Read(error),
        })?;
        let (kind, bytes) = if bytes.starts_with(PNG) {
            png(&bytes)?;
            (LogoKind::Png, bytes)
        } else {
            (LogoKind::Svg, svg(&bytes)?)
        };
        let digest = digest::digest(&digest::SHA256, &bytes);
        Ok(Self {
            file,
            kind,
            digest: hex::encode(&digest.as_ref()[..8]),
            bytes: bytes.into(),
        })
    }
}

/// By hand: the bytes would fill a page.
impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({:?}, {})", self.file, self.digest)
    }
}

/// The first chunk tells the sides (PNG specification, section 11.2.1).
fn png(bytes: &[u8]) -> Result<(), LogoError> {
    let header = bytes.get(8..24).filter(|chunk| chunk[4..8] == *b"IHDR");
    let header = header.ok_or(LogoError::Other)?;
    let side = |at: usize| {
        let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        u32::from_be_bytes(bytes)
    };
    let good = |side: u32| (1..=MOST_PIXELS).contains(&side);
    (good(side(8)) && good(side(12)))
        .then_some(())
        .ok_or(LogoError::Sides)
}

/// The parts of it that cannot do harm.
fn svg(bytes: &[u8]) -> Result<Vec<u8>, LogoError> {
    let has_tag = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
    if !has_tag(b"<svg") && !has_tag(b":svg") {
        return Err(LogoError::Other);
    }
    let mut filter = Filter::new();
    filter.set_data_url_filter(data_url_filter::allow_standard_images);
    let mut clean = Bounded(Vec::new());
    filter.filter(bytes, &mut clean).map_err(LogoError::Svg)?;
    Ok(clean.0)
}

/// Entities may make much of little: what comes out has a limit as well.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.0.len() + bytes.len()) as u64 > 2 * MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "logo_tests.rs"]
mod tests;
