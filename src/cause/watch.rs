//! Watching files: what notify says.

use notify::{Error, ErrorKind};

/// An error of watching a file or folder.
pub fn watch(error: &Error) -> String {
    let what = match &error.kind {
        ErrorKind::Io(error) => super::io(error),
        ErrorKind::PathNotFound => "there is no such folder".to_owned(),
        ErrorKind::MaxFilesWatch => {
            "the limit of watched files is reached (fs.inotify.max_user_watches)".to_owned()
        }
        ErrorKind::Generic(text) => text.clone(),
        ErrorKind::WatchNotFound | ErrorKind::InvalidConfig(_) => "watching failed".to_owned(),
    };
    match error.paths.first() {
        Some(path) => format!("{}: {what}", path.display()),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_told_in_words() {
        let error = Error::path_not_found().add_path("/var/lib/ad-edge/certs".into());
        let text = watch(&error);
        assert_eq!(text, "/var/lib/ad-edge/certs: there is no such folder");
    }
}
