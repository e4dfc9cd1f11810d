//! The schema and the reader are of one opinion, and what is shipped fits.

use std::{fs, path::Path};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::{super::keys, schema};

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
    let config = serde_json::from_str(&script[begin..end]).expect("JSON");
    assert_eq!(Judge::new().complaint(&config), None);
}

#[test]
fn what_the_program_reads_the_schema_accepts() {
    let judge = Judge::new();
    let values = [
        json!(null),
        json!(""),
        json!("  "),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(100),
        json!(-1),
        json!(1.5),
        json!(10_000_000),
        json!("true"),
        json!("YES"),
        json!(" off "),
        json!("100"),
        json!("x"),
        json!("(a={0})"),
        json!("127.0.0.1"),
        json!("127.0.0.1:80"),
        json!("off"),
        json!("accept"),
        json!("v2"),
        json!("proxy"),
        json!("json"),
        json!("upn, sid"),
        json!(r#"["upn"]"#),
        json!(["upn"]),
        json!(["x"]),
        json!([1]),
        json!({}),
    ];
    for key in keys::all().filter(|key| !key.scope().environment) {
        for value in &values {
            let read = key.wrong(value).is_none();
            let accepted = judge.accepts(key.name(), value);
            // Words between spaces are no words for an editor.
            let trimmed = value.as_str().is_none_or(|text| text.trim() == text);
            assert!(
                accepted || !read || !trimmed,
                "{}: {value} is read, and the schema refuses it",
                key.name()
            );
            // A text is judged by the program, whatever else by the schema as well.
            assert!(
                read || !accepted || value.is_string(),
                "{}: {value} is not read, and the schema accepts it",
                key.name()
            );
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
