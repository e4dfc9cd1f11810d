//! Keys of the listener that users reach: address, PROXY protocol, limits.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::{choices::ProxyProtocol, keys, problem::Problem, reader::Reader};
use crate::network::NetworkWidths;

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
    /// `MAX_CONNECTIONS`: open connections.
    pub max_connections: usize,
    /// What counts as one client.
    pub networks: NetworkWidths,
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

    /// Whether `TRUSTED_PROXIES` is empty, and not for a mistake in it.
    pub(super) fn trusts_nobody(&self, r: &Reader) -> bool {
        self.trusted_proxies.is_empty() && !r.is_wrong(&keys::TRUSTED_PROXIES)
    }
}

/// Senders are compared as IPv4 where they are, so a range of mapped addresses is one of IPv4.
fn canonical(net: IpNet) -> IpNet {
    let IpNet::V6(mapped) = net else {
        return net;
    };
    let address = mapped.addr().to_ipv4_mapped();
    let length = mapped.prefix_len().checked_sub(96);
    let plain = address
        .zip(length)
        .and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    plain.map_or(net, IpNet::V4)
}

fn networks(r: &mut Reader) -> NetworkWidths {
    NetworkWidths {
        v4: r.read(&keys::NETWORK_PREFIX_IPV4),
        v6: r.read(&keys::NETWORK_PREFIX_IPV6),
    }
}

pub(super) fn listen(port: u16, r: &mut Reader) -> ListenConfig {
    let mut trusted_proxies = Vec::new();
    for text in r.read(&keys::TRUSTED_PROXIES) {
        let net = text
            .parse()
            .or_else(|_| text.parse::<IpAddr>().map(Into::into));
        match net {
            Ok(net) => trusted_proxies.push(canonical(net)),
            Err(_) => r.wrong(&keys::TRUSTED_PROXIES, Problem::NotANetwork(text)),
        }
    }
    let listen = ListenConfig {
        proxy_protocol: r.read(&keys::PROXY_PROTOCOL),
        address: r.read(&keys::LISTEN_ADDRESS),
        port,
        trusted_proxies,
        max_connections: r.read(&keys::MAX_CONNECTIONS),
        networks: networks(r),
        max_token: r.read(&keys::MAX_HEADER_SIZE),
    };
    if listen.proxy_protocol == ProxyProtocol::V2 && listen.trusts_nobody(r) {
        r.wrong(&keys::PROXY_PROTOCOL, Problem::NobodySendsProxyHeader);
    }
    listen
}
