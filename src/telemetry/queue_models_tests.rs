//! The queue in every order of those who log, who write, and who wait for the end.

use std::sync::Mutex as Plain;

use prometheus::Opts;

use super::*;
use crate::sync::{check, perhaps};

const LONG: Duration = Duration::from_secs(10);
/// The lines of the models: three characters and an end.
const LINE: usize = 4 + LINE_BYTES;

/// Writes each line at once, or in two parts, or not at all.
struct Disk {
    written: Arc<Plain<Vec<u8>>>,
    may_fail: bool,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::yield_now();
        if self.may_fail && perhaps() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.written.lock().expect("bytes").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Model {
    queue: Queue,
    written: Arc<Plain<Vec<u8>>>,
    said: Arc<Plain<[u64; 2]>>,
    dropped: IntCounterVec,
}

impl Model {
    /// A queue with room for so many lines of other kinds, and of all.
    fn new(other: usize, all: usize, may_fail: bool) -> Self {
        let (written, said) = (Arc::default(), Arc::<Plain<[u64; 2]>>::default());
        let disk = Disk {
            written: Arc::clone(&written),
            may_fail,
        };
        let told = Arc::clone(&said);
        let say = move |lost: Lost| {
            let mut told = told.lock().expect("numbers");
            *told = [told[0] + lost.audit, told[1] + lost.other];
        };
        let dropped = IntCounterVec::new(Opts::new("dropped", "Lines."), &["kind"]);
        let dropped = dropped.expect("a metric");
        let room = Room {
            other: other * LINE,
            all: all * LINE,
        };
        let queue = Queue::with_room(room, disk, &dropped, Clock::fixed(7), say);
        Self {
            queue: queue.expect("a thread"),
            written,
            said,
            dropped,
        }
    }

    fn lines(&self) -> Vec<String> {
        let written = self.written.lock().expect("bytes").clone();
        let text = String::from_utf8(written).expect("UTF-8");
        text.lines().map(str::to_owned).collect()
    }

    fn dropped(&self) -> [u64; 2] {
        Kind::LABELS.map(|kind| self.dropped.with_label_values(&[kind]).get())
    }

    /// Who logs three lines: two of the one kind, one of the other.
    fn logs(&self, name: &'static str, kinds: [Kind; 3]) -> thread::JoinHandle<()> {
        let queue = self.queue.clone();
        thread::spawn(move || {
            for (number, kind) in kinds.into_iter().enumerate() {
                let letter = if kind == Kind::Audit { 'a' } else { 'o' };
                queue.push(kind, format!("{letter}{name}{number}\n").as_bytes());
            }
        })
    }

    /// What was written of the lines that begin so, in their order.
    fn holds_all_but_the_dropped(&self, pushed: [u64; 2]) {
        let (lines, dropped) = (self.lines(), self.dropped());
        for (index, letter) in ['a', 'o'].into_iter().enumerate() {
            let written = lines.iter().filter(|line| line.starts_with(letter)).count() as u64;
            assert_eq!(
                written + dropped[index],
                pushed[index],
                "{letter} {lines:?}"
            );
        }
        for name in ["x", "y"] {
            let numbers: Vec<_> = lines
                .iter()
                .filter(|line| line[1..].starts_with(name))
                .map(|line| &line[2..])
                .collect();
            assert!(numbers.is_sorted(), "{lines:?}");
        }
        let said = *self.said.lock().expect("numbers");
        assert!(
            said[0] <= dropped[0] && said[1] <= dropped[1],
            "{said:?} {dropped:?}"
        );
    }
}

const MIXED: [Kind; 3] = [Kind::Other, Kind::Audit, Kind::Other];

#[test]
fn what_was_logged_before_the_end_is_written_or_counted() {
    check(|| {
        let model = Model::new(2, 4, false);
        let loggers = [
            model.logs("x", MIXED),
            model.logs("y", [Kind::Other, Kind::Audit, Kind::Audit]),
        ];
        for logger in loggers {
            logger.join().expect("never waits");
        }
        assert!(model.queue.flush(LONG));
        model.holds_all_but_the_dropped([3, 3]);
        assert_eq!(model.dropped()[0], 0, "audit lines are the last to go");
        // Each loss was followed by a line that was written.
        let [_, other] = model.dropped();
        assert_eq!(*model.said.lock().expect("numbers"), [0, other]);
    });
}

#[test]
fn a_disk_that_fails_costs_what_is_counted() {
    check(|| {
        let model = Model::new(2, 4, true);
        let loggers = [model.logs("x", MIXED), model.logs("y", [Kind::Audit; 3])];
        for logger in loggers {
            logger.join().expect("never waits");
        }
        assert!(model.queue.flush(LONG));
        model.holds_all_but_the_dropped([4, 2]);
    });
}

#[test]
fn who_waits_for_the_end_is_woken_while_others_log() {
    check(|| {
        let model = Model::new(8, 16, false);
        let loggers = [model.logs("x", MIXED), model.logs("y", MIXED)];
        let queue = model.queue.clone();
        let ends = thread::spawn(move || assert!(queue.flush(LONG)));
        assert!(model.queue.flush(LONG));
        ends.join().expect("woken");
        for logger in loggers {
            logger.join().expect("never waits");
        }
        assert!(model.queue.flush(LONG));
        model.holds_all_but_the_dropped([2, 4]);
        assert_eq!(model.dropped(), [0, 0], "there was room");
    });
}

#[test]
fn nobody_waits_for_a_reader_that_has_stopped() {
    struct Stopped(Arc<(Mutex<()>, Condvar)>);

    impl Write for Stopped {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let (lock, never) = &*self.0;
            let _woken = never.wait(lock.lock().expect("a lock"));
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    check(|| {
        let dropped = IntCounterVec::new(Opts::new("dropped", "Lines."), &["kind"]);
        let dropped = dropped.expect("a metric");
        let room = Room {
            other: 2 * LINE,
            all: 4 * LINE,
        };
        let stopped = Stopped(Arc::default());
        let queue = Queue::with_room(room, stopped, &dropped, Clock::fixed(7), |_| {});
        let queue = queue.expect("a thread");
        let pushes: Vec<_> = (0..2)
            .map(|_| {
                let queue = queue.clone();
                thread::spawn(move || {
                    for _ in 0..3 {
                        queue.push(Kind::Audit, b"a00\n");
                        queue.push(Kind::Other, b"o00\n");
                    }
                })
            })
            .collect();
        for push in pushes {
            push.join().expect("never waits");
        }
        let state = queue.0.lock();
        assert!(state.bytes() <= room.all && state.other.bytes <= room.other);
        let kept = state.audit.lines.len() as u64 + state.other.lines.len() as u64;
        let lost: u64 = Kind::LABELS
            .iter()
            .map(|kind| dropped.with_label_values(&[kind]).get())
            .sum();
        assert!(
            (11..=12).contains(&(kept + lost)),
            "one may be in the thread's hands"
        );
    });
}
