//! Asks all instances at once.

use std::{collections::BTreeSet, io, net::SocketAddr, time::Duration};

use futures_util::future::join_all;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::report::InstanceReport;
use crate::{
    cause,
    config::FleetMember,
    secret::{ExposeSecret as _, SecretString},
};

const RESOLVE_LIMIT: Duration = Duration::from_secs(2);
/// For one instance, from the connection to the end of its answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
/// A report has some tens of kilobytes at most.
const MOST_BYTES: usize = 1 << 20;
/// Of one name.
const MOST_ADDRESSES: usize = 100;

/// What came of asking one address.
#[derive(Debug)]
pub struct Asked {
    /// As it is to be shown: `edge1:9464`; the address itself where a name stands for several.
    pub address: String,
    pub answer: Result<InstanceReport, NoAnswer>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("its name is not found ({})", cause::system_lookup(.0))]
    Name(#[source] io::Error),
    #[error("its name has no address")]
    NoAddress,
    #[error("the name servers do not answer")]
    NoNameServer,
    #[error("no connection ({})", cause::io(.0))]
    Connect(#[source] io::Error),
    #[error("no answer within {} s", ANSWER_LIMIT.as_secs())]
    Silent,
    #[error("something else answers there, not ad-edge in HTTP")]
    NotHttp(#[source] hyper::Error),
    #[error("it refuses this OPS_TOKEN")]
    WrongToken,
    #[error("it wants an OPS_TOKEN")]
    TokenMissing,
    #[error("it has no OPS_TOKEN, and tells nobody beyond loopback without one")]
    NoTokenThere,
    #[error("it does not know /instance: an older version, or not ad-edge")]
    Unknown,
    #[error("it answers with status {0}")]
    Status(StatusCode),
    #[error("its answer is not the report of an instance")]
    NotAReport,
    #[error("its answer has version {0} of the report, this program knows {known}", known = InstanceReport::VERSION)]
    Version(u32),
}

impl NoAnswer {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::NoAddress => "correct FLEET, or the name in DNS",
            Self::NoNameServer => "look at the name servers of this machine",
            Self::Connect(_) | Self::Silent => {
                "start the instance; when it runs: FLEET must hold its OPS_LISTEN, which must be \
                 reachable from here, through firewalls too"
            }
            Self::NotHttp(_) | Self::NotAReport | Self::Status(_) => {
                "FLEET must hold OPS_LISTEN of an instance, not PORT or ADMIN_LISTEN"
            }
            Self::WrongToken | Self::TokenMissing => {
                "give all instances, and this command, the same OPS_TOKEN, and reload them"
            }
            Self::NoTokenThere => "set OPS_TOKEN there to the one of all instances, and reload it",
            Self::Unknown => {
                "FLEET must hold OPS_LISTEN of an instance, not PORT or ADMIN_LISTEN; if it does, update \
                 that instance"
            }
            Self::Version(_) => "bring all instances to one version",
        }
    }
}

/// One address to ask.
#[derive(Debug)]
struct Place {
    member: FleetMember,
    address: SocketAddr,
    /// Whether its name has addresses of the other family as well.
    has_twin: bool,
    shown: String,
}

/// Asks each instance of the list, all at the same time: five seconds at most.
pub async fn ask(members: &[FleetMember], token: Option<&SecretString>) -> Vec<Asked> {
    let resolved = join_all(members.iter().map(resolve)).await;
    let (mut places, mut asked) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    for (member, found) in members.iter().zip(resolved) {
        match found {
            Ok(found) => places.extend(found.into_iter().filter(|one| known.insert(one.address))),
            Err(error) => asked.push(Asked {
                address: member.to_string(),
                answer: Err(error),
            }),
        }
    }
    let answers = join_all(places.iter().map(|place| ask_one(place, token))).await;
    asked.extend(settled(places.into_iter().zip(answers).collect()));
    asked
}

