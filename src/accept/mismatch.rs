//! The ways in which a balancer and this instance can disagree. Each is recognised where it shows
//! itself, mostly by the first bytes of a connection, and told with the key that mends it: users see
//! nothing but a broken connection.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use super::proxy::{SIGNATURE, VERSION_1};
use crate::telemetry::{Metrics, event, log::Throttle};

/// One line in the log for each kind in this time.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// How long one counts as present.
const PRESENT: Duration = Duration::from_secs(60);
/// A request counts this long as a proof that the way works: health checks come more often.
const SERVED: Duration = Duration::from_secs(10);
/// So many within a minute are a health check's.
const REPEATED: u32 = 3;
/// How often a client that has sent a part of a signature is looked at again.
const LOOK: Duration = Duration::from_millis(10);
/// And how long.
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// A TLS record of a handshake: its type, and the first byte of its version (RFC 8446, section 5.1).
const TLS_RECORD: &[u8; 2] = &[22, 3];

/// What balancer and instance disagree about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// A PROXY header where none is expected.
    ProxyHeader,
    /// No PROXY header where one is required.
    NoProxyHeader,
    /// Version 1 where version 2 is required.
    ProxyVersion1,
    /// A connection from an address that is not in `TRUSTED_PROXIES`, where a PROXY header is required.
    NotTrusted,
    /// TLS where plain HTTP is expected.
    Tls,
    /// Plain HTTP where TLS is expected.
    PlainHttp,
    /// A host name in the handshake (SNI) that the certificate of `SERVER_URL` does not bear.
    ServerName,
    /// A health check that asks for a page that is not there.
    ProbePath,
}

/// What a connection begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    ProxyVersion1,
    ProxyVersion2,
    Tls,
    Http,
    /// Something else.
    Other,
    /// The client closed it, or the connection broke.
    Closed,
}

/// Every kind, in the order in which they are told.
const ALL: [Mismatch; 8] = [
    Mismatch::ProxyHeader,
    Mismatch::NoProxyHeader,
    Mismatch::ProxyVersion1,
    Mismatch::NotTrusted,
    Mismatch::Tls,
    Mismatch::PlainHttp,
    Mismatch::ServerName,
    Mismatch::ProbePath,
];

impl Mismatch {
    /// The label `reason` of `ad_edge_balancer_mismatches_total`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::ProxyHeader => "proxy_header",
            Self::NoProxyHeader => "no_proxy_header",
            Self::ProxyVersion1 => "proxy_version_1",
            Self::NotTrusted => "not_trusted",
            Self::Tls => "tls",
            Self::PlainHttp => "plain_http",
            Self::ServerName => "server_name",
            Self::ProbePath => "probe_path",
        }
    }

    /// Whether such a connection ends without an answer that a user could read.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        !matches!(self, Self::ServerName | Self::ProbePath)
    }

    /// Whether any client can send this through a balancer that is right, by a typing error or as a
    /// scanner.
    fn is_of_any_client(self) -> bool {
        matches!(self, Self::Tls | Self::PlainHttp | Self::ServerName)
    }

    /// What was seen.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::ProxyHeader => "a connection began with a PROXY header, where none is expected",
            Self::NoProxyHeader => {
                "a connection began without a PROXY v2 header, which PROXY_PROTOCOL requires"
            }
            Self::ProxyVersion1 => {
                "a connection began with a PROXY header of version 1, and PROXY_PROTOCOL is v2"
            }
            Self::NotTrusted => {
                "a connection came from an address that is not in TRUSTED_PROXIES, and PROXY_PROTOCOL is v2"
            }
            Self::Tls => "a connection began with TLS where plain HTTP is expected",
            Self::PlainHttp => "a connection began with plain HTTP where TLS is expected",
            Self::ServerName => {
                "clients ask for a host name (SNI) that the certificate of SERVER_URL does not bear"
            }
            Self::ProbePath => "a health check asked for a page that is not there",
        }
    }

    /// What mends it, with the sender's address.
    #[must_use]
    pub fn remedy(self, from: IpAddr) -> String {
        match self {
            Self::ProxyHeader => format!(
                "when {from} is the balancer, set PROXY_PROTOCOL to v2 and TRUSTED_PROXIES to [\"{from}\"], \
                 then restart; on OPS_LISTEN, or without that, take send-proxy-v2 out of the balancer's \
                 server lines"
            ),
            Self::NoProxyHeader => "add send-proxy-v2 to the balancer's server lines and checks, or set \
                                    PROXY_PROTOCOL to off"
                .to_owned(),
            Self::ProxyVersion1 => {
                "write send-proxy-v2 in place of send-proxy at the balancer".to_owned()
            }
            Self::NotTrusted => format!(
                "when {from} is the balancer, add it to TRUSTED_PROXIES; else let users come through the \
                 balancer"
            ),
            Self::Tls => "where the balancer ends TLS (TLS_TERMINATION proxy) or checks the OPS_LISTEN \
                          port, take ssl or check-ssl out of its server lines; else set TLS_TERMINATION \
                          to here"
                .to_owned(),
            Self::PlainHttp => "add check-ssl to the balancer's server lines; where the balancer ends \
                                TLS, set TLS_TERMINATION to proxy and TRUSTED_PROXIES"
                .to_owned(),
            Self::ServerName => "correct check-sni and verifyhost at the balancer, or renew the certificate with that name".to_owned(),
            Self::ProbePath => {
                "let the balancer's health check ask GET /readyz (option httpchk GET /readyz)".to_owned()
            }
        }
    }
}

