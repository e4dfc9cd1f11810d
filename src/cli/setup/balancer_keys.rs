//! The keys that tell an instance of the balancers in front.

use serde_json::{Map, json};

use super::answers::TlsEnds;
use crate::{
    config::{FleetMember, ProxyProtocol, Settings, keys},
    setup::{SetupError, SetupPlan},
};

/// The answer where browsers connect to the instances themselves.
pub(super) const NONE: &str = "none";

/// `none` alone means that there are none.
pub(super) fn set_balancers(
    plan: &mut SetupPlan<'_>,
    addresses: &[String],
) -> Result<(), SetupError> {
    match addresses {
        [only] if only.eq_ignore_ascii_case(NONE) => plan.set_balancers(&[]),
        addresses => plan.set_balancers(addresses),
    }
}

pub(super) fn set_tls_ends(plan: &mut SetupPlan<'_>, ends: TlsEnds) -> Result<(), SetupError> {
    let value = match ends {
        TlsEnds::Here => "here",
        TlsEnds::Balancer => "proxy",
    };
    if ends == TlsEnds::Here && !plan.ends_tls_at_balancer() {
        return Ok(());
    }
    plan.set(keys::TLS_TERMINATION.name, json!(value))
}

pub(super) fn is_behind_balancer(settings: &Settings) -> bool {
    let values = settings.effective(&Map::new());
    values.value(&keys::PROXY_PROTOCOL) == ProxyProtocol::V2
}

/// The hosts of FLEET, whose ports are those of OPS_LISTEN.
pub(super) fn fleet_hosts(settings: &Settings) -> Vec<String> {
    let loaded = settings.load_without_files();
    let fleet = loaded.map(|loaded| loaded.config.fleet).unwrap_or_default();
    let host = |member: FleetMember| {
        if member.host.contains(':') {
            format!("[{}]", member.host)
        } else {
            member.host
        }
    };
    fleet.into_iter().map(host).collect()
}

pub(super) fn this_host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}
