//! The name of SERVER_URL, and the ports.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Duration,
};

use tokio::{net::lookup_host, time::timeout};

use super::{
    context::{Context, quoted},
    finding::{Finding, Findings},
};
use crate::accept::{BindError, Listener};

const LIMIT: Duration = Duration::from_secs(5);
const PORTS: &str = "ports";

pub(super) async fn examine(context: &Context, findings: &Findings) {
    let config = &context.config;
    let direct = config.direct.as_ref();
    let port = direct.map(|d| ("PORT", SocketAddr::new(d.listen.address, d.listen.port)));
    let admin = config.admin_listen.map(|address| ("ADMIN_LISTEN", address));
    let all = port
        .into_iter()
        .chain([("OPS_LISTEN", config.ops_listen)])
        .chain(admin);
    for (key, address) in all {
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
fn holder(address: SocketAddr) -> Option<(u32, String)> {
    const LISTENS: &str = "0A";
    let (ip, port) = (address.ip(), format!("{:04X}", address.port()));
    let own = kernel_form(ip);
    // Who listens on every address has this one too; on IPv6 an IPv4 address stands at the end.
    let in_the_way = |local: &str| {
        local.split_once(':').is_some_and(|(there, number)| {
            let every = there.chars().all(|digit| digit == '0');
            number == port && (ip.is_unspecified() || every || there.ends_with(&own))
        })
    };
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).ok());
    let sockets: Vec<String> = tables
        .iter()
        .flatten()
        .flat_map(|table| table.lines())
        .filter_map(|line| {
            let columns: Vec<_> = line.split_whitespace().collect();
            let ours = in_the_way(columns.get(1)?) && columns.get(3) == Some(&LISTENS);
            ours.then(|| columns.get(9).map(|inode| format!("socket:[{inode}]")))?
        })
        .collect();
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Ok(open) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let has = |path: &Path| {
            let target = fs::read_link(path).unwrap_or_default();
            sockets
                .iter()
                .any(|socket| target.as_os_str() == socket.as_str())
        };
        if open.flatten().any(|file| has(&file.path())) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some((pid, name.trim().to_owned()));
        }
    }
    None
}

/// An address as /proc/net/tcp shows it: words of 32 bits in this machine's order.
fn kernel_form(ip: IpAddr) -> String {
    let octets = match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = octets.chunks_exact(4).map(|word| {
        let word = [word[0], word[1], word[2], word[3]];
        format!("{:08X}", u32::from_ne_bytes(word))
    });
    words.collect::<Vec<_>>().concat()
}

async fn name(context: &Context, findings: &Findings) {
    const AREA: &str = "dns";
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
