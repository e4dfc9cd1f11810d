//! `ad-edge doctor` on the directory's servers: each trouble is told apart from the others.

use serde_json::json;
use tempfile::TempDir;

use crate::{
    directory_discovery::name_server,
    doctor::{doctor, healthy, known, text},
    lab::{
        Lab,
        instance::Builder,
        openldap::{Anonymous, OpenLdap},
        stand_in::Tenant,
    },
    openldap::as_documented,
};

#[test]
fn servers_that_cannot_be_reached() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let at = |url: &str| healthy(&tenant).set("LDAP_URL", url);
    let report = doctor(at(&format!("ldaps://{}:1", lab.address)));
    let fix = text(report.fails("ldap", "ldap-reach"), "fix");
    assert_eq!(fix, format!("nc -vz {} 1", lab.address));
    // What could not be looked at is no mistake of its own.
    assert!(
        text(report.fails("ldap", "ldap-reach"), "note").contains("Groups, SPN and key versions"),
        "{report:?}"
    );
    // One that takes connections and says nothing, beside a good one: it is reported, and the rest is
    // looked at all the same.
    let listener = std::net::TcpListener::bind((lab.address.as_str(), 0)).expect("a port");
    let silent = format!("ldap://{}", listener.local_addr().expect("its number"));
    let urls = json!([silent, format!("ldaps://{}:636", lab.address)]);
    let report = doctor(healthy(&tenant).set("LDAP_URL", urls));
    assert_eq!(report.fails("ldap", "ldap-reach")["subject"], silent);
    report.passes("ldap", "ldap-bind");
    report.passes("kerberos", "spn");
    report.passes("groups", "groups");
}

#[test]
fn certificates_of_directory_servers() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let report = doctor(healthy(&tenant).set("SSL_CA_FILE", lab.signer().display().to_string()));
    let finding = report.fails("ldap", "ldap-tls-issuer");
    assert!(
        text(finding, "text").contains("the certificate of \"CN="),
        "{finding}"
    );
    let connect = format!("openssl s_client -connect {}:636 -showcerts", lab.address);
    assert!(text(finding, "fix").starts_with(&connect), "{finding}");
    let report = doctor(
        healthy(&tenant)
            .set("LDAP_URL", "ldaps://other.corp.example:636")
            .with_names(
                &format!("{} login.corp.example other.corp.example\n", lab.address),
                "nameserver 127.0.0.1\n",
            ),
    );
    let fix = text(report.fails("ldap", "ldap-tls-name"), "fix");
    assert!(
        fix.starts_with("ad-edge setup --ldap-url ldaps://dc1.corp.example:636 --home /"),
        "{fix}"
    );
    doctor(healthy(&tenant).clock("+9000d")).fails("ldap", "ldap-tls-expired");
}

#[test]
fn a_wrong_password_is_tried_once() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let urls = [636, 3269].map(|port| format!("ldaps://{}:{port}", lab.address));
    let report = doctor(
        healthy(&tenant)
            .set("LDAP_URL", json!(urls))
            .set("LDAP_BIND_PASSWORD", "wrong-on-purpose"),
    );
    let fix = text(report.fails("ldap", "ldap-bind-account"), "fix");
    assert!(fix.starts_with("ad-edge setup --home /"), "{fix}");
    assert_eq!(report.all("ldap", "ldap-bind-account").len(), 1);
    assert_eq!(
        report.warns("ldap", "ldap-bind-not-tried")["subject"],
        urls[1]
    );
}

#[test]
fn a_bind_that_wants_encryption_is_no_wrong_password() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let report = doctor(
        healthy(&tenant)
            .set("LDAP_URL", format!("ldap://{}:389", lab.address))
            .set("LDAP_STARTTLS", false),
    );
    report.warns("ldap", "ldap-plain");
    let reach = text(report.passes("ldap", "ldap-reach"), "text");
    assert!(reach.contains("without TLS"), "{reach}");
    let fix = text(report.fails("ldap", "ldap-bind-refused"), "fix");
    let setup = format!("ad-edge setup --ldap-url ldaps://{}:636 ", lab.address);
    assert!(fix.starts_with(&setup), "{fix}");
    assert!(report.all("ldap", "ldap-search").is_empty());
}

