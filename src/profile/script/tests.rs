//! Scripts of all kinds, good and bad.

use std::{path::Path, time::Duration};

use serde_json::json;
use tokio::time::timeout;

use super::{conditions::Deadlines, modules::Modules, *};

const SHORT: Deadlines = Deadlines {
    call: Duration::from_millis(200),
    wait: Duration::from_millis(600),
};
/// Where a call ends by itself, however busy the machine is.
pub(super) const LONG: Deadlines = Deadlines {
    call: Duration::from_secs(20),
    wait: Duration::from_secs(30),
};
/// Where a call is stopped, and the stop is waited for.
pub(super) const PATIENT: Deadlines = Deadlines {
    call: Duration::from_millis(500),
    wait: LONG.wait,
};

pub(super) fn conditions(deadlines: Deadlines) -> Conditions {
    Conditions {
        deadlines,
        memory: 64 << 20,
        modules: Arc::new(Modules::of("/nowhere/at/all/lib")),
    }
}

pub(super) fn with(source: &str, deadlines: Deadlines) -> Result<Script, ScriptError> {
    Script::with(source, conditions(deadlines))
}

pub(super) fn with_folder(source: &str, folder: &Path) -> Result<Script, ScriptError> {
    let modules = Arc::new(Modules::of(folder));
    Script::with(
        source,
        Conditions {
            modules,
            ..conditions(LONG)
        },
    )
}

fn load(source: &str) -> Result<Script, ScriptError> {
    with(source, LONG)
}

pub(super) fn alice() -> Entry {
    let raw = [
        ("objectGUID", &b"0123456789abcdef"[..]),
        ("sAMAccountName", b"alice"),
        ("mail", b"alice@corp.example"),
        ("displayName", "Älice \u{2028} <b>\"".as_bytes()),
        ("thumbnailPhoto", b"\xff\xd8\xff\xe0"),
    ];
    let raw = raw
        .into_iter()
        .map(|(name, value)| (name.to_owned(), vec![value.to_vec()]))
        .chain([(
            "otherMailbox".to_owned(),
            vec![b"a@x".to_vec(), b"b@x".to_vec()],
        )])
        .chain([(
            "memberOf".to_owned(),
            ["CN=app-role-a,DC=x", "CN=app-role-b,DC=x", "CN=Staff,DC=x"]
                .map(|dn| dn.as_bytes().to_vec())
                .to_vec(),
        )]);
    Entry::new("CN=Alice,DC=corp,DC=example".to_owned(), raw.collect())
}

async fn run(source: &str) -> Result<Value, MapperError> {
    let script = with(source, LONG).expect("loads");
    let groups = Some(vec![json!("Staff")]);
    script.map(&alice(), groups).await.map(Value::Object)
}

async fn failure(source: &str) -> String {
    run(source).await.expect_err("fails").to_string()
}

fn broken(source: &str) -> String {
    load(source).expect_err("broken").to_string()
}

#[tokio::test]
async fn a_function_gives_the_profile() {
    let made = run(
        "module.exports = function (raw) { return { id: raw.objectGUID, \
        name: raw.displayName, none: undefined, more: raw.otherMailbox, groups: raw.groups, \
        ou: raw.organizationUnits, dn: raw.dn, when: new Date(0), z: 1, a: 2 }; };",
    )
    .await
    .expect("a profile");
    let expected = json!({
        "id": "33323130-3534-3736-3839-616263646566", "name": "Älice \u{2028} <b>\"",
        "more": ["a@x", "b@x"], "groups": ["Staff"], "ou": "CN=Alice,DC=corp,DC=example",
        "dn": "CN=Alice,DC=corp,DC=example", "when": "1970-01-01T00:00:00.000Z", "z": 1, "a": 2
    });
    assert_eq!(
        made.to_string(),
        expected.to_string(),
        "in the script's order"
    );
}

#[tokio::test]
async fn a_callback_or_a_promise_gives_it_too() {
    for source in [
        "module.exports = function (raw, callback) { callback(null, { id: raw.mail }); };",
        "module.exports = (raw, cb) => { Promise.resolve().then(() => cb(null, { id: raw.mail })); };",
        "module.exports = async (raw) => { await null; return { id: raw.mail }; };",
        "exports.x = 1; module.exports = raw => ({ id: raw.mail });\n// a comment at the end",
    ] {
        assert_eq!(
            run(source).await,
            Ok(json!({"id": "alice@corp.example"})),
            "{source}"
        );
    }
}

