//! A form of the console that is sent after a restart: what was typed is not lost, and a form of another site
//! still does nothing.

use std::fs;

use serde_json::{Value, json};

use crate::{
    console::csrf,
    lab::{
        Lab,
        browser::Browser,
        curl::{Curl, Response},
        instance::Instance,
        project,
    },
};

const OLD_TOKEN: &str = "00112233445566778899aabbccddeeff0011223344556677";

/// A form of a page that was loaded before a restart, as a browser sends it.
fn stale(instance: &Instance, path: &str) -> Curl {
    let url = instance.console_url("/");
    instance
        .console(path)
        .header("Origin", url.trim_end_matches('/'))
        .header("Sec-Fetch-Site", "same-origin")
}

fn send(curl: Curl, token: &str, fields: &[(&str, &str)]) -> Response {
    let token = [("csrf", token)];
    curl.form(token.iter().chain(fields).copied()).run()
}

fn is_kept(page: &Response, texts: &[&str]) {
    assert_eq!(page.status, 422, "{}", page.body);
    for text in texts.iter().chain(&["out of date"]) {
        assert!(page.body.contains(text), "no {text}: {}", page.body);
    }
    assert_ne!(csrf(page), OLD_TOKEN, "a fresh token");
}

#[test]
fn what_was_typed_is_shown_again_and_one_more_click_saves_it() {
    let instance = Instance::builder().console().start();
    let config = instance.home().join("config.json");
    let before = fs::read(&config).expect("read");

    let fields = [
        ("SITE_NAME", "Kestrel <Works>"),
        ("HELP_URL", "tel:+495555"),
    ];
    let page = send(stale(&instance, "/server"), OLD_TOKEN, &fields);
    is_kept(
        &page,
        &["value=\"Kestrel &#60;Works&#62;\"", "value=\"tel:+495555\""],
    );
    assert_eq!(fs::read(&config).expect("read"), before);
    let saved = send(stale(&instance, "/server"), &csrf(&page), &fields);
    assert_eq!(saved.status, 200, "{}", saved.body);
    assert!(
        fs::read_to_string(&config)
            .expect("read")
            .contains("Kestrel")
    );

    let before = fs::read(&config).expect("read");
    let fields = [
        ("do", "save"),
        ("LDAP_BASE", "OU=Staff,DC=corp,DC=example"),
        ("LDAP_BIND_PASSWORD", "Typed-Secret"),
    ];
    let page = send(stale(&instance, "/directory"), OLD_TOKEN, &fields);
    is_kept(
        &page,
        &["value=\"OU=Staff,DC=corp,DC=example\"", "type it again"],
    );
    assert!(!page.body.contains("Typed-Secret"));

    let source = "module.exports = raw => ({ id: raw.objectGUID, kestrel: 1 });";
    let fields = [("do", "save"), ("source", source), ("user", "alice")];
    let page = send(stale(&instance, "/mapper"), OLD_TOKEN, &fields);
    is_kept(&page, &["kestrel: 1", "value=\"alice\""]);

    for path in ["/export", "/doctor", "/take-back"] {
        let page = send(stale(&instance, path), OLD_TOKEN, &[("change", "x")]);
        is_kept(&page, &[]);
        assert_eq!(page.header("content-disposition"), None, "{path}");
    }
    assert_eq!(fs::read(&config).expect("read"), before);
}

#[test]
fn a_file_is_asked_for_again() {
    let (lab, instance) = (Lab::get(), Instance::builder().console().start());
    let pki = |name: &str| format!("@{}", lab.state.join("pki").join(name).display());
    let keytab = format!("@{}", lab.keytab().display());
    let before = fs::read(instance.home().join("certs/tls.pem")).expect("read");
    for (path, files) in [
        (
            "/certificate",
            vec![("chain", pki("tenant.pem")), ("key", pki("tenant.key"))],
        ),
        ("/files", vec![("keytab", keytab)]),
        ("/import", vec![("zip", pki("ca.pem"))]),
    ] {
        let mut curl = stale(&instance, path);
        curl = curl.arg("-F").arg(&format!("csrf={OLD_TOKEN}"));
        for (name, file) in files {
            curl = curl.arg("-F").arg(&format!("{name}={file}"));
        }
        // Behind the file: it is kept all the same.
        let page = curl.arg("-F").arg("anyway=1").run();
        is_kept(&page, &["choose", "again"]);
        let ticked = page
            .body
            .matches("name=\"anyway\" value=\"1\" checked")
            .count();
        assert_eq!(ticked, usize::from(path != "/import"), "{path}");
    }
    let now = fs::read(instance.home().join("certs/tls.pem")).expect("read");
    assert_eq!(now, before);
}

