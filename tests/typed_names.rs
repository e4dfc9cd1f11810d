//! The names that people type for their account, by the form and by the tunnel; and that Kerberos does not
//! depend on them.

use serde_json::{Value, json};

use crate::lab::{
    Lab,
    controllers::Fresh,
    curl::Response,
    instance::{Builder, Instance},
    page::Form,
    stand_in::Tenant,
};

const SIGN_IN: &str = "/wsfed?wtrealm=urn:auth0:corp&wctx=c";

fn form(instance: &Instance, name: &str, password: &str) -> Response {
    let fields = [("username", name), ("password", password)];
    instance.curl(SIGN_IN).form(fields).run()
}

/// The account whose token the page carries.
fn account(tenant: &Tenant, response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    let claim = &verified["claims"]["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"];
    claim.as_str().expect("a name").to_owned()
}

fn by_tunnel(tenant: &Tenant, name: &str, escaped: bool) -> Value {
    let password = &Lab::get().password;
    let claims = json!({ "username": name, "password": password, "escaped": escaped });
    tenant.ask("authenticate_user", &claims).1
}

/// A user whose account, principal and mail address have different names.
fn add_user(name: &str) {
    let lab = Lab::get();
    lab.add_user(name, &format!("displayName: {name}\n"));
    lab.ldbmodify(&format!(
        "dn: CN={name},CN=Users,DC=corp,DC=example\nchangetype: modify\n\
         replace: userPrincipalName\nuserPrincipalName: {name}.upn@alt.example\n-\n\
         replace: mail\nmail: {name}.mail@mail.example\n"
    ));
}

/// The page without what differs in each: the request number, the nonce and what was typed.
fn page(response: &Response, name: &str) -> String {
    let typed = name
        .replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('"', "&#34;");
    let id = response.header("x-request-id").expect("an id");
    let body = response.body.replace(id, "").replace(&typed, "");
    let (before, rest) = body.split_once("nonce=\"").expect("a nonce");
    let nonce = rest.split('"').next().expect("its value");
    format!("{before}{}", rest.replace(nonce, ""))
}

#[test]
fn every_form_of_a_name_means_the_account() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    add_user("typed");
    let instance = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    for name in [
        "typed",
        "  TYPED\u{a0}",
        r"CORP\typed",
        r"corp\Typed",
        r"corp.example\typed",
        "typed@corp.example",
        "typed@CORP",
        "Typed.UPN@alt.example",
        "typed.mail@MAIL.example",
    ] {
        let response = form(&instance, name, &lab.password);
        assert_eq!(account(&tenant, &response), "typed", "{name}");
        let payload = by_tunnel(&tenant, name, false);
        assert_eq!(payload["profile"]["nickname"], "typed", "{name}: {payload}");
    }
    // As a Mac writes an accent, and with the dot that ends a domain.
    add_user("zoë");
    for name in [
        "zoe\u{308}",
        "CORP\\zoe\u{308}",
        "zoe\u{308}@corp.example.",
        "zoë.upn@alt.example.",
        r"corp.example.\zoë",
    ] {
        let response = form(&instance, name, &lab.password);
        assert_eq!(account(&tenant, &response), "zoë", "{name}");
        let payload = by_tunnel(&tenant, name, false);
        assert_eq!(payload["profile"]["nickname"], "zoë", "{name}: {payload}");
    }
    let escaped = by_tunnel(&tenant, r"zoe\cc\88@corp.example.", true);
    assert_eq!(escaped["profile"]["nickname"], "zoë", "{escaped}");
    let escaped = by_tunnel(&tenant, r"CORP\5ctyped", true);
    assert_eq!(escaped["profile"]["nickname"], "typed", "{escaped}");
    let changed = tenant.ask(
        "change_password",
        &json!({ "username": r"OTHER\typed", "password": "x" }),
    );
    assert!(changed.1.get("err").is_some(), "{changed:?}");
}

