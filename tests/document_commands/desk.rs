//! The machines on which the documents' commands are run.

use std::{collections::BTreeMap, fs, process::Command, time::Duration};

use tempfile::TempDir;

use super::markdown::{Document, Mark};
use crate::lab::{
    Lab, http::http_get, process::Running, project, run_with_input, stand_in::Tenant, wait_until,
};

pub const LIMIT: Duration = Duration::from_secs(20);

/// Mounts what a machine has of its own over this one's, in a namespace, and keeps it.
const MACHINE: &str = r#"
set -eu
own=$1 hosts=$2
mount -t tmpfs tmpfs "$own"
mkdir "$own/bin" "$own/work"
mount -t overlay overlay -o "lowerdir=/usr/bin,upperdir=$own/bin,workdir=$own/work" /usr/bin
cp -a /etc "$own/etc"
cp "$hosts" "$own/etc/hosts"
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$own/etc/resolv.conf"
mount --bind "$own/etc" /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib
echo "the machine is there"
exec sleep infinity
"#;

/// The folder in which an administrator works, with what the documents say is there; and the machines on
/// which its commands are run.
pub struct Desk {
    folder: TempDir,
    pub tenant: Tenant,
    machines: BTreeMap<String, Running>,
    /// PORT and the port of OPS_LISTEN of the service on each machine.
    ports: BTreeMap<String, (u16, u16)>,
    /// Texts of the documents in whose place come others.
    replaced: Vec<(String, String)>,
}

/// A service on a machine, as its unit starts it.
pub struct Service {
    pub process: Running,
    pub port: u16,
    ops_port: u16,
}

impl Desk {
    pub fn new() -> Self {
        let lab = Lab::get();
        let desk = Self {
            folder: TempDir::new().expect("a folder"),
            tenant: Tenant::by_address(),
            machines: BTreeMap::new(),
            ports: BTreeMap::new(),
            replaced: Vec::new(),
        };
        let work = desk.work();
        fs::create_dir_all(work.join("target/release")).expect("a folder");
        let program = env!("CARGO_BIN_EXE_ad-edge");
        std::os::unix::fs::symlink(program, work.join("target/release/ad-edge")).expect("a link");
        for folder in ["certs", "deploy", "haproxy"] {
            std::os::unix::fs::symlink(project().join(folder), work.join(folder)).expect("a link");
        }
        for (from, to) in [
            ("pki/login.pem", "tls.pem"),
            ("pki/login.key", "tls.key"),
            ("pki/ca.pem", "ca.pem"),
            ("krb5.keytab", "krb5.keytab"),
            ("password", "ldap-password"),
        ] {
            fs::copy(lab.state.join(from), work.join(to)).expect("copied");
        }
        let hosts = format!(
            "127.0.0.1 localhost\n{} dc1.corp.example dc2.corp.example login.corp.example\n",
            lab.address
        );
        fs::write(desk.folder.path().join("hosts"), hosts).expect("written");
        desk
    }

    pub fn work(&self) -> std::path::PathBuf {
        self.folder.path().join("work")
    }

    pub fn machine(&mut self, name: &str) -> u32 {
        let folder = self.folder.path().join(name);
        let hosts = self.folder.path().join("hosts");
        let machine = self.machines.entry(name.to_owned()).or_insert_with(|| {
            fs::create_dir(&folder).expect("a folder");
            let mut command = Command::new("unshare");
            command.args(["--mount", "sh", "-c", MACHINE, "sh"]);
            let log = folder.with_extension("log");
            let machine = Running::start(command.arg(&folder).arg(hosts), &log);
            machine.await_log(LIMIT, &["the machine is there"]);
            machine
        });
        machine.pid()
    }

