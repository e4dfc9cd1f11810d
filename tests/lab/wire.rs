//! A wire to a domain controller, the lab's for instance, which is everybody's: a test can cut it, or make it
//! silent, or all connections but the first.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use super::Lab;

#[derive(Debug)]
pub struct Wire {
    address: String,
    port: u16,
    cut: Arc<AtomicBool>,
    /// Of the first connection, which carries the searches; and of the others, which carry passwords.
    silences: [Arc<Silence>; 2],
    open: Arc<Mutex<Vec<TcpStream>>>,
}

/// While it holds, bytes wait on their way.
#[derive(Debug, Default)]
struct Silence {
    holds: Mutex<bool>,
    ended: Condvar,
    /// Pieces that wait.
    waiting: AtomicUsize,
}

impl Silence {
    fn set(&self, holds: bool) {
        *self.holds.lock().unwrap_or_else(PoisonError::into_inner) = holds;
        self.ended.notify_all();
    }

    fn await_end(&self) {
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        if *holds {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            drop(self.ended.wait_while(holds, |holds| *holds));
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Wire {
    pub fn lay() -> Self {
        Self::to(&Lab::get().address)
    }

    /// A wire to the controller of this address.
    pub fn to(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("a port");
        let wire = Self {
            address: address.to_owned(),
            port: listener.local_addr().expect("its number").port(),
            cut: Arc::default(),
            silences: Default::default(),
            open: Arc::default(),
        };
        let (cut, open) = (Arc::clone(&wire.cut), Arc::clone(&wire.open));
        let (silences, address) = (wire.silences.clone(), wire.address.clone());
        let mut count = 0;
        // Ends with the process: it waits for connections that no longer come.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect((address.as_str(), 636)) else {
                    continue;
                };
                let silence = &silences[usize::from(count > 0)];
                count += 1;
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (
                        from.try_clone().expect("a handle"),
                        to.try_clone().expect("a handle"),
                    );
                    let silence = Arc::clone(silence);
                    thread::spawn(move || pass_on(from, to, &silence));
                }
                let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
                open.extend([client, server]);
            }
        });
        wire
    }

    /// For `LDAP_URL`.
    pub fn url(&self) -> String {
        format!("ldaps://{}:{}", self.address, self.port)
    }

    /// Ends every connection, and each new one at once.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in open.drain(..) {
            let _closed = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn restore(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    /// Connections stay, and new ones come about, but not a byte arrives, either way.
    pub fn fall_silent(&self) {
        self.silences.iter().for_each(|silence| silence.set(true));
    }

    /// The same, but for the first connection.
    pub fn hold_all_but_the_first(&self) {
        self.silences[1].set(true);
    }

    /// Whether something waits on its way, of the first connection or the others.
    pub fn holds_something(&self) -> bool {
        let waits = |silence: &Arc<Silence>| silence.waiting.load(Ordering::SeqCst) > 0;
        self.silences.iter().any(waits)
    }

    pub fn speak(&self) {
        self.silences.iter().for_each(|silence| silence.set(false));
    }
}

/// An end on either side is the end of both.
fn pass_on(mut from: TcpStream, mut to: TcpStream, silence: &Silence) {
    let mut buffer = [0; 16384];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        silence.await_end();
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _closed = to.shutdown(Shutdown::Both);
}
