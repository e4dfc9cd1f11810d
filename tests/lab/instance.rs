//! An `ad-edge` of a test: a copy of the lab's home folder, changed as the test wants, and a
//! process on free ports.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::curl::Curl;
use super::http::http_get;
use super::process::Running;
use super::stand_in::Tenant;
use super::{Lab, project, run_with_input, wait_until};

const START_LIMIT: Duration = Duration::from_secs(20);

/// What is to be started. By default: PROXY protocol off, no pause in a drain, else as the lab's
/// home says.
#[derive(Debug)]
pub struct Builder {
    folder: TempDir,
    /// `None`: config.json is left as it is.
    config: Option<Map<String, Value>>,
    env: BTreeMap<String, String>,
    port: u16,
    ops_port: u16,
    prefix: Vec<OsString>,
    address: String,
    namespace: Option<String>,
}

/// A running instance; killed when dropped.
#[derive(Debug)]
pub struct Instance {
    pub process: Running,
    pub port: u16,
    pub ops_port: u16,
    /// Where it listens.
    pub address: String,
    namespace: Option<String>,
    folder: TempDir,
}

/// What a program that ended by itself left.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub log: String,
}

impl Instance {
    /// Starts one as the lab's home says.
    pub fn start() -> Self {
        Self::builder().start()
    }

