//! The tenant: its ticket, its clock, its opinion of our certificate and names; the hub; the proxy.

use url::Url;

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::{
    config::keys,
    secret::ExposeSecret as _,
    tenant::{CLOCK_LIMIT, ProvisioningTicket, TicketError, TicketInfo},
    token::SigningKey,
    tunnel,
};

const AREA: Area = Area::Tenant;

pub(super) async fn examine(context: &Context, findings: &Findings) {
    let config = &context.config;
    if let Some(proxy) = config.proxy.https.as_ref().or(config.proxy.http.as_ref()) {
        // Its address may hold a password.
        let proxy = Url::parse(proxy.expose_secret()).ok();
        let name = proxy.and_then(|url| {
            Some(format!(
                "{}:{}",
                url.host_str()?,
                url.port_or_known_default()?
            ))
        });
        let text = format!(
            "the way out is the proxy {}; without it: [{}]",
            name.unwrap_or_default(),
            config.proxy.exempt
        );
        findings.add(Finding::ok(Area::Proxy, "proxy", text));
    }
    tokio::join!(ticket(context, findings), hub(context, findings));
}

async fn hub(context: &Context, findings: &Findings) {
    let Some(section) = &context.config.tunnel else {
        findings.add(Finding::ok(
            Area::Hub,
            "hub-off",
            "there is no tunnel (AD_HUB, AGENT_MODE)",
        ));
        return;
    };
    let host = section.hub.host_str().unwrap_or_default();
    let port = section.hub.port_or_known_default().unwrap_or(443);
    findings.add(match tunnel::reach(section, &context.tls).await {
        Ok(took) => Finding::ok(
            Area::Hub,
            "hub",
            format!("{host} answers in {} ms", took.as_millis()),
        ),
        Err(error) => Finding::fail(Area::Hub, "hub", error.to_string())
            .fix(format!("curl -sv https://{host}:{port}/ -o /dev/null"))
            .note("check AD_HUB, the firewall's way out to that port, and HTTPS_PROXY"),
    });
}

async fn ticket(context: &Context, findings: &Findings) {
    let config = &context.config;
    let again = context.command("setup --ticket URL");
    let Some(url) = &config.ticket else {
        let text = "there is no ticket (PROVISIONING_TICKET): the tenant is not asked";
        findings.add(
            Finding::warn(AREA, "ticket", text)
                .fix(again)
                .note("URL is the address on the connection's page at the tenant"),
        );
        return;
    };
    let ticket = match ProvisioningTicket::new(url, &context.tls, &config.proxy) {
        Ok(ticket) => ticket,
        Err(error) => {
            findings.add(Finding::fail(AREA, "ticket", error.to_string()).fix(again));
            return;
        }
    };
    let host = ticket.host();
    let reached = match ticket.clock_offset(|| context.clock.now()).await {
        Ok(offset) if offset.unsigned_abs() > CLOCK_LIMIT.as_secs() * 1000 => {
            let text = format!("the tenant's clock differs by {offset} ms: it may refuse tokens");
            findings.add(
                Finding::fail(Area::Clock, "clock-tenant", text).fix("timedatectl set-ntp true"),
            );
            true
        }
        Ok(offset) => {
            let text = format!("the tenant's clock differs by {offset} ms");
            findings.add(Finding::ok(Area::Clock, "clock-tenant", text));
            true
        }
        // What /test answers says nothing of the ticket.
        Err(error @ (TicketError::Status { .. } | TicketError::Answer { .. })) => {
            let text = format!("{host} does not say its time at /test: {error}");
            findings.add(
                Finding::warn(Area::Clock, "clock-tenant", text)
                    .fix("timedatectl")
                    .note("see that this machine's clock is synchronized"),
            );
            true
        }
        Err(error) => {
            let url = Url::parse(url.expose_secret()).ok();
            let port = url
                .and_then(|url| url.port_or_known_default())
                .unwrap_or(443);
            findings.add(
                Finding::fail(AREA, "tenant-reach", error.to_string())
                    .fix(format!("curl -v https://{host}:{port}/test")),
            );
            false
        }
    };
    let info = match ticket.info().await {
        Ok(info) => info,
        Err(error) => {
            // That the tenant cannot be reached is reported once.
            if reached {
                findings.add(Finding::fail(AREA, "ticket", error.to_string()).fix(again));
            }
            return;
        }
    };
    let text = format!(
        "it knows this connection as {}",
        crate::cause::quoted(&info.connection_name)
    );
    findings.add(Finding::ok(AREA, "ticket", text));
    compare(context, &info, findings);
    let signing = config.signing.as_ref();
    let Some(key) = signing.and_then(|pem| SigningKey::new(pem).ok()) else {
        return;
    };
    let ours = key.thumbprint();
    let mut known = info.thumbprints.iter();
    findings.add(if known.any(|known| known.eq_ignore_ascii_case(ours)) {
        Finding::ok(AREA, "thumbprint", "it knows this signing certificate")
    } else {
        let text = format!(
            "the tenant does not know this signing certificate ({ours}): it refuses our tokens"
        );
        Finding::fail(AREA, "thumbprint", text)
            .fix(context.command("setup"))
            .note("a start of ad-edge registers it at the tenant, too")
    });
}

/// What the tenant would write into config.json against what is there.
fn compare(context: &Context, info: &TicketInfo, findings: &Findings) {
    let config = &context.config;
    let mut differs = Vec::new();
    if let Some(section) = &config.tunnel
        && section.connection != info.connection_name
    {
        differs.push((keys::CONNECTION.name, info.connection_name.clone()));
    }
    if let (Some(section), Some(theirs)) = (&config.tunnel, &info.ad_hub) {
        // The scheme is that of WebSockets here.
        let place = |url: &Url| {
            let host = url.host_str().unwrap_or_default().to_owned();
            (host, url.port_or_known_default(), url.path().to_owned())
        };
        if Url::parse(theirs).is_ok_and(|theirs| place(&theirs) != place(&section.hub)) {
            differs.push((keys::AD_HUB.name, theirs.clone()));
        }
    }
    if config.federation.issuer != info.connection_domain {
        differs.push((keys::WSFED_ISSUER.name, info.connection_domain.clone()));
    }
    if let Some(direct) = &config.direct {
        for (key, ours, theirs) in [
            (
                keys::KERBEROS_AUTH.name,
                direct.kerberos.is_some(),
                info.kerberos,
            ),
            (
                keys::CLIENT_CERT_AUTH.name,
                direct.client_cert.is_some(),
                info.cert_auth,
            ),
        ] {
            if let Some(theirs) = theirs.filter(|theirs| *theirs != ours) {
                differs.push((key, theirs.to_string()));
            }
        }
    }
    let parties = &config.federation.relying_parties;
    let realm = &info.realm;
    if parties.default.as_deref() != Some(realm.name.as_str()) {
        differs.push((keys::REALM.name, realm.name.clone()));
    }
    if parties
        .callback(&realm.name, Some(&realm.post_token_url))
        .is_none()
    {
        differs.push((realm.name.as_str(), realm.post_token_url.clone()));
    }
    for (key, theirs) in differs {
        let text = format!("{key} is not what the tenant says ({theirs})");
        findings.add(
            Finding::warn(AREA, "tenant-differs", text)
                .about(key)
                .fix(context.command("setup"))
                .note("takes over what the tenant says"),
        );
    }
}
