//! A TLS session opened on one instance resumes on any other, and after a restart: the instances share
//! nothing but their home folder.

use std::process::Command;

use crate::lab::{Lab, haproxy::Haproxy, instance::Instance, project, run_with_input};

/// How many of `count` reconnects resumed.
fn resumed(port: u16, count: u32) -> u32 {
    let lab = Lab::get();
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(project().join("tests/lab/resume.py"))
        .arg(&lab.address)
        .arg(port.to_string())
        .arg(lab.ca())
        .arg(count.to_string());
    run_with_input(&mut command, "")
        .trim()
        .parse()
        .expect("a number")
}

#[test]
fn through_round_robin_nearly_every_reconnect_resumes() {
    const RECONNECTS: u32 = 60;
    let start = || Instance::builder().behind_proxy().start();
    let mut instances = [start(), start(), start()];
    let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
    let times = resumed(balancer.port, RECONNECTS);
    assert!(times * 100 >= RECONNECTS * 95, "{times} of {RECONNECTS}");
    let kept = r#"ad_edge_handshakes_total{kind="resumed"}"#;
    for instance in &instances {
        assert!(
            instance.metric(kept) > Some(10.0),
            "each has resumed others' sessions"
        );
    }
    // The process is new, the home folder is not.
    let port = instances[0].port;
    instances[0].process.kill();
    let _again = Instance::builder().on_port(port).behind_proxy().start();
    balancer.await_up(3);
    let times = resumed(balancer.port, RECONNECTS);
    assert!(
        times * 100 >= RECONNECTS * 95,
        "{times} of {RECONNECTS} after a restart"
    );
}
