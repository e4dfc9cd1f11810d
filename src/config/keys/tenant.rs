//! Keys of the tenant: the ticket, the tunnel to its hub, and the way there.

use super::{
    super::{
        key::{Declared, Key, Section},
        kinds::{Flag, Number, Secret, Span, Text},
        shape::{Format, Usual},
    },
    declare::{ON, SECRET, declare, number, text, usual},
};

#[rustfmt::skip]
declare! { Section::Tenant;
    PROVISIONING_TICKET: Secret = SECRET, "the tenant's set-up address", setup, legacy;
    CONNECTION: Text = text(Format::Plain), "name of the tenant's connection", tenant, legacy;
    SITE_NAME: Text = usual(Format::Plain, Usual::Key(CONNECTION.name)), "name shown on the sign-in page", legacy;
    AD_HUB: Text = text(Format::Url), "the tenant's hub, for the tunnel", tenant, legacy;
    TENANT_SIGNING_KEY: Secret = SECRET, "key that signs the hub's requests", tenant, legacy;
    AGENT_MODE: Flag = ON, "keep the tunnel", switch, legacy;
    WS_RECONNECT_INTERVAL_MS: Span = Span::milliseconds(10_000, 0, 3_600_000).with_floor(100), "the longest pause before the tunnel connects again", legacy;
    TUNNEL_MAX_REQUESTS: Number<usize> = number(256, 1, 65_536), "requests of the hub under way at the same time; one more waits in the connection";
    HTTP_PROXY: Secret = SECRET, "proxy for the tunnel, `http://user:password@proxy.corp.example:3128`", legacy;
    HTTPS_PROXY: Secret = Secret { usual: Usual::Key(HTTP_PROXY.name), exact: false }, "the same for a hub at https";
    NO_PROXY: Text = text(Format::Host), "hosts and domains that are reached without a proxy";
}
