//! A folder that may not be passed is one mistake, however many files are behind it.

use std::{fs, io, path::PathBuf};

use super::{
    mistake::{Given, Mistake},
    problem::Problem,
};

/// The same mistakes, with those about files behind one folder in one.
pub(super) fn one_for_each_folder(mistakes: Vec<Mistake>) -> Vec<Mistake> {
    let mut found: Vec<(Option<PathBuf>, Mistake)> = Vec::new();
    for mistake in mistakes {
        let folder = closed_folder(&mistake);
        let is_same =
            |(known, _): &(Option<PathBuf>, Mistake)| folder.is_some() && *known == folder;
        let Some(at) = found.iter().position(is_same) else {
            found.push((folder, mistake));
            continue;
        };
        let first = &mut found[at].1;
        let name = mistake.place.name().into_owned();
        match &mut first.problem {
            Problem::BehindFolder(names) => names.push(name),
            problem => {
                *problem = Problem::BehindFolder(vec![first.place.name().into_owned(), name]);
                first.given = folder.map(Given::File);
            }
        }
    }
    found.into_iter().map(|(_, mistake)| mistake).collect()
}

/// The first folder on the way to its file that this user may not pass.
fn closed_folder(mistake: &Mistake) -> Option<PathBuf> {
    if !mistake.is_denied() {
        return None;
    }
    let mut folders: Vec<_> = mistake.file()?.ancestors().skip(1).collect();
    folders.reverse();
    let is_closed = |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let mut folders = folders.into_iter();
    let closed = folders.find(|folder| fs::metadata(folder.join(".")).is_err_and(is_closed));
    closed.map(ToOwned::to_owned)
}
