//! When this instance can sign someone in.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{
    generation::Generation,
    generation_error::{NotConnected, UnreachableDirectory},
};
use crate::{
    accept::Mismatches, clock::Clock, lifecycle::Lifecycle, ops::Readiness, tls::TlsServer,
    tunnel::TunnelState,
};

/// The directory's clock and this machine's differ by more than Kerberos accepts.
#[derive(Debug, thiserror::Error)]
#[error("the directory's clock differs from this machine's by {seconds} s; set it by NTP")]
struct ClockIsOff {
    seconds: i64,
}

/// The certificate of SERVER_URL has expired.
#[derive(Debug, thiserror::Error)]
#[error("the certificate of SERVER_URL has expired")]
struct Expired;

/// An instance is ready when it can sign someone in: it reaches a directory, its clock is one that Kerberos
/// accepts and, for browsers, its certificate has not expired. The tunnel counts only where there are no
/// direct logins: those never depend on the hub.
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
            Err(UnreachableDirectory::of(directory))
        }
    });
    let generation = Arc::clone(current);
    let readiness = readiness.with("clock", move || {
        match generation.load().directory.clock_is_off() {
            None => Ok(()),
            Some(seconds) => Err(ClockIsOff { seconds }),
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
            TunnelState::Disconnected(why) => Err(NotConnected(why.clone())),
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
            Err(Expired)
        }
    })
}
