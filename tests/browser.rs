//! A real browser signs its user in, through the balancer and three instances, to the tenant's page.

use std::{fs, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{
    Lab,
    browser::{Browser, is_picture, pictures},
    haproxy::Haproxy,
    instance::{Builder, Instance},
    run_with_input,
    set_up::refused,
    stand_in::Tenant,
};

struct Site {
    instances: Vec<Instance>,
    balancer: Haproxy,
    _tenant: Tenant,
}

impl Site {
    fn start(change: impl Fn(Builder) -> Builder) -> Self {
        let tenant = Tenant::start();
        let callback = format!("{}/login/callback", tenant.url());
        let instances: Vec<_> = (0..3)
            .map(|_| {
                let builder = Instance::builder().set("urn:auth0:corp", callback.as_str());
                change(builder).behind_proxy().start()
            })
            .collect();
        let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
        Self {
            instances,
            balancer,
            _tenant: tenant,
        }
    }

    fn with_certificates() -> Self {
        let ca = fs::read(Lab::get().ca()).expect("the CA");
        Self::start(|builder| {
            builder
                .set("CLIENT_CERT_AUTH", true)
                .set("SITE_NAME", "Example Corp")
                .file("certs/client-ca.pem", &ca)
        })
    }

    fn url(&self, query: &str) -> String {
        let port = self.balancer.port;
        format!("https://login.corp.example:{port}/wsfed?wctx=b{query}")
    }
}

#[test]
fn a_fresh_profile_with_a_ticket_is_signed_in_without_a_click() {
    let site = Site::start(|builder| builder);
    let browser = Browser::new().with_ticket(Lab::get().kinit("alice"));
    let page = browser.open(&site.url(""), &json!([{ "wait": "Alice Smith" }]));
    assert!(page.url.contains("/login/callback"), "{page:?}");
    assert!(page.text.contains("urn:ietf:rfc:1510"), "{page:?}");
    let challenged = "ad_edge_challenges_total";
    let retried = site
        .instances
        .iter()
        .any(|i| i.metric(challenged) > Some(0.0));
    assert!(retried, "the first request was challenged");
}

#[test]
fn the_written_policies_are_enough_and_are_valid_where_each_browser_reads_them() {
    let site = Site::with_certificates();
    let parent = TempDir::new().expect("a folder");
    let folder = parent.path().join("policies");
    let write = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ad-edge"));
        command.args(["setup", "--browser-policies"]).arg(&folder);
        command.arg("--home").arg(site.instances[0].home());
        command
    };
    let said = run_with_input(&mut write(), "");
    let read = |path: &str| {
        let file = folder.join(path);
        assert!(said.contains(file.to_str().expect("a path")), "{said}");
        fs::read_to_string(file).expect(path)
    };
    let chromium: Value =
        serde_json::from_str(&read("etc/chromium/policies/managed/ad-edge.json")).expect("JSON");
    assert_eq!(chromium["AuthServerAllowlist"], "login.corp.example");
    let choice = chromium["AutoSelectCertificateForUrls"][0].as_str();
    let choice: Value = serde_json::from_str(choice.expect("a text")).expect("JSON");
    let pattern = choice["pattern"].as_str().expect("a pattern");
    assert!(
        pattern.starts_with("https://login.corp.example"),
        "{pattern}"
    );
    let firefox: Value =
        serde_json::from_str(&read("etc/firefox/policies/policies.json")).expect("JSON");
    let spnego = &firefox["policies"]["Authentication"]["SPNEGO"];
    assert_eq!(*spnego, json!(["login.corp.example"]));
    let registry = read("windows/ad-edge.reg");
    for line in [
        "\"AuthServerAllowlist\"=\"login.corp.example\"\r\n",
        "\"https://login.corp.example\"=\"1\"\r\n",
        r#""1"="{\"pattern\":\"https://login.corp.example"#,
    ] {
        assert!(registry.contains(line), "{line}: {registry}");
    }
    let script =
        "import json,plistlib,sys; print(json.dumps(plistlib.load(open(sys.argv[1],'rb'))))";
    for (name, policies) in [
        ("com.google.Chrome", chromium),
        (
            "org.mozilla.firefox",
            json!({
                "Authentication": { "SPNEGO": ["login.corp.example"] },
                "EnterprisePoliciesEnabled": true
            }),
        ),
    ] {
        let file = format!("macos/{name}.plist");
        read(&file);
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg(folder.join(file));
        let parsed: Value = serde_json::from_str(&run_with_input(&mut python, "")).expect("JSON");
        assert_eq!(parsed, policies);
    }
    // A second time would overwrite them.
    refused(&mut write(), &["is there already, and nothing was written"]);

    let policy = folder.join("etc/chromium/policies/managed/ad-edge.json");
    let browser = Browser::new()
        .with_policy(&policy)
        .with_ticket(Lab::get().kinit("alice"));
    let page = browser.open(&site.url(""), &json!([{ "wait": "Alice Smith" }]));
    assert!(page.text.contains("urn:ietf:rfc:1510"), "{page:?}");
}

