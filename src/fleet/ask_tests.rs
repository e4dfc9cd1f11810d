//! Which answers count, and what is said where none is.

use std::collections::BTreeMap;

use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use super::*;
use crate::fleet::report::{Certificate, Configuration, LastMinute, State, Tunnel};

fn report(run: &str) -> InstanceReport {
    InstanceReport {
        version: InstanceReport::VERSION,
        run: run.to_owned(),
        name: run.to_owned(),
        mark: "k1".to_owned(),
        program: "0.1.0".to_owned(),
        up_since: String::new(),
        up_seconds: 0,
        state: State::Ready,
        reasons: Vec::new(),
        tunnel: Tunnel::Off,
        directory: Vec::new(),
        last_minute: LastMinute::default(),
        server_certificate: None,
        signing_certificate: Certificate {
            thumbprint: String::new(),
            ends: String::new(),
        },
        keytab: BTreeMap::new(),
        configuration: Configuration {
            digest: String::new(),
            mapper: None,
            client_ca: None,
            keys: BTreeMap::new(),
        },
    }
}

fn member(address: &SocketAddr) -> FleetMember {
    FleetMember {
        host: address.ip().to_string(),
        port: address.port(),
    }
}

/// What is shown of a name's addresses, with the run of those that answer.
fn shown(answers: &[(&str, Option<&str>)]) -> Vec<String> {
    let all = answers.iter().map(|(address, run)| {
        let place = Place {
            member: FleetMember {
                host: "fleet".to_owned(),
                port: 9464,
            },
            address: address.parse().expect("an address"),
            has_twin: answers.iter().any(|(address, _)| address.contains('[')),
            shown: (*address).to_owned(),
        };
        (place, run.map(report).ok_or(NoAnswer::Silent))
    });
    let kept = settled(all.collect());
    kept.into_iter().map(|one| one.address).collect()
}

#[test]
fn an_instance_with_two_addresses_counts_once() {
    let both = [
        ("10.0.0.1:9464", Some("one")),
        ("10.0.0.2:9464", Some("two")),
        ("[fd00::1]:9464", Some("one")),
        ("[fd00::2]:9464", Some("two")),
    ];
    assert_eq!(shown(&both), ["10.0.0.1:9464", "10.0.0.2:9464"]);
}

#[test]
fn a_family_without_listener_is_no_missing_instance() {
    let one_family = [
        ("10.0.0.1:9464", Some("one")),
        ("10.0.0.2:9464", None),
        ("[fd00::1]:9464", None),
        ("[fd00::2]:9464", None),
    ];
    assert_eq!(shown(&one_family), ["10.0.0.1:9464", "10.0.0.2:9464"]);
    let nobody = [("10.0.0.1:9464", None), ("[fd00::1]:9464", None)];
    assert_eq!(shown(&nobody), ["10.0.0.1:9464", "[fd00::1]:9464"]);
}

#[tokio::test]
async fn an_address_of_ipv4_counts_once_however_it_is_written() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let gone = closed.local_addr().expect("an address");
    drop(closed);
    let mapped = FleetMember {
        host: "::ffff:127.0.0.1".to_owned(),
        port: gone.port(),
    };
    let asked = ask(&[member(&gone), mapped], None).await;
    let shown: Vec<_> = asked.iter().map(|one| &one.address).collect();
    assert_eq!(shown, [&gone.to_string()]);
}

#[tokio::test]
async fn who_does_not_speak_http_or_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let other = listener.local_addr().expect("an address");
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let gone = closed.local_addr().expect("an address");
    drop(closed);
    let speaking = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.write_all(b"220 mail.corp.example ESMTP\r\n").await;
    });
    let members = [member(&other), member(&gone)];
    let asked = ask(&members, None).await;
    speaking.await.expect("no panic");
    let why: Vec<_> = asked.iter().map(|one| one.answer.as_ref().err()).collect();
    assert!(matches!(why[0], Some(NoAnswer::NotHttp(_))), "{why:?}");
    assert!(matches!(why[1], Some(NoAnswer::Connect(_))), "{why:?}");
    let text = asked[1].answer.as_ref().expect_err("no answer").to_string();
    assert_eq!(text, "no connection (connection refused)");
}
