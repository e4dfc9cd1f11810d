//! The tenant's stand-in, as a process of a test.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::curl::{Curl, Response};
use super::page::Form;
use super::process::Running;
use super::{Lab, wait_until};

const HOST: &str = "tenant.corp.example";

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
        Self::run(HOST, certificate, 0, &[])
    }

    /// One that calls itself by its address, for programs that take what its ticket says: the lab has no
    /// DNS of its own.
    pub fn by_address() -> Self {
        Self::by_address_with(&[])
    }

    /// The same with further arguments, for what a broken tenant says.
    pub fn by_address_with(arguments: &[&str]) -> Self {
        Self::by_address_on(0, arguments)
    }

    /// The same on a port that is known already.
    pub fn by_address_on(port: u16, arguments: &[&str]) -> Self {
        let lab = Lab::get();
        Self::run(&lab.address, &lab.signer(), port, arguments)
    }

    /// The set-up address.
    pub fn ticket(&self) -> String {
        format!("https://{}:{}/p/ad/trial", Lab::get().address, self.port)
    }

    fn run(host: &str, certificate: &Path, port: u16, arguments: &[&str]) -> Self {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenant-stand-in"));
        command
            .args(["--listen", &format!("{}:{port}", lab.address)])
            .args(["--host", host])
            .args(arguments)
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

    /// What the tenant reads in a token that it accepts: `issuer`, `claims`, …
    ///
    /// # Panics
    /// When it does not accept it, with the reason.
    pub fn verified(&self, form: &Form) -> Value {
        let response = self.post(form);
        let answer: Value = serde_json::from_str(&response.body).expect("JSON");
        assert!(
            response.status == 200 && answer["verified"] == true,
            "{answer:#}"
        );
        answer
    }

    /// The hub's address, as the ticket gives it.
    pub fn hub(&self) -> String {
        format!("https://{}:{}/lo/hub", Lab::get().address, self.port)
    }

    /// The certificate that the hub's requests are checked with.
    pub fn signing_key() -> String {
        std::fs::read_to_string(Lab::get().state.join("pki/tenant.pem")).expect("its certificate")
    }

    /// A token as the tenant signs them, good for a minute; `claims` is an object.
    pub fn token(claims: &Value) -> String {
        Self::token_for(claims, 60)
    }

    /// The same for so many seconds.
    pub fn token_for(claims: &Value, seconds: u64) -> String {
        let key = std::fs::read(Lab::get().state.join("pki/tenant.key")).expect("its key");
        let key = EncodingKey::from_rsa_pem(&key).expect("an RSA key");
        let mut claims = claims.clone();
        claims["exp"] = json!(jsonwebtoken::get_current_timestamp() + seconds);
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).expect("a token")
    }

    /// The hub's side: `{agents: [{id, requests, pings}], strays: [name]}`.
    pub fn hub_state(&self) -> Value {
        let answer = self.curl("/control/agents").run();
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// Waits until that many instances have proved who they are.
    pub fn await_agents(&self, count: usize) {
        self.await_agents_within(Duration::from_secs(10), count);
    }

    pub fn await_agents_within(&self, limit: Duration, count: usize) {
        wait_until(limit, &format!("not {count} tunnels"), || {
            let agents = self.hub_state()["agents"].take();
            agents
                .as_array()
                .is_some_and(|agents| agents.len() == count)
        });
    }

    /// Sets how the hub behaves: `refuse`, `silent`, `down`; what is not named is as it should be.
    pub fn set_mode(&self, mode: &Value) {
        self.control("mode", mode);
    }

    /// Cuts every link without a word.
    pub fn cut(&self) {
        self.control("cut", &json!({}));
    }

    /// Sends a message that no tenant sends to the instance whose turn it is.
    pub fn hostile(&self, kind: &str) {
        self.control("hostile", &json!({ "kind": kind }));
    }

    /// Sends this event with this token to the instance whose turn it is. The name of its answer is among
    /// [`Self::strays`].
    pub fn send(&self, event: &str, token: &str) {
        self.control("token", &json!({ "event": event, "jwt": token }));
    }

    /// The names of answers that nobody waited for.
    pub fn strays(&self) -> Vec<String> {
        let strays = self.hub_state()["strays"].take();
        serde_json::from_value(strays).expect("names")
    }

    /// Asks `count` times, `concurrency` at once, with each of the claims in turn:
    /// `{answers: [{agent, name, payload}], seconds}`.
    pub fn burst(&self, event: &str, claims: &[Value], count: usize, concurrency: usize) -> Value {
        let burst =
            json!({ "event": event, "claims": claims, "count": count, "concurrency": concurrency });
        serde_json::from_str(&self.control("burst", &burst).body).expect("JSON")
    }

    fn control(&self, what: &str, body: &Value) -> Response {
        let curl = self.curl(&format!("/control/{what}"));
        let response = curl.arg("--max-time").arg("120").json(body).run();
        assert!(response.status < 300, "{what}: {}", response.body);
        response
    }

    /// Asks the instance whose turn it is; the name and payload of its answer.
    ///
    /// # Panics
    /// When no instance answers.
    pub fn ask(&self, event: &str, claims: &Value) -> (String, Value) {
        let response = self.request(event, claims);
        assert_eq!(response.status, 200, "{event}: {}", response.body);
        let mut answer: Value = serde_json::from_str(&response.body).expect("JSON");
        let name = answer["name"].as_str().expect("a name").to_owned();
        (name, answer["payload"].take())
    }

    /// Sends a request through the hub to the instance whose turn it is.
    pub fn request(&self, event: &str, claims: &Value) -> Response {
        self.curl("/control/request")
            .json(&json!({ "event": event, "claims": claims }))
            .run()
    }
}
