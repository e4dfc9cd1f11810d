//! What a mapper finds of Node.js: each value is the one that Node.js 20 gives.

use serde_json::{Value, json};

use super::{
    tests::{LONG, alice, with, with_folder},
    *,
};

async fn run(source: &str) -> Value {
    let script = with(source, LONG).unwrap_or_else(|error| panic!("{source}: {error}"));
    let groups = Some(vec![json!("Staff")]);
    let made = script.map(&alice(), groups).await;
    Value::Object(made.unwrap_or_else(|error| panic!("{source}: {error}")))
}

/// The value of an expression in a mapper.
async fn value(expression: &str) -> Value {
    let source = format!("module.exports = function (raw) {{ return {{ v: {expression} }}; }};");
    run(&source).await["v"].take()
}

fn refused(source: &str) -> String {
    let error = with(source, LONG).expect_err(source);
    assert!(
        matches!(error, ScriptError::Lacking(_) | ScriptError::Broken(_)),
        "{error}"
    );
    error.to_string()
}

const GUID: &str = "33323130-3534-3736-3839-616263646566";

#[tokio::test]
async fn a_mapper_may_be_written_in_every_way() {
    for source in [
        "module.exports = function (raw = {}, done) { done(null, { id: raw.objectGUID }); };",
        "module.exports = (raw = {}, done) => { done(null, { id: raw.objectGUID }); };",
        "module.exports = function (raw, done = null) { done(null, { id: raw.objectGUID }); };",
        "module.exports = async (raw = {}, done) => { await null; done(null, { id: raw.objectGUID }); };",
        "module.exports = function (...all) { all[1](null, { id: all[0].objectGUID }); };",
        "module.exports = function () { arguments[1](null, { id: arguments[0].objectGUID }); };",
        "module.exports = function () { return { id: arguments[0].objectGUID }; };",
        "module.exports = function ({ objectGUID }) { return { id: objectGUID }; };",
        "module.exports = function (raw, done) { return { id: raw.objectGUID }; };",
        "module.exports = async function (raw, done) { return { id: raw.objectGUID }; };",
        "module.exports = function (raw, done) { return done(null, { id: raw.objectGUID }); };",
        "module.exports = function (raw, done) { process.nextTick(function () { done(null, { id: raw.objectGUID }); }); };",
        "module.exports = (raw, done) => setTimeout(() => done(null, { id: raw.objectGUID }), 60000);",
        "module.exports = (raw, done) => { setTimeout(done, 50, null, { id: raw.objectGUID }); };",
        "module.exports = (raw, done) => setImmediate(() => done(null, { id: raw.objectGUID }));",
        "module.exports = (raw, done) => { let n = 0; const t = setInterval(() => { n += 1; \
         if (n === 3) { clearInterval(t); done(null, { id: raw.objectGUID }); } }, 10); };",
        "module.exports = (raw, done) => { const t = setTimeout(() => done('late'), 5); clearTimeout(t); \
         setTimeout(() => done(null, { id: raw.objectGUID }), 9); };",
        "module.exports = raw => new Promise(ok => setTimeout(ok, 5)).then(() => ({ id: raw.objectGUID }));",
        "module.exports = raw => Promise.race([new Promise(ok => setTimeout(() => ok({ id: 'late' }), 500)), \
         new Promise(ok => setTimeout(() => ok({ id: raw.objectGUID }), 5))]);",
        "exports = module.exports = raw => ({ id: raw.objectGUID });",
        "'use strict'; module.exports = raw => ({ id: raw.objectGUID });",
        "#!/usr/bin/env node\nmodule.exports = raw => ({ id: raw.objectGUID });",
        "module.exports = function (raw)\r\n{\r\n  return { id: raw.objectGUID };\r\n};\r\n",
        "class Mapper { map(raw) { return { id: raw.objectGUID }; } }\nconst m = new Mapper();\n\
         module.exports = m.map.bind(m);",
        // As PROFILE_MAPPER is written.
        "function (raw) { return { id: raw.objectGUID }; }",
        "function map(raw) { return { id: raw.objectGUID }; };",
        "async function (raw) { return { id: raw.objectGUID }; }",
        "(function (raw, done) { done(null, { id: raw.objectGUID }); })",
        "raw => ({ id: raw.objectGUID })",
        "async raw => ({ id: raw.objectGUID });",
        "var a = 1; var map = function (raw) { return { id: raw.objectGUID }; }; map",
        "const pick = (raw) => raw.objectGUID;\n(raw) => ({ id: pick(raw) });",
    ] {
        assert_eq!(run(source).await, json!({ "id": GUID }), "{source}");
    }
}