async fn resolve(member: &FleetMember) -> Result<Vec<Place>, NoAnswer> {
    let found = timeout(
        RESOLVE_LIMIT,
        lookup_host((member.host.as_str(), member.port)),
    );
    let found = found.await.map_err(|_| NoAnswer::NoNameServer)?;
    // An address of IPv4 in the form of IPv6 is the same one.
    let found: BTreeSet<_> = found.map_err(NoAnswer::Name)?.map(canonical).collect();
    if found.is_empty() {
        return Err(NoAnswer::NoAddress);
    }
    let has_twin = found.iter().any(SocketAddr::is_ipv4) && found.iter().any(SocketAddr::is_ipv6);
    let alone = found.len() == 1;
    let found = found.into_iter().take(MOST_ADDRESSES);
    Ok(found
        .map(|address| Place {
            member: member.clone(),
            address,
            has_twin,
            shown: if alone {
                member.to_string()
            } else {
                address.to_string()
            },
        })
        .collect())
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

async fn ask_one(place: &Place, token: Option<&SecretString>) -> Result<InstanceReport, NoAnswer> {
    let asked = timeout(ANSWER_LIMIT, report_of(place, token)).await;
    asked.map_err(|_| NoAnswer::Silent)?
}

async fn report_of(
    place: &Place,
    token: Option<&SecretString>,
) -> Result<InstanceReport, NoAnswer> {
    let stream = TcpStream::connect(place.address)
        .await
        .map_err(NoAnswer::Connect)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(NoAnswer::NotHttp)?;
    let mut request = Request::get("/instance")
        .header(header::HOST, place.member.to_string())
        .header(header::CONNECTION, "close");
    if let Some(token) = token {
        request = request.header(
            header::AUTHORIZATION,
            format!("Bearer {}", token.expose_secret()),
        );
    }
    let Ok(request) = request.body(Empty::<Bytes>::new()) else {
        // The configuration refuses such a token.
        return Err(NoAnswer::WrongToken);
    };
    let exchange = async {
        let response = sender.send_request(request).await?;
        Ok(read(response, token.is_some()).await)
    };
    // The connection works as long as it is polled.
    tokio::pin!(exchange);
    let mut connection = std::pin::pin!(connection);
    let answer = tokio::select! {
        answer = &mut exchange => answer,
        ended = &mut connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(error),
        },
    };
    answer.map_err(NoAnswer::NotHttp)?
}

async fn read(response: Response<Incoming>, with_token: bool) -> Result<InstanceReport, NoAnswer> {
    #[derive(Deserialize)]
    struct Shape {
        version: u32,
    }
    match response.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED if with_token => return Err(NoAnswer::WrongToken),
        StatusCode::UNAUTHORIZED => return Err(NoAnswer::TokenMissing),
        StatusCode::FORBIDDEN => return Err(NoAnswer::NoTokenThere),
        StatusCode::NOT_FOUND => return Err(NoAnswer::Unknown),
        other => return Err(NoAnswer::Status(other)),
    }
    let body = Limited::new(response.into_body(), MOST_BYTES).collect();
    let body = body.await.map_err(|_| NoAnswer::NotAReport)?.to_bytes();
    let shape: Shape = serde_json::from_slice(&body).map_err(|_| NoAnswer::NotAReport)?;
    if shape.version != InstanceReport::VERSION {
        return Err(NoAnswer::Version(shape.version));
    }
    serde_json::from_slice(&body).map_err(|_| NoAnswer::NotAReport)
}

/// An instance that was reached by two addresses counts once. Where a name has addresses of both families
/// and nobody listens on those of one, these are no instances that are missing.
fn settled(answers: Vec<(Place, Result<InstanceReport, NoAnswer>)>) -> Vec<Asked> {
    let is_reached = |member: &FleetMember, is_ipv4: bool| {
        answers.iter().any(|(place, answer)| {
            place.member == *member && place.address.is_ipv4() == is_ipv4 && answer.is_ok()
        })
    };
    let silent: Vec<bool> = answers
        .iter()
        .map(|(place, _)| {
            let family = place.address.is_ipv4();
            place.has_twin
                && !is_reached(&place.member, family)
                && is_reached(&place.member, !family)
        })
        .collect();
    let mut runs = BTreeSet::new();
    let kept = answers
        .into_iter()
        .zip(silent)
        .filter_map(|((place, answer), silent)| {
            let counts = match &answer {
                Ok(report) => runs.insert(report.run.clone()),
                Err(_) => !silent,
            };
            counts.then_some(Asked {
                address: place.shown,
                answer,
            })
        });
    kept.collect()
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
