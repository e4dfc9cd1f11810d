//! One address opens more connections than there are places, and leaves each half done, or idle; for each
//! that is closed it opens another. Logins of others go on, and operators see what happens.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    runtime::Runtime,
    time::Instant,
};
use tokio_rustls::TlsConnector;

use crate::lab::{Lab, haproxy::Haproxy, instance::Instance, wait_until};

const FLOOD: usize = 10_200;
const LOGINS: usize = 100;
const SOON: Duration = Duration::from_secs(60);
/// No login of the tests comes from here.
const SOURCE: Ipv4Addr = Ipv4Addr::new(127, 99, 0, 1);

/// What each connection does before it is silent.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Not a byte.
    Silent,
    /// Half of a ClientHello.
    HalfHello,
    /// A whole handshake.
    AfterTls,
    /// Half of a request's head.
    HalfHead,
    /// A head, and half of the body that it announces.
    HalfBody,
    /// A request, its answer, and no other request.
    KeptAlive,
}

/// How many in a hundred connections shake hands: few, since one costs the processor that the logins need too,
/// and a flood of handshakes is another attack. `AD_EDGE_FLOOD_TLS` sets another share, for a release build.
const WITH_TLS: usize = 4;

impl Kind {
    /// The kinds with a handshake in turn, `with_tls` in a hundred; of the others, two send half a ClientHello
    /// for each that is silent.
    fn of(number: usize, with_tls: usize) -> Self {
        const TLS: [Kind; 4] = [
            Kind::AfterTls,
            Kind::HalfHead,
            Kind::HalfBody,
            Kind::KeptAlive,
        ];
        let (round, place) = (number / 100, number % 100);
        if place < with_tls {
            TLS[(round * with_tls + place) % TLS.len()]
        } else if place.is_multiple_of(3) {
            Self::Silent
        } else {
            Self::HalfHello
        }
    }

    /// What it sends over TLS.
    fn request(self) -> Option<&'static str> {
        match self {
            Self::Silent | Self::HalfHello => None,
            Self::AfterTls => Some(""),
            Self::HalfHead => Some("GET /wsfed HTTP/1.1\r\nHost: login.corp.example\r\nX: "),
            Self::HalfBody => Some(
                "POST /wsfed HTTP/1.1\r\nHost: login.corp.example\r\nContent-Length: 1000\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=",
            ),
            Self::KeptAlive => Some("GET /healthz HTTP/1.1\r\nHost: login.corp.example\r\n\r\n"),
        }
    }
}

struct Flood {
    runtime: Runtime,
    /// Opened and not yet closed.
    open: Arc<AtomicUsize>,
}

impl Flood {
    /// All kinds, in their shares.
    fn start(to: SocketAddr, connections: usize) -> Self {
        let with_tls = number("AD_EDGE_FLOOD_TLS", WITH_TLS);
        Self::of(to, connections, |number| Kind::of(number, with_tls))
    }

