//! What root sets up, the service's user can read; and root learns what that user cannot.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    doctor::{doctor, healthy},
    lab::{
        Lab,
        client_ca::ClientCa,
        http::http_get,
        instance::Builder,
        process::Running,
        project, run_with_input,
        set_up::{ad_edge, command, config, refused, words, works},
        stand_in::Tenant,
        wait_until,
    },
    smallest::smallest,
};

/// The service's user, and its group.
pub(crate) const SERVICE: u32 = 4711;

/// A home folder of the service's.
pub(crate) fn service_home() -> TempDir {
    let home = TempDir::new().expect("a folder");
    chown(home.path(), Some(SERVICE), Some(SERVICE)).expect("root runs the lab");
    home
}

/// Writes a file that root alone may read.
pub(crate) fn of_root(path: &Path, content: impl AsRef<[u8]>) {
    fs::write(path, content).expect("written");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("set");
}

fn check(home: &Path) -> Output {
    ad_edge(home, &["check"]).output().expect("ad-edge")
}

#[test]
fn every_file_that_root_gives_to_a_set_up_is_the_service_s() {
    let (lab, tenant, home) = (Lab::get(), Tenant::by_address(), service_home());
    let desk = TempDir::new().expect("a folder of root's");
    let file = |name: &str| desk.path().join(name).display().to_string();
    let copy = |from: &Path, name: &str| {
        let content = fs::read(from).expect("a file of the lab");
        of_root(&desk.path().join(name), content);
    };
    copy(&lab.ca(), "ca.pem");
    copy(&lab.keytab(), "http.keytab");
    copy(&lab.state.join("pki/login.pem"), "login.pem");
    copy(&lab.state.join("pki/login.key"), "login.key");
    of_root(&desk.path().join("issuers.pem"), ClientCa::new("Users").pem);
    let (ca, keytab) = (file("ca.pem"), file("http.keytab"));
    let (certificate, key) = (file("login.pem"), file("login.key"));
    let issuers = file("issuers.pem");
    let options = [
        ("--ca-file", ca.as_str()),
        ("--keytab", &keytab),
        ("--certificate", &certificate),
        ("--key", &key),
        ("--client-ca", &issuers),
    ];
    let said = works(&mut command(home.path(), &tenant, &options));
    assert!(said.contains("Start it: ad-edge serve"), "{said}");
    for (name, mode) in [
        ("certs/ca.pem", 0o644),
        ("certs/krb5.keytab", 0o600),
        ("certs/tls.pem", 0o644),
        ("certs/tls.key", 0o600),
        ("certs/client-ca.pem", 0o644),
        ("config.json", 0o600),
    ] {
        assert!(said.contains(name), "{name} in {said}");
        let meta = fs::metadata(home.path().join(name)).expect(name);
        assert_eq!((meta.uid(), meta.gid()), (SERVICE, SERVICE), "{name}");
        assert_eq!(meta.mode() & 0o777, mode, "{name}");
    }
    let written = config(home.path());
    assert_eq!(written["SSL_CA_FILE"], "certs/ca.pem");
    assert!(!written.to_string().contains(&file("")), "{written}");
    assert!(check(home.path()).status.success());

    let (port, ops_port) = (lab.free_port(), lab.free_port());
    let mut serve = Command::new("setpriv");
    serve
        .args(["--reuid=4711", "--regid=4711", "--clear-groups"])
        .args([env!("CARGO_BIN_EXE_ad-edge"), "serve", "--home"])
        .arg(home.path())
        .env("LISTEN_ADDRESS", &lab.address)
        .env("PORT", port.to_string())
        .env("OPS_LISTEN", format!("{}:{ops_port}", lab.address))
        .env("ADMIN_LISTEN", "off")
        .env("CLIENT_CERT_AUTH", "true");
    let mut service = Running::start(&mut serve, &desk.path().join("log"));
    wait_until(Duration::from_secs(20), "the service is not ready", || {
        assert!(service.exited().is_none(), "{}", service.log());
        http_get(&lab.address, ops_port, "/readyz").is_some_and(|(status, _)| status == 200)
    });
}

/// Every file and folder below, with its access; copies are in a folder of their user's alone.
fn accesses(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let meta = fs::symlink_metadata(&path).expect("there");
        assert_eq!(meta.uid(), SERVICE, "{}", path.display());
        let access = meta.mode() & 0o777;
        found.push((path.clone(), access));
        if path.ends_with("backups") {
            assert_eq!(access, 0o700);
        } else if meta.is_dir() {
            found.extend(accesses(&path));
        }
    }
    found
}

