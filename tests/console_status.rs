//! What the console's status says of logins, reloads and servers, and how it shows times and addresses.

use serde_json::json;

use crate::lab::{browser::Browser, instance::Instance};

#[test]
fn a_refused_login_is_found_by_its_request_number() {
    let instance = Instance::builder().console().start();
    let refused = instance
        .curl("/wsfed")
        .form([("username", "bob"), ("password", "x")])
        .run();
    let number = refused.header("x-request-id").expect("a number").to_owned();
    instance.await_event("login.refused", &["bob"]);
    let page = instance.console("/").run().body;
    assert!(
        page.contains(&format!("<a href=\"/logs?q={number}\">{number}</a>")),
        "{page}"
    );
    assert!(
        page.contains("<bdi class=\"whole\">ldaps://") && page.contains("<time datetime=\"20"),
        "{page}"
    );
    assert!(page.contains("the last heartbeat took"), "{page}");
    let shown = instance.console(&format!("/logs?q={number}")).run().body;
    let log = shown.split("id=\"logs\"").nth(1).expect("the log");
    assert!(
        log.contains("login.refused") && !log.contains("reload."),
        "{log}"
    );
    assert!(!log.contains("another instance"), "{log}");
    let other = format!(
        "{}{}",
        if number.starts_with("00") { "11" } else { "00" },
        &number[2..]
    );
    let shown = instance.console(&format!("/logs?q={other}")).run().body;
    assert!(
        shown.contains("answered by another instance") && shown.contains("No such events"),
        "{shown}"
    );
}

#[test]
fn a_refused_reload_is_the_first_thing_until_it_is_mended() {
    let instance = Instance::builder().console().start();
    let file = instance.home().join("config.json");
    let before = std::fs::read(&file).expect("read");
    let status = || instance.console("/").run().body;
    assert!(status().contains("Last change"), "{}", status());
    std::fs::write(&file, "{").expect("written");
    instance.process.signal("HUP");
    instance.await_event("reload.refused", &[]);
    crate::lab::wait_until(
        std::time::Duration::from_secs(10),
        "the status does not say so",
        || status().contains("the old one stays in use:"),
    );
    let page = status();
    let at = |text: &str| {
        page.find(text)
            .unwrap_or_else(|| panic!("no {text} in {page}"))
    };
    assert!(
        at("the old one stays in use:") < at("the last heartbeat took"),
        "problems come first"
    );
    std::fs::write(&file, before).expect("written");
    instance.process.signal("HUP");
    crate::lab::wait_until(
        std::time::Duration::from_secs(10),
        "it stays although it was mended",
        || !status().contains("the old one stays in use:"),
    );
}

#[test]
fn the_browser_s_time_is_beside_utc() {
    let instance = Instance::builder().console().start();
    let page = Browser::new().open(&instance.console_url("/"), &json!([{"wait": "GMT+9"}]));
    assert!(page.text.contains(" UTC"), "{}", page.text);
}

#[test]
fn the_mapper_s_lines_are_numbered_and_a_mistake_is_marked() {
    let instance = Instance::builder().console().start();
    let page = Browser::new().open(
        &instance.console_url("/#mapper"),
        &json!([
            {"fill": "#source", "with": "// one\n// two\nmodule.exports = = 1;\n// four"},
            {"click": "#mapper button[value='save']"},
            {"wait": "profileMapper.js:3"},
            // A click waits for the mark.
            {"click": ".editor li.bad"},
        ]),
    );
    assert!(page.text.contains("1\n2\n3\n4"), "{}", page.text);
}
