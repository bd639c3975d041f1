//! Turns what is seen of one file over time into the moment and the way in which it's read.
//!
//! Pure: no file, no clock. What a stat can't tell (a changed prefix) the caller says with
//! [`Tail::rewritten`].

use std::time::{Duration, Instant};

use crate::model::checkpoint::{Checkpoint, FileState};
use crate::model::file::Stat;
use crate::source::reading::Take;

/// A new file is read this long after its close, so that a rename right behind it gives the name.
pub const CLOSE_DELAY: Duration = Duration::from_millis(50);
/// After so many `settle`s a file that is never quiet is read as a growing one, and a last line
/// without its `\n` is taken in.
pub const SETTLES_MAX: u32 = 10;
/// An open update up to this long is read again with every line that is appended to it, bytes.
const REPEATED_BYTES_FREE: u64 = 1 << 20;
/// A longer one, or a file without time lines, rests so that no more than this is read again in a second, bytes: a twentieth
/// of what a core reads.
const REPEATED_BYTES_PER_S: u64 = 16 << 20;

/// What is to be done with a file now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing until it changes.
    Nothing,
    /// Nothing until then.
    Wait(Instant),
    /// Read from the open update on, if the bytes before are the same.
    Append {
        /// Whether the last update is said.
        take: Take,
        /// Whether a last line without `\n` is taken in.
        with_last: bool,
    },
    /// Its content is another: say what was held back of the old one.
    Flush,
    /// Read it from the start.
    Whole(Take),
}

/// One file over time.
#[derive(Debug, Clone)]
pub struct Tail {
    /// What the kernel said last.
    pub seen: Stat,
    /// When that last changed.
    changed_at: Instant,
    /// Since when it has been other than what was read.
    restless_since: Instant,
    /// When a writer closed it, since it last changed otherwise than by that writer.
    closed_at: Option<Instant>,
    /// It was moved into place whole.
    moved: bool,
    /// It is a file that grows, under a new name: a log that was rotated. Never along with `moved`.
    rotated: bool,
    /// The consumed bytes aren't the same any more.
    rewritten: bool,
    /// It was too old when first seen, and hasn't changed.
    pub ignored: bool,
    /// How far it was read.
    pub checkpoint: Option<Checkpoint>,
    /// An update at its end was left for later.
    pub held_back: bool,
    /// Behind what was read is a line without its `\n`.
    pub unterminated: bool,
    /// More can be read at once.
    pub more: bool,
    /// What is appended isn't read before this, where much is read again with it.
    rests_until: Option<Instant>,
}

