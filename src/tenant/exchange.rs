//! The exchange of a set-up and of each start: what the tenant knows, and what is registered there.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{ProvisioningTicket, Registration, TicketError};
use crate::{
    config::{Config, keys},
    secret::ExposeSecret as _,
    token::{SigningKey, TenantKey},
};

/// Asks what the tenant knows, and tells it who we are. Gives the keys that come of it.
///
/// # Errors
/// Why the tenant did not answer as it should.
pub async fn exchange(
    ticket: &ProvisioningTicket,
    config: &Config,
    signing: &SigningKey,
    agent_mode: bool,
) -> Result<Map<String, Value>, TicketError> {
    let info = ticket.info().await?;
    let server_url = config.federation.server_url.as_str().trim_end_matches('/');
    let mut certificates = vec![STANDARD.encode(signing.certificate())];
    certificates.extend(other_certificates(config));
    let registration = Registration {
        certificates,
        server_url,
        agent_mode,
    };
    let tenant_key = ticket.register(&registration).await?;
    TenantKey::new(&tenant_key).map_err(|cause| TicketError::Key {
        host: ticket.host(),
        cause,
    })?;
    let mut keys = info.keys();
    keys.insert(
        keys::TENANT_SIGNING_KEY.name.to_owned(),
        json!(tenant_key.expose_secret()),
    );
    keys.insert(keys::SERVER_URL.name.to_owned(), json!(server_url));
    keys.insert(
        keys::LAST_SENT_THUMBPRINT.name.to_owned(),
        json!(signing.thumbprint()),
    );
    Ok(keys)
}

/// The certificates of the next signing key and of the one before, where they are: while the key is
/// rotated, the fleet signs with two. The tenant knows the last registration, of any instance, so each
/// tells it all. Base64 of the DER.
pub fn other_certificates(config: &Config) -> Vec<String> {
    use rustls_pki_types::{CertificateDer, pem::PemObject as _};
    let names = ["certs/next.pem", "certs/previous.pem"].iter();
    let files = names.filter(|_| config.uses_files);
    let certificates = files.filter_map(|name| {
        // Absent most of the time.
        CertificateDer::from_pem_file(config.home.path(name)).ok()
    });
    certificates
        .map(|certificate| STANDARD.encode(certificate))
        .collect()
}
