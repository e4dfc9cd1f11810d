//! When this instance can sign someone in.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{generation::Generation, generation_error::UnreachableDirectory};
use crate::{
    accept::Mismatches, clock::Clock, lifecycle::Lifecycle, ops::Readiness, tls::TlsServer,
    tunnel::TunnelState,
};

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
            Err(UnreachableDirectory::of(directory).to_string())
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
