//! Further roots for outgoing TLS: files, and files of a folder by a pattern of their names, as the
//! AD/LDAP Connector has it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use regex::bytes::{Regex, RegexBuilder};

use super::{
    home::Home,
    keys,
    kinds::looks_like_pattern,
    problem::{Concern, Holds, Problem},
    read_file::openable,
    reader::Reader,
};
use crate::cause;

/// Which files of `SSL_CA_PATH` count where `SSL_CA_FILE` has no pattern: the legacy connector's default.
const USUAL: &str = ".+.(pem|crt|cer)$";

pub(super) fn extra_roots(home: &Home, r: &mut Reader) -> Vec<PathBuf> {
    let given = r.read(&keys::SSL_CA_FILE);
    let folder = r.read(&keys::SSL_CA_PATH).map(|folder| home.path(folder));
    let mut files = Vec::new();
    let mut patterns = Vec::new();
    for name in given {
        let file = home.path(&name);
        match (openable(&file), &folder) {
            (Ok(()), _) => files.push(file),
            (Err(error), Some(_)) if is_no_name(&error) => patterns.push(name),
            (Err(error), None) if is_no_name(&error) && is_pattern_alone(&name) => {
                r.warn(&keys::SSL_CA_FILE, Concern::PatternWithoutFolder);
            }
            (Err(error), _) => r.wrong_file(
                &keys::SSL_CA_FILE,
                file,
                Problem::unreadable(error, Holds::Roots),
            ),
        }
    }
    if let Some(folder) = folder {
        match names(&folder) {
            Ok(names) => files.extend(chosen(&folder, &names, &patterns, r)),
            Err(error) => r.wrong_file(
                &keys::SSL_CA_PATH,
                folder,
                Problem::unreadable(error, Holds::FolderOfRoots),
            ),
        }
    }
    files
}

/// There is no such file: so the text may be something else.
fn is_no_name(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
}

/// A pattern that cannot be the mistyped path of a file.
fn is_pattern_alone(name: &str) -> bool {
    looks_like_pattern(name) && compiled(name).is_ok()
}

/// As the connector has it on Windows: upper and lower case are the same.
fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .case_insensitive(true)
        .build()
}

/// The files of a folder in the order of their names; links that lead nowhere are among them.
fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// Those of the names that a pattern fits. One that cannot be read is told, and the others count.
fn chosen(folder: &Path, names: &[PathBuf], patterns: &[String], r: &mut Reader) -> Vec<PathBuf> {
    let usual = [USUAL.to_owned()];
    let given = !patterns.is_empty();
    let mut found: Vec<PathBuf> = Vec::new();
    for pattern in if given { patterns } else { &usual } {
        let fits = match compiled(pattern) {
            Ok(fits) => fits,
            Err(error) => {
                let why = why(&error);
                r.wrong(&keys::SSL_CA_FILE, Problem::NoFileNorPattern(why));
                continue;
            }
        };
        let fitting = names.iter().filter(|path| {
            let name = path.file_name().unwrap_or_default();
            fits.is_match(name.as_encoded_bytes())
        });
        let fitting: Vec<_> = fitting.cloned().collect();
        match (fitting.is_empty(), given) {
            (true, true) => r.wrong(
                &keys::SSL_CA_FILE,
                Problem::FitsNoRoots {
                    pattern: pattern.clone(),
                    folder: folder.to_owned(),
                },
            ),
            (true, false) => r.warn(&keys::SSL_CA_PATH, Concern::FolderWithoutRoots),
            (false, _) => found.extend(fitting),
        }
    }
    found.sort();
    found.dedup();
    found.retain(|file| match openable(file) {
        Ok(()) => true,
        Err(error) => {
            let file = file.display().to_string();
            let why = cause::io(&error);
            r.warn(&keys::SSL_CA_PATH, Concern::RootLeftOut { file, why });
            false
        }
    });
    found
}

/// In a line: a whole message draws the pattern, and points to a place in it.
fn why(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
#[path = "roots_tests.rs"]
mod tests;
