//! What a Kerberos login costs an instance against a bare server under the same load, for an RSA and an EC
//! certificate: the bare one does a TLS handshake, accepts the token, signs and sends a page of the same size, and
//! nothing else. It has the sockets and the cold caches that a sum of parts has not, so it is the floor that counts.
//! Run by `benches/run.sh`.

#[path = "../../tests/lab/mod.rs"]
mod lab;

mod server;
mod spent;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::Value;

use crate::{
    lab::{Ccache, Lab, instance::Instance, run_with_input, wait_until},
    spent::Spent,
};

const HOST: &str = "login.corp.example";
/// In a second: gentle, and about what two processors carry that also run the clients and the controller.
const RATES: [u32; 2] = [100, 400];
const SECONDS: u32 = 15;
const ROUNDS: usize = 3;
const USERS: usize = 50;

/// What is measured, by one round of one rate.
#[derive(Clone, Copy)]
struct Figures {
    spent: Spent,
    median: f64,
    p99: f64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("serve") {
        let files: Vec<_> = arguments.map(PathBuf::from).collect();
        let [chain, key, signer, address] = &files[..] else {
            eprintln!("serve CHAIN KEY SIGNER ADDRESS");
            return ExitCode::from(64);
        };
        let address = address.to_string_lossy().parse().expect("an address");
        server::serve(chain, key, signer, address);
        return ExitCode::FAILURE;
    }
    let lab = Lab::get();
    let tickets: Vec<_> = (0..USERS)
        .map(|number| {
            let name = format!("bare-{number}");
            lab.add_user(&name, "");
            lab.kinit(&name)
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let certs = lab.home().join("certs");
    let own = [lab.ca(), certs.join("tls.pem"), certs.join("tls.key")];
    println!(
        "one Kerberos login on a fresh TLS connection, {USERS} users, {SECONDS} s a round: CPU time and context switches"
    );
    println!(
        "certificate  a second  round  bare us  switches  p50 ms  p99 ms  ad-edge us  switches  p50 ms  p99 ms  ratio"
    );
    for (kind, files) in [("RSA-2048", own), ("EC P-256", ec(folder.path()))] {
        measure(kind, &files, &tickets);
    }
    ExitCode::SUCCESS
}

/// Of each rate in turn bare server, instance, bare server, …
fn measure(kind: &str, [ca, chain, key]: &[PathBuf; 3], tickets: &[Ccache]) {
    let read = |path: &Path| std::fs::read(path).expect("a file");
    let instance = Instance::builder()
        .file("certs/tls.pem", read(chain))
        .file("certs/tls.key", read(key))
        .start();
    let bare = Bare::start(chain, key);
    let address = |port| -> SocketAddr {
        let ip = instance.address.parse().expect("an address");
        SocketAddr::new(ip, port)
    };
    let sides = [
        (bare.0.id(), address(bare.1)),
        (instance.process.pid(), address(instance.port)),
    ];
    for (_, to) in sides {
        // Connections, caches and the allocator settle.
        load(to, ca, tickets, 100, 500);
    }
    for rate in RATES {
        let mut ratios = Vec::new();
        for round in 1..=ROUNDS {
            let [bare, ours] = sides.map(|(pid, to)| {
                let before = Spent::of(pid);
                let count = rate * SECONDS;
                let summary = load(to, ca, tickets, rate, count);
                let milliseconds = |name: &str| summary[name].as_f64().expect("a number");
                Figures {
                    spent: Spent::of(pid).since(before).each(count),
                    median: milliseconds("good_median_ms"),
                    p99: milliseconds("good_p99_ms"),
                }
            });
            let ratio = ours.spent.cpu.as_secs_f64() / bare.spent.cpu.as_secs_f64();
            ratios.push(ratio);
            print!("{kind:<11}  {rate:>8}  {round:>5}");
            for Figures { spent, median, p99 } in [bare, ours] {
                let (cpu, switches) = (spent.cpu.as_micros(), spent.switches);
                print!("  {cpu:>7}  {switches:>8.1}  {median:>6.1}  {p99:>6.1}");
            }
            println!("  {ratio:>5.2}");
        }
        ratios.sort_by(f64::total_cmp);
        let middle = ratios[ROUNDS / 2];
        println!("{kind}, {rate} a second: {middle:.2} times the bare server (median)");
    }
}

/// Its summary; all must be good: a cost is that of logins that worked.
fn load(to: SocketAddr, ca: &Path, tickets: &[Ccache], rate: u32, count: u32) -> Value {
    let mut storm = Command::new(env!("CARGO_BIN_EXE_storm"));
    storm
        .env("KRB5_CONFIG", Lab::get().krb5_conf())
        .args([
            "--json",
            "--quiet",
            "--seconds",
            "3600",
            "--at-once",
            "2000",
        ])
        .args(["--url", &format!("https://{HOST}/wsfed")])
        .args(["--connect", &to.to_string()])
        .arg("--ca")
        .arg(ca)
        .args(["--rate", &rate.to_string(), "--count", &count.to_string()]);
    for ticket in tickets {
        storm.arg("--ccache").arg(ticket.path());
    }
    let summary: Value = serde_json::from_str(&run_with_input(&mut storm, "")).expect("JSON");
    assert_eq!(summary["failed"], 0, "{summary}");
    summary
}

/// The bare server, a process of its own, and its port; ends when it is dropped.
struct Bare(Child, u16);

impl Bare {
    fn start(chain: &Path, key: &Path) -> Self {
        let lab = Lab::get();
        let port = lab.free_port();
        let address = format!("{}:{port}", lab.address);
        let own = std::env::current_exe().expect("this program");
        let child = Command::new(own)
            .arg("serve")
            .args([chain, key])
            .arg(lab.home().join("certs/cert.key"))
            .arg(&address)
            .env("KRB5_KTNAME", lab.keytab())
            .env("KRB5_CONFIG", lab.krb5_conf())
            // An instance has one of its own, in memory.
            .env("KRB5RCACHENAME", "none:")
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        let bare = Self(child, port);
        wait_until(Duration::from_secs(10), "the bare server listens", || {
            std::net::TcpStream::connect(&address).is_ok()
        });
        bare
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// A certificate that is its own CA: the CA, the chain and the key.
fn ec(folder: &Path) -> [PathBuf; 3] {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
    let params = CertificateParams::new([HOST.to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    let (chain, secret) = (folder.join("ec.pem"), folder.join("ec.key"));
    std::fs::write(&chain, certificate.pem()).expect("written");
    std::fs::write(&secret, key.serialize_pem()).expect("written");
    [chain.clone(), chain, secret]
}
