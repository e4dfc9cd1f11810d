//! Logins by client certificate: real certificates, the real directory.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, SanType, date_time_ymd};
use serde_json::json;

use crate::lab::{
    Lab,
    client_ca::{Certificate, ClientCa, add_sid, add_upn},
    curl::{Curl, Response},
    haproxy::Haproxy,
    instance::{Builder, Instance},
    page::Form,
    stand_in::Tenant,
    wait_until,
};

const CA: &str = "certs/client-ca.pem";

fn builder(ca: &ClientCa) -> Builder {
    Instance::builder()
        .set("CLIENT_CERT_AUTH", true)
        .file(CA, &ca.pem)
}

fn login(instance: &Instance, certificate: &Certificate) -> Response {
    instance.curl("/wsfed").certificate(certificate).run()
}

fn for_upn(ca: &ClientCa, upn: &str) -> Certificate {
    ca.issue("somebody", |params| add_upn(params, upn))
}

/// Who is signed in, as the tenant reads it.
fn user(tenant: &Tenant, response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    assert_eq!(verified["authenticationMethod"], "urn:ietf:rfc:2246");
    let nickname = &verified["claims"]["http://schemas.passportjs.com/nickname"];
    nickname.as_str().expect("a name").to_owned()
}

fn sid_of(user: &str) -> String {
    let shown = Lab::get().samba_tool(&["user", "show", user, "--attributes=objectSid"]);
    let sid = shown
        .lines()
        .find_map(|line| line.strip_prefix("objectSid: "));
    sid.expect("a SID").to_owned()
}

/// Refused with a page, an audit line and a count of this reason.
fn assert_refused(instance: &Instance, response: &Response, reason: &str, title: &str) {
    assert_eq!(response.status, 403, "{reason}: {}", response.body);
    assert!(response.body.contains(title), "{reason}: {}", response.body);
    assert!(!response.body.contains("wresult"));
    instance.await_event("login.refused", &["\"method\":\"certificate\"", reason]);
    let counted = format!(
        "ad_edge_logins_total{{method=\"certificate\",outcome=\"refused\",reason=\"{reason}\"}}"
    );
    assert!(instance.metric(&counted) >= Some(1.0), "{counted}");
}

#[test]
fn each_name_finds_its_user() {
    let (lab, tenant, ca) = (Lab::get(), Tenant::start(), ClientCa::new("Users"));
    lab.add_user("cert-strong", "");
    let plain = ca.issue("cert-strong", |_| {});
    let by_serial = ca.issue("x", |_| {});
    let by_key = ca.issue("x", |_| {});
    let by_hash = ca.issue("x", |_| {});
    let reversed = hex::encode(by_serial.serial.to_le_bytes());
    let ski = hex::encode(by_key.serial.to_be_bytes());
    let (_, parsed) = x509_parser::parse_x509_certificate(&by_hash.der).expect("a certificate");
    let key = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        &parsed.public_key().subject_public_key.data,
    );
    lab.ldbmodify(&format!(
        "dn: CN=cert-strong,CN=Users,DC=corp,DC=example\nchangetype: modify\n\
         add: altSecurityIdentities\n\
         altSecurityIdentities: X509:<I>DC=corp,CN=Users<SR>{reversed}\n\
         altSecurityIdentities: X509:<SKI>{ski}\n\
         altSecurityIdentities: X509:<SHA1-PUKEY>{}\n",
        hex::encode(key)
    ));
    let sid = sid_of("cert-strong");
    let with = |change: &dyn Fn(&mut CertificateParams)| ca.issue("x", change);
    let cases = [
        ("upn", with(&|p| add_upn(p, "cert-strong@corp.example"))),
        ("sid", with(&|p| add_sid(p, &sid))),
        ("issuer-serial", by_serial),
        ("ski", by_key),
        ("sha1", by_hash),
        (
            "email",
            with(&|p| {
                let address = "cert-strong@corp.example".try_into().expect("ASCII");
                p.subject_alt_names.push(SanType::Rfc822Name(address));
            }),
        ),
        (
            "dn",
            ca.issue_subject("/DC=example/DC=corp/CN=Users/CN=cert-strong"),
        ),
        ("cn", plain),
    ];
    for (name, certificate) in &cases {
        let instance = builder(&ca).set("CLIENT_CERT_MAP", json!([name])).start();
        let response = login(&instance, certificate);
        assert_eq!(user(&tenant, &response), "cert-strong", "{name}");
        instance.await_event("login.accepted", &["CN=cert-strong,CN=Users"]);
    }
}

