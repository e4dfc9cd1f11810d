//! The name of SERVER_URL, and the ports.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use procfs::{
    net::{TcpNetEntry, TcpState, tcp, tcp6},
    process::{FDInfo, FDTarget, all_processes},
};
use tokio::{net::lookup_host, time::timeout};

use super::{
    context::{Context, quoted},
    finding::{Area, Finding, Findings},
};
use crate::accept::{BindError, Listener};

const LIMIT: Duration = Duration::from_secs(5);
const PORTS: Area = Area::Ports;

pub(super) async fn examine(context: &Context, findings: &Findings) {
    for (key, address) in context.config.listeners() {
        findings.add(one_port(key, address).about(key));
    }
    name(context, findings).await;
}

/// Free, ours already, or somebody else's. Nothing connects to it.
fn one_port(key: &str, address: SocketAddr) -> Finding {
    let Err(error) = Listener::bind(address.ip(), address.port()) else {
        return Finding::ok(PORTS, "port", format!("{key}: {address} is free"));
    };
    let look = format!("ss -ltnp 'sport = :{}'", address.port());
    match error {
        BindError::InUse { .. } => match holder(address) {
            Some((pid, program)) if program == "ad-edge" => Finding::ok(
                PORTS,
                "port",
                format!("{key}: {address}, ad-edge serves there (process {pid})"),
            ),
            Some((pid, program)) => Finding::fail(
                PORTS,
                "port-taken",
                format!("{key}: {address} is in use by {program} (process {pid})"),
            )
            .fix(look)
            .note(format!("stop that program, or choose another {key}")),
            None => Finding::warn(
                PORTS,
                "port-unknown",
                format!("{key}: {address} is in use, by whom this user may not see"),
            )
            .fix(format!("sudo {look}")),
        },
        BindError::Denied { .. } => {
            Finding::fail(PORTS, "port-denied", format!("{key}: {error}")).fix(format!(
                "sudo sysctl net.ipv4.ip_unprivileged_port_start={}",
                address.port()
            ))
            .note("the packaged systemd unit has the capability already: run the doctor as root to judge the rest")
        }
        BindError::NotHere { .. } | BindError::Other { .. } => {
            Finding::fail(PORTS, "port-address", format!("{key}: {error}")).fix("ip -brief address")
        }
    }
}

/// The process that listens on the port, by what the kernel says (proc(5)): number and program.
fn holder(address: SocketAddr) -> Option<(i32, String)> {
    let ip = address.ip().to_canonical();
    // Who listens on every address has this one too.
    let in_the_way = |socket: &TcpNetEntry| {
        let there = socket.local_address.ip().to_canonical();
        socket.state == TcpState::Listen
            && socket.local_address.port() == address.port()
            && (ip.is_unspecified() || there.is_unspecified() || there == ip)
    };
    let tables = [tcp(), tcp6()].into_iter().flatten().flatten();
    let sockets: HashSet<u64> = tables
        .filter(in_the_way)
        .map(|socket| socket.inode)
        .collect();
    let holds =
        |file: &FDInfo| matches!(file.target, FDTarget::Socket(it) if sockets.contains(&it));
    let mut processes = all_processes().ok()?.flatten();
    let holder = processes.find(|process| {
        let open = process.fd();
        open.is_ok_and(|open| open.flatten().any(|file| holds(&file)))
    })?;
    let program = holder.stat().map(|stat| stat.comm).unwrap_or_default();
    Some((holder.pid, program))
}

async fn name(context: &Context, findings: &Findings) {
    const AREA: Area = Area::Dns;
    let url = &context.config.federation.server_url;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return;
    };
    if url.scheme() != "https" {
        let secure = url.as_str().replacen("http:", "https:", 1);
        findings.add(
            Finding::fail(AREA, "url-scheme", format!("SERVER_URL {url} is not https"))
                .fix(context.command(&format!("setup --server-url {}", quoted(&secure))))
                .note("browsers send tickets and passwords to it"),
        );
    }
    let look = format!("dig +short {host}");
    let finding = match timeout(LIMIT, lookup_host((host, port))).await {
        Ok(Ok(found)) => {
            let mut found: Vec<String> = found.map(|address| address.ip().to_string()).collect();
            found.dedup();
            Finding::ok(AREA, "dns-name", format!("{host} is {}", found.join(", ")))
        }
        Ok(Err(error)) => Finding::fail(
            AREA,
            "dns-name",
            format!("{host}, the host of SERVER_URL, is not found ({error})"),
        )
        .fix(look)
        .note("create its A record for the balancer's address"),
        Err(_) => {
            Finding::fail(AREA, "dns-silent", "DNS does not answer").fix("cat /etc/resolv.conf")
        }
    };
    findings.add(finding.about(host));
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_holder_of_a_port_is_found_by_each_of_its_addresses() {
        let listener = TcpListener::bind("0.0.0.0:0").expect("binds");
        let port = listener.local_addr().expect("an address").port();
        for ip in ["0.0.0.0", "127.0.0.1", "192.0.2.7", "::ffff:127.0.0.1"] {
            let address = SocketAddr::new(ip.parse().expect("an address"), port);
            let (process, program) = holder(address).expect("it is held");
            assert_eq!(u32::try_from(process), Ok(std::process::id()), "{ip}");
            assert!(program.starts_with("ad_edge"), "{program}");
        }
    }
}
