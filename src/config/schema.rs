//! The JSON Schema of `config.json` (draft 2020-12): an editor completes and checks keys with it.

use serde_json::{Map, Value, json};

use super::{
    key::Declared,
    keys,
    shape::{Form, Format},
    table::{default_words, notes},
};

/// White space is trimmed, and a text that is empty counts as absent.
const FLAG: &str = r"^\s*([Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|1|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff]|0)?\s*$";
const NUMBER: &str = r"^\s*(\+?[0-9]+)?\s*$";
const TEMPLATE: &str = r"\{0\}|^\s*$";
const HEADER: &str = r"^\s*([A-Za-z][A-Za-z0-9-]*)?\s*$";

/// The schema.
#[must_use]
pub fn schema() -> Value {
    let mut properties = Map::new();
    let note = json!({"type": "string", "description": "where an editor finds this schema"});
    properties.insert(keys::SCHEMA.to_owned(), note);
    for key in keys::all() {
        properties.insert(key.name().to_owned(), property(key));
        if let Some(older) = key.older_name() {
            let mut older_property = property(key);
            older_property["deprecated"] = json!(true);
            older_property["description"] = json!(format!("older name of {}", key.name()));
            properties.insert(older.to_owned(), older_property);
        }
        if let Some(file) = key.file_variant() {
            let description = format!("path of a file that holds {}", key.name());
            let file_value = json!({"type": ["string", "null"], "description": description});
            properties.insert(file, file_value);
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.json of ad-edge",
        "type": "object",
        "properties": properties,
        "additionalProperties": {
            "description": "The name of a relying party, that of REALM for instance, lists its callback \
                            URLs: between commas, or as an array",
            "anyOf": [{"type": ["string", "null"]}, texts()],
        },
    })
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

/// What a key may be.
fn property(key: &'static dyn Declared) -> Value {
    let shape = key.shape();
    let mut all = match &shape.form {
        Form::Text(Format::FilterTemplate) => {
            json!({"type": ["string", "null"], "pattern": TEMPLATE})
        }
        Form::Text(Format::Header) => json!({"type": ["string", "null"], "pattern": HEADER}),
        Form::Text(Format::Dn | Format::Filter) | Form::Address { .. } => {
            json!({"type": ["string", "null"]})
        }
        Form::Text(_) | Form::Secret | Form::File => {
            json!({"type": ["string", "number", "null"]})
        }
        Form::Folder => json!({"anyOf": [
            {"type": ["string", "number", "null"]},
            {"const": false},
        ]}),
        Form::List(_) | Form::Files => json!({"anyOf": [texts(), {"type": ["string", "null"]}]}),
        Form::Choices(words) => json!({"anyOf": [
            {"type": "array", "items": {"enum": words}},
            {"type": ["string", "null"]},
        ]}),
        Form::Flag => json!({"anyOf": [
            {"type": "boolean"},
            {"enum": [0, 1, null]},
            {"type": "string", "pattern": FLAG},
        ]}),
        Form::Number { least, most, .. } => json!({"anyOf": [
            {"type": "integer", "minimum": least, "maximum": most},
            {"type": "string", "pattern": NUMBER},
            {"type": "null"},
        ]}),
        Form::Choice { words, also } => {
            let others: Vec<_> = also
                .iter()
                .map(|word| json!(word))
                .chain([json!(""), Value::Null])
                .collect();
            json!({"anyOf": [{"enum": words}, {"enum": others}]})
        }
        Form::Refused => json!({"enum": ["", null]}),
        Form::Unused | Form::UnusedSecret => json!({"deprecated": true}),
    };
    if key.scope().environment {
        all = json!({"deprecated": true});
    }
    let mut described = key.meaning().to_owned();
    if shape.default.is_none() {
        let default = default_words(&shape, "");
        if !default.is_empty() {
            described = format!("{described} (default: {default})");
        }
    }
    if let Form::Number { unit, .. } = &shape.form
        && !unit.is_empty()
    {
        described = format!("{described} ({unit})");
    }
    for note in notes(key) {
        described = format!("{described}; {note}");
    }
    if key.is_unused() {
        described = format!("without effect: the legacy connector's. {described}");
    }
    all["description"] = json!(described.trim_end().trim_end_matches('.'));
    if let Some(default) = shape.default {
        all["default"] = default;
    }
    if key.is_secret() {
        all["writeOnly"] = json!(true);
    }
    all
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
