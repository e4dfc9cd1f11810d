//! Lines of the log on their way out: a queue that is bounded in bytes, and a thread that writes it.
//!
//! Whoever logs never waits for whoever reads: a stalled journal, a blocked log driver or Ctrl-S on a
//! terminal costs lines, which are counted and said when the log flows again. Audit lines are the last to
//! go: they have a part of the queue to themselves, and push others out when that is full too.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, SystemTime},
};

use prometheus::{IntCounter, IntCounterVec};
use tokio::time::Instant;

use crate::{
    clock::Clock,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, thread},
};

/// What the lines of a log may take.
const ROOM: Room = Room {
    other: 2 << 20,
    all: 4 << 20,
};
/// What a line costs beside its text.
const LINE_BYTES: usize = 64;
/// What was dropped is said once there is room again; where there never is, this often.
const SAY_EVERY: Duration = Duration::from_secs(10);
/// The pause before a descriptor that is set not to block is tried again.
const BLOCKED_PAUSE: Duration = Duration::from_millis(10);

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The outcome of a login, a change in the console.
    Audit,
    Other,
}

impl Kind {
    /// The values of the label `kind`.
    pub const LABELS: [&str; 2] = ["audit", "other"];
}

/// How much may wait, in bytes.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Lines of other kinds than audit.
    other: usize,
    /// All lines together.
    all: usize,
}

/// Lines that were dropped, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    pub audit: u64,
    pub other: u64,
    pub since: SystemTime,
}

/// A handle on the queue; clones are handles on the same one.
#[derive(Debug, Clone)]
pub(super) struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    room: Room,
    state: Mutex<State>,
    /// There is something to write.
    filled: Condvar,
    /// There is nothing left to write.
    emptied: Condvar,
    dropped_audit: IntCounter,
    dropped_other: IntCounter,
    clock: Clock,
}

#[derive(Debug, Default)]
struct State {
    audit: Lane,
    other: Lane,
    /// The number of the next line, which keeps both kinds in their order.
    next: u64,
    /// The thread has a line in its hands.
    is_writing: bool,
    lost: Option<Lost>,
}

#[derive(Debug, Default)]
struct Lane {
    lines: VecDeque<(u64, Box<[u8]>)>,
    bytes: usize,
}

impl Lane {
    fn push(&mut self, number: u64, line: &[u8]) {
        self.bytes += line.len() + LINE_BYTES;
        self.lines.push_back((number, line.into()));
    }

    fn left(&mut self, taken: Option<(u64, Box<[u8]>)>) -> Option<Box<[u8]>> {
        let (_, line) = taken?;
        self.bytes -= line.len() + LINE_BYTES;
        Some(line)
    }

    fn first(&self) -> u64 {
        self.lines.front().map_or(u64::MAX, |(number, _)| *number)
    }
}

impl State {
    fn bytes(&self) -> usize {
        self.audit.bytes + self.other.bytes
    }

    fn is_empty(&self) -> bool {
        self.audit.lines.is_empty() && self.other.lines.is_empty()
    }

    /// The oldest line.
    fn take(&mut self) -> Option<(Kind, Box<[u8]>)> {
        let (kind, lane) = if self.audit.first() < self.other.first() {
            (Kind::Audit, &mut self.audit)
        } else {
            (Kind::Other, &mut self.other)
        };
        let taken = lane.lines.pop_front();
        lane.left(taken).map(|line| (kind, line))
    }
}