    fn of(to: SocketAddr, connections: usize, kind: impl Fn(usize) -> Kind) -> Self {
        rlimit::increase_nofile_limit(connections as u64 + 1000).expect("files");
        let runtime = Runtime::new().expect("a runtime");
        let (open, config) = (Arc::<AtomicUsize>::default(), Arc::new(config()));
        for kind in (0..connections).map(kind) {
            let (open, config) = (Arc::clone(&open), Arc::clone(&config));
            runtime.spawn(async move {
                loop {
                    if let Some(stream) = connect(to).await {
                        open.fetch_add(1, Ordering::Relaxed);
                        let _ended = stay(kind, stream, &config).await;
                        open.fetch_sub(1, Ordering::Relaxed);
                    }
                    // Another one comes, but not at once.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            });
        }
        Self { runtime, open }
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    fn end(self) {
        self.runtime.shutdown_background();
    }
}

pub(crate) async fn connect(to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind((SOURCE, 0).into()).ok()?;
    socket.connect(to).await.ok()
}

/// Until the other side closes it.
async fn stay(kind: Kind, mut stream: TcpStream, config: &Arc<ClientConfig>) -> Option<()> {
    let Some(request) = kind.request() else {
        if matches!(kind, Kind::HalfHello) {
            // Record header and the begin of a ClientHello of 512 bytes.
            let hello = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];
            stream.write_all(&hello).await.ok()?;
        }
        return until_closed(stream).await;
    };
    let name = "login.corp.example".try_into().ok()?;
    let connector = TlsConnector::from(Arc::clone(config));
    let mut stream = connector.connect(name, stream).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    until_closed(stream).await
}

async fn until_closed(mut stream: impl AsyncRead + Unpin) -> Option<()> {
    let mut bytes = [0; 512];
    while stream.read(&mut bytes).await.ok()? > 0 {}
    Some(())
}

pub(crate) fn config() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let ca = std::fs::read(Lab::get().ca()).expect("the CA");
    for certificate in CertificateDer::pem_slice_iter(&ca) {
        roots.add(certificate.expect("PEM")).expect("a CA");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Each handshake costs the instance a signature.
    config.resumption = Resumption::disabled();
    config
}

/// The variable's, or what the tests take.
fn number(variable: &str, usual: usize) -> usize {
    let text = std::env::var(variable).ok();
    text.map_or(usual, |text| text.parse().expect("a number"))
}

pub(crate) fn address(port: u16) -> SocketAddr {
    let address = Lab::get().address.parse().expect("an address");
    SocketAddr::new(address, port)
}

#[test]
fn an_address_that_takes_every_place_costs_nobody_else_a_login() {
    let instance = Instance::start();
    let alice = Lab::get().kinit("alice");
    // How long it took, if it worked.
    let login = || {
        let answer = instance.curl("/wsfed").negotiate(&alice).try_run().ok()?;
        let good = answer.status == 200 && answer.body.contains("wresult");
        good.then_some(answer.milliseconds)
    };
    assert!(login().is_some(), "before the flood");
    let flood = Flood::start(address(instance.port), FLOOD);
    let metric = |name: &str| instance.metric(name).unwrap_or(0.0);
    let early = r#"ad_edge_connections_closed_early_total{reason="full"}"#;
    wait_until(SOON, "all places are taken", || metric(early) > 0.0);
    let full = metric("ad_edge_connections_limit");
    let mut took: Vec<f64> = (0..LOGINS).filter_map(|_| login()).collect();
    assert_eq!(took.len(), LOGINS, "logins that were not lost");
    took.sort_by(f64::total_cmp);
    let open = metric("ad_edge_connections");
    println!(
        "{LOGINS} logins in {:.0} ms (median), {:.0} ms (longest), beside {open} connections, {} closed early, \
         {} handshakes",
        took[LOGINS / 2],
        took[LOGINS - 1],
        metric(early),
        metric(r#"ad_edge_handshakes_total{kind="full"}"#)
    );
    assert!(open > full * 0.6, "it is still there: {open} of {full}");
    let told = instance.ops("/readyz").expect("operators are answered");
    assert_eq!(told.0, 200, "{}", told.1);
    assert!(
        told.1.contains("full: all 10000 connections") && told.1.contains("127.99.0.1"),
        "{}",
        told.1
    );
    instance.await_event("accept.full", &["127.99.0.1"]);
    flood.end();
    wait_until(SOON, "the flood is gone", || {
        metric("ad_edge_connections") < 100.0
    });
}

#[test]
fn idle_connections_on_the_operators_port_blind_nobody() {
    let instance = Instance::start();
    let flood = Flood::start(address(instance.ops_port), 400);
    wait_until(SOON, "they are open", || flood.open() > 200);
    for _ in 0..20 {
        let (status, page) = instance.ops("/metrics").expect("a scrape");
        assert_eq!(status, 200);
        assert!(page.contains("ad_edge_ready 1"), "{page}");
    }
    flood.end();
}

#[test]
fn the_balancer_limits_a_source_and_serves_the_others() {
    let instance = Instance::builder().behind_proxy().start();
    let balancer = Haproxy::misconfigured(
        "passthrough.cfg",
        &[("sc0_conn_cur gt 4000", "sc0_conn_cur gt 20")],
        &instance,
    );
    wait_until(SOON, "the instance is up", || {
        balancer.state(1).is_some_and(|(state, _)| state == "UP")
    });
    let flood = Flood::start(address(balancer.port), 100);
    let held = || instance.metric("ad_edge_connections").unwrap_or(0.0);
    wait_until(SOON, "the source has its share", || held() >= 20.0);
    let alice = Lab::get().kinit("alice");
    for _ in 0..5 {
        assert_eq!(balancer.curl("/wsfed").negotiate(&alice).run().status, 200);
        // Its own share, the checks, and the login.
        assert!(held() < 30.0, "{}", held());
    }
    flood.end();
}

/// Resident memory, in KiB.
pub(crate) fn resident(instance: &Instance) -> usize {
    let kib = status(instance, "VmRSS");
    let kib = kib.strip_suffix("kB").expect("its unit");
    kib.trim().parse().expect("a number")
}

/// What the kernel says of its process (proc_pid_status(5)).
fn status(instance: &Instance, what: &str) -> String {
    let path = format!("/proc/{}/status", instance.process.pid());
    let text = std::fs::read_to_string(path).expect("its status");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    line.expect("a line").trim().to_owned()
}

/// Else a few bytes that are used may take two megabytes, whenever the kernel finds time to make them one page.
#[test]
fn the_kernel_makes_no_huge_pages_of_its_memory() {
    let instance = Instance::start();
    assert_eq!(status(&instance, "THP_enabled"), "0");
    let map = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", instance.process.pid()));
    let map = map.expect("a map");
    let huge = map
        .lines()
        .find_map(|line| line.strip_prefix("AnonHugePages:"));
    assert_eq!(huge.expect("a line").trim(), "0 kB");
}

/// The figures of deploy/README.md, "Sizing", come from here: `AD_EDGE_FLOOD` sets another count.
#[test]
fn an_idle_connection_takes_little_memory_and_gives_it_back() {
    let wanted = number("AD_EDGE_FLOOD", 600);
    let instance = Instance::start();
    let held = || {
        let (_, page) = instance.ops("/metrics").unwrap_or_default();
        let mut lines = page.lines();
        let open = lines.find_map(|line| line.strip_prefix("ad_edge_connections "));
        let open: usize = open.map_or(0, |open| open.parse().expect("a number"));
        open
    };
    // What the first ones need that later ones share.
    let warm = Flood::of(address(instance.port), 50, |_| Kind::KeptAlive);
    wait_until(SOON, "the first ones", || held() >= 50);
    warm.end();
    wait_until(SOON, "they are gone", || held() == 0);
    let before = resident(&instance);
    let taken = || resident(&instance).saturating_sub(before);
    for (kind, most) in [
        (Kind::Silent, 8),
        (Kind::HalfHello, 16),
        (Kind::AfterTls, 16),
        (Kind::KeptAlive, 16),
    ] {
        // The allocator gives back whole megabytes: what comes back is told of more of them.
        let wanted = match kind {
            Kind::KeptAlive => wanted * 2,
            _ => wanted,
        };
        let held = || held().min(wanted);
        let flood = Flood::of(address(instance.port), wanted, |_| kind);
        // Some have been closed for their silence, and come again.
        let what = format!("{kind:?}: {wanted} are open");
        wait_until(SOON, &what, || held() >= wanted / 10 * 9);
        // What handshakes took is given back a moment later.
        let begun = Instant::now();
        while taken() > most * held() {
            let (taken, held) = (taken(), held());
            assert!(
                begun.elapsed() < SOON,
                "{kind:?}: {taken} KiB for {held}, not at most {most} each"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        println!("{kind:?}: {} KiB for {}", taken(), held());
        if matches!(kind, Kind::KeptAlive) {
            let full = taken();
            flood.end();
            wait_until(SOON, "they are gone", || held() == 0);
            let what = format!("of {full} KiB most comes back");
            wait_until(SOON, &what, || taken() < 2048 + full / 3);
            println!("{} KiB are left", taken());
        } else {
            flood.end();
            wait_until(SOON, "they are gone", || held() == 0);
        }
    }
}
