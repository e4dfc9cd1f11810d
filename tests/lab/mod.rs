//! What the integration tests use: the lab's domain (made by `tests/run.sh`), real instances,
//! `HAProxy`, curl, and the tenant's stand-in. Everything is per test but the domain.

#![allow(dead_code, reason = "tests take what they need of it")]

pub mod browser;
pub mod client_ca;
pub mod controllers;
pub mod curl;
pub mod haproxy;
pub mod http;
pub mod instance;
pub mod openldap;
pub mod page;
pub mod process;
pub mod proxy;
pub mod set_up;
pub mod snapshot;
pub mod stand_in;
pub mod verify;
pub mod wire;

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

/// The domain of this run.
#[derive(Debug)]
pub struct Lab {
    /// Folder of all its files.
    pub state: PathBuf,
    /// The loopback address on which it, and what tests start, listens.
    pub address: String,
    /// Everybody's password.
    pub password: String,
}

/// A Kerberos credential cache of its own, removed when dropped.
#[derive(Debug)]
pub struct Ccache {
    folder: TempDir,
}

impl Lab {
    /// The lab of this run.
    ///
    /// # Panics
    /// Outside of `tests/run.sh`.
    pub fn get() -> &'static Self {
        static LAB: OnceLock<Lab> = OnceLock::new();
        LAB.get_or_init(|| {
            let state = std::env::var_os("AD_EDGE_LAB")
                .expect("this test needs the lab: run ./tests/run.sh");
            let state = PathBuf::from(state);
            let env = fs::read_to_string(state.join("lab.env")).expect("lab.env");
            let value = |name: &str| {
                env.lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                    .unwrap_or_else(|| panic!("lab.env has no {name}"))
                    .to_owned()
            };
            Self {
                address: value("LAB_ADDRESS"),
                password: value("LAB_PASSWORD"),
                state,
            }
        })
    }

    /// The home folder that instances copy.
    pub fn home(&self) -> PathBuf {
        self.state.join("home")
    }

    /// The certificate that signs the tokens of instances with that home.
    pub fn signer(&self) -> PathBuf {
        self.home().join("certs/cert.pem")
    }

    /// The CA of every server in the lab; its key is beside it.
    pub fn ca(&self) -> PathBuf {
        self.state.join("pki/ca.pem")
    }

    pub fn krb5_conf(&self) -> PathBuf {
        self.state.join("krb5.conf")
    }

    pub fn keytab(&self) -> PathBuf {
        self.state.join("krb5.keytab")
    }

    /// Where `tests/run.sh` put npm's modules.
    pub fn node_modules(&self) -> PathBuf {
        self.state.join("node/node_modules")
    }

    /// A port on the lab's address that nobody else in this run gets: tests are processes of their own, so
    /// it is the file of that name which tells who was first.
    pub fn free_port(&self) -> u16 {
        self.free_port_on(&self.address)
    }

    /// The same, free on every address of this machine.
    pub fn free_port_everywhere(&self) -> u16 {
        self.free_port_on("::")
    }

    fn free_port_on(&self, address: &str) -> u16 {
        let taken = self.state.join("ports");
        fs::create_dir_all(&taken).expect("a folder");
        loop {
            let listener = TcpListener::bind((address, 0)).expect("a free port");
            let port = listener.local_addr().expect("its number").port();
            match File::create_new(taken.join(port.to_string())) {
                Ok(_) => return port,
                Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists),
            }
        }
    }

    /// A ticket for the user, in a cache of its own. `user` as for kinit: `alice`.
    pub fn kinit(&self, user: &str) -> Ccache {
        self.kinit_with(user, &[])
    }

    /// The same with further arguments, for instance `["-l", "1s"]` for a short life.
    pub fn kinit_with(&self, user: &str, arguments: &[&str]) -> Ccache {
        let ccache = Ccache {
            folder: TempDir::new().expect("a folder"),
        };
        let mut command = Command::new("kinit");
        command
            .env("KRB5_CONFIG", self.krb5_conf())
            .arg("-c")
            .arg(ccache.name())
            .args(arguments)
            .arg(user);
        run_with_input(&mut command, &self.password);
        ccache
    }

    /// A Negotiate token for `service` (`HTTP@login.corp.example`) in base64, bound to `bindings`.
    pub fn token(&self, ccache: &Ccache, service: &str, bindings: Option<&[u8]>) -> String {
        // Debian's Python: the module comes from its package.
        let mut command = Command::new("/usr/bin/python3");
        command
            .env("KRB5_CONFIG", self.krb5_conf())
            .env("KRB5CCNAME", ccache.name())
            .arg(project().join("tests/lab/negotiate.py"))
            .arg(service)
            .args(bindings.map(hex::encode));
        run_with_input(&mut command, "").trim().to_owned()
    }

    /// Changes the directory, as LDIF with `changetype: modify` (or add, or delete). Straight into
    /// the controller's data base: no password policy of a caller is in the way.
    pub fn ldbmodify(&self, ldif: &str) {
        self.ldbmodify_with(&[], ldif);
    }

    /// The same with further arguments, for instance a control.
    pub fn ldbmodify_with(&self, arguments: &[&str], ldif: &str) {
        ldbmodify(&self.state.join("domain"), arguments, ldif);
    }

    /// The same past all rules of the controller: what it would not let anybody write.
    pub fn ldbmodify_stored(&self, ldif: &str) {
        let stored = self.state.join("domain/private/sam.ldb.d");
        let mut command = Command::new("ldbmodify");
        command.arg("-H").arg(stored.join("DC=CORP,DC=EXAMPLE.ldb"));
        run_with_input(&mut command, ldif);
    }

    /// Denies an account to read an attribute of the object, by its schemaIDGUID. Not the service account of
    /// the lab's home, with which other tests read.
    pub fn hide(&self, account: &str, dn: &str, attribute: &str) {
        let shown = self.samba_tool(&["user", "show", account, "--attributes=objectSid"]);
        let sid = shown
            .lines()
            .find_map(|line| line.strip_prefix("objectSid: "));
        let ace = format!("(OD;;RP;{attribute};;{})", sid.expect("a SID"));
        let action = ["dsacl", "set", "--action=deny"];
        self.samba_tool(&[&action[..], &["--objectdn", dn, "--sddl", &ace]].concat());
    }

    /// Runs `samba-tool` on the lab's controller: `["user", "disable", "bob"]`.
    pub fn samba_tool(&self, arguments: &[&str]) -> String {
        let domain = self.state.join("domain");
        let mut command = Command::new("samba-tool");
        command
            .args(arguments)
            .arg(format!(
                "--configfile={}",
                domain.join("etc/smb.conf").display()
            ))
            .env("KRB5_CONFIG", self.krb5_conf());
        if arguments.first() != Some(&"domain") {
            command.arg("-H").arg(domain.join("private/sam.ldb"));
        }
        run_with_input(&mut command, "")
    }

    /// Adds a user with everybody's password, for a test that changes the account. `lines` is
    /// further LDIF, each line ended; `""` for none.
    pub fn add_user(&self, name: &str, lines: &str) {
        self.ldbmodify(&self.new_user(name, lines));
    }

    /// The LDIF of [`Self::add_user`].
    pub fn new_user(&self, name: &str, lines: &str) -> String {
        format!(
            "dn: CN={name},CN=Users,DC=corp,DC=example\nchangetype: add\nobjectClass: user\n\
             sAMAccountName: {name}\nuserPrincipalName: {name}@corp.example\n\
             mail: {name}@corp.example\nuserAccountControl: 512\nunicodePwd:: {}\n{lines}",
            unicode_password(&self.password)
        )
    }

    /// What tells this lab from others beside it: six letters and digits, of which `tests/run.sh` knows
    /// what to clean up.
    pub fn id(&self) -> String {
        let name = self.state.to_string_lossy();
        let last: Vec<char> = name
            .chars()
            .rev()
            .filter(char::is_ascii_alphanumeric)
            .take(6)
            .collect();
        last.into_iter().rev().collect()
    }
}

