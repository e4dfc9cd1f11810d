//! All that is known of a fleet at one moment.

use serde_json::{Value, json};

use super::{
    ask::Asked,
    compare::{Finding, Level, findings},
};

/// The instances, and what is to be corrected.
#[derive(Debug)]
pub struct FleetView {
    pub asked: Vec<Asked>,
    pub findings: Vec<Finding>,
}

impl FleetView {
    #[must_use]
    pub fn new(asked: Vec<Asked>) -> Self {
        let findings = findings(&asked);
        Self { asked, findings }
    }

    /// Whether all answer, are equal where they must be, and sign users in.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let bad = |finding: &Finding| finding.level == Level::Fail;
        !self.findings.iter().any(bad)
    }

    /// In one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let count = self.asked.len();
        match (count, self.is_good()) {
            (1, true) => "This instance signs users in".to_owned(),
            (_, true) => format!("{count} instances: equal, and all sign users in"),
            (_, false) => {
                let bad = self.findings.iter();
                let bad = bad.filter(|finding| finding.level == Level::Fail).count();
                let instances = if count == 1 { "instance" } else { "instances" };
                format!("{count} {instances}: {bad} to correct")
            }
        }
    }

    /// For a monitor.
    #[must_use]
    pub fn json(&self, version: u32, at: &str) -> Value {
        let instances: Vec<_> = self
            .asked
            .iter()
            .map(|one| {
                let (report, error) = match &one.answer {
                    Ok(report) => (Some(report), None),
                    Err(why) => (None, Some(why.to_string())),
                };
                json!({"address": one.address, "report": report, "error": error})
            })
            .collect();
        json!({
            "version": version,
            "at": at,
            "good": self.is_good(),
            "instances": instances,
            "findings": self.findings,
        })
    }
}
