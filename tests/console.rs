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
        policy.contains("default-src 'none'")
            && policy.contains("form-action 'self'")
            && policy.contains("script-src 'nonce-"),
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
    let search = instance
        .console("/users?q=alice")
        .header("Sec-Fetch-Site", "cross-site")
        .run();
    assert_eq!(
        search.status, 403,
        "another page searches the directory no more"
    );
    assert_eq!(std::fs::read(&config).expect("read"), before);
    let own = instance
        .console("/server")
        .form([("csrf", token.as_str()), ("SITE_NAME", "Kestrel Works")])
        .run();
    assert_eq!(own.status, 200, "{}", own.body);
    assert!(
        String::from_utf8_lossy(&std::fs::read(&config).expect("read")).contains("Kestrel Works")
    );
    instance.await_event("console.settings_changed", &["audit", "SITE_NAME"]);
    instance.await_event("reload.done", &[]);
    assert!(instance.curl("/wsfed").run().body.contains("Kestrel Works"));
}

/// The status that another user of this machine gets, with more arguments for curl.
fn as_nobody(instance: &Instance, more: &[&str]) -> String {
    let mut command = std::process::Command::new("setpriv");
    command
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "curl",
            "-s",
        ])
        .args(["--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}"])
        .args(more)
        .arg(instance.console_url("/"));
    crate::lab::run_with_input(&mut command, "")
}

#[test]
fn another_user_of_this_machine_needs_the_token_and_so_does_a_proxy() {
    let instance = Instance::builder().console().start();
    assert_eq!(instance.console("/").run().status, 200, "root");
    assert_eq!(as_nobody(&instance, &[]), "403");
    let proxied = instance.console("/").header("X-Forwarded-For", "192.0.2.7");
    assert_eq!(proxied.run().status, 403);
    let line: Value =
        serde_json::from_str(&instance.await_event("console.token_shown", &[])).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let query = url.split('?').nth(1).expect("a token");
    let mut command = std::process::Command::new("setpriv");
    command
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "curl",
            "-s",
        ])
        .args(["--max-time", "10", "-o", "/dev/null", "-D", "-"])
        .arg(instance.console_url(&format!("/?{query}")));
    let answer = crate::lab::run_with_input(&mut command, "");
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap_or_else(|| panic!("no cookie in {answer}"));
    let cookie = cookie.split(';').next().expect("a pair");
    assert_eq!(as_nobody(&instance, &["--cookie", cookie]), "200");
}

#[test]
fn what_the_environment_sets_cannot_be_changed_here() {
    let instance = Instance::builder()
        .console()
        .env("SITE_NAME", "Kestrel Works")
        .start();
    let page = instance.console("/").run();
    let field = page.body.split("id=\"SITE_NAME\"").nth(1).expect("a field");
    let field = field.split('>').next().expect("its end");
    assert!(
        field.contains("Kestrel Works") && field.ends_with("disabled"),
        "{field}"
    );
    let change = instance
        .console("/server")
        .form([("csrf", csrf(&page).as_str()), ("SITE_NAME", "Other")])
        .run();
    assert_eq!(change.status, 422);
    assert!(
        change.body.contains("SITE_NAME come from the environment"),
        "{}",
        change.body
    );
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
    let line: Value =
        serde_json::from_str(&instance.await_event("console.token_shown", &[])).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let path = format!("/?{}", url.split('?').nth(1).expect("a token"));
    let opened = instance.console(&path).run();
    assert_eq!(opened.status, 303, "{}", opened.body);
    let cookie = opened.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().expect("a pair");
    assert_eq!(
        instance.console("/").header("Cookie", pair).run().status,
        200
    );
    assert_eq!(instance.console(&path).run().status, 403, "the token again");
    let page = instance.console("/").header("Cookie", pair).run();
    let token = path.split('=').nth(1).expect("a token");
    assert!(!page.body.contains(token), "the log alone shows it");
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
        "Users are signed in here",
        "up for",
        "Signing certificate",
        "key version 1; written",
        "HTTP/login.corp.example",
        "Kerberos",
        "wrong password",
    ] {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
}

