//! The third stage: HTTP/1.1 on a connection, and what every request and answer has in common.
//!
//! [`Site`] wraps a router: request id, limits, error pages, security headers, request log, metric.
//! [`Front`] is the way from an open port through PROXY header and TLS to a site; an idle connection holds no
//! buffers. Pages are built in
//! [`page`].

mod answer;
mod branding;
mod exchange;
#[cfg(test)]
mod fixture;
mod front;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod host;
mod joined;
mod limits;
pub(crate) mod page;
mod random;
mod serve;
mod site;
mod write_limit;

/// What a [`Front`] is run with.
pub use crate::tls::{AcceptLimits, ConnectionInfo, Listener};

pub use self::{
    branding::{Branding, HelpLink, Pictures},
    exchange::Unused,
    front::Front,
    limits::Limits,
    page::PageContext,
    random::Random,
    serve::serve,
    site::{Site, SiteSettings},
};
