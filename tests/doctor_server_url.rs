//! The doctor opens SERVER_URL as a user does, through the real `HAProxy`: it says which instances answer, and
//! what a balancer and an instance disagree about.

use std::time::Duration;

use crate::{
    doctor::{DoctorReport, doctor, healthy, known, text},
    lab::{
        Lab,
        haproxy::Haproxy,
        instance::{Builder, Instance},
        stand_in::Tenant,
        wait_until,
    },
};

const SECONDS: Duration = Duration::from_secs(20);

/// An installation whose program runs already.
fn of(instance: &Instance, tenant: &Tenant) -> Builder {
    known(running(instance, tenant))
}

/// The same without names.
fn running(instance: &Instance, tenant: &Tenant) -> Builder {
    let ops = format!("{}:{}", Lab::get().address, instance.ops_port);
    let builder = healthy(tenant).on_port(instance.port);
    builder
        .set("OPS_LISTEN", ops)
        .set("INSTANCE_NAME", instance.name())
}

fn examined(instance: &Instance, port: u16) -> DoctorReport {
    examined_as(&instance.name(), instance, port)
}

fn examined_as(name: &str, instance: &Instance, port: u16) -> DoctorReport {
    let url = format!("https://login.corp.example:{port}");
    let builder = of(instance, &Tenant::by_address());
    doctor(builder.set("INSTANCE_NAME", name).set("SERVER_URL", url))
}

/// One whose request numbers begin as no other's of these tests.
fn named(name: &str) -> Builder {
    let builder = Instance::builder().behind_proxy();
    builder.set("INSTANCE_NAME", name)
}

#[test]
fn a_fleet_that_is_right_answers_and_each_instance_is_named() {
    let instances = ["edge1", "edge2", "edge3"].map(|name| named(name).start());
    let balancer = Haproxy::start(&[&instances[0], &instances[1], &instances[2]]);
    let report = examined_as("edge1", &instances[0], balancer.port);
    report.passes("url", "url-certificate");
    report.passes("url", "url-ready");
    report.passes("ready", "ready");
    let words = text(report.passes("url", "url-instances"), "text");
    assert!(words.starts_with("3 instances answered: "), "{words}");
    assert!(words.contains("edge1 ("), "{words}");
    // The lab's addresses are loopback ones.
    report.warns("dns", "dns-loopback");
}

/// An instance without IPv6, and a name with addresses of both kinds: to an address of a group there is no way from
/// any machine.
#[test]
fn an_address_to_which_this_machine_has_no_way_is_no_failure_while_another_answers() {
    let instance = named("edge1").start();
    let balancer = Haproxy::start(&[&instance]);
    let url = format!("https://login.corp.example:{}", balancer.port);
    let names = |hosts: &str| {
        let builder = running(&instance, &Tenant::by_address())
            .set("INSTANCE_NAME", "edge1")
            .set("SERVER_URL", url.clone());
        doctor(builder.with_names(
            hosts,
            "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
        ))
    };
    let group = "ff02::1 login.corp.example\n";
    let report = names(&format!(
        "{} login.corp.example\n{group}",
        Lab::get().address
    ));
    report.passes("url", "url-ready");
    let words = text(report.warns("url", "url-elsewhere"), "text");
    assert!(words.contains("this machine has no way there"), "{words}");
    assert!(report.all("url", "url-reach").is_empty(), "{report:#?}");
    names(group).fails("url", "url-reach");
}

#[test]
fn an_instance_of_the_fleet_that_users_do_not_reach_is_named() {
    let instances = ["edge1", "edge2", "edge3"].map(|name| named(name).start());
    let addresses: Vec<_> = instances
        .iter()
        .map(|one| format!("{}:{}", one.address, one.ops_port))
        .collect();
    let examined = |balancer: &Haproxy| {
        let builder = of(&instances[0], &Tenant::by_address())
            .set("INSTANCE_NAME", "edge1")
            .set("FLEET", addresses.clone());
        let url = format!("https://login.corp.example:{}", balancer.port);
        doctor(builder.set("SERVER_URL", url))
    };
    let all = Haproxy::start(&[&instances[0], &instances[1], &instances[2]]);
    let report = examined(&all);
    report.passes("fleet", "fleet-equal");
    report.passes("fleet", "fleet-reached");
    let two = Haproxy::start(&[&instances[0], &instances[1]]);
    let report = examined(&two);
    report.passes("fleet", "fleet-equal");
    let words = text(report.warns("fleet", "fleet-reached"), "text");
    assert!(
        words.starts_with("edge3 is ready, and none of 12"),
        "{words}"
    );
}

