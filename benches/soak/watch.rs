//! What each instance holds of memory, threads and open files, as the kernel tells (proc(5)).

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use procfs::process::Process;
use tokio::time::Instant;

/// What one instance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Resident memory, in KiB.
    pub resident: u64,
    pub threads: u64,
    pub descriptors: u64,
}

/// What all instances hold at one moment.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Since the start.
    pub seconds: u64,
    /// Logins that have ended until then.
    pub logins: u64,
    pub held: Vec<Held>,
}

/// Takes samples and writes each to a file, a line for each instance.
pub struct Watch {
    start: Instant,
    processes: Vec<u32>,
    file: BufWriter<File>,
    pub samples: Vec<Sample>,
}

impl Watch {
    pub fn new(processes: Vec<u32>, file: &Path) -> io::Result<Self> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = BufWriter::new(File::create(file)?);
        writeln!(
            file,
            "seconds logins instance resident_kib threads descriptors"
        )?;
        Ok(Self {
            start: Instant::now(),
            processes,
            file,
            samples: Vec::new(),
        })
    }

    /// Takes one.
    ///
    /// # Panics
    /// When an instance has ended: none may.
    pub fn take(&mut self, logins: u64) -> io::Result<Sample> {
        let held: Vec<_> = self.processes.iter().map(|pid| held(*pid)).collect();
        let seconds = self.start.elapsed().as_secs();
        for (number, held) in held.iter().enumerate() {
            let Held {
                resident,
                threads,
                descriptors,
            } = held;
            let instance = number + 1;
            writeln!(
                self.file,
                "{seconds} {logins} {instance} {resident} {threads} {descriptors}"
            )?;
        }
        self.file.flush()?;
        let sample = Sample {
            seconds,
            logins,
            held,
        };
        self.samples.push(sample.clone());
        Ok(sample)
    }
}

fn held(pid: u32) -> Held {
    let read = || {
        let process = Process::new(i32::try_from(pid).expect("a process"))?;
        let status = process.status()?;
        Ok::<_, procfs::ProcError>(Held {
            resident: status.vmrss.unwrap_or_default(),
            threads: status.threads,
            descriptors: process.fd_count()? as u64,
        })
    };
    read().unwrap_or_else(|error| panic!("instance {pid}: {error}"))
}
