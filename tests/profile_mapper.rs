//! The installation's own profile mapper in JavaScript serves both fronts.

use serde_json::json;

use crate::lab::{Lab, instance::Instance, page::Form, stand_in::Tenant};

const FILE: &str = "lib/profileMapper.js";

/// A mapper as administrators write them: the AD/LDAP Connector's sample, with something of their own.
const MAPPER: &str = r"
/* Maps what the directory holds to what the tenant sees. */
module.exports = function (raw_data, callback) {
  console.log('mapping', raw_data.sAMAccountName);
  var profile = {
    id: raw_data.objectGUID || raw_data.uid || raw_data.cn,
    displayName: raw_data.displayName,
    name: { familyName: raw_data.sn, givenName: raw_data.givenName },
    nickname: raw_data['sAMAccountName'] || raw_data['cn'],
    groups: raw_data.groups,
    picture: raw_data.thumbnailPhoto && raw_data.thumbnailPhoto.toString('base64'),
    badge: raw_data.employeeID ? 'E' + raw_data.employeeID : 'none',
    sid: raw_data.objectSid
  };
  if (raw_data.mail) { profile.emails = [{ value: raw_data.mail }]; }
  if (raw_data.sAMAccountName === 'mapper-bad') { throw new Error('bad luck'); }
  if (raw_data.sAMAccountName === 'mapper-loop') { for (;;) {} }
  callback(null, profile);
};
";

#[test]
fn without_groups_a_profile_has_none_and_the_tenant_still_lists_all() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let instance = Instance::builder()
        .set("GROUPS", false)
        .set("GROUP_PROPERTY", "dn")
        .tunnel(&tenant)
        .start();
    tenant.await_agents(1);
    let claims = json!({ "username": "alice", "password": lab.password });
    let (_, payload) = tenant.ask("authenticate_user", &claims);
    let profile = &payload["profile"];
    assert_eq!(profile["nickname"], "alice", "{payload}");
    assert!(profile.get("groups").is_none(), "{payload}");
    let (_, listed) = tenant.ask("list_groups", &json!({}));
    let listed = listed["groups"].as_array().expect("groups");
    let is_name = |group: &serde_json::Value| {
        let name = group.as_str().unwrap_or_default();
        name.ends_with(",DC=corp,DC=example")
    };
    assert!(listed.len() > 5 && listed.iter().all(is_name), "{listed:?}");
    drop(instance);
}

#[test]
fn it_serves_both_fronts() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user(
        "mapper-good",
        "employeeID: 4711\nthumbnailPhoto:: /9j/4AAQSkZJRg==\n",
    );
    let instance = Instance::builder()
        .file(FILE, MAPPER)
        .tunnel(&tenant)
        .start();
    tenant.await_agents(1);
    let claims = json!({ "username": "mapper-good", "password": lab.password });
    let (_, payload) = tenant.ask("authenticate_user", &claims);
    let profile = &payload["profile"];
    assert_eq!(profile["badge"], "E4711", "{payload}");
    assert_eq!(profile["picture"], "/9j/4AAQSkZJRg==");
    assert!(
        profile["sid"]
            .as_str()
            .is_some_and(|sid| sid.starts_with("S-1-5-21-"))
    );
    let (_, found) = tenant.ask("search_users", &json!({ "search": "mapper-good" }));
    assert_eq!(found["users"][0]["badge"], "E4711");
    assert!(found["users"][0].get("groups").is_none(), "{found}");

    let ccache = lab.kinit("mapper-good");
    let response = instance.curl("/wsfed").negotiate(&ccache).run();
    let verified = tenant.verified(&Form::read(&response.body));
    assert_eq!(
        verified["claims"]["http://schemas.passportjs.com/badge"],
        "E4711"
    );
    let line = instance.await_event("mapper.printed", &["mapping mapper-good"]);
    assert!(line.contains("\"target\":\"mapper\""), "{line}");
    let ok = "ad_edge_mapper_runs_total{outcome=\"ok\"}";
    assert_eq!(instance.metric(ok), Some(3.0));
}

#[test]
fn its_failure_costs_one_login_and_says_why() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user("mapper-bad", "");
    lab.add_user("mapper-loop", "");
    let instance = Instance::builder()
        .file(FILE, MAPPER)
        .tunnel(&tenant)
        .start();
    tenant.await_agents(1);
    for (user, why) in [
        ("mapper-bad", "Error: bad luck (profileMapper.js:16)"),
        ("mapper-loop", "did not end within 1.0 s"),
    ] {
        let claims = json!({ "username": user, "password": lab.password });
        let (_, payload) = tenant.ask("authenticate_user", &claims);
        assert_eq!(payload["err"]["message"], "Unexpected Error", "{payload}");
        assert_eq!(payload["err"]["inner"], "the profile mapper failed");
        instance.await_event("login.refused", &[user, why]);
        let ccache = lab.kinit(user);
        let response = instance.curl("/wsfed").negotiate(&ccache).run();
        assert_eq!(response.status, 500, "{}", response.body);
        assert!(!response.body.contains("wresult"));
    }
    let claims = json!({ "username": "alice", "password": lab.password });
    let (_, payload) = tenant.ask("authenticate_user", &claims);
    assert_eq!(payload["profile"]["badge"], "none", "{payload}");
}

#[test]
fn a_changed_file_counts_at_once_and_a_broken_one_does_not() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let mapper = |word: &str| {
        format!("module.exports = raw => ({{ id: raw.objectGUID, word: '{word}' }});\n")
    };
    let instance = Instance::builder()
        .file(FILE, mapper("one"))
        .tunnel(&tenant)
        .start();
    tenant.await_agents(1);
    let word = || {
        let claims = json!({ "username": "alice", "password": lab.password });
        tenant.ask("authenticate_user", &claims).1["profile"]["word"].take()
    };
    assert_eq!(word(), "one");
    let path = instance.home().join(FILE);
    std::fs::write(&path, mapper("second")).expect("written");
    instance.await_event("reload.file_done", &[r#""file":"mapper""#]);
    assert_eq!(word(), "second");
    std::fs::write(&path, "module.exports = raw => {{").expect("written");
    instance.await_event(
        "reload.file_refused",
        &[r#""file":"mapper""#, "profileMapper.js:2"],
    );
    assert_eq!(word(), "second");
}

#[test]
fn a_broken_one_is_refused_at_the_start() {
    let ended = Instance::builder()
        .file(FILE, "module.exports = { id: 1 };")
        .run_to_end("check");
    assert_eq!(ended.status.code(), Some(64));
    assert!(ended.log.contains("exports no function"), "{}", ended.log);
}
