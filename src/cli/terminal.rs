//! What a command writes to the terminal, and the one way there: texts of others are in nearly all of it
//! (answers of the directory and of servers, names of files, words of the tenant), and none may instruct the
//! terminal.
//!
//! The macros have the names of the standard library's, whose place they take in this folder.

use std::io::{self, Write};

use crate::cause::seen_lines;

macro_rules! print {
    ($($text:tt)*) => { $crate::cli::terminal::to_output(&format!($($text)*)) };
}

macro_rules! println {
    ($($text:tt)*) => { $crate::cli::terminal::to_output(&(format!($($text)*) + "\n")) };
}

macro_rules! eprintln {
    ($($text:tt)*) => { $crate::cli::terminal::to_error(&(format!($($text)*) + "\n")) };
}

/// Lines on standard output.
pub(super) fn to_output(text: &str) {
    write(&mut io::stdout(), text);
}

/// Lines on standard error.
pub(super) fn to_error(text: &str) {
    write(&mut io::stderr(), text);
}

fn write(to: &mut impl Write, text: &str) {
    // Whoever reads it may have seen enough.
    let _ = to.write_all(seen_lines(text).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_instructs_no_terminal() {
        let mut written = Vec::new();
        write(
            &mut written,
            "fail  tls  \u{1b}]0;x\u{7}\u{9b}2J\u{202e}\r\nok\n",
        );
        let written = String::from_utf8(written).expect("UTF-8");
        assert_eq!(
            written,
            "fail  tls  \\u001b]0;x\\u0007\\u009b2J\\u202e\\r\nok\n"
        );
    }
}
