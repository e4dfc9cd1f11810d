//! The schema and the reader are of one opinion, and what is shipped fits.

use std::{fs, path::Path};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::{
    super::{keys, shape::Form},
    schema,
};

struct Judge {
    schemas: Schemas,
    at: SchemaIndex,
}

impl Judge {
    fn new() -> Self {
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler
            .add_resource("config.schema.json", schema())
            .expect("a resource");
        let at = compiler
            .compile("config.schema.json", &mut schemas)
            .expect("a schema");
        Self { schemas, at }
    }

    fn complaint(&self, config: &Value) -> Option<String> {
        let judged = self.schemas.validate(config, self.at);
        judged.err().map(|error| format!("{error:#}"))
    }

    fn accepts(&self, key: &str, value: &Value) -> bool {
        self.complaint(&json!({ key: value })).is_none()
    }
}

fn project(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn what_is_shipped_fits() {
    let judge = Judge::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/examples");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the examples") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "json") {
            let text = fs::read_to_string(&path).expect("read");
            let config = serde_json::from_str(&text).expect("JSON");
            assert_eq!(judge.complaint(&config), None, "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 0);
    let legacy = super::super::tests::legacy();
    assert_eq!(judge.complaint(&legacy), None);
}

#[test]
fn the_lab_s_configuration_fits() {
    let script = project("tests/lab/home.sh");
    let begin = script.find("<<END\n").expect("a document") + "<<END\n".len();
    let end = begin + script[begin..].find("\nEND\n").expect("its end");
    let text = script[begin..end].replace("$LAB_ADDRESS", "127.0.0.1");
    let config = serde_json::from_str(&text).expect("JSON");
    assert_eq!(Judge::new().complaint(&config), None);
}

/// Values of all kinds, right for some keys and wrong for others.
fn values() -> Vec<Value> {
    let texts = [
        "",
        "  ",
        "x",
        " x ",
        "true",
        "YES",
        " off ",
        "oFF",
        "false",
        "no",
        "0",
        "1",
        " 1 ",
        "+1",
        "007",
        "-1",
        "1.0",
        "1e1",
        "100",
        "300",
        "301",
        "1024",
        "1025",
        "3600",
        "3601",
        "65535",
        "65536",
        "86400",
        "86401",
        "99999",
        "100000",
        "1000000",
        "1000001",
        "1048576",
        "1048577",
        "10000000",
        "99999999999999999999",
        "(a={0})",
        "a={0}",
        "(a=b)",
        "(a={1})",
        "(a={x})",
        "a=b",
        "{0}",
        "=",
        "DC=corp,DC=example",
        " dc = corp , DC=example ",
        "DC=corp,",
        r"OU=a\,b,DC=c",
        r#"OU="a,b",DC=c"#,
        "cn=a+ou=b;dc=c",
        "=b",
        "a=",
        "127.0.0.1",
        "127.0.0.01",
        "256.0.0.1",
        "1.2.3",
        "::",
        "::1",
        "[::1]",
        "fe80::1",
        "1::2::3",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "1:2:3:4:5:6:7:8::",
        "::ffff:10.0.0.1",
        "1:2:3:4:5:6:10.0.0.1",
        "12345::",
        "127.0.0.1:80",
        " 127.0.0.1:80 ",
        "127.0.0.1:080",
        "127.0.0.1:65536",
        "127.0.0.1:",
        ":80",
        "[::1]:80",
        "::1:80",
        "[fe80::1%2]:80",
        "[::1]:80, edge2:80",
        "[::1",
        "[edge1]:80",
        "localhost:80",
        "accept",
        " accept ",
        "Accept",
        "require",
        "v2",
        "proxy",
        " proxy ",
        "here",
        "text",
        "json",
        "upn",
        "upn, sid",
        "upn,,sid,",
        ",",
        "upn foo",
        "foo",
        r#"["upn"]"#,
        r#"["upn", " sid "]"#,
        r#"["foo"]"#,
        "[]",
        "[1]",
        "[",
        r#"["a\u00e9\n", "b"]"#,
        "X-Client-Cert",
        " X-A ",
        "-x",
        "https://help.corp.example/?a=b",
        "https://",
        "mailto:help@corp.example",
        "MAILTO:",
        "ftp://x",
        "X_A",
        "info",
        "info,ad_edge::tunnel=debug",
        "audit = off",
        "Info",
        "verbose",
        "=debug",
        "a b=debug",
        "info,",
        "ad_edge=1",
    ];
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(1.0),
        json!(10.0),
        json!(10),
        json!(100),
        json!(-1),
        json!(-1.0),
        json!(1.5),
        json!(300),
        json!(301),
        json!(65_536),
        json!(10_000_000),
        json!(1e300),
        json!(u64::MAX),
        json!([]),
        json!([""]),
        json!(["upn"]),
        json!([" upn "]),
        json!(["x"]),
        json!(["upn", "x"]),
        json!([1]),
        json!([null]),
        json!({}),
    ];
    let texts = texts.iter().map(|text| json!(text));
    texts.chain(others).collect()
}

