//! What happens to the tenant and its hub.

use std::time::Duration;

use serde_json::json;

use super::{
    fleet::{Fleet, SOON, pause},
    report::{Allowed, Outcome, Scenario},
};
use crate::lab::stand_in::Tenant;

const CONNECTED: &str = "ad_edge_tunnel_connected";

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "the hub cuts its tunnels, then is away",
        did: "The hub (the tenant's stand-in) cuts every tunnel and refuses new ones for five seconds. \
              `ad_edge_tunnel_connected` must fall to 0 on all instances, and come back.",
        expect: "The load is direct logins, and they do not depend on the hub. Logins by the tunnel fail \
                 while it is away (tests/tunnel_link.rs); they are not part of this load.",
        allowed_because: "No direct login asks the hub.",
        change: "Nothing to set.",
        allowed: Allowed::failed(0),
        run: hub_away,
    },
    Scenario {
        name: "the tenant is gone",
        did: "`kill -9` on the tenant (its stand-in), the hub included. It stays away.",
        expect: "A token is signed without asking the tenant. Users have their token, and nobody to bring \
                 it to; that is the tenant's outage. It is not part of this load.",
        allowed_because: "No direct login asks the tenant.",
        change: "Nothing to set.",
        allowed: Allowed::failed(0),
        run: tenant_gone,
    },
];

fn with_tunnels(tenant: &Tenant) -> Fleet {
    let fleet = Fleet::with(|_, builder| builder.tunnel(tenant));
    tenant.await_agents_within(SOON, 3);
    fleet.await_metric(CONNECTED, 1.0);
    fleet
}

fn hub_away() -> Outcome {
    let tenant = Tenant::start();
    with_tunnels(&tenant).under_load(|fleet, _| {
        tenant.set_mode(&json!({ "down": true }));
        tenant.cut();
        tenant.await_agents_within(SOON, 0);
        fleet.await_metric(CONNECTED, 0.0);
        pause(Duration::from_secs(5));
        tenant.set_mode(&json!({}));
        tenant.await_agents_within(SOON, 3);
        fleet.await_metric(CONNECTED, 1.0);
    })
}

fn tenant_gone() -> Outcome {
    let tenant = Tenant::start();
    with_tunnels(&tenant).under_load(move |fleet, _| {
        drop(tenant);
        fleet.await_metric(CONNECTED, 0.0);
    })
}
