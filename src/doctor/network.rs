//! The ports: free, or whose.

use std::net::SocketAddr;

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
    holders::PortHolders,
};
use crate::accept::{BindError, Listener};

const PORTS: Area = Area::Ports;

pub(super) fn examine(context: &Context, findings: &Findings) {
    for (key, address) in context.config.listeners() {
        findings.add(one_port(key, address, &context.holders).about(key));
    }
}

/// Whether something serves logins here already: this installation's ad-edge, or what listens for it.
pub(super) fn is_served(context: &Context) -> bool {
    let direct = context.config.direct.as_ref();
    direct
        .is_some_and(|direct| is_in_use(SocketAddr::new(direct.listen.address, direct.listen.port)))
}

/// Whether something listens there.
pub(super) fn is_in_use(address: SocketAddr) -> bool {
    let bound = Listener::bind(address.ip(), address.port());
    matches!(bound, Err(BindError::InUse { .. }))
}

/// Free, ours already, or somebody else's. Nothing connects to it.
fn one_port(key: &str, address: SocketAddr, holders: &PortHolders) -> Finding {
    let Err(error) = Listener::bind(address.ip(), address.port()) else {
        return Finding::ok(PORTS, "port", format!("{key}: {address} is free"));
    };
    let look = format!("ss -ltnp 'sport = :{}'", address.port());
    match error {
        BindError::InUse { .. } => match holders.of(address) {
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
