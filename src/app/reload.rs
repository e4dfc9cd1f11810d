//! What is read again while the program runs: at SIGHUP, and when a file changes.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    authenticate::Certificates,
    config::{DirectConfig, TlsMaterial},
    profile::Mapper,
    telemetry::Metrics,
    tls::{ClientAuth, Identity, TlsServer},
    watch::Watch,
    web::Web,
};

/// What is read again at SIGHUP and when a file changes.
pub(super) struct Reload {
    pub tls: Option<(TlsServer, TlsMaterial)>,
    pub direct: Option<DirectConfig>,
    pub web: Option<Arc<Web>>,
    pub mapper: Mapper,
}

/// The files that changed; never, without a watch.
pub(super) async fn changed(watch: Option<&mut Watch>) -> Vec<PathBuf> {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

impl Reload {
    fn certificates(&self) -> Option<&Certificates> {
        self.web.as_ref()?.logins.certificates.as_ref()
    }

    pub(super) fn watch(&self) -> Option<Watch> {
        let mut files: Vec<PathBuf> = self.mapper.file().map(Path::to_owned).into_iter().collect();
        if let Some((_, material)) = &self.tls {
            files.extend(material.files().into_iter().map(Path::to_owned));
        }
        if let Some(direct) = &self.direct {
            files.extend(direct.kerberos.iter().map(|section| section.keytab.clone()));
        }
        if let Some(certificates) = self.certificates() {
            files.extend(certificates.files());
        }
        match Watch::new(files) {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, "changed files are not noticed: send SIGHUP after a change");
                None
            }
        }
    }

    /// Reads mapper, certificate and keytab again; what is broken is reported, and the old one
    /// serves on.
    pub(super) async fn now(&self, metrics: &Metrics) {
        let mapper = self.mapper.clone();
        if mapper.file().is_some() {
            // It runs the script once.
            match tokio::task::spawn_blocking(move || mapper.reload()).await {
                Ok(Ok(())) => tracing::info!("the profile mapper was read again"),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the new profile mapper is not used; the old one stays");
                }
                Err(error) => tracing::error!(%error, "the profile mapper was not read again"),
            }
        }
        if let Some(certificates) = self.certificates() {
            match certificates.reload() {
                Ok(()) => tracing::info!("client CAs and revocation lists were read again"),
                Err(error) => tracing::error!(
                    %error,
                    "the client CAs and revocation lists are not used; the old ones stay"
                ),
            }
        }
        if let Some((tls, material)) = &self.tls {
            let asked = client_auth(self.direct.as_ref(), self.certificates());
            match Identity::load(material).and_then(|identity| tls.replace(identity, asked)) {
                Ok(()) => {
                    expiry_of(metrics, tls);
                    tracing::info!("the certificate of SERVER_URL was read again");
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate is not used; the old one stays");
                }
            }
        }
        if let Some(kerberos) = self
            .web
            .as_ref()
            .and_then(|web| web.logins.kerberos.as_ref())
        {
            match kerberos.reload() {
                Ok(()) => tracing::info!("the keytab was read again"),
                Err(error) => tracing::error!(%error, "the keytab is not used; the old one stays"),
            }
        }
    }
}

/// What the handshake asks clients for.
pub(super) fn client_auth(
    direct: Option<&DirectConfig>,
    certificates: Option<&Certificates>,
) -> Option<ClientAuth> {
    Some(ClientAuth {
        issuers: certificates?.issuers(),
        hosts: direct?.client_cert.as_ref()?.hosts.clone(),
    })
}

pub(super) fn expiry_of(metrics: &Metrics, tls: &TlsServer) {
    metrics
        .certificate_expiry
        .with_label_values(&["tls"])
        .set(tls.leaf().expiry_seconds());
}

pub(super) fn expiry(metrics: &Metrics, purpose: &str, unix: i64) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this age fit a double exactly"
    )]
    let seconds = unix as f64;
    metrics
        .certificate_expiry
        .with_label_values(&[purpose])
        .set(seconds);
}
