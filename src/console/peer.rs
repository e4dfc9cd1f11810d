//! Whose program is at the other end of a connection on this machine.

use std::net::SocketAddr;

use procfs::{
    net::{TcpNetEntry, TcpState, tcp, tcp6},
    process::Process,
};

/// The user id of the socket at `client` that is connected to `here`, by the kernel's tables
/// (proc_net_tcp(5)); `None` when there is none, as for a client on another machine.
pub(super) fn owner(client: SocketAddr, here: SocketAddr) -> Option<u32> {
    let tables = [tcp, tcp6];
    let mut tables = tables.iter().filter_map(|table| table().ok());
    tables.find_map(|table| find(&table, client, here))
}

/// Root, and whoever this program runs as, can read its files anyway.
pub(super) fn is_trusted(user: u32) -> bool {
    user == 0 || Some(user) == own_user()
}

fn own_user() -> Option<u32> {
    Process::myself().ok()?.uid().ok()
}

/// The socket whose own address is the client's and whose other end is ours.
fn find(table: &[TcpNetEntry], client: SocketAddr, here: SocketAddr) -> Option<u32> {
    let (client, here) = (canonical(client), canonical(here));
    let ours = |socket: &&TcpNetEntry| {
        socket.state == TcpState::Established
            && canonical(socket.local_address) == client
            && canonical(socket.remote_address) == here
    };
    table.iter().find(ours).map(|socket| socket.uid)
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use procfs::{ExplicitSystemInfo, FromReadSI as _, net::TcpNetEntries};

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
            let other = SocketAddr::new([192, 0, 2, 7].into(), there.port());
            assert_eq!(owner(other, here), None);
        }
    }

    #[test]
    fn only_an_established_connection_counts() {
        let row = |state: &str| {
            let text = format!(
                "  sl  local_address rem_address   st ...\n   0: 0100007F:D431 0100007F:20A5 {state} \
                 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0\n"
            );
            let little_endian = ExplicitSystemInfo {
                boot_time_secs: 0,
                ticks_per_second: 100,
                page_size: 4096,
                is_little_endian: true,
            };
            let table = TcpNetEntries::from_read(text.as_bytes(), &little_endian);
            table.expect("a table").0
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
