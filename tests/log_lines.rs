//! What outsiders send is a part of a line of the log, never a line, a field or an instruction to a terminal.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::lab::{
    instance::Instance,
    set_up::{ad_edge, words},
};

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
