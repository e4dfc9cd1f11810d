//! When they come.

use super::random::Random;

/// Arrivals of a morning: a bell, whose middle is the middle of the time and whose ends are two deviations away.
/// The rate at its top is 1.7 times the mean.
#[derive(Debug, Clone, Copy)]
pub struct Morning {
    pub users: u64,
    pub seconds: f64,
}

impl Morning {
    /// The seconds at which they come, in order.
    pub fn arrivals(self, random: &mut Random) -> Vec<f64> {
        let mut times: Vec<_> = (0..self.users).map(|_| self.one(random)).collect();
        times.sort_by(f64::total_cmp);
        times
    }

    /// One of the bell within two deviations (Box and Muller's method).
    fn one(self, random: &mut Random) -> f64 {
        loop {
            let radius = (2.0 * random.gap(1.0)).sqrt();
            let deviations = radius * (std::f64::consts::TAU * random.part()).cos();
            if deviations.abs() <= 2.0 {
                return self.seconds * (0.5 + deviations / 4.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_come_about_the_middle() {
        let morning = Morning {
            users: 100_000,
            seconds: 1800.0,
        };
        let times = morning.arrivals(&mut Random::new(1));
        assert!(times.iter().all(|time| (0.0..=1800.0).contains(time)));
        let top = times.iter().filter(|time| (885.0..915.0).contains(*time));
        // 1.7 times 30 seconds' mean.
        let top = top.count();
        assert!((2500..3100).contains(&top), "{top}");
    }
}
