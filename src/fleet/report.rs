//! What an instance tells of itself at `/instance` on OPS_LISTEN.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An instance, as of the moment in which it was asked. It holds no value of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceReport {
    /// Of the JSON's shape.
    pub version: u32,
    /// Of this run of the program: two addresses at which it is the same are one instance's.
    pub run: String,
    pub name: String,
    /// What its request numbers begin with.
    pub mark: String,
    /// The program's version.
    pub program: String,
    /// RFC 3339.
    pub up_since: String,
    pub up_seconds: u64,
    pub state: State,
    /// Why it is not ready.
    pub reasons: Vec<String>,
    pub tunnel: Tunnel,
    pub directory: Vec<DirectoryServer>,
    pub last_minute: LastMinute,
    /// That of SERVER_URL, by the SHA-256 of its DER; none where a balancer ends TLS.
    pub server_certificate: Option<Certificate>,
    /// By the SHA-1 of its DER, by which tenants list it.
    pub signing_certificate: Certificate,
    /// The key versions of each principal, in order; empty without Kerberos.
    pub keytab: BTreeMap<String, Vec<u32>>,
    pub configuration: Configuration,
}

/// Whether it signs users in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ready,
    NotReady,
    Draining,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Tunnel {
    /// There is none.
    Off,
    Connected,
    Disconnected {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryServer {
    pub url: String,
    pub up: bool,
    /// For how long.
    pub seconds: u64,
    pub error: Option<String>,
}

/// Logins of all methods within the last minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastMinute {
    pub logins: u64,
    pub refusals: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub thumbprint: String,
    /// RFC 3339.
    pub ends: String,
}

/// Digests of what must be equal on all instances; see [`super::FleetKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Of all that follows.
    pub digest: String,
    /// Of the profile mapper's script; none with the built-in one.
    pub mapper: Option<String>,
    /// Of the CAs of client certificates; none without logins by certificate.
    pub client_ca: Option<String>,
    /// Of each key that is not a host's own, and of each relying party.
    pub keys: BTreeMap<String, KeyDigest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyDigest {
    pub digest: String,
    /// Where the value comes from: `default`, `config.json`, `environment`, `file`, `tenant`.
    pub from: String,
}

impl InstanceReport {
    pub const VERSION: u32 = 1;
}
