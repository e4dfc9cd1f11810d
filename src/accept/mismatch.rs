//! The ways in which a balancer and this instance can disagree, with the key that corrects each: users see
//! nothing but a broken connection.

use std::net::IpAddr;

/// What balancer and instance disagree about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mismatch {
    /// A PROXY header where none is expected.
    ProxyHeader,
    /// A second one behind that of the balancer, which has passed on what came to it.
    SecondProxyHeader,
    /// No PROXY header where one is required.
    NoProxyHeader,
    /// Version 1 where version 2 is required.
    ProxyVersion1,
    /// A connection from an address that is not in `TRUSTED_PROXIES`, where a PROXY header is required, or TLS
    /// ends at a balancer.
    NotTrusted,
    /// TLS where plain HTTP is expected.
    Tls,
    /// Plain HTTP where TLS is expected.
    PlainHttp,
    /// A host name in the handshake (SNI) that the certificate of `SERVER_URL` does not contain.
    ServerName,
    /// A health check that asks for a page that is not there.
    ProbePath,
    /// A health check by HTTP/1.1 that names no host, or two.
    ProbeHost,
}

/// Every kind, in the order in which they are reported.
#[cfg(test)]
const ALL: [Mismatch; 10] = [
    Mismatch::ProxyHeader,
    Mismatch::SecondProxyHeader,
    Mismatch::NoProxyHeader,
    Mismatch::ProxyVersion1,
    Mismatch::NotTrusted,
    Mismatch::Tls,
    Mismatch::PlainHttp,
    Mismatch::ServerName,
    Mismatch::ProbePath,
    Mismatch::ProbeHost,
];

impl Mismatch {
    /// The label `reason` of `ad_edge_balancer_mismatches_total`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::ProxyHeader => "proxy_header",
            Self::SecondProxyHeader => "second_proxy_header",
            Self::NoProxyHeader => "no_proxy_header",
            Self::ProxyVersion1 => "proxy_version_1",
            Self::NotTrusted => "not_trusted",
            Self::Tls => "tls",
            Self::PlainHttp => "plain_http",
            Self::ServerName => "server_name",
            Self::ProbePath => "probe_path",
            Self::ProbeHost => "probe_host",
        }
    }

    /// Whether nobody signs in over such a connection.
    #[must_use]
    pub(super) fn is_fatal(self) -> bool {
        !matches!(self, Self::ServerName | Self::ProbePath | Self::ProbeHost)
    }

    /// What was seen.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::ProxyHeader => "a connection began with a PROXY header, where none is expected",
            Self::SecondProxyHeader => {
                "a connection began with two PROXY headers: the balancer's, and one that came to the balancer"
            }
            Self::NoProxyHeader => {
                "a connection began without a PROXY v2 header, which PROXY_PROTOCOL requires"
            }
            Self::ProxyVersion1 => {
                "a connection began with a PROXY header of version 1, and PROXY_PROTOCOL is v2"
            }
            Self::NotTrusted => {
                "a connection came from an address that is not in TRUSTED_PROXIES, and no other is served \
                 (PROXY_PROTOCOL is v2, or TLS_TERMINATION is proxy)"
            }
            Self::Tls => "a connection began with TLS where plain HTTP is expected",
            Self::PlainHttp => "a connection began with plain HTTP where TLS is expected",
            Self::ServerName => {
                "clients ask for a host name (SNI) that the certificate of SERVER_URL does not contain"
            }
            Self::ProbePath => "a health check asked for a page that is not there",
            Self::ProbeHost => {
                "a health check came without one Host header, which HTTP/1.1 requires"
            }
        }
    }

    /// What to do, with the sender's address.
    #[must_use]
    pub fn remedy(self, from: IpAddr) -> String {
        match self {
            Self::ProxyHeader => format!(
                "when {from} is the balancer, set PROXY_PROTOCOL to v2 and TRUSTED_PROXIES to [\"{from}\"], \
                 then restart; on OPS_LISTEN, or without that, take send-proxy-v2 out of the balancer's \
                 server lines"
            ),
            Self::SecondProxyHeader => format!(
                "when something in front of {from} sends PROXY headers, let the balancer at {from} read them \
                 (HAProxy: accept-proxy on its bind line), or take them out there"
            ),
            Self::NoProxyHeader => "add send-proxy-v2 to the balancer's server lines and checks, or set \
                                    PROXY_PROTOCOL to off"
                .to_owned(),
            Self::ProxyVersion1 => {
                "write send-proxy-v2 in place of send-proxy at the balancer".to_owned()
            }
            Self::NotTrusted => format!(
                "when {from} is the balancer, add it to TRUSTED_PROXIES; else let users come through the \
                 balancer"
            ),
            Self::Tls => "where the balancer ends TLS (TLS_TERMINATION proxy) or checks the OPS_LISTEN \
                          port, take ssl or check-ssl out of its server lines; else set TLS_TERMINATION \
                          to here"
                .to_owned(),
            Self::PlainHttp => "add check-ssl to the balancer's server lines; where the balancer ends \
                                TLS, set TLS_TERMINATION to proxy and TRUSTED_PROXIES; without a \
                                balancer, users write https:// in front of the address"
                .to_owned(),
            Self::ServerName => "correct check-sni and verifyhost at the balancer, or renew the certificate with that name".to_owned(),
            Self::ProbePath => {
                "let the balancer's health check ask GET /readyz (option httpchk GET /readyz)".to_owned()
            }
            Self::ProbeHost => "let the balancer's health check send one Host header (http-check send … \
                                hdr Host NAME), or speak HTTP/1.0"
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_has_a_reason_of_its_own_and_a_remedy_that_names_a_key_or_the_balancer() {
        let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));
        let mut reasons: Vec<_> = ALL.iter().map(|one| one.reason()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        assert_eq!(reasons.len(), ALL.len());
        for one in ALL {
            let remedy = one.remedy(from);
            assert!(
                remedy.contains("PROX") || remedy.contains("balancer"),
                "{remedy}"
            );
        }
    }
}