#[test]
fn a_name_that_means_nobody_or_several_looks_like_an_unknown_one() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    for name in ["shared-1", "shared-2"] {
        lab.add_user(name, "");
        lab.ldbmodify(&format!(
            "dn: CN={name},CN=Users,DC=corp,DC=example\nchangetype: modify\n\
             replace: mail\nmail: shared@mail.example\n"
        ));
    }
    let instance = Instance::builder().tunnel(&tenant).start();
    tenant.await_agents(1);
    let unknown = form(&instance, "nobody-here", &lab.password);
    assert_eq!(unknown.status, 401);
    assert!(
        unknown
            .body
            .contains("Your user name is like alice or alice@corp.example."),
        "{}",
        unknown.body
    );
    let expected = page(&unknown, "nobody-here");
    // A slash is meant as a backslash, whether there is such an account or not.
    for name in ["nobody-here", "bob"] {
        let response = form(&instance, &format!("CORP/{name}"), &lab.password);
        let hint = format!(r"Your user name is like CORP\{name}.");
        assert_eq!(response.status, 401, "{name}");
        assert!(response.body.contains(&hint), "{}", response.body);
    }
    let wrong = form(&instance, "bob", "wrong");
    assert_eq!((wrong.status, page(&wrong, "bob")), (401, expected.clone()));
    let long = "é".repeat(257);
    for (name, reason) in [
        ("shared@mail.example", "ambiguous_user"),
        (r"OTHER\bob", "other_domain"),
        (r"\bob", "other_domain"),
        ("bob@other.example", "unknown_user"),
        (r"CORP\nobody", "unknown_user"),
        ("bob\0x", "unusable_name"),
        ("bob\u{1b}[31m", "unusable_name"),
        ("bob\n", "unusable_name"),
        ("b\u{200b}ob", "unusable_name"),
        ("b\u{202e}ob", "unusable_name"),
        (long.as_str(), "unusable_name"),
    ] {
        let response = form(&instance, name, &lab.password);
        assert_eq!(response.status, 401, "{name}");
        if !name.contains(char::is_control) {
            assert_eq!(page(&response, name), expected, "{name}");
        }
        instance.await_event("login.refused", &[&format!(r#""reason":"{reason}""#)]);
        let counted = format!(
            r#"ad_edge_logins_total{{method="password",outcome="refused",reason="{reason}"}}"#
        );
        assert!(instance.metric(&counted) >= Some(1.0), "{name}: {counted}");
        let payload = by_tunnel(&tenant, name, false);
        assert_eq!(payload["err"]["name"], "WrongUsername", "{name}: {payload}");
        assert_eq!(payload["profile"], json!({ "username": name }));
    }
    // The other forms of a name that is ambiguous mean one user.
    let response = form(&instance, "shared-1", &lab.password);
    assert_eq!(response.status, 200, "{}", response.body);
}

/// Whatever the filter, and however the tenant escapes: a name is whole.
#[test]
fn a_star_or_a_parenthesis_in_an_escaped_name_means_nobody_else() {
    let tenant = Tenant::start();
    for filter in ["(sAMAccountName={0})", "(|(sAMAccountName={0})(uid={0}))"] {
        let _instance = Instance::builder()
            .tunnel(&tenant)
            .set("LDAP_USER_BY_NAME", filter)
            .start();
        tenant.await_agents(1);
        for name in ["alic*", "x)(sAMAccountName=alice", r"alic\2a"] {
            let payload = by_tunnel(&tenant, name, true);
            assert_eq!(payload["err"]["name"], "WrongUsername", "{name}: {payload}");
        }
        let payload = by_tunnel(&tenant, r"\61lice", true);
        assert_eq!(payload["profile"]["nickname"], "alice", "{payload}");
    }
}

#[test]
fn what_is_in_nobodys_name_is_not_searched_by_any_way_in() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let instance = Instance::builder().console().tunnel(&tenant).start();
    tenant.await_agents(1);
    let searches = r#"ad_edge_directory_operations_total{operation="search",outcome="ok"}"#;
    let asked = || instance.metric(searches).unwrap_or_default();
    let token = Tenant::token(&json!({}));
    let long = "alice".repeat(200);
    for term in ["alice\0x", "alice\n", "ali\u{200b}ce", "\u{8}alice", &long] {
        let before = asked();
        for escaped in [false, true] {
            let claims = json!({ "search": term, "escaped": escaped });
            let (_, found) = tenant.ask("search_users", &claims);
            assert_eq!(found, json!({ "users": [] }), "{term:?}");
        }
        let query: String = form_urlencoded::byte_serialize(term.as_bytes()).collect();
        let found = instance
            .curl(&format!("/users?criteria={query}"))
            .header("Authorization", &format!("Bearer {token}"))
            .run();
        assert_eq!((found.status, found.body.as_str()), (200, "[]"), "{term:?}");
        for page in ["users", "user"] {
            let shown = instance.console(&format!("/{page}?q={query}")).run();
            assert!(
                shown.body.contains("cannot be a user"),
                "{term:?}: {}",
                shown.body
            );
        }
        assert!(
            (asked() - before).abs() < 0.5,
            "{term:?}: the directory was asked"
        );
        let claims = json!({ "username": term, "password": lab.password });
        let (_, changed) = tenant.ask("change_password", &claims);
        assert!(changed.get("err").is_some(), "{changed}");
    }
    instance.await_event("password.refused", &["alicealice"]);
    assert!(
        !instance.process.log().contains(&long),
        "a name of any length is logged"
    );
}

#[test]
fn attempts_count_the_user_however_the_name_is_written() {
    let (lab, instance) = (Lab::get(), Instance::start());
    add_user("counted");
    let statuses = |names: &[&str]| -> Vec<u16> {
        let one = |name: &&str| form(&instance, name, "wrong").status;
        names.iter().map(one).collect()
    };
    let spellings = [
        "counted",
        "COUNTED",
        r"CORP\counted",
        "counted@corp.example",
        "counted.upn@alt.example",
        " counted.mail@mail.example",
    ];
    assert_eq!(statuses(&spellings), [401, 401, 401, 429, 429, 429]);
    for name in spellings {
        assert_eq!(form(&instance, name, &lab.password).status, 429, "{name}");
    }
    // A name that is nobody's meets the limit at the same place.
    let nobody = [
        "uncounted",
        " UNCOUNTED ",
        r"corp.example.\uncounted",
        "uncounted@corp.example.",
        "uncounted",
    ];
    assert_eq!(statuses(&nobody), [401, 401, 401, 429, 429]);
    let accents = ["zoë-nobody", "zoe\u{308}-nobody", "ZOE\u{308}-nobody@CORP."];
    assert_eq!(statuses(&accents), [401, 401, 401]);
    assert_eq!(statuses(&["ZOË-nobody"]), [429]);
    // It is another user's name in another domain.
    assert_eq!(
        statuses(&[r"OTHER\counted", r"OTHER\uncounted"]),
        [401, 401]
    );
}

/// Signs the user in by ticket, and gives the answer.
fn by_ticket(builder: Builder, user: &str) -> (Instance, Response) {
    let instance = builder.start();
    let ticket = Lab::get().kinit(user);
    let response = instance.curl(SIGN_IN).negotiate(&ticket).run();
    (instance, response)
}

#[test]
fn kerberos_finds_the_account_whatever_name_people_type() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    add_user("ticketed");
    for (filter, typed, hint) in [
        (
            "(userPrincipalName={0})",
            "ticketed.upn@alt.example",
            "Your user name is like alice@corp.example.",
        ),
        (
            "mail={0}",
            "ticketed.mail@mail.example",
            "Your user name is your mail address.",
        ),
    ] {
        let builder = Instance::builder().set("LDAP_USER_BY_NAME", filter);
        let (instance, response) = by_ticket(builder, "ticketed");
        assert_eq!(account(&tenant, &response), "ticketed", "{filter}");
        let response = form(&instance, typed, &lab.password);
        assert_eq!(account(&tenant, &response), "ticketed", "{filter}");
        // What is written rules: no other form is taken.
        for other in ["ticketed", r"CORP\ticketed", "ticketed@corp.example"] {
            let response = form(&instance, other, &lab.password);
            assert_eq!(response.status, 401, "{filter}: {other}");
            assert!(response.body.contains(hint), "{}", response.body);
        }
        // A proxy that has checked a ticket passes the same name on.
        let frontend = Instance::builder()
            .set("LDAP_USER_BY_NAME", filter)
            .set("WITH_KERBEROS_PROXY_FRONTEND", true)
            .start();
        for user in ["ticketed", "ticketed@CORP.EXAMPLE", r"CORP\ticketed"] {
            let request = frontend.curl(SIGN_IN).header("X-Forwarded-User", user);
            assert_eq!(account(&tenant, &request.run()), "ticketed", "{user}");
        }
    }
}

