//! A password is sent once, to one server: each that gets a wrong one counts it, and the promise that the form
//! locks nobody out would not hold.

use std::{thread, time::Duration};

use serde_json::json;

use crate::lab::{Lab, controllers::Pair, instance::Instance, wait_until, wire::Wire};

/// Wrong passwords count, and there is room for them.
const LOCKOUT: &str = "dn: DC=corp,DC=example\nchangetype: modify\nreplace: lockoutThreshold\n\
                       lockoutThreshold: 50\n\n";
const LIMIT: Duration = Duration::from_secs(10);

fn sign_in(instance: &Instance, user: &str, password: &str) -> u16 {
    let fields = [("username", user), ("password", password)];
    instance.curl("/wsfed").form(fields).run().status
}

/// A wrong password on its way to the first controller, while `then` happens to the wire.
fn on_its_way(wire: &Wire, instance: &Instance, user: &str, then: impl FnOnce()) -> u16 {
    // So that a connection for passwords is there.
    assert_eq!(sign_in(instance, user, &Lab::get().password), 200);
    wire.hold_all_but_the_first();
    let status = thread::scope(|scope| {
        let login = scope.spawn(|| sign_in(instance, user, "wrong"));
        wait_until(LIMIT, "the password on its way", || wire.holds_something());
        then();
        login.join().expect("an answer")
    });
    wire.speak();
    status
}

#[test]
fn whatever_the_server_does_with_it() {
    let (lab, pair) = (Lab::get(), Pair::with(LOCKOUT));
    let wire = Wire::to(&pair.first.address);
    let instance = Instance::builder()
        .set("LDAP_URL", json!([wire.url(), pair.second.url()]))
        .set("SSL_CA_FILE", json!([lab.ca(), pair.ca()]))
        .set("LDAP_TIMEOUT_SECONDS", 4)
        .start();
    let counts = |user: &str| [&pair.first, &pair.second].map(|dc| dc.bad_passwords(user));

    let is_one = |user: &str| counts(user).iter().sum::<u32>() == 1;

    // Slow: an answer that does not come within the limit. It was sent all the same, and arrives. On a machine
    // that is slow itself the connection may be given up before, and the other server gets the password.
    let slow = on_its_way(&wire, &instance, "bob", || ());
    wait_until(LIMIT, "the password where it was sent", || {
        is_one("bob") && (slow == 401 || counts("bob")[0] == 1)
    });

    // Lost: nobody knows whether it arrived.
    let up = format!("ad_edge_directory_up{{server=\"{}\"}}", wire.url());
    wait_until(LIMIT, "well again", || instance.metric(&up) == Some(1.0));
    let lost = on_its_way(&wire, &instance, "erin", || {
        wire.cut();
        wire.restore();
    });
    // The next login is served.
    assert_eq!(sign_in(&instance, "frank", &lab.password), 200);
    assert!(is_one("bob"), "{slow}: {:?}", counts("bob"));
    assert!(
        lost == 503 && counts("erin")[1] == 0 || lost == 401 && is_one("erin"),
        "{lost}: {:?}",
        counts("erin")
    );
}
