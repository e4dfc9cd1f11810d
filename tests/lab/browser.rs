//! The real Chromium of a user: a fresh profile that trusts the lab's CA, with a ticket, a certificate,
//! both or neither.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ccache, Lab, project, run_with_input};

#[derive(Debug)]
pub struct Browser {
    home: TempDir,
    ccache: Option<Ccache>,
    policies_alone: bool,
}

/// What a page is after the last step.
#[derive(Debug)]
pub struct Page {
    pub url: String,
    pub text: String,
    /// The id of the element that has the focus.
    pub focus: String,
}

impl Browser {
    pub fn new() -> Self {
        let lab = Lab::get();
        let browser = Self {
            home: TempDir::new().expect("a folder"),
            ccache: None,
            policies_alone: false,
        };
        fs::create_dir_all(browser.path(".pki/nssdb")).expect("a folder");
        fs::create_dir_all(browser.path("chromium/policies/managed")).expect("a folder");
        browser.certutil(&["-N", "--empty-password"]);
        let ca = lab.ca();
        browser.certutil(&[
            "-A",
            "-t",
            "C,,",
            "-n",
            "lab",
            "-i",
            ca.to_str().expect("a path"),
        ]);
        let hosts = format!("{} login.corp.example tenant.corp.example\n", lab.address);
        fs::write(browser.path("hosts"), hosts).expect("written");
        browser
    }

    pub fn with_ticket(mut self, ccache: Ccache) -> Self {
        self.ccache = Some(ccache);
        self
    }

    /// With this policy, and nothing else that names the hosts to which Kerberos tokens go.
    pub fn with_policy(mut self, file: &Path) -> Self {
        let to = self.path("chromium/policies/managed/ad-edge.json");
        fs::copy(file, to).expect("the policy");
        self.policies_alone = true;
        self
    }

    /// With a certificate of the lab's CA for the user principal name, chosen without asking, as
    /// companies set it by policy.
    pub fn with_certificate(self, upn: &str) -> Self {
        let prefix = self.path("client");
        run_with_input(
            Command::new(project().join("certs/make-client.sh"))
                .arg(Lab::get().state.join("pki"))
                .arg(&prefix)
                .args([upn, "trial"]),
            "",
        );
        run_with_input(
            Command::new("pk12util")
                .arg("-i")
                .arg(prefix.with_extension("p12"))
                .args(["-d", &self.database(), "-W", "trial"]),
            "",
        );
        let policy = json!({
            "AutoSelectCertificateForUrls": [r#"{"pattern":"https://login.corp.example","filter":{}}"#]
        });
        let file = self.path("chromium/policies/managed/certificate.json");
        fs::write(file, policy.to_string()).expect("written");
        self
    }

    /// Opens the address and does the steps of `browser.js`.
    pub fn open(&self, url: &str, steps: &Value) -> Page {
        let script = project().join("tests/lab/browser.js");
        let mut command = self.command(&["node", script.to_str().expect("a path")]);
        command
            .arg(self.path("profile"))
            .arg(url)
            .env("NODE_PATH", Lab::get().node_modules());
        let output = run_with_input(&mut command, &steps.to_string());
        let page: Value = serde_json::from_str(&output).expect("JSON");
        assert_eq!(page["foreign"], json!([]), "requests to elsewhere");
        let text = |member: &str| page[member].as_str().expect("a text").to_owned();
        Page {
            url: text("url"),
            text: text("text"),
            focus: text("focus"),
        }
    }

    /// Chromium asks for a ticket for the canonical name, so it needs a hosts file; that and the
    /// policies are in fixed places, which only this command sees changed.
    fn command(&self, program: &[&str]) -> Command {
        let script = r#"mount --bind "$1" /etc/hosts && mkdir -p /etc/chromium &&
            mount --bind "$2" /etc/chromium && shift 2 && exec "$@""#;
        let ticket = self.ccache.as_ref().map(Ccache::name);
        let mut command = Command::new("timeout");
        command
            .args(["90", "unshare", "--mount", "sh", "-c", script, "sh"])
            .arg(self.path("hosts"))
            .arg(self.path("chromium"))
            .args(program)
            .env("HOME", self.home.path())
            // Its time is another than UTC.
            .env("TZ", "Asia/Tokyo")
            .envs(self.policies_alone.then_some(("POLICIES_ALONE", "1")))
            .env("KRB5_CONFIG", Lab::get().krb5_conf())
            .env(
                "KRB5CCNAME",
                ticket.as_deref().unwrap_or("FILE:/nonexistent"),
            );
        command
    }

    fn certutil(&self, arguments: &[&str]) {
        let mut command = Command::new("certutil");
        command.args(["-d", &self.database()]).args(arguments);
        run_with_input(&mut command, "");
    }

    fn database(&self) -> String {
        format!("sql:{}", self.path(".pki/nssdb").display())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

/// Where pictures of pages go, to be looked at.
pub fn pictures() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| project().join("target"), PathBuf::from);
    let folder = target.join("pictures");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A picture with something on it.
pub fn is_picture(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| bytes.starts_with(b"\x89PNG") && bytes.len() > 5000)
}
