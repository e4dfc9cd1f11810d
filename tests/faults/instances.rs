//! What happens to an instance, or to the host that it is on.

use std::{fs, process::Command, time::Duration};

use serde_json::json;
use tempfile::TempDir;

use super::{
    fleet::{Fleet, RATE, SOON, pause},
    namespace::FarHost,
    report::{Allowed, Outcome, Scenario},
    tls,
};
use crate::lab::{Lab, instance::Instance, project, run_with_input, wait_until};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "one instance is ended by SIGTERM",
        did: "`kill -TERM` on one instance. It drains and ends; the service manager starts it again. The \
              test waits until it has ended with exit code 0, is ready again and makes logins.",
        expect: "Planned work: nobody notices. The instance answers 404 at `/readyz`, so the balancer \
                 sends nobody any more; what is in flight ends; then the port closes.",
        allowed_because: "As with all planned work.",
        change: "`DRAIN_SECONDS`: it must be longer than two of the balancer's checks.",
        allowed: Allowed::failed(0),
        run: sigterm,
    },
    Scenario {
        name: "rolling restart of all three",
        did: "`deploy/rolling-restart.sh edge1=http://…/readyz edge2=… edge3=… -- COMMAND`, as for an \
              update. Each instance must end once, when asked, with exit code 0.",
        expect: "Planned work: nobody notices. One after the other is restarted, each only while the \
                 others are ready.",
        allowed_because: "As with all planned work.",
        change: "`SETTLE` and `READY_LIMIT` of the script.",
        allowed: Allowed::failed(0),
        run: rolling_restart,
    },
    Scenario {
        name: "reload of every instance (SIGHUP)",
        did: "Three rounds on each instance. First a changed `config.json` and `kill -HUP`; then twice a \
              changed `config.json`, a new key and certificate in `certs/`, and `kill -HUP`. After each \
              round the log must say once more that the new configuration is in use, and the port must \
              show the certificate that belongs to the round.",
        expect: "Planned work: no login fails, for a reload ends no connection. A changed configuration \
                 begins with an empty cache of groups, so each user's next login takes a search longer; \
                 the lab's small controller shows that, when ten users come at once.",
        allowed_because: "As with all planned work.",
        change: "Nothing to set.",
        allowed: Allowed::failed(0),
        run: reload,
    },
    Scenario {
        name: "one instance is killed (SIGKILL)",
        did: "`kill -9` on one instance. The service manager starts it again after a second. The test \
              waits until it is ready again and makes logins.",
        expect: "The logins in flight on it are lost; at 40 logins a second of a few milliseconds that is \
                 often none. Every new connection is refused there and goes to the next instance at once.",
        allowed_because: "A handful in flight, on a machine that is slow at that moment.",
        change: "`RestartSec` of the service; it shortens the time with one instance less, no more.",
        allowed: Allowed::failed(5),
        run: sigkill,
    },
    Scenario {
        name: "one instance hangs (SIGSTOP)",
        did: "`kill -STOP` on one instance. Four seconds after the balancer has found it dead, \
              `kill -CONT`. The test waits until it is ready again and makes logins.",
        expect: "The kernel goes on accepting connections for a process that hangs. So it gets its third \
                 of the logins until two of the balancer's checks have failed, some two and a half \
                 seconds. Then those connections are cut, and their users reload the page. A balancer \
                 that passes TLS through cannot do better: it has given these logins away.",
        allowed_because: "A third of 40 logins a second, for up to four and a half seconds.",
        change: "`inter`, `fastinter`, `fall` and `timeout check` in `haproxy/passthrough.cfg`. Shorter \
                 ones find it sooner, and take a slow instance for a dead one sooner. Without \
                 `on-marked-down shutdown-sessions` these users would wait instead, for as long as it hangs.",
        allowed: Allowed::failed(60),
        run: sigstop,
    },
    Scenario {
        name: "a host is cut off",
        did: "One instance is on a host of its own (a network namespace), and that host's end of the cable \
              goes down (`ip link set … down`), until the balancer has found it dead and some more \
              seconds; then up again. The test waits until it is ready again and makes logins.",
        expect: "Nothing says that the host is gone: packets to it are lost, and a connection to it waits. \
                 A connection that has waited for `timeout connect` (500 ms) goes to another instance, and \
                 the login is good but late. After two failed checks, some two seconds, the balancer sends \
                 nobody there any more, and cuts what still waits: those users reload the page.",
        allowed_because: "A third of 40 logins a second, for up to three seconds.",
        change: "`timeout connect` in `haproxy/passthrough.cfg`: the shorter it is, the fewer are cut. It \
                 must be longer than the way to the instances takes on a bad day. `inter`, `fastinter`, \
                 `fall` and `timeout check` as above.",
        allowed: Allowed::failed(40),
        run: host_cut_off,
    },
];

