//! The declared events, the lines of the source that name them and `deploy/events.md` agree.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::event::EVENTS;

/// An event as it was declared.
pub(super) struct Declared {
    pub constant: &'static str,
    pub name: &'static str,
    /// The levels of its lines.
    pub levels: &'static [&'static str],
    pub means: &'static str,
    pub to_do: &'static str,
}

/// Set to write `deploy/events.md` anew instead of comparing it.
const UPDATE: &str = "UPDATE_DOCUMENTATION";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Path and text of each Rust file in a folder of the project, without this one.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![project().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with(file!())
            {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    found
}

/// Level and arguments of each macro that writes a log line; the level is `$level` in a macro that
/// takes it as a parameter.
fn log_lines(text: &str) -> Vec<(&'static str, &str)> {
    let levels = ["$level", "error", "warn", "info", "debug", "trace"];
    let named = |level: &'static str| {
        let calls = text.match_indices(level).filter_map(move |(at, _)| {
            let whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let arguments = text[at + level.len()..].strip_prefix("!(")?;
            whole.then(|| (level, up_to_end(arguments)))
        });
        calls.collect::<Vec<_>>()
    };
    levels.into_iter().flat_map(named).collect()
}

/// The text before the parenthesis that closes what is open.
fn up_to_end(text: &str) -> &str {
    let (mut open, mut quoted, mut escaped) = (1, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &text[..at];
        }
    }
    text
}

/// The names after each `event::`.
fn constants(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("event::").filter_map(|(at, start)| {
        let rest = &text[at + start.len()..];
        let name = rest
            .split(|c: char| c != '_' && !c.is_ascii_uppercase() && !c.is_ascii_digit())
            .next();
        name.filter(|name| !name.is_empty())
    })
}

fn documented() -> String {
    let mut text = "# Events\n\n\
        A log line that an operator or an alert may look for has a field `event`, in both formats of \
        LOG_FORMAT. The names are stable; the sentences beside them are not.\n\n\
        This table is written from `src/telemetry/event.rs`.\n\n\
        | event | level | what it means | what to do |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for event in EVENTS {
        writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            event.name,
            event.levels.join(", "),
            event.means,
            event.to_do
        )
        .expect("text");
    }
    text
}

#[test]
fn each_name_is_declared_once_in_lower_case_with_its_subject_first() {
    let mut known = BTreeSet::new();
    for event in EVENTS {
        let (subject, happened) = event.name.split_once('.').expect("a dot");
        for part in [subject, happened] {
            assert!(
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{}",
                event.name
            );
        }
        assert_eq!(event.name.replace('.', "_").to_uppercase(), event.constant);
        assert!(known.insert(event.name), "{} is there twice", event.name);
    }
}

#[test]
fn each_warning_and_error_has_an_event_at_a_declared_level() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .expect("code");
        for (level, arguments) in log_lines(code) {
            let declared = |name: &str| {
                let level = level.to_uppercase();
                let mut events = EVENTS.iter();
                events.any(|e| e.constant == name && e.levels.contains(&&*level))
            };
            let faulty = match (level, constants(arguments).next()) {
                ("$level", _) => !arguments.contains("event = $event"),
                (_, Some(name)) => !declared(name),
                ("warn" | "error", None) => true,
                _ => arguments.contains("event ="),
            };
            if faulty {
                wrong.push(format!("{}: {level} {arguments}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_declared_event_is_used() {
    let sources = sources("src");
    let used: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, text)| constants(text))
        .collect();
    for event in EVENTS {
        assert!(used.contains(event.constant), "{} is not used", event.name);
    }
}

#[test]
fn tests_wait_for_declared_events() {
    for (path, text) in sources("tests") {
        let calls = ["await_event(", "event_lines("].into_iter();
        for (at, start) in calls.flat_map(|call| text.match_indices(call)) {
            let name = up_to_end(&text[at + start.len()..]).split('"').nth(1);
            let looks_like_one = name.filter(|name| name.contains('.'));
            assert!(
                looks_like_one.is_none_or(|name| EVENTS.iter().any(|event| event.name == name)),
                "{}: no event {name:?}",
                path.display()
            );
        }
    }
}

#[test]
fn the_documentation_lists_what_is_declared() {
    let path = project().join("deploy/events.md");
    let text = documented();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, text).expect("written");
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "{} is not what the code says: run `{UPDATE}=1 cargo test --lib event_tests`",
        path.display()
    );
}
