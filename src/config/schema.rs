//! The JSON Schema of `config.json` (draft 2020-12): an editor completes and checks keys with it.

use serde_json::{Map, Value, json};

use super::{
    choices::LogLevels,
    key::Declared,
    keys,
    kinds::SocketOrOff,
    pattern::{self, optional, required},
    shape::{Form, Format},
    table::{default_words, notes},
    value::FLAG_WORDS,
};

/// A filter compares an attribute, and writes what is special in two hexadecimal digits (RFC 4515); the rest
/// only the program can judge.
const COMPARES: &str = r"(^\s*|\()[A-Za-z0-9.;:{}-]+[~<>]?=|^\s*$";
const ESCAPES: &str = r"^[^\\]*(\\[0-9A-Fa-f]{2}[^\\]*)*$";
/// The place of a value.
const PLACE: &str = r"\{0\}|^\s*$";
const ANY_PLACE: &str = r"\{[0-9]*\}";
const HEADER: &str = "[A-Za-z][A-Za-z0-9-]*";

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

fn text(pattern: &str) -> Value {
    json!({"type": ["string", "null"], "pattern": pattern})
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

/// What a key may be.
fn property(key: &'static dyn Declared) -> Value {
    let shape = key.shape();
    let mut all = match &shape.form {
        Form::Text(Format::FilterTemplate) => json!({
            "allOf": [text(COMPARES), text(ESCAPES), text(PLACE)],
        }),
        Form::Text(Format::Filter) => json!({
            "allOf": [text(COMPARES), text(ESCAPES)],
            "not": {"type": "string", "pattern": ANY_PLACE},
        }),
        Form::Text(Format::Header) => text(&optional(HEADER)),
        Form::Text(Format::Link) => text(&optional(&pattern::link())),
        Form::Text(Format::Dn) => text(&optional(&pattern::name())),
        Form::Text(Format::Levels) => text(&optional(&pattern::levels(&LogLevels::WORDS))),
        Form::Address { port: false, .. } => text(&optional(&pattern::address())),
        Form::Address { off: false, .. } => text(&optional(&pattern::socket())),
        Form::Address { .. } => {
            let off = SocketOrOff::NONE.join("|");
            text(&optional(&format!("{}|{off}", pattern::socket())))
        }
        // A pattern judges texts alone.
        Form::Text(Format::Sentence { most }) => json!({
            "type": ["string", "number", "null"],
            "pattern": optional(&pattern::at_most(*most)),
        }),
        Form::Token { least } => text(&optional(&format!("[!-~]{{{least},}}"))),
        Form::Text(_) | Form::Secret | Form::File => {
            json!({"type": ["string", "number", "null"]})
        }
        Form::Folder => json!({"anyOf": [
            {"type": ["string", "number", "null"]},
            {"const": false},
        ]}),
        Form::FilesOrPattern => json!({"anyOf": [texts(), {"type": ["string", "null"]}]}),
        Form::List(_) | Form::Files => json!({"anyOf": [texts(), text(&pattern::any_list())]}),
        Form::Choices(words) => {
            let word = words.join("|");
            let other = json!({"type": "string", "pattern": required(&word)});
            json!({"anyOf": [
                {"type": "array", "items": {"anyOf": [{"enum": words}, other]}},
                text(&pattern::list(&word)),
            ]})
        }
        Form::Flag => {
            let words = FLAG_WORDS.map(|(word, _)| pattern::any_case(word));
            json!({"anyOf": [
                {"type": "boolean"},
                {"enum": [0, 1]},
                text(&optional(&words.join("|"))),
            ]})
        }
        Form::Number { least, most, .. } => json!({"anyOf": [
            {"type": "integer", "minimum": least, "maximum": most},
            text(&optional(&pattern::number(*least, *most))),
        ]}),
        Form::Choice { words, also } => {
            let all = [words.as_slice(), also.as_slice()].concat();
            json!({"anyOf": [{"enum": words}, text(&optional(&all.join("|")))]})
        }
        Form::Refused => text(&optional("")),
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
