//! Two balancers with one address, by the shipped keepalived configuration: three hosts on a switch, all
//! of them network namespaces. The instances and the load are on the switch's own host.

use std::{fs, path::Path, time::Duration};

use super::{
    fleet::{Fleet, RATE, SOON},
    namespace::Namespace,
    report::{Allowed, Outcome, Scenario},
    storm::Target,
    turn::Turn,
    users,
};
use crate::lab::{Lab, instance::Instance, process::Running, project, run_with_input, wait_until};

const SWITCH: &str = "10.98.71.1";
const SHARED: &str = "10.98.71.10";
const BALANCERS: [&str; 2] = ["10.98.71.11", "10.98.71.12"];
const PORT: u16 = 8443;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "the balancer reloads",
        did: "`kill -USR2` to HAProxy's master process, three times, as `systemctl reload haproxy` does. \
              Each time the test waits until a new worker process serves.",
        expect: "Planned work: nobody notices. The old worker finishes its connections, the new one has \
                 the port.",
        allowed_because: "As with all planned work.",
        change: "`hard-stop-after` in `haproxy/passthrough.cfg` (60 s): how long the old worker keeps its \
                 connections.",
        allowed: Allowed::failed(0),
        run: haproxy_reloads,
    },
    Scenario {
        name: "one of two balancers dies",
        did: "Two balancers share an address by `haproxy/keepalived.conf` (three network namespaces on a \
              bridge act as three hosts). `kill -9` on the HAProxy that holds the address; its host \
              and its keepalived go on.",
        expect: "Until two checks of keepalived have failed and the other balancer has the address, every \
                 connection is refused at once: some two seconds, in which nobody is signed in. A user \
                 who reloads the page then gets in.",
        allowed_because: "Five seconds of 40 logins each: the usual two, and more for a slow machine.",
        change: "`interval` and `fall` of `vrrp_script haproxy_answers`. HAProxy with `-W` under a service \
                 manager is back before that.",
        allowed: Allowed::failed(5 * RATE),
        run: haproxy_dies,
    },
    Scenario {
        name: "a whole balancer host dies",
        did: "The same two balancers. The cable of the host that holds the address is pulled (`ip link set … down`).",
        expect: "What is sent to the address is lost without a word, until the other balancer has missed \
                 three advertisements and takes the address: some two seconds. New connections wait and \
                 get through when the client's system sends again, after one and three seconds. A \
                 connection that was open ends.",
        allowed_because: "What is in flight at that moment is lost, and that is seldom more than one or \
                          two; ten leave room for a slow machine. A client that has asked and waits for \
                          the answer may never get one: storm gives up after 20 s.",
        change: "`advert_int`.",
        // A client that has sent all and waits for the answer never gets one: storm's 20 s.
        allowed: Allowed::failed(10).failed_wait(25),
        run: host_dies,
    },
];

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

    /// Its keepalived runs and waits, with both checks good.
    fn await_backup(&self) {
        for said in [
            "VRRP_Script(haproxy_answers) succeeded",
            "VRRP_Script(instances_ready) succeeded",
            "Entering BACKUP STATE",
        ] {
            self.keepalived.await_log(SOON, &[said]);
        }
    }

    fn holds_the_address(&self) -> bool {
        let mut command = self.host.command("ip");
        run_with_input(command.args(["-o", "addr", "show", "dev", "cable"]), "").contains(SHARED)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // Its child for VRRP ends with it only on SIGTERM.
        self.keepalived.end(Duration::from_secs(10));
    }
}

fn haproxy_reloads() -> Outcome {
    Fleet::start().under_load(|fleet, storm| {
        for _ in 0..3 {
            let before = fleet.balancer.worker().expect("a worker");
            fleet.balancer.process.signal("USR2");
            wait_until(SOON, "no new worker serves", || {
                fleet.balancer.worker().is_some_and(|now| now != before)
            });
            storm.await_good(RATE);
        }
    })
}

fn haproxy_dies() -> Outcome {
    first_one_goes(|balancer| balancer.haproxy.kill())
}

fn host_dies() -> Outcome {
    first_one_goes(|balancer| balancer.host.ip(&["link", "set", "cable", "down"]))
}

/// What happens to the balancer that serves; then all logins are the other one's.
fn first_one_goes(how: impl FnOnce(&mut Balancer)) -> Outcome {
    let mut switch = Namespace::new("switch");
    switch.ip(&["link", "add", "switch", "type", "bridge"]);
    switch.ip(&["addr", "add", &format!("{SWITCH}/24"), "dev", "switch"]);
    switch.ip(&["link", "set", "switch", "up"]);
    switch.bring_directory();
    let hosts = ["a", "b"].map(Namespace::new);
    for (number, host) in hosts.iter().enumerate() {
        let (port, own) = (format!("port{number}"), BALANCERS[number]);
        switch.ip(&[
            "link", "add", &port, "type", "veth", "peer", "name", "cable", "netns", &host.name,
        ]);
        switch.ip(&["link", "set", &port, "master", "switch", "up"]);
        host.ip(&["addr", "add", &format!("{own}/24"), "dev", "cable"]);
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
    // Before the second one comes: it keeps an address that it has for a while (`preempt_delay`).
    wait_until(SOON * 2, "the first one does not take the address", || {
        first.holds_the_address()
    });
    let second = Balancer::start(b, 1, &instances);
    second.await_backup();
    assert!(first.holds_the_address() && !second.holds_the_address());
    let target = Target {
        host: Some(&switch),
        address: &format!("{SHARED}:{PORT}"),
        caches: &users::caches(),
    };
    target.warm_up();
    let turn = Turn::take();
    let summary = target.storm(&turn, RATE).through(|_| {
        how(&mut first);
        wait_until(SOON, "the other one does not take the address", || {
            second.holds_the_address()
        });
    });
    drop(turn);
    assert!(summary.longest_gap_ms > 500.0, "nobody noticed");
    let ends = instances.iter().flat_map(Instance::ends).count();
    Outcome::new(summary, ends)
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
