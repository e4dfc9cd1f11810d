//! Clients that take their time: the balancer passes them on like everybody else.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::lab::Lab;

const THREADS: usize = 8;

/// Slow clients until dropped; one that is shut out comes again.
pub struct SlowClients {
    done: Arc<AtomicBool>,
    pub open: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

enum Client {
    /// Not a byte.
    Silent(TcpStream),
    /// Half of a ClientHello.
    HalfHandshake(TcpStream),
    /// A whole handshake, and then nothing.
    SilentAfterTls(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// A header, a letter at a time.
    Dripping(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl SlowClients {
    pub fn start(port: u16, count: usize) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let open = Arc::new(AtomicUsize::new(0));
        let config = client_config();
        let threads = (0..THREADS)
            .map(|number| {
                let (done, open, config) =
                    (Arc::clone(&done), Arc::clone(&open), Arc::clone(&config));
                thread::spawn(move || keep(port, number, count / THREADS, &config, &done, &open))
            })
            .collect();
        Self {
            done,
            open,
            threads,
        }
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

fn keep(
    port: u16,
    number: usize,
    count: usize,
    config: &Arc<ClientConfig>,
    done: &AtomicBool,
    open: &AtomicUsize,
) {
    let mut clients: Vec<Client> = Vec::new();
    let mut next = number;
    while !done.load(Ordering::Relaxed) {
        // A few in each round: slow clients do not come all at once.
        for _ in 0..10 {
            if clients.len() >= count {
                break;
            }
            if let Some(client) = Client::connect(port, next, config) {
                clients.push(client);
                open.fetch_add(1, Ordering::Relaxed);
            }
            next += 1;
        }
        clients.retain_mut(|client| {
            let lives = client.goes_on();
            if !lives {
                open.fetch_sub(1, Ordering::Relaxed);
            }
            lives
        });
        thread::sleep(Duration::from_millis(50));
    }
}

impl Client {
    fn connect(port: u16, number: usize, config: &Arc<ClientConfig>) -> Option<Self> {
        let address = Lab::get().address.as_str();
        let mut stream = TcpStream::connect((address, port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        let tls = |stream: TcpStream| {
            let name = "login.corp.example".try_into().ok()?;
            let connection = ClientConnection::new(Arc::clone(config), name).ok()?;
            let mut stream = StreamOwned::new(connection, stream);
            stream.conn.complete_io(&mut stream.sock).ok()?;
            stream.sock.set_nonblocking(true).ok()?;
            Some(Box::new(stream))
        };
        Some(match number % 8 {
            0..3 => {
                stream.set_nonblocking(true).ok()?;
                Self::Silent(stream)
            }
            3..6 => {
                // Record header and the begin of a ClientHello of 512 bytes.
                stream
                    .write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
                    .ok()?;
                stream.set_nonblocking(true).ok()?;
                Self::HalfHandshake(stream)
            }
            6 => Self::SilentAfterTls(tls(stream)?),
            _ => {
                let mut stream = tls(stream)?;
                stream
                    .write_all(b"GET /wsfed HTTP/1.1\r\nHost: login.corp.example\r\nX: ")
                    .ok()?;
                Self::Dripping(stream)
            }
        })
    }

    /// False once the other side has had enough.
    fn goes_on(&mut self) -> bool {
        let mut byte = [0];
        let waiting = |read: std::io::Result<usize>| match read {
            Ok(0) => false,
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        };
        match self {
            Self::Silent(stream) | Self::HalfHandshake(stream) => waiting(stream.read(&mut byte)),
            Self::SilentAfterTls(stream) => waiting(stream.read(&mut byte)),
            Self::Dripping(stream) => {
                stream.write_all(b"x").is_ok() && waiting(stream.read(&mut byte))
            }
        }
    }
}

fn client_config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let ca = std::fs::read(Lab::get().ca()).expect("the CA");
    for certificate in CertificateDer::pem_slice_iter(&ca) {
        roots.add(certificate.expect("PEM")).expect("a CA");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
