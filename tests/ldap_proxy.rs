//! A proxy of LDAP in front of Active Directory hides what kind of directory is behind it: what its accounts must be
//! held to is seen by the accounts themselves.

use crate::lab::{
    Lab,
    client_ca::{ClientCa, add_sid, add_upn},
    curl::Response,
    instance::{Builder, Instance},
    openldap::OpenLdap,
    unicode_password,
};

const SIGN_IN: &str = "/wsfed?wtrealm=urn:auth0:corp&wctx=c";

fn behind(proxy: &OpenLdap) -> Builder {
    Instance::builder()
        .set("LDAP_URL", proxy.url())
        .set("LDAP_BIND_USER", "CN=svc-ldap,CN=Users,DC=corp,DC=example")
}

fn form(instance: &Instance, name: &str) -> Response {
    let fields = [("username", name), ("password", &Lab::get().password)];
    instance.curl(SIGN_IN).form(fields).run()
}

fn assert_refused(instance: &Instance, response: &Response, reason: &str) {
    assert!(
        matches!(response.status, 401 | 403),
        "{reason}: {}: {}",
        response.status,
        response.body
    );
    assert!(!response.body.contains("wresult"), "{reason}");
    instance.await_event("login.refused", &[&format!(r#""reason":"{reason}""#)]);
}

fn add_computer(name: &str) {
    let lab = Lab::get();
    lab.ldbmodify(&format!(
        "dn: CN={name},CN=Computers,DC=corp,DC=example\nchangetype: add\nobjectClass: computer\n\
         sAMAccountName: {name}$\nuserAccountControl: 4096\nunicodePwd:: {}\n",
        unicode_password(&lab.password)
    ));
}

#[test]
fn a_computer_is_no_user_behind_a_proxy_either() {
    let proxy = OpenLdap::in_front_of_the_domain();
    add_computer("pc-proxied");
    let instance = behind(&proxy).start();
    assert_eq!(form(&instance, "alice").status, 200);
    assert_refused(&instance, &form(&instance, "pc-proxied$"), "not_a_user");
}

#[test]
fn the_sid_of_a_ticket_decides_behind_a_proxy_too() {
    let (lab, proxy) = (Lab::get(), OpenLdap::in_front_of_the_domain());
    add_computer("late-proxied");
    let ticket = lab.kinit("late-proxied");
    lab.token(&ticket, "HTTP@login.corp.example", None);
    lab.add_user("late-proxied", "");
    let instance = behind(&proxy).start();
    let with_ticket = |ticket| instance.curl(SIGN_IN).negotiate(ticket).run();
    assert_refused(&instance, &with_ticket(&ticket), "other_sid");
    assert_eq!(with_ticket(&lab.kinit("alice")).status, 200);
}

#[test]
fn a_certificate_must_be_as_sure_behind_a_proxy() {
    let (lab, proxy, ca) = (
        Lab::get(),
        OpenLdap::in_front_of_the_domain(),
        ClientCa::new("Proxied"),
    );
    let instance = behind(&proxy)
        .set("CLIENT_CERT_AUTH", true)
        .set("CLIENT_CERT_BINDING", "strong")
        .file("certs/client-ca.pem", &ca.pem)
        .start();
    let login = |certificate| instance.curl(SIGN_IN).certificate(certificate).run();
    let weak = ca.issue("x", |params| add_upn(params, "alice@corp.example"));
    assert_refused(&instance, &login(&weak), "certificate_weak");
    let shown = lab.samba_tool(&["user", "show", "alice", "--attributes=objectSid"]);
    let sid = shown
        .lines()
        .find_map(|line| line.strip_prefix("objectSid: "));
    let strong = ca.issue("x", |params| {
        add_sid(params, sid.expect("a SID"));
        add_upn(params, "alice@corp.example");
    });
    let response = login(&strong);
    assert_eq!(response.status, 200, "{}", response.body);
}