/// As they were reported.
#[tokio::test]
async fn mappers_as_people_wrote_them_give_what_their_text_says() {
    let made = run(
        "module.exports = function (raw_data) {\n  return { id: raw_data.objectGUID, immutableId: new \
         Buffer(raw_data.objectGUID).toString('base64'), two: new Buffer('QUI=', 'base64').length };\n};",
    )
    .await;
    let immutable = "MzMzMjMxMzAtMzUzNC0zNzM2LTM4MzktNjE2MjYzNjQ2NTY2";
    assert_eq!(
        made,
        json!({"id": GUID, "immutableId": immutable, "two": 2})
    );
    let made = run(
        "module.exports = function (raw_data) {\n  var roles = [].concat(raw_data.memberOf).filter(function (dn) { \
         return dn.indexOf('CN=app-role-') === 0; });\n  return { id: raw_data.objectGUID, displayName: \
         raw_data.displayName || raw_data.cn, nickname: raw_data.sAMAccountName, roleCount: roles.length,\n    keys: \
         Object.keys(raw_data).filter(function (k) { return /memberOf/i.test(k); }), emails: [{ value: raw_data.mail }] \
         };\n};",
    )
    .await;
    assert_eq!(made["roleCount"], 2);
    assert_eq!(made["keys"], json!(["memberOf"]));
    let made = run(
        "module.exports = function (raw_data) { return { id: raw_data.objectGUID, displayName: raw_data.displayName, \
         nickname: raw_data.sAMAccountName, costCentre: 'from-custom-mapper' }; };",
    )
    .await;
    assert_eq!(made["costCentre"], "from-custom-mapper");
}

