//! An account is told from others by what it keeps (objectGUID, entryUUID): its name and its place may be
//! another's tomorrow, whose token must not hold the groups of the first.

use std::process::Command;

use serde_json::Value;

use crate::lab::{
    Lab,
    instance::Instance,
    openldap::{Anonymous, OpenLdap},
    page::Form,
    run_with_input,
    stand_in::Tenant,
};
use crate::openldap::as_documented;

const USERS: &str = "CN=Users,DC=corp,DC=example";

/// The groups in the token of a user who signs in by the form.
fn groups(tenant: &Tenant, instance: &Instance, user: &str) -> Vec<String> {
    let fields = [("username", user), ("password", &Lab::get().password)];
    let response = instance.curl("/wsfed").form(fields).run();
    assert_eq!(response.status, 200, "{user}: {}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    match &verified["claims"]["http://schemas.passportjs.com/groups"] {
        Value::Null => Vec::new(),
        Value::String(one) => vec![one.clone()],
        list => serde_json::from_value(list.clone()).expect("a list of texts"),
    }
}

/// A user, alone in a group of their own.
fn add_with_group(user: &str, group: &str) {
    let lab = Lab::get();
    lab.add_user(user, "");
    lab.ldbmodify(&format!(
        "dn: CN={group},{USERS}\nchangetype: add\nobjectClass: group\nsAMAccountName: {group}\n\
         member: CN={user},{USERS}\n"
    ));
}

#[test]
fn an_account_made_anew_has_none_of_the_old_ones_groups() {
    let (lab, tenant, instance) = (Lab::get(), Tenant::start(), Instance::start());
    add_with_group("made-anew", "made-anew-group");
    assert_eq!(groups(&tenant, &instance, "made-anew"), ["made-anew-group"]);
    lab.ldbmodify(&format!("dn: CN=made-anew,{USERS}\nchangetype: delete\n"));
    lab.add_user("made-anew", "");
    assert!(groups(&tenant, &instance, "made-anew").is_empty());
}

#[test]
fn a_renamed_account_keeps_its_groups_and_the_next_at_its_place_has_none() {
    let (lab, tenant, instance) = (Lab::get(), Tenant::start(), Instance::start());
    add_with_group("moving", "moving-group");
    assert_eq!(groups(&tenant, &instance, "moving"), ["moving-group"]);
    lab.ldbmodify(&format!(
        "dn: CN=moving,{USERS}\nchangetype: modrdn\nnewrdn: CN=moved\ndeleteoldrdn: 1\n\n\
         dn: CN=moved,{USERS}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: moved\n-\n\
         replace: userPrincipalName\nuserPrincipalName: moved@corp.example\n-\nreplace: mail\n"
    ));
    lab.add_user("moving", "");
    assert!(groups(&tenant, &instance, "moving").is_empty());
    assert_eq!(groups(&tenant, &instance, "moved"), ["moving-group"]);
    // And the other way round: whoever comes to a place does not bring what was remembered of it.
    lab.ldbmodify(&format!(
        "dn: CN=moving,{USERS}\nchangetype: modrdn\nnewrdn: CN=gone\ndeleteoldrdn: 1\n\n\
         dn: CN=moved,{USERS}\nchangetype: modrdn\nnewrdn: CN=moving\ndeleteoldrdn: 1\n"
    ));
    assert!(
        groups(&tenant, &instance, "moving").is_empty(),
        "by account"
    );
    assert_eq!(groups(&tenant, &instance, "moved"), ["moving-group"]);
}

#[test]
fn so_it_is_in_a_directory_that_is_not_active_directory() {
    let (directory, tenant) = (OpenLdap::start(Anonymous::Refused), Tenant::start());
    let instance = as_documented(&directory, &tenant).start();
    let modify = |ldif: &str| {
        let mut command = Command::new("ldapmodify");
        command
            .env("LDAPTLS_CACERT", Lab::get().ca())
            .args(["-x", "-H", &directory.url()])
            .args(["-D", "uid=ad-edge,ou=services,o=acme"])
            .args(["-w", &Lab::get().password]);
        run_with_input(&mut command, ldif);
    };
    let (user, group) = ("uid=heidi,ou=people,o=acme", "cn=Old,ou=groups,o=acme");
    let add = format!(
        "dn: {user}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: heidi\ncn: Heidi\nsn: Heidi\n\
         userPassword: {}\n",
        Lab::get().password
    );
    modify(&format!(
        "{add}\ndn: {group}\nchangetype: add\nobjectClass: groupOfNames\ncn: Old\nmember: {user}\n"
    ));
    assert_eq!(groups(&tenant, &instance, "heidi"), ["Old"]);
    modify(&format!(
        "dn: {user}\nchangetype: delete\n\ndn: {group}\nchangetype: delete\n\n{add}"
    ));
    assert!(groups(&tenant, &instance, "heidi").is_empty());
}
