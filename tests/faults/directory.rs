//! What happens to the domain controllers.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::{
    fleet::{Fleet, RATE, pause},
    report::{Allowed, Outcome, Scenario},
    users,
};
use crate::lab::{Lab, controllers::Pair};

/// Beyond the outage itself.
const SLACK: f64 = 5.0;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "one domain controller dies",
        did: "`kill -9` on all processes of the first of two controllers (`LDAP_URL` lists both). It stays \
              away.",
        expect: "Nobody notices. Searches that were on its connections are asked of the other one.",
        allowed_because: "The answer comes from the other controller.",
        change: "Two servers or more in `LDAP_URL`, or `srv:`.",
        allowed: Allowed::failed(0),
        run: controller_killed,
    },
    Scenario {
        name: "one domain controller accepts and never answers",
        did: "`kill -STOP` on the first of two controllers, for eight seconds.",
        expect: "No login fails; those of the first moment take about a second longer. A search without \
                 an answer is asked of the other controller after 0.7 s (one for groups after 1 s); from \
                 then on the silent one comes second, until it answers again.",
        allowed_because: "The answer comes from the other controller.",
        change: "Nothing to set: these times are fixed.",
        allowed: Allowed::failed(0),
        run: controller_silent,
    },
    Scenario {
        name: "both domain controllers are away",
        did: "Both controllers are ended in good order, stay away for six seconds and are started again. \
              The test waits until all instances are ready again (15 s at most).",
        expect: "Nobody can sign in meanwhile, whatever is in front of the directory. Every instance \
                 says 503 at `/readyz`; with none ready, the balancer sends users to the instances all \
                 the same, and they meet a page that says what is wrong (503 with Retry-After) rather \
                 than a refused connection. A login that was already under way waits up to two seconds \
                 for a controller; when the balancer finds its instance not ready before that, its \
                 connection is cut. Logins work again by themselves.",
        allowed_because: "All logins of the outage, from the first controller's end until the balancer has \
                          found all instances ready, and of five seconds more.",
        change: "More controllers, on different hosts and sites. `LDAP_HEARTBEAT_SECONDS`.",
        allowed: Allowed::failed(0),
        run: both_controllers,
    },
];

/// A fleet that asks two controllers; for each user's groups again and again, as often as the lab's
/// controllers bear it: a search for nested groups keeps one busy for up to a tenth of a second.
fn on_a_pair(pair: &Pair) -> Fleet {
    let mut fleet = Fleet::with(|_, builder| {
        builder
            .set("LDAP_URL", json!([pair.first.url(), pair.second.url()]))
            .set("SSL_CA_FILE", json!([Lab::get().ca(), pair.ca()]))
            .set("GROUPS_CACHE_SECONDS", 5)
    });
    for controller in [&pair.first, &pair.second] {
        let up = format!("ad_edge_directory_up{{server=\"{}\"}}", controller.url());
        fleet.await_metric(&up, 1.0);
    }
    fleet.caches = users::caches_of(pair);
    fleet
}

fn pair() -> Pair {
    Pair::with(&users::ldif())
}

fn controller_killed() -> Outcome {
    let pair = pair();
    let up = format!("ad_edge_directory_up{{server=\"{}\"}}", pair.first.url());
    on_a_pair(&pair).under_load(|fleet, _| {
        pair.first.signal("KILL");
        fleet.await_metric(&up, 0.0);
    })
}

fn controller_silent() -> Outcome {
    let pair = pair();
    on_a_pair(&pair).under_load(|_, storm| {
        pair.first.signal("STOP");
        pause(Duration::from_secs(8));
        pair.first.signal("CONT");
        storm.await_good(RATE);
    })
}

fn both_controllers() -> Outcome {
    let mut pair = pair();
    let mut fleet = on_a_pair(&pair);
    let (mut outage, mut until_ready) = (0.0, 0.0);
    let outcome = fleet.under_load(|fleet, _| {
        let gone = Instant::now();
        pair.first.down();
        pair.second.down();
        pause(Duration::from_secs(6));
        pair.first.restart();
        pair.second.restart();
        let back = Instant::now();
        for number in 0..3 {
            fleet.await_readyz(number, 200);
        }
        until_ready = back.elapsed().as_secs_f64();
        fleet.balancer.await_up(3);
        outage = gone.elapsed().as_secs_f64();
    });
    outcome.summary.only(
        &["status 503 with Retry-After"],
        &[
            "TLS",
            "receive",
            "cut",
            "send",
            "closed without an answer",
            "connect",
        ],
        2 * RATE,
    );
    assert!(
        outcome.summary.longest_gap_ms > 5000.0,
        "somebody was signed in without a controller"
    );
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let allowed = RATE as f64 * (outage + SLACK);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds, and logins of a minute"
    )]
    let allowed = Allowed::failed(allowed as usize).gap((outage + SLACK) as u64);
    outcome.allowed(allowed).note(format!(
        "The outage took {outage:.1} s in all: the controllers take their time to end and to start. All \
         instances were ready {until_ready:.1} s after both controllers answered again."
    ))
}