#[test]
fn an_instance_that_the_balancer_does_not_know_is_not_among_them() {
    let (known, forgotten) = (named("edge1").start(), named("edge2").start());
    let balancer = Haproxy::start(&[&known]);
    let report = examined_as("edge2", &forgotten, balancer.port);
    let words = text(report.warns("url", "url-not-here"), "text");
    assert!(words.contains("(edge2)"), "{words}");
    assert!(report.all("url", "url-instances").len() == 1, "{report:?}");
}

#[test]
fn instances_that_are_not_ready_are_named_although_outsiders_learn_no_reason() {
    let lab = Lab::get();
    let dead = format!("ldaps://{}:{}", lab.address, lab.free_port());
    let instances = ["edge1", "edge2"].map(|name| {
        let unready = named(name).set("LDAP_URL", dead.clone());
        let instance = unready.set("INSTANCE_HEADER", false).start_alive();
        wait_until(SECONDS, "not ready", || {
            instance
                .ops("/readyz")
                .is_some_and(|(status, _)| status == 503)
        });
        instance
    });
    let balancer = Haproxy::start_on(&[instances[0].port, instances[1].port]);
    let report = examined_as("edge1", &instances[0], balancer.port);
    let words = text(report.fails("url", "url-ready"), "text");
    assert!(
        words.contains("not ready: edge1, the one with request numbers "),
        "{words}"
    );
    assert!(!words.contains("ldap"), "{words}");
}

#[test]
fn a_balancer_that_sends_a_proxy_header_which_is_refused() {
    // The instance has PROXY_PROTOCOL off, as without a balancer.
    let instance = Instance::start();
    let balancer = Haproxy::start_on(&[instance.port]);
    // One connection is nothing: it is judged from several.
    instance.await_event("balancer.mismatch", &[]);
    let report = examined(&instance, balancer.port);
    report.fails("url", "url-answer");
    let words = text(report.fails("ready", "ready"), "text");
    assert!(words.contains("set PROXY_PROTOCOL to v2"), "{words}");
}

#[test]
fn a_balancer_that_ends_tls_and_is_not_expected_to() {
    let instance = Instance::builder().behind_proxy().start();
    let balancer = Haproxy::misconfigured("terminating.cfg", &[], &instance);
    instance.await_event("balancer.mismatch", &[]);
    let report = examined(&instance, balancer.port);
    report.fails("url", "url-ready");
    report.fails("ready", "ready");
}

#[test]
fn nothing_at_the_address_is_a_warning_before_the_start_and_a_failure_after() {
    let closed = Lab::get().free_port();
    let instance = Instance::start();
    let words = |report: &DoctorReport| {
        let found = report.all("url", "url-reach");
        text(found[0], "text").to_owned()
    };
    let report = examined(&instance, closed);
    report.fails("url", "url-reach");
    assert!(words(&report).contains("connection refused"), "{report:?}");
    let url = format!("https://login.corp.example:{closed}");
    let report = doctor(known(healthy(&Tenant::by_address()).set("SERVER_URL", url)));
    report.warns("url", "url-reach");
    assert!(
        words(&report).contains("no ad-edge runs here either"),
        "{report:?}"
    );
}

#[test]
fn another_site_at_the_address() {
    let (instance, tenant) = (Instance::start(), Tenant::by_address());
    let report = examined(&instance, tenant.port);
    report.warns("url", "url-certificate");
    let words = text(report.fails("url", "url-ready"), "text");
    assert!(words.contains("is not ad-edge"), "{words}");
}