/// A certificate's file often holds its key as well, and not every root has a umask.
#[test]
fn nothing_secret_is_open_to_others_whatever_root_s_files_and_umask_are() {
    let (lab, tenant) = (Lab::get(), Tenant::by_address());
    let desk = TempDir::new().expect("a folder");
    let both = |name: &str| {
        let part = |end: &str| {
            let file = lab.state.join("pki").join(name).with_extension(end);
            fs::read(file).expect("a file of the lab")
        };
        let file = desk.path().join(name);
        fs::write(&file, [part("pem"), part("key")].concat()).expect("written");
        file.display().to_string()
    };
    let (login, ca) = (both("login"), both("ca"));
    let keytab = lab.keytab().display().to_string();
    let options = [
        ("--certificate", login.as_str()),
        ("--key", &login),
        ("--ca-file", &ca),
        ("--keytab", &keytab),
    ];
    for umask in ["000", "077"] {
        let home = service_home();
        let set_up = command(home.path(), &tenant, &options);
        let mut masked = Command::new("sh");
        masked
            .args(["-c", "umask $0; exec \"$@\"", umask])
            .arg(set_up.get_program())
            .args(set_up.get_args())
            .env("LDAP_BIND_PASSWORD", &lab.password);
        works(&mut masked);
        // The same again closes what was open.
        for name in ["certs/tls.pem", "certs/krb5.keytab"] {
            let file = home.path().join(name);
            fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("set");
        }
        works(&mut masked);
        let all = accesses(home.path());
        for name in [
            "certs/tls.pem",
            "certs/tls.key",
            "certs/ca.pem",
            "certs/cert.pem",
            "certs/krb5.keytab",
        ] {
            assert!(
                all.contains(&(home.path().join(name), access(name))),
                "{name} in {all:?}"
            );
        }
        for (path, access) in all {
            let open = if path.is_dir() || path.ends_with("certs/cert.pem") {
                0o022
            } else {
                0o077
            };
            assert_eq!(access & open, 0, "{umask}: {} {access:o}", path.display());
        }
        assert!(check(home.path()).status.success());
    }
}

