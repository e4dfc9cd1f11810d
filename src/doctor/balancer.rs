//! What users are shown at SERVER_URL when a balancer ends TLS.

use std::{sync::Arc, time::Duration};

use rustls_pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
    recorder::recording,
};
use crate::{
    cause::{self, CertificateFault},
    tls::LeafFacts,
};

const AREA: Area = Area::Tls;
const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn examine(context: &Context, findings: &Findings) {
    let config = &context.config;
    let url = &config.federation.server_url;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return;
    };
    let elsewhere = config
        .direct
        .as_ref()
        .is_some_and(|direct| direct.tls.is_none());
    let name = ServerName::try_from(host.to_owned());
    let (true, Some((tls, recorder)), Ok(name)) =
        (elsewhere, recording(config, &context.clock), name)
    else {
        return;
    };
    let asked = async {
        let tcp = TcpStream::connect((host, port)).await?;
        TlsConnector::from(Arc::clone(&tls))
            .connect(name, tcp)
            .await
    };
    let asked = timeout(LIMIT, asked).await;
    let look =
        format!("openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null");
    let failed = |id, text: String| Finding::fail(AREA, id, text).about(host).fix(&look);
    let stream = match asked {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            let fault = cause::tls_in(&error).and_then(CertificateFault::of);
            let error = cause::io(&error);
            let text = format!("{host}:{port}, where a balancer ends TLS: {error}");
            findings.add(if fault == Some(CertificateFault::UnknownIssuer) {
                let issuer = recorder.issuer().unwrap_or_default();
                Finding::warn(
                    AREA,
                    "tls-balancer",
                    format!("{text}; the last issuer is {}", cause::quoted(&issuer)),
                )
                .about(host)
                .fix(look)
                .note(
                    "put the intermediates behind the leaf at the balancer; for a CA of your own, \
                         SSL_CA_FILE makes this check see it",
                )
            } else {
                failed("tls-balancer", text)
                    .note("users reach SERVER_URL at the balancer: see its certificate and its log")
            });
            return;
        }
        Err(_) => {
            let text = format!("{host}:{port}, where a balancer ends TLS, does not answer");
            findings
                .add(failed("tls-balancer", text).note("see the balancer, and firewalls between"));
            return;
        }
    };
    let leaf = stream.get_ref().1.peer_certificates();
    let leaf = leaf.and_then(|chain| LeafFacts::parse(chain.first()?).ok());
    let warnings = leaf.map(|leaf| leaf.warnings(Some(host), context.clock.now()));
    let warnings = warnings.unwrap_or_default();
    if warnings.is_empty() {
        let text = format!("{host}:{port} shows a certificate that this machine trusts");
        findings.add(Finding::ok(AREA, "tls-balancer", text).about(host));
    }
    for warning in warnings {
        findings.add(
            Finding::warn(AREA, "tls-balancer", warning)
                .about(host)
                .fix(&look)
                .note("renew it at the balancer"),
        );
    }
}