    pub fn builder() -> Builder {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        let home = folder.path().join("home");
        run_with_input(Command::new("cp").arg("-a").arg(lab.home()).arg(&home), "");
        let config = std::fs::read(home.join("config.json")).expect("config.json");
        let (port, ops_port) = (lab.free_port(), lab.free_port());
        let env = [
            ("PORT", port.to_string()),
            ("OPS_LISTEN", format!("{}:{ops_port}", lab.address)),
            ("INSTANCE_NAME", format!("edge-{port}")),
            ("PROXY_PROTOCOL", "off".to_owned()),
            ("DRAIN_SECONDS", "0".to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
        ];
        Builder {
            config: Some(serde_json::from_slice(&config).expect("JSON")),
            env: env
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            folder,
            port,
            ops_port,
            prefix: Vec::new(),
            address: lab.address.clone(),
            namespace: None,
        }
    }

    /// Its name, as in the response header and the audit lines.
    pub fn name(&self) -> String {
        format!("edge-{}", self.port)
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A request to the console of [`Builder::console`].
    pub fn console(&self, path: &str) -> Curl {
        Curl::plain(&self.address, self.console_port(), path)
    }

    pub fn console_url(&self, path: &str) -> String {
        format!("http://{}:{}{path}", self.address, self.console_port())
    }

    fn console_port(&self) -> u16 {
        let line = self.await_event("console.listening", &[]);
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let address = line["address"].as_str().expect("an address");
        address
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port")
    }

    /// A request to it under the name of `SERVER_URL`; `path` with the leading slash.
    pub fn curl(&self, path: &str) -> Curl {
        Curl::new("login.corp.example", self.port, path)
    }

    /// The same in plain HTTP, as a balancer that ends TLS asks.
    pub fn plain_curl(&self, path: &str) -> Curl {
        Curl::plain("login.corp.example", self.port, path)
    }

    /// Status and body of a page on `OPS_LISTEN`; nothing while nobody listens there.
    pub fn ops(&self, path: &str) -> Option<(u16, String)> {
        let Some(namespace) = &self.namespace else {
            return http_get(&self.address, self.ops_port, path);
        };
        let url = format!("http://{}:{}{path}", self.address, self.ops_port);
        let output = Command::new("ip")
            .args(["netns", "exec", namespace, "curl", "-sS", "--max-time", "5"])
            .args(["-w", "\n%{http_code}", &url])
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (body, status) = text.rsplit_once('\n')?;
        Some((status.parse().ok()?, body.to_owned()))
    }

    /// The metric's value: the name with labels, as on the page.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let (_, page) = self.ops("/metrics")?;
        page.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// The pid of ad-edge itself, under [`Builder::managed`].
    pub fn managed_pid(&self) -> u32 {
        let pid = std::fs::read_to_string(self.folder.path().join("service/pid"));
        pid.expect("its pid").trim().parse().expect("a number")
    }

    /// Sends a signal to ad-edge itself, under [`Builder::managed`].
    pub fn signal_managed(&self, name: &str) {
        let pid = self.managed_pid().to_string();
        run_with_input(Command::new("kill").arg(format!("-{name}")).arg(pid), "");
    }

    /// How ad-edge ended so far, under [`Builder::managed`]: a line each, `asked` or `unasked`.
    pub fn ends(&self) -> Vec<String> {
        let ends = std::fs::read_to_string(self.service().join("exits")).unwrap_or_default();
        ends.lines().map(str::to_owned).collect()
    }

    /// Moves the clock of a [`Builder::movable_clock`] to so far from the true time: `+10m`.
    pub fn set_clock(&self, offset: &str) {
        let file = self.folder.path().join("clock");
        let new = file.with_extension("new");
        std::fs::write(&new, offset).expect("written");
        std::fs::rename(new, file).expect("in place");
    }

    /// The folder that `tests/lab/service.py restart` takes.
    pub fn service(&self) -> PathBuf {
        self.folder.path().join("service")
    }

    /// Restarts it as `systemctl restart` does, under [`Builder::managed`].
    pub fn restart(&self) {
        let mut command = Command::new("/usr/bin/python3");
        command
            .arg(service_script())
            .arg("restart")
            .arg(self.service());
        run_with_input(&mut command, "");
    }

    /// The first log line of an event (`deploy/events.md`) that holds all of the texts; waits for it.
    pub fn await_event(&self, event: &str, texts: &[&str]) -> String {
        let limit = Duration::from_secs(10);
        self.process.await_event(limit, event, texts)
    }

    pub fn sigterm(&self) {
        self.process.signal("TERM");
    }

    pub fn wait_exit(&mut self, limit: Duration) -> ExitStatus {
        self.process.wait_exit(limit)
    }
}

impl Builder {
    /// Sets a key of config.json. A key that the lab gives by the environment (`PORT`, `OPS_LISTEN`,
    /// `INSTANCE_NAME`, `PROXY_PROTOCOL`, `DRAIN_SECONDS`, `LOG_FORMAT`) is taken out of that.
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.env.remove(key);
        self.keys().insert(key.to_owned(), value.into());
        self
    }

    /// Takes a key out of config.json and the environment.
    pub fn unset(mut self, key: &str) -> Self {
        self.env.remove(key);
        self.keys().remove(key);
        self
    }

    /// Replaces config.json and the environment; `PORT` and `OPS_LISTEN` stay unless given.
    pub fn only(mut self, config: Value) -> Self {
        let Value::Object(config) = config else {
            panic!("config.json is an object")
        };
        self.env
            .retain(|key, _| key == "PORT" || key == "OPS_LISTEN");
        self.config = Some(config);
        self
    }

    /// With the home folder's config.json as it is, for instance imported; what the lab gives by the
    /// environment stays.
    pub fn unchanged(mut self) -> Self {
        self.config = None;
        self
    }

    fn keys(&mut self) -> &mut Map<String, Value> {
        self.config.as_mut().expect("a config.json to be written")
    }

    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Runs it with a clock that is off, for instance `+8m`.
    pub fn clock(mut self, offset: &str) -> Self {
        for (key, value) in clock_off(offset) {
            self = self.env(key, &value);
        }
        self
    }

    /// Runs it with a clock that [`Instance::set_clock`] can move while it runs.
    pub fn movable_clock(self) -> Self {
        let file = self.folder.path().join("clock");
        std::fs::write(&file, "+0").expect("written");
        let mut builder = self
            .clock("+0")
            .env("FAKETIME_TIMESTAMP_FILE", &file.display().to_string())
            .env("FAKETIME_NO_CACHE", "1");
        // It would come before the file.
        builder.env.remove("FAKETIME");
        builder
    }

    /// Runs it under a service manager that starts it again when it ends; with `sockets` it holds PORT
    /// and OPS_LISTEN as well.
    pub fn managed(mut self, sockets: bool) -> Self {
        let state = self.folder.path().join("service");
        let mut prefix: Vec<OsString> = vec!["/usr/bin/python3".into(), service_script().into()];
        prefix.extend(["run".into(), state.into()]);
        if sockets {
            for port in [self.port, self.ops_port] {
                prefix.push("--listen".into());
                prefix.push(format!("{}:{port}", self.address).into());
            }
        }
        prefix.push("--".into());
        prefix.append(&mut self.prefix);
        self.prefix = prefix;
        self
    }

    /// Puts words before the command, for instance `prlimit --nofile=64`.
    pub fn under(mut self, words: &[&str]) -> Self {
        self.prefix.extend(words.iter().map(OsString::from));
        self
    }

    /// Runs it with these texts as `/etc/hosts` and `/etc/resolv.conf`, which no other process sees.
    pub fn with_names(self, hosts: &str, resolv: &str) -> Self {
        let script = r#"mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf &&
            shift 2 && exec "$@""#;
        let [hosts, resolv] = [("hosts", hosts), ("resolv.conf", resolv)].map(|(name, text)| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path.display().to_string()
        });
        self.under(&[
            "unshare", "--mount", "sh", "-c", script, "sh", &hosts, &resolv,
        ])
    }

