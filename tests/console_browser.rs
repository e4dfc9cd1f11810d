//! What an administrator does with the console in a browser.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{
    Lab,
    browser::{Browser, is_picture, pictures},
    instance::Instance,
};

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
        &format!("{}#export", line["url"].as_str().expect("a URL")),
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
            // No address is cut.
            {"fits": [390, 1100, 1280]},
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
        // Without a mouse: the first link leads to the content, then come the sections.
        {"press": "Tab"}, {"press": "Tab"}, {"press": "Tab"}, {"press": "Tab"}, {"press": "Enter"},
        {"wait": "Four checks run"},
        shot("directory", "light", 1280),
        {"goto": instance.console_url("/#fleet")}, {"wait": "This instance alone: set FLEET"}, shot("fleet", "light", 1280),
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
