//! A direct login checks what a bind would: who is disabled, expired or locked is refused, ticket or
//! not, with a page that does not tell which.

use crate::lab::{Lab, instance::Instance};

/// Signs `user` in with a ticket taken before `lock` changed the account.
fn refused_with_a_ticket(user: &str, change: &str, reason: &str) {
    let (lab, instance) = (Lab::get(), Instance::start());
    lab.add_user(user, "");
    let ticket = lab.kinit(user);
    lab.token(&ticket, "HTTP@login.corp.example", None);
    let response = instance.curl("/wsfed").negotiate(&ticket).run();
    assert_eq!(response.status, 200, "before the change: {}", response.body);
    lab.ldbmodify(&format!(
        "dn: CN={user},CN=Users,DC=corp,DC=example\nchangetype: modify\n{change}"
    ));
    let response = instance.curl("/wsfed").negotiate(&ticket).run();
    assert_eq!(response.status, 403, "{}", response.body);
    assert!(
        response.body.contains("cannot sign in at the moment"),
        "{}",
        response.body
    );
    assert!(!response.body.contains("wresult"));
    instance.await_event("login.refused", &[user, &format!(r#""reason":"{reason}""#)]);
}

#[test]
fn a_disabled_account_with_a_ticket() {
    let change = "replace: userAccountControl\nuserAccountControl: 514\n";
    refused_with_a_ticket("ticket-disabled", change, "account_disabled");
}

#[test]
fn an_expired_account_with_a_ticket() {
    let change = "replace: accountExpires\naccountExpires: 133000000000000000\n";
    refused_with_a_ticket("ticket-expired", change, "account_expired");
}

#[test]
fn a_locked_account_with_a_ticket() {
    // FILETIME: 100 ns since 1601.
    let since_1970 = ad_edge::clock::Clock::system()
        .now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let now = (since_1970 + 11_644_473_600) * 10_000_000;
    let change = format!("replace: lockoutTime\nlockoutTime: {now}\n");
    refused_with_a_ticket("ticket-locked", &change, "account_locked");
}