/// A disagreement that is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub mismatch: Mismatch,
    /// The sender of the last such connection.
    pub from: IpAddr,
    /// Nothing else arrives: no request was served since the first of them, or for some seconds.
    pub alone: bool,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    first: Instant,
    last: Instant,
    from: IpAddr,
    /// From this address, of no client whom a balancer named: what a health check does again and again.
    repeated: u32,
}

impl Seen {
    /// Whether nothing but this arrives.
    fn is_alone(&self, served: Option<Instant>) -> bool {
        served.is_none_or(|served| served < self.first || self.last - served > SERVED)
    }

    /// Whether it is the balancer's doing, as far as can be told.
    fn counts(&self, mismatch: Mismatch, served: Option<Instant>) -> bool {
        !mismatch.is_of_any_client() || self.repeated >= REPEATED || self.is_alone(served)
    }
}

/// What was seen of the balancers. A cheap handle.
#[derive(Debug, Clone)]
pub struct Mismatches(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    metrics: Option<Arc<Metrics>>,
    seen: Mutex<[Option<Seen>; ALL.len()]>,
    served: Mutex<Option<Instant>>,
    log: [Throttle; ALL.len()],
}

impl Mismatches {
    #[must_use]
    pub fn new(metrics: Option<Arc<Metrics>>) -> Self {
        Self(Arc::new(Inner {
            metrics,
            seen: Mutex::default(),
            served: Mutex::default(),
            log: std::array::from_fn(|_| Throttle::new(LOG_EVERY)),
        }))
    }

    /// Counts one, and logs it once a minute. `from` is the other end of the socket; `named` says that
    /// it is a balancer's, whose PROXY header named a client.
    pub fn note(&self, mismatch: Mismatch, from: IpAddr, named: bool) {
        self.note_at(mismatch, from, named, Instant::now());
    }

    fn note_at(&self, mismatch: Mismatch, from: IpAddr, named: bool, now: Instant) {
        if let Some(metrics) = &self.0.metrics {
            metrics
                .balancer_mismatches
                .with_label_values(&[mismatch.reason()])
                .inc();
        }
        let at = mismatch as usize;
        let seen = {
            let mut all = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let before = all[at].filter(|seen| now - seen.last < PRESENT);
            let same = before.filter(|seen| seen.from == from);
            let seen = Seen {
                first: before.map_or(now, |seen| seen.first),
                last: now,
                from,
                repeated: same.map_or(0, |seen| seen.repeated) + u32::from(!named),
            };
            all[at] = Some(seen);
            seen
        };
        if seen.counts(mismatch, self.last_served())
            && let Some(suppressed) = self.0.log[at].pass()
        {
            tracing::error!(
                event = event::BALANCER_MISMATCH,
                reason = mismatch.reason(),
                %from,
                remedy = mismatch.remedy(from),
                suppressed,
                "{}",
                mismatch.cause()
            );
        }
    }

    /// A request has arrived: whoever sent it agrees with this instance.
    pub fn served(&self) {
        self.served_at(Instant::now());
    }

    fn served_at(&self, now: Instant) {
        let mut served = self.0.served.lock().unwrap_or_else(PoisonError::into_inner);
        *served = Some(now);
    }

