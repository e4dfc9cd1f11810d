//! Whose program is at the other end of a connection on this machine.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::MetadataExt as _,
};

/// Established, in the column `st` (Linux, include/net/tcp_states.h).
const ESTABLISHED: &str = "01";

/// The user id of the socket at `client` that is connected to `here`, by the kernel's tables
/// (proc_net_tcp(5)); `None` when there is none, as for a client on another machine.
pub(super) fn owner(client: SocketAddr, here: SocketAddr) -> Option<u32> {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    let mut tables = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok());
    tables.find_map(|table| find(&table, client, here))
}

/// Root, and whoever this program runs as, can read its files anyway.
pub(super) fn is_trusted(user: u32) -> bool {
    user == 0 || Some(user) == own_user()
}

fn own_user() -> Option<u32> {
    Some(fs::metadata("/proc/self").ok()?.uid())
}

/// The socket whose own address is the client's and whose other end is ours.
fn find(table: &str, client: SocketAddr, here: SocketAddr) -> Option<u32> {
    let mut rows = table.lines().skip(1).map(|row| {
        let mut columns = row.split_ascii_whitespace().skip(1);
        let (local, remote) = (address(columns.next()?)?, address(columns.next()?)?);
        let established = columns.next()? == ESTABLISHED;
        let ours = local == canonical(client) && remote == canonical(here) && established;
        // tx_queue:rx_queue, tr:tm->when and retrnsmt stand in between.
        columns.nth(3)?.parse().ok().filter(|_| ours)
    });
    rows.find_map(|owner| owner)
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// `0100007F:20A5`: words of the address in this machine's byte order, and the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::to_ne_bytes);
    let ip = match address.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(address)?)),
        32 => {
            let mut bytes = [0; 16];
            for (index, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(address.get(index * 8..index * 8 + 8)?)?);
            }
            IpAddr::from(bytes)
        }
        _ => return None,
    };
    Some(canonical(SocketAddr::new(ip, port)))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn our_own_connection_is_ours() {
        for text in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(text) else {
                assert!(text.starts_with('['), "this machine has IPv4");
                continue;
            };
            let here = listener.local_addr().expect("an address");
            let client = TcpStream::connect(here).expect("connects");
            let there = client.local_addr().expect("an address");
            let user = owner(there, here).expect("in the table");
            assert_eq!(Some(user), own_user());
            assert!(is_trusted(user));
            let stranger = SocketAddr::new([192, 0, 2, 7].into(), there.port());
            assert_eq!(owner(stranger, here), None);
        }
    }

    #[test]
    fn only_an_established_connection_counts() {
        let row = |state: &str| {
            format!(
                "  sl  local_address rem_address   st ...\n   0: 0100007F:D431 0100007F:20A5 {state} \
                 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0\n"
            )
        };
        let at = |text: &str| text.parse().expect("an address");
        let (client, here) = (at("127.0.0.1:54321"), at("127.0.0.1:8357"));
        assert_eq!(find(&row("01"), client, here), Some(1000));
        assert_eq!(find(&row("06"), client, here), None, "it waits for its end");
        assert_eq!(find(&row("01"), client, at("127.0.0.1:8358")), None);
        assert_eq!(find(&row("01"), client, at("127.0.0.2:8357")), None);
        assert_eq!(is_trusted(1000), own_user() == Some(1000));
    }
}
