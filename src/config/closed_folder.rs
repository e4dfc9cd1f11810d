//! A folder that may not be passed, or is not there, is one mistake, however many files are behind it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    home::{CLIENT_CA, Home, TLS_CERTIFICATE},
    mistake::{Given, Mistake},
    problem::{Missing, Problem},
};

/// The same mistakes, with those about files behind one folder that may not be passed in one.
pub(super) fn one_for_each_closed_folder(home: &Home, mistakes: Vec<Mistake>) -> Vec<Mistake> {
    let folder = |mistake: &Mistake| closed_folder(home, mistake);
    one_for_each(mistakes, folder, Problem::BehindFolder)
}

/// The same with those about files whose folder is not there.
pub(super) fn one_for_each_missing_folder(home: &Home, mistakes: Vec<Mistake>) -> Vec<Mistake> {
    let folder = |mistake: &Mistake| missing_folder(home, mistake);
    one_for_each(mistakes, folder, Problem::InNoFolder)
}

fn one_for_each(
    mistakes: Vec<Mistake>,
    folder: impl Fn(&Mistake) -> Option<PathBuf>,
    problem: fn(Vec<String>) -> Problem,
) -> Vec<Mistake> {
    let mut groups: Vec<(Option<PathBuf>, Vec<Mistake>)> = Vec::new();
    for mistake in mistakes {
        let folder = folder(&mistake);
        let mut known = groups.iter_mut();
        match known.find(|(known, _)| folder.is_some() && *known == folder) {
            Some((_, group)) => group.push(mistake),
            None => groups.push((folder, vec![mistake])),
        }
    }
    let merged = groups.into_iter().flat_map(|(folder, mut group)| {
        if group.len() > 1 {
            let names = group.iter().map(|one| one.place.name().into_owned());
            let problem = problem(names.collect());
            group.truncate(1);
            if let Some(first) = group.first_mut() {
                first.problem = problem;
                first.given = folder.map(Given::File);
            }
        }
        group
    });
    merged.collect()
}

/// The first folder on the way to its file that this user may not pass.
fn closed_folder(home: &Home, mistake: &Mistake) -> Option<PathBuf> {
    let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let file = match mistake.file().filter(|_| mistake.is_denied()) {
        Some(file) => file.to_owned(),
        None => usual_file(home, mistake)?,
    };
    first_on_the_way(&file, is_closed)
}

/// The first folder on the way to its file that is not there, or is none.
fn missing_folder(home: &Home, mistake: &Mistake) -> Option<PathBuf> {
    let is_no_folder = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        )
    };
    let file = match &mistake.problem {
        Problem::Unreadable { cause, .. } if is_no_folder(cause) => mistake.file()?.to_owned(),
        _ => usual_file(home, mistake)?,
    };
    first_on_the_way(&file, is_no_folder)
}

/// Where the file would be that is missing, and that no key needs to name.
fn usual_file(home: &Home, mistake: &Mistake) -> Option<PathBuf> {
    let file = match mistake.problem {
        Problem::Missing(Missing::ServerCertificate) => TLS_CERTIFICATE,
        Problem::Missing(Missing::ClientAuthorities) => CLIENT_CA,
        _ => return None,
    };
    Some(home.path(file))
}

fn first_on_the_way(file: &Path, is_so: impl Fn(&io::Error) -> bool) -> Option<PathBuf> {
    let mut folders: Vec<_> = file.ancestors().skip(1).collect();
    folders.reverse();
    let mut folders = folders.into_iter();
    let found =
        folders.find(|folder| fs::metadata(folder.join(".")).is_err_and(|error| is_so(&error)));
    found.map(ToOwned::to_owned)
}
