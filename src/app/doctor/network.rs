//! The name of SERVER_URL, and the ports.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{Findings, Patient};
use crate::accept::Listener;

const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn examine(patient: &Patient, findings: &mut Findings) {
    name(patient, findings).await;
    let config = &patient.config;
    let direct = config.direct.as_ref();
    let port = direct.map(|d| ("PORT", SocketAddr::new(d.listen.address, d.listen.port)));
    let admin = config.admin_listen.map(|address| ("ADMIN_LISTEN", address));
    let all = port
        .into_iter()
        .chain([("OPS_LISTEN", config.ops_listen)])
        .chain(admin);
    let serves = answers(config.ops_listen).await;
    for (key, address) in all {
        match Listener::bind(address.ip(), address.port()) {
            Ok(_) => findings.ok("ports", format!("{key}: {address} is free")),
            Err(_) if serves => {
                findings.ok("ports", format!("{key}: {address}, ad-edge serves there"));
            }
            Err(error) => findings.fail(
                "ports",
                format!("{key}: {error}"),
                format!("ss -ltnp 'sport = :{}'", address.port()),
            ),
        }
    }
}

async fn name(patient: &Patient, findings: &mut Findings) {
    const AREA: &str = "dns";
    let url = &patient.config.federation.server_url;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return;
    };
    if url.scheme() != "https" {
        findings.fail(
            AREA,
            format!("SERVER_URL {url} is not https"),
            "write https://…: browsers send tickets and passwords to it",
        );
    }
    match timeout(LIMIT, lookup_host((host, port))).await {
        Ok(Ok(found)) => {
            let found: Vec<String> = found.map(|address| address.ip().to_string()).collect();
            findings.ok(AREA, format!("{host} is {}", found.join(", ")));
        }
        Ok(Err(error)) => findings.fail(
            AREA,
            format!("{host}, the host of SERVER_URL, is not found ({error})"),
            format!("dig +short {host}; create its A record for the balancer's address"),
        ),
        Err(_) => findings.fail(AREA, "DNS does not answer", "cat /etc/resolv.conf"),
    }
}

/// Whether ad-edge is what has the port: its own liveness says so.
async fn answers(address: SocketAddr) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.ok()?;
        answer.ends_with(b"200").then_some(())
    };
    timeout(LIMIT, asked).await.ok().flatten().is_some()
}
