//! The unit's limits (`deploy/systemd/ad-edge.service`) leave what the program needs: it starts, signs in, reloads and
//! ends under the filter of system calls, whose judge is this machine's kernel.

use std::{
    collections::BTreeMap, fs, os::unix::process::ExitStatusExt as _, process::Command,
    time::Duration,
};

use serde_json::json;

use crate::lab::{
    Lab,
    client_ca::{ClientCa, add_upn},
    instance::Instance,
    project, run_with_input,
    stand_in::Tenant,
    wait_until,
};

const USER: &str = "65534";
const UNIT: &str = "deploy/systemd/ad-edge.service";
const MAPPER: &str = "module.exports = function (raw, cb) {
    cb(null, { nickname: raw.sAMAccountName, email: raw.mail, id: raw.objectGUID });
};";

/// `word value` for each line of the process's status (proc_pid_status(5)).
fn status(pid: u32) -> BTreeMap<String, String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

/// A program under the unit's filter, and how it ends.
fn filtered(words: &[&str]) -> std::process::ExitStatus {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(project().join("tests/lab/unit_filter.py"));
    command.arg(project().join(UNIT)).args(words);
    command.status().expect("python3")
}

#[test]
fn a_call_that_the_unit_forbids_ends_a_program() {
    const SIGSYS: i32 = 31;
    let ended = filtered(&["setpriv", "--reuid", USER, "true"]);
    assert_eq!(ended.signal(), Some(SIGSYS), "{ended}");
    assert!(filtered(&["true"]).success());
}

#[test]
fn every_login_a_reload_and_the_end_need_no_call_that_the_unit_forbids() {
    let (lab, tenant, ca) = (Lab::get(), Tenant::start(), ClientCa::new("Users"));
    let at = |path: &str| project().join(path).display().to_string();
    let builder = Instance::builder()
        .tunnel(&tenant)
        .console()
        .set("CLIENT_CERT_AUTH", true)
        .file("certs/client-ca.pem", &ca.pem)
        .file("lib/profileMapper.js", MAPPER)
        .env("DRAIN_SECONDS", "0")
        .under(&[
            "setpriv",
            "--reuid",
            USER,
            "--regid",
            USER,
            "--clear-groups",
        ])
        .under(&["--inh-caps=-all", "--no-new-privs", "/usr/bin/python3"])
        .under(&[&at("tests/lab/unit_filter.py"), &at(UNIT)]);
    let home = builder.home();
    let above = home.parent().expect("a folder");
    let own = format!("{USER}:{USER}");
    run_with_input(Command::new("chown").args(["-R", &own]).arg(above), "");
    let mut instance = builder.start();
    tenant.await_agents(1);
    let told = status(instance.process.pid());
    assert_eq!((&*told["Seccomp"], &*told["NoNewPrivs"]), ("2", "1"));
    assert_eq!(told["CapPrm"].trim_matches('0'), "");

    let alice = lab.kinit("alice");
    let certificate = ca.issue("somebody", |params| add_upn(params, "alice@corp.example"));
    let all_ways = || {
        let ticket = instance.curl("/wsfed").negotiate(&alice).run();
        let shown = instance.curl("/wsfed").certificate(&certificate).run();
        let fields = [("username", "alice"), ("password", &*lab.password)];
        let path = "/wsfed?wtrealm=urn:auth0:corp&wctx=c";
        let typed = instance.curl(path).form(fields).run();
        for (way, answer) in [("ticket", ticket), ("certificate", shown), ("form", typed)] {
            assert_eq!(answer.status, 200, "{way}: {}", answer.body);
        }
        let claims = json!({ "username": "alice", "password": lab.password });
        let (_, payload) = tenant.ask("authenticate_user", &claims);
        assert!(payload.get("err").is_none(), "{payload}");
        let wrong = [("username", "alice"), ("password", "wrong")];
        assert_eq!(instance.curl(path).form(wrong).run().status, 401);
        for path in ["/metrics", "/readyz", "/instance"] {
            assert_eq!(instance.ops(path).expect("an answer").0, 200, "{path}");
        }
    };
    all_ways();
    instance.process.signal("HUP");
    let reloads = r#"ad_edge_reloads_total{outcome="ok"}"#;
    wait_until(Duration::from_secs(10), "it is read again", || {
        instance.metric(reloads) >= Some(1.0)
    });
    let tls = home.join("certs/tls.pem");
    let same = fs::read(&tls).expect("a certificate");
    fs::write(&tls, [&same[..], b"\n"].concat()).expect("written");
    instance.await_event("reload.file_done", &[r#""file":"certificate""#]);
    all_ways();
    assert!(instance.console("/").run().body.contains("ad-edge"));
    instance.sigterm();
    let ended = instance.wait_exit(Duration::from_secs(30));
    assert!(ended.success(), "{ended}: {}", instance.process.log());
}
