//! Keys of the listener that users reach: address, PROXY protocol, limits.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{choices::ProxyProtocol, keys, problem::Problem, reader::Reader};

/// Where and how connections of direct logins arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenConfig {
    /// `LISTEN_ADDRESS`; `::` also takes IPv4.
    pub address: IpAddr,
    /// `PORT`; 0 lets the system choose.
    pub port: u16,
    pub proxy_protocol: ProxyProtocol,
    /// `TRUSTED_PROXIES`: who may send a PROXY header or a proxy's HTTP headers.
    pub trusted_proxies: Vec<IpNet>,
    /// `MAX_CONNECTIONS`: open connections; one more waits in the kernel's queue.
    pub max_connections: usize,
    /// `MAX_HEADER_SIZE`, at least 65536: the largest Kerberos token, in bytes before base64.
    pub max_token: usize,
}

impl ListenConfig {
    /// Whether `address` is in `TRUSTED_PROXIES`.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies
            .iter()
            .any(|net| net.contains(&address))
    }
}

pub(super) fn listen(port: u16, r: &mut Reader) -> ListenConfig {
    let mut trusted_proxies = Vec::new();
    for text in r.read(&keys::TRUSTED_PROXIES) {
        let net = text
            .parse()
            .or_else(|_| text.parse::<IpAddr>().map(Into::into));
        match net {
            Ok(net) => trusted_proxies.push(net),
            Err(_) => r.wrong(&keys::TRUSTED_PROXIES, Problem::NotANetwork(text)),
        }
    }
    let proxy_protocol = r.read(&keys::PROXY_PROTOCOL);
    if proxy_protocol == ProxyProtocol::V2 && trusted_proxies.is_empty() {
        r.wrong(&keys::PROXY_PROTOCOL, Problem::NobodySendsProxyHeader);
    }
    ListenConfig {
        address: r.read(&keys::LISTEN_ADDRESS),
        port,
        proxy_protocol,
        trusted_proxies,
        max_connections: r.read(&keys::MAX_CONNECTIONS),
        max_token: r.read(&keys::MAX_HEADER_SIZE),
    }
}
