//! While it serves: signals, reloads and measurements, and the drain at the end.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::mpsc;

use crate::{
    instance::{Answer, ReloadError, Running, WaitingKeys, Watch, What, changed},
    lifecycle::{Asked, Drained, Signals, notify, notify_reloading},
    telemetry::{History, event},
};

/// How often ages and expiries are looked at where nothing changes.
const MEASURE: Duration = Duration::from_secs(60);
/// The pause before a file that changed during a reload is read.
const SETTLE: Duration = Duration::from_millis(500);

/// Until the end is asked for.
pub(super) async fn serve(
    running: &Running,
    signals: &mut Signals,
    asked_for: &mut mpsc::Receiver<Answer>,
    history: &History,
    watch: &mut Option<Watch>,
) {
    let mut measure = tokio::time::interval(MEASURE);
    let mut step = tokio::time::interval(History::STEP);
    loop {
        let mut answer = None;
        let what = tokio::select! {
            asked = signals.next() => match asked {
                Asked::Reload => What::All,
                Asked::End => return,
            },
            files = changed(watch.as_mut()) => {
                let files: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
                tracing::info!(
                    event = event::RELOAD_FILES_CHANGED,
                    files = files.join(", "),
                    "files have changed"
                );
                What::Files
            }
            Some(to) = asked_for.recv() => {
                answer = to;
                What::All
            }
            _ = step.tick() => {
                history.step(&running.metrics);
                continue;
            }
            _ = measure.tick() => {
                running.measure();
                history.sample(&running.metrics);
                // Behind a link, or on a network's file system, the system does not report a change.
                if !watch.as_ref().is_some_and(Watch::is_stale) {
                    continue;
                }
                What::Files
            }
        };
        notify_reloading();
        let (asked, outcome) = reload(running, what, watch, signals).await;
        notify(&[NotifyState::Ready]);
        if let Some(answer) = answer {
            // Who does not wait any more has lost nothing.
            let _ = answer.send(outcome);
        }
        if asked == Some(Asked::End) {
            return;
        }
    }
}

/// Reads it again, and once more when that was asked for, or a file changed, meanwhile. The end does not
/// wait for a directory that does not answer: half a reload leaves the old generation in use.
async fn reload(
    running: &Running,
    mut what: What,
    watch: &mut Option<Watch>,
    signals: &mut Signals,
) -> (Option<Asked>, Result<WaitingKeys, ReloadError>) {
    // What waits for a restart, by whichever of the readings.
    let mut waits = WaitingKeys::new();
    loop {
        if let Some(watch) = watch {
            watch.look();
        }
        let mut asked = None;
        let reading = running.reload(what);
        tokio::pin!(reading);
        let outcome = loop {
            tokio::select! {
                outcome = &mut reading => break outcome,
                signal = signals.next() => asked = Some(signal),
            }
            if asked == Some(Asked::End) {
                return (asked, Err(ReloadError::Ending));
            }
        };
        // There may be files now that were not there before. The old watch is asked after the new one
        // has begun, so that no change falls between the two.
        let fresh = running.current.load().watch();
        let changed = watch.as_ref().is_some_and(Watch::is_stale);
        *watch = fresh;
        if let Ok(keys) = &outcome
            && !keys.is_empty()
        {
            waits.clone_from(keys);
        }
        match (asked, changed) {
            (None, false) => return (None, outcome.map(|_| waits)),
            (Some(_), _) => what = What::All,
            // A file that is still being written: not read over and over.
            (None, true) => tokio::time::sleep(SETTLE).await,
        }
    }
}

pub(super) async fn drain(
    running: &Running,
    signals: &mut Signals,
    announce: Duration,
    finish: Duration,
) -> Drained {
    let tunnel_life = running.current.load().tunnel_life.handle();
    let both = async {
        let (front, tunnel) = tokio::join!(
            running.life.drain(announce, finish),
            tunnel_life.drain(announce, finish)
        );
        Drained {
            cut: front.cut + tunnel.cut,
        }
    };
    tokio::pin!(both);
    loop {
        tokio::select! {
            drained = &mut both => return drained,
            asked = signals.next() => if asked == Asked::End {
                running.life.advance();
                tunnel_life.advance();
            },
        }
    }
}
