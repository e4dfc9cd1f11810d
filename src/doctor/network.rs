//! The ports: free, or whose.

use std::{collections::HashMap, net::SocketAddr};

use procfs::{
    net::{TcpNetEntry, TcpState, tcp, tcp6},
    process::{FDTarget, Process, all_processes},
};

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::accept::{BindError, Listener};

const PORTS: Area = Area::Ports;

/// The processes by the sockets that they hold: number and program of each.
#[derive(Debug, Default)]
pub struct PortHolders(HashMap<u64, (i32, String)>);

impl PortHolders {
    /// Of all processes that this one may look at: of all for root.
    #[must_use]
    pub fn look() -> Self {
        let mut held = HashMap::new();
        for process in all_processes().into_iter().flatten().flatten() {
            let program = process.stat().map(|stat| stat.comm).unwrap_or_default();
            let sockets = sockets(&process);
            held.extend(sockets.map(|socket| (socket, (process.pid, program.clone()))));
        }
        Self(held)
    }

    /// The process that listens on the port, by what the kernel says (proc(5)): number and program. Who has
    /// begun since they were looked at is looked for.
    fn of(&self, address: SocketAddr) -> Option<(i32, String)> {
        let listening = listening(address);
        let known = listening.iter().find_map(|socket| self.0.get(socket));
        known.cloned().or_else(|| {
            let held = Self::look().0;
            listening
                .iter()
                .find_map(|socket| held.get(socket).cloned())
        })
    }
}

pub(super) fn examine(context: &Context, findings: &Findings) {
    for (key, address) in context.config.listeners() {
        findings.add(one_port(key, address, &context.holders).about(key));
    }
}

/// Whether something serves logins here already: this installation's ad-edge, or what listens for it.
pub(super) fn is_served(context: &Context) -> bool {
    let direct = context.config.direct.as_ref();
    direct.is_some_and(|direct| {
        let bound = Listener::bind(direct.listen.address, direct.listen.port);
        matches!(bound, Err(BindError::InUse { .. }))
    })
}

/// Free, ours already, or somebody else's. Nothing connects to it.
fn one_port(key: &str, address: SocketAddr, holders: &PortHolders) -> Finding {
    let Err(error) = Listener::bind(address.ip(), address.port()) else {
        return Finding::ok(PORTS, "port", format!("{key}: {address} is free"));
    };
    let look = format!("ss -ltnp 'sport = :{}'", address.port());
    match error {
        BindError::InUse { .. } => match holders.of(address) {
            Some((pid, program)) if program == "ad-edge" => Finding::ok(
                PORTS,
                "port",
                format!("{key}: {address}, ad-edge serves there (process {pid})"),
            ),
            Some((pid, program)) => Finding::fail(
                PORTS,
                "port-taken",
                format!("{key}: {address} is in use by {program} (process {pid})"),
            )
            .fix(look)
            .note(format!("stop that program, or choose another {key}")),
            None => Finding::warn(
                PORTS,
                "port-unknown",
                format!("{key}: {address} is in use, by whom this user may not see"),
            )
            .fix(format!("sudo {look}")),
        },
        BindError::Denied { .. } => {
            Finding::fail(PORTS, "port-denied", format!("{key}: {error}")).fix(format!(
                "sudo sysctl net.ipv4.ip_unprivileged_port_start={}",
                address.port()
            ))
            .note("the packaged systemd unit has the capability already: run the doctor as root to judge the rest")
        }
        BindError::NotHere { .. } | BindError::Other { .. } => {
            Finding::fail(PORTS, "port-address", format!("{key}: {error}")).fix("ip -brief address")
        }
    }
}

/// The sockets that listen on an address.
fn listening(address: SocketAddr) -> Vec<u64> {
    let ip = address.ip().to_canonical();
    // Who listens on every address has this one too.
    let in_the_way = |socket: &TcpNetEntry| {
        let there = socket.local_address.ip().to_canonical();
        socket.state == TcpState::Listen
            && socket.local_address.port() == address.port()
            && (ip.is_unspecified() || there.is_unspecified() || there == ip)
    };
    let tables = [tcp(), tcp6()].into_iter().flatten().flatten();
    tables
        .filter(in_the_way)
        .map(|socket| socket.inode)
        .collect()
}

fn sockets(process: &Process) -> impl Iterator<Item = u64> {
    let open = process.fd().into_iter().flatten().flatten();
    open.filter_map(|file| match file.target {
        FDTarget::Socket(socket) => Some(socket),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_holder_of_a_port_is_found_by_each_of_its_addresses() {
        let listener = TcpListener::bind("0.0.0.0:0").expect("binds");
        let port = listener.local_addr().expect("an address").port();
        let holders = PortHolders::default();
        for ip in ["0.0.0.0", "127.0.0.1", "192.0.2.7", "::ffff:127.0.0.1"] {
            let address = SocketAddr::new(ip.parse().expect("an address"), port);
            let (process, program) = holders.of(address).expect("it is held");
            assert_eq!(u32::try_from(process), Ok(std::process::id()), "{ip}");
            assert!(program.starts_with("ad_edge"), "{program}");
        }
    }
}
