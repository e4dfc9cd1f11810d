//! The console: who may use it, and what it shows.

use serde_json::Value;

use crate::lab::{Lab, curl::Response, instance::Instance};

/// The token that each form of the page holds.
pub fn csrf(page: &Response) -> String {
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
    let cookie = cookie.split(';').next().expect("a cookie");
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
    let pair = cookie.split(';').next().expect("a cookie");
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
        "Users can be signed in here",
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
    let computer = instance.console("/user?q=DC1%24").run();
    assert!(
        computer.body.contains("the entry is a computer"),
        "{}",
        computer.body
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
