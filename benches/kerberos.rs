//! What a Kerberos login in the browser costs, in CPU time of the instance's process, against the sum of
//! what it cannot do without: one full TLS handshake, one accepted token, one RSA-2048 signature. All of it
//! is measured in one run on one machine. Run by `benches/run.sh`, which gives it a ticket and the keytab.

#[path = "../tests/lab/mod.rs"]
mod lab;

use std::{io::Cursor, process::Command, sync::Arc, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use libgssapi::{
    context::{ClientCtx, CtxFlags, SecurityContext as _, ServerCtx},
    credential::{Cred, CredUsage},
    name::Name,
    oid::{GSS_MECH_SPNEGO, GSS_NT_HOSTBASED_SERVICE, OidSet},
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::lab::{Lab, instance::Instance, process::cpu_time, run_with_input};

const SERVICE: &str = "HTTP@login.corp.example";
const LOGINS: u32 = 1000;
const ROUNDS: usize = 3;

fn main() {
    println!("one Kerberos login, each on a fresh TLS connection, {LOGINS} in a round");
    println!("round  handshake us  token us  signature us  sum us  login CPU us  login/sum");
    let instance = Instance::start();
    // Connections, caches and the allocator settle.
    logins(&instance, 200);
    for round in 1..=ROUNDS {
        let parts = [handshake(), token(), signature()];
        let sum: Duration = parts.iter().sum();
        let before = cpu_time(instance.process.pid());
        logins(&instance, LOGINS);
        let login = cpu_time(instance.process.pid()).saturating_sub(before) / LOGINS;
        let [handshake, token, signature] = parts.map(|part| part.as_micros());
        println!(
            "{round:<5}  {handshake:>12}  {token:>8}  {signature:>12}  {:>6}  {:>12}  {:>9.2}",
            sum.as_micros(),
            login.as_micros(),
            login.as_secs_f64() / sum.as_secs_f64()
        );
    }
}

/// All must be good: a cost is that of logins that worked.
fn logins(instance: &Instance, count: u32) {
    let mut storm = Command::new(env!("CARGO_BIN_EXE_storm"));
    storm
        .args(["--json", "--url", "https://login.corp.example/wsfed"])
        .args([
            "--connect",
            &format!("{}:{}", instance.address, instance.port),
        ])
        .arg("--ca")
        .arg(Lab::get().ca())
        .args(["--rate", "100", "--seconds", "120"])
        .args(["--count", &count.to_string()]);
    let summary: Value = serde_json::from_str(&run_with_input(&mut storm, "")).expect("JSON");
    assert_eq!(summary["failed"], 0, "{summary}");
    assert_eq!(summary["asked"], count, "{summary}");
}

fn mean(count: u32, mut one: impl FnMut() -> Duration) -> Duration {
    let all: Duration = (0..count).map(|_| one()).sum();
    all / count
}

/// The server's part of a full handshake, with the lab's certificate.
fn handshake() -> Duration {
    let lab = Lab::get();
    let read = |name: &str| std::fs::read(lab.home().join("certs").join(name)).expect("a file");
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read("tls.pem"))
        .collect::<Result<_, _>>()
        .expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(&read("tls.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a key and certificate");
    let mut roots = RootCertStore::empty();
    for ca in CertificateDer::pem_slice_iter(&std::fs::read(lab.ca()).expect("the CA")) {
        roots.add(ca.expect("PEM")).expect("a CA");
    }
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    let (server, client) = (Arc::new(server), Arc::new(client));
    mean(500, || {
        let name = "login.corp.example".try_into().expect("a name");
        let mut client = ClientConnection::new(Arc::clone(&client), name).expect("a client");
        let mut spent = Duration::ZERO;
        let start = Instant::now();
        let mut server = ServerConnection::new(Arc::clone(&server)).expect("a server");
        spent += start.elapsed();
        while client.is_handshaking() || server.is_handshaking() {
            let mut there = Vec::new();
            client.write_tls(&mut there).expect("written");
            let start = Instant::now();
            let mut read = Cursor::new(&there);
            while read.position() < there.len() as u64 {
                server.read_tls(&mut read).expect("read");
                server.process_new_packets().expect("the client's part");
            }
            let mut back = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut back).expect("written");
            }
            spent += start.elapsed();
            let mut read = Cursor::new(&back);
            while read.position() < back.len() as u64 {
                client.read_tls(&mut read).expect("read");
                client.process_new_packets().expect("the server's part");
            }
        }
        spent
    })
}

/// GSSAPI's acceptance of one fresh token, with a credential that is acquired once.
fn token() -> Duration {
    let name = || Name::new(SERVICE.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE)).expect("a name");
    let user = Cred::acquire(None, None, CredUsage::Initiate, None::<&OidSet>);
    let user = user.expect("a ticket (KRB5CCNAME)");
    let service = Cred::acquire(None, None, CredUsage::Accept, None::<&OidSet>);
    let service = service.expect("a keytab (KRB5_KTNAME)");
    mean(500, || {
        let mut client = ClientCtx::new(
            Some(user.clone()),
            name(),
            CtxFlags::empty(),
            Some(GSS_MECH_SPNEGO),
        );
        let token = client.step(None, None).expect("a token").expect("a token");
        let start = Instant::now();
        let mut server = ServerCtx::new(Some(service.clone()));
        server.step(&token, None).expect("accepted");
        assert!(server.is_complete());
        start.elapsed()
    })
}

fn signature() -> Duration {
    let pem = std::fs::read(Lab::get().home().join("certs/cert.key")).expect("the key");
    let key = PrivateKeyDer::from_pem_slice(&pem).expect("PEM");
    let key = match &key {
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        other => RsaKeyPair::from_der(other.secret_der()),
    }
    .expect("an RSA key");
    let random = SystemRandom::new();
    let mut signature = vec![0; key.public_modulus_len()];
    mean(500, || {
        let start = Instant::now();
        key.sign(&RSA_PKCS1_SHA256, &random, b"an assertion", &mut signature)
            .expect("signed");
        start.elapsed()
    })
}
