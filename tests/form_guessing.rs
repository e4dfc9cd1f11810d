//! Who guesses names and passwords learns nothing of who there is: an unknown name, a wrong password and a
//! locked account get one answer, after one time.

use std::thread;

use serde_json::json;
use tokio::time::Instant as Moment;

use crate::{
    lab::{
        Lab,
        curl::Response,
        instance::{Builder, Instance},
        openldap::{Anonymous, OpenLdap},
        stand_in::Tenant,
    },
    openldap::as_documented,
};

const ROUNDS: usize = 20;
/// No answer to a refused password comes before this.
const EARLIEST_MS: f64 = 250.0;

/// Nobody, one with another password, and one who is locked; as many letters each, since the page shows
/// what was typed.
fn names(test: &str) -> [String; 3] {
    ["nobody", "honest", "locked"].map(|name| format!("{test}-{name}"))
}

fn add_users(test: &str) {
    let [_, honest, locked] = names(test);
    Lab::get().add_user(&honest, "");
    Lab::get().add_user(&locked, "");
    lock(&locked);
}

fn unlimited() -> Builder {
    Instance::builder()
        .set("FORM_ATTEMPTS_PER_MINUTE", 0)
        .set("FORM_FAILURES_PER_USER", 0)
}

/// As a controller does after wrong passwords.
fn lock(user: &str) {
    // FILETIME: 100 ns since 1601.
    let since_1970 = ad_edge::clock::Clock::system()
        .now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let now = (since_1970 + 11_644_473_600) * 10_000_000;
    Lab::get().ldbmodify(&format!(
        "dn: CN={user},CN=Users,DC=corp,DC=example\nchangetype: modify\nreplace: lockoutTime\n\
         lockoutTime: {now}\n"
    ));
}

fn form(instance: &Instance, path: &str, user: &str, password: &str) -> Response {
    let fields = [("username", user), ("password", password)];
    instance.curl(path).form(fields).run()
}

/// All that a client is told, but for what is new in each answer and the name that it has typed.
fn told(response: &Response, user: &str) -> (u16, Vec<(String, String)>, String) {
    let policy = response
        .header("content-security-policy")
        .unwrap_or_default();
    let nonce = policy.split("'nonce-").nth(1);
    let nonce = nonce.and_then(|rest| rest.split('\'').next());
    let mut new = vec![(user, "USER")];
    new.extend(response.header("x-request-id").map(|id| (id, "NUMBER")));
    new.extend(nonce.map(|nonce| (nonce, "NONCE")));
    let constant = |text: &str| {
        new.iter()
            .fold(text.to_owned(), |text, (new, name)| text.replace(new, name))
    };
    let headers = response.headers.iter();
    let headers = headers.filter(|(name, _)| name != "date");
    let headers = headers.map(|(name, value)| (name.clone(), constant(value)));
    (response.status, headers.collect(), constant(&response.body))
}

