//! A direct login checks what a bind would: who is disabled, expired, locked, outside of the logon hours or
//! must choose a new password is refused, ticket or not, with a page that does not tell more than it must.

use std::process::Command;

use serde_json::json;

use crate::lab::{
    Ccache, Lab,
    client_ca::{Certificate, ClientCa, add_upn},
    curl::Response,
    instance::{Builder, Instance},
    openldap::{Anonymous, OpenLdap},
    run_with_input,
    stand_in::Tenant,
};
use crate::openldap::as_documented;

/// A new user, and a ticket for the service that was taken before anything changed.
fn with_ticket(instance: &Instance, user: &str) -> Ccache {
    let lab = Lab::get();
    lab.add_user(user, "");
    let ticket = lab.kinit(user);
    lab.token(&ticket, "HTTP@login.corp.example", None);
    let response = instance.curl("/wsfed").negotiate(&ticket).run();
    assert_eq!(response.status, 200, "before the change: {}", response.body);
    ticket
}

fn modify(user: &str, change: &str) {
    Lab::get().ldbmodify(&format!(
        "dn: CN={user},CN=Users,DC=corp,DC=example\nchangetype: modify\n{change}"
    ));
}

fn assert_refused(instance: &Instance, response: &Response, words: &str, texts: &[&str]) {
    assert_eq!(response.status, 403, "{}", response.body);
    assert!(response.body.contains(words), "{}", response.body);
    assert!(!response.body.contains("wresult"));
    instance.await_event("login.refused", texts);
}

