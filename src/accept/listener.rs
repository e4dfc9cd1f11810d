//! Opens a port, with errors that say what to do.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::{cause, telemetry::event};

/// Connections that wait in the kernel until they are accepted; the kernel caps it at
/// `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// An open port.
#[derive(Debug)]
pub struct Listener {
    pub(super) socket: TcpListener,
    address: SocketAddr,
}

/// Why a port could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "{address} is in use: stop the program that has it (`ss -ltnp` shows it) or choose another port"
    )]
    InUse { address: SocketAddr },
    #[error(
        "no permission to listen on {address}: ports below 1024 need the capability \
         CAP_NET_BIND_SERVICE (AmbientCapabilities= in a systemd unit), or choose a higher port"
    )]
    Denied { address: SocketAddr },
    #[error("{address} is not an address of this machine (`ip address` shows them)")]
    NotHere { address: SocketAddr },
    #[error("cannot listen on {address}: {}", cause::io(cause))]
    Other {
        address: SocketAddr,
        #[source]
        cause: io::Error,
    },
}

impl Listener {
    /// Listens on `address`; `::` takes IPv4 too, and where the machine has no IPv6 it means
    /// `0.0.0.0`. Port 0 lets the system choose, see [`address`](Self::address).
    ///
    /// # Errors
    /// When the port cannot be opened. Must be called inside a tokio runtime.
    pub fn bind(address: IpAddr, port: u16) -> Result<Self, BindError> {
        let wanted = SocketAddr::new(address, port);
        match open(wanted) {
            Ok(listener) => Ok(listener),
            Err(cause) if address.is_ipv6() && address.is_unspecified() && no_ipv6(&cause) => {
                let instead = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
                tracing::info!(
                    event = event::ACCEPT_IPV4_ONLY,
                    %instead,
                    cause = cause::io(&cause),
                    "this machine has no IPv6, listening on IPv4 only"
                );
                open(instead).map_err(|cause| BindError::from_io(instead, cause))
            }
            Err(cause) => Err(BindError::from_io(wanted, cause)),
        }
    }

    /// The address that is really listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Open ports that a service manager has passed on: systemd's socket activation (sd_listen_fds(3)). It
/// holds them across a restart, so that no connection is refused in between.
#[derive(Debug, Default)]
pub struct Inherited(Vec<std::net::TcpListener>);

impl Inherited {
    /// Takes what this process was started with; later calls give nothing.
    #[must_use]
    pub fn take() -> Self {
        let mut passed = ListenFd::from_env();
        let mut found = Vec::new();
        for index in 0..passed.len() {
            match passed.take_tcp_listener(index) {
                Ok(Some(listener)) => found.push(listener),
                Ok(None) => {}
                Err(cause) => tracing::warn!(
                    event = event::ACCEPT_SOCKET_REFUSED,
                    index,
                    cause = cause::io(&cause),
                    "a passed-on socket is not a TCP listener; ListenStream= needs a port"
                ),
            }
        }
        Self(found)
    }

    /// The same ports once more: for who serves first, and ends before the program does.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copies = self.0.iter().filter_map(|one| one.try_clone().ok());
        Self(copies.collect())
    }

    /// The passed-on listener of this address and port, else of this port, or a new one.
    ///
    /// # Errors
    /// When the port cannot be opened.
    pub fn or_bind(&mut self, address: IpAddr, port: u16) -> Result<Listener, BindError> {
        let local = |listener: &std::net::TcpListener| listener.local_addr().ok();
        let exact = |listener: &std::net::TcpListener| {
            local(listener).is_some_and(|local| local == SocketAddr::new(address, port))
        };
        // What is meant for this machine alone must not be served to everybody.
        let wider = |listener: &std::net::TcpListener| {
            !address.is_loopback() && local(listener).is_some_and(|local| local.port() == port)
        };
        let found = self.0.iter().position(exact);
        let Some(index) = found.or_else(|| self.0.iter().position(wider)) else {
            return Listener::bind(address, port);
        };
        let listener = self.0.swap_remove(index);
        let adopt = || {
            listener.set_nonblocking(true)?;
            let socket = TcpListener::from_std(listener)?;
            let address = socket.local_addr()?;
            Ok(Listener { socket, address })
        };
        adopt().map_err(|cause| BindError::from_io(SocketAddr::new(address, port), cause))
    }

