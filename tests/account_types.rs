//! Only users of Active Directory sign in, by whichever way: no computer, no managed service account, no group.

use serde_json::{Value, json};

use crate::lab::{
    Lab,
    client_ca::ClientCa,
    curl::Response,
    instance::{Builder, Instance},
    stand_in::Tenant,
    unicode_password,
};

const SIGN_IN: &str = "/wsfed?wtrealm=urn:auth0:corp&wctx=c";
/// Where a directory keeps who may read `sAMAccountType`: its schemaIDGUID ([MS-ADA3]).
const ACCOUNT_TYPE: &str = "6e7b626c-64f2-11d0-afd2-00c04fd930c9";

/// A computer with everybody's password; `name` without the dollar.
fn add_computer(name: &str) {
    let lab = Lab::get();
    lab.ldbmodify(&format!(
        "dn: CN={name},CN=Computers,DC=corp,DC=example\nchangetype: add\nobjectClass: computer\n\
         sAMAccountName: {name}$\nuserAccountControl: 4096\nunicodePwd:: {}\n",
        unicode_password(&lab.password)
    ));
}

fn builder(tenant: &Tenant) -> Builder {
    Instance::builder()
        .tunnel(tenant)
        .set("WITH_KERBEROS_PROXY_FRONTEND", true)
        .set("ENABLE_WRITE_BACK", true)
        .set("ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD", true)
        .set("LDAP_BIND_USER", "svc-writeback@corp.example")
}

fn form(instance: &Instance, name: &str) -> Response {
    let fields = [("username", name), ("password", &Lab::get().password)];
    instance.curl(SIGN_IN).form(fields).run()
}

fn by_ticket(instance: &Instance, name: &str) -> Response {
    let ticket = Lab::get().kinit(name);
    instance.curl(SIGN_IN).negotiate(&ticket).run()
}

fn by_proxy(instance: &Instance, name: &str) -> Response {
    instance
        .curl(SIGN_IN)
        .header("X-Forwarded-User", name)
        .run()
}

fn by_tunnel(tenant: &Tenant, what: &str, name: &str) -> Value {
    let password = &Lab::get().password;
    let claims = json!({ "username": name, "password": password });
    tenant.ask(what, &claims).1
}

#[test]
fn a_computer_is_refused_by_every_way_in() {
    let tenant = Tenant::start();
    add_computer("pc-refused");
    let name = "pc-refused$";
    let instance = builder(&tenant).start();
    tenant.await_agents(1);
    // Who has proved it is told that there is no account; a typed name is that of nobody.
    for (way, response, status) in [
        ("kerberos", by_ticket(&instance, name), 403),
        ("frontend", by_proxy(&instance, name), 403),
        ("password", form(&instance, name), 401),
    ] {
        assert_eq!(response.status, status, "{way}: {}", response.body);
        assert!(!response.body.contains("wresult"), "{way}");
        let line = instance.await_event("login.refused", &[&format!(r#""method":"{way}""#)]);
        assert!(line.contains(r#""reason":"not_a_user""#), "{line}");
        assert!(line.contains("ALLOW_MACHINE_ACCOUNTS"), "{line}");
    }
    for what in ["authenticate_user", "change_password"] {
        let payload = by_tunnel(&tenant, what, name);
        assert_eq!(payload["err"]["name"], "WrongUsername", "{what}: {payload}");
    }
    instance.await_event("login.refused", &["\"tunnel\"", "not_a_user"]);
    instance.await_event("password.refused", &["not_a_user"]);
}

#[test]
fn machines_sign_in_where_a_key_says_so() {
    let tenant = Tenant::start();
    add_computer("pc-wanted");
    let instance = builder(&tenant).set("ALLOW_MACHINE_ACCOUNTS", true).start();
    tenant.await_agents(1);
    let name = "pc-wanted$";
    for response in [
        by_ticket(&instance, name),
        by_proxy(&instance, name),
        form(&instance, name),
    ] {
        assert_eq!(response.status, 200, "{}", response.body);
    }
    let payload = by_tunnel(&tenant, "authenticate_user", name);
    assert!(payload.get("err").is_none(), "{payload}");
}

#[test]
fn a_certificate_with_the_name_of_a_group_is_nobodys() {
    let ca = ClientCa::new("Groups");
    let start = |machines: bool| {
        Instance::builder()
            .set("CLIENT_CERT_AUTH", true)
            .set("CLIENT_CERT_MAP", json!(["cn"]))
            .set("ALLOW_MACHINE_ACCOUNTS", machines)
            .file("certs/client-ca.pem", &ca.pem)
            .start()
    };
    let group = ca.issue("Domain Admins", |_| {});
    for machines in [false, true] {
        let instance = start(machines);
        let response = instance.curl(SIGN_IN).certificate(&group).run();
        assert_eq!(response.status, 403, "{}", response.body);
        instance.await_event("login.refused", &["not_a_user", "the entry is a group"]);
        let alice = ca.issue("alice", |_| {});
        let response = instance.curl(SIGN_IN).certificate(&alice).run();
        assert_eq!(response.status, 200, "{}", response.body);
    }
}

/// What is known of a user who signs in must not depend on what the service account may not see.
#[test]
fn an_account_whose_type_cannot_be_read_is_refused_and_the_log_says_which_right_is_missing() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user("type-hidden", "");
    let dn = "CN=type-hidden,CN=Users,DC=corp,DC=example";
    // For one service account alone: other tests look at all users, too.
    lab.add_user("svc-typeless", "");
    lab.hide("svc-typeless", dn, ACCOUNT_TYPE);
    let instance = builder(&tenant)
        .set("LDAP_BIND_USER", "svc-typeless@corp.example")
        .set("LDAP_BIND_PASSWORD", lab.password.as_str())
        .start();
    tenant.await_agents(1);
    for (way, response) in [
        ("kerberos", by_ticket(&instance, "type-hidden")),
        ("frontend", by_proxy(&instance, "type-hidden")),
        ("password", form(&instance, "type-hidden")),
    ] {
        assert_eq!(response.status, 500, "{way}: {}", response.body);
        let line = instance.await_event("login.refused", &[&format!(r#""method":"{way}""#)]);
        assert!(line.contains("account_type_unreadable"), "{line}");
        assert!(line.contains("let LDAP_BIND_USER read it"), "{line}");
    }
    for what in ["authenticate_user", "change_password"] {
        let payload = by_tunnel(&tenant, what, "type-hidden");
        assert!(payload.get("err").is_some(), "{what}: {payload}");
    }
    // A password that is not right is told as such, as everybody's.
    let fields = [("username", "type-hidden"), ("password", "wrong")];
    assert_eq!(instance.curl(SIGN_IN).form(fields).run().status, 401);
}
