//! A wire to the lab's domain controller, which a test can cut or make silent: the controller itself is
//! everybody's.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::Lab;

#[derive(Debug)]
pub struct Wire {
    port: u16,
    cut: Arc<AtomicBool>,
    silence: Arc<Silence>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

/// While it holds, bytes wait on their way.
#[derive(Debug, Default)]
struct Silence {
    holds: Mutex<bool>,
    ended: Condvar,
}

impl Silence {
    fn set(&self, holds: bool) {
        *self.holds.lock().unwrap_or_else(PoisonError::into_inner) = holds;
        self.ended.notify_all();
    }

    fn await_end(&self) {
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.ended.wait_while(holds, |holds| *holds));
    }
}

impl Wire {
    pub fn lay() -> Self {
        let address = Lab::get().address.as_str();
        let listener = TcpListener::bind((address, 0)).expect("a port");
        let wire = Self {
            port: listener.local_addr().expect("its number").port(),
            cut: Arc::default(),
            silence: Arc::default(),
            open: Arc::default(),
        };
        let (cut, open) = (Arc::clone(&wire.cut), Arc::clone(&wire.open));
        let silence = Arc::clone(&wire.silence);
        // Ends with the process: it waits for connections that no longer come.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect((address, 636)) else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (
                        from.try_clone().expect("a handle"),
                        to.try_clone().expect("a handle"),
                    );
                    let silence = Arc::clone(&silence);
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
        format!("ldaps://{}:{}", Lab::get().address, self.port)
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
        self.silence.set(true);
    }

    pub fn speak(&self) {
        self.silence.set(false);
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
