//! The shipped balancer configuration, run by the real `HAProxy`.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::curl::Curl;
use super::http::http_get;
use super::instance::Instance;
use super::process::Running;
use super::{Lab, project, wait_until};

const INSTANCES: usize = 3;

/// A balancer on up to three instances; killed when dropped.
#[derive(Debug)]
pub struct Haproxy {
    pub process: Running,
    pub port: u16,
    pub metrics_port: u16,
    _folder: TempDir,
}

impl Haproxy {
    /// Starts it and waits until its checks have found all of the instances ready.
    pub fn start(instances: &[&Instance]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let balancer = Self::run(
            Command::new("haproxy"),
            "passthrough.cfg",
            &addresses(instances),
            folder,
        );
        balancer.await_up(instances.len());
        balancer
    }

    /// The same with TLS ending at the balancer, which asks for client certificates of this CA (PEM).
    pub fn terminating(instances: &[&Instance], client_ca: &str) -> Self {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        let (bundle, ca) = (
            folder.path().join("login.pem"),
            folder.path().join("ca.pem"),
        );
        let part =
            |name: &str| std::fs::read_to_string(lab.state.join("pki").join(name)).expect("a file");
        std::fs::write(&bundle, part("login.pem") + &part("login.key")).expect("written");
        std::fs::write(&ca, client_ca).expect("written");
        let mut command = Command::new("haproxy");
        command
            .env("LOGIN_CERT_FILE", bundle)
            .env("CLIENT_CA_FILE", ca);
        let balancer = Self::run(command, "terminating.cfg", &addresses(instances), folder);
        balancer.await_up(instances.len());
        balancer
    }

    /// Starts it with a shipped configuration in which some texts are replaced by others, and does not wait
    /// for checks to pass.
    pub fn misconfigured(file: &str, replaced: &[(&str, &str)], instance: &Instance) -> Self {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        let path = project().join("haproxy").join(file);
        let mut text = std::fs::read_to_string(path).expect("the configuration");
        for (from, to) in replaced {
            assert!(text.contains(from), "{file} holds no {from:?}");
            text = text.replace(from, to);
        }
        let changed = folder.path().join("haproxy.cfg");
        std::fs::write(&changed, text).expect("written");
        let bundle = folder.path().join("login.pem");
        let part =
            |name: &str| std::fs::read_to_string(lab.state.join("pki").join(name)).expect("a file");
        std::fs::write(&bundle, part("login.pem") + &part("login.key")).expect("written");
        let mut command = Command::new("haproxy");
        command
            .env("LOGIN_CERT_FILE", bundle)
            .env("CLIENT_CA_FILE", lab.ca());
        let changed = changed.to_string_lossy().into_owned();
        Self::run(command, &changed, &addresses(&[instance]), folder)
    }

    /// Starts it with a configuration that `ad-edge setup` printed, on the lab's address and with its CA, and
    /// waits until its checks have found all of the instances ready.
    ///
    /// # Panics
    /// When the text is not what is expected, or no configuration.
    pub fn printed(text: &str, instances: usize) -> Self {
        let port = printed_port(text);
        Self::printed_on(text, instances, &Lab::get().address, port)
    }

    /// The same on every address of this machine, as it is printed, at a port of its own.
    pub fn printed_everywhere(text: &str, instances: usize) -> Self {
        Self::printed_on(text, instances, "::", Lab::get().free_port_everywhere())
    }

    fn printed_on(text: &str, instances: usize, address: &str, port: u16) -> Self {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        let metrics_port = lab.free_port();
        let (_, bound) = text.split_once("bind :::").expect("where users connect to");
        let bound = bound.split(' ').next().expect("a port");
        let bound = format!("bind :::{bound} v4v6");
        let mut text = text.to_owned();
        for (from, to) in [
            (bound.as_str(), format!("bind {address}:{port} v4v6")),
            (
                "bind 127.0.0.1:8405",
                format!("bind {}:{metrics_port}", lab.address),
            ),
            (
                "log /dev/log local0",
                "log stdout format raw local0".to_owned(),
            ),
            ("/etc/haproxy/login-ca.pem", lab.ca().display().to_string()),
        ] {
            assert!(text.contains(from), "no {from:?} in {text}");
            text = text.replace(from, &to);
        }
        let path = folder.path().join("haproxy.cfg");
        std::fs::write(&path, text).expect("written");
        let mut command = Command::new("haproxy");
        command.args(["-W", "-db", "-f"]).arg(path);
        let balancer = Self {
            process: Running::start(&mut command, &folder.path().join("log")),
            port,
            metrics_port,
            _folder: folder,
        };
        balancer.await_up(instances);
        balancer
    }

