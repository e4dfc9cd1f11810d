//! An instance that gets SIGTERM loses nobody's login.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use tokio::time::Instant;

use crate::lab::{Lab, haproxy::Haproxy, instance::Instance, page::Form, wait_until};

const LOGINS: usize = 500;
const CLIENTS: usize = 4;

#[test]
fn sigterm_on_one_of_three_instances_during_500_logins_loses_none() {
    let mut instances: Vec<_> = (0..3)
        .map(|_| {
            Instance::builder()
                .behind_proxy()
                .env("DRAIN_SECONDS", "3")
                .start()
        })
        .collect();
    let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
    let alice = Lab::get().kinit("alice");
    let (begun, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ended = AtomicBool::new(false);
    let limit = Instant::now() + Duration::from_secs(120);
    // At least 500, and on until the instance has ended.
    let go_on = || {
        let enough = begun.fetch_add(1, Ordering::Relaxed) >= LOGINS;
        Instant::now() < limit && !(enough && ended.load(Ordering::Relaxed))
    };
    let failures: Vec<String> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut failures = Vec::new();
                    while go_on() {
                        match balancer.curl("/wsfed").negotiate(&alice).try_run() {
                            Ok(response) if response.status == 200 => {
                                Form::read(&response.body).assertion();
                            }
                            Ok(response) => failures.push(response.body),
                            Err(error) => failures.push(error),
                        }
                        finished.fetch_add(1, Ordering::Relaxed);
                    }
                    failures
                })
            })
            .collect();
        wait_until(Duration::from_secs(60), "a fifth of the logins", || {
            finished.load(Ordering::Relaxed) > LOGINS / 5
        });
        instances[0].sigterm();
        let status = instances[0].wait_exit(Duration::from_secs(60));
        assert!(status.success(), "{status}");
        ended.store(true, Ordering::Relaxed);
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("a client"))
            .collect()
    });
    assert!(
        failures.is_empty(),
        "{} lost: {failures:#?}",
        failures.len()
    );
    assert!(finished.load(Ordering::Relaxed) >= LOGINS);
    instances[0].await_event("program.ended", &[r#""cut":0"#]);
}

#[test]
fn readiness_says_404_while_draining_on_both_ports() {
    let mut instance = Instance::builder().env("DRAIN_SECONDS", "30").start();
    instance.sigterm();
    wait_until(Duration::from_secs(5), "404 on OPS_LISTEN", || {
        instance
            .ops("/readyz")
            .is_some_and(|(status, _)| status == 404)
    });
    let ready = instance.curl("/readyz").run();
    assert_eq!((ready.status, ready.body.as_str()), (404, "draining\n"));
    assert_eq!(ready.header("connection"), Some("close"));
    // A second signal moves on at once.
    instance.sigterm();
    assert!(instance.wait_exit(Duration::from_secs(10)).success());
}
