//! The tenant's side of a set-up: what it knows of this installation, what is
//! sent to it, and its clock.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Client, NoProxy, Proxy};
use rustls::ClientConfig;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{
    error::{AnswerFault, TicketError},
    ticket_info::TicketInfo,
};
use crate::{
    cause::{self, CertificateFault},
    config::ProxyConfig,
    secret::{ExposeSecret as _, SecretString},
};

/// Connect, TLS, request and answer together.
const LIMIT: Duration = Duration::from_secs(15);
const MAX_ANSWER: usize = 1 << 20;
/// What the legacy connector allows; assertions are short-lived, so a larger difference is reported.
pub const CLOCK_LIMIT: Duration = Duration::from_secs(5);

/// A connection's set-up address at the tenant.
#[derive(Debug)]
pub struct ProvisioningTicket {
    url: SecretString,
    client: Client,
    /// The host of the proxy on the way there.
    proxy: Option<String>,
}

/// What is registered at the tenant.
#[derive(Debug)]
pub struct Registration<'a> {
    /// Base64 of the DER of each signing certificate that the tenant has to trust: the present one first.
    pub certificates: Vec<String>,
    pub server_url: &'a str,
    pub agent_mode: bool,
}

impl ProvisioningTicket {
    /// `tls` holds the roots that the tenant's certificate is checked with.
    ///
    /// # Errors
    /// When the address, or a proxy's, cannot be used.
    pub fn new(
        url: &SecretString,
        tls: &Arc<ClientConfig>,
        proxies: &ProxyConfig,
    ) -> Result<Self, TicketError> {
        let text = url.expose_secret().trim().trim_end_matches('/');
        let text = text.strip_suffix("/info").unwrap_or(text);
        let parsed = Url::parse(text).map_err(|_| TicketError::Address)?;
        if parsed.scheme() != "https" || !parsed.has_host() {
            return Err(TicketError::Address);
        }
        let mut builder = Client::builder()
            .tls_backend_preconfigured((**tls).clone())
            .timeout(LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("ad-edge/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(proxy) = &proxies.https {
            let proxy = Proxy::https(proxy.expose_secret()).map_err(|_| TicketError::Proxy)?;
            builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(&proxies.exempt)));
        }
        let client = builder.build().map_err(|_| TicketError::Proxy)?;
        Ok(Self {
            proxy: proxy_host(&parsed, proxies),
            url: SecretString::from(text.to_owned()),
            client,
        })
    }

    /// The tenant's host, which is no secret.
    #[must_use]
    pub fn host(&self) -> String {
        let url = Url::parse(self.url.expose_secret());
        let host = url.ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_default()
    }

    /// What the tenant knows of this installation.
    ///
    /// # Errors
    /// Why there is no answer that can be used.
    pub async fn info(&self) -> Result<TicketInfo, TicketError> {
        let url = format!("{}/info", self.url.expose_secret());
        let info: TicketInfo = self.ask_of_ticket(self.client.get(url)).await?;
        if info.realm.is_plausible() {
            return Ok(info);
        }
        Err(TicketError::Realm {
            host: self.host(),
            realm: info.realm.name.chars().take(100).collect(),
        })
    }

    /// Tells the tenant our certificates and SERVER_URL; gives the key that signs its requests.
    ///
    /// # Errors
    /// Why there is no answer that can be used.
    pub async fn register(
        &self,
        registration: &Registration<'_>,
    ) -> Result<SecretString, TicketError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            signing_key: String,
        }
        let Registration {
            certificates,
            server_url,
            agent_mode,
        } = registration;
        let body = json!({
            "certs": certificates,
            "signInEndpoint": format!("{}/wsfed", server_url.trim_end_matches('/')),
            "agentMode": agent_mode,
            "agentVersion": env!("CARGO_PKG_VERSION"),
        });
        let request = self.client.post(self.url.expose_secret()).json(&body);
        let answer: Answer = self.ask_of_ticket(request).await?;
        Ok(SecretString::from(answer.signing_key))
    }

    /// The tenant's clock less ours, in milliseconds; half of the way there and back is taken off.
    ///
    /// # Errors
    /// Why there is no answer that can be used.
    pub async fn clock_offset(&self, now: impl Fn() -> SystemTime) -> Result<i64, TicketError> {
        #[derive(Deserialize)]
        struct Answer {
            clock: i64,
        }
        let millis = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        };
        let mut url = Url::parse(self.url.expose_secret()).map_err(|_| TicketError::Address)?;
        url.set_path("/test");
        url.set_query(None);
        let before = millis(now());
        let answer: Answer = self.ask(self.client.get(url)).await?;
        let after = millis(now());
        Ok(answer.clock.saturating_sub(before.midpoint(after)))
    }

    /// A question about the ticket itself: it may be an unknown one.
    async fn ask_of_ticket<T: for<'de> Deserialize<'de>>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, TicketError> {
        match self.ask(request).await {
            Err(TicketError::Status { status: 404, .. }) => Err(TicketError::Wrong),
            answer => answer,
        }
    }

    async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, TicketError> {
        let host = self.host();
        let failed = |error: reqwest::Error| self.failed(error);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        if !status.is_success() {
            return Err(TicketError::Status {
                host,
                status: status.as_u16(),
            });
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if text.len() + chunk.len() > MAX_ANSWER {
                return Err(TicketError::Answer {
                    host,
                    fault: AnswerFault::TooLong,
                });
            }
            text.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&text).map_err(|error| TicketError::Answer {
            host,
            fault: AnswerFault::NotJson {
                line: error.line(),
                column: error.column(),
            },
        })
    }

    fn failed(&self, error: reqwest::Error) -> TicketError {
        let host = self.host();
        let connecting = error.is_connect();
        // The address in an error's text would be the ticket.
        let cause = error.without_url();
        match certificate_fault(&cause) {
            Some(CertificateFault::Expired | CertificateFault::NotYetValid) => {
                return TicketError::Clock { host, cause };
            }
            Some(_) => return TicketError::Untrusted { host, cause },
            None => {}
        }
        match &self.proxy {
            Some(proxy) if connecting => TicketError::Proxied {
                proxy: proxy.clone(),
                host,
                cause,
            },
            _ => TicketError::Unreachable { host, cause },
        }
    }
}

