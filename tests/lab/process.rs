//! A program that a test started: its log, its end. Killed and collected when dropped.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use super::{run_with_input, wait_for};

#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts the command; standard output and error go to the log.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let out = File::create(log).expect("a log file");
        let err = out.try_clone().expect("a second handle");
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The first log line that holds all of the texts; waits for it.
    pub fn await_log(&self, limit: Duration, texts: &[&str]) -> String {
        wait_for(
            limit,
            &format!("no log line with {texts:?} in:\n{}", self.log()),
            || self.log_line(texts),
        )
    }

    /// The first log line of an event (`deploy/events.md`) that holds all of the texts; waits for it.
    pub fn await_event(&self, limit: Duration, event: &str, texts: &[&str]) -> String {
        wait_for(
            limit,
            &format!("no event {event} with {texts:?} in:\n{}", self.log()),
            || self.event_lines(event, texts).into_iter().next(),
        )
    }

    /// The log lines of an event that hold all of the texts, as far as they are there now.
    pub fn event_lines(&self, event: &str, texts: &[&str]) -> Vec<String> {
        let of_event = [
            format!(r#""event":"{event}""#),
            format!(r#"event="{event}""#),
        ];
        self.log()
            .lines()
            .filter(|line| of_event.iter().any(|field| line.contains(field)))
            .filter(|line| texts.iter().all(|text| line.contains(text)))
            .map(str::to_owned)
            .collect()
    }

    /// The first log line that holds all of the texts, if it is there now.
    pub fn log_line(&self, texts: &[&str]) -> Option<String> {
        self.log()
            .lines()
            .find(|line| texts.iter().all(|text| line.contains(text)))
            .map(str::to_owned)
    }

    /// Takes its log off the disk when that has more bytes than this. What comes later is written behind where it
    /// was, so a file stays that is long and nearly empty.
    pub fn shorten_log(&self, bytes: u64) {
        let file = File::options()
            .write(true)
            .open(&self.log)
            .expect("its log");
        let metadata = file.metadata().expect("its size");
        // In units of 512 bytes (stat(2)).
        if metadata.blocks() * 512 > bytes {
            file.set_len(0).expect("emptied");
        }
    }

    /// Sends a signal by its name: `TERM`, `HUP`.
    pub fn signal(&self, name: &str) {
        run_with_input(
            Command::new("kill")
                .arg(format!("-{name}"))
                .arg(self.pid().to_string()),
            "",
        );
    }

    /// How it ended, if it did.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("its state")
    }

    pub fn wait_exit(&mut self, limit: Duration) -> ExitStatus {
        let what = format!(
            "process {} still runs; its log:\n{}",
            self.pid(),
            self.log()
        );
        wait_for(limit, &what, || self.exited())
    }

    /// Asks it to end, and kills it when it does not in time. Says nothing, whatever happens: for
    /// clean-up.
    pub fn end(&mut self, limit: Duration) {
        let _gone = Command::new("kill").arg(self.pid().to_string()).output();
        let end = Instant::now() + limit;
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(20));
        }
        self.kill();
    }

    /// Kills it, as a crash or `kill -9` would end it.
    pub fn kill(&mut self) {
        // It may have ended by itself just now.
        let _ended = self.child.kill();
        self.child.wait().expect("its end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- log of process {}\n{}", self.pid(), self.log());
        }
    }
}

/// User and system time that a process has used (proc(5)).
pub fn cpu_time(pid: u32) -> Duration {
    let pid = i32::try_from(pid).expect("a process");
    let stat = procfs::process::Process::new(pid).and_then(|process| process.stat());
    let stat = stat.expect("a process");
    let ticks = Duration::from_secs(stat.utime + stat.stime);
    ticks / u32::try_from(procfs::ticks_per_second()).expect("a rate")
}
