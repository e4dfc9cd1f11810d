//! Hosts of their own: network namespaces and the cables between them. Their names begin with
//! `ad-edge-` or `ae` and the lab's id, by which `tests/run.sh` finds what a killed test left behind.

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
    /// `label` tells the namespaces of one scenario apart, the process those of several.
    pub fn new(label: &str) -> Self {
        let made = Self {
            name: format!("ad-edge-{}-{label}-{}", Lab::get().id(), std::process::id()),
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
        wait_until(Duration::from_secs(15), "no socket", || socket.exists());
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
        let lab = Lab::get();
        // The lab's address is its own among labs, and so is a network with its last number.
        let number = lab.address.rsplit('.').next().expect("a number");
        let (here, there) = (format!("10.99.{number}.1/30"), format!("10.99.{number}.2"));
        let cable = format!("ae{}", lab.id());
        let mut host = Namespace::new("far");
        ip(&[
            "link", "add", &cable, "type", "veth", "peer", "name", "cable", "netns", &host.name,
        ]);
        ip(&["addr", "add", &here, "dev", &cable]);
        ip(&["link", "set", &cable, "up"]);
        host.ip(&["addr", "add", &format!("{there}/30"), "dev", "cable"]);
        host.ip(&["link", "set", "cable", "up"]);
        host.bring_directory();
        Self {
            host,
            address: there,
            cable,
        }
    }

    /// Pulls the cable at the far end: this host keeps its address and its route, and what it sends
    /// is lost without a word.
    pub fn cut_off(&self) {
        self.host.ip(&["link", "set", "cable", "down"]);
    }

    pub fn restore(&self) {
        self.host.ip(&["link", "set", "cable", "up"]);
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
