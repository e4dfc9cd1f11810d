//! A chart of an hour's logins: sixty bars in the units of an SVG.

use super::view::Hour;

/// The chart's height, and the width of a minute with the gap behind it.
const HEIGHT: u64 = 48;
const MINUTE: usize = 5;

/// What one method's chart shows.
pub(super) struct Chart {
    pub method: String,
    pub good: u64,
    pub refused: u64,
    /// The most logins of a minute.
    pub most: u64,
    pub bars: Vec<Bar>,
}

/// A minute in which there were logins.
pub(super) struct Bar {
    pub x: usize,
    pub good: u64,
    pub refused: u64,
    pub good_y: u64,
    pub good_height: u64,
    pub refused_y: u64,
    pub refused_height: u64,
    /// How long ago, in minutes.
    pub ago: usize,
}

impl Chart {
    /// What the top of the chart means.
    pub fn busiest(&self) -> String {
        match self.most {
            1 => "1 login a minute".to_owned(),
            most => format!("{most} logins a minute"),
        }
    }

    pub fn of(hour: &Hour) -> Self {
        let sums = hour.minutes.iter().map(|(good, refused)| good + refused);
        let most = sums.max().unwrap_or(0);
        let minutes = hour.minutes.iter().enumerate();
        let some = minutes.filter(|(_, (good, refused))| good + refused > 0);
        let bars = some.map(|(minute, (good, refused))| {
            // What happened at all shows, and both together are no higher than the chart.
            let height = |count: u64| match count {
                0 => 0,
                count => (count * HEIGHT / most.max(1)).max(1),
            };
            let refused_height = height(*refused);
            let good_height = height(*good).min(HEIGHT - refused_height.min(HEIGHT));
            Bar {
                x: minute * MINUTE,
                good: *good,
                refused: *refused,
                good_y: HEIGHT - good_height,
                good_height,
                refused_y: HEIGHT - good_height - refused_height,
                refused_height,
                ago: hour.minutes.len() - 1 - minute,
            }
        });
        Self {
            method: hour.method.clone(),
            good: hour.minutes.iter().map(|minute| minute.0).sum(),
            refused: hour.minutes.iter().map(|minute| minute.1).sum(),
            most,
            bars: bars.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_in_the_chart_and_what_happened_shows() {
        let mut minutes = vec![(0, 0); 60];
        minutes[0] = (1000, 0);
        minutes[30] = (1, 999);
        minutes[59] = (0, 1);
        let chart = Chart::of(&Hour {
            method: "Kerberos".to_owned(),
            minutes,
        });
        assert_eq!((chart.good, chart.refused, chart.most), (1001, 1000, 1000));
        let ends: Vec<_> = chart
            .bars
            .iter()
            .map(|bar| {
                assert_eq!(bar.refused_y + bar.refused_height + bar.good_height, HEIGHT);
                (bar.ago, bar.good_height > 0, bar.refused_height > 0)
            })
            .collect();
        assert_eq!(
            ends,
            [(59, true, false), (29, true, true), (0, false, true)]
        );
    }

    #[test]
    fn an_empty_hour_has_no_bars() {
        let chart = Chart::of(&Hour {
            method: "Kerberos".to_owned(),
            minutes: vec![(0, 0); 60],
        });
        assert!(chart.bars.is_empty() && chart.most == 0);
    }
}