#[tokio::test]
async fn a_picture_is_a_buffer() {
    let made = run(
        "module.exports = raw => ({ b: raw.thumbnailPhoto.toString('base64'), \
        h: raw.thumbnailPhoto.toString('hex'), n: raw.thumbnailPhoto.length, \
        is: Buffer.isBuffer(raw.thumbnailPhoto), t: Buffer.from('w6Q=', 'base64').toString() });",
    )
    .await;
    let expected = json!({"b": "/9j/4A==", "h": "ffd8ffe0", "n": 4, "is": true, "t": "ä"});
    assert_eq!(made, Ok(expected));
}

#[tokio::test]
async fn an_error_says_what_and_where() {
    let text =
        failure("\n\nmodule.exports = function (raw) {\n  return raw.nobody.name;\n};").await;
    assert!(
        text.contains("TypeError") && text.contains("profileMapper.js:4"),
        "{text}"
    );
    let text = failure("module.exports = (raw, cb) => cb(new Error('no such luck'));").await;
    assert!(text.contains("no such luck"), "{text}");
    let text = failure("module.exports = async () => { throw 'a word'; };").await;
    assert!(text.contains("a word"), "{text}");
    for nothing in ["undefined", "null", "7", "[]", "'x'"] {
        let text = failure(&format!("module.exports = raw => ({nothing});")).await;
        assert!(text.contains("no object"), "{text}");
    }
    let text = failure("module.exports = raw => { const a = {}; a.a = a; return a; };").await;
    assert!(text.contains("circular"), "{text}");
    let text = failure("module.exports = raw => ({ id: 'x'.repeat(3e6) });").await;
    assert!(text.contains("3000009 bytes"), "{text}");
    let text = failure("module.exports = raw => { throw 'long '.repeat(9999); };").await;
    assert!(text.len() < 1000, "{}", text.len());
}

#[tokio::test]
async fn a_script_that_never_answers_is_told_apart() {
    for source in [
        "module.exports = (raw, callback) => {};",
        "module.exports = () => new Promise(() => {});",
    ] {
        let text = failure(source).await;
        assert!(text.contains("without giving a profile"), "{text}");
    }
}

#[tokio::test]
async fn loops_and_bombs_cost_one_login() {
    let script = with(
        "module.exports = raw => { if (raw.sAMAccountName !== 'alice') return { id: 1 };\n\
         if (raw.groups[0] === 'loop') for (;;) {}\n\
         if (raw.groups[0] === 'jobs') { const f = () => { Promise.resolve().then(f); }; f(); \
         return new Promise(() => {}); }\n\
         if (raw.groups[0] === 'chain') { const f = () => Promise.resolve().then(f); return f(); }\n\
         if (raw.groups[0] === 'stack') { const f = () => 1 + f(); f(); }\n\
         if (raw.groups[0] === 'memory') { const a = []; for (;;) a.push('x'.repeat(1e6) + a.length); }\n\
         return { id: 2 }; };",
        PATIENT,
    )
    .expect("loads");
    let run = async |what: &str| script.map(&alice(), Some(vec![json!(what)])).await;
    for _ in 0..2 {
        assert_eq!(run("loop").await, Err(MapperError::Timeout(PATIENT.call)));
        assert_eq!(run("jobs").await, Err(MapperError::Timeout(PATIENT.call)));
        // Each promise of a chain holds the next: out of memory, or late, whichever comes first.
        for what in ["stack", "memory", "chain"] {
            let failed = run(what).await;
            assert!(failed.is_err(), "{what}: {failed:?}");
        }
        let good = run("nothing").await.expect("the next one is well");
        assert_eq!(good["id"], 2);
    }
}

