//! The dialogue of a set-up, at a real terminal.

use tempfile::TempDir;

use crate::lab::{
    Lab,
    openldap::{Anonymous, OpenLdap},
    set_up::{ad_edge, at_a_terminal, config},
    stand_in::Tenant,
};

#[test]
fn a_wrong_answer_is_asked_for_again_and_a_second_run_offers_what_is_there() {
    let (lab, tenant, home) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let ca = lab.ca().display().to_string();
    let set_up = || {
        let mut command = ad_edge(home.path(), &["setup", "--ca-file", &ca]);
        command.env_remove("LDAP_BIND_PASSWORD");
        command
    };
    let (ticket, wrong) = (tenant.ticket(), tenant.ticket().replace("trial", "other"));
    let url = format!("ldaps://{}:636", lab.address);
    let prompt = "Active Directory domain (its DNS name, such as corp.example)";
    // Without DNS of the domain the first run names a server.
    let mut first = set_up();
    first.args(["--ldap-url", "ldaps://127.0.0.1:1"]);
    let (shown, well) = at_a_terminal(
        first,
        &[
            ("The tenant's ticket", &wrong),
            ("The tenant's ticket", &ticket),
            ("(SERVER_URL) [", "not an address"),
            ("(SERVER_URL) [", "https://login.corp.example:8443"),
            ("PROXY_PROTOCOL) [none]", "the balancer"),
            ("PROXY_PROTOCOL) [", "192.0.2.10, 192.0.2.11"),
            ("(TLS_TERMINATION) [here]", "where?"),
            ("(TLS_TERMINATION) [here]", ""),
            ("Directory (LDAP_URL) [", &url),
            ("(LDAP_BASE) [", ""),
            ("Service account", "svc-ldap@corp.example"),
            ("Password of svc-ldap@corp.example", "not the password"),
            ("Service account", ""),
            ("Password of svc-ldap@corp.example", &lab.password),
        ],
    );
    assert!(well, "{shown}");
    for text in [
        "does not know this ticket",
        "is not a web address",
        "cannot connect to ldaps://127.0.0.1:1",
        "FAIL  bind",
        "ok    search",
        "Saved: ",
    ] {
        assert!(shown.contains(text), "no {text:?} in {shown}");
    }
    assert!(
        !shown.contains(&lab.password) && !shown.contains("not the password"),
        "passwords are not shown: {shown}"
    );
    let saved = config(home.path());
    assert_eq!(saved["LDAP_BASE"], "DC=corp,DC=example");
    assert_eq!(saved["PROXY_PROTOCOL"], "v2");
    assert_eq!(
        saved["TRUSTED_PROXIES"],
        serde_json::json!(["192.0.2.10", "192.0.2.11"])
    );
    assert_eq!(saved.get("TLS_TERMINATION"), None, "here is the default");
    let before = config(home.path());

    let again = [
        (
            "The tenant's ticket (https://…/p/ad/…) [the present one]",
            "",
        ),
        ("[https://login.corp.example:8443]", ""),
        ("[192.0.2.10, 192.0.2.11]", ""),
        ("(TLS_TERMINATION) [here]", ""),
        ("[ldaps://", ""),
        ("[DC=corp,DC=example]", ""),
        ("[svc-ldap@corp.example]", ""),
        ("[the present one]", ""),
    ];
    let (shown, well) = at_a_terminal(set_up(), &again);
    assert!(well, "{shown}");
    assert!(!shown.contains("/p/ad/trial"), "the ticket is a secret");
    assert_eq!(config(home.path()), before);

    // Where DNS names no server, one is asked for; what was typed is there when this ends.
    let server = format!("{}:636", lab.address);
    let other = TempDir::new().expect("a folder");
    let mut by_domain = ad_edge(other.path(), &["setup", "--ca-file", &ca]);
    by_domain.args([
        "--ticket",
        &ticket,
        "--server-url",
        "https://login.corp.example",
    ]);
    by_domain.env("LDAP_SRV_NAMESERVERS", "127.0.0.1:1");
    let (shown, well) = at_a_terminal(
        by_domain,
        &[
            ("PROXY_PROTOCOL) [none]", ""),
            (prompt, ""),
            ("or the domain again [corp.example]", &server),
            ("(LDAP_BASE) [DC=corp,DC=example]", ""),
            ("Service account", "\u{4}"),
        ],
    );
    assert!(!well, "{shown}");
    assert!(shown.contains("Nothing was saved"), "{shown}");
    assert!(
        shown.contains(&format!("--ldap-url 'ldaps://{server}'")) && !shown.contains("--ticket"),
        "{shown}"
    );
}

