//! A fleet, seen at once: `ad-edge fleet`, `/instance` on OPS_LISTEN, and the console's page.

use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{
    Lab,
    browser::Browser,
    instance::{Builder, Ended, Instance},
    wait_until,
};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn address(instance: &Instance) -> String {
    format!("{}:{}", instance.address, instance.ops_port)
}

/// A command on a machine that is none of the instances.
fn looker(fleet: &[String]) -> Builder {
    Instance::builder().set("FLEET", json!(fleet))
}

fn fleet(fleet: &[String]) -> Ended {
    looker(fleet).run_to_end_with(&["fleet"])
}

fn report(instance: &Instance) -> Value {
    let (status, text) = instance.ops("/instance").expect("an answer");
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

/// Of names that have marks of their own: two of those that the lab gives may share one.
fn named(name: &str) -> Builder {
    Instance::builder().set("INSTANCE_NAME", name)
}

/// The lines about something to correct.
fn findings(said: &Ended) -> Vec<&str> {
    let lines = said.log.lines();
    lines
        .filter(|line| line.starts_with("FAIL") || line.starts_with("warn"))
        .collect()
}

#[test]
fn equal_instances_are_good_whatever_their_own_keys_are() {
    let lab = Lab::get();
    let all = [
        named("edge1").start(),
        named("edge2").set("ADMIN_LISTEN", "off").start(),
        named("edge3")
            // The same in other words.
            .set("LDAP_TIMEOUT_SECONDS", "10")
            .start(),
    ];
    let login = all[1].curl("/wsfed").negotiate(&lab.kinit("alice")).run();
    assert_eq!(login.status, 200);
    let addresses = [0, 1, 2].map(|at| address(&all[at]));
    let said = fleet(&addresses);
    assert_eq!(said.status.code(), Some(0), "{}", said.log);
    assert_eq!(findings(&said), [""; 0]);
    assert!(
        said.log
            .contains("3 instances: equal, and all sign users in"),
        "{}",
        said.log
    );
    for (name, instance) in ["edge1", "edge2", "edge3"].iter().zip(&all) {
        let line = said.log.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("{name} is missing:\n{}", said.log));
        for text in [&address(instance), "ready", "1 of 1 up", " to 20"] {
            assert!(line.contains(text), "{text}: {line}");
        }
        let request = instance.curl("/wsfed").run();
        let id = request.header("x-request-id").expect("a request number");
        let mark = report(instance)["mark"]
            .as_str()
            .expect("a mark")
            .to_owned();
        assert!(id.starts_with(&mark) && line.contains(&mark), "{id} {line}");
    }

    let said = looker(&addresses).run_to_end_with(&["fleet", "--json"]);
    assert_eq!(said.status.code(), Some(0), "{}", said.log);
    let start = said.log.find('{').expect("JSON");
    let view: Value = serde_json::from_str(&said.log[start..]).expect("JSON");
    assert_eq!(view["version"], 1);
    assert_eq!(
        (&view["good"], &view["findings"]),
        (&json!(true), &json!([]))
    );
    let second = &view["instances"][1]["report"];
    assert_eq!(second["last_minute"]["logins"], 1, "{second:#}");
    assert_eq!(
        second["configuration"]["keys"]["LDAP_BASE"]["from"],
        "config.json"
    );
    for own in [
        "PORT",
        "OPS_LISTEN",
        "ADMIN_LISTEN",
        "INSTANCE_NAME",
        "LISTEN_ADDRESS",
    ] {
        assert_eq!(second["configuration"]["keys"][own], Value::Null, "{own}");
    }
    for value in [
        "DC=corp,DC=example",
        "svc-ldap@corp.example",
        &lab.password,
        "login.corp.example:",
        "PRIVATE KEY",
    ] {
        assert!(!said.log.contains(value), "{value}:\n{}", said.log);
    }
}

#[test]
fn what_differs_and_what_is_missing_is_named() {
    let builder = Instance::builder();
    let gone = format!("{}:{}", Lab::get().address, builder.ops_port());
    let all = [
        named("edge1").start(),
        named("edge2").start(),
        named("edge3")
            .set("LDAP_BASE", "CN=Users,DC=corp,DC=example")
            .start(),
    ];
    let mut addresses = [0, 1, 2].map(|at| address(&all[at])).to_vec();
    addresses.push(gone.clone());
    let said = fleet(&addresses);
    assert_eq!(said.status.code(), Some(1), "{}", said.log);
    let digest = |at: usize| {
        let report = report(&all[at]);
        let digest = &report["configuration"]["keys"]["LDAP_BASE"]["digest"];
        digest.as_str().expect("a digest").to_owned()
    };
    assert_eq!(
        findings(&said),
        [
            format!("FAIL  {gone} does not tell how it is: no connection (connection refused)"),
            format!(
                "FAIL  LDAP_BASE: edge1 edge2 = {}, edge3 = {}",
                digest(0),
                digest(2)
            ),
        ]
    );
    let remedy =
        "fix: edge3 reads it from its own config.json: compare with `ad-edge config show`, then";
    assert!(said.log.contains(remedy), "{}", said.log);
    assert!(!said.log.contains("CN=Users"), "{}", said.log);
}

