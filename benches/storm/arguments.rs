//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use url::Url;

/// Kerberos logins at a steady rate, each on a fresh TLS connection.
#[derive(Debug, Parser)]
#[command(name = "storm", after_help = AFTER)]
pub struct Arguments {
    /// The sign-in address, as a relying party would open it.
    #[arg(long, value_parser = https)]
    pub url: Url,
    /// Connect here, in place of the address that DNS gives for the URL's host.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub connect: Option<SocketAddr>,
    /// A further CA for the server's certificate, PEM; the system's count too.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// A user's credential cache, in place of KRB5CCNAME's; with several, the users sign in in turn.
    #[arg(long, value_name = "FILE")]
    pub ccache: Vec<PathBuf>,
    /// Logins begun in a second.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub rate: u32,
    /// How long logins are begun.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub seconds: u64,
    /// Logins begun at most, whatever --seconds says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Logins under way at the same time; one more is not begun and counts as failed.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub at_once: u32,
    /// Seconds after which a login counts as failed.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// The summary as one line of JSON.
    #[arg(long)]
    pub json: bool,
    /// No line on standard error in each second.
    #[arg(long)]
    pub quiet: bool,
}

const AFTER: &str = "\
A ticket must be there first; storm gets its own service tickets from it:
  kinit alice
  storm --url 'https://login.corp.example/wsfed' --rate 40 --seconds 60

Several users, each in a cache of its own:
  kinit -c /tmp/alice.cc alice; kinit -c /tmp/bob.cc bob
  storm --url 'https://login.corp.example/wsfed' --ccache /tmp/alice.cc --ccache /tmp/bob.cc

A login is good when the whole token page came. The token goes nowhere: the tenant notices nothing.
Time counts from the moment in which a login was due.

Ctrl-C (or SIGTERM) begins no more logins and waits for those under way; a second one ends at once.

Exit codes: 0 every login was good; 1 one failed, or none was made; 64 wrong usage, or no ticket.";

fn https(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == "https" && url.has_host() {
        Ok(url)
    } else {
        Err("it needs https and a host".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(more: &[&str]) -> Result<Arguments, clap::Error> {
        let url = ["storm", "--url", "https://login.corp.example/wsfed"];
        Arguments::try_parse_from(url.iter().chain(more))
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        parse(&[
            "--rate", "2000", "--count", "1", "--ccache", "a", "--ccache", "b",
        ])
        .expect("it makes sense");
        for wrong in [
            ["--rate", "0"],
            ["--rate", "2001"],
            ["--seconds", "0"],
            ["--count", "0"],
            ["--at-once", "0"],
            ["--timeout", "0"],
            ["--url", "http://login.corp.example/wsfed"],
        ] {
            assert!(parse(&wrong).is_err(), "{wrong:?}");
        }
    }
}
