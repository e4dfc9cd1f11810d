//! The tenant: its ticket, its clock, its opinion of our certificate; and the hub.

use super::{Findings, Patient};
use crate::{
    setup::{CLOCK_LIMIT, Ticket},
    token::SigningKey,
    tunnel,
};

pub(super) async fn examine(patient: &Patient, findings: &mut Findings) {
    let config = &patient.config;
    if config.proxy.https.is_some() || config.proxy.http.is_some() {
        findings.ok(
            "proxy",
            "the tenant is reached through a proxy (HTTP_PROXY, HTTPS_PROXY)",
        );
    }
    ticket(patient, findings).await;
    let Some(section) = &config.tunnel else {
        findings.ok("hub", "there is no tunnel (AD_HUB, AGENT_MODE)");
        return;
    };
    match tunnel::reach(section, &patient.tls).await {
        Ok(took) => findings.ok(
            "hub",
            format!(
                "{} answers in {} ms",
                section.hub.host_str().unwrap_or_default(),
                took.as_millis()
            ),
        ),
        Err(error) => findings.fail(
            "hub",
            error,
            "check AD_HUB, the firewall's way out to port 443, and HTTPS_PROXY",
        ),
    }
}

async fn ticket(patient: &Patient, findings: &mut Findings) {
    const AREA: &str = "tenant";
    let config = &patient.config;
    let Some(url) = &config.ticket else {
        findings.warn(
            AREA,
            "there is no ticket (PROVISIONING_TICKET): the tenant is not asked",
            "ad-edge setup --ticket URL",
        );
        return;
    };
    let ticket = match Ticket::new(url, &patient.tls, &config.proxy) {
        Ok(ticket) => ticket,
        Err(error) => {
            findings.fail(AREA, error.to_string(), "ad-edge setup --ticket URL");
            return;
        }
    };
    match ticket.clock_offset(|| patient.clock.now()).await {
        Ok(offset) if offset.unsigned_abs() > CLOCK_LIMIT.as_secs() * 1000 => findings.fail(
            "clock",
            format!("the tenant's clock differs by {offset} ms: it may refuse tokens"),
            "timedatectl set-ntp true",
        ),
        Ok(offset) => findings.ok(
            "clock",
            format!("the tenant's clock differs by {offset} ms"),
        ),
        Err(error) => findings.fail(AREA, error.to_string(), "curl -v https://<tenant>/test"),
    }
    let info = match ticket.info().await {
        Ok(info) => info,
        Err(error) => {
            findings.fail(AREA, error.to_string(), "ad-edge setup --ticket URL");
            return;
        }
    };
    findings.ok(
        AREA,
        format!("it knows this connection as {:?}", info.connection_name),
    );
    let Some(key) = config
        .signing
        .as_ref()
        .and_then(|pair| SigningKey::new(pair).ok())
    else {
        return;
    };
    let ours = key.thumbprint();
    if info
        .thumbprints
        .iter()
        .any(|known| known.eq_ignore_ascii_case(ours))
    {
        findings.ok(AREA, "it knows this signing certificate");
    } else {
        findings.fail(
            AREA,
            format!("it does not know this signing certificate ({ours}): it refuses our tokens"),
            "ad-edge setup, or start ad-edge: both tell it",
        );
    }
}
