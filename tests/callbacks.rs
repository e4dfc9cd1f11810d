//! A token goes to the callback that was asked for, of those that are listed. What is not listed is refused
//! before any proof is looked at: `src/instance/site_tests.rs`.

use crate::lab::{Lab, instance::Instance, page::Form};

#[test]
fn a_listed_wreply_is_used() {
    let instance = Instance::builder()
        .set(
            "urn:auth0:corp",
            "https://one.example/cb, https://two.example/cb",
        )
        .start();
    let alice = Lab::get().kinit("alice");
    let action =
        |query: &str| Form::read(&instance.curl(query).negotiate(&alice).run().body).action;
    assert_eq!(action("/wsfed"), "https://one.example/cb");
    assert_eq!(
        action("/wsfed?wreply=https://two.example/cb"),
        "https://two.example/cb"
    );
}
