//! Numbers that look random and are the same in each run (`SplitMix64`).

#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Between two that come independently of each other, at so many in a second.
    pub fn gap(&mut self, rate: f64) -> f64 {
        -(1.0 - self.part()).ln() / rate
    }

    /// Work of this mean: most of it is the same each time, some of it depends on caches and on what else runs.
    pub fn about(&mut self, mean: f64) -> f64 {
        mean * (0.75 + 0.25 * self.gap(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_what_is_asked_for() {
        let mut random = Random::new(1);
        let mean =
            |mut one: Box<dyn FnMut() -> f64>| (0..100_000).map(|_| one()).sum::<f64>() / 1e5;
        let mut other = random.clone();
        assert!((mean(Box::new(move || random.gap(4.0))) - 0.25).abs() < 0.01);
        assert!((mean(Box::new(move || other.about(3.0))) - 3.0).abs() < 0.03);
    }
}