#[test]
fn the_other_conditions_of_a_filter_count_for_kerberos_too() {
    add_user("let-in");
    let filter = "(&(displayName=let-in)(|(mail={0})(userPrincipalName={0})))";
    let builder = || Instance::builder().set("LDAP_USER_BY_NAME", filter);
    let (_instance, response) = by_ticket(builder(), "let-in");
    assert_eq!(response.status, 200, "{}", response.body);
    let (instance, response) = by_ticket(builder(), "bob");
    assert_eq!(response.status, 403, "{}", response.body);
    instance.await_event("login.refused", &["bob@CORP.EXAMPLE", "unknown_user"]);
}

#[test]
fn a_second_attribute_in_the_filter_makes_nobody_else_of_a_ticket() {
    let lab = Lab::get();
    // Whoever may write an attribute that people are found by could take the name of an account.
    lab.add_user("victim", "");
    lab.add_user("rogue", "employeeID: victim\n");
    let filter = "(|(sAMAccountName={0})(employeeID={0}))";
    let builder = Instance::builder().set("LDAP_USER_BY_NAME", filter);
    let (instance, response) = by_ticket(builder, "victim");
    assert_eq!(response.status, 200, "{}", response.body);
    instance.await_event("login.accepted", &["CN=victim,"]);
    assert_eq!(form(&instance, "victim", &lab.password).status, 401);
    instance.await_event("login.refused", &["ambiguous_user"]);
}

#[test]
fn the_netbios_name_is_what_the_directory_says_it_is() {
    let password = &Lab::get().password;
    let domain = Fresh::make("ACME");
    let start = || {
        Instance::builder()
            .set("LDAP_URL", domain.controller.url())
            .set("SSL_CA_FILE", domain.ca().display().to_string())
            .start()
    };
    let instance = start();
    assert_eq!(form(&instance, r"acme\bob", password).status, 200);
    assert_eq!(form(&instance, "bob@ACME", password).status, 200);
    assert_eq!(form(&instance, r"CORP\bob", password).status, 401);
    instance.await_event("login.refused", &["other_domain", "its own is ACME"]);
    drop(instance);
    // Where it cannot be read, the first label of the DNS name counts, and a line says so.
    let partitions = "CN=Partitions,CN=Configuration,DC=corp,DC=example";
    domain.controller.deny("RPLCLO", partitions);
    let instance = start();
    instance.await_event("directory.domains_unknown", &[]);
    assert_eq!(form(&instance, r"CORP\bob", password).status, 200);
    assert_eq!(form(&instance, r"ACME\bob", password).status, 401);
}