impl Queue {
    /// Begins a thread that writes to `to`. `dropped` counts by [`Kind::LABELS`]; `say` is told what was
    /// dropped, on that thread, and may log it.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start<W: Write + Send + 'static>(
        to: W,
        dropped: &IntCounterVec,
        clock: Clock,
        say: impl Fn(Lost) + Send + 'static,
    ) -> io::Result<Self> {
        Self::with_room(ROOM, to, dropped, clock, say)
    }

    fn with_room<W: Write + Send + 'static>(
        room: Room,
        to: W,
        dropped: &IntCounterVec,
        clock: Clock,
        say: impl Fn(Lost) + Send + 'static,
    ) -> io::Result<Self> {
        let [audit, other] = Kind::LABELS;
        let queue = Self(Arc::new(Inner {
            room,
            state: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            dropped_audit: dropped.with_label_values(&[audit]),
            dropped_other: dropped.with_label_values(&[other]),
            clock,
        }));
        let inner = Arc::clone(&queue.0);
        let mut writer = Writer {
            to,
            is_torn: false,
            said: None,
        };
        let write = move || {
            // A fault costs the line at which it happened.
            while catch_unwind(AssertUnwindSafe(|| writer.run(&inner, &say))).is_err() {
                inner.lock().is_writing = false;
            }
        };
        thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(queue)
    }

    /// Takes a whole line with its end, or drops it; never waits for it to be written.
    pub fn push(&self, kind: Kind, line: &[u8]) {
        let inner = &*self.0;
        let Room { other, all } = inner.room;
        let mut state = inner.lock();
        let size = line.len() + LINE_BYTES;
        if kind == Kind::Audit {
            while state.bytes() + size > all {
                let last = state.other.lines.pop_back();
                if state.other.left(last).is_none() {
                    break;
                }
                inner.lose(&mut state, Kind::Other);
            }
        }
        let is_full =
            state.bytes() + size > all || kind == Kind::Other && state.other.bytes + size > other;
        if is_full {
            inner.lose(&mut state, kind);
            return;
        }
        let number = state.next;
        state.next += 1;
        match kind {
            Kind::Audit => state.audit.push(number, line),
            Kind::Other => state.other.push(number, line),
        }
        let is_awake = state.is_writing;
        drop(state);
        if !is_awake {
            inner.filled.notify_one();
        }
    }

    /// Waits until everything is written, at most so long; whether it is.
    pub fn flush(&self, limit: Duration) -> bool {
        let waits = |state: &mut State| state.is_writing || !state.is_empty();
        let state = self.0.lock();
        let waited = self.0.emptied.wait_timeout_while(state, limit, waits);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, state: &mut State, kind: Kind) {
        let lost = state.lost.get_or_insert_with(|| Lost {
            audit: 0,
            other: 0,
            since: self.clock.now(),
        });
        match kind {
            Kind::Audit => {
                lost.audit += 1;
                self.dropped_audit.inc();
            }
            Kind::Other => {
                lost.other += 1;
                self.dropped_other.inc();
            }
        }
    }

    /// The next line, once there is one.
    fn next(&self) -> (Kind, Box<[u8]>) {
        let mut state = self.lock();
        loop {
            if let Some(next) = state.take() {
                state.is_writing = true;
                return next;
            }
            state.is_writing = false;
            self.emptied.notify_all();
            let woken = self.filled.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What the thread works with.
struct Writer<W> {
    to: W,
    /// A part of a line was written, and no more of it could be.
    is_torn: bool,
    /// When it was last said what was dropped.
    said: Option<Instant>,
}

impl<W: Write> Writer<W> {
    fn run(&mut self, inner: &Inner, say: &impl Fn(Lost)) {
        loop {
            let (kind, line) = inner.next();
            if self.write(&line).is_err() {
                // A full disk, a reader that has gone: the next line may fare better.
                inner.lose(&mut inner.lock(), kind);
                continue;
            }
            let lost = {
                let mut state = inner.lock();
                let has_room = state.other.bytes <= inner.room.other / 2;
                let is_due = self.said.is_none_or(|said| said.elapsed() >= SAY_EVERY);
                state.lost.take_if(|_| has_room || is_due)
            };
            if let Some(lost) = lost {
                self.said = Some(Instant::now());
                say(lost);
            }
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.write_all(b"\n")?;
            self.is_torn = false;
        }
        self.write_all(line)
    }

    fn write_all(&mut self, mut rest: &[u8]) -> io::Result<()> {
        let whole = rest.len();
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(count @ 1..) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Someone who shares the descriptor has set it so.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(BLOCKED_PAUSE),
                failed => {
                    self.is_torn |= rest.len() < whole;
                    return Err(failed.err().unwrap_or_else(|| ErrorKind::WriteZero.into()));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;

#[cfg(test)]
#[cfg(feature = "models")]
#[path = "queue_models_tests.rs"]
mod models;