#[test]
fn the_schema_and_the_reader_judge_alike() {
    let judge = Judge::new();
    let mut different = Vec::new();
    for key in keys::all().filter(|key| !key.scope().environment) {
        for value in values() {
            let read = key.understood(&value).is_ok();
            if judge.accepts(key.name(), &value) != read {
                let reader = if read { "read" } else { "refused" };
                different.push(format!(
                    "{} = {value} is {reader} by the program",
                    key.name()
                ));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn a_value_as_it_is_understood_is_a_value() {
    let judge = Judge::new();
    for key in keys::all().filter(|key| !key.scope().environment && !key.is_secret()) {
        for value in values() {
            if let Ok(Some(understood)) = key.understood(&value) {
                assert!(
                    judge.accepts(key.name(), &understood),
                    "{}: {understood}",
                    key.name()
                );
                assert_eq!(
                    key.understood(&understood),
                    Ok(Some(understood)),
                    "{}",
                    key.name()
                );
            }
        }
    }
}

#[test]
fn an_out_of_range_number_is_refused_as_text_too() {
    let judge = Judge::new();
    for key in keys::all() {
        let Form::Number { least, most, .. } = key.shape().form else {
            continue;
        };
        let lengths = (0..8).map(|length| 10_u64.pow(length));
        let near = [least, most].into_iter().chain(lengths);
        for number in near.flat_map(|number| [number.saturating_sub(1), number, number + 1]) {
            let good = (least..=most).contains(&number);
            for text in [
                number.to_string(),
                format!(" 0{number} "),
                format!("+{number}"),
            ] {
                let value = json!(text);
                assert_eq!(
                    judge.accepts(key.name(), &value),
                    good,
                    "{} = {value}",
                    key.name()
                );
                assert_eq!(
                    key.understood(&value).is_ok(),
                    good,
                    "{} = {value}",
                    key.name()
                );
            }
        }
    }
}

#[test]
fn a_relying_party_is_a_list_and_nothing_else() {
    let judge = Judge::new();
    assert!(judge.accepts("urn:auth0:acme", &json!("https://a/cb, https://b/cb")));
    assert!(judge.accepts("urn:auth0:acme", &json!(["https://a/cb"])));
    assert!(!judge.accepts("urn:auth0:acme", &json!(true)));
    assert!(judge.accepts("LDAP_BIND_PASSWORD_FILE", &json!("/run/secrets/x")));
    assert!(!judge.accepts("LDAP_BIND_PASSWORD_FILE", &json!(7)));
    assert!(judge.accepts("$schema", &json!("config.schema.json")));
    assert!(judge.accepts("TOKEN_INCUMBENT_METHOD", &json!(true)));
}