    /// What nobody has asked for.
    #[must_use]
    pub fn unused(&self) -> Vec<SocketAddr> {
        let all = self.0.iter();
        all.filter_map(|listener| listener.local_addr().ok())
            .collect()
    }
}

impl BindError {
    fn from_io(address: SocketAddr, cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { address },
            io::ErrorKind::PermissionDenied => Self::Denied { address },
            io::ErrorKind::AddrNotAvailable => Self::NotHere { address },
            _ => Self::Other { address, cause },
        }
    }
}

fn open(address: SocketAddr) -> io::Result<Listener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        // The system's default differs by distribution (net.ipv6.bindv6only).
        socket.set_only_v6(false)?;
    }
    // A restart must not wait for connections in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let socket = TcpListener::from_std(socket.into())?;
    let address = socket.local_addr()?;
    Ok(Listener { socket, address })
}

/// `EAFNOSUPPORT`: IPv6 is not in the kernel. `EADDRNOTAVAIL`: it is switched off by sysctl.
fn no_ipv6(cause: &io::Error) -> bool {
    const EAFNOSUPPORT: i32 = 97;
    cause.raw_os_error() == Some(EAFNOSUPPORT) || cause.kind() == io::ErrorKind::AddrNotAvailable
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn the_unspecified_ipv6_address_takes_ipv4_and_reports_the_real_port() {
        let listener = Listener::bind(Ipv6Addr::UNSPECIFIED.into(), 0).expect("binds");
        let port = listener.address().port();
        assert_ne!(port, 0);
        TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .expect("IPv4 is taken too");
    }

    #[tokio::test]
    async fn a_passed_on_socket_is_taken_by_its_address_before_its_port() {
        let open = |text: &str| std::net::TcpListener::bind(text).expect("binds");
        let inner = open("127.0.0.1:0");
        let port = inner.local_addr().expect("an address").port();
        let other = open(&format!("127.0.0.2:{port}"));
        let addresses = [&other, &inner].map(|one| one.local_addr().expect("an address"));
        let mut passed = Inherited(vec![other, inner]);
        let ops = passed.or_bind(Ipv4Addr::LOCALHOST.into(), port);
        assert_eq!(ops.expect("passed on").address(), addresses[1]);
        assert_eq!(passed.unused(), [addresses[0]]);
        let front = passed.or_bind(Ipv6Addr::UNSPECIFIED.into(), port);
        assert_eq!(front.expect("by its port").address(), addresses[0]);
    }

    #[tokio::test]
    async fn a_port_in_use_is_told_with_the_address_and_a_remedy() {
        let first = Listener::bind(Ipv4Addr::LOCALHOST.into(), 0).expect("binds");
        let port = first.address().port();
        let error = Listener::bind(Ipv4Addr::LOCALHOST.into(), port).expect_err("in use");
        assert!(matches!(error, BindError::InUse { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
        assert!(text.contains("another port"), "{text}");
    }

    #[tokio::test]
    async fn a_foreign_address_is_told() {
        let error = Listener::bind(Ipv4Addr::new(192, 0, 2, 1).into(), 0).expect_err("foreign");
        assert!(matches!(error, BindError::NotHere { .. }), "{error:?}");
    }

    #[test]
    fn a_kernel_without_ipv6_is_recognised() {
        assert!(no_ipv6(&io::Error::from_raw_os_error(97)));
        assert!(no_ipv6(&io::Error::from_raw_os_error(99)));
        assert!(!no_ipv6(&io::Error::from_raw_os_error(98)));
    }
}
