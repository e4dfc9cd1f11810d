//! All that is done to the fleet, in the order of the report.

use super::{balancers, directory, instances, report::Scenario, resources, upstream};

pub fn all() -> impl Iterator<Item = &'static Scenario> {
    [
        instances::SCENARIOS,
        directory::SCENARIOS,
        upstream::SCENARIOS,
        balancers::SCENARIOS,
        resources::SCENARIOS,
    ]
    .into_iter()
    .flatten()
}
