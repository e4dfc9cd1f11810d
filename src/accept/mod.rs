//! The first stage: connections are taken from the kernel, at most so many at a time, and told apart
//! by whom they come from. When no more may be open, [`Seats`] says which one ends.
//!
//! [`Listener`] opens the port, [`accept`] runs the loop; each [`Connection`] gets a task of its own
//! before the first byte is read, so that no client can make another one wait.

mod balancers;
mod first;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod listener;
mod mismatch;
mod proxy;
mod run;
mod seats;
mod stream;
mod turn;

use std::net::SocketAddr;

pub use self::{
    balancers::{Mismatches, Place, Present, Sender},
    first::{First, first},
    listener::{BindError, Inherited, Listener},
    mismatch::Mismatch,
    run::{AcceptLimits, accept, within_open_files},
    seats::{Activity, Full, Seats},
    stream::Stream,
};

/// A connection, and who is at its other end.
#[derive(Debug)]
pub struct Connection {
    pub stream: Stream,
    /// The client: as the PROXY header says, or else the other end of the socket. IPv4 addresses are
    /// never in their IPv6-mapped form.
    pub peer: SocketAddr,
    /// The balancer that passed the connection on, when a PROXY header named the client.
    pub via: Option<SocketAddr>,
}

/// An address without the IPv6-mapped form that a dual-stack socket gives to IPv4 clients.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
