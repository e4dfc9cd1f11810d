//! The directory goes away and comes back: an honest answer meanwhile, and no restart.

use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::lab::{Lab, instance::Instance, wait_until};

/// A wire to the real domain controller that a test can cut.
struct Wire {
    port: u16,
    cut: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    fn lay() -> Self {
        let address = Lab::get().address.as_str();
        let listener = TcpListener::bind((address, 0)).expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let cut = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (is_cut, streams) = (Arc::clone(&cut), Arc::clone(&open));
        // Ends with the process: it waits for connections that no longer come.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect((address, 636)) else {
                    continue;
                };
                let mut streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (
                        from.try_clone().expect("a handle"),
                        to.try_clone().expect("a handle"),
                    );
                    thread::spawn(move || {
                        // An end on either side is the end of both.
                        let _ended = io::copy(&mut from, &mut to);
                        let _closed = to.shutdown(Shutdown::Both);
                    });
                }
                streams.extend([client, server]);
            }
        });
        Self { port, cut, open }
    }

    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for stream in self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            let _closed = stream.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

#[test]
fn logins_work_again_without_a_restart() {
    let (lab, wire) = (Lab::get(), Wire::lay());
    let instance = Instance::builder()
        .set("LDAP_URL", format!("ldaps://{}:{}", lab.address, wire.port))
        .start();
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);

    wire.cut();
    let response = instance.curl("/wsfed").negotiate(&alice).run();
    assert_eq!(response.status, 503, "{}", response.body);
    assert!(response.header("retry-after").is_some());
    assert!(
        response.body.contains("not possible for a moment"),
        "{}",
        response.body
    );
    wait_until(
        Duration::from_secs(20),
        "not ready, with the reason",
        || {
            instance.ops("/readyz").is_some_and(|(status, body)| {
                status == 503 && body.contains("directory: cannot connect")
            })
        },
    );

    wire.mend();
    wait_until(Duration::from_secs(10), "ready again", || {
        instance
            .ops("/readyz")
            .is_some_and(|(status, _)| status == 200)
    });
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn starttls_serves_as_well() {
    let lab = Lab::get();
    let instance = Instance::builder()
        .set("LDAP_URL", format!("ldap://{}:389", lab.address))
        .set("LDAP_STARTTLS", true)
        .start();
    let response = instance.curl("/wsfed").negotiate(&lab.kinit("alice")).run();
    assert_eq!(response.status, 200, "{}", response.body);
}
