//! When this instance can sign someone in.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::generation::{Generation, directory_trouble};
use crate::{
    accept::Mismatches, clock::Clock, lifecycle::Lifecycle, ops::Readiness, tls::TlsServer,
    tunnel::TunnelState,
};

/// Ready is whoever can sign someone in: with a directory within reach, a clock that Kerberos accepts
/// and, for browsers, a certificate in force. Without direct logins the tunnel counts in their place;
/// else it does not, for they never depend on the hub.
pub fn readiness(
    life: &Lifecycle,
    mismatches: &Mismatches,
    current: &Arc<ArcSwap<Generation>>,
    tls: Option<&TlsServer>,
    clock: &Clock,
) -> Readiness {
    let generation = Arc::clone(current);
    let readiness = Readiness::new(life.clone(), mismatches.clone()).with("directory", move || {
        let directory = &generation.load().directory;
        if directory.ready() {
            Ok(())
        } else {
            Err(directory_trouble(directory))
        }
    });
    let generation = Arc::clone(current);
    let readiness = readiness.with("clock", move || {
        match generation.load().directory.clock_is_off() {
            None => Ok(()),
            Some(seconds) => Err(format!(
                "the directory's clock differs from this machine's by {seconds} s; set it by NTP"
            )),
        }
    });
    let generation = Arc::clone(current);
    let readiness = readiness.with("tunnel", move || {
        let generation = generation.load();
        let (None, Some(tunnel)) = (&generation.web, &generation.tunnel) else {
            return Ok(());
        };
        match &*tunnel.borrow() {
            TunnelState::Connected => Ok(()),
            TunnelState::Disconnected(Some(why)) => Err(why.clone()),
            TunnelState::Disconnected(None) => Err("not connected yet".to_owned()),
        }
    });
    let Some(tls) = tls.cloned() else {
        return readiness;
    };
    let clock = clock.clone();
    readiness.with("certificate", move || {
        if tls.leaf().not_after > clock.now() {
            Ok(())
        } else {
            Err("the certificate of SERVER_URL has expired".to_owned())
        }
    })
}