/// Signs `user` in with a ticket taken before the change to the account.
fn refused_with_a_ticket(user: &str, change: &str, reason: &str) {
    let instance = Instance::start();
    let ticket = with_ticket(&instance, user);
    modify(user, change);
    let response = instance.curl("/wsfed").negotiate(&ticket).run();
    let reason = format!(r#""reason":"{reason}""#);
    let words = "cannot sign in at the moment";
    assert_refused(&instance, &response, words, &[user, &reason]);
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

/// No hour of the week: 21 bytes of nothing.
const NO_HOURS: &str = "replace: logonHours\nlogonHours:: AAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";

#[test]
fn outside_of_the_logon_hours_with_a_ticket() {
    refused_with_a_ticket("ticket-hours", NO_HOURS, "logon_hours");
}

#[test]
fn logon_hours_that_are_none_refuse() {
    let change = "replace: logonHours\nlogonHours:: AAAA\n";
    refused_with_a_ticket("ticket-odd-hours", change, "account_unreadable");
}

#[test]
fn outside_of_the_logon_hours_by_the_form() {
    let (lab, instance) = (Lab::get(), Instance::start());
    lab.add_user(
        "form-hours",
        NO_HOURS
            .strip_prefix("replace: logonHours\n")
            .expect("a line"),
    );
    let form = |password: &str| {
        let fields = [("username", "form-hours"), ("password", password)];
        instance.curl("/wsfed").form(fields).run()
    };
    assert_eq!(form("wrong").status, 401);
    let texts = ["form-hours", r#""reason":"logon_hours""#];
    assert_refused(
        &instance,
        &form(&lab.password),
        "cannot sign in at the moment",
        &texts,
    );
}

/// Refused for the state of the password, unless the key allows it.
fn password_state(user: &str, key: &str, reason: &str, change: impl FnOnce()) {
    let strict = Instance::start();
    let ticket = with_ticket(&strict, user);
    change();
    let response = strict.curl("/wsfed").negotiate(&ticket).run();
    let reason = format!(r#""reason":"{reason}""#);
    assert_refused(
        &strict,
        &response,
        "password must be changed",
        &[user, &reason],
    );
    let lenient = Instance::builder().set(key, true).start();
    let response = lenient.curl("/wsfed").negotiate(&ticket).run();
    assert_eq!(response.status, 200, "{key}: {}", response.body);
}

#[test]
fn a_password_that_must_be_changed_with_a_ticket() {
    let (key, reason) = ("ALLOW_PASSWORD_CHANGE_REQUIRED", "password_change_required");
    password_state("ticket-change", key, reason, || {
        modify("ticket-change", "replace: pwdLastSet\npwdLastSet: 0\n");
    });
}

#[test]
fn an_expired_password_with_a_ticket() {
    let (key, reason) = ("ALLOW_PASSWORD_EXPIRED", "password_expired");
    password_state("ticket-old", key, reason, || {
        // A policy for this user alone: a password is good for ten days. This one is years old.
        Lab::get().ldbmodify(
            "dn: CN=old,CN=Password Settings Container,CN=System,DC=corp,DC=example\nchangetype: add\n\
             objectClass: msDS-PasswordSettings\nmsDS-PasswordSettingsPrecedence: 10\n\
             msDS-PasswordReversibleEncryptionEnabled: FALSE\nmsDS-PasswordHistoryLength: 0\n\
             msDS-PasswordComplexityEnabled: FALSE\nmsDS-MinimumPasswordLength: 0\n\
             msDS-MinimumPasswordAge: 0\nmsDS-MaximumPasswordAge: -8640000000000\n\
             msDS-LockoutThreshold: 0\nmsDS-LockoutObservationWindow: -18000000000\n\
             msDS-LockoutDuration: -18000000000\n\
             msDS-PSOAppliesTo: CN=ticket-old,CN=Users,DC=corp,DC=example\n",
        );
        Lab::get().ldbmodify_stored(
            "dn: CN=ticket-old,CN=Users,DC=corp,DC=example\nchangetype: modify\n\
             replace: pwdLastSet\npwdLastSet: 132223104000000000\n",
        );
    });
}

#[test]
fn an_account_whose_state_cannot_be_read_is_refused_where_nobody_else_judges_it() {
    let lab = Lab::get();
    lab.add_user("svc-blind", "");
    let instance = Instance::builder()
        .set("LDAP_BIND_USER", "svc-blind@corp.example")
        .set("LDAP_BIND_PASSWORD", lab.password.as_str())
        .start();
    for (user, name, attribute) in [
        (
            "hidden-control",
            "userAccountControl",
            "bf967a68-0de6-11d0-a285-00aa003049e2",
        ),
        (
            "hidden-end",
            "accountExpires",
            "bf967915-0de6-11d0-a285-00aa003049e2",
        ),
        (
            "hidden-computed",
            "msDS-User-Account-Control-Computed",
            "2cc4b836-b63f-4940-8d23-ea7acf06af56",
        ),
    ] {
        let ticket = with_ticket(&instance, user);
        let dn = format!("CN={user},CN=Users,DC=corp,DC=example");
        lab.hide("svc-blind", &dn, attribute);
        let response = instance.curl("/wsfed").negotiate(&ticket).run();
        let texts = [user, r#""reason":"account_unreadable""#, name];
        assert_refused(&instance, &response, "cannot sign in at the moment", &texts);
        // A controller that has checked the password has looked at the account too.
        let fields = [("username", user), ("password", &lab.password)];
        let response = instance.curl("/wsfed").form(fields).run();
        assert_eq!(response.status, 200, "{name}: {}", response.body);
    }
}

fn for_upn(ca: &ClientCa, user: &str) -> Certificate {
    ca.issue(user, |params| {
        add_upn(params, &format!("{user}@corp.example"));
    })
}

fn with_certificates(ca: &ClientCa) -> Builder {
    Instance::builder()
        .set("CLIENT_CERT_AUTH", true)
        .file("certs/client-ca.pem", &ca.pem)
}

#[test]
fn workstations_count_where_none_has_looked_at_them() {
    let (lab, ca) = (Lab::get(), ClientCa::new("Workstations"));
    let instance = with_certificates(&ca).start();
    let ticket = with_ticket(&instance, "at-desk");
    let certificate = for_upn(&ca, "at-desk");
    let by_certificate = || instance.curl("/wsfed").certificate(&certificate).run();
    assert_eq!(by_certificate().status, 200);
    modify(
        "at-desk",
        "replace: userWorkstations\nuserWorkstations: KIOSK1,KIOSK2\n",
    );
    let texts = ["at-desk", r#""reason":"workstation""#];
    assert_refused(
        &instance,
        &by_certificate(),
        "cannot sign in at the moment",
        &texts,
    );
    // The KDC gives tickets to these workstations only.
    assert_eq!(instance.curl("/wsfed").negotiate(&ticket).run().status, 200);
    // A bind is no workstation's either: the controller says so, to who has the password.
    let by_form = |password: &str| {
        let fields = [("username", "at-desk"), ("password", password)];
        instance.curl("/wsfed").form(fields).run()
    };
    assert_eq!(by_form("wrong").status, 401);
    let texts = [r#""method":"password""#, r#""reason":"workstation""#];
    let words = "cannot sign in at the moment";
    assert_refused(&instance, &by_form(&lab.password), words, &texts);
}

#[test]
fn a_certificate_is_refused_like_a_ticket() {
    let ca = ClientCa::new("States");
    let instance = with_certificates(&ca).start();
    for (user, change, reason) in [
        ("cert-hours", NO_HOURS, "logon_hours"),
        (
            "cert-change",
            "replace: pwdLastSet\npwdLastSet: 0\n",
            "password_change_required",
        ),
    ] {
        Lab::get().add_user(user, "");
        let certificate = for_upn(&ca, user);
        let login = || instance.curl("/wsfed").certificate(&certificate).run();
        assert_eq!(login().status, 200);
        modify(user, change);
        assert_refused(
            &instance,
            &login(),
            "",
            &[user, &format!(r#""reason":"{reason}""#)],
        );
    }
}

/// Accounts of OpenLDAP as its overlay ppolicy keeps them, and why each is refused.
const KEPT_BY_PPOLICY: [(&str, &str, &str); 6] = [
    (
        "for-good",
        "pwdAccountLockedTime: 000001010000Z",
        "account_locked",
    ),
    (
        "for-now",
        "pwdAccountLockedTime: 20261101000000Z",
        "account_locked",
    ),
    ("reset", "pwdReset: TRUE", "password_change_required"),
    ("ended", "pwdEndTime: 20200101000000Z", "account_expired"),
    (
        "not-begun",
        "pwdStartTime: 20990101000000Z",
        "account_expired",
    ),
    ("fine", "pwdEndTime: 20990101000000Z", ""),
];

#[test]
fn another_directory_s_policy_counts_as_well() {
    let (directory, tenant) = (OpenLdap::start(Anonymous::Refused), Tenant::start());
    let instance = as_documented(&directory, &tenant)
        .set("WITH_KERBEROS_PROXY_FRONTEND", true)
        .set("ALLOW_PASSWORD_EXPIRED", true)
        .start();
    let mut command = Command::new("ldapmodify");
    command
        .env("LDAPTLS_CACERT", Lab::get().ca())
        // Relax (draft-zeilenga-ldap-relax): these attributes are the server's.
        .args(["-x", "-e", "!relax", "-H", &directory.url()])
        .args(["-D", "cn=admin,o=acme", "-w", &Lab::get().password]);
    let people = KEPT_BY_PPOLICY.map(|(user, line, _)| {
        format!(
            "dn: uid={user},ou=people,o=acme\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {user}\n\
             cn: {user}\nsn: {user}\nuserPassword: {}\n{line}\n\n",
            Lab::get().password
        )
    });
    run_with_input(&mut command, &people.concat());
    for (user, line, reason) in KEPT_BY_PPOLICY {
        let response = instance
            .curl("/wsfed")
            .header("X-Forwarded-User", user)
            .run();
        if reason.is_empty() {
            assert_eq!(response.status, 200, "{line}: {}", response.body);
            assert!(!response.body.contains("pwdEndTime"), "{}", response.body);
            continue;
        }
        assert_refused(
            &instance,
            &response,
            "",
            &[user, &format!(r#""reason":"{reason}""#)],
        );
    }
    // A bind with a password that must be changed succeeds there.
    let claims = json!({ "username": "reset", "password": Lab::get().password });
    tenant.await_agents(1);
    let answer = tenant.ask("authenticate_user", &claims).1;
    assert_eq!(answer["err"]["name"], "PasswordChangeRequired", "{answer}");
}
