//! Questions at a terminal. Without one nothing is asked, and what is missing is named by its option.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::secret::SecretString;

/// The input ended.
pub(super) const NO_ANSWER: &str = "there was no answer";

/// What counts when the answer is empty.
pub(super) enum Default<'a> {
    None,
    /// Shown in brackets.
    Shown(&'a str),
    /// A secret; the words stand in its place.
    Hidden(&'a str, &'a str),
}

/// Whether there is somebody to ask.
pub(super) fn asks(silent: bool) -> bool {
    !silent && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// An answer; an empty one means the default.
pub(super) fn ask(what: &str, default: &Default<'_>) -> Result<String, String> {
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
        io::stdout().flush().map_err(|error| error.to_string())?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        if read.map_err(|error| error.to_string())? == 0 {
            return Err(NO_ANSWER.to_owned());
        }
        match (line.trim(), value) {
            ("", Some(value)) => return Ok(value.to_owned()),
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
}

/// Yes or no; no is the default.
pub(super) fn agrees(what: &str) -> Result<bool, String> {
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
pub(super) fn password(of: &str, present: bool) -> Result<Option<SecretString>, String> {
    let what = if present {
        format!("Password of {of} [the present one]: ")
    } else {
        format!("Password of {of}: ")
    };
    loop {
        let password = rpassword::prompt_password(&what).map_err(|e| e.to_string())?;
        match (password.is_empty(), present) {
            (false, _) => return Ok(Some(SecretString::from(password))),
            (true, true) => return Ok(None),
            (true, false) => {}
        }
    }
}
