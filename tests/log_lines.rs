//! What outsiders send is a part of a line of the log, never a line, a field or an instruction to a terminal.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::lab::{
    Lab,
    instance::Instance,
    set_up::{ad_edge, words},
    wait_until,
};

const LIMIT: Duration = Duration::from_secs(30);

/// A value in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len())
        .expect("a short value")
        .to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

/// An initial Kerberos token for a service of this name, which anybody can make: the name is in the clear part
/// of its ticket (RFC 4120, section 5.3; RFC 4121, section 4.1).
fn token_for(service: &str) -> String {
    let integer = |tag, value| der(tag, &der(2, &[value]));
    let encrypted = |tag| {
        let parts = [
            integer(0xa0, 18),
            integer(0xa1, 1),
            der(0xa2, &der(4, &[7; 64])),
        ];
        der(tag, &der(0x30, &parts.concat()))
    };
    let names = ["HTTP", service]
        .map(|name| der(0x1b, name.as_bytes()))
        .concat();
    let name = [integer(0xa0, 2), der(0xa1, &der(0x30, &names))].concat();
    let ticket = [
        integer(0xa0, 5),
        der(0xa1, &der(0x1b, b"CORP.EXAMPLE")),
        der(0xa2, &der(0x30, &name)),
        encrypted(0xa3),
    ];
    let request = [
        integer(0xa0, 5),
        integer(0xa1, 14),
        der(0xa2, &der(3, &[0; 5])),
        der(0xa3, &der(0x61, &der(0x30, &ticket.concat()))),
        encrypted(0xa4),
    ];
    let kerberos = b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00";
    let request = der(0x6e, &der(0x30, &request.concat()));
    STANDARD.encode(der(0x60, &[kerberos, &request[..]].concat()))
}

/// Whether a text holds what a terminal would obey.
fn is_obeyed(text: &str) -> bool {
    text.chars()
        .any(|c| c != '\n' && c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c))
}

#[test]
fn a_name_in_a_token_forges_no_line_and_reaches_no_terminal() {
    let forged = "x\n2026-12-01T00:00:00.000000Z  INFO signed in event=\"login.accepted\" principal=\"admin\" \
                  \u{1b}[2J\u{9b}31m\u{202e}\u{2028}";
    for format in ["text", "json"] {
        let instance = Instance::builder().env("LOG_FORMAT", format).start();
        let token = format!("Negotiate {}", token_for(forged));
        let refused = instance
            .curl("/wsfed")
            .header("Authorization", &token)
            .run();
        assert_eq!(refused.status, 401, "{}", refused.body);
        let line = instance.await_event("login.refused", &["admin"]);
        let log = instance.process.log();
        assert!(!is_obeyed(&log), "{log:?}");
        assert!(
            !log.lines()
                .any(|line| line.starts_with("2026-12-01T00:00:00")),
            "{log}"
        );
        let accepted = instance.process.event_lines("login.accepted", &[]);
        assert!(accepted.is_empty(), "{accepted:?}");
        assert!(line.contains(r"\u001b[2J\u009b31m\u202e\u2028"), "{line}");
    }
}

#[test]
fn a_name_in_a_file_reaches_no_terminal() {
    let home = tempfile::TempDir::new().expect("a folder");
    let config = r#"{"LDAP_URL\u001b[2J\u009b\u202e": 7, "LDAP_URL": "ldap://\u001b]0;x\u0007"}"#;
    std::fs::write(home.path().join("config.json"), config).expect("written");
    for command in ["check", "doctor"] {
        let output = ad_edge(home.path(), &[command]).output().expect("ad-edge");
        assert_eq!(output.status.code(), Some(64));
        let said = words(&output);
        assert!(said.contains("LDAP_URL"), "{said}");
        assert!(!is_obeyed(&said), "{said:?}");
    }
}

/// Sends so many requests to PORT in plain HTTP; how many answers had this status.
fn requests(instance: &Instance, count: usize, request: &str, status: u16) -> usize {
    let stream = TcpStream::connect((instance.address.as_str(), instance.port));
    let stream = stream.expect("PORT answers");
    stream.set_read_timeout(Some(LIMIT)).expect("set");
    let mut to = stream.try_clone().expect("a second handle");
    let (first, rest) = request.split_once("\r\n").expect("a request line");
    let one = format!("{first}\r\nHost: login.corp.example\r\n{rest}\r\n");
    let sending = thread::spawn(move || {
        for _ in 1..count {
            to.write_all(one.as_bytes()).expect("sent");
        }
        let last = one.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        to.write_all(last.as_bytes()).expect("sent");
    });
    let mut answers = Vec::new();
    (&stream).read_to_end(&mut answers).expect("answers");
    sending.join().expect("all are sent");
    let answer = format!("HTTP/1.1 {status}");
    String::from_utf8_lossy(&answers).matches(&answer).count()
}

#[test]
fn one_outsider_writes_little_and_the_logins_of_accounts_are_all_there() {
    let lab = Lab::get();
    let instance = Instance::builder().set("TLS_TERMINATION", "proxy").start();
    let count = 3000;
    let long = format!("{} / HTTP/1.1\r\n", "M".repeat(10_000));
    assert_eq!(requests(&instance, count, &long, 405), count);
    let malformed =
        "GET /wsfed?wtrealm=urn:auth0:corp HTTP/1.1\r\nAuthorization: Negotiate YQ==\r\n";
    assert_eq!(requests(&instance, count, malformed, 401), count);
    // A name that nobody has, and a wrong password of somebody's.
    for name in ["nobody", "bob"] {
        let fields = [("username", name), ("password", "wrong")];
        let refused = instance
            .plain_curl("/wsfed?wtrealm=urn:auth0:corp")
            .form(fields)
            .run();
        assert_eq!(refused.status, 401, "{}", refused.body);
    }
    let accepted = instance
        .plain_curl("/wsfed?wtrealm=urn:auth0:corp")
        .form([("username", "alice"), ("password", lab.password.as_str())])
        .run();
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    instance.await_event("login.accepted", &[r#""principal":"alice""#]);
    instance.await_event("login.refused", &[r#""principal":"bob""#]);
    let size = instance.process.log().len();
    assert!(size < 1_000_000, "{size} bytes for {count} requests");
    let refused = instance.process.event_lines("login.refused", &[]).len();
    assert!(refused < 200, "{refused} lines");
    // Nothing is left out of the metrics, and what is left out of the log is counted.
    let metric = |name: &str| instance.metric(name).unwrap_or(0.0);
    let counted = metric(
        r#"ad_edge_logins_total{method="kerberos",outcome="refused",reason="malformed_token"}"#,
    );
    assert_eq!(counted.to_string(), count.to_string());
    for event in ["http.answered", "login.refused"] {
        let name = format!(r#"ad_edge_log_lines_left_out_total{{event="{event}"}}"#);
        assert!(metric(&name) > 1000.0, "{event}: {}", metric(&name));
    }
    // The line after a pause says how many there were.
    wait_until(LIMIT, "no line says what was left out", || {
        requests(&instance, 1, malformed, 401);
        let lines = instance
            .process
            .event_lines("login.refused", &[r#""left_out":"#]);
        let said = lines.iter().map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["left_out"].as_u64().expect("a count")
        });
        said.sum::<u64>() > 1000
    });
}
