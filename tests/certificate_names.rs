//! Which certificates name a user, and how surely: names that are doubled, odd or weak; what a key is for; and
//! CAs that do not count. By openssl, with the directory of the lab.

use rcgen::{BasicConstraints, IsCa, KeyUsagePurpose, date_time_ymd};

use crate::lab::{
    Lab,
    client_ca::{Certificate, ClientCa, add_sid, add_upn},
    curl::Response,
    instance::{Builder, Instance},
};

const CA: &str = "certs/client-ca.pem";
const USE: &str = "keyUsage = digitalSignature\nextendedKeyUsage = clientAuth\n";
const UPN: &str = "1.3.6.1.4.1.311.20.2.3";

fn builder(ca: &ClientCa) -> Builder {
    Instance::builder()
        .set("CLIENT_CERT_AUTH", true)
        .file(CA, &ca.pem)
}

fn login(instance: &Instance, certificate: &Certificate) -> Response {
    instance.curl("/wsfed").certificate(certificate).run()
}

/// With these alternative names, a line each.
fn named(ca: &ClientCa, names: &[String]) -> Certificate {
    let names = names.join("\n");
    ca.issue_with(
        "/O=corp",
        &format!("{USE}subjectAltName = @names\n[names]\n{names}\n"),
    )
}

