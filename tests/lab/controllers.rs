//! Two domain controllers that hold one domain, for tests that stop them: nothing else uses them.

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

/// No password is wrong too often.
const NO_LOCKOUT: &str = "dn: DC=corp,DC=example\nchangetype: modify\nreplace: lockoutThreshold\n\
                          lockoutThreshold: 0\n\n";

impl Pair {
    /// A domain as the lab's was at first, without lockouts.
    pub fn start() -> Self {
        Self::with("")
    }

    /// The same, changed by LDIF with `changetype`.
    pub fn with(ldif: &str) -> Self {
        let state = &Lab::get().state;
        // Where tests/run.sh looks for what a test that was killed left behind.
        let folder = tempfile::Builder::new()
            .prefix("pair.")
            .tempdir_in(state)
            .expect("a folder");
        let (one, two) = (folder.path().join("1"), folder.path().join("2"));
        let copy = |from: &Path, to: &Path| {
            run_with_input(Command::new("cp").arg("-a").arg(from).arg(to), "");
        };
        copy(&state.join("pristine"), &one);
        ldbmodify(&one.join("domain"), &[], &format!("{NO_LOCKOUT}{ldif}"));
        copy(&one, &two);
        // Each takes an address of its own, and a certificate for it by the lab's CA.
        let (first, second) = thread::scope(|scope| {
            let first = scope.spawn(|| Controller::up(one));
            let second = Controller::up(two);
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
}

impl Controller {
    fn up(state: PathBuf) -> Self {
        let mut controller = Self {
            state,
            address: String::new(),
        };
        controller.restart();
        controller
    }

    /// Starts it, and waits until it answers.
    pub fn restart(&mut self) {
        lab("up", &self.state);
        let env = std::fs::read_to_string(self.state.join("lab.env")).expect("lab.env");
        let address = env
            .lines()
            .find_map(|line| line.strip_prefix("LAB_ADDRESS="));
        address.expect("an address").clone_into(&mut self.address);
    }

    pub fn url(&self) -> String {
        format!("ldaps://{}:636", self.address)
    }

    /// Ends it in good order.
    pub fn down(&self) {
        lab("down", &self.state);
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

fn lab(what: &str, state: &Path) {
    let script = project().join("tests/lab/lab.sh");
    run_with_input(Command::new(script).arg(what).arg(state), "");
}