#[tokio::test]
async fn buffers_are_those_of_node() {
    let euro = json!("e282ac");
    for (expression, expected) in [
        ("Buffer('\u{20ac}').toString('hex')", euro.clone()),
        ("new Buffer('\u{20ac}').toString('HEX')", euro.clone()),
        (
            "Buffer.from('\u{20ac}', 'UTF-8').toString('hex')",
            euro.clone(),
        ),
        (
            "Buffer.from('\u{20ac}', 'ucs2').toString('hex')",
            json!("ac20"),
        ),
        (
            "Buffer.from('\u{20ac}', 'UTF16LE').toString('hex')",
            json!("ac20"),
        ),
        (
            "Buffer.from('\u{20ac}', 'utf-16le').toString('ucs-2')",
            json!("\u{20ac}"),
        ),
        (
            "Buffer.from('\u{e4}', 'latin1').toString('hex')",
            json!("e4"),
        ),
        (
            "Buffer.from('\u{e4}', 'BINARY').toString('binary')",
            json!("\u{e4}"),
        ),
        (
            "Buffer.from('\u{e4}', 'ascii').toString('ascii')",
            json!("d"),
        ),
        (
            "Buffer.from('_-8', 'base64').toString('base64url')",
            json!("_-8"),
        ),
        ("Buffer.from('QUI', 'base64').toString()", json!("AB")),
        ("Buffer.from('Q U\\nI=', 'base64').toString()", json!("AB")),
        ("Buffer.from('4142zz', 'hex').toString()", json!("AB")),
        (
            "Buffer.from([256, -1, 65]).toString('hex')",
            json!("00ff41"),
        ),
        ("Buffer.alloc(3, 'ab').toString()", json!("aba")),
        (
            "Buffer.concat([Buffer.from('a'), new Buffer('b')]).toString()",
            json!("ab"),
        ),
        ("Buffer.byteLength('\u{20ac}')", json!(3)),
        ("Buffer.byteLength('QUI=', 'base64')", json!(2)),
        ("Buffer.isBuffer(raw.thumbnailPhoto.slice(1))", json!(true)),
        ("Buffer.isBuffer(new Uint8Array(1))", json!(false)),
        ("Buffer.isEncoding('Latin1')", json!(true)),
        ("raw.thumbnailPhoto.readUInt16BE(0)", json!(0xffd8)),
        ("raw.thumbnailPhoto.readUInt16LE(0)", json!(0xd8ff)),
        ("Buffer.from('a').equals(Buffer.from('a'))", json!(true)),
        ("Buffer.from('hello').indexOf('l')", json!(2)),
        ("Buffer.from('a')", json!({"type": "Buffer", "data": [97]})),
        (
            "'' + Buffer.from('a') + require('buffer').Buffer.from('b')",
            json!("ab"),
        ),
        ("Buffer.from('\\ud800').toString('hex')", json!("efbfbd")),
        ("atob('aGk=') + btoa('hi')", json!("hiaGk=")),
        (
            "new TextDecoder().decode(new TextEncoder().encode('\u{e4}'))",
            json!("\u{e4}"),
        ),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
    let text = refused("module.exports = raw => ({ id: Buffer.from('x', 'utf7').toString() });");
    assert!(
        text.contains("Unknown encoding: utf7 (profileMapper.js:1)"),
        "{text}"
    );
}

#[tokio::test]
async fn modules_are_those_of_node() {
    for (expression, expected) in [
        (
            "require('crypto').createHash('md5').update('a').digest('hex')",
            json!("0cc175b9c0f1b6a831c399e269772661"),
        ),
        (
            "require('node:crypto').createHash('SHA1').update('a').digest('base64')",
            json!("hvfkN/qlp/zhXR3cuerq6jd2Z7g="),
        ),
        (
            "require('crypto').createHash('sha256').update('a').update('b').digest('hex').slice(0, 8)",
            json!("fb8e20fc"),
        ),
        (
            "require('crypto').createHash('sha512').update('a').digest().length",
            json!(64),
        ),
        (
            "require('crypto').createHash('sha384').update('a').digest('latin1').length",
            json!(48),
        ),
        (
            "require('crypto').createHmac('sha256', 'key').update('a').digest('hex').slice(0, 8)",
            json!("780c3db4"),
        ),
        ("require('crypto').randomUUID().length", json!(36)),
        ("require('crypto').randomBytes(4).length", json!(4)),
        ("require('util').format('%s-%d', 'a', 1)", json!("a-1")),
        (
            "require('util').inspect({ a: [1, 'b'] })",
            json!("{ a: [ 1, 'b' ] }"),
        ),
        ("require('util').isArray([])", json!(true)),
        ("require('node:util').promisify.name", json!("promisify")),
        (
            "require('url').parse('https://a.b/c?d=1').hostname",
            json!("a.b"),
        ),
        (
            "require('url').parse('https://a.b/c?d=1', true).query.d",
            json!("1"),
        ),
        (
            "new URL('/x?y=\u{e4}', 'https://A.b:443').href",
            json!("https://a.b/x?y=%C3%A4"),
        ),
        (
            "new URLSearchParams({ a: 'b c' }).toString()",
            json!("a=b+c"),
        ),
        (
            "require('querystring').stringify({ a: ['1', '2'] })",
            json!("a=1&a=2"),
        ),
        (
            "require('querystring').parse('a=%C3%A4').a",
            json!("\u{e4}"),
        ),
        ("require('path').basename('/a/b.js', '.js')", json!("b")),
        (
            "require('path').win32.basename('C:\\\\a\\\\b.js')",
            json!("b.js"),
        ),
        ("require('path').join(__dirname, '..', 'x')", json!("/x")),
        ("Object.keys(process.env).length", json!(0)),
        ("process.env.NOTHING === undefined", json!(true)),
        ("typeof require('process').nextTick", json!("function")),
        ("typeof global.setTimeout", json!("function")),
        ("typeof require('timers').setImmediate", json!("function")),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn files_beside_the_mapper_are_loaded() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let lib = folder.path().join("lib");
    for (name, text) in [
        ("lib/roles.json", "\u{feff}{\"alice\": \"admin\"}"),
        (
            "lib/deep/names.js",
            "const up = require('../up');\nexports.shout = (name) => up(name) + '!';",
        ),
        (
            "lib/up.js",
            "module.exports = (name) => name.toUpperCase();",
        ),
        (
            "lib/lodash.js",
            "module.exports = { get: (all, name) => all[name] };",
        ),
        ("lib/broken.js", "\nmodule.exports = (;"),
        (
            "lib/throws.js",
            "exports.f = function () {\n  return nobody;\n};",
        ),
        (
            "node_modules/moment/moment.js",
            "module.exports = () => 'moment';",
        ),
        (
            "node_modules/own/package.json",
            "{\"main\": \"dist/it.js\"}",
        ),
        (
            "node_modules/own/dist/it.js",
            "module.exports = require('./other');",
        ),
        (
            "node_modules/own/dist/other.js",
            "module.exports = 'other';",
        ),
        ("config.json", "{\"secret\": true}"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("one")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
    let script = with_folder(
        "const roles = require('./roles'), _ = require('lodash');\n\
         module.exports = raw => ({ role: _.get(roles, raw.sAMAccountName), \
         shout: require('./deep/names.js').shout(raw.sAMAccountName), moment: require('moment')(), \
         own: require('own'), same: require('./roles.json') === roles, \
         there: require(require('path').join(__dirname, 'up.js'))('a') });",
        &lib,
    )
    .expect("loads");
    let made = script.map(&alice(), None).await.expect("a profile");
    let expected = json!({"role": "admin", "shout": "ALICE!", "moment": "moment", "own": "other", "same": true,
        "there": "A"});
    assert_eq!(Value::Object(made), expected);
    assert!(script.files().contains(&lib.join("roles.json")));
    assert!(script.warnings().is_empty(), "{:?}", script.warnings());

    for (source, words) in [
        (
            "module.exports = require('../config.json');",
            "require(\"../config.json\")",
        ),
        ("module.exports = require('./broken');", "broken.js:2"),
        (
            "const t = require('./throws');\nmodule.exports = raw => t.f();",
            "nobody",
        ),
        (
            "module.exports = raw => require(raw.sAMAccountName);",
            "require(",
        ),
    ] {
        let error = with_folder(source, &lib).expect_err(source).to_string();
        assert!(error.contains(words), "{source}: {error}");
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_before_anybody_signs_in() {
    for (source, words) in [
        (
            "module.exports = raw => {\n  return require('lodash')(raw);\n};",
            "require(\"lodash\")",
        ),
        (
            "module.exports = raw => {\n  return require('lodash')(raw);\n};",
            "(profileMapper.js:2)",
        ),
        (
            "\nconst fs = require('node:fs');\nmodule.exports = raw => raw;",
            "profileMapper.js:2",
        ),
        (
            "module.exports = raw => ({ id: require('crypto').createCipheriv('a', 'b', 'c') });",
            "crypto.createCipheriv",
        ),
        (
            "module.exports = raw => ({ id: require('crypto').createHash('whirlpool') });",
            "no digest \"whirlpool\"",
        ),
        (
            "module.exports = raw => {\n\n return { id: Intl.NumberFormat() };\n};",
            "profileMapper.js:3",
        ),
        (
            "module.exports = (raw, done) => fetch('https://x').then(() => done(null, {}));",
            "fetch is not defined",
        ),
        (
            "module.exports = async raw => { await null; return { id: nobody.x }; };",
            "nobody is not defined",
        ),
        (
            "module.exports = (raw, done) => { setTimeout(() => { nobody(); }, 5); };",
            "nobody is not defined",
        ),
        (
            "module.exports = raw => { if (raw.memberOf.length > 0) { require('ldapjs'); } return raw; };",
            "ldapjs",
        ),
        (
            "module.exports = raw => { try { require('lodash'); } catch (e) { throw new Error('none'); } };",
            "lodash",
        ),
        (
            "module.exports = raw => { process.exit(1); };",
            "process.exit",
        ),
    ] {
        let text = refused(source);
        assert!(text.contains(words), "{source}: {text}");
    }
    // What only this user's entry is the cause of is worth a word, and no reason to refuse all.
    for (source, words) in [
        (
            "module.exports = raw => ({ id: raw.shoeSize.eu });",
            "gives no profile of a typical user",
        ),
        (
            "module.exports = raw => { throw new Error('no badge'); };",
            "no badge (profileMapper.js:1)",
        ),
        (
            "module.exports = (raw, done) => done('not you');",
            "not you",
        ),
        (
            "module.exports = raw => { let _; try { _ = require('lodash'); } catch (e) { } return { id: 1 }; };",
            "goes on without something",
        ),
    ] {
        let script = with(source, LONG).expect(source);
        let said = script.warnings().join("\n");
        assert!(said.contains(words), "{source}: {said}");
    }
    assert!(
        with("module.exports = raw => ({ id: raw.objectGUID });", LONG)
            .expect("loads")
            .warnings()
            .is_empty()
    );
}

#[tokio::test]
async fn timers_end_with_their_call_and_cost_no_more_than_it() {
    use super::tests::PATIENT;
    let script = with(
        "let calls = 0; setInterval(() => { calls += 10000; }, 1);\n\
         module.exports = (raw, done) => {\n\
         const what = raw.groups && raw.groups[0];\n\
         if (what === 'spin') { setInterval(() => {}, 1); return; }\n\
         if (what === 'chain') { const again = () => setTimeout(again, 1); again(); return; }\n\
         if (what === 'many') { for (;;) setTimeout(() => {}, 1); }\n\
         if (what === 'throws') { setTimeout(() => { throw new Error('late'); }, 1); return; }\n\
         if (what === 'leaves') { setTimeout(() => { calls += 1000; }, 1); }\n\
         calls += 1; done(null, { id: calls }); };",
        PATIENT,
    )
    .expect("loads");
    let run = async |what: &str| script.map(&alice(), Some(vec![json!(what)])).await;
    assert_eq!(run("spin").await, Err(MapperError::Timeout(PATIENT.call)));
    assert_eq!(run("chain").await, Err(MapperError::Timeout(PATIENT.call)));
    assert!(run("many").await.is_err());
    let failed = run("throws").await.expect_err("thrown").to_string();
    assert!(failed.contains("late (profileMapper.js:"), "{failed}");
    for _ in 0..3 * THREADS {
        let id = run("leaves").await.expect("a profile")["id"].as_u64();
        assert!(
            id.is_some_and(|id| id < 1000),
            "{id:?}: nothing of another call ran"
        );
    }
}

#[tokio::test]
async fn a_script_s_own_promises_and_timers_are_done_first() {
    let source = "let ready = 0; setTimeout(() => { ready += 1; }, 5000); setImmediate(() => { ready += 10; });\n\
                  Promise.resolve().then(() => { ready += 100; });\n\
                  module.exports = raw => ({ ready });";
    assert_eq!(run(source).await["ready"], 111);
}

#[tokio::test]
async fn memory_is_as_large_as_it_is_said() {
    let source = "module.exports = raw => ({ id: new Uint8Array(12e6).length });";
    for (memory, works) in [(8 << 20, false), (64 << 20, true)] {
        let conditions = Conditions {
            memory,
            ..super::tests::conditions(LONG)
        };
        let script = Script::with(source, conditions).expect("loads");
        let made = script.map(&alice(), None).await;
        assert_eq!(made.is_ok(), works, "{made:?}");
    }
}