#[test]
fn bad_certificates_meet_a_page_that_says_why() {
    let (ca, other) = (ClientCa::new("Users"), ClientCa::new("Others"));
    let revoked = for_upn(&ca, "alice@corp.example");
    let instance = builder(&ca)
        .file(
            "certs/crl/users.pem",
            ca.revocation_list(&[revoked.serial], false),
        )
        .start();
    let upn = "alice@corp.example";
    let expired = ca.issue("x", |params| {
        add_upn(params, upn);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let server = ca.issue("x", |params| {
        add_upn(params, upn);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let large = ca.issue("x", |params| {
        add_upn(params, upn);
        for n in 0..1500 {
            let name = format!("host-{n}.corp.example").try_into().expect("ASCII");
            params.subject_alt_names.push(SanType::DnsName(name));
        }
    });
    // The CA itself twenty times: a chain that no server should follow.
    let long = for_upn(&ca, upn);
    let leaf = std::fs::read_to_string(long.chain()).expect("a chain");
    std::fs::write(long.chain(), leaf + &ca.pem.repeat(19)).expect("written");
    let cases = [
        (for_upn(&other, upn), "certificate_issuer", "not known here"),
        (
            Certificate::self_signed("alice", upn),
            "certificate_issuer",
            "not known here",
        ),
        (expired, "certificate_validity", "out of date"),
        (server, "certificate_usage", "not for signing in"),
        (revoked, "certificate_revoked", "withdrawn"),
        (large, "certificate_size", "not understood"),
        (long, "certificate_size", "not understood"),
        (
            for_upn(&ca, "nobody@corp.example"),
            "unknown_user",
            "no account",
        ),
        (
            ca.issue("x", |p| add_sid(p, &format!("{}9", sid_of("bob")))),
            "unknown_user",
            "no account",
        ),
    ];
    for (certificate, reason, title) in &cases {
        let response = login(&instance, certificate);
        assert_refused(&instance, &response, reason, title);
        // There is another way, and the page leads to it.
        assert!(
            response.body.contains("ad-edge-method=kerberos"),
            "{}",
            response.body
        );
        assert!(response.body.contains("name=\"password\""));
    }
    // 64 kB do not fit a handshake: that is the end of the connection, counted as such.
    let huge = ca.issue("x", |params| {
        for n in 0..5000 {
            let name = format!("host-{n}.corp.example").try_into().expect("ASCII");
            params.subject_alt_names.push(SanType::DnsName(name));
        }
    });
    assert!(
        instance
            .curl("/wsfed")
            .certificate(&huge)
            .try_run()
            .is_err()
    );
    let cut = "ad_edge_connections_total{outcome=\"tls_protocol\"}";
    wait_until(Duration::from_secs(5), "not counted", || {
        instance.metric(cut) >= Some(1.0)
    });
}

#[test]
fn names_of_two_users_are_nobodys() {
    let (tenant, ca) = (Tenant::start(), ClientCa::new("Users"));
    let instance = builder(&ca).start();
    let bob = sid_of("bob");
    let cases = [
        (
            "the common name is another's",
            ca.issue("alice", |p| add_upn(p, "bob@corp.example")),
        ),
        (
            "a strong name against a weak one",
            ca.issue("x", |p| {
                add_upn(p, "alice@corp.example");
                add_sid(p, &bob);
            }),
        ),
        (
            "a SID that is nobody's here",
            ca.issue("x", |p| {
                add_upn(p, "alice@corp.example");
                add_sid(p, "S-1-5-21-1-2-3-1104");
            }),
        ),
    ];
    for (what, certificate) in &cases {
        let response = login(&instance, certificate);
        assert_eq!(response.status, 403, "{what}: {}", response.body);
        assert_refused(
            &instance,
            &response,
            "certificate_disagreement",
            "no account",
        );
    }
    let agreeing = ca.issue("bob", |p| {
        add_upn(p, "bob@corp.example");
        add_sid(p, &bob);
    });
    assert_eq!(user(&tenant, &login(&instance, &agreeing)), "bob");
    let injected = ca.issue("*", |_| {});
    let response = login(&instance, &injected);
    assert_refused(&instance, &response, "unknown_user", "no account");
}

#[test]
fn accounts_that_may_not_sign_in_are_refused_by_certificate_too() {
    let (lab, ca) = (Lab::get(), ClientCa::new("Users"));
    let instance = builder(&ca).set("FORM_FAILURES_PER_USER", 0).start();
    lab.add_user("cert-locked", "");
    for _ in 0..10 {
        let fields = [("username", "cert-locked"), ("password", "wrong")];
        assert_eq!(instance.curl("/wsfed").form(fields).run().status, 401);
    }
    for (user, reason) in [
        ("carol", "account_disabled"),
        ("dave", "account_expired"),
        ("cert-locked", "account_locked"),
    ] {
        let response = login(&instance, &for_upn(&ca, &format!("{user}@corp.example")));
        assert_refused(&instance, &response, reason, "cannot sign in at the moment");
        assert!(!response.body.to_lowercase().contains("disabled"));
    }
}

#[test]
fn without_a_certificate_kerberos_and_the_form_serve_as_before() {
    let (lab, tenant, ca) = (Lab::get(), Tenant::start(), ClientCa::new("Users"));
    let instance = builder(&ca).start();
    let response = instance.curl("/wsfed").negotiate(&lab.kinit("alice")).run();
    assert_eq!(response.status, 200, "{}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    assert_eq!(verified["authenticationMethod"], "urn:ietf:rfc:1510");
    assert_eq!(instance.curl("/wsfed").run().status, 401);

    // With one the user may still choose another way.
    let bob = for_upn(&ca, "bob@corp.example");
    assert_eq!(user(&tenant, &login(&instance, &bob)), "bob");
    let chooser = instance
        .curl("/wsfed?wprompt=consent&wctx=a%26b")
        .certificate(&bob)
        .run();
    assert_eq!(chooser.status, 200, "{}", chooser.body);
    for way in [
        "ad-edge-method=certificate",
        "ad-edge-method=kerberos",
        "name=\"password\"",
    ] {
        assert!(chooser.body.contains(way), "{way}: {}", chooser.body);
    }
    assert!(
        chooser.body.contains("wctx=a%26b"),
        "the request goes along"
    );
    let form = instance
        .curl("/wsfed?ad-edge-method=password")
        .certificate(&bob)
        .run();
    assert_eq!(form.status, 200);
    assert!(form.body.contains("name=\"password\"") && !form.body.contains("wresult"));
    let kerberos = instance
        .curl("/wsfed?ad-edge-method=kerberos")
        .certificate(&bob)
        .negotiate(&lab.kinit("alice"))
        .run();
    let verified = tenant.verified(&Form::read(&kerberos.body));
    assert_eq!(verified["authenticationMethod"], "urn:ietf:rfc:1510");
    let none = instance.curl("/wsfed?ad-edge-method=certificate").run();
    assert_eq!(none.status, 403);
    assert!(
        none.body.contains("has shown no certificate"),
        "{}",
        none.body
    );
}

#[test]
fn a_certificate_is_asked_for_the_listed_hosts_only() {
    let ca = ClientCa::new("Users");
    let instance = builder(&ca)
        .set("CLIENT_CERT_HOSTS", json!(["cert.corp.example"]))
        .start();
    // Not asked: curl has one, and Kerberos' challenge comes.
    let bob = for_upn(&ca, "bob@corp.example");
    assert_eq!(login(&instance, &bob).status, 401);
    // The server's certificate holds the other name only; the one in the handshake counts.
    let asked = Curl::new("cert.corp.example", instance.port, "/wsfed")
        .arg("--insecure")
        .certificate(&bob)
        .run();
    assert_eq!(asked.status, 200, "{}", asked.body);
}

#[test]
fn revocation_lists_count_when_they_change_and_may_be_required() {
    let (tenant, ca) = (Tenant::start(), ClientCa::new("Users"));
    let bob = for_upn(&ca, "bob@corp.example");
    let instance = builder(&ca)
        .file("certs/crl/users.pem", ca.revocation_list(&[], false))
        .start();
    assert_eq!(user(&tenant, &login(&instance, &bob)), "bob");
    let list = ca.revocation_list(&[bob.serial], false);
    std::fs::write(instance.home().join("certs/crl/users.pem"), list).expect("written");
    instance.await_event("reload.file_done", &[r#""file":"client_ca""#]);
    let response = login(&instance, &bob);
    assert_refused(&instance, &response, "certificate_revoked", "withdrawn");

    // A list that comes is noticed, in a folder that was not there.
    let late = builder(&ca).start();
    assert_eq!(user(&tenant, &login(&late, &bob)), "bob");
    let folder = late.home().join("certs/crl");
    std::fs::create_dir(&folder).expect("a folder");
    let list = ca.revocation_list(&[bob.serial], false);
    std::fs::write(folder.join("users.pem"), list).expect("written");
    wait_until(Duration::from_secs(10), "the list is not noticed", || {
        login(&late, &bob).status == 403
    });

    let none = builder(&ca).set("CLIENT_CRL_REQUIRED", true).start();
    let response = login(&none, &bob);
    assert_refused(&none, &response, "certificate_no_crl", "cannot be checked");
    let old = ca.revocation_list(&[], true);
    let tolerated = builder(&ca).file("certs/crl/users.pem", &old).start();
    assert_eq!(user(&tenant, &login(&tolerated, &bob)), "bob");
    // Old as it is, what it revokes stays revoked.
    let gone = ca.revocation_list(&[bob.serial], true);
    let remembered = builder(&ca).file("certs/crl/users.pem", gone).start();
    let response = login(&remembered, &bob);
    assert_refused(&remembered, &response, "certificate_revoked", "withdrawn");
    let expired = builder(&ca)
        .set("CLIENT_CRL_REQUIRED", true)
        .file("certs/crl/users.pem", &old)
        .start();
    let response = login(&expired, &bob);
    assert_refused(
        &expired,
        &response,
        "certificate_no_crl",
        "cannot be checked",
    );
}

#[test]
fn a_header_counts_from_a_trusted_balancer_only_and_is_checked_again() {
    let (tenant, ca, other) = (
        Tenant::start(),
        ClientCa::new("Users"),
        ClientCa::new("Others"),
    );
    let header = |certificate: &Certificate| STANDARD.encode(&certificate.der);
    let bob = for_upn(&ca, "bob@corp.example");

    // TLS ends here: the header is anybody's, and counts for nothing.
    let here = builder(&ca).start();
    let forged = here
        .curl("/wsfed")
        .header("X-SSL-Client-Cert", &header(&bob))
        .run();
    assert_eq!(forged.status, 401, "{}", forged.body);
    assert_eq!(here.metric("ad_edge_forged_headers_total"), Some(1.0));

    let terminated = |trusted: &str| {
        builder(&ca)
            .set("TLS_TERMINATION", "proxy")
            .set("TRUSTED_PROXIES", json!([trusted]))
            .start()
    };
    let plain = |instance: &Instance, certificate: &Certificate| {
        instance
            .plain_curl("/wsfed")
            .header("X-SSL-Client-Cert", &header(certificate))
            .run()
    };
    let trusting = terminated("127.0.0.0/8");
    assert_eq!(user(&tenant, &plain(&trusting, &bob)), "bob");
    let response = plain(&trusting, &for_upn(&other, "bob@corp.example"));
    assert_refused(&trusting, &response, "certificate_issuer", "not known here");
    let response = trusting
        .plain_curl("/wsfed")
        .header("X-SSL-Client-Cert", "rubbish")
        .run();
    assert_refused(
        &trusting,
        &response,
        "certificate_invalid",
        "not understood",
    );

    let twice = trusting
        .plain_curl("/wsfed")
        .header("X-SSL-Client-Cert", &header(&bob))
        .header("X-SSL-Client-Cert", &header(&bob))
        .run();
    assert_refused(&trusting, &twice, "certificate_invalid", "not understood");

    let empty_first = trusting
        .plain_curl("/wsfed")
        .arg("-H")
        .arg("X-SSL-Client-Cert;")
        .header("X-SSL-Client-Cert", &header(&bob))
        .run();
    assert_refused(
        &trusting,
        &empty_first,
        "certificate_invalid",
        "not understood",
    );

    let wary = terminated("192.0.2.1");
    let refused = plain(&wary, &bob);
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body.contains("not the way in"), "{}", refused.body);
    assert_eq!(wary.metric("ad_edge_forged_headers_total"), Some(1.0));

    let ended = builder(&ca)
        .set("TLS_TERMINATION", "proxy")
        .set("TRUSTED_PROXIES", json!([]))
        .run_to_end("check");
    assert_eq!(ended.status.code(), Some(64), "{}", ended.log);
    assert!(ended.log.contains("TLS_TERMINATION"), "{}", ended.log);
}

#[test]
fn behind_a_balancer_that_ends_tls_the_same_certificates_count() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let (ca, other) = (ClientCa::new("Users"), ClientCa::new("Others"));
    let instances: Vec<_> = (0..3)
        .map(|_| {
            builder(&ca)
                .set("TLS_TERMINATION", "proxy")
                .behind_proxy()
                .start()
        })
        .collect();
    let balancer = Haproxy::terminating(&instances.iter().collect::<Vec<_>>(), &ca.pem);
    let bob = for_upn(&ca, "bob@corp.example");
    for _ in 0..3 {
        let response = balancer.curl("/wsfed").certificate(&bob).run();
        assert_eq!(user(&tenant, &response), "bob");
    }
    let response = balancer.curl("/wsfed").negotiate(&lab.kinit("max")).run();
    assert_eq!(response.status, 200, "{}", response.body);
    let bad = for_upn(&other, "bob@corp.example");
    let response = balancer.curl("/wsfed").certificate(&bad).run();
    assert_eq!(response.status, 403, "{}", response.body);
    assert!(
        response.body.contains("not known here"),
        "{}",
        response.body
    );
    // A client's own header does not get through.
    let forged = STANDARD.encode(&bob.der);
    let response = balancer
        .curl("/wsfed")
        .header("X-SSL-Client-Cert", &forged)
        .run();
    assert_eq!(response.status, 401, "{}", response.body);
}

#[test]
fn three_instances_take_certificates_and_tickets_mixed() {
    const EACH: usize = 300;
    const AT_ONCE: usize = 6;
    let (lab, ca) = (Lab::get(), ClientCa::new("Users"));
    let instances: Vec<_> = (0..3)
        .map(|_| builder(&ca).behind_proxy().start())
        .collect();
    let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
    let (bob, alice) = (for_upn(&ca, "bob@corp.example"), lab.kinit("alice"));
    let next = AtomicUsize::new(0);
    let failed = std::thread::scope(|scope| {
        let work = || {
            let mut failed = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= EACH * 2 {
                    return failed;
                }
                let curl = balancer.curl("/wsfed");
                let response = if number.is_multiple_of(2) {
                    curl.certificate(&bob).run()
                } else {
                    curl.negotiate(&alice).run()
                };
                if response.status != 200 || !response.body.contains("wresult") {
                    failed.push((number, response.status));
                }
            }
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("a worker"))
            .collect::<Vec<_>>()
    });
    assert_eq!(failed, []);
    for method in ["certificate", "kerberos"] {
        let name =
            format!("ad_edge_logins_total{{method=\"{method}\",outcome=\"success\",reason=\"\"}}");
        let counts: Vec<_> = instances
            .iter()
            .map(|instance| instance.metric(&name).unwrap_or_default())
            .collect();
        assert!(
            counts.iter().all(|count| *count > 50.0),
            "{method}: {counts:?}"
        );
        assert!(
            (counts.iter().sum::<f64>() - 300.0).abs() < 0.5,
            "{method}: {counts:?}"
        );
    }
}
