//! Domain controllers of a test's own: two that hold one domain, for tests that stop them, and one of another
//! domain.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use tempfile::TempDir;

use super::{Lab, ldbmodify, project, run_with_input};

/// A domain controller with a folder and an address of its own; stopped when dropped.
#[derive(Debug)]
pub struct Controller {
    state: PathBuf,
    pub address: String,
}

#[derive(Debug)]
pub struct Pair {
    pub first: Controller,
    pub second: Controller,
    folder: TempDir,
}

/// A domain made anew, with one controller.
#[derive(Debug)]
pub struct Fresh {
    pub controller: Controller,
    folder: TempDir,
}

/// No password is wrong too often.
const NO_LOCKOUT: &str = "dn: DC=corp,DC=example\nchangetype: modify\nreplace: lockoutThreshold\n\
                          lockoutThreshold: 0\n\n";

/// Where tests/run.sh looks for what a test that was killed left behind.
fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("pair.")
        .tempdir_in(&Lab::get().state)
        .expect("a folder")
}

impl Fresh {
    /// A domain like the lab's with this NetBIOS name.
    pub fn make(netbios: &str) -> Self {
        let folder = folder();
        let mut controller = Controller {
            state: folder.path().join("1"),
            address: String::new(),
        };
        controller.up(&[("LAB_NETBIOS", netbios), ("LAB_PRISTINE", "")]);
        Self { controller, folder }
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("1/pki/ca.pem")
    }
}

impl Pair {
    /// A domain as the lab's was at first, without lockouts.
    pub fn start() -> Self {
        Self::with("")
    }

    /// The same, changed by LDIF with `changetype`.
    pub fn with(ldif: &str) -> Self {
        let state = &Lab::get().state;
        let folder = folder();
        let (one, two) = (folder.path().join("1"), folder.path().join("2"));
        let copy = |from: &Path, to: &Path| {
            run_with_input(Command::new("cp").arg("-a").arg(from).arg(to), "");
        };
        copy(&state.join("pristine"), &one);
        ldbmodify(&one.join("domain"), &[], &format!("{NO_LOCKOUT}{ldif}"));
        copy(&one, &two);
        // Each takes an address of its own, and a certificate for it by the lab's CA.
        let (first, second) = thread::scope(|scope| {
            let first = scope.spawn(|| Controller::start(one));
            let second = Controller::start(two);
            (first.join().expect("the first one"), second)
        });
        Self {
            first,
            second,
            folder,
        }
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("1/pki/ca.pem")
    }

    /// What knows the KDC of the first.
    pub fn krb5_conf(&self) -> PathBuf {
        self.folder.path().join("1/krb5.conf")
    }

    /// Of the pair's own, removed with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Controller {
    fn start(state: PathBuf) -> Self {
        let mut controller = Self {
            state,
            address: String::new(),
        };
        controller.restart();
        controller
    }

    /// Starts it, and waits until it answers.
    pub fn restart(&mut self) {
        self.up(&[]);
    }

    fn up(&mut self, environment: &[(&str, &str)]) {
        lab("up", &self.state, environment);
        let env = std::fs::read_to_string(self.state.join("lab.env")).expect("lab.env");
        let address = env
            .lines()
            .find_map(|line| line.strip_prefix("LAB_ADDRESS="));
        address.expect("an address").clone_into(&mut self.address);
    }

    pub fn url(&self) -> String {
        format!("ldaps://{}:636", self.address)
    }

    /// Denies every account what these rights (SDDL) allow on an object and below it.
    pub fn deny(&self, rights: &str, dn: &str) {
        let domain = self.state.join("domain");
        let mut command = Command::new("samba-tool");
        command
            .args(["dsacl", "set", "--action=deny", "--objectdn", dn, "--sddl"])
            .arg(format!("(D;CI;{rights};;;AU)"))
            .arg("-H")
            .arg(domain.join("private/sam.ldb"))
            .arg("--configfile")
            .arg(domain.join("etc/smb.conf"));
        run_with_input(&mut command, "");
    }

    /// How many wrong passwords it has counted for the user.
    pub fn bad_passwords(&self, user: &str) -> u32 {
        let domain = self.state.join("domain");
        let mut command = Command::new("ldbsearch");
        command
            .arg(format!(
                "--configfile={}",
                domain.join("etc/smb.conf").display()
            ))
            .arg("-H")
            .arg(domain.join("private/sam.ldb"))
            .args([&format!("(sAMAccountName={user})"), "badPwdCount"]);
        let shown = run_with_input(&mut command, "");
        let count = shown
            .lines()
            .find_map(|line| line.strip_prefix("badPwdCount: "));
        count.map_or(0, |count| count.parse().expect("a number"))
    }

    /// Ends it in good order.
    pub fn down(&self) {
        lab("down", &self.state, &[]);
    }

    /// Sends a signal to all of its processes: `KILL`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        let pid = std::fs::read_to_string(self.state.join("run/samba.pid")).expect("its pid");
        let pid = pid.split_whitespace().next().expect("a number");
        run_with_input(
            Command::new("kill").args([&format!("-{name}"), "--", &format!("-{pid}")]),
            "",
        );
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // One that was stopped in its tracks does not end. One that is gone is no error.
        let script = project().join("tests/lab/lab.sh");
        if let Ok(pid) = std::fs::read_to_string(self.state.join("run/samba.pid")) {
            let group = format!("-{}", pid.split_whitespace().next().unwrap_or_default());
            let _gone = Command::new("kill").args(["-CONT", "--", &group]).output();
        }
        let _down = Command::new(script).arg("down").arg(&self.state).output();
    }
}

fn lab(what: &str, state: &Path, environment: &[(&str, &str)]) {
    let script = project().join("tests/lab/lab.sh");
    let mut command = Command::new(script);
    let environment = environment.iter().copied();
    command.arg(what).arg(state).envs(environment);
    run_with_input(&mut command, "");
}
