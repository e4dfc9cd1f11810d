//! Which groups a token names, and what it takes to find them: what the usual query of the AD/LDAP Connector
//! finds, without the time that it takes.

use std::{thread, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use crate::lab::{
    Lab,
    instance::{Builder, Instance},
    page::Form,
    stand_in::Tenant,
    wait_until,
    wire::Wire,
};

const USERS: &str = "CN=Users,DC=corp,DC=example";
/// The default of `LDAP_SEARCH_GROUPS` as an administrator may write it: asked as it is.
const QUERY: &str = "(&(member:1.2.840.113556.1.4.1941:={0}))";
/// The schemaIDGUIDs of `memberOf` and `member` ([MS-ADA1], [MS-ADA2]).
const MEMBER_OF: &str = "bf967991-0de6-11d0-a285-00aa003049e2";
const MEMBER: &str = "bf9679c0-0de6-11d0-a285-00aa003049e2";

const GLOBAL: i32 = -2_147_483_646;
const DOMAIN_LOCAL: i32 = -2_147_483_644;
const UNIVERSAL: i32 = -2_147_483_640;
const UNIVERSAL_DISTRIBUTION: i32 = 8;

/// The groups in the token, sorted: directories have no order.
fn groups(tenant: &Tenant, instance: &Instance, user: &str) -> Vec<String> {
    let fields = [("username", user), ("password", &Lab::get().password)];
    let response = instance.curl("/wsfed").form(fields).run();
    assert_eq!(response.status, 200, "{user}: {}", response.body);
    let verified = tenant.verified(&Form::read(&response.body));
    let mut groups = match &verified["claims"]["http://schemas.passportjs.com/groups"] {
        Value::Null => Vec::new(),
        Value::String(one) => vec![one.clone()],
        list => serde_json::from_value(list.clone()).expect("a list of texts"),
    };
    groups.sort();
    groups
}

fn group(dn: &str, kind: i32, members: &[&str]) -> String {
    let name = dn.split([',', '=']).nth(1).expect("a name");
    let members = members.iter().map(|dn| format!("member: {dn}\n"));
    format!(
        "dn: {dn}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\ngroupType: {kind}\n{}\n",
        members.collect::<String>()
    )
}

/// One that walks, and one that asks.
fn both(change: impl Fn(Builder) -> Builder) -> [Instance; 2] {
    let start = |query: Option<&str>| {
        let builder = change(Instance::builder());
        match query {
            Some(query) => builder.set("LDAP_SEARCH_GROUPS", query).start(),
            None => builder.start(),
        }
    };
    [start(None), start(Some(QUERY))]
}

fn searches(instance: &Instance) -> [i64; 2] {
    ["lookups", "apart"].map(|connection| {
        let name = format!("ad_edge_directory_searches_total{{connection=\"{connection}\"}}");
        let count = instance.metric(&name).expect("a metric");
        format!("{count:.0}").parse().expect("a number")
    })
}

#[test]
fn groups_of_every_kind_are_those_of_the_usual_query() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user("in-all-kinds", "");
    let user = format!("CN=in-all-kinds,{USERS}");
    let at = |name: &str| format!("CN={name},{USERS}");
    let ou = "OU=Kinds,DC=corp,DC=example";
    let (primary, above_primary) = (at("kind-primary"), at("kind-above-primary"));
    lab.ldbmodify(&format!(
        "dn: {ou}\nchangetype: add\nobjectClass: organizationalUnit\n\n{}{}{}{}{}{}{}{}",
        group(&at("kind-global"), GLOBAL, &[&user]),
        group(&at("kind-universal"), UNIVERSAL, &[&at("kind-global")]),
        group(&at("kind-local"), DOMAIN_LOCAL, &[&at("kind-universal")]),
        group(&at("kind-list"), UNIVERSAL_DISTRIBUTION, &[&user]),
        group(&at("kind-above-list"), DOMAIN_LOCAL, &[&at("kind-list")]),
        group(
            &format!("CN=kind-elsewhere,{ou}"),
            DOMAIN_LOCAL,
            &[&at("kind-local")]
        ),
        group(&primary, GLOBAL, &[&user]),
        group(&above_primary, UNIVERSAL, &[&primary]),
    ));
    // Round and round.
    lab.ldbmodify(&format!(
        "{}{}dn: {}\nchangetype: modify\nadd: member\nmember: {}\n",
        group(&at("kind-ring-1"), UNIVERSAL, &[&user]),
        group(&at("kind-ring-2"), UNIVERSAL, &[&at("kind-ring-1")]),
        at("kind-ring-1"),
        at("kind-ring-2"),
    ));
    let primary_rid = lab.samba_tool(&["group", "show", "kind-primary", "--attributes=objectSid"]);
    let rid = primary_rid
        .lines()
        .find_map(|line| line.strip_prefix("objectSid: "))
        .and_then(|sid| sid.rsplit('-').next())
        .expect("a SID");
    lab.ldbmodify(&format!(
        "dn: {user}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: {rid}\n"
    ));

    let [walks, asks] = both(|builder| builder);
    for user in ["in-all-kinds", "alice", "bob", "zoe", "max", "carol-nobody"] {
        if user == "carol-nobody" {
            lab.add_user(user, "");
        }
        let walked = groups(&tenant, &walks, user);
        assert_eq!(walked, groups(&tenant, &asks, user), "{user}");
    }
    // From what is known by now.
    let walked = groups(&tenant, &walks, "in-all-kinds");
    assert_eq!(walked, groups(&tenant, &asks, "in-all-kinds"));
    for kind in [
        "global",
        "universal",
        "local",
        "list",
        "above-list",
        "elsewhere",
        "ring-2",
    ] {
        assert!(
            walked.contains(&format!("kind-{kind}")),
            "{kind}: {walked:?}"
        );
    }
    assert!(
        !walked.iter().any(|name| name.contains("primary")),
        "{walked:?}"
    );

    // The way to a group may lead through others that are not shown.
    let [walks, asks] = both(|builder| builder.set("LDAP_BASE_GROUPS", ou.to_lowercase()));
    let walked = groups(&tenant, &walks, "in-all-kinds");
    assert_eq!(walked, ["kind-elsewhere"]);
    assert_eq!(walked, groups(&tenant, &asks, "in-all-kinds"));
}