#[tokio::test]
async fn a_thread_that_does_not_come_back_is_replaced() {
    // One instruction that the engine does not interrupt.
    let source = "module.exports = raw => \
        raw.groups[0] === 'late' ? { id: (new Array(4e7) + '').length } : { id: 3 };";
    let script = with(source, SHORT).expect("loads");
    let late = async || script.map(&alice(), Some(vec![json!("late")])).await;
    let failed = futures_util::future::join_all((0..=THREADS).map(|_| late())).await;
    for failed in failed {
        assert!(
            matches!(failed, Err(MapperError::Timeout(_) | MapperError::Overload)),
            "{failed:?}"
        );
    }
    let entry = alice();
    let good = async {
        loop {
            match script.map(&entry, Some(vec![json!("x")])).await {
                Ok(good) => return good,
                // Those that hang keep a small machine busy.
                Err(MapperError::Timeout(_) | MapperError::Overload) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let good = timeout(LONG.wait, good).await.expect("a replacement");
    assert_eq!(good["id"], 3);
}

#[tokio::test]
async fn a_thread_that_nobody_waits_for_any_more_is_replaced_too() {
    let source = "module.exports = raw => \
        raw.groups[0] === 'late' ? { id: (new Array(4e7) + '').length } : { id: 3 };";
    let script = with(source, SHORT).expect("loads");
    let entry = alice();
    let replaced = async {
        while script.jobs.pool.late() == 0 {
            // The user closes the page, once the call is on its way.
            let left = script.map(&entry, Some(vec![json!("late")]));
            let _ = timeout(SHORT.call, left).await;
            let is_late = async {
                while script.jobs.pool.late() == 0 {
                    tokio::task::yield_now().await;
                }
            };
            let _ = timeout(2 * SHORT.wait, is_late).await;
        }
    };
    timeout(LONG.wait, replaced).await.expect("replaced");
}

#[test]
fn a_broken_script_is_known_at_once() {
    let text = broken("module.exports = function (raw) {\n  return {;\n};");
    assert!(text.contains("profileMapper.js:2"), "{text}");
    assert!(broken("module.exports = { id: 1 };").contains("exports no function"));
    assert!(broken("").contains("exports no function"));
    assert!(broken("throw new Error('at once')").contains("at once"));
    assert!(broken("for (;;) {}").contains("interrupted"));
    assert!(broken("const fs = require('fs');").contains("require(\"fs\")"));
    assert!(
        load("\u{feff}module.exports = raw => ({})").is_ok(),
        "a byte order mark"
    );
}

#[tokio::test]
async fn more_calls_than_may_wait_are_refused() {
    let script = with("module.exports = raw => { for (;;) {} };", SHORT).expect("loads");
    let entry = alice();
    let calls = (0..QUEUE + THREADS + 50).map(|_| script.map(&entry, None));
    let refused = futures_util::future::join_all(calls).await;
    let overload = refused.iter().filter(|r| **r == Err(MapperError::Overload));
    assert!(overload.count() >= 50);
}

#[tokio::test]
async fn a_script_that_keeps_what_it_sees_goes_on() {
    // 200 kB a call: the engines' memory would be used up after some hundred calls each.
    let script = with(
        "const seen = []; let calls = 0;\n\
         module.exports = raw => { seen.push('x'.repeat(2e5) + calls++); return { id: 4 }; };",
        LONG,
    )
    .expect("loads");
    for call in 0..3000 {
        let made = script.map(&alice(), None).await;
        assert_eq!(made.expect("a profile")["id"], 4, "call {call}");
    }
}

#[tokio::test]
async fn an_engine_that_ran_out_of_memory_is_not_used_again() {
    // It is full after one call, and says so only to the next ones.
    let script = with(
        "const seen = [];\n\
         module.exports = raw => { if (raw.groups[0] === 'fill') { try { for (;;) \
         seen.push('x'.repeat(1e6) + seen.length); } catch (e) { } }\n\
         return { id: 'y'.repeat(3e6).length }; };",
        LONG,
    )
    .expect("loads");
    let run = async |what: &str| script.map(&alice(), Some(vec![json!(what)])).await;
    for _ in 0..THREADS {
        let _full = run("fill").await;
    }
    let mut failed = 0;
    for _ in 0..100 {
        failed += usize::from(run("nothing").await.is_err());
    }
    assert!(failed <= THREADS, "{failed} of 100 failed");
}

/// As `PROFILE_MAPPER` is evaluated by the legacy connector.
#[tokio::test]
async fn the_value_of_an_expression_is_a_mapper_too() {
    for source in [
        "(function (raw) { return { id: raw.displayName }; })",
        "raw => ({ id: raw.displayName })",
        "var map = function (raw) { return { id: raw.displayName }; };\nmap",
        "(raw, callback) => callback(null, { id: raw.displayName });",
    ] {
        let profile = run(source).await.expect("a profile");
        assert!(profile["id"].is_string(), "{source}: {profile}");
    }
    assert!(load("({ id: 1 })").is_err());
}
