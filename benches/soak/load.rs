//! The steady mixture of logins.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle, ScopedJoinHandle},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    runtime::Runtime,
    sync::Semaphore,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    browser::Browsers,
    counts::{Counts, Kind, SHARES},
    fleet::{Fleet, USERS, guessed, user},
    lab::{Lab, stand_in::Tenant},
};

/// Requests of one burst at most, and how many of them at once.
const BURST: u64 = 200;
const AT_ONCE: usize = 16;
/// Logins of a browser's kind at once; the next ones wait for a place.
const BROWSERS: usize = 64;

/// Logins under way.
pub struct Load<'fleet> {
    fleet: &'fleet Fleet,
    counts: &'fleet Counts,
    /// Those that `storm` says to have ended, before its summary.
    by_storm: Arc<AtomicU64>,
    storm: Child,
    storm_told: Option<JoinHandle<()>>,
    ended: AtomicBool,
}

impl<'fleet> Load<'fleet> {
    /// `rate` logins a second, `count` in all, in their shares; `meanwhile` is called again and again until
    /// they have ended, with how many have ended so far, and ends them early by `false`.
    pub fn run(
        fleet: &'fleet Fleet,
        counts: &'fleet Counts,
        (rate, count): (u32, u64),
        mut meanwhile: impl FnMut(u64) -> bool,
    ) {
        let share = |wanted| {
            let (_, share) = SHARES
                .iter()
                .find(|(kind, _)| *kind == wanted)
                .expect("a share");
            #[expect(clippy::cast_precision_loss, reason = "a share of a hundred")]
            let rate = f64::from(rate) * *share as f64 / 100.0;
            (rate, count * share / 100)
        };
        let mut load = Self::begin(fleet, counts, share(Kind::Kerberos));
        let runtime = Runtime::new().expect("a runtime");
        let browsers = Arc::new(Browsers::new(fleet));
        thread::scope(|scope| {
            let load_ref = &load;
            let mut all = Vec::new();
            for kind in [Kind::Tunnel, Kind::WrongOverTunnel] {
                all.push(scope.spawn(move || load_ref.over_tunnel(kind, share(kind))));
            }
            for kind in [Kind::Form, Kind::Certificate, Kind::WrongAtForm] {
                let (runtime, browsers) = (&runtime, Arc::clone(&browsers));
                all.push(scope.spawn(move || {
                    runtime.block_on(load_ref.by_browser(kind, share(kind), browsers));
                }));
            }
            let storm_ended =
                |load: &Self| load.storm_told.as_ref().is_none_or(JoinHandle::is_finished);
            while !(all.iter().all(ScopedJoinHandle::is_finished) && storm_ended(load_ref)) {
                if !meanwhile(load_ref.so_far()) && !load_ref.ended.swap(true, Ordering::Relaxed) {
                    // It waits for the logins under way, and gives its summary.
                    let pid = load_ref.storm.id().to_string();
                    let _gone = Command::new("kill").arg(pid).output();
                }
                thread::sleep(Duration::from_millis(200));
            }
        });
        load.add_storm();
    }

