//! What Kubernetes' HorizontalPodAutoscaler does, as its documentation says, with the usual `behavior`.

/// Between the load that is wanted and the one that is, nothing is changed (`--horizontal-pod-autoscaler-tolerance`).
const TOLERANCE: f64 = 0.1;
/// So many more in one step, or as many as there are.
const STEP: usize = 4;

#[derive(Debug, Clone)]
pub struct Hpa {
    /// The share of its processors that an instance is to use.
    pub target: f64,
    /// How often it looks, in seconds.
    pub every: f64,
    /// Until a new instance serves: the metrics' delay, a place on a node, the image, the probe.
    pub start: f64,
    pub most: usize,
}

impl Hpa {
    /// Looks each 15 s; an instance serves 30 s after the load was there.
    pub fn usual(most: usize) -> Self {
        Self {
            target: 0.6,
            every: 15.0,
            start: 30.0,
            most,
        }
    }

    /// How many more instances it begins, when those that serve are busy to this share and others are on their
    /// way, which count as idle.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of instances"
    )]
    pub fn more(&self, busy: f64, serving: usize, coming: usize) -> usize {
        let there = serving + coming;
        let load = busy * serving as f64;
        let share = load / there as f64 / self.target;
        if share <= 1.0 + TOLERANCE {
            return 0;
        }
        let wanted = (load / self.target).ceil() as usize;
        let step = STEP.max(there);
        wanted
            .min(there + step)
            .min(self.most)
            .saturating_sub(there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_in_steps_and_not_for_a_little() {
        let hpa = Hpa::usual(20);
        assert_eq!(hpa.more(0.65, 2, 0), 0);
        assert_eq!(hpa.more(0.9, 2, 0), 1);
        assert_eq!(hpa.more(0.9, 2, 1), 0, "one is on its way");
        assert_eq!(hpa.more(1.0, 10, 0), 7);
        assert_eq!(hpa.more(1.0, 18, 0), 2, "twenty at most");
    }
}
