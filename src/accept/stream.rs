//! A connection's socket, and the place that it holds.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::seats::{Activity, Seat};

/// What a client sends through it counts as held until it is answered ([`Activity::holds`]), whatever it is
/// then part of: half a handshake, half a head, half a body.
#[derive(Debug)]
pub struct Stream {
    socket: TcpStream,
    seat: Seat,
}

impl Stream {
    pub(super) fn new(socket: TcpStream, seat: Seat) -> Self {
        Self { socket, seat }
    }

    pub(super) fn seat(&mut self) -> &mut Seat {
        &mut self.seat
    }

    /// For looking at what has arrived without taking it.
    #[must_use]
    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Whose turn it is.
    #[must_use]
    pub fn activity(&self) -> &Activity {
        self.seat.activity()
    }
}

/// One that is alone on its port.
#[cfg(test)]
impl Stream {
    pub async fn alone(socket: TcpStream) -> Self {
        let seats = super::Seats::new(1, crate::network::NetworkWidths::default(), None);
        let address = socket.peer_addr().expect("connected").ip();
        let seat = seats.take(address).await;
        Self::new(socket, seat)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.socket).poll_read(context, buffer));
        self.activity().holds(buffer.filled().len() - before);
        Poll::Ready(read)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
