//! The report's text, for people who decide whether to trust this.

use std::{
    fmt::{self, Write as _},
    fs,
    process::Command,
    thread,
    time::Duration,
};

use super::{
    fleet::RATE,
    report::{Allowed, Row},
    users,
};

/// What the report was made of.
pub struct Document<'rows> {
    pub rows: &'rows [Row],
    pub took: Duration,
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        self.table(f)?;
        f.write_str("\n## What was done, and what to expect\n")?;
        self.rows.iter().try_for_each(|row| section(f, row))
    }
}

impl Document<'_> {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.took.as_secs().div_ceil(60);
        write!(
            f,
            "# What users notice when something fails\n\n\
             Made on {date} (UTC) of version {version} on {system} (HAProxy {haproxy}, Samba {samba}, \
             keepalived {keepalived}), {cpus} CPUs, debug build: the counts are what matters, the times \
             are an upper hint. The test of each row fails when more logins fail than are allowed.\n\n\
             To make it again, as root (about {minutes} minutes and the build); then one row of it:\n\n\
             ```sh elsewhere: it is what makes this report\n\
             AD_EDGE_REPORT=deploy/ha-report.md tests/run.sh --test faults\n\
             tests/run.sh --test faults SIGKILL\n\
             ```\n\n\
             A part of a row's name chooses it. The scenarios are in `tests/faults/`. Do not edit this \
             file by hand.\n\n\
             **The set-up.** Three instances behind HAProxy with `haproxy/passthrough.cfg` as it is: round \
             robin, no stickiness. One Samba domain controller; two where controllers are what fails, and \
             there `GROUPS_CACHE_SECONDS` is 5 (shipped: 600), so that logins ask for groups all the time. \
             A service manager's stand-in starts an instance again a second after it ended, as \
             `deploy/systemd/ad-edge.service` does. All of it is on one machine, the load too; and while a \
             scenario is under load, the next one's programs start there. All other settings are the shipped \
             ones but two:\n\n\
             - `DRAIN_SECONDS` is 3 (shipped: 10), so that a restart takes less time. Nothing else follows \
             from it: the balancer needs one second.\n\
             - `LDAP_HEARTBEAT_SECONDS` is 1 (shipped: 60), so that an idle connection to a controller that \
             is silent, and a wrong clock, are found after a second. With the shipped value that takes up \
             to a minute. Logins find a controller that is dead or silent by themselves, whatever it is.\n\n\
             **The load.** `storm` makes {RATE} Kerberos logins a second (100 where it says overload) of \
             {users} users in turn, each on a fresh TCP and TLS connection with a fresh token, and tries \
             nothing twice: a login counts as failed when its first attempt does not end in a whole token \
             page. A browser's user would press reload. The load begins before the fault, goes on through \
             it, and ends only after three seconds' worth of good logins behind it. Kerberos logins are \
             the only load: the password form, client certificates and logins by the tunnel have tests of \
             their own. Against your own fleet, with a ticket in the cache (`kinit`):\n\n\
             ```sh elsewhere: it needs your fleet and your ticket\n\
             cargo run --release --features storm --bin storm -- --url 'https://login.corp.example/wsfed' \
             --rate {RATE} --seconds 60\n\
             ```\n\n",
            date = said("date", &["-u", "+%F"], |line| Some(line.to_owned())),
            version = env!("CARGO_PKG_VERSION"),
            system = system(),
            haproxy = said("haproxy", &["-v"], |line| word_after(line, "version ")),
            samba = said("samba", &["--version"], |line| word_after(line, "Version ")),
            keepalived = said("keepalived", &["--version"], |line| word_after(
                line,
                "Keepalived v"
            )),
            cpus = thread::available_parallelism().map_or(0, usize::from),
            users = users::COUNT,
        )
    }

    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "| what happens | logins asked | failed | allowed to fail | longest time in which nobody at all was \
             signed in | good ones: median | 99 % | longest | longest wait before a failure | unexpected ends |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        )?;
        for row in self.rows {
            let summary = &row.outcome.summary;
            let failure = match summary.failed {
                0 => "–".to_owned(),
                _ => format!("{:.0} ms", summary.failed_longest_ms),
            };
            writeln!(
                f,
                "| {} | {} | {} | {} | {:.0} ms | {:.0} ms | {:.0} ms | {:.0} ms | {failure} | {} |",
                row.scenario.name,
                summary.asked,
                summary.failed,
                row.allowed.failed,
                summary.longest_gap_ms,
                summary.good_median_ms,
                summary.good_p99_ms,
                summary.good_longest_ms,
                row.outcome.unexpected_ends
            )?;
        }
        write!(
            f,
            "\nTimes count from the moment in which a login was due. \"Unexpected ends\" are ends of an instance \
             that neither its service manager nor the scenario brought about: there must be none. A row's \
             test also fails when nobody is signed in for {} s, or when a login, good or failed, takes \
             {} s; where other limits hold, the row's section says so.\n",
            Allowed::GAP,
            Allowed::WAIT
        )
    }
}

fn section(f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
    let (scenario, summary, allowed) = (row.scenario, &row.outcome.summary, row.allowed);
    write!(
        f,
        "\n### {}\n\n**Done.** {}\n\n**To expect.** {}\n\n**Allowed to fail: {}.** {}",
        scenario.name, scenario.did, scenario.expect, allowed.failed, scenario.allowed_because
    )?;
    if allowed.gap != Allowed::GAP {
        write!(f, " Nobody signed in: {} s at most.", allowed.gap)?;
    }
    if allowed.failed_wait != Allowed::WAIT {
        write!(
            f,
            " A failure after {} s at the latest.",
            allowed.failed_wait
        )?;
    }
    write!(f, "\n\n**To change it.** {}\n", scenario.change)?;
    let notes = row.outcome.notes.join(" ");
    if !notes.is_empty() {
        write!(f, "\n**Measured.** {notes}\n")?;
    }
    if !summary.failures.is_empty() {
        f.write_str("\n**The failed ones:**\n\n")?;
        for (why, count) in &summary.failures {
            writeln!(f, "- {count} × {why}")?;
        }
    }
    Ok(())
}

fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_matches('"').to_owned())
    };
    let name = value("NAME=").unwrap_or_else(|| "Linux".to_owned());
    let name = name.trim_end_matches(" GNU/Linux");
    let mut system = name.to_owned();
    if let Some(version) = value("VERSION_ID=") {
        write!(system, " {version}").expect("a String takes all");
    }
    system
}

/// What a program says of itself, read out of its first line.
fn said(program: &str, arguments: &[&str], read: impl Fn(&str) -> Option<String>) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    // keepalived says it on standard error.
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().next().unwrap_or_default();
    read(line).unwrap_or_else(|| panic!("{program} says {text}"))
}

/// A version without its package's revision.
fn word_after(line: &str, before: &str) -> Option<String> {
    let (_, rest) = line.split_once(before)?;
    let word = rest.split([' ', '-', '+', ',']).next()?;
    (!word.is_empty()).then(|| word.to_owned())
}
