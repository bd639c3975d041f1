//! Turns the passing of time into the files that are done: said, and unchanged for as long as the policy asks.
//!
//! Whether they are in the journal isn't known here, and nothing is moved.

use std::time::{Duration, Instant, SystemTime};

use super::rounds::wall_ns;
use super::{File, SCAN_SHARE, Source};
use crate::model::checkpoint::Checkpoint;
use crate::model::file::FileName;
use crate::source::reading::Step;

/// How many files are named at once: moving them takes a few dozen milliseconds.
const FINISHED_MAX: usize = 1_000;

/// Shortest time between two looks.
const LOOK_REST: Duration = Duration::from_millis(100);

impl Source {
    /// When files that are done are to be looked for; `None` where they stay.
    pub(super) fn finished_at(&self) -> Option<Instant> {
        let looks = self.options.done.is_some() && !self.options.once && self.scanned && self.lying.is_none();
        looks.then_some(self.next_finished)
    }

    /// A file was read: it may be done in its time.
    pub(super) fn may_be_finished(&mut self, now: Instant) {
        if let Some(policy) = &self.options.done {
            let at = now + policy.after.max(self.options.settle);
            self.next_finished = self.next_finished.min(at.max(self.finished_rest_until));
        }
    }

    /// The files that are done.
    pub(super) fn finished(&mut self, now: Instant, wall: SystemTime) -> Option<Step> {
        let policy = self.options.done.as_ref()?;
        let began = Instant::now();
        let after_ns = i64::try_from(policy.after.max(self.options.settle).as_nanos()).unwrap_or(i64::MAX);
        let wall_ns = wall_ns(wall);
        let mut finished = Vec::new();
        let mut soonest_ns = i64::MAX;
        for (name, file) in &self.files {
            let Some(read) = file.done() else { continue };
            // The ctime is never set back, and is new in a file that was moved here with an old mtime. An mtime still
            // to come says nothing.
            let mtime_ns = Some(read.stat.mtime_ns).filter(|&mtime_ns| mtime_ns <= wall_ns);
            let since_ns = mtime_ns.unwrap_or(i64::MIN).max(read.stat.ctime_ns);
            let left_ns = since_ns.saturating_add(after_ns).saturating_sub(wall_ns);
            if left_ns <= 0 {
                finished.push((name, read));
            } else {
                soonest_ns = soonest_ns.min(left_ns);
            }
        }
        let soonest = Duration::from_nanos(u64::try_from(soonest_ns).unwrap_or(u64::MAX));
        let more = finished.len() > FINISHED_MAX;
        let wait = if more {
            LOOK_REST
        } else {
            soonest.clamp(LOOK_REST, self.options.scan_interval)
        };
        if more {
            // Those that can't be moved mustn't keep the others from their turn.
            let first = self.named % finished.len();
            finished.rotate_left(first);
            finished.truncate(FINISHED_MAX);
        }
        let named: Vec<(FileName, Checkpoint)> =
            finished.into_iter().map(|(name, read)| (name.clone(), read.clone())).collect();
        self.finished_rest_until = now + LOOK_REST.max(began.elapsed() * SCAN_SHARE);
        self.next_finished = self.finished_rest_until.max(now + wait);
        // That there are none any more is said once, since those that were stuck may be gone.
        let is_news = !named.is_empty() || self.named > 0;
        self.named = if named.is_empty() {
            0
        } else {
            self.named.wrapping_add(named.len())
        };
        is_news.then(|| Step::Finished(named, policy.done.clone()))
    }

    /// A file that was named was moved away, or removed.
    pub fn moved_away(&mut self, name: &FileName) {
        self.unqueue(name);
        self.held.close(name);
        self.files.remove(name);
    }
}

impl File {
    fn done(&self) -> Option<&Checkpoint> {
        let waits = self.due.is_some() || self.open.is_some() || self.again.is_some() || self.piece.is_some();
        self.tail.done().filter(|_| !waits)
    }
}