fn sigterm() -> Outcome {
    Fleet::start().under_load(|fleet, _| {
        fleet.instances[0].signal_managed("TERM");
        fleet.await_end(0, "unasked 0");
        fleet.await_return(0);
    })
}

fn sigkill() -> Outcome {
    Fleet::start().under_load(|fleet, _| {
        fleet.instances[0].signal_managed("KILL");
        fleet.await_end(0, "unasked -9");
        fleet.await_return(0);
    })
}

fn rolling_restart() -> Outcome {
    Fleet::start().under_load(|fleet, _| {
        let mut command = Command::new(project().join("deploy/rolling-restart.sh"));
        for instance in &fleet.instances {
            let (state, address) = (instance.service(), &instance.address);
            command.arg(format!(
                "{}=http://{address}:{}/readyz",
                state.display(),
                instance.ops_port
            ));
        }
        command.args(["--", "/usr/bin/python3"]);
        command
            .arg(project().join("tests/lab/service.py"))
            .args(["restart", "{}"]);
        let said = run_with_input(&mut command, "");
        assert!(said.contains("all 3 were restarted"), "{said}");
        for number in 0..3 {
            fleet.await_end(number, "asked 0");
            fleet.await_return(number);
        }
    })
}

fn reload() -> Outcome {
    Fleet::start().under_load(|fleet, storm| {
        for round in 0..3 {
            for instance in &fleet.instances {
                reload_one(instance, round);
                storm.await_good(RATE);
            }
        }
    })
}

fn reload_one(instance: &Instance, round: u32) {
    let in_use = || instance.process.event_lines("reload.done", &[]).len();
    let before = in_use();
    let path = instance.home().join("config.json");
    let text = fs::read_to_string(&path).expect("config.json");
    let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    config["SITE_NAME"] = json!(format!("round {round}"));
    fs::write(&path, config.to_string()).expect("written");
    let mut leaf = tls::leaf(instance).expect("a certificate");
    // In the first round nothing but the signal tells that something is new.
    if round > 0 {
        leaf = new_certificate(instance);
    }
    instance.signal_managed("HUP");
    wait_until(SOON, "the new configuration is not in use", || {
        in_use() > before
    });
    wait_until(SOON, "another certificate is served", || {
        tls::leaf(instance).as_ref() == Some(&leaf)
    });
    assert_eq!(in_use(), before + 1, "one change of configuration");
}

/// Puts a new key and certificate into the instance's folder, and gives the certificate as DER.
fn new_certificate(instance: &Instance) -> Vec<u8> {
    let (lab, made) = (Lab::get(), TempDir::new().expect("a folder"));
    run_with_input(
        Command::new(project().join("certs/make-server.sh"))
            .args([lab.state.join("pki"), made.path().join("tls")])
            .args(["login.corp.example", lab.address.as_str()]),
        "",
    );
    for file in ["tls.key", "tls.pem"] {
        fs::copy(
            made.path().join(file),
            instance.home().join("certs").join(file),
        )
        .expect("copied");
    }
    tls::first_of(&made.path().join("tls.pem"))
}

fn sigstop() -> Outcome {
    let outcome = Fleet::start().under_load(|fleet, _| {
        fleet.instances[0].signal_managed("STOP");
        fleet.balancer.await_state(1, "DOWN");
        pause(Duration::from_secs(4));
        fleet.instances[0].signal_managed("CONT");
        fleet.await_return(0);
    });
    assert!(
        outcome.summary.failed > 0,
        "nobody was on the instance that hung"
    );
    outcome
}

fn host_cut_off() -> Outcome {
    let far = FarHost::new();
    let mut fleet = Fleet::with(|number, builder| match number {
        0 => builder
            .at(&far.address)
            .set("TRUSTED_PROXIES", json!(["127.0.0.0/8", "10.99.0.0/16"]))
            .env("PROXY_PROTOCOL", "v2")
            .under(&["ip", "netns", "exec", &far.host.name]),
        _ => builder,
    });
    let outcome = fleet.under_load(|fleet, _| {
        far.cut_off();
        fleet.balancer.await_state(1, "DOWN");
        pause(Duration::from_secs(3));
        far.restore();
        fleet.await_return(0);
    });
    let summary = &outcome.summary;
    assert!(
        summary.good_longest_ms.max(summary.failed_longest_ms) >= 450.0,
        "no login waited for the host that was cut off: {summary:?}"
    );
    outcome
}
