//! Two balancers with one address, by the shipped keepalived configuration: three hosts on a switch, all
//! of them network namespaces. The instances and the load are on the switch's own host.

use std::{fs, path::Path, process::Command, time::Duration};

use super::{fleet::Fleet, namespace::Namespace, report::Outcome, storm::Storm};
use crate::lab::{
    Ccache, Lab, instance::Instance, process::Running, project, run_with_input, wait_until,
};

const SWITCH: &str = "10.98.71.1";
const SHARED: &str = "10.98.71.10";
const BALANCERS: [&str; 2] = ["10.98.71.11", "10.98.71.12"];
const PORT: u16 = 8443;

struct Balancer {
    haproxy: Running,
    keepalived: Running,
    host: Namespace,
}

impl Balancer {
    fn start(host: Namespace, number: usize, instances: &[Instance]) -> Self {
        let lab = Lab::get();
        let mut haproxy = host.command("haproxy");
        haproxy
            .args(["-db", "-f"])
            .arg(project().join("haproxy/passthrough.cfg"))
            .env("LOGIN_BIND", format!("*:{PORT}"))
            .env("LOGIN_HOST", "login.corp.example")
            .env("LOGIN_CA_FILE", lab.ca())
            .env("METRICS_BIND", "127.0.0.1:8405");
        for (number, instance) in instances.iter().enumerate() {
            haproxy.env(
                format!("EDGE_{}", number + 1),
                format!("{SWITCH}:{}", instance.port),
            );
        }
        let haproxy = Running::start(&mut haproxy, &host.file("haproxy.log"));
        let shipped =
            fs::read_to_string(project().join("haproxy/keepalived.conf")).expect("shipped");
        let config = shipped
            .replace("192.0.2.10/24", &format!("{SHARED}/24"))
            .replace("$INTERFACE=eth0", "$INTERFACE=cable")
            .replace("192.0.2.11", BALANCERS[number])
            .replace("192.0.2.12", BALANCERS[1 - number])
            .replace("$PRIORITY=110", &format!("$PRIORITY={}", 110 - 10 * number));
        let file = host.file("keepalived.conf");
        fs::write(&file, config).expect("written");
        check(&host, &file);
        let mut keepalived = host.command("keepalived");
        keepalived
            .args(["--dont-fork", "--log-console", "--vrrp", "-f"])
            .arg(&file);
        for (option, name) in [("-p", "pid"), ("-r", "vrrp.pid"), ("-c", "checkers.pid")] {
            keepalived.arg(option).arg(host.file(name));
        }
        let keepalived = Running::start(&mut keepalived, &host.file("keepalived.log"));
        Self {
            haproxy,
            keepalived,
            host,
        }
    }

    fn holds_the_address(&self) -> bool {
        let mut command = self.host.command("ip");
        run_with_input(command.args(["-o", "addr", "show", "dev", "cable"]), "").contains(SHARED)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // Its child for VRRP ends with it only when it is told to end.
        self.keepalived.signal("TERM");
        self.keepalived.wait_exit(Duration::from_secs(10));
    }
}

/// A balancer's HAProxy dies under load; then the load's second half is the other one's.
pub fn one_dies() -> Outcome {
    let mut switch = Namespace::new("-s");
    switch.ip(&["link", "add", "switch", "type", "bridge"]);
    switch.ip(&["addr", "add", &format!("{SWITCH}/24"), "dev", "switch"]);
    switch.ip(&["link", "set", "switch", "up"]);
    switch.bring_directory();
    let hosts = ["-a", "-b"].map(Namespace::new);
    for (number, host) in hosts.iter().enumerate() {
        let port = format!("port{number}");
        switch.ip(&[
            "link", "add", &port, "type", "veth", "peer", "name", "cable", "netns", &host.name,
        ]);
        switch.ip(&["link", "set", &port, "master", "switch", "up"]);
        host.ip(&[
            "addr",
            "add",
            &format!("{}/24", BALANCERS[number]),
            "dev",
            "cable",
        ]);
        host.ip(&["link", "set", "cable", "up"]);
    }
    let instances: Vec<_> = (0..3)
        .map(|_| {
            Fleet::builder()
                .set("TRUSTED_PROXIES", serde_json::json!(["10.98.71.0/24"]))
                .env("PROXY_PROTOCOL", "v2")
                .at(SWITCH)
                .managed(false)
                .under(&["ip", "netns", "exec", &switch.name])
                .probed_in(&switch.name)
                .start()
        })
        .collect();
    let [a, b] = hosts;
    let mut first = Balancer::start(a, 0, &instances);
    let second = Balancer::start(b, 1, &instances);
    wait_until(Duration::from_secs(20), "nobody takes the address", || {
        first.holds_the_address()
    });
    assert!(!second.holds_the_address(), "one holds it");

    let ticket = service_ticket();
    let storm = Storm::start_in(&switch, &format!("{SHARED}:{PORT}"), 40, 14, ticket);
    let served = || {
        let name = r#"ad_edge_logins_total{method="kerberos",outcome="success",reason=""}"#;
        instances
            .iter()
            .filter_map(|instance| instance.metric(name))
            .sum::<f64>()
    };
    wait_until(Duration::from_secs(20), "the load does not begin", || {
        served() > 60.0
    });
    first.haproxy.kill();
    wait_until(Duration::from_secs(10), "the address stays", || {
        second.holds_the_address()
    });
    let before = served();
    wait_until(
        Duration::from_secs(10),
        "no logins by the other one",
        || served() > before + 60.0,
    );
    let summary = storm.finish();
    let ends = instances.iter().flat_map(Instance::ends).count();
    Outcome {
        summary,
        exits: ends,
    }
}

/// keepalived's own check, which writes what is wrong; version 2.2.7 ends it by a signal to itself, so
/// its status tells nothing.
fn check(host: &Namespace, config: &Path) {
    let said = host.file("check.log");
    let mut command = host.command("keepalived");
    command
        .arg(format!("--config-test={}", said.display()))
        .arg("-f")
        .arg(config);
    command.output().expect("keepalived");
    let said = fs::read_to_string(&said).expect("keepalived's words");
    assert_eq!(said, "", "the shipped configuration");
}

/// A ticket for the service, since there is no KDC where the load is.
fn service_ticket() -> Ccache {
    let lab = Lab::get();
    let ticket = lab.kinit("alice");
    let mut kvno = Command::new("kvno");
    kvno.env("KRB5_CONFIG", lab.krb5_conf()).args([
        "-c",
        &ticket.name(),
        "HTTP/login.corp.example",
    ]);
    run_with_input(&mut kvno, "");
    ticket
}
