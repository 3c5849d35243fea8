//! A timer that is right to some microseconds. Tokio's own is right to a millisecond, which would be most of a latency.

use std::io::Error;
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A timer of the kernel.
pub(super) struct Timer(AsyncFd<OwnedFd>);

impl Timer {
    pub(super) fn new() -> Result<Self, Error> {
        let timer =
            timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        #[expect(deprecated, reason = "what replaces it is unsafe, and an OwnedFd keeps what that asks for")]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        Ok(Self(timer))
    }

    /// Waits until then; at once, where that is past.
    pub(super) async fn until(&self, due: Instant) -> Result<(), Error> {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let left = Timespec::try_from(left).map_err(Error::other)?;
        let once = Itimerspec { it_interval: never, it_value: left };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        let expired = |timer: &OwnedFd| Ok(rustix::io::read(timer, &mut [0_u8; 8])?);
        self.0.async_io(Interest::READABLE, expired).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn it_waits_until_then_and_not_for_what_is_past() {
        let timer = Timer::new().unwrap();
        let began = Instant::now();
        timer.until(began).await.unwrap();
        for millis in [3, 5] {
            let due = began + Duration::from_millis(millis);
            timer.until(due).await.unwrap();
            assert!(Instant::now() >= due);
        }
    }
}