fn access(name: &str) -> u32 {
    if name == "certs/cert.pem" {
        0o644
    } else {
        0o600
    }
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_refused_before_anything_is_saved() {
    let (lab, tenant, home) = (Lab::get(), Tenant::by_address(), service_home());
    let desk = TempDir::new().expect("a folder");
    let other = ClientCa::new("Users");
    let leaf = other.issue("alice", |_| {});
    let path = |path: &Path| path.display().to_string();
    let (ca, keytab) = (path(&lab.ca()), path(&lab.keytab()));
    let (chain, key) = (path(&leaf.chain()), path(&leaf.key()));
    let login_key = path(&lab.state.join("pki/login.key"));
    let none = path(&desk.path().join("none"));
    for (options, expected) in [
        (&[("--keytab", ca.as_str())][..], "is not a keytab"),
        (
            &[
                ("--keytab", &keytab),
                ("--server-url", "https://other.corp.example"),
            ],
            "no key of HTTP/other.corp.example",
        ),
        (&[("--keytab", &none)], "--keytab"),
        (&[("--client-ca", &chain)], "is no CA"),
        (
            &[("--client-ca", &keytab)],
            "no certificate in PEM (--client-ca)",
        ),
        (
            &[("--certificate", &chain), ("--key", &login_key)],
            "(--certificate, --key)",
        ),
        (&[("--certificate", &chain)], "--key"),
        (&[("--key", &key)], "--certificate"),
    ] {
        refused(&mut command(home.path(), &tenant, options), &[expected]);
        let left = fs::read_dir(home.path()).expect("a folder").count();
        assert_eq!(left, 0, "{options:?}");
    }
}

/// A configuration without direct logins, of the service's.
pub(crate) fn tunnel_home(keys: &serde_json::Value) -> TempDir {
    let home = service_home();
    let config = smallest(keys);
    fs::create_dir(home.path().join("certs")).expect("a folder");
    let signing = Lab::get().home().join("certs");
    for name in ["certs/cert.pem", "certs/cert.key"] {
        fs::copy(signing.join(&name[6..]), home.path().join(name)).expect("copied");
    }
    fs::write(home.path().join("config.json"), config.to_string()).expect("written");
    for name in ["config.json", "certs", "certs/cert.pem", "certs/cert.key"] {
        chown(home.path().join(name), Some(SERVICE), Some(SERVICE)).expect("given");
    }
    home
}

#[test]
fn check_by_root_refuses_what_the_service_cannot_read_and_its_command_mends_it() {
    let desk = TempDir::new().expect("a folder that root alone may pass");
    fs::set_permissions(desk.path(), Permissions::from_mode(0o700)).expect("set");
    let open = TempDir::new().expect("a folder");
    fs::set_permissions(open.path(), Permissions::from_mode(0o755)).expect("set");
    let ca = fs::read(Lab::get().ca()).expect("the lab's CA");
    let (closed, alone) = (desk.path().join("ca.pem"), open.path().join("ca.pem"));
    fs::write(&closed, &ca).expect("written");
    of_root(&alone, &ca);
    for (file, at) in [(&closed, Some(desk.path())), (&alone, None)] {
        let home = tunnel_home(&json!({"SSL_CA_FILE": file}));
        let said = refused(&mut ad_edge(home.path(), &["check"]), &["SSL_CA_FILE"]);
        if let Some(at) = at {
            assert!(
                said.contains(&format!("may not pass {}", at.display())),
                "{said}"
            );
        }
        let fix = said
            .lines()
            .find_map(|line| line.trim().strip_prefix("fix: "));
        let fix = fix.unwrap_or_else(|| panic!("no command in {said}"));
        assert!(
            fix.starts_with("setpriv --reuid=4711 --regid=4711 "),
            "{fix}"
        );
        run_with_input(Command::new("sh").args(["-ec", fix]), "");
        let path = home.path().join("config.json");
        let text = fs::read_to_string(&path).expect("read");
        let text = text.replace(&file.display().to_string(), "certs/ca.pem");
        fs::write(&path, text).expect("written");
        let output = check(home.path());
        assert!(output.status.success(), "{}", words(&output));
    }
    // What is the home folder's own, and root's by mistake.
    let home = tunnel_home(&json!({}));
    assert!(check(home.path()).status.success());
    for name in ["certs/cert.key", "certs", "config.json"] {
        let path = home.path().join(name);
        let mode = fs::metadata(&path).expect("there").mode();
        chown(&path, Some(0), Some(0)).expect("given");
        fs::set_permissions(&path, Permissions::from_mode(mode & 0o700)).expect("set");
        let fix = format!(
            "find {} -path {} -execdir chown -h 4711:4711 {{}} \\;",
            home.path().display(),
            path.display()
        );
        let said = refused(&mut ad_edge(home.path(), &["check"]), &[&fix]);
        assert_eq!(said.matches("fix: ").count(), 1, "{said}");
        // One cause, one message; the service's own words too.
        assert!(!said.contains("in the configuration"), "{said}");
        let mut serve = Command::new("setpriv");
        serve
            .args(["--reuid=4711", "--regid=4711", "--clear-groups"])
            .args([env!("CARGO_BIN_EXE_ad-edge"), "serve", "--home"])
            .arg(home.path());
        refused(
            &mut serve,
            &["1 mistake in the configuration", "permission denied"],
        );
        run_with_input(Command::new("sh").args(["-ec", &fix]), "");
        assert!(check(home.path()).status.success());
    }
}

/// The lab's home folder, which has the files of direct logins, as the service's.
fn direct_home(keys: &serde_json::Value) -> TempDir {
    let home = service_home();
    let source = format!("{}/.", Lab::get().home().display());
    run_with_input(
        Command::new("cp").arg("-a").arg(source).arg(home.path()),
        "",
    );
    let path = home.path().join("config.json");
    let text = fs::read_to_string(&path).expect("read");
    let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for (key, value) in keys.as_object().expect("an object") {
        config[key] = value.clone();
    }
    fs::write(&path, config.to_string()).expect("written");
    run_with_input(
        Command::new("chown")
            .args(["-R", "4711:4711"])
            .arg(home.path()),
        "",
    );
    home
}

#[test]
fn one_file_or_folder_of_direct_logins_out_of_reach_is_one_message() {
    let desk = TempDir::new().expect("a folder that root alone may pass");
    fs::set_permissions(desk.path(), Permissions::from_mode(0o700)).expect("set");
    let roots = desk.path().join("roots");
    fs::create_dir(&roots).expect("a folder");
    fs::copy(Lab::get().ca(), roots.join("ca.pem")).expect("copied");
    let home = direct_home(&json!({}));
    let certs = home.path().join("certs");
    let key = certs.join("tls.key");
    let run = |fix: &str| run_with_input(Command::new("sh").args(["-ec", fix]), "");
    let fix_of = |home: &TempDir| {
        let said = refused(&mut ad_edge(home.path(), &["check"]), &["cannot be read"]);
        assert_eq!(said.matches("ad-edge: ").count(), 1, "{said}");
        let mut lines = said.lines();
        let fix = lines.find_map(|line| line.trim().strip_prefix("fix: "));
        fix.unwrap_or_else(|| panic!("no command in {said}"))
            .to_owned()
    };
    // Root's by mistake.
    for path in [&key, &certs] {
        let mode = fs::metadata(path).expect("there").mode();
        chown(path, Some(0), Some(0)).expect("given");
        fs::set_permissions(path, Permissions::from_mode(mode & 0o700)).expect("set");
        run(&fix_of(&home));
        assert!(check(home.path()).status.success());
    }
    // A link to what a program of root's renews.
    let renewed = desk.path().join("privkey.pem");
    fs::rename(&key, &renewed).expect("moved");
    std::os::unix::fs::symlink(&renewed, &key).expect("a link");
    let fix = fix_of(&home);
    assert!(fix.ends_with(&format!("<{}", renewed.display())), "{fix}");
    run(&fix);
    assert!(check(home.path()).status.success());
    // A whole folder.
    let home = direct_home(&json!({"SSL_CA_PATH": roots, "SSL_CA_FILE": null}));
    run(&fix_of(&home));
    let copied = fs::read(home.path().join("certs/roots/ca.pem"));
    assert!(copied.is_ok(), "{copied:?}");
}

#[test]
fn what_the_installed_unit_hides_is_refused_too() {
    let shared = TempDir::new().expect("a folder");
    fs::set_permissions(shared.path(), Permissions::from_mode(0o755)).expect("set");
    let ca = shared.path().join("ca.pem");
    fs::copy(Lab::get().ca(), &ca).expect("copied");
    fs::set_permissions(&ca, Permissions::from_mode(0o644)).expect("set");
    let home = tunnel_home(&json!({"SSL_CA_FILE": ca}));
    assert!(check(home.path()).status.success());
    // A machine that has the unit for this folder, in which each service has a /tmp of its own.
    let unit = project().join("deploy/systemd/ad-edge.service");
    let unit = fs::read_to_string(unit).expect("the unit");
    let unit = unit.replace("/var/lib/ad-edge", &home.path().display().to_string());
    let file = shared.path().join("ad-edge.service");
    fs::write(&file, unit).expect("written");
    let on_machine = |command: &str| {
        let script = "mount -t tmpfs -o mode=755 tmpfs /etc/systemd && mkdir /etc/systemd/system && \
                      cp \"$1\" /etc/systemd/system/ && shift && exec \"$@\"";
        let mut machine = Command::new("unshare");
        machine
            .args(["--mount", "sh", "-c", script, "sh"])
            .arg(&file)
            .args([env!("CARGO_BIN_EXE_ad-edge"), command, "--home"])
            .arg(home.path());
        machine
    };
    let said = refused(
        &mut on_machine("check"),
        &[
            "is hidden from the service by PrivateTmp of /etc/systemd/system/ad-edge.service",
            "fix: setpriv --reuid=4711 --regid=4711 ",
            "in SSL_CA_FILE",
        ],
    );
    assert_eq!(said.matches("fix: ").count(), 1, "{said}");
    let output = on_machine("doctor").output().expect("ad-edge");
    assert!(
        words(&output).contains("by PrivateTmp of"),
        "{}",
        words(&output)
    );
}

#[test]
fn the_doctor_of_root_looks_with_the_service_s_eyes() {
    let (tenant, desk) = (Tenant::by_address(), TempDir::new().expect("a folder"));
    let ca = desk.path().join("ca.pem");
    of_root(&ca, fs::read(Lab::get().ca()).expect("the lab's CA"));
    let service_s = |builder: Builder| {
        let home = builder.home();
        let above = home.parent().expect("a folder");
        fs::set_permissions(above, Permissions::from_mode(0o711)).expect("set");
        run_with_input(
            Command::new("chown").args(["-R", "4711:4711"]).arg(&home),
            "",
        );
        builder
    };
    let report = doctor(service_s(healthy(&tenant)));
    let good = report.find("ok", "files", "reach");
    assert!(
        good["text"]
            .as_str()
            .is_some_and(|text| text.contains("4711")),
        "{good}"
    );
    let builder = healthy(&tenant).set("SSL_CA_FILE", ca.display().to_string());
    let report = doctor(service_s(builder));
    assert_eq!(report.code, Some(64), "the service cannot use it");
    let finding = report.find("fail", "files", "out-of-reach");
    assert_eq!(finding["subject"], ca.display().to_string());
    let fix = finding["fix"].as_str().expect("a command");
    assert!(fix.starts_with("setpriv --reuid=4711 "), "{fix}");
    assert!(
        finding["note"]
            .as_str()
            .is_some_and(|note| note.contains("SSL_CA_FILE"))
    );
}
