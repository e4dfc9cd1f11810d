//! A TLS session opened on one instance resumes on any other, and after a restart: the instances share
//! nothing but their home folder.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::lab::{Lab, haproxy::Haproxy, instance::Instance, project, run_with_input};

/// A client that keeps its session.
struct Browser {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Browser {
    fn at(port: u16) -> Self {
        let lab = Lab::get();
        let mut process = Command::new("/usr/bin/python3")
            .arg(project().join("tests/lab/resume.py"))
            .arg(&lab.address)
            .arg(port.to_string())
            .arg(lab.ca())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let ask = process.stdin.take().expect("its input");
        let answers = BufReader::new(process.stdout.take().expect("its output"));
        Self {
            process,
            ask,
            answers,
        }
    }

    /// How many of `count` reconnects resumed.
    fn resumed(&mut self, count: u32) -> u32 {
        writeln!(self.ask, "{count}").expect("asked");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        answer.trim().parse().expect("a number")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends by itself, or has ended with an error that the test has met.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

#[test]
fn through_round_robin_nearly_every_reconnect_resumes() {
    const RECONNECTS: u32 = 60;
    let start = || Instance::builder().behind_proxy().start();
    let mut instances = [start(), start(), start()];
    let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
    let mut browser = Browser::at(balancer.port);
    let times = browser.resumed(RECONNECTS);
    assert!(times * 100 >= RECONNECTS * 95, "{times} of {RECONNECTS}");
    let kept = r#"ad_edge_handshakes_total{kind="resumed"}"#;
    for instance in &instances {
        assert!(
            instance.metric(kept) > Some(10.0),
            "each has resumed others' sessions"
        );
    }
    // The process is new, the home folder is not, and the session is from before.
    let port = instances[0].port;
    instances[0].process.kill();
    let again = Instance::builder().on_port(port).behind_proxy().start();
    balancer.await_up(3);
    let times = browser.resumed(RECONNECTS);
    assert!(
        times * 100 >= RECONNECTS * 95,
        "{times} of {RECONNECTS} after a restart"
    );
    assert!(again.metric(kept) > Some(10.0));
}

/// Its ticket would pass in the clear, and would open with what it is made of, years later.
#[test]
fn tls_1_2_sends_no_ticket() {
    let instance = Instance::start();
    let client = |version: &str| {
        let mut command = Command::new("openssl");
        command
            .args([
                "s_client",
                version,
                "-servername",
                "login.corp.example",
                "-CAfile",
            ])
            .arg(Lab::get().ca())
            .arg("-connect")
            .arg(format!("{}:{}", Lab::get().address, instance.port));
        let request =
            "GET /healthz HTTP/1.1\r\nHost: login.corp.example\r\nConnection: close\r\n\r\n";
        run_with_input(command.arg("-ign_eof"), request)
    };
    let old = client("-tls1_2");
    assert!(old.contains("TLSv1.2") && old.contains("200 OK"), "{old}");
    assert!(!old.contains("TLS session ticket"), "{old}");
    let new = client("-tls1_3");
    assert!(new.contains("TLS session ticket"), "{new}");
}

/// Whoever has a backup has the signing key, and not this.
#[test]
fn tickets_are_made_of_a_secret_of_their_own_where_there_is_one() {
    let secrets = tempfile::TempDir::new().expect("a folder");
    let file = secrets.path().join("tickets");
    let write = |secret: &str| std::fs::write(&file, secret).expect("written");
    write("a secret of the fleet, which is in no backup\n");
    let start = || {
        Instance::builder()
            .env("TLS_TICKET_SECRET_FILE", file.to_str().expect("a path"))
            .behind_proxy()
            .start()
    };
    let instances = [start(), start()];
    let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
    let mut browser = Browser::at(balancer.port);
    assert_eq!(browser.resumed(4), 4, "on both");
    write("another secret of the fleet, the signing key is the same");
    for instance in &instances {
        instance.process.signal("HUP");
        instance.await_event("reload.done", &[]);
    }
    assert_eq!(browser.resumed(1), 0, "a full handshake");
    assert_eq!(browser.resumed(4), 4);

    let checked = |secret: &str| {
        let builder = Instance::builder().set("TLS_TICKET_SECRET", secret);
        builder.run_to_end("check")
    };
    let short = checked("short");
    assert_eq!(short.status.code(), Some(64), "{}", short.log);
    assert!(short.log.contains("openssl rand -hex 32"), "{}", short.log);
    let inside = checked("a secret of the fleet, in every backup");
    assert!(inside.status.success(), "{}", inside.log);
    assert!(
        inside.log.contains("TLS_TICKET_SECRET_FILE"),
        "{}",
        inside.log
    );
}

/// A session goes on believing in the certificate that it began with, and Kerberos tokens are bound to
/// that: under another certificate it must not be resumed.
#[test]
fn a_new_certificate_begins_new_sessions() {
    let lab = Lab::get();
    let instance = Instance::start();
    let mut browser = Browser::at(instance.port);
    assert_eq!(browser.resumed(3), 3);
    let made = tempfile::TempDir::new().expect("a folder");
    run_with_input(
        Command::new(project().join("certs/make-server.sh"))
            .args([lab.state.join("pki"), made.path().join("tls")])
            .args(["login.corp.example", lab.address.as_str()]),
        "",
    );
    for file in ["tls.key", "tls.pem"] {
        std::fs::copy(
            made.path().join(file),
            instance.home().join("certs").join(file),
        )
        .expect("copied");
    }
    instance.process.signal("HUP");
    instance.await_event("reload.file_done", &[r#""file":"certificate""#]);
    assert_eq!(browser.resumed(1), 0, "a full handshake");
    assert_eq!(browser.resumed(3), 3, "and then sessions of the new one");
}