#[test]
fn bases_groups_and_clocks() {
    let tenant = Tenant::by_address();
    let healthy = || healthy(&tenant);
    let report = doctor(healthy().set("LDAP_BASE", "DC=other,DC=example"));
    let fix = text(report.fails("ldap", "ldap-search"), "fix");
    assert!(
        fix.starts_with("ad-edge setup --ldap-base DC=corp,DC=example "),
        "{fix}"
    );
    // One mistake is one failure, however many servers there are.
    let urls = [636, 3269].map(|port| format!("ldaps://{}:{port}", Lab::get().address));
    let report = doctor(
        healthy()
            .set("LDAP_URL", json!(urls))
            .set("LDAP_BASE", "DC=other,DC=example"),
    );
    let failures = report.findings.iter();
    let failures = failures.filter(|one| one["level"] == "fail");
    // The host of SERVER_URL is none here.
    let failures: Vec<_> = failures.filter(|one| one["area"] != "dns").collect();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    let report = doctor(healthy().clock("+10m"));
    let fix = text(report.fails("clock", "clock-directory"), "fix");
    assert_eq!(fix, "timedatectl set-ntp true");
    let groups_at = |base: &str| doctor(healthy().set("LDAP_BASE_GROUPS", base));
    groups_at("CN=nothing,DC=corp,DC=example").fails("groups", "groups-search");
    let report = groups_at("CN=Computers,DC=corp,DC=example");
    let words = text(report.fails("groups", "groups-none"), "text");
    assert!(words.contains("CN=Computers,DC=corp,DC=example"), "{words}");
    doctor(healthy().set("GROUPS", false)).passes("groups", "groups-off");
    // The query as an administrator may have written it, for entries of whatever class, and the default.
    let written = "(&(member:1.2.840.113556.1.4.1941:={0}))";
    let report = doctor(healthy().set("LDAP_SEARCH_GROUPS", written));
    let finding = report.warns("groups", "groups-class");
    let note = text(finding, "note");
    let with_class = format!("(&(objectCategory=group){written})");
    assert!(note.contains(&with_class), "{finding}");
    let words = doctor(healthy());
    let words = text(words.passes("groups", "groups"), "text").to_owned();
    assert!(words.contains("upward from memberOf"), "{words}");
}

#[test]
fn attributes_of_users_that_the_service_account_may_not_see() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let (base, user) = (
        "OU=watched,DC=corp,DC=example",
        "CN=watched,OU=watched,DC=corp,DC=example",
    );
    lab.ldbmodify(&format!(
        "dn: {base}\nchangetype: add\nobjectClass: organizationalUnit\n"
    ));
    lab.add_user("svc-watched", "");
    let new = lab.new_user("watched", "");
    lab.ldbmodify(&new.replace("CN=watched,CN=Users", "CN=watched,OU=watched"));
    let report = || {
        doctor(
            healthy(&tenant)
                .set("LDAP_BASE", base)
                .set("LDAP_BIND_USER", "svc-watched@corp.example")
                .set("LDAP_BIND_PASSWORD", lab.password.as_str()),
        )
    };
    let words = |finding: &serde_json::Value| text(finding, "text").to_owned();
    report().passes("ldap", "ldap-attributes");
    // pwdLastSet, and then userAccountControl, without which a ticket is refused.
    lab.hide("svc-watched", user, "bf967a0a-0de6-11d0-a285-00aa003049e2");
    let hidden = words(report().warns("ldap", "ldap-attributes"));
    assert!(
        hidden.contains(&format!("cannot read pwdLastSet of {user}")),
        "{hidden}"
    );
    lab.hide("svc-watched", user, "bf967a68-0de6-11d0-a285-00aa003049e2");
    let hidden = words(report().fails("ldap", "ldap-attributes"));
    assert!(
        hidden.contains("userAccountControl, pwdLastSet of"),
        "{hidden}"
    );
}

