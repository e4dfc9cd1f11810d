//! How many instances so many users need, and how long they wait.

use super::{
    arguments::Arguments,
    curve::Morning,
    figures::Figures,
    hpa::Hpa,
    model::{Outcome, Trial, run},
    random::Random,
};

/// One that is there when another dies.
const FEWEST: usize = 2;
const MOST: usize = 1000;

pub fn print(arguments: &Arguments) {
    let figures = Figures::from(&arguments.figures);
    let seconds = f64::from(arguments.minutes) * 60.0;
    println!(
        "{} processors an instance, {:.0} us of them a login; {} controllers, {} lookups of {:.0} us; {} minutes; one instance dies at the top",
        figures.cpus,
        (figures.before + figures.after) * 1e6,
        figures.controllers,
        figures.lookups,
        figures.lookup * 1e6,
        arguments.minutes
    );
    println!();
    println!(
        "| users | logins a second, at the top | instances | median, ms | 99 %, ms | longest, s | tries again | autoscaled from 2: instances | 99 %, ms | longest, s |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for users in &arguments.users {
        let morning = Morning {
            users: *users,
            seconds,
        };
        let arrivals = morning.arrivals(&mut Random::new(1));
        let dies_at = Some(seconds / 2.0);
        let trial = |instances, hpa| Trial {
            figures,
            instances,
            arrivals: &arrivals,
            dies_at,
            hpa,
        };
        let enough = |outcome: &Outcome| outcome.quantile(0.99) <= arguments.wait;
        let fixed = (FEWEST..=MOST).find_map(|instances| {
            let outcome = run(&trial(instances, None));
            enough(&outcome).then_some((instances, outcome))
        });
        let scaled = run(&trial(FEWEST, Some(Hpa::usual(MOST))));
        let top = top(&arrivals);
        let scaled = format!(
            "{} | {:.0} | {:.1}",
            scaled.instances,
            scaled.quantile(0.99) * 1e3,
            scaled.quantile(1.0)
        );
        match fixed {
            Some((instances, outcome)) => println!(
                "| {users} | {top} | {instances} | {:.0} | {:.0} | {:.1} | {} | {scaled} |",
                outcome.quantile(0.5) * 1e3,
                outcome.quantile(0.99) * 1e3,
                outcome.quantile(1.0),
                outcome.again
            ),
            None => {
                println!("| {users} | {top} | the controllers are too slow | | | | | {scaled} |");
            }
        }
    }
}

/// The most that come in ten seconds, by the second.
fn top(arrivals: &[f64]) -> usize {
    let within = |from: usize| arrivals[from..].partition_point(|at| *at < arrivals[from] + 10.0);
    (0..arrivals.len())
        .map(within)
        .max()
        .unwrap_or_default()
        .div_ceil(10)
}
