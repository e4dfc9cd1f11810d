//! Hosts of their own: network namespaces and the cables between them.

use std::{path::PathBuf, process::Command, time::Duration};

use crate::lab::{Lab, process::Running, run_with_input, wait_until};

/// Removed with its cables when dropped.
#[derive(Debug)]
pub struct Namespace {
    pub name: String,
    directory: Vec<Running>,
    folder: tempfile::TempDir,
}

/// A host with one cable to this one, which can be pulled.
#[derive(Debug)]
pub struct FarHost {
    pub host: Namespace,
    /// Its address at the far end of the cable.
    pub address: String,
    cable: String,
}

impl Namespace {
    /// `label` tells the namespaces of one scenario apart.
    pub fn new(label: &str) -> Self {
        let made = Self {
            name: format!("ad-edge-{}{label}", std::process::id()),
            directory: Vec::new(),
            folder: tempfile::TempDir::new().expect("a folder"),
        };
        ip(&["netns", "add", &made.name]);
        made.ip(&["link", "set", "lo", "up"]);
        made
    }

    /// `ip` with these arguments, in there.
    pub fn ip(&self, arguments: &[&str]) {
        ip(&[&["-n", self.name.as_str()], arguments].concat());
    }

    /// A command that runs in there.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Brings the domain controller's port to the same loopback address in there, by way of a socket
    /// file.
    pub fn bring_directory(&mut self) {
        let address = &Lab::get().address;
        let socket = self.file("ldaps");
        let mut outside = Command::new("socat");
        outside
            .arg(format!("UNIX-LISTEN:{},fork", socket.display()))
            .arg(format!("TCP:{address}:636"));
        let mut inside = self.command("socat");
        inside
            .arg(format!("TCP-LISTEN:636,bind={address},fork,reuseaddr"))
            .arg(format!("UNIX-CONNECT:{}", socket.display()));
        let started = [
            Running::start(&mut outside, &self.file("outside.log")),
            Running::start(&mut inside, &self.file("inside.log")),
        ];
        self.directory.extend(started);
        wait_until(Duration::from_secs(5), "no socket", || socket.exists());
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // With its last process gone, the namespace takes its ends of cables along.
        self.directory.clear();
        let _gone = Command::new("ip")
            .args(["netns", "del", &self.name])
            .output();
    }
}

impl FarHost {
    /// A host that reaches nothing but this one, and the lab's domain controller.
    pub fn new() -> Self {
        let pid = std::process::id();
        let cable = format!("ae{pid}");
        let peer = format!("{cable}p");
        let (here, there) = (
            format!("10.99.{}.1/30", pid % 250),
            format!("10.99.{}.2", pid % 250),
        );
        let mut host = Namespace::new("");
        ip(&[
            "link", "add", &cable, "type", "veth", "peer", "name", &peer, "netns", &host.name,
        ]);
        ip(&["addr", "add", &here, "dev", &cable]);
        ip(&["link", "set", &cable, "up"]);
        host.ip(&["addr", "add", &format!("{there}/30"), "dev", &peer]);
        host.ip(&["link", "set", &peer, "up"]);
        host.bring_directory();
        Self {
            host,
            address: there,
            cable,
        }
    }

    /// Pulls the cable.
    pub fn cut_off(&self) {
        ip(&["link", "set", &self.cable, "down"]);
    }
}

impl Drop for FarHost {
    fn drop(&mut self) {
        let _gone = Command::new("ip")
            .args(["link", "del", &self.cable])
            .output();
    }
}

pub fn ip(arguments: &[&str]) {
    run_with_input(Command::new("ip").args(arguments), "");
}
