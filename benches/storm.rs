//! Kerberos logins at a steady rate, each on a fresh TLS connection as a browser's first one is, and
//! what became of them. Uses the ticket in the credential cache (`kinit` before).
//!
//! ```text
//! cargo run --release --features storm --bin storm -- \
//!     --url 'https://login.corp.example/wsfed' --rate 50 --seconds 60
//! ```
//!
//! Ends by itself after `--seconds`, or at SIGINT or SIGTERM, and prints a summary. Exit code 1 when a
//! login failed.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Parser;
use libgssapi::{
    context::{ClientCtx, CtxFlags},
    credential::{Cred, CredUsage},
    name::Name,
    oid::{GSS_MECH_SPNEGO, GSS_NT_HOSTBASED_SERVICE, OidSet},
};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, mpsc},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_rustls::TlsConnector;
use url::Url;

/// The largest answer that is read: a token page has some ten kilobytes.
const MAX_ANSWER: u64 = 1 << 20;

/// Kerberos logins at a steady rate, each on a fresh TLS connection.
#[derive(Debug, Parser)]
#[command(name = "storm")]
struct Arguments {
    /// The sign-in address, as a relying party would open it.
    #[arg(long)]
    url: Url,
    /// Connect here, in place of the address that DNS gives for the URL's host.
    #[arg(long, value_name = "ADDRESS:PORT")]
    connect: Option<SocketAddr>,
    /// A further CA for the server's certificate, PEM; the system's count too.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Logins begun in a second.
    #[arg(long, default_value_t = 20)]
    rate: u32,
    /// How long logins are begun.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Logins under way at the same time, at most.
    #[arg(long, default_value_t = 512)]
    at_once: usize,
    /// Seconds after which a login counts as failed.
    #[arg(long, default_value_t = 20)]
    timeout: u64,
    /// The summary as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// What every login needs.
struct Target {
    host: String,
    address: String,
    request: String,
    tls: TlsConnector,
    name: ServerName<'static>,
    credential: Cred,
    service: String,
    limit: Duration,
}

/// One finished login.
struct Login {
    began: Instant,
    ended: Instant,
    /// The instance that answered, when it says so; or why it failed.
    outcome: Result<String, String>,
}

#[derive(Default)]
struct Summary {
    milliseconds: Vec<f64>,
    instances: BTreeMap<String, usize>,
    failures: BTreeMap<String, usize>,
    last_good: Option<Instant>,
    longest_gap: Duration,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("storm: {error}");
            ExitCode::from(64)
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let target = Arc::new(Target::new(arguments)?);
    // A first token: without a ticket nothing else is worth a try.
    target
        .token()
        .map_err(|error| format!("no ticket for {}: {error}; run kinit first", target.service))?;
    let (finished, mut logins) = mpsc::unbounded_channel();
    let slots = Arc::new(Semaphore::new(arguments.at_once.max(1)));
    let mut ticks = interval(Duration::from_secs(1) / arguments.rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut int, mut term) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let start = Instant::now();
    let end = tokio::time::sleep(Duration::from_secs(arguments.seconds));
    tokio::pin!(end);
    let beginning = async {
        loop {
            tokio::select! {
                biased;
                () = &mut end => break,
                _ = int.recv() => break,
                _ = term.recv() => break,
                _ = ticks.tick() => {}
            }
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                break;
            };
            let (target, finished) = (Arc::clone(&target), finished.clone());
            tokio::spawn(async move {
                let login = target.login().await;
                drop(slot);
                // The receiver is read until the last sender has gone.
                let _ = finished.send(login);
            });
        }
        drop(finished);
    };
    let collecting = async {
        let mut summary = Summary::default();
        while let Some(login) = logins.recv().await {
            summary.add(login, start);
        }
        summary
    };
    let ((), summary) = tokio::join!(beginning, collecting);
    summary.print(arguments.json, start.elapsed());
    Ok(summary.failed() == 0)
}