    /// A command on a machine.
    pub fn on(&mut self, machine: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.machine(machine)));
        command
    }

    /// Puts another text in the place of one of the documents.
    pub fn replace(&mut self, text: &str, by: &str) {
        self.replaced.push((text.to_owned(), by.to_owned()));
    }

    pub fn run(&mut self, machine: &str, script: &str) {
        let (mut command, script) = self.script(machine, script);
        run_with_input(&mut command, &script);
    }

    /// Whether it succeeds, and what it prints. It is run where the service's environment is.
    pub fn run_beside_service(&mut self, machine: &str, script: &str) -> (bool, String) {
        let environment = self.environment(machine);
        let (mut command, script) = self.script(machine, script);
        command.envs(environment);
        let wrapped = format!("if (\n{script}\n) 2>&1; then echo succeeded; else echo failed; fi");
        let said = run_with_input(&mut command, &wrapped);
        let succeeded = said.trim_end().ends_with("succeeded");
        (succeeded, said)
    }

    fn script(&mut self, machine: &str, script: &str) -> (Command, String) {
        let tenant = self.tenant.ticket();
        let tenant = tenant.strip_suffix("/p/ad/trial").expect("its address");
        let mut script = script.replace("https://acme.eu.auth0.com", tenant);
        for (from, to) in &self.replaced {
            script = script.replace(from, to);
        }
        let work = self.work();
        let mut command = self.on(machine);
        command
            .args([
                "bash",
                "-euo",
                "pipefail",
                "-c",
                "cd \"$1\" && . /dev/stdin",
                "bash",
            ])
            .arg(work);
        (command, script)
    }

    /// Runs the blocks of a document in their order.
    pub fn follow(&mut self, document: &str) {
        self.follow_and(document, |_| {});
    }

    /// The same, with what the document says between the blocks: `before` gets each block that is to be run.
    pub fn follow_and(&mut self, document: &str, mut before: impl FnMut(&str)) {
        for (machine, text) in self.steps(document) {
            before(&text);
            self.run(&machine, &text);
        }
    }

    /// The blocks of a document in their order, each with its machine. Its files are written.
    pub fn steps(&self, document: &str) -> Vec<(String, String)> {
        let document = Document::read(document);
        let mut steps = Vec::new();
        for block in document.blocks() {
            if let Some(file) = block.info.strip_prefix("json ") {
                let text = block.text.replace("192.0.2.10", "127.0.0.1");
                let tenant = self.tenant.ticket();
                let tenant = tenant.strip_suffix("/p/ad/trial").expect("its address");
                let text = text.replace("https://acme.eu.auth0.com", tenant);
                fs::write(self.work().join(file), text).expect("written");
            }
            if let Some(Mark::Run(machines)) = block.mark(&document.path) {
                steps.extend(
                    machines
                        .into_iter()
                        .map(|machine| (machine, block.text.clone())),
                );
            }
        }
        assert!(!steps.is_empty(), "{} has nothing to run", document.path);
        steps
    }

    /// Where the service of a machine is reached, as `ADDRESS:PORT`.
    pub fn service_address(&mut self, machine: &str) -> String {
        format!("{}:{}", Lab::get().address, self.ports(machine).0)
    }

    /// The same of its OPS_LISTEN.
    pub fn ops_address(&mut self, machine: &str) -> String {
        format!("{}:{}", Lab::get().address, self.ports(machine).1)
    }

    fn ports(&mut self, machine: &str) -> (u16, u16) {
        let lab = Lab::get();
        let ports = self.ports.entry(machine.to_owned());
        *ports.or_insert_with(|| (lab.free_port(), lab.free_port()))
    }

    /// What the service has of the lab.
    fn environment(&mut self, machine: &str) -> Vec<(&'static str, String)> {
        let lab = Lab::get();
        let (port, ops_port) = self.ports(machine);
        vec![
            // Its request numbers shall not begin as another's.
            ("INSTANCE_NAME", machine.to_owned()),
            ("LISTEN_ADDRESS", lab.address.clone()),
            ("PORT", port.to_string()),
            ("OPS_LISTEN", format!("{}:{ops_port}", lab.address)),
            ("ADMIN_LISTEN", "off".to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
        ]
    }

    /// Starts the service as the unit does, under its user.
    pub fn serve(&mut self, machine: &str) -> Service {
        let lab = Lab::get();
        let unit = fs::read_to_string(project().join("deploy/systemd/ad-edge.service"));
        let unit = unit.expect("the unit");
        let value = |name: &str| {
            let line = unit.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in the unit"))
                .to_owned()
        };
        let (port, ops_port) = self.ports(machine);
        let environment = self.environment(machine);
        let log = self.folder.path().join(format!("{machine}-service.log"));
        let mut command = self.on(machine);
        command
            .args([
                "setpriv",
                "--reuid",
                &value("User="),
                "--regid",
                &value("Group="),
            ])
            .arg("--init-groups")
            .args(value("ExecStart=").split_whitespace())
            .envs(environment);
        let mut service = Service {
            process: Running::start(&mut command, &log),
            port,
            ops_port,
        };
        wait_until(LIMIT, "the service is not ready", || {
            if let Some(status) = service.process.exited() {
                panic!("it ended: {status}\n{}", service.process.log());
            }
            http_get(&lab.address, ops_port, "/readyz").is_some_and(|(status, _)| status == 200)
        });
        service
    }
}

impl Service {
    pub fn metrics(&self) -> String {
        let page = http_get(&Lab::get().address, self.ops_port, "/metrics");
        page.expect("the metrics").1
    }

    /// How often it has registered its certificates at the tenant.
    pub fn registrations(&self) -> u32 {
        let page = self.metrics();
        let mut lines = page.lines();
        let count = lines.find_map(|line| {
            let line = line.strip_prefix("ad_edge_ticket_steps_total{outcome=\"ok\"} ")?;
            line.parse().ok()
        });
        count.unwrap_or_default()
    }
}
