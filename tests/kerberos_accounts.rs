//! Whose ticket it is, the ticket's SID says: names are given to others, and a computer's stands in for a user's.

use std::process::Command;

use crate::lab::{
    Ccache, Lab,
    curl::Response,
    instance::{Builder, Instance},
    page::Form,
    project, run_with_input,
    stand_in::Tenant,
    unicode_password,
};

const SIGN_IN: &str = "/wsfed?wtrealm=urn:auth0:corp&wctx=c";
const SERVICE: &str = "HTTP@login.corp.example";

fn with_ticket(instance: &Instance, ticket: &Ccache) -> Response {
    instance.curl(SIGN_IN).negotiate(ticket).run()
}

/// Refused: no token, and one audit line with this reason and these words.
fn assert_refused(instance: &Instance, response: &Response, reason: &str, words: &[&str]) {
    assert!(
        matches!(response.status, 401 | 403),
        "{}: {}",
        response.status,
        response.body
    );
    assert!(!response.body.contains("wresult"), "{}", response.body);
    let reason = format!(r#""reason":"{reason}""#);
    let line = instance.await_event("login.refused", &[&reason]);
    for words in words {
        assert!(line.contains(words), "{words}\n{line}");
    }
}

/// The account whose token the page carries.
fn account(tenant: &Tenant, response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    let claim = &verified["claims"]["http://schemas.passportjs.com/nickname"];
    claim.as_str().expect("a name").to_owned()
}

/// CVE-2020-25717: the controller gives the computer `late$` a ticket for `late`, as long as nobody has that name.
#[test]
fn a_computer_without_its_dollar_is_no_user_of_that_name() {
    let lab = Lab::get();
    lab.ldbmodify(&format!(
        "dn: CN=late,CN=Computers,DC=corp,DC=example\nchangetype: add\nobjectClass: computer\n\
         sAMAccountName: late$\nuserAccountControl: 4096\nunicodePwd:: {}\n",
        unicode_password(&lab.password)
    ));
    lab.add_user("late-victim", "uid: late\n");
    let ticket = lab.kinit("late");
    lab.token(&ticket, SERVICE, None);
    let filters = ["(|(sAMAccountName={0})(uid={0}))", "(sAMAccountName={0})"];
    let instances =
        filters.map(|filter| Instance::builder().set("LDAP_USER_BY_NAME", filter).start());
    for instance in &instances {
        let response = with_ticket(instance, &ticket);
        assert_eq!(response.status, 403, "{}", response.body);
    }
    // The name is a user's by now, and the ticket is still good.
    lab.add_user("late", "");
    for instance in &instances {
        let response = with_ticket(instance, &ticket);
        let words = ["CN=late,CN=Computers", "a computer"];
        assert_refused(instance, &response, "not_a_user", &words);
    }
}

#[test]
fn a_ticket_stays_that_of_a_renamed_account_and_is_not_the_new_owners_of_its_name() {
    let (lab, tenant, instance) = (Lab::get(), Tenant::start(), Instance::start());
    lab.add_user("renamed", "");
    let ticket = lab.kinit("renamed");
    lab.token(&ticket, SERVICE, None);
    assert_eq!(
        account(&tenant, &with_ticket(&instance, &ticket)),
        "renamed"
    );
    let change = |lines: &str| {
        lab.ldbmodify(&format!(
            "dn: CN=renamed,CN=Users,DC=corp,DC=example\nchangetype: modify\n{lines}"
        ));
    };
    change(
        "replace: sAMAccountName\nsAMAccountName: renamed-left\n-\n\
         replace: userPrincipalName\nuserPrincipalName: renamed-left@corp.example\n",
    );
    lab.ldbmodify(
        &lab.new_user("renamed", "displayName: The new one\n")
            .replacen("CN=renamed,", "CN=new owner,", 1),
    );
    let answer = with_ticket(&instance, &ticket);
    assert_eq!(account(&tenant, &answer), "renamed-left");
    change("replace: userAccountControl\nuserAccountControl: 514\n");
    let response = with_ticket(&instance, &ticket);
    assert_refused(
        &instance,
        &response,
        "account_disabled",
        &["CN=renamed,CN=Users"],
    );
    // Who has the name signs in with a ticket of their own.
    let answer = with_ticket(&instance, &lab.kinit("renamed"));
    assert_eq!(account(&tenant, &answer), "renamed");
    instance.await_event("login.accepted", &["CN=new owner,CN=Users"]);
}

#[test]
fn a_ticket_under_another_spelling_of_the_name_finds_the_account() {
    let (lab, tenant, instance) = (Lab::get(), Tenant::start(), Instance::start());
    for (user, arguments) in [
        ("ALICE", &[][..]),
        ("alice@corp.example", &["-E"][..]),
        ("alice@corp.example", &["-E", "-C"][..]),
    ] {
        let ticket = lab.kinit_with(user, arguments);
        assert_eq!(account(&tenant, &with_ticket(&instance, &ticket)), "alice");
    }
}

/// An instance with the keytab of a service account for whose tickets the controller makes no PAC.
fn without_pac(name: &str) -> (Builder, String) {
    let lab = Lab::get();
    let service = format!("HTTP/{name}.corp.example");
    lab.add_user(
        name,
        &format!("servicePrincipalName: {service}\nmsDS-SupportedEncryptionTypes: 24\n"),
    );
    // NO_AUTH_DATA_REQUIRED.
    lab.ldbmodify(&format!(
        "dn: CN={name},CN=Users,DC=corp,DC=example\nchangetype: modify\n\
         replace: userAccountControl\nuserAccountControl: {}\n",
        512 + 0x200_0000
    ));
    let folder = tempfile::TempDir::new().expect("a folder");
    let keytab = folder.path().join("keytab");
    lab.samba_tool(&[
        "domain",
        "exportkeytab",
        keytab.to_str().expect("a path"),
        &format!("--principal={service}"),
    ]);
    let keytab = std::fs::read(keytab).expect("the keytab");
    let builder = Instance::builder()
        .file("certs/krb5.keytab", keytab)
        .set("KERBEROS_ALIASES", format!("{name}.corp.example"));
    (builder, format!("HTTP@{name}.corp.example"))
}

#[test]
fn a_ticket_without_a_pac_is_refused_unless_a_key_says_otherwise() {
    let (lab, alice) = (Lab::get(), Lab::get().kinit("alice"));
    let (builder, service) = without_pac("svc-no-pac");
    let strict = builder.start();
    let send = |instance: &Instance| {
        let token = format!("Negotiate {}", lab.token(&alice, &service, None));
        instance.curl(SIGN_IN).header("Authorization", &token).run()
    };
    let response = send(&strict);
    assert_refused(
        &strict,
        &response,
        "no_pac",
        &["alice@CORP.EXAMPLE", "KERBEROS_REQUIRE_PAC"],
    );
    let keytab = std::fs::read(strict.home().join("certs/krb5.keytab")).expect("the keytab");
    let lax = Instance::builder()
        .file("certs/krb5.keytab", keytab)
        .set("KERBEROS_ALIASES", "svc-no-pac.corp.example")
        .set("KERBEROS_REQUIRE_PAC", false)
        .start();
    let response = send(&lax);
    assert_eq!(response.status, 200, "{}", response.body);
    lax.await_event("login.accepted", &["CN=Alice Smith,CN=Users"]);
}

/// Whoever has a copy of the service's key can write what they like into a ticket, but for the controller's
/// signature, which no service checks. What is not signed anew with that key counts for nothing.
#[test]
fn a_pac_that_was_changed_names_nobody() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let ticket = lab.kinit("alice");
    lab.token(&ticket, SERVICE, None);
    let shown = lab.samba_tool(&["user", "show", "alice", "--attributes=objectSid"]);
    let number = shown.trim().rsplit('-').next().expect("a number");
    // 500: the domain's administrator.
    let mut forge = Command::new("/usr/bin/python3");
    forge
        .arg(project().join("tests/lab/forge_pac.py"))
        .arg(ticket.path())
        .arg(lab.keytab())
        .args([number, "500"]);
    run_with_input(&mut forge, "");
    let strict = Instance::start();
    let response = with_ticket(&strict, &ticket);
    assert_refused(&strict, &response, "no_pac", &["alice@CORP.EXAMPLE"]);
    let lax = Instance::builder()
        .set("KERBEROS_REQUIRE_PAC", false)
        .start();
    assert_eq!(account(&tenant, &with_ticket(&lax, &ticket)), "alice");
}