#[test]
fn a_form_of_another_site_shows_nothing_and_changes_nothing() {
    let instance = Instance::builder().console().start();
    let config = instance.home().join("config.json");
    let before = fs::read(&config).expect("read");
    let fields = [("SITE_NAME", "Mallory")];
    let own = instance.console_url("");
    for (name, value) in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        // A browser says more; a program has the form's token.
        ("Sec-Fetch-Site", "none"),
        ("X-Nothing", "at all"),
    ] {
        for path in ["/server", "/directory", "/mapper", "/take-back", "/export"] {
            let curl = instance.console(path).header(name, value);
            let page = send(curl, OLD_TOKEN, &fields);
            assert_eq!(page.status, 403, "{name}: {value}: {}", page.body);
            assert!(!page.body.contains("Mallory"), "{name}: {value}");
            assert!(!page.body.contains("csrf"), "{name}: {value}");
        }
    }
    // One header that is right does not make up for the other.
    let curl = instance.console("/server").header("Origin", own.as_str());
    let page = send(
        curl.header("Sec-Fetch-Site", "cross-site"),
        OLD_TOKEN,
        &fields,
    );
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(!page.body.contains("Mallory"), "{}", page.body);
    assert_eq!(fs::read(&config).expect("read"), before);
}

#[test]
fn a_restart_while_somebody_types_loses_nothing_in_a_browser() {
    let lab = Lab::get();
    let at = format!("{}:{}", lab.address, lab.free_port());
    let instance = Instance::builder()
        .set("ADMIN_LISTEN", at.as_str())
        .managed(false)
        .start();
    let script = project().join("tests/lab/service.py").display().to_string();
    let restart = [
        "/usr/bin/python3",
        &script,
        "restart",
        &instance.service().display().to_string(),
    ];
    let page = Browser::new().open(
        &instance.console_url("/#server"),
        &json!([
            {"fill": "#SITE_NAME", "with": "Kestrel Works"},
            {"run": restart},
            {"click": "#server form[action='/server'] button"},
            {"wait": "out of date"},
            {"click": "#server form[action='/server'] button"},
            {"wait": "in use"},
        ]),
    );
    assert!(page.text.contains("Saved"), "{}", page.text);
    let config = fs::read(instance.home().join("config.json")).expect("read");
    let config: Value = serde_json::from_slice(&config).expect("JSON");
    assert_eq!(config["SITE_NAME"], "Kestrel Works");
}

/// Somebody whom the token of the log lets in, which a restart ends as well.
#[test]
fn who_needs_the_token_of_the_log_loses_nothing_either() {
    let instance = Instance::builder().set("ADMIN_LISTEN", "0.0.0.0:0").start();
    let config = instance.home().join("config.json");
    let before = fs::read(&config).expect("read");
    let fields = [
        ("SITE_NAME", "Kestrel \"Works\""),
        ("LDAP_BIND_PASSWORD", "Typed-Secret"),
    ];
    let closed = send(stale(&instance, "/server"), OLD_TOKEN, &fields);
    assert_eq!(closed.status, 403, "{}", closed.body);
    for text in [
        "The console is closed",
        "Kestrel &#34;Works&#34;",
        "action=\"/server\"",
    ] {
        assert!(closed.body.contains(text), "no {text}: {}", closed.body);
    }
    assert!(!closed.body.contains("Typed-Secret") && !closed.body.contains("csrf"));
    let forged = instance
        .console("/server")
        .header("Origin", "http://evil.example");
    let forged = send(forged, OLD_TOKEN, &fields);
    assert!(!forged.body.contains("Kestrel"), "{}", forged.body);

    let line: Value =
        serde_json::from_str(&instance.await_event("console.token_shown", &[])).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let opened = instance.console(&format!("/?{}", url.split('?').nth(1).expect("a token")));
    let opened = opened.run();
    let cookie = opened.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().expect("a cookie");
    // As its form sends it.
    let sent = stale(&instance, "/server").header("Cookie", cookie);
    let page = sent.form([("SITE_NAME", "Kestrel \"Works\"")]).run();
    is_kept(&page, &["Kestrel &#34;Works&#34;"]);
    assert_eq!(fs::read(&config).expect("read"), before);
}
