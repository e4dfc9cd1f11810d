//! Each mistake in a set-up is answered with how to correct it, and nothing is saved.

use std::{io::Read as _, net::TcpListener, path::Path, process::Command, thread, time::Duration};

use tempfile::TempDir;

use crate::lab::{
    Lab,
    instance::clock_off,
    openldap::{Anonymous, OpenLdap},
    process::Running,
    project,
    proxy::Proxy,
    run_with_input,
    set_up::{command, config, refused, set_up, words, works},
    stand_in::Tenant,
    wait_until,
};

#[test]
fn an_address_to_which_browsers_bring_no_ticket_is_noted() {
    let tenant = Tenant::by_address();
    for (url, words) in [
        (
            "https://192.0.2.7",
            Some("no Kerberos ticket for an address"),
        ),
        ("https://login.corp.example.", Some("ends in a dot")),
        ("https://login.corp.example", None),
    ] {
        let home = TempDir::new().expect("a folder");
        let said = works(&mut command(home.path(), &tenant, &[("--server-url", url)]));
        assert_eq!(
            said.contains("Note: SERVER_URL: "),
            words.is_some(),
            "{said}"
        );
        assert!(said.contains(words.unwrap_or_default()), "{said}");
    }
}

#[test]
fn every_mistake_is_met_with_words_and_nothing_is_saved() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let wrong_ticket = tenant.ticket().replace("trial", "other");
    let no_server = format!("ldaps://{}:1", lab.address);
    let (keys, gate) = (
        TempDir::new().expect("a folder"),
        Proxy::start("edge", "let-me-out"),
    );
    let proxy = gate.url().replace("let-me-out", "wrong");
    let der = keys.path().join("ca.cer").display().to_string();
    run_with_input(
        Command::new("openssl")
            .args(["x509", "-outform", "der", "-out", &der, "-in"])
            .arg(lab.ca()),
        "",
    );
    let another_ca = lab.home().join("certs/cert.pem").display().to_string();
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "--ticket",
            &wrong_ticket,
            &["does not know this ticket", "connection's page"],
        ),
        (
            "--ticket",
            "http://tenant.corp.example/p/ad/x",
            &["PROVISIONING_TICKET", "https"],
        ),
        (
            "--ticket",
            "https://127.0.0.1:1/p/ad/x",
            &["cannot be reached", "HTTPS_PROXY"],
        ),
        ("--ca-file", &another_ca, &["does not trust", "SSL_CA_FILE"]),
        (
            "--ldap-url",
            &no_server,
            &["cannot connect", "check that the server runs"],
        ),
        ("--ldap-base", "DC=other,DC=example", &["FAIL  search"]),
        (
            "--ldap-base",
            "CN=Builtin,DC=corp,DC=example",
            &["FAIL  search", "nobody is found", "LDAP_BASE"],
        ),
        (
            "--bind-user",
            "nobody@corp.example",
            &["FAIL  bind", "LDAP_BIND_USER"],
        ),
        ("--bind-user", "", &["--bind-user"]),
        ("--server-url", "", &["SERVER_URL", "--server-url"]),
        ("--ldap-url", "", &["--domain or --ldap-url"]),
        (
            "--ca-file",
            &der,
            &["no certificate in PEM", "openssl x509 -inform der"],
        ),
        (
            "--proxy",
            "http://127.0.0.1:1",
            &["the proxy 127.0.0.1", "HTTPS_PROXY"],
        ),
        ("--proxy", &proxy, &["the proxy", "user and password"]),
    ];
    for (option, value, expected) in cases {
        let folder = TempDir::new().expect("a folder");
        let output = set_up(folder.path(), &tenant, &[(option, value)]);
        let said = words(&output);
        assert_eq!(output.status.code(), Some(64), "{option} {value}: {said}");
        for text in *expected {
            assert!(
                said.contains(text),
                "{option} {value}: no {text:?} in {said}"
            );
        }
        assert!(said.contains("Nothing was saved"), "{said}");
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 0, "{option} {value} left something");
    }
}

