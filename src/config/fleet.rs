//! Keys of the fleet: where the instances tell how they are, and who may ask.

use std::{fmt, net::Ipv6Addr};

use super::{keys, problem::Problem, reader::Reader};

/// More than a fleet has, so that a mistake does not ask a whole network.
const MOST_MEMBERS: usize = 100;

/// One address of `FLEET`: an instance's, or a name that stands for several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FleetMember {
    /// A host name or address, without brackets.
    pub host: String,
    pub port: u16,
}

impl FleetMember {
    /// `host:port`, or `[…]:port` of IPv6.
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let host = match host.strip_prefix('[') {
            Some(address) => address
                .strip_suffix(']')?
                .parse::<Ipv6Addr>()
                .ok()?
                .to_canonical()
                .to_string(),
            None => host.to_owned(),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_name = !host.is_empty() && host.chars().all(plain);
        (is_name || text.starts_with('[')).then_some(Self { host, port })
    }
}

impl fmt::Display for FleetMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

pub(super) fn fleet(r: &mut Reader) -> Vec<FleetMember> {
    let mut members = Vec::new();
    for text in r.read(&keys::FLEET) {
        match FleetMember::parse(&text) {
            Some(member) if members.contains(&member) => {}
            Some(member) => members.push(member),
            None => r.wrong(&keys::FLEET, Problem::NotAMember(text)),
        }
    }
    if members.len() > MOST_MEMBERS {
        r.wrong(&keys::FLEET, Problem::TooManyMembers(MOST_MEMBERS));
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_a_host_with_a_port() {
        for (text, shown) in [
            ("edge1:9464", "edge1:9464"),
            ("10.0.0.3:9464", "10.0.0.3:9464"),
            ("[FD00::5]:9464", "[fd00::5]:9464"),
            ("[::ffff:127.0.0.1]:9464", "127.0.0.1:9464"),
            ("fleet.corp.example:1", "fleet.corp.example:1"),
        ] {
            let member = FleetMember::parse(text).map(|member| member.to_string());
            assert_eq!(member.as_deref(), Some(shown));
        }
        for text in [
            "edge1",
            "edge1:",
            "edge1:0",
            "edge1:70000",
            ":9464",
            "fd00::5:9464",
            "[fd00::5]",
            "[edge1]:9464",
            "http://edge1:9464",
            "edge1:9464/instance",
            "user@edge1:9464",
        ] {
            assert_eq!(FleetMember::parse(text), None, "{text}");
        }
    }
}
