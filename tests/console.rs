//! The console: who may use it, what it shows, and what an administrator does with it in a browser.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{
    Lab,
    browser::{Browser, is_picture, pictures},
    curl::Response,
    instance::Instance,
};

/// The token that each form of the page holds.
fn csrf(page: &Response) -> String {
    let rest = page.body.split("name=\"csrf\" value=\"").nth(1);
    let rest = rest.unwrap_or_else(|| panic!("no form in {}", page.body));
    rest.split('"').next().expect("a value").to_owned()
}

#[test]
fn only_this_machine_and_its_own_page_change_anything() {
    let instance = Instance::builder().console().start();
    let page = instance.console("/").run();
    assert_eq!(page.status, 200, "{}", page.body);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("form-action 'self'") && !policy.contains("script-src"),
        "{policy}"
    );
    assert_eq!(page.header("cache-control"), Some("no-store"));

    let rebound = instance
        .console("/")
        .header("Host", "evil.example:8357")
        .run();
    assert_eq!(rebound.status, 403, "{}", rebound.body);
    let config = instance.home().join("config.json");
    let before = std::fs::read(&config).expect("read");
    let token = csrf(&page);
    let change = |csrf: &str| {
        instance
            .console("/server")
            .form([("csrf", csrf), ("SITE_NAME", "Mallory")])
    };
    assert_eq!(change("wrong").run().status, 403);
    assert_eq!(
        instance
            .console("/server")
            .form([("SITE_NAME", "Mallory")])
            .run()
            .status,
        403
    );
    let foreign = change(&token).header("Origin", "http://evil.example").run();
    assert_eq!(foreign.status, 403, "{}", foreign.body);
    let foreign = change(&token).header("Sec-Fetch-Site", "cross-site").run();
    assert_eq!(foreign.status, 403);
    assert_eq!(std::fs::read(&config).expect("read"), before);
    let own = instance
        .console("/server")
        .form([("csrf", token.as_str()), ("SITE_NAME", "Kestrel Works")])
        .run();
    assert_eq!(own.status, 200, "{}", own.body);
    assert!(
        String::from_utf8_lossy(&std::fs::read(&config).expect("read")).contains("Kestrel Works")
    );
    instance.await_log(&["the new configuration is in use"]);
    assert!(instance.curl("/wsfed").run().body.contains("Kestrel Works"));
}

#[test]
fn beyond_loopback_the_log_s_token_opens_it_once() {
    let instance = Instance::builder().set("ADMIN_LISTEN", "0.0.0.0:0").start();
    let closed = instance.console("/").run();
    assert_eq!(closed.status, 403);
    assert!(
        closed.body.contains("instance&#39;s log") || closed.body.contains("instance's log"),
        "{}",
        closed.body
    );
    let line: Value = serde_json::from_str(&instance.await_log(&["?token="])).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let path = format!("/?{}", url.split('?').nth(1).expect("a token"));
    let opened = instance.console(&path).run();
    assert_eq!(opened.status, 303, "{}", opened.body);
    let cookie = opened.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().expect("a pair");
    assert_eq!(
        instance.console("/").header("Cookie", pair).run().status,
        200
    );
    assert_eq!(instance.console(&path).run().status, 403, "the token again");
}