/// A TLS server that shows a certificate of `ca` for the lab's address.
fn tls_server(folder: &Path, ca: &Path, days: &str) -> (Running, String) {
    let lab = Lab::get();
    let (port, path) = (lab.free_port(), |name: &str| folder.join(name));
    let openssl = |arguments: &[&str]| {
        run_with_input(
            Command::new("openssl").args(arguments).current_dir(folder),
            "",
        );
    };
    let san = format!("subjectAltName=IP:{}", lab.address);
    std::fs::write(path("san"), &san).expect("written");
    let (pem, key) = (ca.with_extension("pem"), ca.with_extension("key"));
    let (pem, key) = (pem.display().to_string(), key.display().to_string());
    openssl(&[
        "req", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=dc", "-keyout", "key", "-out",
        "request",
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        "request",
        "-days",
        days,
        "-CA",
        &pem,
        "-CAkey",
        &key,
        "-CAcreateserial",
        "-CAserial",
        "serial",
        "-extfile",
        "san",
        "-out",
        "cert",
    ]);
    let accept = format!("{}:{port}", lab.address);
    let mut server = Command::new("openssl");
    server
        .args([
            "s_server", "-quiet", "-accept", &accept, "-cert", "cert", "-key", "key",
        ])
        .current_dir(folder);
    let running = Running::start(&mut server, &path("log"));
    wait_until(Duration::from_secs(10), "no TLS server", || {
        std::net::TcpStream::connect(accept.as_str()).is_ok()
    });
    (running, format!("ldaps://{accept}"))
}

#[test]
fn a_controller_s_certificate_that_does_not_do_is_explained() {
    let (lab, tenant, home) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let folders = [(); 2].map(|()| TempDir::new().expect("a folder"));
    let other = folders[0].path().join("ca");
    run_with_input(
        Command::new(project().join("certs/make-ca.sh"))
            .arg(&other)
            .arg("Another CA"),
        "",
    );
    let (_unknown, url) = tls_server(folders[0].path(), &other.join("ca"), "30");
    let changes = [("--ldap-url", url.as_str())];
    refused(
        &mut command(home.path(), &tenant, &changes),
        &["unknown authority", "SSL_CA_FILE", "Nothing was saved"],
    );

    // In force for the second in which it was made, which has to pass.
    let (_expired, url) = tls_server(folders[1].path(), &lab.state.join("pki/ca"), "0");
    let changes = [("--ldap-url", url.as_str())];
    let mut said = String::new();
    wait_until(Duration::from_secs(10), "it does not expire", || {
        said = words(&set_up(home.path(), &tenant, &changes));
        said.contains("renew the server's certificate")
    });
    assert!(said.contains("Nothing was saved"), "{said}");

    // As a controller without a certificate does: it takes the connection, and ends it at the handshake.
    let listener = TcpListener::bind((lab.address.as_str(), 0)).expect("a port");
    let url = format!("ldaps://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _hello = client.read(&mut [0; 16]);
        }
    });
    let changes = [("--ldap-url", url.as_str())];
    refused(
        &mut command(home.path(), &tenant, &changes),
        &["has no certificate", "Nothing was saved"],
    );
}

#[test]
fn a_wrong_password_is_tried_at_one_server_once() {
    let (lab, tenant, home) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    lab.add_user("svc-typo", "");
    let address = &lab.address;
    let urls = format!("ldaps://{address}:636,ldaps://{address}:3269");
    let changes = [
        ("--ldap-url", urls.as_str()),
        ("--bind-user", "svc-typo@corp.example"),
    ];
    let mut wrong = command(home.path(), &tenant, &changes);
    let said = refused(
        wrong.env("LDAP_BIND_PASSWORD", "not the password"),
        &[
            "ok    reach",
            "FAIL  bind",
            "wrong password",
            "Nothing was saved",
        ],
    );
    assert!(!said.contains("not the password"), "{said}");
    let user = lab.samba_tool(&["user", "show", "svc-typo", "--attributes=badPwdCount"]);
    assert!(user.contains("badPwdCount: 1"), "{user}");
    works(&mut command(home.path(), &tenant, &changes));
}