/// Whether the page shows this check as failed.
fn failed(page: &Response, check: &str) -> bool {
    page.body
        .contains(&format!("<i class=\"pill bad\">Failed</i><b>{check}</b>"))
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
        refused.body.contains("Nothing was saved") && failed(&refused, "search"),
        "{}",
        refused.body
    );
    assert!(
        refused.body.contains("value=\"DC=other,DC=example\""),
        "what was typed is there to be corrected: {}",
        refused.body
    );
    let elsewhere = instance
        .console("/directory")
        .form([
            ("csrf", token.as_str()),
            ("LDAP_URL", "ldap://dc1.crop.example"),
        ])
        .run();
    assert!(
        elsewhere.body.contains("password too"),
        "it goes to nobody by a slip of the finger: {}",
        elsewhere.body
    );
    let refused = save("DC=corp,DC=example", "not the password");
    assert!(failed(&refused, "bind"), "{}", refused.body);
    assert_eq!(config(), before);
    let only_checked = instance
        .console("/directory")
        .form([
            ("csrf", token.as_str()),
            ("do", "check"),
            ("LDAP_BASE", "CN=Users,DC=corp,DC=example"),
        ])
        .run();
    assert!(
        only_checked.body.contains("All is well; nothing was saved")
            || failed(&only_checked, "tenant"),
        "{}",
        only_checked.body
    );
    assert_eq!(config(), before);
    let saved = save("CN=Users,DC=corp,DC=example", &lab.password);
    assert_eq!(saved.status, 200, "{}", saved.body);
    let after: Value = serde_json::from_str(&config()).expect("JSON");
    assert_eq!(after["LDAP_BASE"], "CN=Users,DC=corp,DC=example");
    assert!(
        after.get("LDAP_BIND_PASSWORD").is_none(),
        "it is encrypted now"
    );
    instance.await_event("reload.done", &[]);
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
    assert_eq!(send("save", &good.replace("; ", ";\r\n")).status, 200);
    instance.await_event("reload.done", &[]);
    let saved = std::fs::read_to_string(instance.home().join("lib/profileMapper.js"));
    assert!(!saved.expect("saved").contains('\r'), "line ends of Unix");
    let alice = Lab::get().kinit("alice");
    let page = instance.curl("/wsfed").negotiate(&alice).run();
    assert!(page.body.contains("kestrel"), "the new claim");
    let found = instance.console("/user?q=alice").run();
    assert!(found.body.contains("kestrel"), "{}", found.body);
}

#[test]
fn users_are_searched_and_looked_up() {
    let instance = Instance::builder().console().start();
    let found = instance.console("/users?q=smith").run();
    assert!(
        found.body.contains("<td>alice</td>") && found.body.contains("/user?q=alice"),
        "{}",
        found.body
    );
    let none = instance.console("/users?q=nobody-at-all").run();
    assert!(none.body.contains("Nobody was found"), "{}", none.body);
    let alice = instance.console("/user?q=alice").run();
    for text in [
        "may sign in",
        "CN=",
        "What applications get",
        "&#34;id&#34;",
    ] {
        assert!(alice.body.contains(text), "{text} in {}", alice.body);
    }
    let carol = instance.console("/user?q=carol").run();
    assert!(
        carol.body.contains("the account is disabled"),
        "{}",
        carol.body
    );
    let nobody = instance.console("/user?q=nobody-at-all").run();
    assert_eq!(nobody.status, 422);
    assert!(nobody.body.contains("has no user"), "{}", nobody.body);
}

#[test]
fn the_log_is_shown_by_level_and_text_and_markup_in_it_stays_text() {
    let instance = Instance::builder().console().start();
    let name = "<script>alert(1)</script> detail=\"made up\"";
    let fields = [("username", name), ("password", "x")];
    assert_eq!(instance.curl("/wsfed").form(fields).run().status, 401);
    let page = instance.console("/logs?level=warn&q=not+signed+in").run();
    assert!(
        page.body.contains("not signed in") && !page.body.contains("<script>alert"),
        "{}",
        page.body
    );
    let log = page.body.split("id=\"logs\"").nth(1).expect("the section");
    let log = log.split("</section>").next().expect("its end");
    assert!(!log.contains("ad-edge starts"), "{log}");
    let all = instance.console("/logs").run();
    assert!(all.body.contains("ad-edge starts"), "{}", all.body);
    // The reason is the directory's, whatever somebody calls themselves.
    let status = page
        .body
        .split("id=\"status\"")
        .nth(1)
        .expect("the section");
    let row = status.split("<tbody>").nth(1).expect("a refused login");
    let row = row.split("</tr>").next().expect("its end");
    assert!(row.contains("the directory has no user"), "{row}");
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
    };
    let before = std::fs::read(instance.home().join("certs/tls.key")).expect("the key");
    let refused = send("login.pem", "tenant.key").run();
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
    let other_name = send("tenant.pem", "tenant.key").run();
    assert_eq!(other_name.status, 422, "{}", other_name.body);
    assert_eq!(
        std::fs::read(instance.home().join("certs/tls.key")).expect("the key"),
        before
    );
    let used = send("tenant.pem", "tenant.key")
        .arg("-F")
        .arg("anyway=1")
        .run();
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
        .set("INSTANCE_NAME", "edge1")
        .start();
    let second = Instance::builder()
        .console()
        .set("INSTANCE_NAME", "edge2")
        .start();
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
    let before = std::fs::read(second.home().join("config.json")).expect("read");
    let looked = browser.open(
        &second.console_url("/#export"),
        &json!([
            {"upload": "#zip", "file": zip},
            {"click": "#export button[value='look']"},
            {"wait": "Nothing was changed yet"},
        ]),
    );
    assert!(looked.text.contains("Taken ("), "{}", looked.text);
    assert_eq!(
        std::fs::read(second.home().join("config.json")).expect("read"),
        before
    );
    let page = browser.open(
        &second.console_url("/#export"),
        &json!([
            {"upload": "#zip", "file": zip},
            {"click": "#export button[value='import']"},
            {"wait": "files were taken"},
        ]),
    );
    assert!(page.text.contains("Taken ("), "{}", page.text);
    second.await_event("reload.done", &[]);
    assert!(second.curl("/wsfed").run().body.contains("Kestrel Works"));
    assert!(
        page.text.contains("own keys stay") && page.text.contains("INSTANCE_NAME"),
        "{}",
        page.text
    );
    second.await_event("console.imported", &["audit", "config.json", "backups/"]);
    // Equal but for the name of each.
    let config = |instance: &Instance| -> Value {
        let text = std::fs::read(instance.home().join("config.json")).expect("read");
        serde_json::from_slice(&text).expect("JSON")
    };
    let (mut expected, found) = (config(&first), config(&second));
    expected["INSTANCE_NAME"] = json!("edge2");
    assert_eq!(found, expected);
    assert!(
        second.home().join("backups").exists(),
        "what was replaced is kept"
    );
}

