//! A sign of life: since when a stage has been at one piece of work. Whoever waits, for work or for a slow reader,
//! isn't at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One stage's sign of life; each clone is the same.
#[derive(Debug, Clone)]
pub struct Pulse {
    /// ms since `origin`, plus one; 0 while it isn't at work.
    since_ms: Arc<AtomicU64>,
    origin: Instant,
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse { since_ms: Arc::default(), origin: Instant::now() }
    }
}

impl Pulse {
    /// Does a piece of work.
    pub fn work<T>(&self, work: impl FnOnce() -> T) -> T {
        let since_ms = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1;
        self.since_ms.store(since_ms, Ordering::Relaxed);
        let done = work();
        self.since_ms.store(0, Ordering::Relaxed);
        done
    }

    /// How long it has been at the same piece of work; nothing while it waits.
    pub fn busy_for(&self) -> Duration {
        match self.since_ms.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since_ms => self.origin.elapsed().saturating_sub(Duration::from_millis(since_ms - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_busy_while_it_works_and_only_then() {
        let pulse = Pulse::default();
        assert_eq!(pulse.busy_for(), Duration::ZERO);
        let other = pulse.clone();
        pulse.work(|| {
            let begun = Instant::now();
            while other.busy_for() < Duration::from_millis(5) {
                assert!(begun.elapsed() < Duration::from_secs(10), "it shows");
                std::thread::yield_now();
            }
        });
        assert_eq!(other.busy_for(), Duration::ZERO);
    }
}
