//! What differs is named, what may differ is not.

use std::collections::BTreeMap;

use super::*;
use crate::fleet::{
    ask::NoAnswer,
    report::{Certificate, Configuration, DirectoryServer, KeyDigest, LastMinute},
};

fn report(name: &str, mark: &str) -> InstanceReport {
    let certificate = |thumbprint: &str| Certificate {
        thumbprint: thumbprint.to_owned(),
        ends: "2027-01-03T00:00:00Z".to_owned(),
    };
    let key = |digest: &str, from: &str| KeyDigest {
        digest: digest.to_owned(),
        from: from.to_owned(),
    };
    InstanceReport {
        version: InstanceReport::VERSION,
        run: name.to_owned(),
        name: name.to_owned(),
        mark: mark.to_owned(),
        program: "0.1.0".to_owned(),
        up_since: "2026-01-03T00:00:00Z".to_owned(),
        up_seconds: 5,
        state: State::Ready,
        reasons: Vec::new(),
        tunnel: Tunnel::Off,
        directory: vec![DirectoryServer {
            url: "ldaps://dc1.corp.example:636".to_owned(),
            up: true,
            seconds: 5,
            error: None,
        }],
        last_minute: LastMinute::default(),
        server_certificate: Some(certificate("aa")),
        signing_certificate: certificate("bb"),
        keytab: BTreeMap::from([("HTTP/login@CORP".to_owned(), vec![2])]),
        configuration: Configuration {
            digest: "d".to_owned(),
            mapper: None,
            client_ca: None,
            keys: BTreeMap::from([
                ("LDAP_BASE".to_owned(), key("3fa2", "config.json")),
                ("LDAP_BIND_PASSWORD".to_owned(), key("77aa", "file")),
            ]),
        },
    }
}

fn asked(reports: Vec<InstanceReport>) -> Vec<Asked> {
    let answered = reports.into_iter().enumerate();
    answered
        .map(|(at, report)| Asked {
            address: format!("edge:{at}"),
            answer: Ok(report),
        })
        .collect()
}

fn three() -> Vec<InstanceReport> {
    vec![
        report("edge1", "k1"),
        report("edge2", "k2"),
        report("edge3", "k3"),
    ]
}

#[test]
fn equal_ones_have_no_finding() {
    assert_eq!(findings(&asked(three())), []);
}

#[test]
fn a_key_that_differs_is_named_with_its_digests_and_the_instance_that_is_alone() {
    let mut all = three();
    let of_third = &mut all[2].configuration.keys;
    of_third.get_mut("LDAP_BASE").expect("a key").digest = "91bc".to_owned();
    let found = findings(&asked(all));
    assert_eq!(
        found,
        [Finding {
            level: Level::Fail,
            id: "key",
            subject: "LDAP_BASE".to_owned(),
            text: "LDAP_BASE: edge1 edge2 = 3fa2, edge3 = 91bc".to_owned(),
            fix:
                "edge3 reads it from its own config.json: compare with `ad-edge config show`, then \
                  reload what you correct"
                    .to_owned(),
        }]
    );
}

#[test]
fn of_two_each_is_named_and_a_secret_is_set_anew() {
    let mut all = three();
    all.truncate(2);
    let of_second = &mut all[1].configuration.keys;
    of_second.insert(
        "LDAP_BIND_PASSWORD".to_owned(),
        KeyDigest {
            digest: "88bb".to_owned(),
            from: "environment".to_owned(),
        },
    );
    let found = findings(&asked(all));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0].fix,
        "edge1 takes it from a file that <KEY>_FILE names, edge2 takes it from its environment: its \
         value is shown nowhere: set it anew, then reload what you correct"
    );
}

#[test]
fn several_with_one_source_are_named_together() {
    let mut all = three();
    all.truncate(2);
    let of_second = &mut all[1].configuration.keys;
    of_second.get_mut("LDAP_BASE").expect("a key").digest = "91bc".to_owned();
    let found = findings(&asked(all));
    assert!(
        found[0]
            .fix
            .starts_with("edge1 and edge2 each read it from their own config.json: compare"),
        "{found:?}"
    );
}

#[test]
fn other_signing_keys_hide_the_keys_and_are_the_finding() {
    let mut all = three();
    all[2].signing_certificate.thumbprint = "cc".to_owned();
    for key in all[2].configuration.keys.values_mut() {
        key.digest = "other".to_owned();
    }
    let found = findings(&asked(all));
    let ids: Vec<_> = found.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["signing-certificate"]);
    assert_eq!(
        found[0].text,
        "signing certificate: edge1 edge2 = bb, edge3 = cc"
    );
}

#[test]
fn a_key_that_an_older_version_does_not_have_is_no_difference() {
    let mut all = three();
    all[2].program = "0.0.9".to_owned();
    all[2].configuration.keys.remove("LDAP_BASE");
    let found = findings(&asked(all));
    let ids: Vec<_> = found.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["version"]);
    let mut all = three();
    all[2].configuration.keys.remove("LDAP_BASE");
    let found = findings(&asked(all));
    assert_eq!(found[0].text, "LDAP_BASE: edge1 edge2 = 3fa2, edge3 = none");
}

#[test]
fn one_mark_or_name_is_a_warning_with_a_remedy() {
    let mut all = three();
    all[1].mark = "k1".to_owned();
    let found = findings(&asked(all));
    assert_eq!((found[0].level, found[0].id), (Level::Warn, "mark"));
    assert!(found[0].fix.contains("INSTANCE_NAME"), "{found:?}");
    let mut all = three();
    all[1] = InstanceReport {
        run: "other".to_owned(),
        ..report("edge1", "k1")
    };
    let found = findings(&asked(all));
    assert_eq!((found[0].level, found[0].id), (Level::Warn, "name"));
    assert_eq!(found[0].subject, "edge1 (edge:0) edge1 (edge:1)");
}

#[test]
fn what_keeps_users_out_comes_before_what_does_not() {
    let mut all = three();
    all[0].tunnel = Tunnel::Disconnected {
        reason: "the hub is\u{1b}[2J away".to_owned(),
    };
    all[1].keytab.clear();
    all[2].state = State::NotReady;
    all[2].reasons = vec!["directory: no server answers".to_owned()];
    let mut all = asked(all);
    all.push(Asked {
        address: "[fd00::5]:9464".to_owned(),
        answer: Err(NoAnswer::Silent),
    });
    let found = findings(&all);
    let ids: Vec<_> = found.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["no-answer", "not-ready", "keytab", "tunnel"]);
    assert!(found[0].text.starts_with("[fd00::5]:9464 "), "{found:?}");
    assert!(!found[3].text.contains('\u{1b}'), "{found:?}");
}