impl Tail {
    /// A file first seen now, or known from before.
    pub fn new(seen: Stat, checkpoint: Option<Checkpoint>, now: Instant) -> Tail {
        let followed = checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.state == FileState::Followed);
        let unterminated = checkpoint.as_ref().is_some_and(|checkpoint| {
            checkpoint.state != FileState::NotText && checkpoint.read_offset < checkpoint.stat.size_bytes
        });
        Tail {
            seen,
            changed_at: now,
            restless_since: now,
            closed_at: None,
            moved: false,
            rotated: false,
            rewritten: false,
            ignored: false,
            held_back: followed,
            checkpoint,
            unterminated,
            more: false,
            rests_until: None,
        }
    }

    /// The kernel says this of it now.
    pub fn observe(&mut self, stat: Stat, now: Instant) {
        if stat == self.seen {
            return;
        }
        if self.is_read() || !stat.same_file(&self.seen) {
            self.restless_since = now;
        }
        self.rotated &= stat.same_file(&self.seen);
        // Whoever writes to it since may be in the middle of it.
        self.moved = false;
        self.closed_at = None;
        self.ignored = false;
        self.changed_at = now;
        self.seen = stat;
    }

    /// A writer closed it.
    pub fn closed(&mut self, now: Instant) {
        self.closed_at = Some(now);
    }

    /// Whether it was moved into place, and so is complete.
    pub fn was_moved(&self) -> bool {
        self.moved
    }

    /// It was moved into place.
    pub fn moved(&mut self) {
        self.moved = true;
    }

    /// It was moved by whoever rotates logs: its writer may be in the middle of a line.
    pub fn rotated(&mut self) {
        self.moved = false;
        self.rotated = true;
    }

    /// The consumed bytes have changed: it must be read whole.
    pub fn rewritten(&mut self, now: Instant) {
        if !self.rewritten {
            self.rewritten = true;
            self.restless_since = now;
        }
    }

    /// A whole reading was thrown away, since the file changed under it: wait for quiet.
    pub fn disturbed(&mut self, stat: Stat, now: Instant) {
        self.observe(stat, now);
        self.closed_at = None;
        self.moved = false;
    }

    /// It was read up to here.
    pub fn read(&mut self, checkpoint: Checkpoint, held_back: bool, unterminated: bool, more: bool) {
        self.checkpoint = Some(checkpoint);
        self.held_back = held_back;
        self.unterminated = unterminated;
        self.more = more;
        self.rewritten = false;
        self.moved = false;
        self.rotated = false;
        self.closed_at = None;
    }

    /// Notes how much the next reading of what is appended reads again.
    pub fn rest(&mut self, repeated_bytes: u64, now: Instant) {
        self.rests_until = (repeated_bytes > REPEATED_BYTES_FREE)
            .then(|| now + Duration::from_secs_f64(repeated_bytes as f64 / REPEATED_BYTES_PER_S as f64));
    }

    /// What to do now.
    pub fn next(&self, now: Instant, settle: Duration) -> Action {
        // The pieces of what was appended come at once: each goes on from another place.
        let rests_until = self.rests_until.filter(|&until| now < until && !self.more);
        match (self.next_unrested(now, settle), rests_until) {
            (Action::Append { .. }, Some(until)) => Action::Wait(until),
            (action, _) => action,
        }
    }

    fn next_unrested(&self, now: Instant, settle: Duration) -> Action {
        let quiet_at = self.changed_at + settle;
        let Some(read) = &self.checkpoint else {
            if self.ignored || self.seen.size_bytes == 0 {
                return Action::Nothing;
            }
            return self.next_whole(now, settle);
        };
        if self.must_be_whole(read) {
            return if self.held_back {
                Action::Flush
            } else {
                self.next_whole(now, settle)
            };
        }
        if self.more || self.seen.size_bytes > read.stat.size_bytes {
            return Action::Append { take: Take::Complete, with_last: false };
        }
        if self.held_back && now >= quiet_at {
            return Action::Append { take: Take::All, with_last: false };
        }
        let torn_at = self.changed_at + settle * SETTLES_MAX;
        if self.unterminated && now >= torn_at {
            return Action::Append { take: Take::All, with_last: true };
        }
        match (self.held_back, self.unterminated) {
            (true, _) => Action::Wait(quiet_at),
            (false, true) => Action::Wait(torn_at),
            (false, false) => Action::Nothing,
        }
    }

    /// How it was read, if all of it was said, and it hasn't changed since.
    pub fn done(&self) -> Option<&Checkpoint> {
        let waits = self.held_back || self.unterminated || self.more;
        self.checkpoint.as_ref().filter(|read| !waits && self.is_read() && read.is_done())
    }

    /// Whether the checkpoint is of this very stat.
    fn is_read(&self) -> bool {
        !self.rewritten && self.checkpoint.as_ref().is_some_and(|read| read.stat == self.seen)
    }

    /// Whether the bytes before the checkpoint can't be trusted, as far as a stat tells.
    fn must_be_whole(&self, read: &Checkpoint) -> bool {
        if self.rewritten || !self.seen.same_file(&read.stat) || self.seen.size_bytes < read.stat.size_bytes {
            return true;
        }
        let grown = self.seen.size_bytes > read.stat.size_bytes;
        match read.state {
            FileState::NotText => self.seen != read.stat,
            // Attributes alone may have changed; but a rewrite can keep its mtime, and reading is safe.
            FileState::Settled | FileState::Followed | FileState::NoTimeLines | FileState::HeldBack => {
                !grown && self.seen != read.stat
            }
        }
    }

    fn next_whole(&self, now: Instant, settle: Duration) -> Action {
        let quiet_at = self.changed_at + settle;
        let restless_at = self.restless_since + settle * SETTLES_MAX;
        let closed_at = self.closed_at.map(|at| at + CLOSE_DELAY);
        if self.rotated {
            return Action::Whole(Take::Complete);
        }
        if self.moved || now >= quiet_at || closed_at.is_some_and(|at| now >= at) {
            return Action::Whole(Take::All);
        }
        if now >= restless_at {
            return Action::Whole(Take::Complete);
        }
        let until = quiet_at.min(restless_at);
        Action::Wait(closed_at.map_or(until, |at| at.min(until)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn stat(size_bytes: u64, mtime_ns: i64) -> Stat {
        Stat { inode: 1, size_bytes, mtime_ns, ..Stat::default() }
    }

    fn read(size_bytes: u64, mtime_ns: i64) -> Checkpoint {
        Checkpoint { stat: stat(size_bytes, mtime_ns), read_offset: size_bytes, ..Checkpoint::default() }
    }

    #[test]
    fn a_new_file_is_read_after_its_close_or_once_quiet() {
        let t = Instant::now();
        let mut tail = Tail::new(stat(5, 1), None, t);
        assert_eq!(tail.next(t, SETTLE), Action::Wait(t + SETTLE));
        assert_eq!(tail.next(t + SETTLE, SETTLE), Action::Whole(Take::All));
        tail.closed(t + ms(10));
        assert_eq!(tail.next(t + ms(20), SETTLE), Action::Wait(t + ms(60)));
        assert_eq!(tail.next(t + ms(60), SETTLE), Action::Whole(Take::All));
    }

    #[test]
    fn a_file_moved_into_place_is_read_at_once() {
        let t = Instant::now();
        let mut tail = Tail::new(stat(5, 1), Some(read(5, 1)), t);
        tail.observe(Stat { inode: 2, ..stat(9, 2) }, t);
        tail.moved();
        assert_eq!(tail.next(t, SETTLE), Action::Whole(Take::All));
    }

    #[test]
    fn a_file_that_is_never_quiet_is_read_as_a_growing_one() {
        let t = Instant::now();
        let mut tail = Tail::new(stat(1, 1), None, t);
        for step in 1..20 {
            tail.observe(stat(1 + step, 1), t + ms(500 * step));
            let now = t + ms(500 * step);
            let whole = tail.next(now, SETTLE) == Action::Whole(Take::Complete);
            assert_eq!(whole, now >= t + SETTLE * SETTLES_MAX);
        }
    }

    #[test]
    fn growth_is_read_at_once_and_the_last_update_after_settle() {
        let t = Instant::now();
        let mut tail = Tail::new(stat(5, 1), Some(read(5, 1)), t);
        assert_eq!(tail.next(t, SETTLE), Action::Nothing);
        tail.observe(stat(9, 2), t);
        assert_eq!(tail.next(t, SETTLE), Action::Append { take: Take::Complete, with_last: false });
        tail.read(read(9, 2), true, false, false);
        tail.closed(t);
        assert_eq!(tail.next(t + ms(100), SETTLE), Action::Wait(t + SETTLE), "a close alone says nothing");
        assert_eq!(tail.next(t + SETTLE, SETTLE), Action::Append { take: Take::All, with_last: false });
    }

    #[test]
    fn what_was_held_back_is_said_before_the_new_content_is_read() {
        let t = Instant::now();
        let mut tail = Tail::new(stat(9, 1), Some(read(9, 1)), t);
        tail.held_back = true;
        tail.observe(stat(4, 2), t);
        assert_eq!(tail.next(t, SETTLE), Action::Flush);
        tail.held_back = false;
        assert_eq!(tail.next(t, SETTLE), Action::Wait(t + SETTLE));
        assert_eq!(tail.next(t + SETTLE, SETTLE), Action::Whole(Take::All));
    }

    #[test]
    fn a_torn_last_line_is_taken_in_after_ten_settles() {
        let t = Instant::now();
        let mut tail = Tail::new(stat(9, 1), Some(read(9, 1)), t);
        tail.unterminated = true;
        assert_eq!(tail.next(t + SETTLE, SETTLE), Action::Wait(t + SETTLE * 10));
        assert_eq!(tail.next(t + SETTLE * 10, SETTLE), Action::Append { take: Take::All, with_last: true });
    }
}
