//! A command of root's whose result root alone can put where it belongs: a process of its own works in the home
//! folder, and gives root up as every command does. This one reads what that prints, and nothing else of it.

use std::{
    io::{self, Read as _},
    path::Path,
    process::{Command, ExitCode, Stdio},
};

/// An export is hardly larger.
const MOST_BYTES: u64 = 128 << 20;

/// What the command prints on standard output. Of this process's environment it gets these variables alone.
///
/// # Errors
/// The code that it ended with; it has said why.
pub(super) fn printed<'a>(
    home: &Path,
    arguments: &[&str],
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<u8>, ExitCode> {
    run(home, arguments, variables).unwrap_or_else(|error| {
        eprintln!("ad-edge: another process cannot be started: {error}");
        Err(ExitCode::FAILURE)
    })
}

fn run<'a>(
    home: &Path,
    arguments: &[&str],
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> io::Result<Result<Vec<u8>, ExitCode>> {
    let mut child = Command::new("/proc/self/exe")
        .args(arguments)
        .arg("--home")
        .arg(home)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut printed = Vec::new();
    let read = match child.stdout.take() {
        Some(output) => output.take(MOST_BYTES).read_to_end(&mut printed),
        None => Ok(0),
    };
    let status = child.wait()?;
    read?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(match code {
        Some(0) => Ok(printed),
        code => Err(ExitCode::from(code.unwrap_or(1))),
    })
}