    fn begin(fleet: &'fleet Fleet, counts: &'fleet Counts, (rate, count): (f64, u64)) -> Self {
        let lab = Lab::get();
        let address = SocketAddr::new(
            lab.address.parse().expect("an address"),
            fleet.balancer.port,
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_storm"));
        command
            .env("KRB5_CONFIG", lab.krb5_conf())
            .args(["--json", "--url", "https://login.corp.example/wsfed"])
            .args(["--connect", &address.to_string()])
            .arg("--ca")
            .arg(lab.ca())
            .args([
                "--rate",
                &format!("{rate:.0}"),
                "--count",
                &count.to_string(),
            ])
            .args(["--seconds", "86400", "--at-once", "2000", "--timeout", "30"]);
        for ticket in &fleet.tickets {
            command.arg("--ccache").arg(ticket.path());
        }
        let mut storm = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("storm");
        let by_storm = Arc::<AtomicU64>::default();
        let (told, to) = (storm.stderr.take().expect("a pipe"), Arc::clone(&by_storm));
        let storm_told = thread::spawn(move || {
            for line in BufReader::new(told).lines().map_while(Result::ok) {
                match ended(&line) {
                    Some(ended) => to.store(ended, Ordering::Relaxed),
                    None => eprintln!("storm: {line}"),
                }
            }
        });
        Self {
            fleet,
            counts,
            by_storm,
            storm,
            storm_told: Some(storm_told),
            ended: AtomicBool::new(false),
        }
    }

    fn so_far(&self) -> u64 {
        self.counts.ended() + self.by_storm.load(Ordering::Relaxed)
    }

    /// What `storm` says at its end takes the place of what it said meanwhile.
    fn add_storm(&mut self) {
        let out = self.storm.stdout.take().expect("a pipe");
        let summary: Value = serde_json::from_reader(out).expect("storm's summary");
        self.storm.wait().expect("its end");
        let number = |value: &Value| value.as_u64().expect("a number");
        self.counts.change(Kind::Kerberos, |count| {
            count.good += number(&summary["asked"]) - number(&summary["failed"]);
            for (why, failed) in summary["failures"].as_object().expect("reasons") {
                *count.failures.entry(why.clone()).or_default() += number(failed);
            }
        });
    }

    /// Bursts of as many as are due.
    fn over_tunnel(&self, kind: Kind, (rate, count): (f64, u64)) {
        let wrong = kind == Kind::WrongOverTunnel;
        let start = Instant::now();
        let mut begun = 0;
        while begun < count && !self.ended.load(Ordering::Relaxed) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "seconds of some hours, times a rate"
            )]
            let due = (start.elapsed().as_secs_f64() * rate) as u64;
            let now = due.min(count).saturating_sub(begun).min(BURST);
            if now == 0 {
                thread::sleep(Duration::from_millis(200));
                continue;
            }
            let claims: Vec<_> = (begun..begun + now)
                .map(|number| claims(wrong, number))
                .collect();
            for outcome in outcomes(&self.fleet.tenant, &claims, wrong) {
                self.counts.add(kind, outcome);
            }
            begun += now;
        }
    }

    async fn by_browser(&self, kind: Kind, (rate, count): (f64, u64), browsers: Arc<Browsers>) {
        let slots = Arc::new(Semaphore::new(BROWSERS));
        let (sender, mut outcomes) = tokio::sync::mpsc::unbounded_channel();
        let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0..usize::try_from(count).expect("a count") {
            ticks.tick().await;
            if self.ended.load(Ordering::Relaxed) {
                break;
            }
            let slot = Arc::clone(&slots)
                .acquire_owned()
                .await
                .expect("it stays open");
            let (browsers, sender) = (Arc::clone(&browsers), sender.clone());
            tokio::spawn(async move {
                // The receiver waits for all.
                let _heard = sender.send(browsers.login(kind, number).await);
                drop(slot);
            });
            while let Ok(outcome) = outcomes.try_recv() {
                self.counts.add(kind, outcome);
            }
        }
        drop(sender);
        while let Some(outcome) = outcomes.recv().await {
            self.counts.add(kind, outcome);
        }
    }
}

/// Logins that have ended by a line of `storm`'s progress.
fn ended(line: &str) -> Option<u64> {
    let (_, counts) = line.split_once(" s: ")?;
    let (good, failed) = counts.strip_suffix(" failed")?.split_once(" good, ")?;
    Some(good.parse::<u64>().ok()? + failed.parse::<u64>().ok()?)
}

fn claims(wrong: bool, number: u64) -> Value {
    let number = usize::try_from(number).expect("a count");
    if wrong {
        json!({ "username": guessed(number % (2 * USERS)), "password": "wrong" })
    } else {
        json!({ "username": user(number % USERS), "password": Lab::get().password })
    }
}

/// Of one burst: each gives a profile, or the refusal of what is wrong.
fn outcomes(tenant: &Tenant, claims: &[Value], wrong: bool) -> Vec<Result<(), String>> {
    let mut burst = tenant.burst("authenticate_user", claims, claims.len(), AT_ONCE);
    let Value::Array(answers) = burst["answers"].take() else {
        panic!("{burst}");
    };
    let answers = answers.into_iter();
    answers
        .map(|answer| {
            if let Some(failed) = answer.get("failed") {
                return Err(failed.to_string());
            }
            match answer["payload"].get("err") {
                Some(_) if wrong => Ok(()),
                None if !wrong => Ok(()),
                Some(error) => Err(error.to_string()),
                None => Err("a wrong password was taken".to_owned()),
            }
        })
        .collect()
}
