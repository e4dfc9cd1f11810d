//! What is done to the fleet, and what that may cost.

use std::{
    fs,
    net::TcpStream,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use super::{
    balancers,
    fleet::Fleet,
    namespace::FarHost,
    report::{Allowed, Outcome},
    slow::SlowClients,
};
use crate::lab::{
    Lab, controllers::Pair, instance::Instance, project, run_with_input, stand_in::Tenant,
    wait_until,
};

pub struct Scenario {
    pub name: &'static str,
    /// What was done, for the report.
    pub did: &'static str,
    /// Why the outcome is what it is.
    pub why: &'static str,
    pub allowed: Allowed,
    pub run: fn() -> Outcome,
}

const NOTHING: Allowed = Allowed {
    failed: 0,
    exits: 0,
};

/// So many may fail, and no instance ends by itself.
const fn failed(failed: usize) -> Allowed {
    Allowed { failed, exits: 0 }
}

pub const ALL: &[Scenario] = &[
    Scenario {
        name: "one instance is told to end (SIGTERM)",
        did: "`kill -TERM` on one instance, which drains and ends; the service manager starts it again.",
        why: "Planned: it answers 404 at `/readyz`, the balancer sends nobody any more, what is in \
              flight ends, then the port closes.",
        allowed: Allowed {
            failed: 0,
            exits: 1,
        },
        run: sigterm,
    },
    Scenario {
        name: "rolling restart of all three",
        did: "`deploy/rolling-restart.sh`, as for an update.",
        why: "Planned: one after the other, each only while the others are ready.",
        allowed: NOTHING,
        run: rolling_restart,
    },
    Scenario {
        name: "reload of every instance (SIGHUP)",
        did: "A changed config.json, a new TLS certificate and `kill -HUP` on all three, three times.",
        why: "Planned: a reload ends no connection.",
        allowed: NOTHING,
        run: reload,
    },
    Scenario {
        name: "one instance is killed (SIGKILL)",
        did: "`kill -9` on one instance.",
        why: "Lost is what was in flight on it. A refused connection goes to the next instance at once.",
        allowed: Allowed {
            failed: 5,
            exits: 1,
        },
        run: sigkill,
    },
    Scenario {
        name: "one instance hangs (SIGSTOP)",
        did: "`kill -STOP` on one instance, for ten seconds.",
        why: "The kernel goes on accepting for it, so it gets its third of the logins until two of \
              the balancer's checks have failed (`inter 500ms`, `timeout check 1s`, `fastinter 200ms`: \
              some two and a half seconds); then their connections are cut. No passthrough balancer can do better: it \
              has given the login away. Without a cut those users would wait, not fail.",
        allowed: failed(60),
        run: sigstop,
    },
    Scenario {
        name: "one domain controller dies",
        did: "SIGKILL to all processes of the first of two controllers.",
        why: "What was on its connections is asked of the other one.",
        allowed: NOTHING,
        run: controller_killed,
    },
    Scenario {
        name: "one domain controller accepts and never answers",
        did: "SIGSTOP to the first of two controllers, for eight seconds.",
        why: "A search without an answer is asked of the other one after 0.7 s; from then on the silent \
              one is in doubt and comes second.",
        allowed: NOTHING,
        run: controller_silent,
    },
    Scenario {
        name: "both domain controllers away for 6 s",
        did: "Both controllers are ended and started again.",
        why: "Nobody can sign in meanwhile: users meet a page that says so (503, Retry-After), within \
              the time that the table says. The failures are those pages; after the controllers' \
              return logins work again by themselves.",
        allowed: failed(2000),
        run: both_controllers,
    },
    Scenario {
        name: "the hub cuts its tunnels, then is away",
        did: "The hub cuts every tunnel and stays away for five seconds.",
        why: "Direct logins do not depend on it.",
        allowed: NOTHING,
        run: hub_away,
    },
    Scenario {
        name: "the tenant is gone",
        did: "SIGKILL to the tenant.",
        why: "A token is issued without asking it.",
        allowed: NOTHING,
        run: tenant_gone,
    },
    Scenario {
        name: "the balancer reloads",
        did: "SIGUSR2 to HAProxy's master, three times.",
        why: "Planned: the old process keeps its connections, the new one has the port.",
        allowed: NOTHING,
        run: balancer_reload,
    },
    Scenario {
        name: "a host is cut off",
        did: "One instance is on a host of its own (a network namespace), and its cable is pulled.",
        why: "Nothing says that it is gone: connections on their way to it wait, until the balancer \
              tries the next instance (`timeout connect 2s`) or has found it dead by two checks.",
        allowed: failed(10),
        run: host_cut_off,
    },
    Scenario {
        name: "one of two balancers dies",
        did: "Two balancers share an address by `haproxy/keepalived.conf` (three network namespaces on \
              a bridge); the HAProxy that serves is killed.",
        why: "Connections are refused until two checks of keepalived have failed and the other one has \
              the address: some two seconds.",
        allowed: failed(160),
        run: balancers::one_dies,
    },
    Scenario {
        name: "the log's disk is full",
        did: "The log of one instance goes to a file system without room.",
        why: "A line that cannot be written is lost; the login is not.",
        allowed: NOTHING,
        run: full_disk,
    },
    Scenario {
        name: "file descriptors are exhausted",
        did: "One instance may open 60 files, and 100 idle connections take them for some seconds.",
        why: "It accepts again as soon as there is one free; meanwhile connections wait in the kernel's \
              queue, the balancer's checks too, so that it is soon left out. Lost is what was waiting \
              on it then.",
        allowed: failed(60),
        run: descriptors,
    },
    Scenario {
        name: "the clock of one instance is 10 minutes off",
        did: "One of three instances runs with a clock that is ten minutes ahead.",
        why: "It sees by the controllers' clocks that its own is wrong, says so at `/readyz` and in the \
              log, and gets no logins.",
        allowed: NOTHING,
        run: clock_off,
    },
    Scenario {
        name: "overload: 2000 slow clients, 100 logins/s",
        did: "2000 clients hold connections: three eighths silent, three eighths with half a \
              handshake, one eighth silent after TLS, one eighth with a header that never ends. Those \
              that are shut out come again.",
        why: "Each connection is a task with deadlines; none can make another one wait.",
        allowed: NOTHING,
        run: overload,
    },
];

fn sigterm() -> Outcome {
    Fleet::start().under_load(12, |fleet| fleet.instances[0].signal_managed("TERM"))
}

fn rolling_restart() -> Outcome {
    let mut fleet = Fleet::start();
    fleet.under_load(34, |fleet| {
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
        for instance in &fleet.instances {
            assert_eq!(instance.ends(), ["asked 0"]);
        }
    })
}

fn reload() -> Outcome {
    let mut fleet = Fleet::start();
    let lab = Lab::get();
    fleet.under_load(14, |fleet| {
        for round in 0..3_u32 {
            for instance in &fleet.instances {
                let before = instance
                    .metric(r#"ad_edge_reloads_total{outcome="ok"}"#)
                    .unwrap_or(0.0);
                let path = instance.home().join("config.json");
                let text = fs::read_to_string(&path).expect("config.json");
                let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                config["SITE_NAME"] = json!(format!("round {round}"));
                fs::write(&path, config.to_string()).expect("written");
                let made = TempDir::new().expect("a folder");
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
                instance.signal_managed("HUP");
                wait_until(Duration::from_secs(15), "no reload", || {
                    instance.metric(r#"ad_edge_reloads_total{outcome="ok"}"#) > Some(before)
                });
            }
        }
        for instance in &fleet.instances {
            assert!(
                instance
                    .process
                    .log()
                    .contains("the new configuration is in use")
            );
        }
    })
}

fn sigkill() -> Outcome {
    Fleet::start().under_load(10, |fleet| fleet.instances[0].signal_managed("KILL"))
}

fn sigstop() -> Outcome {
    let mut fleet = Fleet::start();
    fleet.under_load(14, |fleet| {
        fleet.instances[0].signal_managed("STOP");
        fleet.balancer.await_state(1, "DOWN");
        pause(Duration::from_secs(4));
        fleet.instances[0].signal_managed("CONT");
        fleet.balancer.await_up(3);
    })
}

fn on_a_pair(pair: &Pair) -> Fleet {
    let fleet = Fleet::with(|_, builder| {
        builder
            .set("LDAP_URL", json!([pair.first.url(), pair.second.url()]))
            .set("SSL_CA_FILE", json!([Lab::get().ca(), pair.ca()]))
    });
    for instance in &fleet.instances {
        for controller in [&pair.first, &pair.second] {
            let up = format!("ad_edge_directory_up{{server=\"{}\"}}", controller.url());
            wait_until(Duration::from_secs(10), "not both are up", || {
                instance.metric(&up) == Some(1.0)
            });
        }
    }
    fleet
}

fn controller_killed() -> Outcome {
    let pair = Pair::start();
    on_a_pair(&pair).under_load(10, |_| pair.first.signal("KILL"))
}

fn controller_silent() -> Outcome {
    let pair = Pair::start();
    let mut fleet = on_a_pair(&pair);
    fleet.under_load(14, |_| {
        pair.first.signal("STOP");
        pause(Duration::from_secs(8));
        pair.first.signal("CONT");
    })
}

fn both_controllers() -> Outcome {
    let mut pair = Pair::start();
    let mut fleet = on_a_pair(&pair);
    let outcome = fleet.under_load(30, |fleet| {
        pair.first.down();
        pair.second.down();
        pause(Duration::from_secs(6));
        pair.first.restart();
        pair.second.restart();
        let back = Instant::now();
        for instance in &fleet.instances {
            wait_until(Duration::from_secs(5), "not ready after the outage", || {
                instance
                    .ops("/readyz")
                    .is_some_and(|(status, _)| status == 200)
            });
        }
        assert!(back.elapsed() < Duration::from_secs(6));
        fleet.balancer.await_up(3);
    });
    for why in outcome.summary.failures.keys() {
        let honest = why.contains("503") || why.contains("closed without an answer");
        assert!(
            honest || why.starts_with("TLS") || why.starts_with("receive"),
            "{why}"
        );
    }
    outcome
}

fn with_tunnels(tenant: &Tenant) -> Fleet {
    let fleet = Fleet::with(|_, builder| builder.tunnel(tenant));
    tenant.await_agents(3);
    fleet
}

fn hub_away() -> Outcome {
    let tenant = Tenant::start();
    let mut fleet = with_tunnels(&tenant);
    fleet.under_load(14, |_| {
        tenant.set_mode(&json!({ "down": true }));
        tenant.cut();
        pause(Duration::from_secs(5));
        tenant.set_mode(&json!({}));
        tenant.await_agents_within(Duration::from_secs(6), 3);
    })
}

fn tenant_gone() -> Outcome {
    let tenant = Tenant::start();
    let mut fleet = with_tunnels(&tenant);
    fleet.under_load(10, move |_| drop(tenant))
}

fn balancer_reload() -> Outcome {
    let mut fleet = Fleet::start();
    fleet.under_load(12, |fleet| {
        for _ in 0..3 {
            fleet.balancer.process.signal("USR2");
            pause(Duration::from_secs(2));
        }
    })
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
    let outcome = fleet.under_load(14, |fleet| {
        far.cut_off();
        fleet.balancer.await_state(1, "DOWN");
    });
    let far_one = fleet.instances[0].name();
    assert!(
        outcome.summary.instances.contains_key(&far_one),
        "it took part before"
    );
    outcome
}

/// A file system of its own, removed when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=64k", "none"])
            .arg(folder.path());
        run_with_input(&mut mount, "");
        Self(folder)
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _gone = Command::new("umount")
            .args(["-l"])
            .arg(self.0.path())
            .output();
    }
}

fn full_disk() -> Outcome {
    let disk = SmallDisk::mount();
    let log = disk.log().display().to_string();
    let mut fleet = Fleet::with(|number, builder| match number {
        0 => builder.under(&[
            "sh",
            "-c",
            "log=$1 && shift && exec \"$@\" 2>\"$log\"",
            "sh",
            &log,
        ]),
        _ => builder,
    });
    let outcome = fleet.under_load(16, |_| {
        wait_until(Duration::from_secs(15), "the disk does not fill", || {
            // Not a whole page is left.
            fs::metadata(disk.log()).is_ok_and(|log| log.len() >= 60 << 10)
        });
    });
    let served = outcome.summary.instances[&fleet.instances[0].name()];
    assert!(
        served * 4 > outcome.summary.asked,
        "it served its share: {served}"
    );
    outcome
}

fn descriptors() -> Outcome {
    let mut fleet = Fleet::with(|number, builder| match number {
        0 => builder.under(&["prlimit", "--nofile=60"]),
        _ => builder,
    });
    fleet.under_load(16, |fleet| {
        let instance = &fleet.instances[0];
        let idle: Vec<_> = (0..100)
            .filter_map(|_| TcpStream::connect((instance.address.as_str(), instance.port)).ok())
            .collect();
        instance.await_log(&["cannot accept connections", "LimitNOFILE"]);
        pause(Duration::from_secs(3));
        drop(idle);
        fleet.balancer.await_up(3);
    })
}

fn clock_off() -> Outcome {
    let wrong = Fleet::builder().clock("+10m").managed(false).start_alive();
    let mut instances = vec![wrong];
    instances.extend((0..2).map(|_| Fleet::builder().managed(false).start()));
    let ports: Vec<_> = instances.iter().map(|instance| instance.port).collect();
    let balancer = crate::lab::haproxy::Haproxy::start_on(&ports);
    balancer.await_state(1, "DOWN");
    let mut fleet = Fleet {
        instances,
        balancer,
    };
    let outcome = fleet.under_load(10, |_| {});
    assert!(
        !outcome
            .summary
            .instances
            .contains_key(&fleet.instances[0].name())
    );
    outcome
}

fn overload() -> Outcome {
    const SLOW: usize = 2000;
    let mut fleet = Fleet::start();
    let slow = SlowClients::start(fleet.balancer.port, SLOW);
    wait_until(
        Duration::from_secs(60),
        "the slow clients do not come",
        || slow.open.load(std::sync::atomic::Ordering::Relaxed) >= SLOW * 9 / 10,
    );
    let outcome = fleet.under_load_of(100, 15, |_| {});
    let open = fleet
        .instances
        .iter()
        .filter_map(|instance: &Instance| instance.metric("ad_edge_connections"));
    let open: f64 = open.sum();
    assert!(open > 1000.0, "{open} slow clients were held at the end");
    outcome
}

/// Time that a fault lasts: not a wait for anything.
fn pause(length: Duration) {
    std::thread::sleep(length);
}
