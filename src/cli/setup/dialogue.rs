//! Questions at a terminal. Without one nothing is asked, and what is missing is named by its option.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::stop::Stop;
use crate::secret::SecretString;

/// What counts when the answer is empty.
pub(super) enum Default<'a> {
    None,
    /// Shown in brackets.
    Shown(&'a str),
    /// A secret; the words are shown in its place.
    Hidden(&'a str, &'a str),
}

/// Whether there is somebody to ask.
pub(super) fn is_possible(silent: bool) -> bool {
    !silent && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// An answer; an empty one means the default.
pub(super) fn ask(what: &str, default: &Default<'_>) -> Result<String, Stop> {
    loop {
        let (shown, value) = match default {
            Default::None => (None, None),
            Default::Shown(value) => (Some(*value), Some(*value)),
            Default::Hidden(value, words) => (Some(*words), Some(*value)),
        };
        match shown {
            Some(shown) => print!("{what} [{shown}]: "),
            None => print!("{what}: "),
        }
        io::stdout().flush()?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        if read? == 0 {
            return Err(Stop::NoAnswer);
        }
        match (line.trim(), value) {
            ("", Some(value)) => return Ok(value.to_owned()),
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
}

/// Yes or no; no is the default.
pub(super) fn ask_whether(what: &str) -> Result<bool, Stop> {
    loop {
        let answer = ask(what, &Default::Shown("no"))?;
        match answer.to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => println!("Please answer yes or no."),
        }
    }
}

/// A password, which is not shown; nothing for an empty answer where there is one already.
pub(super) fn ask_password(of: &str, present: bool) -> Result<Option<SecretString>, Stop> {
    let what = if present {
        format!("Password of {of} [the present one]: ")
    } else {
        format!("Password of {of}: ")
    };
    loop {
        let password = rpassword::prompt_password(&what)?;
        match (password.is_empty(), present) {
            (false, _) => return Ok(Some(SecretString::from(password))),
            (true, true) => return Ok(None),
            (true, false) => {}
        }
    }
}
