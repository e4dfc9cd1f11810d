//! What is watched while the program runs: files that change, ages and expiries.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{
    generation::{Expires, Generation},
    reload::Running,
    reporter::configuration,
    watch::Watch,
};
use crate::{cause, config::TlsMaterial, telemetry::event};

impl Generation {
    /// The files in use, with what they are for.
    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let config = &self.config;
        let mut files = Vec::new();
        if config.uses_files {
            files.push(("signing", config.home.signing_certificate()));
            files.push(("signing_key", config.home.signing_key()));
        }
        if let Some(file) = self.mapper.file() {
            // The mapper itself last: its age is what the metrics show.
            let modules = self.mapper.modules().into_iter();
            files.extend(modules.map(|file| ("mapper", file)));
            files.push(("mapper", file.to_owned()));
        }
        let roots = config.extra_roots.iter().cloned();
        files.extend(roots.map(|file| ("roots", file)));
        let logo = config.pages.logo.iter();
        files.extend(logo.map(|logo| ("logo", logo.file.clone())));
        if let Some(direct) = &config.direct {
            let tls = direct.tls.iter().flat_map(TlsMaterial::files);
            files.extend(
                tls.zip(["tls", "tls_key"])
                    .map(|(file, of)| (of, file.to_owned())),
            );
            let balancers = direct.balancer_certificates.iter();
            files.extend(balancers.map(|one| ("balancer", one.file.clone())));
            let keytab = direct.kerberos.iter().map(|section| section.keytab.clone());
            files.extend(keytab.map(|file| ("keytab", file)));
        }
        if let Some(certificates) = self.certificates() {
            let authority = certificates.authority_file();
            let of = |file: &PathBuf| match &authority {
                Some(path) if path == file => "client_ca",
                _ => "crl",
            };
            files.extend(
                certificates
                    .files()
                    .into_iter()
                    .map(|file| (of(&file), file)),
            );
        }
        files
    }

    /// Watches them; what changed before is not noticed.
    pub fn watch(&self) -> Option<Watch> {
        // What is not there, with its folder, cannot be watched; a key given as text needs no file.
        let there = |file: &PathBuf| file.parent().is_some_and(Path::exists);
        let files = self.files().into_iter().map(|(_, file)| file).filter(there);
        match Watch::new(files.collect()) {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(
                    event = event::RELOAD_WATCH_FAILED,
                    error = cause::watch(&error),
                    "changed files are not noticed: send SIGHUP after a change"
                );
                None
            }
        }
    }
}

impl Running {
    /// Age and expiry of what is in use.
    pub fn measure(&self) {
        let metrics = &self.metrics;
        let current = self.current.load();
        metrics.show_configuration(&configuration(&current).digest);
        // What is no longer in use is not shown; a generation that was refused has set values too.
        metrics.certificate_expiry.reset();
        metrics.file_modified.reset();
        metrics.directory_up.reset();
        for server in current.directory.status() {
            metrics
                .directory_up
                .with_label_values(&[&server.server])
                .set(i64::from(server.up));
        }
        let expiry = |of: &str, unix: f64| {
            metrics
                .certificate_expiry
                .with_label_values(&[of])
                .set(unix);
        };
        if let Some(tls) = &self.tls {
            expiry("tls", tls.leaf().expiry_seconds());
        }
        for (what, end) in current.ends() {
            expiry(
                match what {
                    Expires::SigningCertificate => "signing",
                    Expires::ClientAuthorities => "client_ca",
                    Expires::RevocationLists => "crl",
                },
                seconds(end),
            );
        }
        // Of several files of one use the oldest counts.
        let mut ages: Vec<(&str, f64)> = Vec::new();
        for (of, file) in current.files() {
            let meta = fs::metadata(&file).ok().filter(fs::Metadata::is_file);
            let modified = meta.map(|meta| meta.modified());
            let Some(unix) = modified
                .and_then(Result::ok)
                .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
            else {
                continue;
            };
            let unix = unix.as_secs_f64();
            match ages.iter_mut().find(|(known, _)| *known == of) {
                Some((_, oldest)) => *oldest = oldest.min(unix),
                None => ages.push((of, unix)),
            }
        }
        for (of, unix) in ages {
            metrics.file_modified.with_label_values(&[of]).set(unix);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of this age fit a double exactly"
)]
fn seconds(unix: i64) -> f64 {
    unix as f64
}
