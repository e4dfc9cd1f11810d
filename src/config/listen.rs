//! Keys of the listener that users reach: address, PROXY protocol, limits.

use std::net::IpAddr;

use ipnet::IpNet;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyProtocol {
    Off,
    /// Every connection must open with a version 2 header from a trusted address.
    V2,
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
