//! The directory's servers by SRV records, asked of a real DNS server.

use std::{process::Command, time::Duration};

use tempfile::TempDir;

use crate::lab::{Lab, instance::Instance, process::Running, wait_until};

/// dnsmasq with the records of the lab's domain.
pub fn name_server(port: u16, folder: &TempDir) -> Running {
    let lab = Lab::get();
    let mut command = Command::new("/usr/sbin/dnsmasq");
    command
        .args([
            "--no-daemon",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
        ])
        .args(["--bind-interfaces", "--user=root", "--pid-file="])
        .arg(format!("--listen-address={}", lab.address))
        .arg(format!("--port={port}"))
        .arg("--srv-host=_ldap._tcp.corp.example,gone.corp.example,389,0,100")
        .arg("--srv-host=_ldap._tcp.corp.example,dc1.corp.example,389,10,100")
        .arg(format!("--host-record=dc1.corp.example,{}", lab.address))
        // Nobody listens there.
        .arg("--host-record=gone.corp.example,127.0.87.251");
    Running::start(&mut command, &folder.path().join("log"))
}

#[test]
fn servers_come_from_dns_whenever_it_answers() {
    let (lab, folder) = (Lab::get(), TempDir::new().expect("a folder"));
    let port = lab.free_port();
    let instance = Instance::builder()
        .set("LDAP_URL", "srv:corp.example")
        .set("LDAP_SRV_NAMESERVERS", format!("{}:{port}", lab.address))
        .start_alive();
    wait_until(
        Duration::from_secs(20),
        "not ready, with the reason",
        || {
            instance.ops("/readyz").is_some_and(|(status, body)| {
                status == 503 && body.contains("_ldap._tcp.corp.example")
            })
        },
    );
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 503);

    let _dns = name_server(port, &folder);
    wait_until(Duration::from_secs(15), "not ready with DNS", || {
        instance
            .ops("/readyz")
            .is_some_and(|(status, _)| status == 200)
    });
    let response = instance.curl("/wsfed").negotiate(&alice).run();
    assert_eq!(response.status, 200, "{}", response.body);
    // By LDAPS, since LDAP_STARTTLS is off, and under the name that its certificate holds.
    let up = |server: &str| {
        instance.metric(&format!(
            "ad_edge_directory_up{{server=\"ldaps://{server}:636\"}}"
        ))
    };
    assert_eq!(up("dc1.corp.example"), Some(1.0));
    assert_eq!(up("gone.corp.example"), Some(0.0));
}

#[test]
fn starttls_takes_the_records_port() {
    let (lab, folder) = (Lab::get(), TempDir::new().expect("a folder"));
    let port = lab.free_port();
    let _dns = name_server(port, &folder);
    let instance = Instance::builder()
        .set("LDAP_URL", "srv:corp.example")
        .set("LDAP_STARTTLS", true)
        .set("LDAP_SRV_NAMESERVERS", format!("{}:{port}", lab.address))
        .start();
    let up = "ad_edge_directory_up{server=\"ldap://dc1.corp.example:389\"}";
    assert_eq!(instance.metric(up), Some(1.0));
}