fn proxy_host(url: &Url, proxies: &ProxyConfig) -> Option<String> {
    let proxy = proxies.https.as_ref()?.expose_secret().to_owned();
    let matcher = Matcher::builder().https(proxy).no(proxies.exempt.clone());
    // Its origin alone: the rest is the ticket.
    let target = url.origin().ascii_serialization().parse().ok()?;
    let proxy = matcher.build().intercept(&target)?;
    proxy.uri().host().map(str::to_owned)
}

/// `None`: no certificate is the cause.
fn certificate_fault(error: &(dyn std::error::Error + 'static)) -> Option<CertificateFault> {
    CertificateFault::of(cause::tls_in(error)?)
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustls::CertificateError;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("error sending request")]
    struct Sending(#[source] io::Error);

    #[test]
    fn a_certificate_out_of_its_time_is_told_from_an_untrusted_one() {
        let fault = |error: rustls::Error| {
            let inner = io::Error::new(io::ErrorKind::InvalidData, error);
            certificate_fault(&Sending(inner))
        };
        let invalid = rustls::Error::InvalidCertificate;
        assert_eq!(
            fault(invalid(CertificateError::Expired)),
            Some(CertificateFault::Expired)
        );
        assert_eq!(
            fault(invalid(CertificateError::NotValidYet)),
            Some(CertificateFault::NotYetValid)
        );
        assert_eq!(
            fault(invalid(CertificateError::UnknownIssuer)),
            Some(CertificateFault::UnknownIssuer)
        );
        assert_eq!(fault(rustls::Error::DecryptError), None);
        let refused = Sending(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(certificate_fault(&refused), None);
    }
}