impl Ccache {
    /// As `KRB5CCNAME` takes it.
    pub fn name(&self) -> String {
        format!("FILE:{}", self.path().display())
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ccache")
    }

    /// A cache without tickets.
    pub fn empty() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
        }
    }
}

/// Polls until the closure gives something.
///
/// # Panics
/// After the limit, with what did not happen.
pub fn wait_for<T>(limit: Duration, what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(Instant::now() < end, "after {limit:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Polls until the closure says yes.
///
/// # Panics
/// After the limit, with what did not happen.
pub fn wait_until(limit: Duration, what: &str, mut poll: impl FnMut() -> bool) {
    wait_for(limit, what, || poll().then_some(()));
}

/// Runs a program to its end and gives its output.
///
/// # Panics
/// When it fails, with what it said.
pub fn run_with_input(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that fails early does not read; its own words, below, are the better ones.
    let _unread = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Changes the directory in a controller's folder `domain`, whether it runs or not.
pub fn ldbmodify(domain: &Path, arguments: &[&str], ldif: &str) {
    let mut command = Command::new("ldbmodify");
    command
        .arg(format!(
            "--configfile={}",
            domain.join("etc/smb.conf").display()
        ))
        .arg("-H")
        .arg(domain.join("private/sam.ldb"))
        .args(arguments);
    run_with_input(&mut command, ldif);
}

/// A password as the attribute `unicodePwd` takes it in LDIF: in double quotes, UTF-16LE, base64.
pub fn unicode_password(password: &str) -> String {
    use base64::Engine;
    let bytes: Vec<u8> = format!("\"{password}\"")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
