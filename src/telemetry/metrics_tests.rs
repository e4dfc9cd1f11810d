//! Metrics register, render, and show one configuration.

use super::*;

#[test]
fn one_configuration_is_shown_the_last() {
    let metrics = Metrics::new();
    for digest in ["one", "two", "two"] {
        metrics.show_configuration(digest);
    }
    let text = metrics.render().expect("renders");
    let shown: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("ad_edge_configuration_info"))
        .collect();
    assert_eq!(shown, [r#"ad_edge_configuration_info{digest="two"} 1"#]);
}

#[test]
fn metrics_register_and_render() {
    let metrics = Metrics::new();
    metrics
        .logins
        .with_label_values(&["kerberos", "success", ""])
        .inc();
    metrics.stage("sign", Duration::from_micros(250));
    let text = metrics.render().expect("renders");
    assert!(
        text.contains(r#"ad_edge_logins_total{method="kerberos",outcome="success",reason=""} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"ad_edge_login_stage_seconds_count{stage="sign"} 1"#),
        "{text}"
    );
    assert!(text.contains("ad_edge_build_info{"), "{text}");
}