    /// Where its address can be reached, when that is not here.
    pub fn probed_in(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// On another address than the lab's, for instance in a network namespace.
    pub fn at(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        let ops = format!("{address}:{}", self.ops_port);
        self.set("LISTEN_ADDRESS", address).env("OPS_LISTEN", &ops)
    }

    /// For use under [`super::haproxy::Haproxy`].
    pub fn behind_proxy(self) -> Self {
        self.env("PROXY_PROTOCOL", "v2")
    }

    /// With a console on a free port.
    pub fn console(self) -> Self {
        let address = format!("{}:0", self.address);
        self.set("ADMIN_LISTEN", address)
    }

    /// With the keys that the tenant's ticket gives for its hub.
    pub fn tunnel(self, tenant: &Tenant) -> Self {
        self.set("AD_HUB", tenant.hub())
            .set("TENANT_SIGNING_KEY", Tenant::signing_key())
    }

    /// Writes a file of the home folder.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.home().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
        std::fs::write(path, content).expect("the file");
        self
    }

    pub fn without_file(self, path: &str) -> Self {
        std::fs::remove_file(self.home().join(path)).expect("the file");
        self
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn ops_port(&self) -> u16 {
        self.ops_port
    }

    /// On a port that is known already, for instance that of one that has ended.
    pub fn on_port(mut self, port: u16) -> Self {
        self.port = port;
        self.env("PORT", &port.to_string())
    }

    /// On a port for its OPS_LISTEN that is known already.
    pub fn on_ops_port(mut self, port: u16) -> Self {
        self.ops_port = port;
        let ops = format!("{}:{port}", self.address);
        self.env("OPS_LISTEN", &ops)
    }

    /// Starts it and waits until it is ready.
    pub fn start(self) -> Instance {
        self.start_until("/readyz")
    }

    /// Starts it and waits until it lives, ready or not.
    pub fn start_alive(self) -> Instance {
        self.start_until("/healthz")
    }

    fn start_until(self, path: &str) -> Instance {
        let process = self.spawn(&["serve"]);
        let mut instance = Instance {
            process,
            port: self.port,
            ops_port: self.ops_port,
            address: self.address,
            namespace: self.namespace,
            folder: self.folder,
        };
        wait_until(
            START_LIMIT,
            &format!("an instance does not answer 200 at {path}"),
            || {
                if let Some(status) = instance.process.exited() {
                    panic!("ad-edge ended: {status}");
                }
                instance.ops(path).is_some_and(|(status, _)| status == 200)
            },
        );
        instance
    }

    /// Runs a command, `serve` or `check`, that is expected to end by itself.
    pub fn run_to_end(self, command: &str) -> Ended {
        self.run_to_end_with(&[command])
    }

    /// The same with further arguments.
    pub fn run_to_end_with(self, arguments: &[&str]) -> Ended {
        let mut process = self.spawn(arguments);
        let status = process.wait_exit(START_LIMIT);
        Ended {
            status,
            log: process.log(),
        }
    }

    fn spawn(&self, arguments: &[&str]) -> Running {
        if let Some(config) = &self.config {
            let config = serde_json::to_vec_pretty(config).expect("JSON");
            std::fs::write(self.home().join("config.json"), config).expect("config.json");
        }
        // Another build than the tests', for instance the one that is shipped.
        let program = std::env::var_os("AD_EDGE_PROGRAM");
        let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_ad-edge").into());
        let mut words = self.prefix.iter().chain([&program]);
        let mut process = Command::new(words.next().expect("a program"));
        process
            .args(words)
            .args(arguments)
            .arg("--home")
            .arg(self.home())
            .envs(&self.env);
        Running::start(&mut process, &self.folder.path().join("log"))
    }
}

/// The environment in which a program's clock is off, for instance by `+8m`.
pub fn clock_off(offset: &str) -> [(&'static str, String); 3] {
    let library = format!(
        "/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1",
        std::env::consts::ARCH
    );
    assert!(
        std::path::Path::new(&library).exists(),
        "{library} is missing"
    );
    [
        ("LD_PRELOAD", library),
        ("FAKETIME", offset.to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

fn service_script() -> PathBuf {
    project().join("tests/lab/service.py")
}
