//! The fleet, as this instance sees it: itself from memory, the others by asking them.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    moment::Moment,
    program::Program,
    view::{Difference, Fleet, Mood},
};
use crate::{
    config::keys,
    fleet::{Asked, FleetView, Level, ask, rows},
};

/// Several browsers that look at it ask the others once.
const FRESH: Duration = Duration::from_secs(2);
/// In place of an address: no other instance reaches it.
const HERE: &str = "here";

impl Program {
    pub(super) async fn fleet_now(&self) -> Fleet {
        let view = self.view().await;
        let is_alone = self.current.load().config.fleet.is_empty();
        let is_missing = view.asked.iter().any(|one| one.address == HERE);
        let note = if is_alone {
            Some(format!(
                "This instance alone: set {} to see the others, and reload.",
                keys::FLEET.name
            ))
        } else if is_missing {
            Some(format!(
                "{} does not have this instance: add the address at which the others reach its {}.",
                keys::FLEET.name,
                keys::OPS_LISTEN.name
            ))
        } else {
            None
        };
        let mood = match (view.is_good(), view.findings.is_empty() && note.is_none()) {
            (false, _) => Mood::Bad,
            (true, false) => Mood::Warn,
            (true, true) => Mood::Good,
        };
        let differences = view.findings.iter().map(|finding| Difference {
            mood: match finding.level {
                Level::Warn => Mood::Warn,
                Level::Fail => Mood::Bad,
            },
            subject: finding.subject.clone(),
            text: finding.text.clone(),
            fix: finding.fix.clone(),
        });
        Fleet {
            mood,
            sentence: view.sentence(),
            note,
            now: Moment::time_of_day(self.clock.now()),
            rows: rows(&view.asked),
            differences: differences.collect(),
        }
    }

    /// The instance whose request numbers begin with this mark, when FLEET has it and it answers.
    pub(super) async fn instance_marked(&self, mark: &str) -> Option<String> {
        if self.current.load().config.fleet.is_empty() {
            return None;
        }
        let view = self.view().await;
        let mut reports = view.asked.iter().filter_map(|one| one.answer.as_ref().ok());
        let found = reports.find(|report| report.mark.eq_ignore_ascii_case(mark));
        found.map(|report| report.name.clone())
    }

    async fn view(&self) -> Arc<FleetView> {
        let mut last = self.fleet.lock().await;
        if let Some((at, view)) = &*last
            && at.elapsed() < FRESH
        {
            return Arc::clone(view);
        }
        let config = self.current.load().config.clone();
        let mut asked = ask(&config.fleet, config.ops_token.as_ref()).await;
        let own = self.reporter.report();
        let is_there = asked
            .iter()
            .any(|one| matches!(&one.answer, Ok(report) if report.run == own.run));
        if !is_there {
            let own = Asked {
                address: HERE.to_owned(),
                answer: Ok(own),
            };
            asked.insert(0, own);
        }
        let view = Arc::new(FleetView::new(asked));
        *last = Some((Instant::now(), Arc::clone(&view)));
        view
    }
}
