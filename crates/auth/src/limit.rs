//! How often something may happen, for each of a bounded number of callers.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use quick_cache::sync::Cache;
use roster_directory::Clock;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How often a minute, in the long run.
    pub per_minute: NonZeroU32,
    /// How often at once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// So often a minute, and as often at once.
    pub const fn per_minute(per_minute: NonZeroU32) -> Self {
        Self { per_minute, burst: per_minute }
    }

    fn period(self) -> Duration {
        Duration::from_mins(1) / self.per_minute.get()
    }
}

/// Too often: try again after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften {
    pub(crate) retry_after_seconds: u64,
}

impl TooOften {
    fn after(wait: Duration) -> Self {
        Self { retry_after_seconds: wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX).max(1) }
    }
}

/// The given clock, as the limiter reads one.
#[derive(Clone)]
struct GivenClock(Arc<dyn Clock>);

impl governor::clock::Clock for GivenClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.now().unix_micros().try_into().unwrap_or_default())
    }
}

struct Bucket {
    limiter: RateLimiter<NotKeyed, InMemoryState, GivenClock, StateInformationMiddleware>,
    empty_until_micros: AtomicI64,
}

/// Limits each caller to a rate. The least recently seen ones are forgotten when there are too many.
pub(crate) struct Limiter<K> {
    rate: Rate,
    clock: Arc<dyn Clock>,
    buckets: Cache<K, Arc<Bucket>>,
}

impl<K: Eq + Hash + Clone> Limiter<K> {
    /// At most `callers` are remembered.
    pub(crate) fn new(rate: Rate, callers: usize, clock: Arc<dyn Clock>) -> Self {
        Self { rate, clock, buckets: Cache::new(callers) }
    }

    /// Counts one more.
    pub(crate) fn count(&self, caller: &K) -> Result<(), TooOften> {
        let bucket = self.bucket(caller);
        match bucket.limiter.check() {
            Ok(state) => {
                if state.remaining_burst_capacity() == 0 {
                    bucket.is_empty_for(self.rate.period(), &*self.clock);
                }
                Ok(())
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(governor::clock::Clock::now(bucket.limiter.clock()));
                if wait > self.rate.period() {
                    // The clock was set back: begin anew, rather than wait until it has caught up.
                    self.buckets.remove(caller);
                    return Ok(());
                }
                bucket.is_empty_for(wait, &*self.clock);
                Err(TooOften::after(wait))
            }
        }
    }

    /// Whether one more would be too often. Counts nothing.
    pub(crate) fn check(&self, caller: &K) -> Result<(), TooOften> {
        let Some(bucket) = self.buckets.get(caller) else { return Ok(()) };
        let left =
            bucket.empty_until_micros.load(Ordering::Relaxed).saturating_sub(self.clock.now().unix_micros());
        // A clock that was set back must not lock a caller out.
        let wait = Duration::from_micros(left.try_into().unwrap_or_default()).min(self.rate.period());
        if wait.is_zero() { Ok(()) } else { Err(TooOften::after(wait)) }
    }

    fn bucket(&self, caller: &K) -> Arc<Bucket> {
        if let Some(bucket) = self.buckets.get(caller) {
            return bucket;
        }
        let quota = Quota::with_period(self.rate.period())
            .unwrap_or(Quota::per_minute(self.rate.per_minute))
            .allow_burst(self.rate.burst);
        let limiter = RateLimiter::direct_with_clock(quota, GivenClock(Arc::clone(&self.clock)));
        let bucket = Arc::new(Bucket {
            limiter: limiter.with_middleware(),
            empty_until_micros: AtomicI64::new(i64::MIN),
        });
        // Of two that are made at once one is kept, so that both callers count in it.
        self.buckets
            .get_or_insert_with::<_, std::convert::Infallible>(caller, || Ok(bucket))
            .unwrap_or_else(|never| match never {})
    }
}

impl Bucket {
    fn is_empty_for(&self, wait: Duration, clock: &dyn Clock) {
        let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        self.empty_until_micros.store(clock.now().plus_micros(wait).unix_micros(), Ordering::Relaxed);
    }
}

/// Whom an address stands for: a host has a whole /64 of IPv6.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use roster_directory::Timestamp;

    use super::*;

    struct SetClock(AtomicI64);

    impl Clock for SetClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_micros(self.0.load(Ordering::Relaxed)).unwrap()
        }
    }

    fn limiter(per_minute: u32, burst: u32, callers: usize) -> (Limiter<u32>, Arc<SetClock>) {
        let clock = Arc::new(SetClock(AtomicI64::new(1_700_000_000_000_000)));
        let rate = Rate { per_minute: per_minute.try_into().unwrap(), burst: burst.try_into().unwrap() };
        (Limiter::new(rate, callers, Arc::clone(&clock) as Arc<dyn Clock>), clock)
    }

    #[test]
    fn a_burst_then_one_each_period() {
        let (limiter, clock) = limiter(30, 3, 10);
        for _ in 0..3 {
            assert_eq!(limiter.check(&1), Ok(()));
            assert_eq!(limiter.count(&1), Ok(()));
        }
        assert_eq!(limiter.check(&1), Err(TooOften { retry_after_seconds: 2 }));
        assert_eq!(limiter.count(&1), Err(TooOften { retry_after_seconds: 2 }));
        assert_eq!(limiter.count(&2), Ok(()));
        clock.0.fetch_add(1_999_999, Ordering::Relaxed);
        assert_eq!(limiter.check(&1), Err(TooOften { retry_after_seconds: 1 }));
        clock.0.fetch_add(1, Ordering::Relaxed);
        assert_eq!(limiter.check(&1), Ok(()));
        assert_eq!(limiter.count(&1), Ok(()));
        assert_eq!(limiter.check(&1), Err(TooOften { retry_after_seconds: 2 }));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_long() {
        let (limiter, clock) = limiter(30, 1, 10);
        assert_eq!(limiter.count(&1), Ok(()));
        clock.0.fetch_sub(86_400_000_000, Ordering::Relaxed);
        assert_eq!(limiter.check(&1), Err(TooOften { retry_after_seconds: 2 }));
        assert_eq!(limiter.count(&1), Ok(()));
        assert_eq!(limiter.check(&1), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let (limiter, _) = limiter(30, 1, 100);
        for caller in 0..10_000 {
            let _ = limiter.count(&caller);
        }
        assert!(limiter.buckets.len() <= 100, "{}", limiter.buckets.len());
    }

    #[test]
    fn a_host_is_its_ipv4_address_or_its_ipv6_network() {
        for (address, host) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(neighbourhood(address.parse().unwrap()), host.parse::<IpAddr>().unwrap(), "{address}");
        }
    }
}
