//! What a run showed.

use std::time::Duration;

use hdrhistogram::Histogram;

/// How many faults are kept as text.
const KEPT_FAULTS: usize = 5;
/// The longest latency that is told apart from longer ones, in microseconds: ten minutes.
const LONGEST_MICROS: u64 = 600_000_000;

/// What a run showed.
#[derive(Debug)]
pub struct Report {
    /// How many connections it had.
    pub connections: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// How many answers were right.
    pub right: u64,
    /// How many were not, or did not come.
    pub wrong: u64,
    /// What the first wrong ones were.
    pub faults: Vec<String>,
    /// How many were sent after they were due, because no connection was free. In a closed loop none is.
    pub late: u64,
    /// The processor time that the load generator itself used.
    pub own_cpu_seconds: f64,
    latency_micros: Histogram<u64>,
}

impl Report {
    pub(super) fn new(connections: usize) -> Self {
        let latency_micros =
            Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("these bounds are allowed");
        Self {
            connections,
            elapsed: Duration::ZERO,
            right: 0,
            wrong: 0,
            faults: Vec::new(),
            late: 0,
            own_cpu_seconds: 0.0,
            latency_micros,
        }
    }

    pub(super) fn record(&mut self, latency: Duration, fault: Option<String>) {
        self.latency_micros.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        match fault {
            None => self.right += 1,
            Some(fault) => {
                self.wrong += 1;
                if self.faults.len() < KEPT_FAULTS {
                    self.faults.push(fault);
                }
            }
        }
    }

    /// Right answers per second.
    #[expect(clippy::cast_precision_loss, reason = "a run has fewer than 2^52 requests")]
    pub fn per_second(&self) -> f64 {
        self.right as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that so many of a hundred requests did not exceed.
    pub fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.latency_micros.value_at_percentile(percent))
    }

    /// Both runs as one.
    ///
    /// # Panics
    ///
    /// When they had different numbers of connections.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        assert_eq!(self.connections, other.connections);
        self.elapsed += other.elapsed;
        self.right += other.right;
        self.wrong += other.wrong;
        self.faults.extend(other.faults);
        self.faults.truncate(KEPT_FAULTS);
        self.late += other.late;
        self.own_cpu_seconds += other.own_cpu_seconds;
        self.latency_micros.add(&other.latency_micros).expect("both have the same precision");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up() {
        let mut one = Report::new(2);
        one.elapsed = Duration::from_secs(1);
        (1..=99).for_each(|millis| one.record(Duration::from_millis(millis), None));
        let mut two = Report::new(2);
        two.elapsed = Duration::from_secs(1);
        two.record(Duration::from_millis(100), Some("500".to_owned()));
        let both = one.and(two);
        assert_eq!((both.right, both.wrong, both.faults.as_slice()), (99, 1, ["500".to_owned()].as_slice()));
        assert!((both.per_second() - 49.5).abs() < 1e-9);
        let median = both.percentile(50.0).as_millis();
        assert!((49..=51).contains(&median), "{median}");
        assert!(both.percentile(100.0).as_millis() >= 100);
    }
}
