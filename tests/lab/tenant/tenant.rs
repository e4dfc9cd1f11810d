//! What the stand-in knows: its settings, the certificates that it trusts, the connected agents.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::Message;

use crate::Args;

pub struct Tenant {
    pub args: Args,
    /// `https://host:port` of this server.
    pub url: String,
    /// Signs the requests of the hub.
    pub request_key: Vec<u8>,
    /// Its certificate, which the ticket's answer names.
    pub request_cert: String,
    trusted: Mutex<Vec<PathBuf>>,
    agents: Mutex<Vec<Agent>>,
    next_agent: AtomicUsize,
    next_id: AtomicU64,
    /// Requests by pid: the agent that was asked, and who waits.
    waiting: Mutex<HashMap<String, (u64, oneshot::Sender<Answer>)>>,
    /// Names of answers that nobody waited for.
    strays: Mutex<Vec<String>>,
    mode: watch::Sender<Mode>,
}

/// How the hub behaves, as a test wants it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Mode {
    /// Nobody is accepted.
    pub refuse: bool,
    /// Nothing is read or answered, pings included.
    pub silent: bool,
    /// The hub's address answers 503, and links are cut.
    pub down: bool,
}

/// What is sent to an agent.
pub enum ToAgent {
    Message(Message),
    /// Drops the connection without a close.
    Cut,
}

/// One instance that is connected to the hub and has proved who it is.
#[derive(Clone)]
pub struct Agent {
    pub id: u64,
    pub send: mpsc::UnboundedSender<ToAgent>,
    /// Requests that were sent to it.
    pub requests: Arc<AtomicU64>,
    /// Pings that it sent.
    pub pings: Arc<AtomicU64>,
}

/// An agent's answer to a request.
pub struct Answer {
    pub name: String,
    pub payload: Value,
}

impl Tenant {
    pub fn new(args: Args, port: u16) -> io::Result<Self> {
        std::fs::create_dir_all(&args.folder)?;
        Ok(Self {
            url: format!("https://{}:{port}", args.host),
            request_key: std::fs::read(&args.key)?,
            request_cert: first_certificate(&std::fs::read_to_string(&args.cert)?),
            trusted: Mutex::new(args.trust.iter().cloned().collect()),
            agents: Mutex::default(),
            next_agent: AtomicUsize::new(0),
            next_id: AtomicU64::new(1),
            waiting: Mutex::default(),
            strays: Mutex::default(),
            mode: watch::Sender::default(),
            args,
        })
    }

    /// Files of the certificates whose tokens are trusted.
    pub fn trusted(&self) -> Vec<PathBuf> {
        locked(&self.trusted).clone()
    }

    /// Their thumbprints: SHA-1, lower-case hex.
    pub fn thumbprints(&self) -> Vec<String> {
        let thumbprint = |path: &PathBuf| {
            let pem = std::fs::read(path).ok()?;
            let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).ok()?;
            let hash = aws_lc_rs::digest::digest(
                &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
                &pem.contents,
            );
            Some(hex::encode(hash))
        };
        self.trusted().iter().filter_map(thumbprint).collect()
    }

    /// Trusts these certificates, base64 as the ticket brings them, in place of those that were registered
    /// before: what an installation says last counts.
    pub fn register(&self, certificates: &[String]) -> Result<(), String> {
        let mut trusted: Vec<_> = self.args.trust.iter().cloned().collect();
        for der in certificates {
            let der = BASE64_STANDARD
                .decode(der)
                .map_err(|error| format!("certs holds something else than base64: {error}"))?;
            x509_parser::parse_x509_certificate(&der).map_err(|error| {
                format!("certs holds something else than a certificate: {error}")
            })?;
            let path = self
                .args
                .folder
                .join(format!("registered-{}.pem", self.new_id()));
            std::fs::write(&path, to_pem(&der)).map_err(|error| error.to_string())?;
            trusted.push(path);
        }
        *locked(&self.trusted) = trusted;
        Ok(())
    }

    pub fn new_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub fn agent_joins(&self, agent: Agent) {
        locked(&self.agents).push(agent);
    }

    /// Whoever waits for its answers learns that there will be none.
    pub fn agent_leaves(&self, id: u64) {
        locked(&self.agents).retain(|agent| agent.id != id);
        locked(&self.waiting).retain(|_, (asked, _)| *asked != id);
    }

    pub fn agents(&self) -> Vec<Agent> {
        locked(&self.agents).clone()
    }

    /// The agent whose turn it is.
    pub fn next_agent(&self) -> Option<Agent> {
        let agents = locked(&self.agents);
        let turn = self.next_agent.fetch_add(1, Ordering::Relaxed);
        agents.get(turn.checked_rem(agents.len())?).cloned()
    }

    pub fn strays(&self) -> Vec<String> {
        locked(&self.strays).clone()
    }

    pub fn set_mode(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    pub fn mode(&self) -> watch::Receiver<Mode> {
        self.mode.subscribe()
    }

    /// Where the answer of the agent to the request `pid` will arrive.
    pub fn expect_answer(&self, agent: u64, pid: &str) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        locked(&self.waiting).insert(pid.to_owned(), (agent, sender));
        receiver
    }

    pub fn forget_answer(&self, pid: &str) {
        locked(&self.waiting).remove(pid);
    }

    /// Hands an agent's message to whoever waits for it; the name starts with the request's pid.
    pub fn answered(&self, name: &str, payload: Value) {
        let pid = name.split_once('_').map_or(name, |(pid, _)| pid);
        let waiting = locked(&self.waiting).remove(pid);
        if waiting.is_none() {
            locked(&self.strays).push(name.to_owned());
        }
        if let Some((_, waiting)) = waiting {
            let answer = Answer {
                name: name.to_owned(),
                payload,
            };
            // The one who asked may have given up in this very moment.
            let _gone = waiting.send(answer);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn first_certificate(chain: &str) -> String {
    const END: &str = "-----END CERTIFICATE-----";
    match chain.split_once(END) {
        Some((first, _)) => format!("{first}{END}\n"),
        None => chain.to_owned(),
    }
}

fn to_pem(der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
