//! SIGHUP and changed files: certificate and keytab are read again; a broken one is refused while the
//! old one stays in use.

use std::{process::Command, time::Duration};

use serde_json::{Value, json};

use crate::lab::{
    Ccache, Lab, instance::Instance, page::Form, project, run_with_input, stand_in::Tenant,
};

#[test]
fn a_broken_certificate_is_refused_and_a_good_one_taken() {
    let instance = Instance::start();
    let path = instance.home().join("certs/tls.pem");
    let good = std::fs::read(&path).expect("the certificate");
    std::fs::write(&path, "broken").expect("written");
    instance.process.signal("HUP");
    instance.await_event("reload.file_refused", &[r#""file":"certificate""#]);
    let alice = Lab::get().kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    let good_ones = r#"ad_edge_reloads_total{outcome="ok"}"#;
    assert!(instance.metric(good_ones).is_none_or(|count| count < 1.0));
    std::fs::write(&path, good).expect("written");
    instance.process.signal("HUP");
    instance.await_event("reload.file_done", &[r#""file":"certificate""#]);
    crate::lab::wait_until(Duration::from_secs(10), "no good reload", || {
        instance.metric(good_ones) >= Some(1.0)
    });
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn a_refused_configuration_does_not_hold_up_a_rotated_key() {
    let instance = Instance::start();
    change_config(&instance, "FORM_LOGIN", json!("perhaps"));
    instance.await_event("reload.refused", &["FORM_LOGIN"]);
    instance.await_event("reload.file_done", &[r#""file":"keytab""#]);
    instance.await_event("reload.file_done", &[r#""file":"certificate""#]);
}

#[test]
fn a_changed_config_json_waits_for_the_signal() {
    let instance = Instance::start();
    let home = instance.home();
    write_config(&instance, "SITE_NAME", json!("Kestrel Works"));
    let certificate = std::fs::read(home.join("certs/tls.pem")).expect("the certificate");
    std::fs::write(home.join("certs/new"), certificate).expect("written");
    std::fs::rename(home.join("certs/new"), home.join("certs/tls.pem")).expect("replaced");
    instance.await_event("reload.file_done", &[r#""file":"certificate""#]);
    assert!(!instance.curl("/wsfed").run().body.contains("Kestrel Works"));
    instance.process.signal("HUP");
    instance.await_event("reload.done", &[]);
    assert!(instance.curl("/wsfed").run().body.contains("Kestrel Works"));
}

#[test]
fn another_logo_is_shown_and_a_broken_one_is_refused() {
    let svg = |path: &str| {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><path d="{path}"/></svg>"#
        )
    };
    let instance = Instance::builder();
    let logo = instance.home().join("logo.svg");
    std::fs::write(&logo, svg("M0 0h4v1z")).expect("written");
    let instance = instance.set("SITE_LOGO", "logo.svg").start();
    let shown = || {
        let page = instance.curl("/logout").run().body;
        let (_, path) = page.split_once("class=\"logo\" src=\"").expect("a logo");
        let path = path.split('"').next().expect("a path");
        instance.curl(path).run().body
    };
    assert!(shown().contains("M0 0h4v1z"));
    std::fs::write(&logo, svg("M0 0h3v2z")).expect("written");
    instance.await_event("reload.done", &[]);
    assert!(shown().contains("M0 0h3v2z"));
    std::fs::write(&logo, "<svg>").expect("written");
    instance.await_event("reload.refused", &["SITE_LOGO", "not a whole SVG"]);
    assert!(shown().contains("M0 0h3v2z"), "the old one stays");
}

#[test]
fn another_ca_of_the_directory_is_noticed() {
    let lab = Lab::get();
    let instance = Instance::builder();
    let roots = instance.home().join("certs/roots.pem");
    let ca = std::fs::read(lab.ca()).expect("the CA");
    std::fs::write(&roots, &ca).expect("written");
    let instance = instance.set("SSL_CA_FILE", "certs/roots.pem").start();
    let more = [&ca[..], &ca[..]].concat();
    std::fs::write(&roots, more).expect("written");
    instance.await_event("reload.files_changed", &["roots.pem"]);
    instance.await_event("reload.done", &[]);
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn a_tunnel_that_does_not_stand_is_refused_and_the_old_one_serves_on() {
    let tenant = Tenant::start();
    let instance = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    let links = r#"ad_edge_tunnel_connections_total{outcome="connected"}"#;
    assert_eq!(instance.metric(links), Some(1.0));
    change_config(&instance, "AD_HUB", json!("https://127.0.0.1:1/lo/hub"));
    instance
        .process
        .await_event(Duration::from_secs(20), "reload.refused", &["tunnel"]);
    assert_eq!(instance.metric("ad_edge_tunnel_connected"), Some(1.0));
    let (_, answer) = tenant.ask(
        "authenticate_user",
        &json!({"username": "alice", "password": Lab::get().password}),
    );
    assert_eq!(answer["profile"]["nickname"], "alice", "{answer}");
    assert_eq!(instance.metric(links), Some(1.0), "the same link");
}

#[test]
fn changed_files_are_noticed_without_a_signal() {
    let instance = Instance::start();
    let home = instance.home();
    let keytab = std::fs::read(home.join("certs/krb5.keytab")).expect("the keytab");
    let new = home.join("certs/krb5.keytab.new");
    std::fs::write(&new, keytab).expect("written");
    std::fs::rename(&new, home.join("certs/krb5.keytab")).expect("replaced");
    instance.await_event("reload.files_changed", &["krb5.keytab"]);
    instance.await_event("reload.file_done", &[r#""file":"keytab""#]);
    let alice = Lab::get().kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

fn change_config(instance: &Instance, key: &str, value: Value) {
    write_config(instance, key, value);
    instance.process.signal("HUP");
}

fn write_config(instance: &Instance, key: &str, value: Value) {
    let path = instance.home().join("config.json");
    let text = std::fs::read_to_string(&path).expect("config.json");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config[key] = value;
    std::fs::write(&path, config.to_string()).expect("written");
}

#[test]
fn the_level_of_the_log_changes_with_a_reload() {
    const DEBUG: &str = r#""level":"DEBUG""#;
    let instance = Instance::start();
    change_config(&instance, "LOG_LEVEL", json!("shout"));
    instance.await_event("reload.refused", &["LOG_LEVEL", "shout"]);
    assert_eq!(instance.curl("/healthz").run().status, 200);
    assert_eq!(instance.process.log_line(&[DEBUG]), None);
    change_config(&instance, "LOG_LEVEL", json!("error,ad_edge::http=debug"));
    let debug = || {
        instance.curl("/healthz").run();
        instance.process.log_line(&[DEBUG]).is_some()
    };
    crate::lab::wait_until(Duration::from_secs(10), "no line at this level", debug);
    // Every login leaves its line, whatever the level.
    let alice = Lab::get().kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    let audit = r#""target":"audit""#;
    instance
        .process
        .await_log(Duration::from_secs(10), &[audit, "alice"]);
}

#[test]
fn a_changed_configuration_is_used_and_a_broken_one_refused() {
    let tenant = Tenant::start();
    let instance = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    let alice = Lab::get().kinit("alice");
    let token = Lab::get().token(&alice, "HTTP@login.corp.example", None);
    let header = format!("Negotiate {token}");
    let login = |value: &str| {
        instance
            .curl("/wsfed")
            .header("Authorization", value)
            .run()
            .status
    };
    assert_eq!(login(&header), 200);

    change_config(&instance, "SITE_NAME", json!("Kestrel Works"));
    instance.await_event("reload.done", &[]);
    let page = instance.curl("/wsfed").run();
    assert!(page.body.contains("Kestrel Works"), "{}", page.body);
    assert_eq!(
        login(&header),
        401,
        "what was seen before is a replay still"
    );
    tenant.await_agents(1);
    let (_, answer) = tenant.ask(
        "authenticate_user",
        &json!({"username": "alice", "password": Lab::get().password}),
    );
    assert_eq!(answer["profile"]["nickname"], "alice", "{answer}");

    // A mistake, and then a directory that is not there: the old one stays in use.
    change_config(&instance, "FORM_LOGIN", json!("perhaps"));
    instance.await_event("reload.refused", &["FORM_LOGIN"]);
    change_config(&instance, "FORM_LOGIN", json!(true));
    change_config(&instance, "LDAP_URL", json!("ldaps://127.0.0.1:1"));
    instance.process.await_event(
        Duration::from_secs(20),
        "reload.refused",
        &["directory does not answer"],
    );
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    assert!(instance.metric(r#"ad_edge_reloads_total{outcome="refused"}"#) >= Some(2.0));
    assert_eq!(instance.metric("ad_edge_tunnel_connected"), Some(1.0));
}

#[test]
fn the_signing_key_changes_with_its_files_alone() {
    let tenant = Tenant::start();
    let instance = Instance::start();
    let alice = Lab::get().kinit("alice");
    let before = instance.curl("/wsfed").negotiate(&alice).run();
    tenant.verified(&Form::read(&before.body));

    let made = tempfile::TempDir::new().expect("a folder");
    run_with_input(
        Command::new(project().join("certs/make-signing.sh"))
            .arg(made.path())
            .args(["corp", "corp.example"]),
        "",
    );
    for file in ["cert.key", "cert.pem"] {
        std::fs::copy(
            made.path().join(file),
            instance.home().join("certs").join(file),
        )
        .expect("copied");
    }
    instance.await_event("reload.done", &[]);
    let after = instance.curl("/wsfed").negotiate(&alice).run();
    assert_eq!(after.status, 200, "{}", after.body);
    let other = Tenant::trusting(&made.path().join("cert.pem"));
    other.verified(&Form::read(&after.body));
    assert_eq!(
        tenant.post(&Form::read(&after.body)).status,
        422,
        "the old certificate"
    );
    assert!(
        instance
            .metric(r#"ad_edge_certificate_expiry_seconds{use="signing"}"#)
            .is_some()
    );
    for of in ["signing", "signing_key", "tls", "tls_key", "keytab"] {
        let name = format!("ad_edge_file_modified_seconds{{use=\"{of}\"}}");
        assert!(instance.metric(&name) > Some(1.7e9), "{name}");
    }
}

#[test]
fn tickets_of_the_old_and_of_the_new_key_work_while_a_keytab_is_rotated() {
    const PRINCIPAL: &str = "--principal=HTTP/rotating.corp.example";
    let lab = Lab::get();
    lab.add_user(
        "svc-rotating",
        "servicePrincipalName: HTTP/rotating.corp.example\nmsDS-SupportedEncryptionTypes: 24\n",
    );
    let instance = Instance::builder();
    let keytab = instance.home().join("certs/rotating.keytab");
    let path = keytab.to_str().expect("a path").to_owned();
    lab.samba_tool(&["domain", "exportkeytab", &path, PRINCIPAL]);
    let instance = instance
        .set("KERBEROS_KEYTAB", path.as_str())
        .set("KERBEROS_ALIASES", "rotating.corp.example")
        .start();
    let login = |ccache: &Ccache| {
        let token = lab.token(ccache, "HTTP@rotating.corp.example", None);
        let header = format!("Negotiate {token}");
        instance
            .curl("/wsfed")
            .header("Authorization", &header)
            .run()
            .status
    };
    let old = lab.kinit("alice");
    assert_eq!(login(&old), 200);

    lab.samba_tool(&[
        "user",
        "setpassword",
        "svc-rotating",
        "--newpassword=R0tated-x-Passw0rd!",
    ]);
    let new = lab.kinit("alice");
    assert_eq!(login(&new), 401, "a key that is not there yet");
    // The new keys beside the old ones, as `ktutil` or `ktpass -in` put them, moved into place.
    let next = instance.home().join("certs/next.keytab");
    std::fs::copy(&keytab, &next).expect("copied");
    lab.samba_tool(&[
        "domain",
        "exportkeytab",
        next.to_str().expect("a path"),
        PRINCIPAL,
    ]);
    std::fs::rename(&next, &keytab).expect("moved");
    instance.await_event("reload.file_done", &[r#""file":"keytab""#]);
    assert_eq!(login(&old), 200, "a ticket of the old key");
    assert_eq!(login(&new), 200, "a ticket of the new key");
}

#[test]
fn a_keytab_whose_disk_is_gone_is_in_memory() {
    let instance = Instance::start();
    let alice = Lab::get().kinit("alice");
    std::fs::remove_file(instance.home().join("certs/krb5.keytab")).expect("removed");
    instance.await_event("reload.file_refused", &[r#""file":"keytab""#]);
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

/// The order that deploy/rotate.md gives for a fleet, with a tenant that takes the last registration, by
/// whichever instance.
#[test]
fn a_fleet_s_signing_key_is_rotated_without_a_token_that_is_refused() {
    let tenant = Tenant::by_address();
    let made = tempfile::TempDir::new().expect("a folder");
    run_with_input(
        Command::new(project().join("certs/make-signing.sh"))
            .arg(made.path())
            .args(["corp", "corp.example"]),
        "",
    );
    let instances: Vec<_> = (0..3)
        .map(|_| {
            Instance::builder()
                .set("PROVISIONING_TICKET", tenant.ticket())
                .set("AGENT_MODE", false)
                .start()
        })
        .collect();
    let await_registrations = |instance: &Instance, times: f64| {
        let done = r#"ad_edge_ticket_steps_total{outcome="ok"}"#;
        crate::lab::wait_until(
            Duration::from_secs(20),
            "the instance is not registered at the tenant",
            || instance.metric(done) >= Some(times),
        );
    };
    let alice = Lab::get().kinit("alice");
    let all_sign = || {
        for instance in &instances {
            let page = instance.curl("/wsfed").negotiate(&alice).run();
            tenant.verified(&Form::read(&page.body));
        }
    };
    for instance in &instances {
        await_registrations(instance, 1.0);
    }
    all_sign();

    // First: every instance registers the next one.
    let new = |file: &str| made.path().join(file);
    for instance in &instances {
        let next = instance.home().join("certs/next.pem");
        std::fs::copy(new("cert.pem"), next).expect("copied");
    }
    for instance in &instances {
        await_registrations(instance, 2.0);
    }
    // Then one after the other signs with it, and keeps the one before.
    for instance in &instances {
        let certs = instance.home().join("certs");
        std::fs::copy(certs.join("cert.pem"), certs.join("previous.pem")).expect("copied");
        for file in ["cert.key", "cert.pem"] {
            std::fs::copy(new(file), certs.join(file)).expect("copied");
        }
        instance.await_event("reload.done", &[]);
        await_registrations(instance, 3.0);
        all_sign();
    }
    // At last the old one is forgotten.
    for instance in &instances {
        for file in ["next.pem", "previous.pem"] {
            std::fs::remove_file(instance.home().join("certs").join(file)).expect("removed");
        }
    }
    for instance in &instances {
        await_registrations(instance, 4.0);
    }
    all_sign();
    let page = instances[0].curl("/wsfed").negotiate(&alice).run();
    let form = Form::read(&page.body);
    let assertion = form.assertion();
    let pem = std::fs::read_to_string(new("cert.pem")).expect("made");
    let text: String = pem
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    assert!(assertion.contains(&text), "it signs: {assertion}");
}
