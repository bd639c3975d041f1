//! How often a fault that lasts, or comes again and again, is logged: at once, then once a minute, with the count so
//! far. Told the time, not asking it.

use std::time::{Duration, Instant};

/// How often a lasting fault is logged.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// The pace of one fault.
#[derive(Debug, Default)]
pub struct LogPace {
    logged: Option<Instant>,
    /// It was logged, and its end wasn't.
    open: bool,
    count: u64,
}

impl LogPace {
    /// Counts one. The count so far if it's time to log.
    pub fn note(&mut self, now: Instant) -> Option<u64> {
        self.count += 1;
        if self.logged.is_some_and(|at| now.duration_since(at) < LOG_EVERY) {
            return None;
        }
        self.logged = Some(now);
        self.open = true;
        Some(self.count)
    }

    /// The fault is over; it may come again. True if that is to be logged, since the fault was.
    pub fn end(&mut self) -> bool {
        if self.open {
            self.count = 0;
        }
        std::mem::take(&mut self.open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_logged_at_once_then_each_minute_also_where_it_ends_and_comes_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut pace = LogPace::default();
        assert!(!pace.end());
        assert_eq!(pace.note(at(0)), Some(1));
        assert_eq!(pace.note(at(59)), None);
        assert_eq!(pace.note(at(60)), Some(3));
        assert_eq!(pace.note(at(61)), None);
        assert!(pace.end());
        assert_eq!(pace.note(at(62)), None);
        assert!(!pace.end(), "nobody was told of it");
        assert_eq!(pace.note(at(120)), Some(2));
    }
}
