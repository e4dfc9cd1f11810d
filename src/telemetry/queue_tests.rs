//! The queue drops rather than waits, others before audit lines, and says so.

use std::sync::mpsc;

use prometheus::Opts;

use super::*;

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(50);

/// Takes a line each time that the test allows it.
struct Gate {
    allowed: mpsc::Receiver<io::Result<usize>>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Without the test all goes through.
        let most = self.allowed.recv().unwrap_or(Ok(usize::MAX))?;
        let count = bytes.len().min(most);
        let mut written = self.written.lock().expect("bytes");
        written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Blocked {
    queue: Queue,
    gate: mpsc::Sender<io::Result<usize>>,
    written: Arc<Mutex<Vec<u8>>>,
    said: mpsc::Receiver<Lost>,
    dropped: IntCounterVec,
}

impl Blocked {
    fn new() -> Self {
        let (gate, allowed) = mpsc::channel();
        let (told, said) = mpsc::channel();
        let written = Arc::default();
        let to = Gate {
            allowed,
            written: Arc::clone(&written),
        };
        let dropped = IntCounterVec::new(Opts::new("dropped", "Lines."), &["kind"]);
        let dropped = dropped.expect("a metric");
        let say = move |lost| told.send(lost).expect("the test listens");
        let queue = Queue::start(to, &dropped, Clock::fixed(7), say).expect("a thread");
        Self {
            queue,
            gate,
            written,
            said,
            dropped,
        }
    }

    fn dropped(&self) -> [u64; 2] {
        Kind::LABELS.map(|kind| self.dropped.with_label_values(&[kind]).get())
    }

    /// Lets everything through; what came out, and what was said first.
    fn open(self) -> (Vec<String>, Option<Lost>) {
        drop(self.gate);
        assert!(self.queue.flush(LONG));
        let said = self.said.recv_timeout(SHORT).ok();
        let written = String::from_utf8(self.written.lock().expect("bytes").clone());
        let lines = written.expect("UTF-8");
        (lines.lines().map(str::to_owned).collect(), said)
    }
}

fn line(name: &str) -> Vec<u8> {
    format!("{name}{}\n", "x".repeat(999)).into_bytes()
}

fn count(lines: &[String], name: &str) -> u64 {
    lines.iter().filter(|line| line.starts_with(name)).count() as u64
}

#[test]
fn a_blocked_reader_costs_other_lines_first_and_the_loss_is_said() {
    let blocked = Blocked::new();
    let others = ROOM.other / 1000;
    for _ in 0..others {
        blocked.queue.push(Kind::Other, &line("other"));
    }
    let [audit, other] = blocked.dropped();
    assert!(audit == 0 && other > 0, "{audit} {other}");
    // The part that audit lines have to themselves, and then what the others have taken.
    let audits = ROOM.all / (line("audit").len() + LINE_BYTES) - 1;
    for _ in 0..audits {
        blocked.queue.push(Kind::Audit, &line("audit"));
    }
    let [audit, more] = blocked.dropped();
    assert!(audit == 0 && more > other, "{audit} {more}");
    for _ in 0..5 {
        blocked.queue.push(Kind::Audit, &line("audit"));
    }
    let [audit, other] = blocked.dropped();
    assert!((1..=5).contains(&audit), "{audit}");
    assert!(blocked.queue.0.lock().bytes() <= ROOM.all);
    let (lines, said) = blocked.open();
    assert_eq!(count(&lines, "audit") + audit, audits as u64 + 5);
    assert_eq!(count(&lines, "other") + other, others as u64);
    let since = Clock::fixed(7).now();
    assert_eq!(
        said,
        Some(Lost {
            audit,
            other,
            since
        })
    );
}

#[test]
fn lines_come_out_in_their_order_and_none_is_lost_without_need() {
    let blocked = Blocked::new();
    for number in 0..100 {
        let kind = if number % 3 == 0 {
            Kind::Audit
        } else {
            Kind::Other
        };
        blocked.queue.push(kind, format!("{number}\n").as_bytes());
    }
    assert!(!blocked.queue.flush(SHORT), "nothing can be written yet");
    let (lines, said) = blocked.open();
    let expected: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!((lines, said), (expected, None));
}

#[test]
fn a_line_that_cannot_be_written_is_counted_and_the_next_begins_anew() {
    let blocked = Blocked::new();
    for name in ["one\n", "two\n", "three\n"] {
        blocked.queue.push(Kind::Other, name.as_bytes());
    }
    for step in [
        Err(ErrorKind::WouldBlock.into()),
        Ok(1),
        Err(ErrorKind::StorageFull.into()),
    ] {
        blocked.gate.send(step).expect("the thread waits");
    }
    let counted = blocked.dropped.clone();
    let (lines, said) = blocked.open();
    assert_eq!(lines, ["o", "two", "three"]);
    assert_eq!(said.map(|lost| (lost.audit, lost.other)), Some((0, 1)));
    assert_eq!(counted.with_label_values(&["other"]).get(), 1);
}
