//! When a reading of what lies there (`once`) ends though files are never quiet.

use std::time::Instant;

use tracing::warn;

use super::{SETTLES_ONCE_MAX, Source};

impl Source {
    /// All that lay there was read: what is still written to is waited for from now on.
    pub(super) fn begin_to_end(&mut self, now: Instant) {
        self.ends_by = self.options.once.then(|| now + self.options.settle * SETTLES_ONCE_MAX);
    }

    /// Whether it was waited for long enough. Nothing is lost by it: how far each file was read is kept, and the
    /// next run goes on from there.
    pub(super) fn is_out_of_time(&self, now: Instant) -> bool {
        let is_late = self.ends_by.is_some_and(|by| by <= now);
        if is_late && let Some((_, _, first)) = self.due.first() {
            warn!(
                files = self.due.len(),
                first = %first.path.display(),
                waited_ms = (self.options.settle * SETTLES_ONCE_MAX).as_millis() as u64,
                hint = "the next run says it; without --once it is followed as it grows",
                "some files are still written to: what they have last isn't said yet"
            );
        }
        is_late
    }
}