impl Target {
    fn new(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let url = &arguments.url;
        let host = url.host_str().filter(|_| url.scheme() == "https");
        let host = host.ok_or("--url needs https and a host")?.to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path = format!("{path}?{query}");
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = &arguments.ca {
            for certificate in CertificateDer::pem_slice_iter(&fs::read(file)?) {
                roots.add(certificate?)?;
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Each login is somebody else's, from a computer that was not here before.
        tls.resumption = rustls::client::Resumption::disabled();
        Ok(Self {
            name: ServerName::try_from(host.clone())?,
            address: match arguments.connect {
                Some(address) => address.to_string(),
                None => format!("{host}:{port}"),
            },
            request: format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"),
            tls: TlsConnector::from(Arc::new(tls)),
            credential: Cred::acquire(None, None, CredUsage::Initiate, None::<&OidSet>)?,
            service: format!("HTTP@{host}"),
            limit: Duration::from_secs(arguments.timeout.max(1)),
            host,
        })
    }

    /// A fresh Negotiate token: no two have the same authenticator.
    fn token(&self) -> Result<String, libgssapi::error::Error> {
        let service = Name::new(self.service.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE))?;
        let mut context = ClientCtx::new(
            Some(self.credential.clone()),
            service,
            CtxFlags::empty(),
            Some(GSS_MECH_SPNEGO),
        );
        let token = context.step(None, None)?;
        Ok(token
            .map(|token| STANDARD.encode(&*token))
            .unwrap_or_default())
    }

    async fn login(self: Arc<Self>) -> Login {
        let began = Instant::now();
        let outcome = match timeout(self.limit, Arc::clone(&self).try_login()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} s", self.limit.as_secs())),
        };
        Login {
            began,
            ended: Instant::now(),
            outcome,
        }
    }

    async fn try_login(self: Arc<Self>) -> Result<String, String> {
        let of = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
        let own = Arc::clone(&self);
        let token = tokio::task::spawn_blocking(move || own.token())
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| format!("token: {error}"))?;
        let stream = TcpStream::connect(&self.address)
            .await
            .map_err(of("connect"))?;
        let mut stream = self
            .tls
            .connect(self.name.clone(), stream)
            .await
            .map_err(of("TLS"))?;
        let request = format!("{}Authorization: Negotiate {token}\r\n\r\n", self.request);
        stream
            .write_all(request.as_bytes())
            .await
            .map_err(of("send"))?;
        let mut answer = Vec::new();
        let read = (&mut stream)
            .take(MAX_ANSWER)
            .read_to_end(&mut answer)
            .await;
        let answer = String::from_utf8_lossy(&answer);
        if answer.is_empty() {
            return Err(match read {
                Ok(_) => "closed without an answer".to_owned(),
                Err(error) => format!("receive: {error}"),
            });
        }
        verdict(&answer, &self.host)
    }
}

/// The instance of a good answer, or what is wrong with it.
fn verdict(answer: &str, host: &str) -> Result<String, String> {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        let title = body
            .split("<h1>")
            .nth(1)
            .and_then(|rest| rest.split('<').next());
        return Err(format!("status {status}: {}", title.unwrap_or("no page")));
    }
    if !body.contains("name=\"wresult\"") || !body.ends_with('>') && !body.ends_with('\n') {
        return Err("status 200 without a whole token page".to_owned());
    }
    let instance = head
        .lines()
        .find_map(|line| line.strip_prefix("x-ad-edge-instance: "));
    Ok(instance.unwrap_or(host).to_owned())
}

impl Summary {
    fn add(&mut self, login: Login, start: Instant) {
        match login.outcome {
            Ok(instance) => {
                let took = login.ended.duration_since(login.began);
                self.milliseconds.push(took.as_secs_f64() * 1000.0);
                *self.instances.entry(instance).or_default() += 1;
                let gap = login
                    .ended
                    .saturating_duration_since(self.last_good.unwrap_or(start));
                self.longest_gap = self.longest_gap.max(gap);
                self.last_good = Some(
                    self.last_good
                        .map_or(login.ended, |last| last.max(login.ended)),
                );
            }
            Err(why) => *self.failures.entry(why).or_default() += 1,
        }
    }

    fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// In milliseconds, of the good ones.
    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a list that fits in memory"
        )]
        let index = (share * sorted.len() as f64) as usize;
        sorted
            .get(index.min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0.0)
    }

    fn print(&self, as_json: bool, took: Duration) {
        let good = self.milliseconds.len();
        let (asked, failed) = (good + self.failed(), self.failed());
        let (median, p99) = (self.quantile(0.5), self.quantile(0.99));
        if as_json {
            let summary = json!({
                "asked": asked, "failed": failed, "seconds": took.as_secs_f64(),
                "longest_gap_ms": self.longest_gap.as_secs_f64() * 1000.0,
                "median_ms": median, "p99_ms": p99,
                "failures": self.failures, "instances": self.instances,
            });
            println!("{summary}");
            return;
        }
        println!(
            "{asked} logins in {:.1} s, {failed} failed",
            took.as_secs_f64()
        );
        println!(
            "longest time without a finished login  {:.0} ms",
            self.longest_gap.as_secs_f64() * 1000.0
        );
        println!("a login took  {median:.1} ms (median), {p99:.1} ms (99 %)");
        for (instance, count) in &self.instances {
            println!("{count:>8}  {instance}");
        }
        for (why, count) in &self.failures {
            println!("{count:>8}  failed: {why}");
        }
    }
}
