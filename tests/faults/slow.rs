//! Clients that take their time: the balancer passes them on like everybody else.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rustls::ClientConfig;

use super::tls::{TlsStream, client_config, handshake};
use crate::lab::Lab;

/// What slow clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Not a byte.
    Silent,
    /// Half of a ClientHello.
    HalfHandshake,
    /// A whole handshake, and then nothing.
    SilentAfterTls,
    /// A header, a letter at a time.
    Dripping,
}

/// Each has threads of its own: those that only connect do not wait for the handshakes of others.
const THREADS: usize = 4;

/// Each kind, and its share in eighths.
const KINDS: [(Kind, usize); 4] = [
    (Kind::Silent, 3),
    (Kind::HalfHandshake, 3),
    (Kind::SilentAfterTls, 1),
    (Kind::Dripping, 1),
];

/// How many of each kind are open.
type Open = [AtomicUsize; KINDS.len()];

/// Slow clients until dropped; for one that is shut out another one of its kind comes.
pub struct SlowClients {
    count: usize,
    done: Arc<AtomicBool>,
    open: Arc<Open>,
    threads: Vec<JoinHandle<()>>,
}

enum Client {
    Plain(TcpStream),
    Secured(Box<TlsStream>),
    Dripping(Box<TlsStream>),
}

impl SlowClients {
    pub fn start(port: u16, count: usize) -> Self {
        let (done, open) = (Arc::new(AtomicBool::new(false)), Arc::<Open>::default());
        let config = client_config();
        let shares = KINDS.iter().enumerate();
        let shares = shares.flat_map(|share| [share; THREADS]);
        let threads = shares
            .map(|(at, (kind, eighths))| {
                let (done, open, config) =
                    (Arc::clone(&done), Arc::clone(&open), Arc::clone(&config));
                let wanted = (count * eighths / 8).div_ceil(THREADS);
                thread::spawn(move || keep(port, *kind, wanted, &config, &done, &open[at]))
            })
            .collect();
        Self {
            count,
            done,
            open,
            threads,
        }
    }

    /// Of each kind: how many there have to be, and how many are open.
    pub fn by_kind(&self) -> impl Iterator<Item = (Kind, usize, usize)> {
        let each = KINDS.iter().zip(self.open.iter());
        each.map(|((kind, eighths), open)| {
            let wanted = self.count * eighths / 8;
            (*kind, wanted, open.load(Ordering::Relaxed))
        })
    }
}

impl Drop for SlowClients {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _panicked = thread.join();
        }
    }
}

/// Keeps so many of a kind open.
fn keep(
    port: u16,
    kind: Kind,
    wanted: usize,
    config: &Arc<ClientConfig>,
    done: &AtomicBool,
    open: &AtomicUsize,
) {
    let mut clients: Vec<Client> = Vec::new();
    while !done.load(Ordering::Relaxed) {
        // A few in each round: slow clients do not come all at once.
        for _ in 0..10.min(wanted - clients.len()) {
            if let Some(client) = kind.connect(port, config) {
                clients.push(client);
                open.fetch_add(1, Ordering::Relaxed);
            }
        }
        let before = clients.len();
        clients.retain_mut(Client::goes_on);
        open.fetch_sub(before - clients.len(), Ordering::Relaxed);
        thread::sleep(Duration::from_millis(50));
    }
}

impl Kind {
    fn connect(self, port: u16, config: &Arc<ClientConfig>) -> Option<Client> {
        let address = Lab::get().address.as_str();
        let mut stream = TcpStream::connect((address, port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        let tls = |stream: TcpStream| handshake(config, stream).map(Box::new);
        Some(match self {
            Self::Silent => {
                stream.set_nonblocking(true).ok()?;
                Client::Plain(stream)
            }
            Self::HalfHandshake => {
                // Record header and the begin of a ClientHello of 512 bytes.
                stream
                    .write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
                    .ok()?;
                stream.set_nonblocking(true).ok()?;
                Client::Plain(stream)
            }
            Self::SilentAfterTls => {
                let stream = tls(stream)?;
                stream.sock.set_nonblocking(true).ok()?;
                Client::Secured(stream)
            }
            Self::Dripping => {
                let mut stream = tls(stream)?;
                stream
                    .write_all(b"GET /wsfed HTTP/1.1\r\nHost: login.corp.example\r\nX: ")
                    .ok()?;
                stream.sock.set_nonblocking(true).ok()?;
                Client::Dripping(stream)
            }
        })
    }
}

impl Client {
    /// False once the other side has had enough.
    fn goes_on(&mut self) -> bool {
        let mut byte = [0];
        let waiting = |read: std::io::Result<usize>| match read {
            Ok(0) => false,
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        };
        match self {
            Self::Plain(stream) => waiting(stream.read(&mut byte)),
            Self::Secured(stream) => waiting(stream.read(&mut byte)),
            Self::Dripping(stream) => {
                stream.write_all(b"x").is_ok() && waiting(stream.read(&mut byte))
            }
        }
    }
}
