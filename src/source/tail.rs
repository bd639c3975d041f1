//! One file's way from unread to followed: what its stat and the clock say into what to do. Pure.

use std::time::{Duration, Instant};

use crate::model::file::Stat;

/// How long after the close of a new file it is read, ms: whoever writes and renames has then renamed.
const CLOSED_MS: u64 = 50;

/// How many times `settle` a file that is never quiet, or a line without its end, is waited for.
pub const PATIENCE: u32 = 10;

/// Where a file stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// All of it is to be read, once its writer is done.
    Unread {
        /// When it was first seen, or found to be another.
        first_seen: Instant,
        /// When its stat last changed.
        changed: Instant,
        /// When its writer closed it, if it didn't change since.
        closed: Option<Instant>,
        /// Whether it was moved into place, and so is whole.
        moved: bool,
    },
    /// It was read; what comes behind is read on.
    Read {
        /// When it last grew.
        grown: Instant,
        /// Whether its last update was left for later.
        held_back: bool,
        /// Whether it has bytes behind what was read: a line without its end.
        open_line: bool,
    },
}

/// What to do with a file now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look again at this instant.
    Wait(Instant),
    /// Read all of it: it is complete.
    ReadWhole,
    /// Read all of it as a file that grows: it is never quiet.
    ReadGrowing,
    /// Say what was left for later; with the line that has no end, if it waited long enough.
    Flush {
        /// Whether the last line is taken without its end.
        with_open_line: bool,
    },
    /// Nothing, until it changes.
    Rest,
}

impl Phase {
    /// A file that is new, or another one than before.
    pub fn unread(now: Instant) -> Phase {
        Phase::Unread { first_seen: now, changed: now, closed: None, moved: false }
    }

    /// Takes in that the stat was found changed or not, and what was hinted.
    pub fn see(&mut self, has_changed: bool, was_closed: bool, was_moved: bool, now: Instant) {
        match self {
            Phase::Unread { changed, closed, moved, .. } => {
                if has_changed {
                    *changed = now;
                    *closed = None;
                    *moved = false;
                }
                if was_closed {
                    *closed = Some(now);
                }
                *moved |= was_moved;
            }
            Phase::Read { grown, .. } => {
                if has_changed {
                    *grown = now;
                }
            }
        }
    }

    /// What to do now.
    pub fn decide(&self, settle: Duration, now: Instant) -> Action {
        match *self {
            Phase::Unread { moved: true, .. } => Action::ReadWhole,
            Phase::Unread { first_seen, changed, closed, moved: false } => {
                let quiet = changed + settle;
                let closed = closed.map(|closed| closed + Duration::from_millis(CLOSED_MS));
                let whole = closed.map_or(quiet, |closed| closed.min(quiet));
                let patience = first_seen + settle * PATIENCE;
                if now >= whole {
                    Action::ReadWhole
                } else if now >= patience {
                    Action::ReadGrowing
                } else {
                    Action::Wait(whole.min(patience))
                }
            }
            Phase::Read { grown, held_back, open_line } => {
                let line_due = grown + settle * PATIENCE;
                let update_due = grown + settle;
                if open_line && now >= line_due {
                    Action::Flush { with_open_line: true }
                } else if held_back && now >= update_due {
                    Action::Flush { with_open_line: false }
                } else if held_back {
                    Action::Wait(update_due)
                } else if open_line {
                    Action::Wait(line_due)
                } else {
                    Action::Rest
                }
            }
        }
    }
}

/// What a new stat says of a file that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// It is longer: if what was read still stands there, it was appended to.
    Longer,
    /// It is another file, or it was rewritten, truncated or touched.
    Other,
}

/// Compares a stat with that of the last reading.
pub fn change(read: &Stat, read_offset: u64, now: &Stat) -> Change {
    if read == now {
        Change::None
    } else if read.same_file(now) && now.size_bytes > read_offset && now.size_bytes > read.size_bytes {
        Change::Longer
    } else if read.same_file(now) && read.size_bytes == now.size_bytes && read.mtime_ns == now.mtime_ns {
        // Only its attributes: another name, owner or mode.
        Change::None
    } else {
        Change::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(1);

    fn ms(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn a_new_file_is_read_50_ms_after_its_close() {
        let t = Instant::now();
        let mut phase = Phase::unread(t);
        assert_eq!(phase.decide(SETTLE, t), Action::Wait(ms(t, 1_000)));
        phase.see(true, true, false, ms(t, 10));
        assert_eq!(phase.decide(SETTLE, ms(t, 10)), Action::Wait(ms(t, 60)));
        assert_eq!(phase.decide(SETTLE, ms(t, 60)), Action::ReadWhole);
    }

    #[test]
    fn a_change_after_the_close_waits_for_the_next_close() {
        let t = Instant::now();
        let mut phase = Phase::unread(t);
        phase.see(false, true, false, t);
        phase.see(true, false, false, ms(t, 20));
        assert_eq!(phase.decide(SETTLE, ms(t, 100)), Action::Wait(ms(t, 1_020)));
    }

    #[test]
    fn a_file_moved_into_place_is_read_at_once() {
        let t = Instant::now();
        let mut phase = Phase::unread(t);
        phase.see(false, false, true, t);
        assert_eq!(phase.decide(SETTLE, t), Action::ReadWhole);
    }

    #[test]
    fn a_file_that_is_never_quiet_is_read_as_a_growing_one() {
        let t = Instant::now();
        let mut phase = Phase::unread(t);
        for step in 1..100 {
            phase.see(true, false, false, ms(t, step * 100));
            assert!(matches!(phase.decide(SETTLE, ms(t, step * 100)), Action::Wait(_)), "at {step}");
        }
        phase.see(true, false, false, ms(t, 10_000));
        assert_eq!(phase.decide(SETTLE, ms(t, 10_000)), Action::ReadGrowing);
    }

    #[test]
    fn what_was_left_for_later_is_said_after_settle_and_the_open_line_after_ten() {
        let t = Instant::now();
        let both = Phase::Read { grown: t, held_back: true, open_line: true };
        assert_eq!(both.decide(SETTLE, ms(t, 999)), Action::Wait(ms(t, 1_000)));
        assert_eq!(both.decide(SETTLE, ms(t, 1_000)), Action::Flush { with_open_line: false });
        let line = Phase::Read { grown: t, held_back: false, open_line: true };
        assert_eq!(line.decide(SETTLE, ms(t, 1_000)), Action::Wait(ms(t, 10_000)));
        assert_eq!(line.decide(SETTLE, ms(t, 10_000)), Action::Flush { with_open_line: true });
    }

    #[test]
    fn a_stat_tells_growth_from_the_rest() {
        let read = Stat { device: 1, inode: 2, birth_ns: Some(3), size_bytes: 10, mtime_ns: 5, ctime_ns: 5 };
        assert_eq!(change(&read, 10, &read), Change::None);
        assert_eq!(change(&read, 10, &Stat { size_bytes: 11, mtime_ns: 6, ..read }), Change::Longer);
        assert_eq!(change(&read, 10, &Stat { size_bytes: 9, mtime_ns: 6, ..read }), Change::Other);
        assert_eq!(change(&read, 10, &Stat { mtime_ns: 6, ..read }), Change::Other);
        assert_eq!(change(&read, 10, &Stat { ctime_ns: 6, ..read }), Change::None);
        // The same inode number, reused at once.
        assert_eq!(change(&read, 10, &Stat { birth_ns: Some(9), size_bytes: 11, ..read }), Change::Other);
    }
}
