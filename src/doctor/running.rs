//! What the ad-edge that runs here says of itself, at OPS_LISTEN.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::Client;

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
    network::{is_in_use, is_served},
};
use crate::cause;

const AREA: Area = Area::Ready;
const LIMIT: Duration = Duration::from_secs(3);

/// `is_answered`: something answers at SERVER_URL.
pub(super) async fn examine(context: &Context, is_answered: bool, findings: &Findings) {
    if !is_running(context) {
        let text = if is_answered {
            "no ad-edge runs here: what answers at SERVER_URL is elsewhere"
        } else if context.config.direct.is_none() {
            "no ad-edge runs here"
        } else {
            // It is said where nothing answers.
            return;
        };
        findings.add(
            Finding::warn(AREA, "ready-not-started", text)
                .fix(context.command("serve"))
                .note("as a service: systemctl enable --now ad-edge"),
        );
        return;
    }
    let address = local(context.config.ops_listen);
    let look = format!("curl -s http://{address}/readyz");
    let (status, text) = match ask(address).await {
        Ok(answer) => answer,
        Err(error) => {
            let error = cause::innermost(&error.without_url());
            let text = format!("the ad-edge that runs here does not answer at {address}: {error}");
            findings.add(
                Finding::warn(AREA, "ready-silent", text)
                    .fix(look)
                    .note("it runs with another OPS_LISTEN: restart it, or correct the key"),
            );
            return;
        }
    };
    // "ready" comes first, and then what is worth a look all the same.
    let mut lines = text.lines().skip(usize::from(status == 200)).peekable();
    match status {
        200 if lines.peek().is_none() => {
            findings.add(Finding::ok(
                AREA,
                "ready",
                "the ad-edge that runs here is ready",
            ));
        }
        200 | 503 => {
            for line in lines {
                let text = format!("the ad-edge that runs here: {line}");
                findings.add(
                    Finding::fail(AREA, "ready", text)
                        .fix(&look)
                        .note("its log and the console say since when"),
                );
            }
        }
        404 => findings.add(
            Finding::warn(AREA, "ready", "the ad-edge that runs here is about to end")
                .fix(look)
                .note("run the doctor again after its restart"),
        ),
        other => findings.add(
            Finding::warn(
                AREA,
                "ready",
                format!("what answers at {address} is not this ad-edge (status {other})"),
            )
            .fix(look)
            .note("correct OPS_LISTEN"),
        ),
    }
}

/// Whether it listens: for logins, or where there are none, with `OPS_LISTEN`.
fn is_running(context: &Context) -> bool {
    match &context.config.direct {
        Some(_) => is_served(context),
        None => is_in_use(context.config.ops_listen),
    }
}

async fn ask(address: SocketAddr) -> Result<(u16, String), reqwest::Error> {
    let client = Client::builder()
        .timeout(LIMIT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let response = client
        .get(format!("http://{address}/readyz"))
        .send()
        .await?;
    let status = response.status().as_u16();
    Ok((status, response.text().await?))
}

/// Where this machine reaches what listens there.
fn local(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}
