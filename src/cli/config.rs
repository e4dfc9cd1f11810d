//! `ad-edge config`: which keys there are, which values count here, and the schema of `config.json`.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::exit::refuse;
use crate::{
    cause,
    config::{InForce, Origin, Settings, Shown, keys_json, keys_markdown, keys_text, schema},
};

/// Of the JSON's shape: a program may hold on to it.
const VERSION: u32 = 1;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// All keys: what they take, their defaults, what they mean.
    Keys {
        /// As JSON.
        #[arg(long, conflicts_with = "markdown")]
        json: bool,
        /// As the documentation, src/config/README.md.
        #[arg(long)]
        markdown: bool,
    },
    /// The values that count here, each with where it came from; secrets are hidden.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The JSON Schema of config.json.
    Schema,
}

impl ConfigCommand {
    /// Whether it looks at a home folder.
    pub fn is_about_home(&self) -> bool {
        matches!(self, Self::Show { .. })
    }
}

pub(super) fn run(home: &Path, command: &ConfigCommand) -> ExitCode {
    match command {
        ConfigCommand::Keys { json: true, .. } => print(&pretty(&keys_json())),
        ConfigCommand::Keys { markdown: true, .. } => print(&keys_markdown()),
        ConfigCommand::Keys { .. } => print(&keys_text()),
        ConfigCommand::Show { json } => return show(home, *json),
        ConfigCommand::Schema => print(&pretty(&schema())),
    }
    ExitCode::SUCCESS
}

/// What counts, and then whether it makes a configuration.
fn show(home: &Path, json: bool) -> ExitCode {
    let settings = Settings::of_process(home);
    let all = settings.effective(&Map::new()).all();
    let loaded = settings.load();
    let warnings = match &loaded {
        Ok(loaded) => &loaded.warnings,
        Err(invalid) => &invalid.warnings,
    };
    if json {
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        let keys: Vec<_> = all.iter().map(one_json).collect();
        print(&pretty(&json!({
            "version": VERSION,
            "home": home.to_string_lossy(),
            "keys": keys,
        })));
    } else {
        print(&lines(&all));
    }
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    match loaded {
        Ok(_) => ExitCode::SUCCESS,
        Err(invalid) => refuse(home, &invalid),
    }
}

fn lines(all: &[InForce]) -> String {
    let mut text = String::new();
    let width = all
        .iter()
        .map(|one| one.key.len())
        .max()
        .unwrap_or_default();
    let mut title = "";
    for one in all {
        let section = one
            .declared
            .map_or("Relying parties", |key| key.section().title());
        if section != title {
            let gap = if title.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{section}");
            title = section;
        }
        let value = match &one.value {
            Shown::Nothing => "-".to_owned(),
            Shown::Hidden => "(secret, not shown)".to_owned(),
            Shown::Words(words) => format!("({})", words.replace('`', "")),
            Shown::Value(_) => one_line(&one.value.text().unwrap_or_default()),
        };
        let _ = writeln!(
            text,
            "  {:<width$}  {:<12}  {value}{}",
            one.key,
            one.origin.word(),
            origin_detail(one).map_or_else(String::new, |detail| format!("  [{detail}]")),
        );
    }
    text
}

/// The first line of a text, without characters that a terminal would obey.
fn one_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let first: String = first.chars().filter(|c| !cause::is_unseen(*c)).collect();
    match lines.count() {
        0 => first,
        more => format!("{first} … ({more} more lines)"),
    }
}

fn one_json(one: &InForce) -> Value {
    json!({
        "key": one.key,
        "value": match &one.value {
            Shown::Value(value) => value.clone(),
            Shown::Nothing | Shown::Hidden | Shown::Words(_) => Value::Null,
        },
        "words": match one.value {
            Shown::Words(words) => Some(words.replace('`', "")),
            _ => None,
        },
        "given": one.origin != Origin::Default,
        "hidden": one.value == Shown::Hidden,
        "origin": one.origin.word(),
        "detail": origin_detail(one),
    })
}

/// The variable, where it has another name; or the file and the key that names it.
fn origin_detail(one: &InForce) -> Option<String> {
    match &one.origin {
        Origin::Default | Origin::ConfigJson | Origin::Tenant => None,
        Origin::Environment(variable) => (*variable != one.key).then(|| variable.clone()),
        Origin::File {
            path,
            key,
            in_environment,
        } => {
            let by = if *in_environment {
                "environment"
            } else {
                "config.json"
            };
            Some(format!("{path}, {key} of {by}"))
        }
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn print(text: &str) {
    // Whoever reads it may have seen enough.
    print!("{text}");
}
