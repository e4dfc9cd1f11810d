//! What operators see: metrics that Prometheus takes, and readiness.

use std::process::Command;

use crate::lab::{Lab, instance::Instance, project, run_with_input};

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    let instance = Instance::start();
    let response = instance
        .curl("/wsfed")
        .negotiate(&Lab::get().kinit("alice"))
        .run();
    assert_eq!(response.status, 200);
    let (status, page) = instance.ops("/metrics").expect("the metrics");
    assert_eq!(status, 200);
    run_with_input(Command::new("promtool").args(["check", "metrics"]), &page);
    for metric in [
        r#"ad_edge_logins_total{method="kerberos",outcome="success",reason=""} 1"#,
        "ad_edge_ready 1",
        r#"ad_edge_login_stage_seconds_count{stage="gss"} 1"#,
        r#"ad_edge_certificate_expiry_seconds{use="tls"}"#,
        r#"ad_edge_configuration_info{digest=""#,
    ] {
        assert!(page.contains(metric), "{metric}\n{page}");
    }
}

#[test]
fn alerts_fire_when_they_should() {
    let promtool = |arguments: [&str; 2], file: &str| {
        let mut command = Command::new("promtool");
        command.args(arguments).arg(project().join(file));
        run_with_input(&mut command, "");
    };
    promtool(["check", "rules"], "deploy/alerts.yml");
    promtool(["test", "rules"], "tests/prometheus/alerts.test.yml");
}

#[test]
fn every_instance_answers_under_its_name() {
    let instance = Instance::start();
    let response = instance.curl("/healthz").run();
    assert_eq!(response.body, "ok\n");
    assert_eq!(
        response.header("x-ad-edge-instance"),
        Some(instance.name().as_str())
    );
    let silent = Instance::builder().set("INSTANCE_HEADER", false).start();
    assert_eq!(
        silent.curl("/healthz").run().header("x-ad-edge-instance"),
        None
    );
}