#[test]
fn no_secret_reaches_the_page() {
    let lab = Lab::get();
    let instance = Instance::builder()
        .console()
        .set("TENANT_SIGNING_KEY", "a secret shared with the tenant")
        .start();
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    let refused = instance
        .curl("/wsfed")
        .form([("username", "bob"), ("password", "Wr0ng-Secret")])
        .run();
    assert_eq!(refused.status, 401);
    let page = instance.console("/").run().body;
    for secret in [
        lab.password.as_str(),
        "a secret shared",
        "PRIVATE KEY",
        "Wr0ng-Secret",
    ] {
        assert!(!page.contains(secret), "{secret}");
    }
    // What the administrator looks for is there.
    for text in [
        "signs users in",
        "up for",
        "Signing certificate",
        "HTTP/login.corp.example",
        "Kerberos",
        "wrong password",
    ] {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
}

#[test]
fn directory_settings_are_checked_before_they_are_saved() {
    let (lab, instance) = (Lab::get(), Instance::builder().console().start());
    let page = instance.console("/").run();
    let token = csrf(&page);
    assert!(
        page.body.contains("value=\"DC=corp,DC=example\""),
        "{}",
        page.body
    );
    let save = |base: &str, password: &str| {
        let fields = [
            ("csrf", token.as_str()),
            ("LDAP_BASE", base),
            ("LDAP_BIND_PASSWORD", password),
        ];
        instance.console("/directory").form(fields).run()
    };
    let config = || std::fs::read_to_string(instance.home().join("config.json")).expect("read");
    let before = config();
    let refused = save("DC=other,DC=example", "");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("Nothing was saved") && refused.body.contains("FAIL  search"),
        "{}",
        refused.body
    );
    let refused = save("DC=corp,DC=example", "not the password");
    assert!(refused.body.contains("FAIL  bind"), "{}", refused.body);
    assert_eq!(config(), before);
    let saved = save("CN=Users,DC=corp,DC=example", &lab.password);
    assert_eq!(saved.status, 200, "{}", saved.body);
    let after: Value = serde_json::from_str(&config()).expect("JSON");
    assert_eq!(after["LDAP_BASE"], "CN=Users,DC=corp,DC=example");
    assert!(
        after.get("LDAP_BIND_PASSWORD").is_none(),
        "it is encrypted now"
    );
    instance.await_log(&["the new configuration is in use"]);
    let alice = lab.kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn a_mapper_is_tried_on_a_user_before_it_is_saved() {
    let instance = Instance::builder().console().start();
    let token = csrf(&instance.console("/").run());
    let send = |what: &str, source: &str| {
        let fields = [
            ("csrf", token.as_str()),
            ("do", what),
            ("source", source),
            ("user", "alice"),
        ];
        instance.console("/mapper").form(fields).run()
    };
    let good = "module.exports = raw => ({ id: raw.objectGUID, displayName: raw.displayName, kestrel: raw.sn });";
    let tried = send("try", good);
    assert!(tried.body.contains("Smith"), "{}", tried.body);
    assert!(
        !instance.home().join("lib/profileMapper.js").exists(),
        "only tried"
    );
    let broken = send("save", "module.exports = {");
    assert_eq!(broken.status, 422, "{}", broken.body);
    assert!(!instance.home().join("lib/profileMapper.js").exists());
    assert_eq!(send("save", good).status, 200);
    instance.await_log(&["the new configuration is in use"]);
    let alice = Lab::get().kinit("alice");
    let page = instance.curl("/wsfed").negotiate(&alice).run();
    assert!(page.body.contains("kestrel"), "the new claim");
    let found = instance.console("/users?q=alice").run();
    assert!(found.body.contains("kestrel"), "{}", found.body);
}

#[test]
fn a_certificate_is_checked_before_it_is_used() {
    let (lab, instance) = (Lab::get(), Instance::builder().console().start());
    let token = csrf(&instance.console("/").run());
    let part = |name: &str| lab.state.join("pki").join(name).display().to_string();
    let send = |chain: &str, key: &str| {
        instance
            .console("/certificate")
            .arg("-F")
            .arg(&format!("csrf={token}"))
            .arg("-F")
            .arg(&format!("chain=@{}", part(chain)))
            .arg("-F")
            .arg(&format!("key=@{}", part(key)))
            .run()
    };
    let before = std::fs::read(instance.home().join("certs/tls.key")).expect("the key");
    let refused = send("login.pem", "tenant.key");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("Nothing was changed"),
        "{}",
        refused.body
    );
    assert_eq!(
        std::fs::read(instance.home().join("certs/tls.key")).expect("the key"),
        before
    );
    let used = send("tenant.pem", "tenant.key");
    assert_eq!(used.status, 200, "{}", used.body);
    assert!(
        used.body.contains("does not cover login.corp.example"),
        "{}",
        used.body
    );
    let left: Vec<_> = std::fs::read_dir(instance.home().join("certs"))
        .expect("a folder")
        .flatten()
        .collect();
    assert!(
        left.iter()
            .all(|file| !file.file_name().to_string_lossy().contains(".try")),
        "{left:?}"
    );
}