    /// Starts it on ports that may or may not be served.
    pub fn start_on(ports: &[u16]) -> Self {
        let command = Command::new("haproxy");
        let folder = TempDir::new().expect("a folder");
        let address = &Lab::get().address;
        let edges = ports.iter().map(|port| format!("{address}:{port}"));
        Self::run(
            command,
            "passthrough.cfg",
            &edges.collect::<Vec<_>>(),
            folder,
        )
    }

    fn run(mut command: Command, file: &str, edges: &[String], folder: TempDir) -> Self {
        assert!(
            edges.len() <= INSTANCES,
            "the configuration holds {INSTANCES} instances"
        );
        let lab = Lab::get();
        let (port, metrics_port) = (lab.free_port(), lab.free_port());
        command
            .args(["-W", "-db", "-f"])
            .arg(project().join("haproxy").join(file))
            .env("LOGIN_BIND", format!("{}:{port}", lab.address))
            .env("LOGIN_HOST", "login.corp.example")
            .env("LOGIN_CA_FILE", lab.ca())
            .env("METRICS_BIND", format!("{}:{metrics_port}", lab.address));
        for number in 0..INSTANCES {
            // A port that nobody serves is in place of an instance that is not there.
            let edge = edges.get(number).cloned();
            let edge = edge.unwrap_or_else(|| format!("{}:{}", lab.address, lab.free_port()));
            command.env(format!("EDGE_{}", number + 1), edge);
        }
        let process = Running::start(&mut command, &folder.path().join("log"));
        let balancer = Self {
            process,
            port,
            metrics_port,
            _folder: folder,
        };
        wait_until(Duration::from_secs(10), "HAProxy does not listen", || {
            http_get(&lab.address, metrics_port, "/;csv").is_some()
        });
        balancer
    }

    /// A request through it, under the name of `SERVER_URL`.
    pub fn curl(&self, path: &str) -> Curl {
        Curl::new("login.corp.example", self.port, path)
    }

    /// The check's state of instance 1 to 3, for instance `UP`, `DOWN`, `NOLB`; and what the last
    /// check found, for instance `L7OK`. Nothing when the statistics page does not come.
    pub fn state(&self, number: usize) -> Option<(String, String)> {
        let (_, page) = http_get(&Lab::get().address, self.metrics_port, "/;csv")?;
        let mut lines = page.lines();
        let names: Vec<&str> = lines.next()?.split(',').collect();
        let column = |name: &str| names.iter().position(|found| *found == name);
        let (status, check) = (column("status")?, column("check_status")?);
        let prefix = format!("ad_edge,edge{number},");
        let line = lines.find(|line| line.starts_with(&prefix))?;
        let cells: Vec<&str> = line.split(',').collect();
        Some((
            (*cells.get(status)?).to_owned(),
            (*cells.get(check)?).to_owned(),
        ))
    }

    /// Waits until the first `count` instances have passed a check.
    pub fn await_up(&self, count: usize) {
        for number in 1..=count {
            let what = format!("HAProxy does not find instance {number} ready");
            wait_until(Duration::from_secs(15), &what, || {
                self.state(number)
                    .is_some_and(|(status, check)| status == "UP" && check == "L7OK")
            });
        }
    }

    /// Waits until an instance has the state.
    pub fn await_state(&self, number: usize, state: &str) {
        let what = format!("HAProxy does not say {state} of instance {number}");
        wait_until(Duration::from_secs(15), &what, || {
            self.state(number).is_some_and(|(found, _)| found == state)
        });
    }

    /// The pid of the worker that serves new connections, as it says on the statistics page.
    pub fn worker(&self) -> Option<u32> {
        let (_, page) = http_get(&Lab::get().address, self.metrics_port, "/")?;
        let (_, rest) = page.split_once("pid = </b>")?;
        let number = rest.trim_start().split(|c: char| !c.is_ascii_digit());
        number.into_iter().next()?.parse().ok()
    }
}

fn addresses(instances: &[&Instance]) -> Vec<String> {
    let instances = instances.iter();
    instances
        .map(|instance| format!("{}:{}", instance.address, instance.port))
        .collect()
}

/// Where users connect to.
fn printed_port(text: &str) -> u16 {
    let (_, rest) = text.split_once("bind :::").expect("every address");
    let port = rest.split(' ').next().expect("a port");
    port.parse().expect("a number")
}