#[test]
fn a_certificate_signs_its_user_in_without_a_click() {
    let site = Site::with_certificates();
    let browser = Browser::new().with_certificate("bob@corp.example");
    let page = browser.open(&site.url(""), &json!([{ "wait": "Bob Test" }]));
    assert!(page.url.contains("/login/callback"), "{page:?}");
    assert!(page.text.contains("urn:ietf:rfc:2246"), "{page:?}");

    let carol = Browser::new().with_certificate("carol@corp.example");
    let page = carol.open(
        &site.url(""),
        &json!([{ "wait": "cannot sign in at the moment" }]),
    );
    assert!(page.url.contains("login.corp.example"), "{page:?}");
}

#[test]
fn without_ticket_and_certificate_the_keyboard_alone_signs_in() {
    let site = Site::with_certificates();
    let password = &Lab::get().password;
    let steps = json!([
        { "wait": "User name" },
        { "type": "bob" }, { "press": "Tab" }, { "type": "wrong" }, { "press": "Enter" },
        { "wait": "That did not match" },
        // The name is still there, and the focus is on the password.
        { "type": password }, { "press": "Enter" },
        { "wait": "Bob Test" }
    ]);
    let page = Browser::new().open(&site.url(""), &steps);
    assert!(page.url.contains("/login/callback"), "{page:?}");
    assert!(page.text.contains("am:password"), "{page:?}");

    let steps = json!([{ "wait": "User name" }, { "press": "Tab" }, { "press": "Tab" }]);
    let page = Browser::new().open(&site.url("&ad-edge-method=password"), &steps);
    assert_eq!(page.focus, "", "from name to password to the button");
}

/// It would sign its reader in as whoever wrote it (login CSRF).
#[test]
fn a_form_of_another_site_is_not_looked_at_and_the_own_page_is() {
    let site = Site::start(|builder| builder);
    let password = &Lab::get().password;
    let folder = TempDir::new().expect("a folder");
    let other = folder.path().join("other-site.html");
    let form = format!(
        "<form method=post action='{}'><input name=username value=carol><input name=password \
         value='{password}'><button>Win</button></form>",
        site.url("")
    );
    fs::write(&other, form).expect("written");
    let steps = json!([
        { "click": "button" }, { "wait": "They were not used" },
        { "type": "bob" }, { "press": "Tab" }, { "type": password }, { "press": "Enter" },
        { "wait": "Bob Test" }
    ]);
    let page = Browser::new().open(&format!("file://{}", other.display()), &steps);
    assert!(page.url.contains("/login/callback"), "{page:?}");
    let refused =
        r#"ad_edge_logins_total{method="password",outcome="refused",reason="other_site"}"#;
    let mut counts = site
        .instances
        .iter()
        .map(|instance| instance.metric(refused));
    assert!(counts.any(|count| count == Some(1.0)), "counted");
}

/// For people to look at: target/pictures.
#[test]
fn the_pages_are_drawn_light_and_dark_on_large_and_small_screens() {
    let site = Site::with_certificates();
    let folder = pictures();
    let shots = |name: &str| -> Vec<_> {
        [
            ("light", 1024),
            ("dark", 1024),
            ("light", 360),
            ("dark", 360),
        ]
        .map(|(scheme, width)| {
            (
                folder.join(format!("{name}-{scheme}-{width}.png")),
                scheme,
                width,
            )
        })
        .into()
    };
    for (name, query, text, who) in [
        ("form", "&ad-edge-method=password", "Password", None),
        (
            "chooser",
            "&wprompt=consent",
            "Choose how to sign in",
            Some("bob@corp.example"),
        ),
        (
            "refused",
            "",
            "no account for your certificate",
            Some("nobody@corp.example"),
        ),
        ("error", "&wtrealm=urn:nobody", "cannot be completed", None),
    ] {
        let browser = match who {
            Some(upn) => Browser::new().with_certificate(upn),
            None => Browser::new(),
        };
        let mut steps = vec![json!({ "wait": text })];
        for (file, scheme, width) in shots(name) {
            steps.push(json!({ "shot": file, "scheme": scheme, "width": width }));
        }
        browser.open(&site.url(query), &json!(steps));
        for (file, ..) in shots(name) {
            assert!(is_picture(&file), "{}", file.display());
        }
    }
}
