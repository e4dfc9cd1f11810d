//! A log that nobody reads (a stalled journal, a blocked log driver, Ctrl-S) stops nothing.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{
    Lab,
    instance::{Builder, Instance},
    run_with_input, wait_for, wait_until,
};

/// `O_NONBLOCK` of Linux (open(2)).
const NONBLOCKING: i32 = 0o4000;
const LIMIT: Duration = Duration::from_secs(20);
/// An end without drain, and without anything in flight.
const END: Duration = Duration::from_secs(10);

/// A named pipe in place of standard output and error. It is read from when the test says so.
struct Pipe {
    folder: TempDir,
    /// Both ends, so that neither side waits for the other when it opens.
    own: File,
}

impl Pipe {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("log");
        run_with_input(Command::new("mkfifo").arg(&path), "");
        let own = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(NONBLOCKING)
            .open(path)
            .expect("the pipe");
        Self { folder, own }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Puts a program's output into it.
    fn under(&self, builder: Builder) -> Builder {
        let path = self.path().display().to_string();
        let script = r#"pipe="$1"; shift; exec "$@" >"$pipe" 2>&1"#;
        builder.under(&["sh", "-c", script, "sh", &path])
    }

    /// Until nothing more goes in.
    fn fill(&self) {
        let line = format!("{}\n", "x".repeat(99));
        while let Ok(1..) = (&self.own).write(line.as_bytes()) {}
        while let Ok(1..) = (&self.own).write(b"\n") {}
    }

    /// From now on all that comes; the test's own lines are left out.
    fn read(self) -> Reading {
        let read = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&read);
        let mut pipe = self.own;
        thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            loop {
                match pipe.read(&mut buffer) {
                    Ok(count) => to
                        .lock()
                        .expect("bytes")
                        .extend_from_slice(&buffer[..count]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        // Both ends are this one's: there is no end of the file.
                        thread::park_timeout(Duration::from_millis(5));
                    }
                    Err(_) => return,
                }
            }
        });
        Reading(read)
    }
}

struct Reading(Arc<Mutex<Vec<u8>>>);

impl Reading {
    /// Whole lines in JSON.
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8_lossy(&self.0.lock().expect("bytes")).into_owned();
        let lines = text.lines().filter(|line| line.starts_with('{'));
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    fn of_event(&self, event: &str) -> Vec<Value> {
        let lines = self.lines().into_iter();
        lines.filter(|line| line["event"] == event).collect()
    }

    fn await_event(&self, event: &str) -> Value {
        wait_for(LIMIT, &format!("no event {event}"), || {
            self.of_event(event).into_iter().next()
        })
    }
}

fn signs_in(instance: &Instance, user: &str) {
    let ccache = Lab::get().kinit(user);
    let response = instance.curl("/wsfed").negotiate(&ccache).run();
    assert_eq!(response.status, 200, "{}", response.body);
}

fn is_refused(instance: &Instance) {
    let fields = [("username", "bob"), ("password", "wrong")];
    let response = instance
        .curl("/wsfed?wtrealm=urn:auth0:corp&wctx=c")
        .form(fields)
        .run();
    assert_eq!(response.status, 401, "{}", response.body);
}

/// So many requests for pages that are not there, each a line at level debug.
fn requests(instance: &Instance, count: usize) {
    let stream = TcpStream::connect((instance.address.as_str(), instance.ops_port));
    let stream = stream.expect("OPS_LISTEN answers");
    stream.set_read_timeout(Some(LIMIT)).expect("set");
    let mut to = stream.try_clone().expect("a second handle");
    let path = "a".repeat(190);
    let sending = thread::spawn(move || {
        for number in 0..count {
            let close = if number + 1 == count {
                "Connection: close\r\n"
            } else {
                ""
            };
            write!(to, "GET /{path} HTTP/1.1\r\nHost: edge\r\n{close}\r\n").expect("sent");
        }
    });
    let mut answers = Vec::new();
    (&stream).read_to_end(&mut answers).expect("answers");
    sending.join().expect("all are sent");
    let answered = String::from_utf8_lossy(&answers)
        .matches("HTTP/1.1 404")
        .count();
    assert_eq!(answered, count);
}

fn reloads(instance: &Instance) {
    let done = || {
        instance
            .metric(r#"ad_edge_reloads_total{outcome="ok"}"#)
            .unwrap_or(0.0)
    };
    let before = done();
    instance.process.signal("HUP");
    wait_until(LIMIT, "no reload", || done() > before);
}

#[test]
fn nothing_waits_for_a_log_that_is_not_read_and_what_was_dropped_is_said() {
    let pipe = Pipe::new();
    let builder = Instance::builder().set("LOG_LEVEL", "debug");
    let mut instance = pipe.under(builder).start();
    pipe.fill();
    signs_in(&instance, "alice");
    is_refused(&instance);
    assert_eq!(instance.curl("/readyz").run().status, 200);
    assert_eq!(instance.ops("/readyz").expect("an answer").0, 200);
    reloads(&instance);
    let dropped = |kind: &str| {
        let name = format!(r#"ad_edge_log_lines_dropped_total{{kind="{kind}"}}"#);
        instance.metric(&name).expect("a sample from the start")
    };
    // More than the queue holds.
    wait_until(LIMIT, "nothing is dropped", || {
        requests(&instance, 5_000);
        dropped("other") > 0.0
    });
    // The audit lines' own part of the queue takes these.
    signs_in(&instance, "bob");
    is_refused(&instance);
    assert!(dropped("audit") < 1.0);
    let lost = dropped("other");

    let reading = pipe.read();
    let said = reading.await_event("log.dropped");
    assert!(
        said["lines"].as_f64().expect("a number") >= lost,
        "{said} for {lost}"
    );
    assert_eq!(said["audit_lines"], 0, "{said}");
    let said = said["message"].as_str().expect("a sentence").to_owned();
    assert!(said.contains(" lines were dropped since "), "{said}");
    wait_until(LIMIT, "not every audit line is there", || {
        reading.of_event("login.accepted").len() == 2
            && reading.of_event("login.refused").len() == 2
    });
    instance.sigterm();
    assert!(instance.wait_exit(END).success());
    reading.await_event("program.ended");
}

#[test]
fn a_blocked_log_delays_neither_start_nor_end() {
    let pipe = Pipe::new();
    pipe.fill();
    let mut instance = pipe.under(Instance::builder()).start();
    signs_in(&instance, "alice");
    instance.sigterm();
    assert!(instance.wait_exit(END).success());
}

#[test]
fn an_end_writes_what_a_slow_reader_takes_in_time() {
    let pipe = Pipe::new();
    let mut instance = pipe.under(Instance::builder()).start();
    pipe.fill();
    signs_in(&instance, "alice");
    instance.sigterm();
    let closed = || instance.ops("/healthz").is_none();
    wait_until(LIMIT, "OPS_LISTEN stays open", closed);
    let reading = pipe.read();
    assert!(instance.wait_exit(END).success());
    reading.await_event("login.accepted");
    reading.await_event("program.ended");
}
