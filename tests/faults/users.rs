//! Who signs in: users of the load's own, since tests before this stage lock and change those of the lab.

use std::{
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use crate::lab::{Lab, controllers::Pair, run_with_input};

pub const COUNT: usize = 10;

fn name(number: usize) -> String {
    format!("load-{number}")
}

/// The users and their groups, for a domain as the lab's.
pub fn ldif() -> String {
    let mut ldif = many_groups("delete");
    for number in 0..COUNT {
        ldif += &Lab::get().new_user(&name(number), &format!("displayName: Load {number}\n"));
        ldif += "\n";
    }
    for (group, every) in [("Staff", 1), ("Sales (EMEA)", 2), ("Backend", 3)] {
        let of = format!("CN={group},CN=Users,DC=corp,DC=example");
        write!(ldif, "dn: {of}\nchangetype: modify\nadd: member\n").expect("a String takes all");
        for number in (0..COUNT).step_by(every) {
            let user = name(number);
            writeln!(ldif, "member: CN={user},CN=Users,DC=corp,DC=example")
                .expect("a String takes all");
        }
        ldif += "-\n\n";
    }
    ldif
}

/// The groups that make one user's token large, away or back: the nested search looks at every group,
/// for which the lab's controller takes a tenth of a second.
fn many_groups(change: &str) -> String {
    let many = (1..=400).map(|n| {
        let lines =
            format!("dn: CN=Many {n:03},CN=Users,DC=corp,DC=example\nchangetype: {change}\n");
        match change {
            "add" => format!(
                "{lines}objectClass: group\nsAMAccountName: many-{n:03}\n\
                 member: CN=Max Groups,CN=Users,DC=corp,DC=example\n\n"
            ),
            _ => lines + "\n",
        }
    });
    many.collect()
}

/// Leaves the lab as it was, for the tests that come after.
pub fn remove() {
    let folder = folder();
    if !made(&folder).exists() {
        return;
    }
    let mut ldif = many_groups("add");
    for number in 0..COUNT {
        let user = name(number);
        writeln!(
            ldif,
            "dn: CN={user},CN=Users,DC=corp,DC=example\nchangetype: delete\n"
        )
        .expect("a String takes all");
    }
    Lab::get().ldbmodify(&ldif);
    fs::remove_dir_all(folder).expect("removed");
}

/// A credential cache of each, with the ticket for the service: the load needs no KDC. Whichever scenario
/// comes first makes them, and the users.
pub fn caches() -> Vec<PathBuf> {
    let lab = Lab::get();
    let folder = folder();
    fs::create_dir_all(&folder).expect("a folder");
    let lock = File::create(lab.state.join("load.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if !made(&folder).exists() {
        lab.ldbmodify(&ldif());
        for number in 0..COUNT {
            tickets(&folder, &name(number), &lab.krb5_conf());
        }
        File::create(made(&folder)).expect("the mark");
    }
    (0..COUNT).map(|number| folder.join(name(number))).collect()
}

/// The same of a pair that has the users: they have other SIDs than the lab's of the same names, so the lab's
/// tickets are not theirs.
pub fn caches_of(pair: &Pair) -> Vec<PathBuf> {
    let folder = pair.folder().join("load");
    fs::create_dir_all(&folder).expect("a folder");
    for number in 0..COUNT {
        tickets(&folder, &name(number), &pair.krb5_conf());
    }
    (0..COUNT).map(|number| folder.join(name(number))).collect()
}

fn folder() -> PathBuf {
    Lab::get().state.join("load")
}

/// The mark that all of them are there.
fn made(folder: &Path) -> PathBuf {
    folder.join("complete")
}

fn tickets(folder: &Path, user: &str, krb5_conf: &Path) {
    let lab = Lab::get();
    let cache = folder.join(user);
    let name = format!("FILE:{}", cache.display());
    let kerberos = |program: &str, arguments: [&str; 3], input: &str| {
        let mut command = Command::new(program);
        command.env("KRB5_CONFIG", krb5_conf).args(arguments);
        run_with_input(&mut command, input);
    };
    kerberos("kinit", ["-c", &name, user], &lab.password);
    kerberos("kvno", ["-c", &name, "HTTP/login.corp.example"], "");
}
