//! A revocation list that was sent to the console: its place, and what is odd about it there.

use std::{fs, path::Path, time::SystemTime};

use super::sent_files::{FileDoubt, FileFault, Placed, place};
use crate::{
    authenticate::{GivenAuthorities, GivenList},
    cause,
    config::{Effective, Home, Most, home, keys, read_file},
};

/// A list takes the place of the one of the same CA: two of one CA would count by chance.
pub(super) fn list(
    content: &[u8],
    authorities: &GivenAuthorities,
    home: &Home,
    effective: &Effective,
    now: SystemTime,
) -> Result<(Placed, Vec<FileDoubt>), FileFault> {
    let list = GivenList::read(content).map_err(FileFault::List)?;
    list.check(authorities).map_err(FileFault::List)?;
    let mut given = effective.value(&keys::CLIENT_CRL_FILES);
    if given.is_empty() {
        given.push(home::REVOCATION_LISTS.to_owned());
    }
    let key = keys::CLIENT_CRL_FILES.name;
    let doubts = |before: Option<&GivenList>| {
        let doubts = list.doubts(before, now).into_iter();
        doubts.map(FileDoubt::List).collect()
    };
    for path in given.iter().flat_map(|path| files_of(home, path)) {
        let before = read_file(&home.path(&path), Most::REVOCATION_LIST).ok();
        let before = before.and_then(|content| GivenList::read_all(&content).ok());
        let before = before.unwrap_or_default();
        let same = before
            .iter()
            .find(|before| list.takes_the_place_of(before, authorities));
        if same.is_some() && before.len() > 1 {
            return Err(FileFault::Bundle(path, list.issuer().to_owned()));
        }
        if let Some(same) = same {
            let placed = (place(home, key, &path)?, list.to_pem());
            return Ok((placed, doubts(Some(same))));
        }
    }
    let mut folders = given.iter().filter_map(|p| home::folder_of(Path::new(p)));
    let Some((folder, ending)) = folders.next() else {
        return Err(FileFault::NoPlace(list.issuer().to_owned()));
    };
    let stem = stem(list.issuer());
    let ending = if ending.is_empty() { ".pem" } else { ending };
    let mut path = folder.join(format!("{stem}{ending}"));
    let mut count = 1;
    while home.path(&path).exists() {
        count += 1;
        path = folder.join(format!("{stem}-{count}{ending}"));
    }
    let name = place(home, key, &path.to_string_lossy())?;
    Ok(((name, list.to_pem()), doubts(None)))
}

fn files_of(home: &Home, given: &str) -> Vec<String> {
    let given = Path::new(given);
    let Some((folder, _)) = home::folder_of(given) else {
        return vec![given.to_string_lossy().into_owned()];
    };
    let found = fs::read_dir(home.path(folder)).into_iter().flatten();
    let paths = found.filter_map(|entry| Some(folder.join(entry.ok()?.file_name())));
    let paths = paths.filter(|path| home::stands_for(given, path));
    paths.map(|p| p.to_string_lossy().into_owned()).collect()
}

/// A file's name of a CA's.
fn stem(issuer: &str) -> String {
    let common = issuer.split("CN=").nth(1).unwrap_or(issuer);
    let common = common.split(',').next().unwrap_or(common);
    let plain = common.chars().filter(|c| !cause::is_unseen(*c)).take(60);
    let plain = plain.map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    });
    let plain: String = plain.collect();
    match plain.trim_matches('-') {
        "" => "list".to_owned(),
        plain => plain.to_owned(),
    }
}
