//! The tenant's stand-in, as a process of a test.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Lab;
use super::curl::{Curl, Response};
use super::page::Form;
use super::process::Running;

const HOST: &str = "tenant.corp.example";

#[cfg(feature = "stand-in")]
const PROGRAM: Option<&str> = Some(env!("CARGO_BIN_EXE_tenant-stand-in"));
#[cfg(not(feature = "stand-in"))]
const PROGRAM: Option<&str> = None;

/// A tenant that trusts tokens of one certificate; killed when dropped.
#[derive(Debug)]
pub struct Tenant {
    pub process: Running,
    pub port: u16,
    _folder: TempDir,
}

impl Tenant {
    /// One that trusts the lab's home.
    pub fn start() -> Self {
        Self::trusting(&Lab::get().signer())
    }

    pub fn trusting(certificate: &Path) -> Self {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        let mut command = Command::new(PROGRAM.expect("run with --features stand-in"));
        command
            .args(["--listen", &format!("{}:0", lab.address), "--host", HOST])
            .arg("--cert")
            .arg(lab.state.join("pki/tenant.pem"))
            .arg("--key")
            .arg(lab.state.join("pki/tenant.key"))
            .arg("--folder")
            .arg(folder.path())
            .arg("--trust")
            .arg(certificate);
        let process = Running::start(&mut command, &folder.path().join("log"));
        let line = process.await_log(Duration::from_secs(10), &["listening on https://"]);
        let port = line
            .rsplit(':')
            .next()
            .and_then(|port| port.trim().parse().ok())
            .expect("a port");
        Self {
            process,
            port,
            _folder: folder,
        }
    }

    pub fn url(&self) -> String {
        format!("https://{HOST}:{}", self.port)
    }

    pub fn curl(&self, path: &str) -> Curl {
        Curl::new(HOST, self.port, path)
    }

    /// Posts the form of a login's page to the callback, as the browser does.
    pub fn post(&self, form: &Form) -> Response {
        self.curl("/login/callback").form(form.pairs()).run()
    }

    /// What the tenant reads in a token that it believes: `issuer`, `claims`, …
    ///
    /// # Panics
    /// When it does not believe it, with the reason.
    pub fn verified(&self, form: &Form) -> Value {
        let response = self.post(form);
        let answer: Value = serde_json::from_str(&response.body).expect("JSON");
        assert!(
            response.status == 200 && answer["verified"] == true,
            "{answer:#}"
        );
        answer
    }

    /// Sends a request through the hub to the instance whose turn it is.
    pub fn request(&self, event: &str, claims: &Value) -> Response {
        self.curl("/control/request")
            .json(&json!({ "event": event, "claims": claims }))
            .run()
    }
}