#[test]
fn a_domain_without_servers_in_dns_leads_on_to_a_server() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let ca = lab.ca().display().to_string();
    let set_up = |home: &TempDir, more: &[&str]| {
        let mut command = ad_edge(home.path(), &["setup", "--ca-file", &ca]);
        let (ticket, url) = (tenant.ticket(), "https://login.corp.example");
        command.args(["--ticket", &ticket, "--server-url", url]);
        command.args(["--balancer-address", "none"]).args(more);
        command.env("LDAP_SRV_NAMESERVERS", "127.0.0.1:1");
        command
    };
    let looked_up = [
        "_ldap._tcp.corp.example",
        "127.0.0.1:1",
        "LDAP_SRV_NAMESERVERS",
    ];
    let server = format!("ldaps://{}", lab.address);
    let account = [
        ("(LDAP_BASE) [DC=corp,DC=example]", ""),
        ("Service account", "\u{4}"),
    ];
    // The domain by an option, or typed; a server by its URL, or by its bare name.
    for (options, answers) in [
        (
            vec!["--domain", "corp.example"],
            vec![("A directory server", server.as_str())],
        ),
        (
            vec!["--domain", "corp.example"],
            vec![("A directory server", lab.address.as_str())],
        ),
        (
            vec![],
            vec![
                ("Active Directory domain", "corp.example"),
                // The domain once more, and then a server.
                ("A directory server", ""),
                ("A directory server", server.as_str()),
            ],
        ),
        (vec!["--domain", server.as_str()], vec![]),
    ] {
        let home = TempDir::new().expect("a folder");
        let answers: Vec<_> = answers.into_iter().chain(account).collect();
        let (shown, _) = at_a_terminal(set_up(&home, &options), &answers);
        assert!(
            shown.contains(&format!("--ldap-url '{server}'")),
            "{options:?}: {shown}"
        );
        let is_url = options.contains(&server.as_str());
        for text in looked_up.iter().filter(|_| !is_url) {
            assert!(shown.contains(text), "no {text:?} in {shown}");
        }
    }
    // Without anybody to ask the same words name the option.
    let home = TempDir::new().expect("a folder");
    let options = ["--yes", "--domain", "corp.example"];
    let output = set_up(&home, &options).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    for text in looked_up.iter().chain(&["--ldap-url", "ldaps://"]) {
        assert!(said.contains(text), "no {text:?} in {said}");
    }
}

#[test]
fn a_ca_that_is_not_known_is_asked_for_and_a_server_is_taken_for_a_domain() {
    let (lab, tenant, home) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let ca = lab.ca().display().to_string();
    let mut set_up = ad_edge(
        home.path(),
        &["setup", "--server-url", "https://login.corp.example"],
    );
    for key in ["LDAP_BIND_PASSWORD", "SSL_CA_FILE"] {
        set_up.env_remove(key);
    }
    let url = format!("ldaps://{}", lab.address);
    let (shown, well) = at_a_terminal(
        set_up,
        &[
            ("The tenant's ticket", &tenant.ticket()),
            ("SSL_CA_FILE): ", "/dev/null"),
            ("SSL_CA_FILE): ", &ca),
            ("PROXY_PROTOCOL) [none]", ""),
            ("Active Directory domain", &url),
            ("(LDAP_BASE) [DC=corp,DC=example]", ""),
            ("Service account", "svc-ldap@corp.example"),
            ("Password of svc-ldap@corp.example", &lab.password),
        ],
    );
    assert!(well, "{shown}");
    for text in ["--ca-file of ad-edge setup", "holds no certificate"] {
        assert!(shown.contains(text), "no {text:?} in {shown}");
    }
    let saved = config(home.path());
    assert_eq!(saved["LDAP_URL"], url);
    assert_eq!(saved["SSL_CA_FILE"], "certs/ca.pem");
}

#[test]
fn an_open_directory_is_offered_without_an_account_and_plain_text_is_agreed_to() {
    let (lab, tenant, home) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let directory = OpenLdap::start(Anonymous::Reads);
    let (ca, ticket, url) = (
        lab.ca().display().to_string(),
        tenant.ticket(),
        directory.url(),
    );
    let mut set_up = ad_edge(
        home.path(),
        &["setup", "--ca-file", &ca, "--ticket", &ticket],
    );
    set_up.args(["--server-url", "https://login.corp.example"]);
    let plain = format!("ldap://{}:389", lab.address);
    set_up.args(["--ldap-url", &plain]);
    let (shown, well) = at_a_terminal(
        set_up,
        &[
            ("PROXY_PROTOCOL) [none]", ""),
            ("Send passwords in plain text [no]", ""),
            ("Directory (LDAP_URL) [", &url),
            ("(LDAP_BASE) [o=acme]", ""),
            ("Search without an account [no]", "perhaps"),
            ("Search without an account [no]", "yes"),
        ],
    );
    assert!(well, "{shown}");
    assert!(shown.contains("Please answer yes or no"), "{shown}");
    let saved = config(home.path());
    assert_eq!(saved["ANONYMOUS_SEARCH_ENABLED"], true);
    assert_eq!(saved["LDAP_URL"], url);
}
