//! Who holds the ports.

use std::{collections::HashMap, net::SocketAddr};

use procfs::{
    net::{TcpNetEntry, TcpState, tcp, tcp6},
    process::{FDTarget, Process, all_processes},
};

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
    pub(super) fn of(&self, address: SocketAddr) -> Option<(i32, String)> {
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
