//! Whether the model says what was measured.

use std::{path::Path, process::ExitCode};

use super::{
    arguments::FigureArguments,
    figures::Figures,
    model::{Trial, run},
};

/// So far from what was measured it may be.
const OFF: f64 = 0.2;
const LOGINS: u32 = 20_000;

/// A line of `benches/points.rs`: logins a second, the median in milliseconds, and the share of an instance's
/// processors that was busy.
#[derive(Debug)]
struct Point {
    rate: f64,
    median: f64,
    busy: f64,
}

pub fn check(given: &FigureArguments, file: &Path) -> ExitCode {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("fleet-model: {}: {error}", file.display());
            return ExitCode::from(64);
        }
    };
    let points: Vec<_> = text.lines().filter_map(point).collect();
    if points.is_empty() {
        eprintln!(
            "fleet-model: {}: no line `RATE MEDIAN_MS BUSY`",
            file.display()
        );
        return ExitCode::from(64);
    }
    let figures = Figures::from(given);
    println!("a second  median ms  model  off    busy   model  off");
    let mut good = true;
    for Point { rate, median, busy } in points {
        let arrivals: Vec<_> = (0..LOGINS).map(|number| f64::from(number) / rate).collect();
        let outcome = run(&Trial {
            figures,
            instances: 1,
            arrivals: &arrivals,
            dies_at: None,
            hpa: None,
        });
        let modelled = (outcome.quantile(0.5) * 1e3, outcome.busy);
        let off = (modelled.0 / median - 1.0, modelled.1 / busy - 1.0);
        good &= off.0.abs() <= OFF && off.1.abs() <= OFF;
        println!(
            "{rate:>8.0}  {median:>9.2}  {:>5.2}  {:>+3.0} %  {busy:>5.3}  {:>5.3}  {:>+3.0} %",
            modelled.0,
            off.0 * 100.0,
            modelled.1,
            off.1 * 100.0
        );
    }
    if good {
        ExitCode::SUCCESS
    } else {
        eprintln!("fleet-model: more than a fifth away from what was measured");
        ExitCode::FAILURE
    }
}

/// Other lines are words.
fn point(line: &str) -> Option<Point> {
    let numbers: Vec<f64> = line
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    match numbers[..] {
        [rate, median, busy] => Some(Point { rate, median, busy }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_three_numbers_and_all_else_is_words() {
        let read = point("400 3.5 0.48").expect("a point");
        assert_eq!((read.rate, read.median, read.busy), (400.0, 3.5, 0.48));
        for words in ["", "a second  median ms  busy", "400 3.5", "1 2 3 4"] {
            assert!(point(words).is_none(), "{words}");
        }
    }
}