#[test]
fn an_empty_folder_waits_for_an_import_in_the_browser_and_then_serves() {
    let first = Instance::builder()
        .console()
        .set("SITE_NAME", "Kestrel Works")
        .start();
    let folder = TempDir::new().expect("a folder");
    let zip = folder.path().join("export.zip").display().to_string();
    let browser = Browser::new();
    browser.open(
        &first.console_url("/#export"),
        &json!([{"download": "#export form[action='/export'] button", "to": zip}]),
    );

    let second = Instance::builder().env("ADMIN_LISTEN", "127.0.0.1:0");
    std::fs::remove_dir_all(second.home()).expect("emptied");
    std::fs::create_dir(second.home()).expect("a folder");
    let second = second.unchanged().start_alive();
    let (status, why) = second.ops("/readyz").expect("an answer");
    assert_eq!(status, 503);
    assert!(why.contains("This installation is empty"), "{why}");
    let line: Value =
        serde_json::from_str(&second.await_event("setup.awaited", &["url"])).expect("JSON");
    let page = browser.open(
        line["url"].as_str().expect("a URL"),
        &json!([
            {"upload": "#zip", "file": zip},
            {"click": "#export button[value='import']"},
            {"wait": "starts with them now"},
        ]),
    );
    assert!(page.text.contains("not set up"), "{}", page.text);
    crate::lab::wait_until(
        std::time::Duration::from_secs(20),
        "it does not start",
        || {
            second
                .ops("/readyz")
                .is_some_and(|(status, _)| status == 200)
        },
    );
    let alice = Lab::get().kinit("alice");
    assert_eq!(second.curl("/wsfed").negotiate(&alice).run().status, 200);
    assert!(second.curl("/wsfed").run().body.contains("Kestrel Works"));
}

#[test]
fn a_change_that_cannot_be_used_says_so() {
    let instance = Instance::builder().console().start();
    let token = csrf(&instance.console("/").run());
    // Somebody has written this beside; it is read with the next change.
    let path = instance.home().join("config.json");
    let text = std::fs::read_to_string(&path).expect("config.json");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["LDAP_URL"] = json!("ldaps://127.0.0.1:1");
    std::fs::write(&path, config.to_string()).expect("written");
    let page = instance
        .console("/server")
        .form([("csrf", token.as_str()), ("SITE_NAME", "Kestrel Works")])
        .run();
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(
        page.body
            .contains("but not in use, the old configuration serves on"),
        "{}",
        page.body
    );
}

#[test]
fn the_status_keeps_itself_up_to_date() {
    let instance = Instance::builder().console().start();
    let login = format!("https://{}:{}/wsfed", instance.address, instance.port);
    let fields = "username=late-comer&password=x";
    let page = Browser::new().open(
        &instance.console_url("/"),
        &json!([
            {"wait": "Nobody has signed in here yet"},
            {"run": ["curl", "-sk", "-o", "/dev/null", "--data", fields, login]},
            {"wait": "late-comer"},
        ]),
    );
    assert!(page.text.contains("Password form"), "{}", page.text);
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
        {"goto": instance.console_url("/#server")}, {"wait": "Certificate of SERVER_URL"}, shot("server", "light", 1280),
        {"goto": instance.console_url("/users?q=a")}, {"wait": "Login name"}, shot("users", "light", 1280),
        {"goto": instance.console_url("/user?q=alice")}, {"wait": "What applications get"}, shot("user", "light", 1280),
        {"goto": instance.console_url("/logs")}, {"wait": "the latest first"}, shot("logs", "light", 1280), shot("logs", "dark", 390),
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
