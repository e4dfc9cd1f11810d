//! What a set-up says of the balancers in front, and the configuration that it prints for them, run by the real
//! `HAProxy`.

use std::process::Command;

use tempfile::TempDir;

use crate::lab::{
    Lab,
    haproxy::Haproxy,
    instance::Instance,
    page::Form,
    set_up::{command, config, refused, works},
    stand_in::Tenant,
};

#[test]
fn options_name_the_balancers_and_where_tls_ends() {
    let (tenant, home) = (Tenant::by_address(), TempDir::new().expect("a folder"));
    let set_up = |changes: &[(&str, &str)]| command(home.path(), &tenant, changes);
    let said = works(&mut set_up(&[]));
    assert!(
        said.contains("(TRUSTED_PROXIES, PROXY_PROTOCOL): none"),
        "{said}"
    );
    let said = works(&mut set_up(&[
        ("--balancer-address", "192.0.2.10,192.0.2.0/28"),
        ("--tls-ends", "balancer"),
    ]));
    assert!(said.contains("setup --balancer haproxy --home"), "{said}");
    let saved = config(home.path());
    assert_eq!(saved["PROXY_PROTOCOL"], "v2");
    assert_eq!(
        saved["TRUSTED_PROXIES"],
        serde_json::json!(["192.0.2.10", "192.0.2.0/28"])
    );
    assert_eq!(saved["TLS_TERMINATION"], "proxy");
    // What is there stays.
    works(&mut set_up(&[]));
    let again = config(home.path());
    for key in ["PROXY_PROTOCOL", "TRUSTED_PROXIES", "TLS_TERMINATION"] {
        assert_eq!(again[key], saved[key], "{key}");
    }
    works(&mut set_up(&[
        ("--balancer-address", "none"),
        ("--tls-ends", "here"),
    ]));
    let saved = config(home.path());
    assert_eq!(saved["PROXY_PROTOCOL"], "off");
    assert_eq!(saved["TLS_TERMINATION"], "here");
    refused(
        &mut set_up(&[("--balancer-address", "the balancer")]),
        &[
            "\"the balancer\" is not an address range",
            "TRUSTED_PROXIES",
        ],
    );
}

/// The configuration that is printed for these instances, and what is said beside it.
fn printed(home: &std::path::Path, instances: &[&Instance]) -> (String, String) {
    let lab = Lab::get();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    command
        .args(["setup", "--balancer", "haproxy", "--home"])
        .arg(home);
    for instance in instances {
        command
            .arg("--instance")
            .arg(format!("{}:{}", lab.address, instance.port));
    }
    let output = command.output().expect("ad-edge");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_printed_configuration_signs_a_user_in() {
    let builder = || {
        Instance::builder()
            .behind_proxy()
            .set("INSTANCE_HEADER", true)
    };
    let (first, second) = (builder().start(), builder().start());
    let (text, said) = printed(&first.home(), &[&first, &second]);
    assert!(said.is_empty(), "{said}");
    // The lab's CA is its own.
    assert!(
        text.contains("#   /etc/haproxy/login-ca.pem: the CA that issued"),
        "{text}"
    );
    assert!(!text.contains("${"), "{text}");
    let balancer = Haproxy::printed_everywhere(&text, 2);
    let mut names: Vec<String> = Vec::new();
    let ticket = Lab::get().kinit("alice");
    // By both families, and the instances see each client's own address.
    for address in ["::1", &Lab::get().address] {
        let host = if address.contains(':') {
            format!("[{address}]")
        } else {
            address.to_owned()
        };
        let to = format!("::{host}:{}", balancer.port);
        let request = balancer.curl("/wsfed").negotiate(&ticket);
        let page = request.arg("--connect-to").arg(&to).run();
        assert_eq!(page.status, 200, "{}", page.body);
        Form::read(&page.body);
        let name = page.header("x-ad-edge-instance").expect("a name");
        let instance = if name == first.name() {
            &first
        } else {
            &second
        };
        let client = if address.contains(':') {
            r#""client":"::1"#
        } else {
            r#""client":"127."#
        };
        instance.await_event("login.accepted", &[client]);
        names.push(name.to_owned());
    }
    names.sort();
    let mut expected = [first.name(), second.name()];
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn an_installation_that_expects_no_balancer_is_warned_and_an_address_is_checked() {
    let home = TempDir::new().expect("a folder");
    let config = serde_json::json!({
        "SERVER_URL": "https://login.corp.example",
        "LDAP_URL": "ldaps://dc1.corp.example",
        "LDAP_BASE": "DC=corp,DC=example",
        "ANONYMOUS_SEARCH_ENABLED": true,
    });
    std::fs::write(home.path().join("config.json"), config.to_string()).expect("written");
    let (text, said) = printed(home.path(), &[]);
    assert!(said.contains("only this host is in it"), "{said}");
    assert!(said.contains("--balancer-address ADDRESS"), "{said}");
    assert_eq!(text.matches("    server ").count(), 2, "{text}");
    let mut wrong = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
    wrong.args([
        "setup",
        "--balancer",
        "haproxy",
        "--instance",
        "https://edge1",
    ]);
    wrong.arg("--home").arg(home.path());
    refused(
        &mut wrong,
        &["\"https://edge1\" is no address of an instance"],
    );
}