#[test]
fn one_name_is_warned_about() {
    let (one, two) = (named("edge").start(), named("edge").start());
    let said = fleet(&[address(&one), address(&two)]);
    assert_eq!(said.status.code(), Some(0), "{}", said.log);
    let found = findings(&said);
    assert!(
        found.len() == 1 && found[0].contains("have one name"),
        "{}",
        said.log
    );
    assert!(said.log.contains("another INSTANCE_NAME"), "{}", said.log);
}

#[test]
fn the_token_decides_and_beyond_loopback_there_is_none_without() {
    let lab = Lab::get();
    let open = Instance::builder();
    let everywhere = format!("0.0.0.0:{}", open.ops_port());
    let open = open.env("OPS_LISTEN", &everywhere).start();
    let guarded = Instance::builder().set("OPS_TOKEN", TOKEN).start();
    let addresses = [address(&open), address(&guarded)];
    let (status, text) = open.ops("/instance").expect("an answer");
    assert_eq!(status, 403, "{text}");
    assert!(text.contains("set OPS_TOKEN"), "{text}");
    assert_eq!(open.ops("/readyz").map(|(status, _)| status), Some(200));
    assert_eq!(open.ops("/metrics").map(|(status, _)| status), Some(200));
    assert_eq!(
        guarded.ops("/instance").map(|(status, _)| status),
        Some(401)
    );
    assert_eq!(guarded.ops("/metrics").map(|(status, _)| status), Some(200));

    for (token, second) in [
        (None, "it wants an OPS_TOKEN"),
        (Some("fedcba98765432100123"), "it refuses this OPS_TOKEN"),
    ] {
        let mut looker = looker(&addresses);
        if let Some(token) = token {
            looker = looker.set("OPS_TOKEN", token);
        }
        let said = looker.run_to_end_with(&["fleet"]);
        assert_eq!(said.status.code(), Some(1), "{}", said.log);
        let found = findings(&said);
        assert!(found[0].contains("it has no OPS_TOKEN"), "{}", said.log);
        assert!(found[1].contains(second), "{}", said.log);
        assert!(said.log.contains("the same OPS_TOKEN"), "{}", said.log);
        assert!(!said.log.contains("fedcba"), "{}", said.log);
    }
    let file = looker(&addresses[1..])
        .file("certs/ops-token", format!("{TOKEN}\n"))
        .set("OPS_TOKEN_FILE", "certs/ops-token");
    let said = file.run_to_end_with(&["fleet"]);
    assert_eq!(said.status.code(), Some(0), "{}", said.log);
    // It is the fleet's: a reload is enough.
    let with_token = Instance::builder();
    let both = format!("[::]:{}", with_token.ops_port());
    let with_token = with_token
        .env("OPS_LISTEN", &both)
        .set("OPS_TOKEN", TOKEN)
        .start();
    let said = looker(&[format!("{}:{}", lab.address, with_token.ops_port)])
        .set("OPS_TOKEN", TOKEN)
        .run_to_end_with(&["fleet"]);
    assert_eq!(said.status.code(), Some(0), "{}", said.log);
}

