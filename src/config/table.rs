//! The keys as tables: for the terminal, as JSON and as the documentation (`src/config/README.md`).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    key::{Declared, Section},
    keys,
    shape::{Form, Format, Shape, Usual},
    value::text_of,
};

/// Before the tables of the documentation.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The documentation of all keys, Markdown.
#[must_use]
pub fn keys_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut section = None;
    for key in keys::all() {
        if section.replace(key.section()) != Some(key.section()) {
            let title = key.section().title();
            let _ = write!(text, "\n## {title}\n\n");
            text.push_str(if key.section() == Section::Unused {
                "What the legacy connector writes; kept in the file.\n\n| key | |\n| --- | --- |\n"
            } else {
                "| key | value | default | meaning |\n| --- | --- | --- | --- |\n"
            });
        }
        text.push_str(&row(key));
    }
    text
}

fn row(key: &dyn Declared) -> String {
    let meaning = cell(key.meaning());
    if key.is_unused() {
        return format!("| `{}` | {meaning} |\n", key.name());
    }
    let shape = key.shape();
    let notes = notes(key).join(", ");
    let notes = if notes.is_empty() {
        notes
    } else {
        format!("; {notes}")
    };
    format!(
        "| `{}` | {} | {} | {meaning}{notes} |\n",
        key.name(),
        cell(&value_words(&shape, "`")),
        cell(&default_words(&shape, "`")),
    )
}

/// Bars would end a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The keys for a terminal: a block of each.
#[must_use]
pub fn keys_text() -> String {
    let mut text = String::new();
    let mut section = None;
    for key in keys::all() {
        if section.replace(key.section()) != Some(key.section()) {
            let _ = writeln!(text, "{}\n", key.section().title());
        }
        let _ = writeln!(text, "  {}", key.name());
        if !key.is_unused() {
            let shape = key.shape();
            let default = default_words(&shape, "");
            let default = if default.is_empty() {
                String::new()
            } else {
                format!("; default {default}")
            };
            let _ = writeln!(text, "      {}{default}", value_words(&shape, ""));
        }
        if !key.meaning().is_empty() {
            let _ = writeln!(text, "      {}", key.meaning());
        }
        let notes = notes(key).join(", ");
        if !notes.is_empty() {
            let _ = writeln!(text, "      {notes}");
        }
        text.push('\n');
    }
    text
}

/// The keys as JSON.
#[must_use]
pub fn keys_json() -> Value {
    let one = |key: &'static dyn Declared| {
        let Shape {
            form,
            default,
            usual,
        } = key.shape();
        let scope = key.scope();
        let scopes = [
            (scope.host, "host"),
            (scope.tenant, "tenant"),
            (scope.restart, "restart"),
            (scope.setup, "setup"),
            (scope.environment, "environment"),
            (scope.legacy, "legacy"),
        ];
        let scopes = scopes.iter().filter(|(set, _)| *set).map(|(_, name)| *name);
        let mut all = json!({
            "key": key.name(),
            "section": key.section().title(),
            "value": value_words(&key.shape(), ""),
            "default": default,
            "default_words": usual_words(usual, ""),
            "scopes": scopes.collect::<Vec<_>>(),
            "secret": key.is_secret(),
            "unused": key.is_unused(),
            "refused": form == Form::Refused,
            "file_key": key.file_variant(),
            "older_name": key.older_name(),
            "meaning": key.meaning(),
        });
        match form {
            Form::Number {
                least,
                most,
                floor,
                unit,
            } => {
                all["floor"] = json!(floor);
                all["least"] = json!(least);
                all["most"] = json!(most);
                all["unit"] = json!(unit);
            }
            Form::Choice { words, .. } | Form::Choices(words) => all["words"] = json!(words),
            _ => {}
        }
        all
    };
    keys::all().map(one).collect()
}

/// What a value may be; words to write are between `mark`.
fn value_words(shape: &Shape, mark: &str) -> String {
    let marked = |words: &[&str]| {
        let words: Vec<_> = words
            .iter()
            .map(|word| format!("{mark}{word}{mark}"))
            .collect();
        words.join(", ")
    };
    match &shape.form {
        Form::Text(Format::Sentence { most }) => format!("text of at most {most} characters"),
        Form::Text(format) => format_words(*format).to_owned(),
        Form::List(format) => format!("list: {}", format_words(*format)),
        Form::Secret => "secret".to_owned(),
        Form::Token { least } => format!("secret of at least {least} characters"),
        Form::Flag => "true or false".to_owned(),
        Form::Number {
            least,
            most,
            floor,
            unit,
        } => {
            let mut words = format!("{least} to {most}");
            if !unit.is_empty() {
                let _ = write!(words, " {unit}");
            }
            if floor > least {
                let _ = write!(words, "; less than {floor} counts as {floor}");
            }
            words
        }
        Form::Choice { words, .. } => marked(words),
        Form::Choices(words) => format!("list: {}", marked(words)),
        Form::Address { port: false, .. } => "address".to_owned(),
        Form::Address { off: false, .. } => "address:port".to_owned(),
        Form::Address { .. } => format!("address:port or {}", marked(&["off"])),
        Form::File => "file".to_owned(),
        Form::Files | Form::FilesOrPattern => "list: file".to_owned(),
        Form::Folder => "folder".to_owned(),
        Form::Refused => "none".to_owned(),
        Form::Unused | Form::UnusedSecret => String::new(),
    }
}

fn format_words(format: Format) -> &'static str {
    match format {
        Format::Plain | Format::Sentence { .. } => "text",
        Format::Url => "URL",
        Format::Link => "URL (https, http, mailto or tel)",
        Format::Dn => "DN",
        Format::Filter => "LDAP filter",
        Format::FilterTemplate => "LDAP filter with {0}",
        Format::JavaScript => "JavaScript",
        Format::Pem => "PEM text",
        Format::Network => "network address",
        Format::Header => "header name",
        Format::Host => "host or domain",
        Format::Levels => "log levels",
        Format::HostAndPort => "host:port",
    }
}

/// The default in words; what may be written so is between `mark`.
pub(super) fn default_words(shape: &Shape, mark: &str) -> String {
    match &shape.default {
        Some(Value::Array(words)) if words.is_empty() => "none".to_owned(),
        Some(default @ (Value::Bool(_) | Value::Number(_))) => default.to_string(),
        Some(default) => format!("{mark}{}{mark}", text_of(default).unwrap_or_default()),
        None => usual_words(shape.usual, mark),
    }
}

fn usual_words(usual: Usual, mark: &str) -> String {
    match usual {
        Usual::None => String::new(),
        Usual::Key(key) => format!("that of {key}"),
        Usual::File(text) | Usual::OfHost(text) => format!("{mark}{text}{mark}"),
        Usual::FileWhenThere(file) => format!("{mark}{file}{mark} when there"),
        Usual::Words(words) if mark.is_empty() => words.replace('`', ""),
        Usual::Words(words) => words.to_owned(),
    }
}

/// Whose it is, what goes with it, and what it was called before.
pub(super) fn notes(key: &dyn Declared) -> Vec<String> {
    let scope = key.scope();
    [
        (scope.host, "this host's own"),
        (scope.tenant, "given by the tenant"),
        (scope.restart, "needs a restart"),
        (scope.environment, "in the environment only"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, note)| note.to_owned())
    .chain(key.older_name().map(|older| format!("older name {older}")))
    .collect()
}
