//! The commands of the documents are run word for word, on a machine that differs from this one in what
//! they change: `/etc`, `/usr/bin` and `/var/lib` are its own.
//!
//! What is replaced in them, since the lab is not the world: the tenant `https://acme.eu.auth0.com` is its
//! stand-in, and the balancer's address `192.0.2.10` in `config.json` that from which the lab's balancer connects. The
//! names of the domain are in the machine's hosts file (dc2 is a controller that cannot be used), ports come
//! by the environment of the service.

mod desk;
mod left_out;
#[path = "../documents/markdown.rs"]
mod markdown;

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::json;

use self::desk::{Desk, LIMIT};
use crate::lab::{
    Lab, browser::Browser, curl::Curl, haproxy::Haproxy, page::Form, stand_in::Tenant, wait_for,
    wait_until,
};

/// A Kerberos login through the balancer; gives the token's page as the tenant gets it.
fn login(balancer: &Haproxy) -> Form {
    let page = balancer
        .curl("/wsfed")
        .negotiate(&Lab::get().kinit("alice"))
        .run();
    assert_eq!(page.status, 200, "{}", page.body);
    Form::read(&page.body)
}

/// From an empty machine to logins, and then every key and certificate replaced while it serves.
#[test]
fn the_production_start_serves_and_its_keys_are_replaced() {
    let lab = Lab::get();
    let mut desk = Desk::new();
    for (machine, text) in desk.steps("README.md") {
        if machine == "edge1" && !text.contains("ad-edge doctor") {
            desk.run(&machine, &text);
        }
    }
    let service = desk.serve("edge1");
    let balancer = Haproxy::start_on(&[service.port]);
    balancer.await_up(1);
    let first = login(&balancer);
    desk.tenant.verified(&first);
    desk.tenant.await_agents(1);
    let (_, answer) = desk.tenant.ask(
        "authenticate_user",
        &json!({"username": "alice", "password": lab.password}),
    );
    assert!(answer["profile"].is_object(), "{answer}");

    // A mapper, so that its metric has something to count.
    desk.run(
        "edge1",
        "install -d -o ad-edge -g ad-edge /var/lib/ad-edge/lib\n\
         echo 'module.exports = raw => ({ id: raw.objectGUID })' >/var/lib/ad-edge/lib/profileMapper.js",
    );
    let await_registrations = |times| {
        wait_until(
            LIMIT,
            "the instance is not registered at the tenant",
            || service.registrations() >= times,
        );
    };
    await_registrations(1);
    desk.follow_and("deploy/rotate.md", |block| {
        // Every instance has registered the new one, and reads the password anew.
        if block.contains("new/cert.key") {
            await_registrations(2);
            service.process.signal("HUP");
            service.process.await_event(LIMIT, "reload.done", &[]);
        }
        // Every instance signs with the new one.
        if block.contains("rm ") {
            await_registrations(3);
        }
    });
    await_registrations(4);
    let new = fs::read_to_string(desk.work().join("new/cert.pem")).expect("made");
    let new: String = new
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    wait_until(LIMIT, "no token of the new key", || {
        login(&balancer).assertion().contains(&new)
    });
    assert!(!first.assertion().contains(&new));
    wait_for(LIMIT, "the tenant does not accept the new key", || {
        let answer = desk.tenant.post(&login(&balancer));
        answer.body.contains("\"verified\":true").then_some(())
    });
    // A client without a PROXY header, so that its metric has something to count.
    let direct = Curl::new("login.corp.example", service.port, "/wsfed").try_run();
    assert!(direct.is_err(), "{direct:?}");
    every_metric_is_in_the_scrape(&service.metrics());
}

/// From an empty machine to three instances behind the balancer, as README says it and nothing else; then the
/// doctor says how it is, and a browser is signed in.
#[test]
fn the_production_start_is_a_fleet_behind_its_balancer() {
    let lab = Lab::get();
    let mut desk = Desk::new();
    let machines = ["edge1", "edge2", "edge3"];
    for (at, machine) in ["192.0.2.21", "192.0.2.22", "192.0.2.23"]
        .iter()
        .zip(machines)
    {
        let address = desk.service_address(machine);
        desk.replace(at, &address);
    }
    let mut running = Vec::new();
    let mut balancer = None;
    for (machine, text) in desk.steps("README.md") {
        if text.contains("ad-edge doctor") {
            let doctor = |desk: &mut Desk, machine: &str| desk.run_beside_service(machine, &text).1;
            let told = |said: &str, words: &str| assert!(said.contains(words), "{words}: {said}");
            told(&doctor(&mut desk, "edge1"), "no ad-edge runs here either");
            running.extend(["edge1", "edge2"].map(|machine| desk.serve(machine)));
            let said = doctor(&mut desk, "edge1");
            told(&said, "no balancer serves there: start it");
            assert!(
                failures(&said)
                    .iter()
                    .any(|line| line.contains("SERVER_URL at")),
                "{said}"
            );
            desk.run("balancer", "cp /etc/haproxy/haproxy.cfg balancer.cfg");
            let printed = fs::read_to_string(desk.work().join("balancer.cfg"));
            let third_later = Haproxy::printed(&printed.expect("written"), 2);
            let said = doctor(&mut desk, "edge3");
            told(
                &said,
                "no ad-edge runs here: what answers at SERVER_URL is elsewhere",
            );
            let fleet = machines.map(|machine| desk.ops_address(machine)).join(",");
            let ask = format!("FLEET={fleet} ad-edge fleet --home /var/lib/ad-edge");
            let (equal, said) = desk.run_beside_service("edge1", &ask);
            assert!(!equal, "{said}");
            told(
                &said,
                &format!(
                    "FAIL  {} does not tell how it is",
                    desk.ops_address("edge3")
                ),
            );
            running.push(desk.serve("edge3"));
            third_later.await_up(machines.len());
            balancer = Some(third_later);
            let (equal, said) = desk.run_beside_service("edge1", &ask);
            assert!(equal, "{said}");
            let (_, said) = desk.run_beside_service(&machine, &text);
            assert!(
                said.contains("SERVER_URL is ready (12 of 12 connections)"),
                "{said}"
            );
            assert!(said.contains("3 instances answered: "), "{said}");
            assert!(
                said.contains("the ad-edge that runs here is ready"),
                "{said}"
            );
            assert!(failures(&said).is_empty(), "{said}");
        } else {
            desk.run(&machine, &text);
        }
    }
    let balancer = balancer.expect("the doctor is in README");
    desk.tenant.verified(&login(&balancer));
    let browser = Browser::new().with_ticket(lab.kinit("alice"));
    let url = format!("https://login.corp.example:{}/wsfed", balancer.port);
    let page = browser.open(&url, &json!([{ "wait": "Alice Smith" }]));
    assert!(page.url.contains("/login/callback"), "{page:?}");
    desk.run("edge1", "sed -i 's/ login.corp.example//' /etc/hosts");
    let without_name = "ad-edge doctor --home /var/lib/ad-edge";
    let (_, said) = desk.run_beside_service("edge1", without_name);
    let name = "login.corp.example, the host of SERVER_URL, is not found";
    assert!(
        failures(&said).iter().any(|line| line.contains(name)),
        "{said}"
    );
}