#[test]
fn one_answer() {
    add_users("tell");
    let [unknown, wrong, locked] = &names("tell");
    let instance = unlimited().start();
    for path in ["/wsfed", "/wsfed/direct"] {
        let told =
            [unknown, wrong, locked].map(|user| told(&form(&instance, path, user, "wrong"), user));
        assert_eq!(told[0].0, 401);
        assert_eq!(told[1], told[0], "{path}: wrong");
        assert_eq!(told[2], told[0], "{path}: locked");
    }
    // The right password of a locked account gets the same: a controller does not say whether it was right.
    let right = told(
        &form(&instance, "/wsfed", locked, &Lab::get().password),
        locked,
    );
    assert_eq!(
        right,
        told(&form(&instance, "/wsfed", unknown, "x"), unknown)
    );
    // The administrator reads which it was.
    for (user, reason) in [
        (unknown, "unknown_user"),
        (wrong, "wrong_password"),
        (locked, "account_locked"),
    ] {
        instance.await_event("login.refused", &[user, &format!(r#""reason":"{reason}""#)]);
    }
}

/// Asks in turn for each of the three, so that what slows the machine down meets all of them. Counted is
/// how often an answer takes longer than that for the unknown name: of equals that is half of the times.
fn assert_one_time(instance: &Instance, users: &[String; 3], time: impl Fn(&str) -> f64) {
    let (mut slower, mut sums) = ([0; 2], [0.0; 3]);
    for round in 0..ROUNDS {
        let mut times = [0.0; 3];
        for place in 0..3 {
            let at = (round + place) % 3;
            times[at] = time(&users[at]);
            assert!(
                times[at] >= EARLIEST_MS,
                "{}: {:.1} ms",
                users[at],
                times[at]
            );
            sums[at] += times[at];
        }
        for (slower, other) in slower.iter_mut().zip(&times[1..]) {
            *slower += usize::from(*other > times[0]);
        }
        // A right one makes the controller forget the wrong ones.
        if round % 4 == 3 {
            let right = form(instance, "/wsfed", &users[1], &Lab::get().password);
            assert_eq!(right.status, 200, "{}", right.body);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let means = sums.map(|sum| sum / ROUNDS as f64);
    println!("unknown, wrong, locked: {means:.1?} ms; slower than unknown: {slower:?} of {ROUNDS}");
    // Of fair throws one series in 500 000 is all of one kind.
    for count in slower {
        assert!(
            (1..ROUNDS).contains(&count),
            "{slower:?} of {ROUNDS}, {means:.1?} ms"
        );
    }
}

#[test]
fn one_time_at_the_form() {
    add_users("form");
    let instance = unlimited().start();
    assert_one_time(&instance, &names("form"), |user| {
        form(&instance, "/wsfed", user, "wrong").milliseconds
    });
}

#[test]
fn one_time_over_the_tunnel() {
    add_users("hub");
    let tenant = Tenant::start();
    let instance = unlimited().tunnel(&tenant).start();
    tenant.await_agents(1);
    assert_one_time(&instance, &names("hub"), |user| {
        let claims = json!({ "username": user, "password": "wrong" });
        let start = Moment::now();
        let answer = tenant.ask("authenticate_user", &claims).1;
        assert!(answer.get("err").is_some(), "{answer}");
        start.elapsed().as_secs_f64() * 1000.0
    });
}

#[test]
fn limits_meet_all_of_them_alike() {
    add_users("limit");
    let instance = Instance::start();
    for user in names("limit") {
        let statuses = [(); 5].map(|()| form(&instance, "/wsfed", &user, "wrong").status);
        assert_eq!(statuses, [401, 401, 401, 429, 429], "{user}");
    }
}

/// The statuses of so many at once, in order.
fn at_once(instance: &Instance, user: &str, password: &str, count: usize) -> Vec<u16> {
    let mut statuses: Vec<_> = thread::scope(|scope| {
        let posts =
            (0..count).map(|_| scope.spawn(|| form(instance, "/wsfed", user, password).status));
        let posts: Vec<_> = posts.collect();
        posts
            .into_iter()
            .map(|post| post.join().expect("an answer"))
            .collect()
    });
    statuses.sort_unstable();
    statuses
}

#[test]
fn limits_meet_all_of_them_alike_at_the_same_moment_too() {
    add_users("moment");
    let instance = Instance::start();
    for user in names("moment") {
        let statuses = at_once(&instance, &user, "wrong", 8);
        assert_eq!(statuses, [401, 401, 401, 429, 429, 429, 429, 429], "{user}");
    }
}

/// Several windows of a browser, or a program.
#[test]
fn right_ones_of_one_user_at_the_same_moment_are_never_too_many() {
    let lab = Lab::get();
    lab.add_user("moment-right", "");
    let instance = Instance::start();
    for _ in 0..3 {
        let statuses = at_once(&instance, "moment-right", &lab.password, 16);
        assert_eq!(statuses, [200; 16]);
    }
}

/// OpenLDAP takes wide letters for narrow ones, as other directories do accents.
#[test]
fn limits_meet_every_spelling_of_a_name_alike() {
    let (directory, tenant) = (OpenLdap::start(Anonymous::Refused), Tenant::start());
    let instance = as_documented(&directory, &tenant).start();
    for [name, other] in [["alice", "ａｌｉｃｅ"], ["agnes", "ａｇｎｅｓ"]] {
        let statuses =
            [name, name, name, other].map(|user| form(&instance, "/wsfed", user, "wrong").status);
        assert_eq!(statuses, [401, 401, 401, 429], "{name}");
    }
}

#[test]
fn what_is_wrong_with_an_account_is_told_to_who_has_its_password_only() {
    let instance = unlimited().start();
    // But for the length of the page, which goes with that of the name.
    let told = |user: &str| {
        let (status, _, page) = told(&form(&instance, "/wsfed", user, "wrong"), user);
        (status, page)
    };
    for user in ["carol", "dave", "grace"] {
        assert_eq!(told(user), told("nobody"), "{user}");
        let right = form(&instance, "/wsfed", user, &Lab::get().password);
        assert_eq!(right.status, 403, "{user}: {}", right.body);
    }
}
