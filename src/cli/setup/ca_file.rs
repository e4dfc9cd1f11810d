//! The CA file that is given to a set-up.

use std::path::Path;

use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::stop::Stop;
use crate::config::Settings;

/// The value of `SSL_CA_FILE`: by the current folder, as options are, and relative where the home folder
/// holds it, so that a copy of that has it too.
pub(super) fn ca_file(file: &Path, settings: &Settings) -> Result<String, Stop> {
    let failed = |source| Stop::File {
        file: file.to_owned(),
        option: "--ca-file",
        source,
    };
    let bytes = std::fs::read(file).map_err(failed)?;
    if CertificateDer::pem_slice_iter(&bytes)
        .flatten()
        .next()
        .is_none()
    {
        return Err(Stop::NoCertificate(file.to_owned()));
    }
    let absolute = |path: &Path| std::path::absolute(path).map_err(failed);
    let file = absolute(file)?;
    let inside = file.strip_prefix(absolute(&settings.home().path(""))?);
    Ok(inside.unwrap_or(&file).display().to_string())
}
