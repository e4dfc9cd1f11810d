//! A CA that a set-up is given, to be trusted beside those of the machine: copied into `certs/`.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::{error::SetupError, plan::SetupPlan};
use crate::config::{home, keys};

const KEY: &str = keys::SSL_CA_FILE.name;

/// Why a file of a CA cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    #[error("{} cannot be read ({})", file.display(), crate::cause::io(source))]
    Read { file: PathBuf, source: io::Error },
    /// Its name, as it may be shown.
    #[error(
        "{0} holds no certificate in PEM. If it is in DER (.cer, .crt), convert it: openssl x509 -inform der \
         -in FILE -out FILE.pem"
    )]
    NoCertificate(String),
    #[error(transparent)]
    Setup(#[from] SetupError),
}

impl SetupPlan<'_> {
    /// The CAs of a file with this content: copied to `certs/ca.pem`, but for a file that is in the home folder already.
    ///
    /// # Errors
    /// When it holds none, or the environment names another file.
    pub fn bring_roots(&mut self, file: &Path, content: Vec<u8>) -> Result<(), RootsError> {
        let failed = |file: &Path| {
            let file = file.to_owned();
            move |source| RootsError::Read { file, source }
        };
        refuse_without_certificate(&file.display().to_string(), &content)?;
        let home = self.settings.home().path("");
        let home = std::path::absolute(&home).map_err(failed(&home))?;
        let file = std::path::absolute(file).map_err(failed(file))?;
        match file.strip_prefix(home) {
            Ok(inside) => self.set(KEY, inside.display().to_string())?,
            Err(_) => self.bring_as(KEY, home::ROOTS, &file.display().to_string(), content)?,
        }
        Ok(())
    }

    /// The same of a file that was sent.
    ///
    /// # Errors
    /// When it holds none, or the environment names another file.
    pub fn bring_sent_roots(&mut self, content: Vec<u8>) -> Result<(), RootsError> {
        refuse_without_certificate("the file of the CA", &content)?;
        Ok(self.bring_as(KEY, home::ROOTS, "", content)?)
    }
}

fn refuse_without_certificate(file: &str, content: &[u8]) -> Result<(), RootsError> {
    let mut all = CertificateDer::pem_slice_iter(content).flatten();
    match all.next() {
        Some(_) => Ok(()),
        None => Err(RootsError::NoCertificate(file.to_owned())),
    }
}