#[test]
fn a_name_stands_for_all_its_addresses() {
    let lab = Lab::get();
    let port = lab.free_port();
    // Another loopback address, on which no lab is.
    let other = format!(
        "127.255.{}",
        lab.address.splitn(3, '.').nth(2).expect("an address")
    );
    let one = Instance::builder().on_ops_port(port).start();
    let two = Instance::builder().on_ops_port(port).at(&other).start();
    let hosts = format!("{} fleet\n{other} fleet\n::1 fleet\n", lab.address);
    let name = [format!("fleet:{port}")];
    let ask = || {
        looker(&name)
            .with_names(&hosts, "")
            .run_to_end_with(&["fleet"])
    };
    let said = ask();
    assert_eq!(said.status.code(), Some(0), "{}", said.log);
    for instance in [&one, &two] {
        let line = said
            .log
            .lines()
            .find(|line| line.contains(&instance.name()));
        let line = line.unwrap_or_else(|| panic!("{}", said.log));
        assert!(line.contains(&address(instance)), "{line}");
    }
    drop(two);
    let said = ask();
    assert_eq!(said.status.code(), Some(1), "{}", said.log);
    let found = findings(&said);
    assert_eq!(found.len(), 1, "{}", said.log);
    assert!(
        found[0].contains(&format!("{other}:{port} does not tell how it is")),
        "{}",
        said.log
    );
    let said = looker(&["nobody.invalid:9464".to_owned()])
        .with_names("", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        .run_to_end_with(&["fleet"]);
    assert_eq!(said.status.code(), Some(1), "{}", said.log);
    assert!(
        said.log.contains("correct FLEET, or the name in DNS")
            || said.log.contains("name servers of this machine"),
        "{}",
        said.log
    );
}

#[test]
fn without_a_list_this_instance_alone_is_shown() {
    let instance = Instance::start();
    let said = Instance::builder()
        .env("OPS_LISTEN", &address(&instance))
        .run_to_end_with(&["fleet"]);
    assert_eq!(said.status.code(), Some(0), "{}", said.log);
    assert!(said.log.contains(&instance.name()), "{}", said.log);
    assert!(
        said.log.contains("set FLEET to see the others"),
        "{}",
        said.log
    );
    let said = Instance::builder()
        .set("FLEET", json!(["edge1", "http://edge2:9464"]))
        .set("OPS_TOKEN", "short")
        .run_to_end_with(&["fleet"]);
    assert_eq!(said.status.code(), Some(64), "{}", said.log);
    for text in [
        r#""edge1" is not an address with a port"#,
        r#""http://edge2:9464" is not"#,
        "OPS_TOKEN: is shorter than 16 characters",
    ] {
        assert!(said.log.contains(text), "{text}\n{}", said.log);
    }
}

#[test]
fn the_metric_follows_the_configuration_in_use() {
    let instance = Instance::start();
    let shown = || {
        let (_, page) = instance.ops("/metrics").expect("the metrics");
        let found: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("ad_edge_configuration_info{"))
            .map(str::to_owned)
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let told = || {
        let report = report(&instance);
        let digest = report["configuration"]["digest"].as_str().expect("one");
        format!(r#"ad_edge_configuration_info{{digest="{digest}"}} 1"#)
    };
    let reloaded = |key: &str, value: Value| {
        let path = instance.home().join("config.json");
        let text = std::fs::read_to_string(&path).expect("config.json");
        let mut config: Value = serde_json::from_str(&text).expect("JSON");
        config[key] = value;
        std::fs::write(&path, config.to_string()).expect("written");
        let before = instance.process.event_lines("reload.done", &[]).len();
        instance.process.signal("HUP");
        wait_until(Duration::from_secs(20), "no reload", || {
            instance.process.event_lines("reload.done", &[]).len() > before
        });
    };
    let first = shown();
    assert_eq!(first, told());
    // What waits for a restart is not in use yet.
    reloaded("MAX_CONNECTIONS", json!(77));
    assert_eq!(told(), first);
    reloaded("LDAP_BASE", json!("CN=Users,DC=corp,DC=example"));
    assert_ne!(told(), first);
    wait_until(Duration::from_secs(5), "the metric stays", || {
        shown() == told()
    });
    let mapper = instance.home().join("lib/profileMapper.js");
    std::fs::create_dir_all(mapper.parent().expect("a folder")).expect("made");
    let before = told();
    std::fs::write(&mapper, "module.exports = raw => ({ user_id: raw.dn });").expect("written");
    reloaded("LDAP_BASE", json!("DC=corp,DC=example"));
    assert_ne!(told(), before);
    assert_ne!(told(), first, "the mapper is part of it");
}

#[test]
fn the_console_shows_the_fleet_and_keeps_it_up_to_date() {
    let builders = [Instance::builder(), Instance::builder()];
    let addresses = builders
        .each_ref()
        .map(|builder| format!("{}:{}", Lab::get().address, builder.ops_port()));
    let [own, other] = builders.map(|builder| builder.set("FLEET", json!(addresses)));
    let instance = own.console().start();
    let other = other
        .set("LDAP_BASE", "CN=Users,DC=corp,DC=example")
        .start();
    let page = instance.console("/fleet").run();
    assert_eq!(page.status, 200, "{}", page.body);
    for text in [
        &*instance.name(),
        &other.name(),
        "LDAP_BASE: ",
        "2 instances: 1 to correct",
        "compare with `ad-edge config show`",
    ] {
        assert!(page.body.contains(text), "{text}\n{}", page.body);
    }
    assert!(!page.body.contains("here</td>"), "{}", page.body);
    let pid = other.process.pid().to_string();
    let seen = Browser::new().open(
        &instance.console_url("/#fleet"),
        &json!([
            {"wait": "2 instances: 1 to correct"},
            {"run": ["kill", "-KILL", pid]},
            {"wait": "does not tell how it is"},
        ]),
    );
    assert!(seen.text.contains(&address(&other)), "{}", seen.text);
    assert!(!seen.text.contains(&other.name()), "{}", seen.text);

    let alone = Instance::builder().console().start();
    let page = alone.console("/fleet").run();
    assert!(
        page.body.contains("set FLEET to see the others"),
        "{}",
        page.body
    );
    let elsewhere = Instance::builder()
        .console()
        .set("FLEET", json!([address(&alone)]))
        .start();
    let page = elsewhere.console("/fleet").run();
    assert!(
        page.body.contains("FLEET does not have this instance"),
        "{}",
        page.body
    );
}
