//! A host of its own: a network namespace with one cable, which can be pulled.

use std::{path::Path, process::Command};

use crate::lab::{Lab, process::Running, run_with_input};

/// Removed with its cable when dropped.
#[derive(Debug)]
pub struct Namespace {
    pub name: String,
    /// Its address at the far end of the cable.
    pub address: String,
    cable: String,
    directory: Vec<Running>,
    folder: tempfile::TempDir,
}

impl Namespace {
    /// A host that reaches nothing but this one, and the lab's domain controller.
    pub fn new() -> Self {
        let pid = std::process::id();
        let third = pid % 250;
        let (name, cable) = (format!("ad-edge-{pid}"), format!("ae{pid}"));
        let (here, there) = (format!("10.99.{third}.1"), format!("10.99.{third}.2"));
        let folder = tempfile::TempDir::new().expect("a folder");
        let mut made = Self {
            address: there.clone(),
            directory: Vec::new(),
            folder: folder,
            name,
            cable,
        };
        ip(&["netns", "add", &made.name]);
        let peer = format!("{}p", made.cable);
        ip(&[
            "link",
            "add",
            &made.cable,
            "type",
            "veth",
            "peer",
            "name",
            &peer,
        ]);
        ip(&["link", "set", &peer, "netns", &made.name]);
        ip(&["addr", "add", &format!("{here}/30"), "dev", &made.cable]);
        ip(&["link", "set", &made.cable, "up"]);
        let name = made.name.clone();
        let inside = |arguments: &[&str]| ip(&[&["-n", name.as_str()], arguments].concat());
        inside(&["addr", "add", &format!("{there}/30"), "dev", &peer]);
        inside(&["link", "set", &peer, "up"]);
        inside(&["link", "set", "lo", "up"]);
        made.bring_directory();
        made
    }

    /// The domain controller's port on the same loopback address, by way of a socket file.
    fn bring_directory(&mut self) {
        let address = &Lab::get().address;
        let socket = self.folder.path().join("ldaps");
        let log = |name: &str| self.folder.path().join(name);
        let mut outside = Command::new("socat");
        outside
            .arg(format!("UNIX-LISTEN:{},fork", socket.display()))
            .arg(format!("TCP:{address}:636"));
        let mut inside = Command::new("ip");
        inside
            .args(["netns", "exec", &self.name, "socat"])
            .arg(format!("TCP-LISTEN:636,bind={address},fork,reuseaddr"))
            .arg(format!("UNIX-CONNECT:{}", socket.display()));
        let started = [
            Running::start(&mut outside, &log("outside.log")),
            Running::start(&mut inside, &log("inside.log")),
        ];
        self.directory.extend(started);
        crate::lab::wait_until(std::time::Duration::from_secs(5), "no socket", || {
            Path::new(&socket).exists()
        });
    }

    /// Pulls the cable.
    pub fn cut_off(&self) {
        ip(&["link", "set", &self.cable, "down"]);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // With its last process gone, the namespace takes its end of the cable along.
        self.directory.clear();
        let _gone = Command::new("ip")
            .args(["link", "del", &self.cable])
            .output();
        let _gone = Command::new("ip")
            .args(["netns", "del", &self.name])
            .output();
    }
}

fn ip(arguments: &[&str]) {
    run_with_input(Command::new("ip").args(arguments), "");
}
