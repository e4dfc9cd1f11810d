use std::{
    fs,
    os::unix::fs::symlink,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::*;

const NOBODY: Belongs = Belongs::AsBefore(65534, 65534);
const OWN: Belongs = Belongs::ToWriter;

fn scene() -> (tempfile::TempDir, Folder, PathBuf) {
    let above = tempfile::TempDir::new().expect("a folder");
    let (home, outside) = (above.path().join("home"), above.path().join("outside"));
    for folder in [&home, &outside] {
        fs::create_dir(folder).expect("a folder");
    }
    fs::write(outside.join("file"), "outside").expect("written");
    let folder = Folder::open(&home).expect("opens");
    (above, folder, outside)
}

#[test]
fn no_link_is_followed_wherever_it_is() {
    let (_above, folder, outside) = scene();
    symlink(&outside, folder.path().join("linked")).expect("a link");
    symlink(outside.join("file"), folder.path().join("file")).expect("a link");
    for name in ["linked/file", "file"] {
        assert!(
            LinkInTheWay::caused(&folder.read(name).expect_err("refused")),
            "{name}"
        );
        let error = folder.place(name, b"new", 0o600, OWN).expect_err("refused");
        assert!(LinkInTheWay::caused(&error), "{name}: {error}");
    }
    assert_eq!(folder.find("file").expect("looks"), Found::Link);
    for refused in [
        folder.find("linked/file").map(drop),
        folder.folder("linked").map(drop),
        folder.make("linked/new", 0o700).map(drop),
        folder.make_new("linked/new", 0o700).map(drop),
        folder.remove_file("linked/file"),
        folder.remove_folder("linked/file"),
        folder.remove_all("linked/file"),
    ] {
        assert!(LinkInTheWay::caused(&refused.expect_err("refused")));
    }
    folder.remove_all("linked").expect("the link goes");
    assert_eq!(fs::read(outside.join("file")).expect("stays"), b"outside");
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 1);
}

#[test]
fn a_pipe_is_no_file_and_keeps_nobody_waiting() {
    let (_above, folder, _) = scene();
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(CWD, &pipe, Mode::from_raw_mode(0o600)).expect("a pipe");
    assert_eq!(folder.find("pipe").expect("looks"), Found::Other);
    let error = folder.read("pipe").expect_err("refused").to_string();
    assert!(error.contains("no file"), "{error}");
}

#[test]
fn no_name_leads_out() {
    let (_above, folder, outside) = scene();
    let absolute = outside.join("file").display().to_string();
    for name in [
        "../outside/file",
        "a/../../outside/file",
        &absolute,
        "..",
        "/",
    ] {
        assert!(folder.read(name).is_err(), "{name}");
        assert!(folder.place(name, b"x", 0o600, OWN).is_err(), "{name}");
        assert!(folder.remove_all(name).is_err(), "{name}");
        assert!(folder.make(name, 0o700).is_err(), "{name}");
        assert!(folder.find(name).is_err(), "{name}");
    }
    assert_eq!(fs::read(outside.join("file")).expect("stays"), b"outside");
}

#[test]
fn files_come_go_and_are_found() {
    let (_above, folder, _) = scene();
    folder.make("a/b", 0o700).expect("made");
    folder.place("a/b/c", b"1", 0o600, OWN).expect("written");
    folder.place("a/b/c", b"2", 0o600, OWN).expect("written");
    assert_eq!(folder.read("a/b/c").expect("read"), b"2");
    let inner = folder.folder("a/b").expect("there");
    assert_eq!(inner.names().expect("names"), ["c"]);
    assert_eq!(folder.find("a/b/c").expect("looks"), Found::File);
    assert_eq!(folder.find("a").expect("looks"), Found::Folder);
    assert_eq!(folder.find("x/y").expect("looks"), Found::Nothing);
    assert!(folder.make_new("a/b", 0o700).is_err());
    assert!(folder.place("a/b", b"x", 0o600, NOBODY).is_err());
    folder.remove_all("a").expect("removed");
    assert!(folder.names().expect("names").is_empty());
}

/// Whoever exchanges a folder for a link while files are written gets them in neither place but the folder.
#[test]
fn a_writer_is_not_led_out_by_an_exchange() {
    let (_above, folder, outside) = scene();
    let [real, link] = ["real", "link"].map(|name| folder.path().join(name));
    fs::create_dir(&real).expect("a folder");
    symlink(&outside, &link).expect("a link");
    let over = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                renameat_with(CWD, &real, CWD, &link, RenameFlags::EXCHANGE).expect("exchanged");
            }
        });
        let (mut written, mut tries) = (0, 0);
        while written < 20 && tries < 20_000 {
            tries += 1;
            written += usize::from(folder.place("real/file", b"new", 0o600, OWN).is_ok());
            let _ = folder.remove_all("real/file");
        }
        over.store(true, Ordering::Relaxed);
        written
    });
    assert!(written > 0);
    assert_eq!(fs::read(outside.join("file")).expect("stays"), b"outside");
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 1);
}
