//! Imports that are tried.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::installation::generate_signing_key;

fn config() -> Value {
    json!({"LDAP_URL": "ldaps://dc1.corp.example", "LDAP_BASE": "DC=corp,DC=example",
        "ANONYMOUS_SEARCH_ENABLED": true})
}

fn home(config: &Value) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let home = Home::new(folder.path());
    generate_signing_key(&home, "corp", "corp.example", Clock::system().now()).expect("a key");
    fs::write(home.config_json(), config.to_string()).expect("written");
    folder
}

/// Tries the installation of one folder in another.
fn try_out(from: &Path, to: &Path) -> Result<Import, ImportError> {
    let installation = Installation::of_folder(from)?;
    Import::try_out(&Settings::of_process(to), &Clock::system(), installation)
}

fn refused(from: &Path, to: &Path) -> String {
    let before = fs::read(to.join("config.json")).expect("there");
    let error = try_out(from, to).expect_err("refused").to_string();
    assert_eq!(fs::read(to.join("config.json")).expect("there"), before);
    error
}

fn with(keys: &[(&str, Value)]) -> TempDir {
    let mut all = config();
    for (key, value) in keys {
        all[*key] = value.clone();
    }
    home(&all)
}

#[test]
fn what_cannot_be_used_anywhere_is_refused() {
    let to = home(&config());
    let mapper = with(&[]);
    fs::create_dir_all(mapper.path().join("lib")).expect("a folder");
    fs::write(
        mapper.path().join("lib/profileMapper.js"),
        "module.exports = (",
    )
    .expect("written");
    let text = refused(mapper.path(), to.path());
    assert!(text.contains("the profile mapper"), "{text}");

    let text = refused(
        with(&[("PROFILE_MAPPER", json!("no mapper"))]).path(),
        to.path(),
    );
    assert!(text.contains("the profile mapper"), "{text}");

    let authority = with(&[
        ("CLIENT_CERT_AUTH", json!(true)),
        ("CA_CERT", json!("no PEM")),
    ]);
    let text = refused(authority.path(), to.path());
    assert!(text.contains("client certificates"), "{text}");

    let logo = with(&[("SITE_LOGO", json!("logo.svg"))]);
    fs::write(logo.path().join("logo.svg"), "<svg>").expect("written");
    let text = refused(logo.path(), to.path());
    assert!(
        text.contains("the logo logo.svg is not a whole SVG"),
        "{text}"
    );
}

#[test]
fn an_installation_that_works_is_not_replaced_by_one_that_does_not() {
    let broken = with(&[("TOKEN_LIFETIME_SECONDS", json!("many"))]);
    let works = home(&config());
    // No file that this host lacks, although the key names one.
    let no_path = with(&[("PROFILE_MAPPER_FILE", json!(["lib/mapper.js"]))]);
    for broken in [&broken, &no_path] {
        let text = refused(broken.path(), works.path());
        assert!(text.contains("an installation that works"), "{text}");
    }
    // Where nothing works, it may be imported and corrected.
    let nothing = home(&json!({}));
    let import = try_out(broken.path(), nothing.path()).expect("tried");
    assert!(
        import.in_words().contains("Before it can start"),
        "{}",
        import.in_words()
    );
}

#[test]
fn what_only_this_host_lacks_is_a_next_step() {
    let from = with(&[
        ("SERVER_URL", json!("https://sso.corp.example")),
        ("KERBEROS_AUTH", json!(true)),
        ("SSL_CA_FILE", json!("certs/ca.pem")),
    ]);
    let to = home(&config());
    let import = try_out(from.path(), to.path()).expect("tried");
    let text = import.in_words();
    let home = to.path().display();
    for words in [
        "Before it can start",
        "ktpass /princ HTTP/sso.corp.example@CORP.EXAMPLE /mapuser",
        &format!("install -m 600 krb5.keytab {home}/certs/krb5.keytab"),
        &format!("install -m 600 chain.pem {home}/certs/tls.pem"),
        &format!("{home}/certs/krb5.keytab\": cannot be read"),
        &format!("ad-edge check --home {home}"),
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
    assert!(!text.contains(".ad-edge-try"), "{text}");
    import.install(&Clock::system()).expect("installs");
    let verdict = check(&Settings::of_process(to.path()), &Clock::system());
    assert!(
        verdict
            .problem
            .is_some_and(|problem| problem.missing_files().is_some())
    );
}

/// Named by a path of the other host's; nobody opened it before.
#[test]
fn a_certificate_that_lay_elsewhere_is_a_next_step_too() {
    let from = with(&[
        ("TLS_CERT_FILE", json!("/nowhere/at/all/chain.pem")),
        ("TLS_KEY_FILE", json!("/nowhere/at/all/key.pem")),
    ]);
    let to = home(&config());
    let text = try_out(from.path(), to.path()).expect("tried").in_words();
    for words in [
        "Before it can start",
        "install -m 600 chain.pem /nowhere/at/all/chain.pem",
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

#[test]
fn a_logo_that_lay_elsewhere_is_a_next_step_too() {
    let from = with(&[("SITE_LOGO", json!("pictures/logo.png"))]);
    let to = home(&config());
    let text = try_out(from.path(), to.path()).expect("tried").in_words();
    let path = to.path().join("pictures/logo.png");
    let step = format!("install -m 600 logo.png {}", path.display());
    assert!(text.contains(&step), "no {step:?} in {text}");
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let (from, to) = (with(&[]), home(&config()));
    for name in ["config.json", "certs/cert.pem", "certs/cert.key"] {
        let path = from.path().join(name);
        let text = fs::read_to_string(&path).expect("there");
        fs::write(&path, format!("\u{feff}{text}")).expect("written");
    }
    let text = try_out(from.path(), to.path()).expect("tried").in_words();
    assert!(text.contains("It can start"), "{text}");
}

#[test]
fn what_this_host_has_counts() {
    let from = with(&[("SSL_CA_FILE", json!("certs/ca.pem"))]);
    let to = home(&config());
    let pem = fs::read(to.path().join("certs/cert.pem")).expect("a certificate");
    fs::write(to.path().join("certs/ca.pem"), pem).expect("written");
    let import = try_out(from.path(), to.path()).expect("tried");
    let text = import.in_words();
    assert!(text.contains("It can start: ad-edge serve"), "{text}");
    assert!(
        text.contains("certs/ca.pem is read, SSL_CA_FILE names it"),
        "{text}"
    );
    assert!(
        text.contains("direct logins are off"),
        "the warnings of a start: {text}"
    );
    assert!(!text.contains(".ad-edge-try"), "{text}");
    import.install(&Clock::system()).expect("installs");
    assert!(
        check(&Settings::of_process(to.path()), &Clock::system())
            .problem
            .is_none()
    );
}