fn assert_signs_in(instance: &Instance, certificate: &Certificate, user: &str) {
    let response = login(instance, certificate);
    assert_eq!(response.status, 200, "{user}: {}", response.body);
    assert!(response.body.contains("wresult"), "{}", response.body);
    let cn = match user {
        "alice" => "Alice Smith",
        "bob" => "Bob Test",
        other => other,
    };
    instance.await_event("login.accepted", &[&format!(r#""user":"CN={cn},"#)]);
}

fn assert_refused(instance: &Instance, certificate: &Certificate, reason: &str, detail: &str) {
    let response = login(instance, certificate);
    assert_eq!(response.status, 403, "{detail}: {}", response.body);
    assert!(!response.body.contains("wresult"), "{detail}");
    instance.await_event(
        "login.refused",
        &[&format!(r#""reason":"{reason}""#), detail],
    );
}

fn sid_of(user: &str) -> String {
    let shown = Lab::get().samba_tool(&["user", "show", user, "--attributes=objectSid"]);
    let mut lines = shown.lines();
    let sid = lines.find_map(|line| line.strip_prefix("objectSid: "));
    sid.expect("a SID").to_owned()
}

#[test]
fn a_user_principal_name_of_any_string_type_counts_and_two_do_not() {
    let ca = ClientCa::new("Users");
    let instance = builder(&ca).start();
    // openssl writes no @ into a PrintableString.
    let kinds = ["UTF8", "IA5", "BMP", "T61", "UNIV", "VISIBLE"];
    for (kind, user) in kinds.into_iter().zip(["alice", "bob"].into_iter().cycle()) {
        let name = format!("otherName = {UPN};{kind}:{user}@corp.example");
        assert_signs_in(&instance, &named(&ca, &[name]), user);
    }
    let upn =
        |number: usize, user: &str| format!("otherName.{number} = {UPN};UTF8:{user}@corp.example");
    let two = named(&ca, &[upn(0, "alice"), upn(1, "bob")]);
    assert_refused(
        &instance,
        &two,
        "certificate_several_names",
        "two values for upn",
    );
    let same = named(&ca, &[upn(0, "alice"), upn(1, "ALICE")]);
    assert_signs_in(&instance, &same, "alice");
    // What is no text does not make the common name count in its place.
    let odd = format!("{USE}subjectAltName = otherName:{UPN};INT:7\n");
    let odd = ca.issue_with("/CN=alice", &odd);
    assert_refused(&instance, &odd, "certificate_invalid", "no text");
}

#[test]
fn the_last_of_two_common_names_does_not_win() {
    let ca = ClientCa::new("Users");
    let instance = builder(&ca).start();
    for subject in ["/CN=bob/CN=alice", "/CN=alice/CN=bob", "/CN=bob+CN=alice"] {
        let certificate = ca.issue_with(subject, USE);
        assert_refused(
            &instance,
            &certificate,
            "certificate_several_names",
            "two values for cn",
        );
    }
    // As AD's own CA writes a subject: the containers have a common name too. Another name decides.
    let whole = format!("{USE}subjectAltName = otherName:{UPN};UTF8:alice@corp.example\n");
    let whole = ca.issue_with("/DC=example/DC=corp/CN=Users/CN=alice", &whole);
    assert_signs_in(&instance, &whole, "alice");
}

#[test]
fn a_name_with_a_control_character_is_refused_before_the_directory_is_asked() {
    let ca = ClientCa::new("Users");
    let instance = builder(&ca).start();
    for name in [
        "alice@corp.example\0@evil",
        "alice\u{8}@corp.example",
        "al\u{200b}ice@corp.example",
    ] {
        let certificate = ca.issue("x", |params| add_upn(params, name));
        assert_refused(&instance, &certificate, "unusable_name", "cannot be a user");
    }
    let common = ca.issue("alice\0.evil", |_| {});
    assert_refused(&instance, &common, "unusable_name", "cannot be a user");
    let searches = r#"ad_edge_directory_operations_total{operation="find_user",outcome="ok"}"#;
    assert!(instance.metric(searches).unwrap_or_default() < 0.5, "asked");
}

#[test]
fn a_strong_name_is_wanted_where_the_administrator_wants_one() {
    let (lab, ca) = (Lab::get(), ClientCa::new("Users"));
    let instance = builder(&ca).set("CLIENT_CERT_BINDING", "strong").start();
    lab.add_user("cert-mapped", "");
    let (alice, mapped) = (sid_of("alice"), ca.issue("cert-mapped", |_| {}));
    let reversed = hex::encode(mapped.serial.to_le_bytes());
    lab.ldbmodify(&format!(
        "dn: CN=cert-mapped,CN=Users,DC=corp,DC=example\nchangetype: modify\n\
         add: altSecurityIdentities\n\
         altSecurityIdentities: X509:<I>DC=corp,CN=Users<SR>{reversed}\n"
    ));
    assert_signs_in(&instance, &mapped, "cert-mapped");
    let by_sid = ca.issue("x", |params| add_sid(params, &alice));
    assert_signs_in(&instance, &by_sid, "alice");
    let uri = format!("URI = tag:microsoft.com,2022-09-14:sid:{alice}");
    assert_signs_in(&instance, &named(&ca, std::slice::from_ref(&uri)), "alice");
    let upn = |user: &str| format!("otherName = {UPN};UTF8:{user}@corp.example");
    assert_signs_in(
        &instance,
        &named(&ca, &[uri.clone(), upn("alice")]),
        "alice",
    );

    let weak = named(&ca, &[upn("alice")]);
    assert_refused(&instance, &weak, "certificate_weak", "KB5014754");
    let common = ca.issue("alice", |_| {});
    assert_refused(&instance, &common, "certificate_weak", "KB5014754");
    let another = named(&ca, &[uri, upn("bob")]);
    assert_refused(
        &instance,
        &another,
        "certificate_disagreement",
        "means CN=Alice Smith",
    );
    for (extensions, lacks) in [
        ("keyUsage = digitalSignature\n", "no extended key usage"),
        ("extendedKeyUsage = clientAuth\n", "no key usage"),
    ] {
        let names = format!(
            "{extensions}subjectAltName = @n\n[n]\nURI = tag:microsoft.com,2022-09-14:sid:{alice}\n"
        );
        let certificate = ca.issue_with("/CN=x", &names);
        assert_refused(&instance, &certificate, "certificate_usage", lacks);
    }

    // As it was before, and is in an installation that was imported.
    let compatible = builder(&ca).start();
    assert_signs_in(&compatible, &weak, "alice");
    assert_signs_in(
        &compatible,
        &ca.issue_with("/CN=alice", "basicConstraints = CA:FALSE\n"),
        "alice",
    );
    let encrypts = "keyUsage = keyEncipherment\nextendedKeyUsage = clientAuth\n";
    let encrypts = ca.issue_with("/CN=alice", encrypts);
    assert_refused(
        &compatible,
        &encrypts,
        "certificate_usage",
        "lacks digitalSignature",
    );
}

/// What `LDAP_USER_BY_NAME` wants beside the name holds for whoever a certificate means, by whichever of its names.
#[test]
fn conditions_beside_the_name_count_for_every_name_of_a_certificate() {
    let (lab, ca) = (Lab::get(), ClientCa::new("Users"));
    lab.add_user("cert-in", "department: Remote\n");
    lab.add_user("cert-out", "department: Office\n");
    let conditions = "(&(|(sAMAccountName={0})(mail={0}))(department=Remote))";
    for binding in ["compatible", "strong"] {
        let instance = builder(&ca)
            .set("CLIENT_CERT_BINDING", binding)
            .set("LDAP_USER_BY_NAME", conditions)
            .start();
        let by_sid = |user: &str| {
            let sid = format!("URI = tag:microsoft.com,2022-09-14:sid:{}", sid_of(user));
            named(&ca, &[sid])
        };
        assert_signs_in(&instance, &by_sid("cert-in"), "cert-in");
        let out = [
            by_sid("cert-out"),
            named(
                &ca,
                &[format!("otherName = {UPN};UTF8:cert-out@corp.example")],
            ),
        ];
        let out = &out[..if binding == "strong" { 1 } else { 2 }];
        for certificate in out {
            assert_refused(
                &instance,
                certificate,
                "unknown_user",
                "the conditions of LDAP_USER_BY_NAME",
            );
        }
    }
}

#[test]
fn a_ca_that_has_expired_or_is_none_does_not_count() {
    let good = ClientCa::new("Good");
    let expired = ClientCa::changed("Expired", |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let no_ca = ClientCa::changed("None", |params| params.is_ca = IsCa::ExplicitNoCa);
    let no_signer = ClientCa::changed("Reader", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
    });
    let own = Certificate::self_signed("alice", "alice@corp.example");
    let own_pem = std::fs::read_to_string(own.chain()).expect("a certificate");
    let all = [
        &good.pem,
        &expired.pem,
        &no_ca.pem,
        &no_signer.pem,
        &own_pem,
    ];
    let all: String = all.into_iter().map(String::as_str).collect();
    let with = || {
        Instance::builder()
            .set("CLIENT_CERT_AUTH", true)
            .file(CA, &all)
    };
    let alice = |ca: &ClientCa| ca.issue("x", |params| add_upn(params, "alice@corp.example"));
    let left_out = [
        ("CN=Expired", "it has expired"),
        ("CN=None", "it is no CA"),
        ("CN=Reader", "it may not issue"),
        ("CN=alice", "it is no CA"),
    ];

    let instance = with().start();
    assert_signs_in(&instance, &alice(&good), "alice");
    for (ca, why) in [
        (&expired, "it has expired"),
        (&no_ca, "it is no CA"),
        (&no_signer, "it may not issue"),
    ] {
        assert_refused(&instance, &alice(ca), "certificate_issuer", why);
    }
    assert_refused(&instance, &own, "certificate_issuer", "it is no CA");
    for (name, why) in left_out {
        instance.await_event("file.warning", &[name, why]);
    }
    let checked = with().run_to_end("check");
    assert!(checked.status.success(), "{}", checked.log);
    let doctor = with().run_to_end("doctor");
    for (name, why) in left_out {
        for log in [&checked.log, &doctor.log] {
            let line = log.lines().find(|line| line.contains(name));
            assert!(line.is_some_and(|line| line.contains(why)), "{name}: {log}");
        }
    }

    let none = Instance::builder()
        .set("CLIENT_CERT_AUTH", true)
        .file(CA, &own_pem)
        .run_to_end("check");
    assert_eq!(none.status.code(), Some(64), "{}", none.log);
    assert!(none.log.contains("holds no CA that counts"), "{}", none.log);
}

#[test]
fn a_ca_that_expires_while_it_is_in_use_counts_no_longer() {
    let ca = ClientCa::changed("Users", |params| {
        params.not_after = date_time_ymd(2035, 1, 1);
    });
    let late = ca.issue("x", |params| {
        add_upn(params, "alice@corp.example");
        params.not_after = date_time_ymd(2060, 1, 1);
    });
    let instance = builder(&ca)
        .set("TLS_TERMINATION", "proxy")
        .set("TRUSTED_PROXIES", serde_json::json!(["127.0.0.0/8"]))
        .movable_clock()
        .start();
    let response = || {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let header = STANDARD.encode(&late.der);
        instance
            .plain_curl("/wsfed")
            .header("X-SSL-Client-Cert", &header)
            .run()
    };
    assert_eq!(response().status, 200);
    instance.set_clock("+3650d");
    let refused = response();
    assert_eq!(refused.status, 403, "{}", refused.body);
    instance.await_event(
        "login.refused",
        &["certificate_issuer", "CN=Users", "it has expired"],
    );
}