/// What the doctor found wrong, beside the controller that cannot be used.
fn failures(said: &str) -> Vec<&str> {
    let wrong = said.lines().filter(|line| line.starts_with("FAIL"));
    wrong.filter(|line| !line.contains("dc2")).collect()
}

fn every_metric_is_in_the_scrape(page: &str) {
    let there: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut named = 0;
    for document in markdown::all() {
        let words = document
            .text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        for word in words.filter(|word| word.starts_with("ad_edge_")) {
            assert!(
                there.contains(word),
                "{}: {word} is none of {there:?}",
                document.path
            );
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
}

/// Set-up by options, the doctor, and a second server by export and import, which serves.
#[test]
fn a_second_server_serves_what_the_first_exports() {
    let mut desk = Desk::new();
    desk.follow("deploy/README.md");
    let said = fs::read_to_string(desk.work().join("doctor.json")).expect("its findings");
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(
        said["findings"]
            .as_array()
            .is_some_and(|all| all.len() > 10),
        "{said:#}"
    );
    let service = desk.serve("edge2");
    let alice = Lab::get().kinit("alice");
    let page = Curl::new("login.corp.example", service.port, "/wsfed")
        .negotiate(&alice)
        .run();
    desk.tenant.verified(&Form::read(&page.body));
}

#[test]
fn an_installation_of_the_legacy_connector_is_migrated() {
    let lab = Lab::get();
    let mut desk = Desk::new();
    let old = desk.work().join("ad-ldap-connector");
    let config = json!({
        "AD_HUB": desk.tenant.hub(), "CONNECTION": "corp", "REALM": "urn:auth0:corp",
        "urn:auth0:corp": "https://tenant.corp.example:9443/login/callback",
        "TENANT_SIGNING_KEY": Tenant::signing_key(), "SERVER_URL": "http://old:4000",
        "KERBEROS_AUTH": true, "LDAP_URL": "ldaps://dc1.corp.example", "LDAP_BASE": "DC=corp,DC=example",
        "LDAP_BIND_USER": "svc-ldap@corp.example", "LDAP_BIND_PASSWORD": lab.password,
        "SSL_CA_FILE": "certs/ca.pem", "SESSION_SECRET": "x",
    });
    desk.run(
        "edge1",
        "certs/make-signing.sh ad-ldap-connector/certs corp corp.example\n\
         install -m 755 target/release/ad-edge /usr/bin/ad-edge\n\
         useradd --system ad-edge\n\
         install -d -m 700 -o ad-edge -g ad-edge /var/lib/ad-edge",
    );
    // Its roots are those of the folder's own file here.
    fs::copy(lab.ca(), old.join("certs/ca.pem")).expect("copied");
    fs::write(old.join("config.json"), config.to_string()).expect("written");
    desk.follow("deploy/migrate.md");
    let service = desk.serve("edge1");
    let alice = lab.kinit("alice");
    let page = Curl::new("login.corp.example", service.port, "/wsfed")
        .negotiate(&alice)
        .run();
    assert_eq!(page.status, 200, "{}", page.body);
    let form = Form::read(&page.body);
    let signer = fs::read_to_string(old.join("certs/cert.pem")).expect("its certificate");
    let signer: String = signer
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    assert!(
        form.assertion().contains(&signer),
        "the tenant notices no difference"
    );
}

#[test]
fn certificates_for_a_trial_are_made_and_those_of_windows_converted() {
    let mut desk = Desk::new();
    // What certutil gives: in DER.
    desk.run(
        "edge1",
        "openssl x509 -in ca.pem -outform der -out issuing.cer",
    );
    desk.follow("certs/README.md");
    for (file, holds) in [
        ("client-ca.pem", "BEGIN CERTIFICATE"),
        ("home/certs/tls.pem", "BEGIN CERTIFICATE"),
        ("home/certs/tls.key", "PRIVATE KEY"),
        ("home/certs/cert.key", "PRIVATE KEY"),
    ] {
        let text = fs::read_to_string(desk.work().join(file)).expect("made");
        assert!(text.contains(holds), "{file}");
    }
    assert!(Path::new(&desk.work()).join("alice.p12").exists());
}

#[test]
fn the_balancer_s_configuration_is_checked() {
    Desk::new().follow("haproxy/README.md");
}