#[test]
fn servers_of_srv_records_are_those_that_run() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let (port, folder) = (lab.free_port(), TempDir::new().expect("a folder"));
    let srv = || {
        healthy(&tenant)
            .set("LDAP_URL", "srv:corp.example")
            .set("LDAP_SRV_NAMESERVERS", format!("{}:{port}", lab.address))
    };
    let fix = doctor(srv());
    let fix = text(fix.fails("ldap", "ldap-srv"), "fix");
    assert!(
        fix.contains(&format!("@{} -p {port}", lab.address)),
        "{fix}"
    );
    let dns = name_server(port, &folder);
    crate::lab::wait_until(std::time::Duration::from_secs(10), "dnsmasq", || {
        std::net::TcpStream::connect((lab.address.as_str(), port)).is_ok()
    });
    for (start_tls, server) in [
        (false, "ldaps://dc1.corp.example:636"),
        (true, "ldap://dc1.corp.example:389"),
    ] {
        let report = doctor(srv().set("LDAP_STARTTLS", start_tls));
        assert_eq!(report.passes("ldap", "ldap-bind")["subject"], server);
        report.fails("ldap", "ldap-reach");
        report.passes("kerberos", "spn");
    }
    drop(dns);
}

#[test]
fn a_form_that_could_lock_accounts_out_is_found() {
    let tenant = Tenant::by_address();
    let with = |key: &str, value: u32| doctor(known(healthy(&tenant).set(key, value)));
    // The lab's domain locks at ten failures within half an hour.
    let report = with("FORM_FAILURES_PER_USER", 3);
    let found = report.find("ok", "form", "form-lockout");
    assert!(
        found["text"]
            .as_str()
            .is_some_and(|text| text.contains("safe for 3 of them"))
    );
    let report = with("FORM_FAILURES_PER_USER", 10);
    let found = report.fails("form", "form-lockout");
    assert!(
        found["note"]
            .as_str()
            .is_some_and(|note| note.contains("to 9 at most"))
    );
    with("FORM_FAILURES_PER_USER", 5).warns("form", "form-lockout");
    with("FORM_FAILURES_PER_USER", 0).warns("form", "form-lockout");
    with("FORM_FAILURES_SECONDS", 600).warns("form", "form-window");
}

#[test]
fn which_names_find_a_user() {
    let tenant = Tenant::by_address();
    let said = |builder: Builder| {
        let report = doctor(builder);
        text(report.passes("ldap", "ldap-names"), "text").to_owned()
    };
    let typed = said(healthy(&tenant));
    for form in [r"CORP\alice", "alice@corp.example", "mail address"] {
        assert!(typed.contains(form), "{typed}");
    }
    let own = said(healthy(&tenant).set("LDAP_USER_BY_NAME", "mail={0}"));
    for part in ["(mail={0})", "LDAP_USER_BY_NAME", "SID of their ticket"] {
        assert!(own.contains(part), "{own}");
    }
    let directory = OpenLdap::start(Anonymous::Refused);
    let other = || as_documented(&directory, &tenant);
    let own = said(other());
    assert!(own.contains("(uid={0})") && !own.contains("sAM"), "{own}");
    let report = doctor(other().unset("LDAP_USER_BY_NAME"));
    let note = text(report.warns("ldap", "ldap-names"), "note");
    assert!(note.contains("LDAP_USER_BY_NAME"), "{note}");
}

#[test]
fn a_filter_that_finds_nobody() {
    let tenant = Tenant::by_address();
    let by = |filter: &str| doctor(healthy(&tenant).set("LDAP_USER_BY_NAME", filter));
    for filter in [
        "(sAMAcountName={0})",
        "(&(objectClass=printQueue)(sAMAccountName={0}))",
    ] {
        let report = by(filter);
        let finding = report.fails("ldap", "ldap-names");
        let found = filter.replace("{0}", "*");
        assert!(text(finding, "text").contains(&found), "{finding}");
    }
    by("(&(objectClass=user)(mail={0}))").passes("ldap", "ldap-names");
}