#[test]
fn a_second_server_by_export_and_import_in_the_browser() {
    let first = Instance::builder()
        .console()
        .set("SITE_NAME", "Kestrel Works")
        .start();
    let second = Instance::builder().console().start();
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("export.zip").display().to_string();
    let browser = Browser::new();
    browser.open(
        &first.console_url("/#export"),
        &json!([
            {"wait": "Everything that another server needs"},
            {"download": "#export form[action='/export'] button", "to": zip},
        ]),
    );
    let page = browser.open(
        &second.console_url("/#export"),
        &json!([
            {"upload": "#zip", "file": zip},
            {"click": "#export form[action='/import'] button"},
            {"wait": "files were taken"},
        ]),
    );
    assert!(page.text.contains("Taken ("), "{}", page.text);
    second.await_log(&["the new configuration is in use"]);
    assert!(second.curl("/wsfed").run().body.contains("Kestrel Works"));
    let config =
        |instance: &Instance| std::fs::read(instance.home().join("config.json")).expect("read");
    assert_eq!(config(&first), config(&second));
    assert!(
        second.home().join("backups").exists(),
        "what was replaced is kept"
    );
}

/// For people to look at: target/pictures.
#[test]
fn the_console_is_drawn_in_light_and_dark_and_narrow() {
    let lab = Lab::get();
    let instance = Instance::builder()
        .console()
        .set("INSTANCE_NAME", "edge1")
        .start();
    let alice = lab.kinit("alice");
    for _ in 0..5 {
        assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    }
    let _refused = instance
        .curl("/wsfed")
        .form([("username", "bob"), ("password", "x")])
        .run();
    let folder = pictures();
    let shot = |name: &str, scheme: &str, width: u32| {
        let file = folder.join(format!("console-{name}-{scheme}-{width}.png"));
        json!({"shot": file, "scheme": scheme, "width": width, "whole": true})
    };
    let steps = json!([
        {"wait": "Logins of the last hour"},
        shot("status", "light", 1280), shot("status", "dark", 1280), shot("status", "light", 390),
        // Without a mouse: the first link leads to the content, the second to the status, the third on.
        {"press": "Tab"}, {"press": "Tab"}, {"press": "Tab"}, {"press": "Enter"},
        {"wait": "Four checks run"},
        shot("directory", "light", 1280),
        {"goto": instance.console_url("/#mapper")}, {"wait": "lib/profileMapper.js"}, shot("mapper", "dark", 1280),
        {"goto": instance.console_url("/#export")}, {"wait": "Export settings"}, shot("export", "light", 1280),
        {"goto": instance.console_url("/#doctor")}, {"click": "#doctor button"}, {"wait": "can be read"},
        shot("doctor", "light", 1280), shot("doctor", "dark", 390),
    ]);
    let page = Browser::new().open(&instance.console_url("/"), &steps);
    assert!(
        page.text.contains("the keytab has HTTP/login.corp.example"),
        "{}",
        page.text
    );
    let files = std::fs::read_dir(&folder).expect("a folder").flatten();
    let ours: Vec<_> = files
        .map(|file| file.path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("console-"))
        })
        .collect();
    assert!(
        ours.len() >= 8 && ours.iter().all(|file| is_picture(file)),
        "{ours:?}"
    );
}