#[test]
fn what_is_not_encrypted_is_said_before_the_password_goes_out() {
    let (lab, tenant, home) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let plain = format!("ldap://{}:389", lab.address);
    let changes = [("--ldap-url", plain.as_str())];
    let said = refused(
        &mut command(home.path(), &tenant, &changes),
        &[
            "is not encrypted",
            "TCP, not encrypted",
            "FAIL  bind",
            "wants TLS",
        ],
    );
    assert!(!said.contains("ok    bind"), "{said}");
    let warned = said.find("Warning").expect("a warning");
    assert!(warned < said.find("Checks").expect("checks"), "{said}");
}

#[test]
fn a_directory_that_is_open_is_noticed() {
    let (tenant, home) = (Tenant::by_address(), TempDir::new().expect("a folder"));
    let open = OpenLdap::start(Anonymous::Reads);
    let url = open.url();
    let mut changes = vec![
        ("--ldap-url", url.as_str()),
        ("--bind-user", "uid=ad-edge,ou=services,o=acme"),
    ];
    let said = works(&mut command(home.path(), &tenant, &changes));
    assert!(
        said.contains("answers searches without an account"),
        "{said}"
    );
    assert_eq!(config(home.path())["LDAP_BASE"], "o=acme");

    let home = TempDir::new().expect("a folder");
    changes[1] = ("--bind-user", "");
    let said = works(command(home.path(), &tenant, &changes).arg("--anonymous"));
    assert!(said.contains("ok    bind    without an account"), "{said}");
    assert_eq!(config(home.path())["ANONYMOUS_SEARCH_ENABLED"], true);
}

#[test]
fn a_ca_file_is_copied_to_where_the_service_reads_it() {
    let (lab, tenant, home) = (
        Lab::get(),
        Tenant::by_address(),
        TempDir::new().expect("a folder"),
    );
    let changes = [("--ca-file", "pki/ca.pem")];
    let said = works(command(home.path(), &tenant, &changes).current_dir(&lab.state));
    assert!(said.contains("certs/ca.pem, config.json"), "{said}");
    assert_eq!(config(home.path())["SSL_CA_FILE"], "certs/ca.pem");
    let read = |path: &Path| std::fs::read(path).expect("a file");
    let copy = home.path().join("certs/ca.pem");
    assert_eq!(read(&copy), read(&lab.ca()));
    // The same again is no change, and another one is kept as it was.
    let said = works(&mut command(home.path(), &tenant, &[]));
    assert!(said.contains("Saved: config.json"), "{said}");
    std::fs::write(&copy, "of another domain").expect("written");
    works(&mut command(home.path(), &tenant, &[]));
    assert_eq!(read(&copy), read(&lab.ca()));
    let backups = std::fs::read_dir(home.path().join("backups")).expect("a backup");
    let backup = backups.last().expect("one").expect("readable").path();
    assert_eq!(read(&backup.join("certs/ca.pem")), b"of another domain");
    // One in the home folder stays where it is.
    let inside = home.path().join("certs/own.pem");
    std::fs::copy(lab.ca(), &inside).expect("copied");
    let inside = inside.display().to_string();
    works(&mut command(
        home.path(),
        &tenant,
        &[("--ca-file", &inside)],
    ));
    assert_eq!(config(home.path())["SSL_CA_FILE"], "certs/own.pem");
}

#[test]
fn a_clock_that_is_wrong_is_named() {
    let (tenant, home) = (Tenant::by_address(), TempDir::new().expect("a folder"));
    // Behind by more than certificates are old; and a little ahead, where they are good.
    for (clock, expected) in [("-400d", "not in force"), ("+10m", "FAIL  tenant")] {
        let mut faked = command(home.path(), &tenant, &[]);
        faked.envs(clock_off(clock));
        refused(&mut faked, &[expected, "timedatectl", "Nothing was saved"]);
    }
}
