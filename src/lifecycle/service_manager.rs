//! Notifications to the service manager (sd_notify(3)).

use std::{
    env,
    ffi::OsStr,
    fmt::Write as _,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

use sd_notify::NotifyState;

/// Where the service manager listens.
const SOCKET: &str = "NOTIFY_SOCKET";
/// A service manager that takes nothing is not waited for: signals are handled between notifications.
const LIMIT: Duration = Duration::from_millis(500);

/// Tells the service manager, if there is one (sd_notify(3)).
pub fn notify(states: &[NotifyState<'_>]) {
    let Some(socket) = env::var_os(SOCKET) else {
        return;
    };
    let mut message = String::new();
    for state in states {
        // Writing to a text does not fail.
        let _ = writeln!(message, "{state}");
    }
    if let Err(error) = send(socket.as_encoded_bytes(), &message) {
        tracing::debug!(%error, "the service manager was not notified");
    }
}

/// Says that a reload has begun, and when.
pub fn notify_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// `sd_notify::notify` would wait for as long as the service manager takes nothing.
fn send(name: &[u8], message: &str) -> io::Result<()> {
    let address = match name {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(LIMIT))?;
    socket.connect_addr(&address)?;
    socket.send(message.as_bytes()).map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn a_service_manager_that_takes_nothing_is_not_waited_for() {
        let name = format!("ad-edge-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("an address");
        let manager = UnixDatagram::bind_addr(&address).expect("a socket");
        let to = format!("@{name}");
        send(to.as_bytes(), "READY=1\n").expect("taken");
        let mut buffer = [0; 16];
        let count = manager.recv(&mut buffer).expect("a message");
        assert_eq!(&buffer[..count], b"READY=1\n");
        // The queue of a socket is short (net.unix.max_dgram_qlen).
        let begin = Instant::now();
        let refused = (0..100_000).find_map(|_| send(to.as_bytes(), "READY=1\n").err());
        assert_eq!(
            refused.map(|error| error.kind()),
            Some(io::ErrorKind::WouldBlock)
        );
        assert!(begin.elapsed() < LIMIT * 20);
    }
}
