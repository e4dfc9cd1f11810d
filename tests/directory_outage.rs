//! The directory goes away and comes back: an honest answer meanwhile, and no restart.

use std::time::Duration;

use crate::lab::{Lab, instance::Instance, wait_until, wire::Wire};

#[test]
fn logins_work_again_without_a_restart() {
    let (lab, wire) = (Lab::get(), Wire::lay());
    let instance = Instance::builder().set("LDAP_URL", wire.url()).start();
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);

    wire.cut();
    let response = instance.curl("/wsfed").negotiate(&alice).run();
    assert_eq!(response.status, 503, "{}", response.body);
    assert!(response.header("retry-after").is_some());
    assert!(
        response.body.contains("not possible for a moment"),
        "{}",
        response.body
    );
    wait_until(
        Duration::from_secs(20),
        "not ready, with the reason",
        || {
            instance.ops("/readyz").is_some_and(|(status, body)| {
                status == 503 && body.contains("directory: cannot connect")
            })
        },
    );
    let told = instance.curl("/readyz").run();
    assert_eq!((told.status, told.body.as_str()), (503, "not ready\n"));

    wire.restore();
    wait_until(Duration::from_secs(10), "ready again", || {
        instance
            .ops("/readyz")
            .is_some_and(|(status, _)| status == 200)
    });
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn starttls_serves_as_well() {
    let lab = Lab::get();
    let instance = Instance::builder()
        .set("LDAP_URL", format!("ldap://{}:389", lab.address))
        .set("LDAP_STARTTLS", true)
        .start();
    let response = instance.curl("/wsfed").negotiate(&lab.kinit("alice")).run();
    assert_eq!(response.status, 200, "{}", response.body);
}