    fn last_served(&self) -> Option<Instant> {
        *self.0.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of the last minute.
    #[must_use]
    pub fn present(&self) -> Vec<Present> {
        self.present_at(Instant::now())
    }

    fn present_at(&self, now: Instant) -> Vec<Present> {
        let served = self.last_served();
        let seen = *self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let all = ALL.into_iter().filter_map(|mismatch| {
            let seen = seen[mismatch as usize]?;
            let counts = now - seen.last < PRESENT && seen.counts(mismatch, served);
            counts.then(|| Present {
                mismatch,
                from: seen.from,
                alone: mismatch.is_fatal() && seen.is_alone(served),
            })
        });
        all.collect()
    }
}

/// Looks at the first bytes without taking them.
pub async fn first(stream: &TcpStream) -> First {
    let mut bytes = [0; SIGNATURE.len()];
    let end = Instant::now() + LOOK_LIMIT;
    let mut before = 0;
    loop {
        let length = match stream.peek(&mut bytes).await {
            Ok(0) | Err(_) => return First::Closed,
            Ok(length) => length,
        };
        match told(&bytes[..length]) {
            Some(first) => return first,
            // A part of a signature: the rest may be on its way.
            None if Instant::now() < end => {
                if length == before {
                    sleep(LOOK).await;
                }
                before = length;
            }
            None => return First::Other,
        }
    }
}

/// `None`: too little to tell.
fn told(bytes: &[u8]) -> Option<First> {
    for (signature, first) in [
        (SIGNATURE.as_slice(), First::ProxyVersion2),
        (VERSION_1, First::ProxyVersion1),
        (TLS_RECORD, First::Tls),
    ] {
        let length = bytes.len().min(signature.len());
        if bytes[..length] == signature[..length] {
            return (length == signature.len()).then_some(first);
        }
    }
    // Every method begins with a capital letter.
    Some(if bytes[0].is_ascii_uppercase() {
        First::Http
    } else {
        First::Other
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));

    /// What was seen, on a clock that the test moves.
    struct Case {
        mismatches: Mismatches,
        now: Instant,
    }

    impl Case {
        fn new() -> Self {
            Self {
                mismatches: Mismatches::new(None),
                now: Instant::now(),
            }
        }

        fn later(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }

        fn note(&self, mismatch: Mismatch, named: bool) {
            self.mismatches.note_at(mismatch, FROM, named, self.now);
        }

        fn served(&self) {
            self.mismatches.served_at(self.now);
        }

        /// What is present, and whether it is alone.
        fn present(&self) -> Vec<(Mismatch, bool)> {
            let present = self.mismatches.present_at(self.now).into_iter();
            present.map(|one| (one.mismatch, one.alone)).collect()
        }
    }

    #[test]
    fn the_first_bytes_are_told_apart_and_a_part_waits() {
        for (bytes, first) in [
            (SIGNATURE.as_slice(), Some(First::ProxyVersion2)),
            (b"\r\n\r\n", None),
            (b"PROXY TCP4 ", Some(First::ProxyVersion1)),
            (b"PROX", None),
            (b"PUT / HTTP/", Some(First::Http)),
            (b"P", None),
            (b"GET /readyz ", Some(First::Http)),
            (&[22, 3, 1, 2, 0], Some(First::Tls)),
            (&[22], None),
            (&[22, 9], Some(First::Other)),
            (b"\r\nGET", Some(First::Other)),
        ] {
            assert_eq!(told(bytes), first, "{bytes:?}");
        }
    }

    #[test]
    fn one_is_present_for_a_minute_and_alone_until_something_is_served() {
        let mut case = Case::new();
        assert_eq!(case.present(), []);
        case.note(Mismatch::ProxyHeader, false);
        assert_eq!(case.present(), [(Mismatch::ProxyHeader, true)]);
        case.later(1);
        case.served();
        assert_eq!(case.present(), [(Mismatch::ProxyHeader, false)]);
        case.later(60);
        assert_eq!(case.present(), []);
    }

    #[test]
    fn one_that_begins_or_goes_on_after_the_last_request_is_alone() {
        let mut case = Case::new();
        case.served();
        case.later(1);
        case.note(Mismatch::NotTrusted, false);
        assert_eq!(case.present(), [(Mismatch::NotTrusted, true)]);
        case.served();
        for alone in [false, false, true] {
            case.later(5);
            case.note(Mismatch::NotTrusted, false);
            assert_eq!(case.present(), [(Mismatch::NotTrusted, alone)]);
        }
        // A wrong path is asked over a connection that works.
        case.note(Mismatch::ProbePath, false);
        assert_eq!(case.present()[1], (Mismatch::ProbePath, false));
    }

    #[test]
    fn a_client_s_own_mistake_is_no_trouble_while_others_are_served() {
        let mut case = Case::new();
        for _ in 0..10 {
            case.later(1);
            case.served();
            case.note(Mismatch::PlainHttp, true);
            assert_eq!(case.present(), []);
        }
        // A balancer that ends TLS by mistake: nothing else arrives.
        case.later(11);
        case.note(Mismatch::PlainHttp, true);
        assert_eq!(case.present(), [(Mismatch::PlainHttp, true)]);
    }

    #[test]
    fn a_health_check_shows_itself_by_coming_again() {
        let case = Case::new();
        for count in [0, 0, 1] {
            case.served();
            case.note(Mismatch::PlainHttp, false);
            assert_eq!(case.present().len(), count);
        }
        assert_eq!(case.present(), [(Mismatch::PlainHttp, false)]);
    }

    #[test]
    fn each_is_counted_and_has_its_place_its_reason_and_a_remedy() {
        let metrics = Arc::new(Metrics::new());
        let mismatches = Mismatches::new(Some(Arc::clone(&metrics)));
        for (at, one) in ALL.into_iter().enumerate() {
            assert_eq!(one as usize, at);
            mismatches.note(one, FROM, false);
            let counted = metrics
                .balancer_mismatches
                .with_label_values(&[one.reason()]);
            assert_eq!(counted.get(), 1, "{}", one.reason());
            let remedy = one.remedy(FROM);
            assert!(
                remedy.contains("PROX") || remedy.contains("balancer"),
                "{remedy}"
            );
        }
    }
}
