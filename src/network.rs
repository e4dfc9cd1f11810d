//! The network of an address: what one client has all of, and so the unit in which outsiders are counted.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// How many leading bits of an address are its network's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkWidths {
    /// `NETWORK_PREFIX_IPV4`.
    pub v4: u8,
    /// `NETWORK_PREFIX_IPV6`.
    pub v6: u8,
}

/// One network, in sixteen bytes: its first address, of IPv4 in the mapped form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(Ipv6Addr);

impl NetworkWidths {
    /// The network that `address` is in.
    #[must_use]
    pub fn of(self, address: IpAddr) -> Network {
        let (bits, width) = match address.to_canonical() {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), 96 + u32::from(self.v4)),
            IpAddr::V6(v6) => (v6.to_bits(), u32::from(self.v6)),
        };
        let rest = u128::MAX.checked_shr(width).unwrap_or(0);
        Network(Ipv6Addr::from_bits(bits & !rest))
    }
}

impl Default for NetworkWidths {
    /// An address of IPv4 (/32), and of IPv6 the /64, which is what one line or one host is given
    /// (RFC 6177).
    fn default() -> Self {
        Self { v4: 32, v6: 64 }
    }
}

/// Its first address.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.to_canonical().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(v4: u8, v6: u8, text: &str) -> String {
        let address = text.parse().expect("an address");
        NetworkWidths { v4, v6 }.of(address).to_string()
    }

    #[test]
    fn a_network_is_the_leading_bits() {
        for (v4, v6, address, network) in [
            (32, 64, "192.0.2.77", "192.0.2.77"),
            (24, 64, "192.0.2.77", "192.0.2.0"),
            (24, 64, "::ffff:192.0.2.77", "192.0.2.0"),
            (8, 64, "10.1.2.3", "10.0.0.0"),
            (32, 64, "2001:db8:1:2:3::4", "2001:db8:1:2::"),
            (32, 56, "2001:db8:1:2ff::4", "2001:db8:1:200::"),
            (32, 128, "2001:db8::4", "2001:db8::4"),
        ] {
            assert_eq!(of(v4, v6, address), network, "{address} /{v4} /{v6}");
        }
    }
}