#[test]
fn where_the_service_account_sees_too_little_the_query_is_asked() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    for user in ["shows-nothing", "in-a-hidden-group", "svc-unseeing"] {
        lab.add_user(user, "");
    }
    let at = |name: &str| format!("CN={name},{USERS}");
    lab.ldbmodify(&format!(
        "{}{}{}",
        group(&at("unseen-one"), GLOBAL, &[&at("shows-nothing")]),
        group(&at("unseen-two"), GLOBAL, &[&at("in-a-hidden-group")]),
        group(
            &at("unseen-above"),
            UNIVERSAL,
            &[&at("unseen-one"), &at("unseen-two")]
        ),
    ));
    lab.hide("svc-unseeing", &at("shows-nothing"), MEMBER_OF);
    lab.hide("svc-unseeing", &at("unseen-two"), MEMBER);
    let [walks, asks] = both(|builder| {
        builder
            .set("LDAP_BIND_USER", "svc-unseeing@corp.example")
            .set("LDAP_BIND_PASSWORD", lab.password.as_str())
    });
    let walked = groups(&tenant, &walks, "shows-nothing");
    assert_eq!(walked, ["unseen-above", "unseen-one"]);
    for user in ["shows-nothing", "in-a-hidden-group"] {
        let asked = groups(&tenant, &asks, user);
        assert_eq!(groups(&tenant, &walks, user), asked, "{user}");
    }
}

#[test]
fn a_login_asks_for_what_is_not_known_yet_and_a_warm_one_once() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    let instance = Instance::start();
    let before = searches(&instance);
    assert_eq!(groups(&tenant, &instance, "alice").len(), 4);
    let cold = searches(&instance);
    assert_eq!(cold[0] - before[0], 1, "{cold:?}");
    // Whether groups can be walked, twice, and three steps upward.
    assert!(cold[1] - before[1] <= 5, "{before:?} {cold:?}");
    for user in ["alice", "bob", "alice"] {
        groups(&tenant, &instance, user);
    }
    let warm = searches(&instance);
    assert_eq!([warm[0] - cold[0], warm[1] - cold[1]], [3, 0]);

    // Who is in no group shows nothing, which is looked at once.
    lab.add_user("in-none", "");
    assert!(groups(&tenant, &instance, "in-none").is_empty());
    let before = searches(&instance);
    assert!(groups(&tenant, &instance, "in-none").is_empty());
    assert_eq!(searches(&instance)[1], before[1]);
}

#[test]
fn who_is_taken_out_of_a_group_has_lost_it_at_once_and_what_is_above_in_time() {
    let (lab, tenant) = (Lab::get(), Tenant::start());
    lab.add_user("leaves", "");
    let at = |name: &str| format!("CN={name},{USERS}");
    lab.ldbmodify(&format!(
        "{}{}{}",
        group(&at("left-first"), GLOBAL, &[&at("leaves")]),
        group(&at("left-never"), GLOBAL, &[&at("leaves")]),
        group(&at("left-above"), UNIVERSAL, &[&at("left-never")]),
    ));
    let instance = Instance::builder().set("GROUPS_CACHE_SECONDS", 4).start();
    let all = ["left-above", "left-first", "left-never"];
    assert_eq!(groups(&tenant, &instance, "leaves"), all);
    let remove = |group: &str, member: &str| {
        lab.ldbmodify(&format!(
            "dn: {}\nchangetype: modify\ndelete: member\nmember: {}\n",
            at(group),
            at(member)
        ));
        Instant::now()
    };
    remove("left-first", "leaves");
    assert_eq!(
        groups(&tenant, &instance, "leaves"),
        ["left-above", "left-never"]
    );
    let removed = remove("left-above", "left-never");
    wait_until(Duration::from_secs(20), "the group above is lost", || {
        let began = Instant::now();
        let lost = groups(&tenant, &instance, "leaves") == ["left-never"];
        assert!(lost || began - removed < Duration::from_secs(4), "too late");
        lost
    });
}

/// A search for groups takes a directory long, and a lookup nothing.
#[test]
fn a_lookup_does_not_wait_behind_a_search_for_groups() {
    let (lab, wire) = (Lab::get(), Wire::lay());
    let instance = Instance::builder().set("LDAP_URL", wire.url()).start();
    // The first connection carries the lookups.
    wire.hold_all_but_the_first();
    let alice = lab.kinit("alice");
    thread::scope(|scope| {
        let login = scope.spawn(|| instance.curl("/wsfed").negotiate(&alice).run());
        wait_until(Duration::from_secs(5), "the groups are asked for", || {
            wire.holds_something()
        });
        let begun = Instant::now();
        let fields = [("username", "nobody-at-all"), ("password", "wrong")];
        let response = instance.curl("/wsfed").form(fields).run();
        assert_eq!(response.status, 401, "{}", response.body);
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(!login.is_finished(), "the groups came through");
        wire.speak();
        assert_eq!(login.join().expect("a login").status, 200);
    });
}
