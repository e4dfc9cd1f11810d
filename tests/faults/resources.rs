//! What an instance lacks: disk, descriptors, the right time; and more clients than it can like.

use std::{net::TcpStream, path::PathBuf, process::Command, time::Duration};

use tempfile::TempDir;

use super::{
    fleet::{Fleet, SOON, pause},
    report::{Allowed, Outcome, Scenario},
    slow::SlowClients,
};
use crate::lab::{Lab, run_with_input, wait_until};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "the log's disk is full",
        did: "The log of one instance goes to a file system of 32 KiB, which is full after some logins \
              (no free block). The instance must make logins after that.",
        expect: "Nobody notices. A line that cannot be written is lost; the login is not. So the audit \
                 lines of that time are missing.",
        allowed_because: "The log is never in a login's way.",
        change: "Nothing to set: watch the disk, or log to the journal, which makes room by itself.",
        allowed: Allowed::failed(0),
        run: full_disk,
    },
    Scenario {
        name: "file descriptors are exhausted",
        did: "One instance may open 60 files only (`prlimit --nofile=60`), so that 100 clients that \
              connect and stay silent are too many; `ad-edge.service` allows 65536. After three seconds \
              they leave. The test waits until the instance is ready again and makes logins.",
        expect: "Clients never get the files that the directory, the keytab and the log need: the instance \
                 takes 30 connections, and says at the start that it takes fewer than `MAX_CONNECTIONS`. \
                 For each more, a login's or the balancer's check's too, the longest idle one of the \
                 network that holds most is closed. Thirty are few: when all are logins under way, the \
                 next one waits.",
        allowed_because: "A third of 40 logins a second, for up to four and a half seconds, were every place a \
                          login's.",
        change: "`LimitNOFILE` of the service and `MAX_CONNECTIONS`.",
        allowed: Allowed::failed(60),
        run: descriptors,
    },
    Scenario {
        name: "the clock of one instance jumps by 10 minutes",
        did: "While it runs, the clock of one instance goes ten minutes ahead (libfaketime). `/readyz` must \
              say 503 and name the clock, and the balancer must leave the instance out; then the clock is \
              set right, and the instance must make logins again.",
        expect: "Kerberos allows five minutes. So the instance refuses its third of the logins, until it \
                 has compared its clock with the controllers' and two of the balancer's checks have failed: \
                 two seconds here, up to a minute with the shipped `LDAP_HEARTBEAT_SECONDS`. Those users \
                 meet a page that speaks of a wrong clock, of theirs: from a token alone nobody can tell \
                 whose clock it is. An instance whose clock is wrong from the start gets no logins at all. \
                 When every instance is off, none is ready, and all users meet that page until the clocks \
                 are set right.",
        allowed_because: "A third of 40 logins a second, for up to six seconds.",
        change: "`LDAP_HEARTBEAT_SECONDS`; better, NTP from the domain controllers, and an alarm on \
                 `ad_edge_directory_clock_offset_seconds`.",
        allowed: Allowed::failed(80),
        run: clock_jumps,
    },
    Scenario {
        name: "overload: 2000 slow clients, 100 logins/s",
        did: "2000 clients hold connections through the balancer: 750 are silent, 750 stop in the middle of \
              the handshake, 250 are silent after it, 250 send a header that never ends. For each one that \
              is shut out another one comes. The load is 100 logins a second.",
        expect: "Nobody notices. Each connection is a task with deadlines; none makes another one wait.",
        allowed_because: "There is room for 10000 connections on each instance, and for 4000 of one source at the \
                          balancer.",
        change: "`MAX_CONNECTIONS`, and the deadlines of deploy/README.md under Overload.",
        allowed: Allowed::failed(0),
        run: overload,
    },
];

/// A file system of its own, removed when dropped; by `tests/run.sh` otherwise.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let mut folder = tempfile::Builder::new();
        let folder = folder.prefix("disk.").tempdir_in(&Lab::get().state);
        let folder = folder.expect("a folder");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=32k", "none"])
            .arg(folder.path());
        run_with_input(&mut mount, "");
        Self(folder)
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    fn is_full(&self) -> bool {
        let mut stat = Command::new("stat");
        stat.args(["--file-system", "--format=%f"])
            .arg(self.0.path());
        run_with_input(&mut stat, "").trim() == "0"
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
    fleet.under_load(|fleet, _| {
        wait_until(SOON * 3, "the disk does not fill", || disk.is_full());
        pause(Duration::from_secs(2));
        fleet.await_logins(0);
    })
}

fn descriptors() -> Outcome {
    let mut fleet = Fleet::with(|number, builder| match number {
        0 => builder.under(&["prlimit", "--nofile=60"]),
        _ => builder,
    });
    fleet.instances[0].await_event("accept.connections_limited", &[]);
    fleet.under_load(|fleet, _| {
        let instance = &fleet.instances[0];
        let idle: Vec<_> = (0..100)
            .filter_map(|_| TcpStream::connect((instance.address.as_str(), instance.port)).ok())
            .collect();
        instance.await_event("accept.full", &[]);
        pause(Duration::from_secs(3));
        drop(idle);
        fleet.await_return(0);
        let failed = fleet.instances[0].process.event_lines("accept.failed", &[]);
        assert!(failed.is_empty(), "{failed:?}");
    })
}

fn clock_jumps() -> Outcome {
    let mut fleet = Fleet::with(|number, builder| match number {
        0 => builder.movable_clock(),
        _ => builder,
    });
    let outcome = fleet.under_load(|fleet, _| {
        fleet.instances[0].set_clock("+10m");
        let page = fleet.await_readyz(0, 503);
        assert!(page.contains("clock: "), "{page}");
        fleet.balancer.await_state(1, "DOWN");
        pause(Duration::from_secs(2));
        fleet.instances[0].set_clock("+0");
        fleet.await_readyz(0, 200);
        fleet.await_return(0);
    });
    assert!(outcome.summary.failed > 0, "the clock did not jump");
    outcome
}

fn overload() -> Outcome {
    const SLOW: usize = 2000;
    let mut fleet = Fleet::start();
    let turn = fleet.turn();
    let slow = SlowClients::start(fleet.balancer.port, SLOW);
    wait_until(SOON * 4, "the slow clients do not come", || {
        slow.by_kind()
            .all(|(_, wanted, open)| open >= wanted * 9 / 10)
    });
    let (mut least, mut most) = (f64::MAX, 0.0_f64);
    let outcome = fleet.under_load_of(turn, 100, |fleet, _| {
        for _ in 0..10 {
            pause(Duration::from_secs(1));
            for (kind, wanted, open) in slow.by_kind() {
                assert!(
                    open >= wanted / 2,
                    "{open} of {wanted} clients are {kind:?}"
                );
            }
            let counts = fleet.instances.iter();
            let open: f64 = counts
                .filter_map(|instance| instance.metric("ad_edge_connections"))
                .sum();
            (least, most) = (least.min(open), most.max(open));
        }
    });
    assert!(
        least > 1000.0,
        "at a time only {least} connections were open"
    );
    outcome.note(format!(
        "Between {least} and {most} connections were open on the instances during the load."
    ))
}
