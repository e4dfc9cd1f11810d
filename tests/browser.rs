//! A real browser signs its user in: a fresh Chromium profile with a ticket, through the balancer, to
//! the tenant's page.

use std::{fs, process::Command};

use crate::lab::{Lab, haproxy::Haproxy, instance::Instance, run_with_input, stand_in::Tenant};

#[test]
fn a_fresh_chromium_profile_is_signed_in_without_a_click() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let callback = format!("{}/login/callback", tenant.url());
    let instances: Vec<_> = (0..3)
        .map(|_| {
            let builder = Instance::builder().set("urn:auth0:corp", callback.as_str());
            builder.behind_proxy().start()
        })
        .collect();
    let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
    let alice = lab.kinit("alice");

    let home = tempfile::TempDir::new().expect("a folder");
    let nss = home.path().join(".pki/nssdb");
    fs::create_dir_all(&nss).expect("a folder");
    let database = format!("sql:{}", nss.display());
    let certutil = |arguments: &[&str]| {
        run_with_input(
            Command::new("certutil")
                .args(["-d", &database])
                .args(arguments),
            "",
        );
    };
    certutil(&["-N", "--empty-password"]);
    let ca = lab.ca();
    certutil(&[
        "-A",
        "-t",
        "C,,",
        "-n",
        "lab",
        "-i",
        ca.to_str().expect("a path"),
    ]);
    let hosts = home.path().join("hosts");
    fs::write(
        &hosts,
        format!("{} login.corp.example tenant.corp.example\n", lab.address),
    )
    .expect("written");

    // Chromium asks for a ticket for the canonical name, so it needs a hosts file, which only it sees.
    let script = r#"mount --bind "$1" /etc/hosts && shift && exec "$@""#;
    let dom = run_with_input(
        Command::new("timeout")
            .args(["60", "unshare", "--mount", "sh", "-c", script, "sh"])
            .arg(&hosts)
            .args([
                "chromium",
                "--headless",
                "--no-sandbox",
                "--no-first-run",
                "--disable-gpu",
            ])
            .args([
                "--disable-quic",
                "--disable-background-networking",
                "--disable-sync",
            ])
            .args([
                "--disable-component-update",
                "--timeout=10000",
                "--dump-dom",
            ])
            .arg(format!(
                "--user-data-dir={}",
                home.path().join("profile").display()
            ))
            .arg("--auth-server-allowlist=*.corp.example")
            .arg(format!(
                "https://login.corp.example:{}/wsfed?wctx=b",
                balancer.port
            ))
            .env("HOME", home.path())
            .env("KRB5_CONFIG", lab.krb5_conf())
            .env("KRB5CCNAME", alice.name()),
        "",
    );
    assert!(dom.contains("Alice Smith"), "not signed in:\n{dom}");
    let retried = instances
        .iter()
        .any(|i| i.metric("ad_edge_challenges_total") > Some(0.0));
    assert!(retried, "the first request was challenged");
}
