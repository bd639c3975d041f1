//! Turns scans and hints into what is known of each file: seen, changed, gone.
//!
//! It opens no file; the file's own turn does.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use tracing::info;

use super::{File, LEFT_OUT_MAX, SCAN_REST, SCAN_SHARE, Source};
use crate::model::file::{FileName, Stat};
use crate::source::reader;
use crate::source::reading::{Hint, Step};
use crate::source::scan::scan;
use crate::source::tail::Tail;

impl Source {
    /// Scans all roots, and finds out what has gone.
    pub(super) fn scan_all(&mut self, now: Instant, wall: SystemTime) {
        let (began, cpu) = (Instant::now(), cpu_time());
        let first = !self.scanned;
        let mut present = HashSet::with_capacity(self.files.len());
        let mut faults = Vec::new();
        let mut names = Vec::new();
        for root in self.roots.clone() {
            let found = scan(&root, Path::new(""), &self.filter);
            faults.extend(found.faults);
            for path in found.left_out {
                if self.left_out.len() < LEFT_OUT_MAX && self.left_out.insert(path.clone()) {
                    info!(path = %path.display(), "this directory is left out, with all below it: its name fits drop.exclude");
                }
            }
            for (name, stat) in found.files {
                if self.observe(&name, stat, now) && first {
                    self.ignore_if_old(&name, stat, wall);
                }
                present.insert(name.clone());
                names.push(name);
            }
        }
        let unseen: HashSet<PathBuf> = faults.iter().map(|fault| fault.path.clone()).collect();
        let hidden = |name: &FileName| name.full().ancestors().any(|path| unseen.contains(path));
        let gone = self.files.keys().filter(|name| !present.contains(name) && !hidden(name)).cloned();
        for name in gone.collect::<Vec<_>>() {
            self.gone(&name);
        }
        let roots = &self.roots;
        let (last, over): (HashSet<PathBuf>, HashSet<PathBuf>) = self.faulty.drain().partition(|path| {
            let file = |root: &Arc<Path>| {
                let name = FileName { root: root.clone(), path: Arc::from(path.strip_prefix(root).ok()?) };
                Some(present.contains(&name))
            };
            unseen.contains(path) || roots.iter().any(|root| file(root) == Some(true))
        });
        self.faulty = last;
        self.steps.extend(over.into_iter().map(Step::Healed));
        for fault in faults {
            self.fault(fault);
        }
        for name in &names {
            self.plan(name, now);
        }
        if first {
            let due = |name: &FileName| self.files.get(name).is_some_and(|file| file.due.is_some());
            let lying: HashSet<FileName> = names.into_iter().filter(due).collect();
            let size_bytes = |name| self.files.get(name).map_or(0, |file| file.tail.seen.size_bytes);
            self.counts.lying_bytes = lying.iter().map(size_bytes).sum();
            self.lying = Some(lying);
        }
        self.held.rest();
        self.room.rest();
        self.scanned = true;
        self.counts.scans += 1;
        let interval = self.options.scan_interval.max(cpu_time().saturating_sub(cpu) * SCAN_SHARE);
        self.next_scan = now + interval;
        self.rest_until = now + SCAN_REST.max(began.elapsed());
    }

    /// Lists one directory and what lies below it; says nothing of what is gone.
    pub(super) fn scan_directory(&mut self, path: &Path, now: Instant) {
        for at in 0..self.roots.len() {
            let root = self.roots[at].clone();
            let Ok(below) = path.strip_prefix(&root).or_else(|_| path.strip_prefix(&self.watched[at])) else {
                continue;
            };
            if self.leaves_out(at, below) {
                continue;
            }
            for (name, stat) in scan(&root, below, &self.filter).files {
                self.observe(&name, stat, now);
                self.plan(&name, now);
            }
        }
    }

    /// Whether what lies there below a drop directory is never read, whatever it is.
    fn leaves_out(&self, at: usize, below: &Path) -> bool {
        self.filter.excludes_within(below)
            || self.states[at].as_ref().is_some_and(|state| below.starts_with(state))
    }

    /// Looks at one path that a hint names. `mark` takes note of what the hint says of a file beside that it changed.
    pub(super) fn look(&mut self, path: &Path, now: Instant, mark: Option<fn(&mut Tail, Instant)>) {
        for at in 0..self.roots.len() {
            let root = self.roots[at].clone();
            let Ok(below) = path.strip_prefix(&root).or_else(|_| path.strip_prefix(&self.watched[at])) else {
                continue;
            };
            let name = FileName { root: root.clone(), path: Arc::from(below) };
            if mark.is_none() && self.files.contains_key(&name) {
                // Its turn has come, and begins with a look.
                self.enqueue(&name, now);
                continue;
            }
            // What a page is called while it's written is most of what hints speak of: it costs no look.
            if self.leaves_out(at, below) {
                continue;
            }
            if below.as_os_str().is_empty() || !self.filter.wants_file(below) {
                // A directory may be wanted where `include` asks for files only.
                if path.is_dir() && !below.as_os_str().is_empty() {
                    self.hint(Hint::Directory(path.to_path_buf()), now);
                }
                continue;
            }
            match reader::stat_at(path) {
                Ok((stat, kind)) if kind.is_file() => {
                    if self.filter.forbids(&stat) {
                        continue;
                    }
                    self.observe(&name, stat, now);
                    if let (Some(file), Some(mark)) = (self.files.get_mut(&name), mark) {
                        mark(&mut file.tail, now);
                        if file.tail.was_moved() && self.held.grows(stat) {
                            file.tail.rotated();
                        }
                    }
                    self.plan(&name, now);
                }
                Ok((_, kind)) if kind.is_dir() => self.hint(Hint::Directory(path.to_path_buf()), now),
                Ok((_, kind)) if kind.is_symlink() => self.scan_soon(now),
                Ok(_) => {}
                // Between the two halves of a replacement, or gone: the file's turn will tell.
                Err(_) if self.files.contains_key(&name) => self.enqueue(&name, now),
                Err(_) => {}
            }
        }
    }

    /// Takes note of a stat; whether the file is new.
    pub(super) fn observe(&mut self, name: &FileName, stat: Stat, now: Instant) -> bool {
        if let Some(file) = self.files.get_mut(name) {
            file.tail.observe(stat, now);
            return false;
        }
        self.files.insert(name.clone(), File::new(Tail::new(stat, None, now)));
        true
    }

    pub(super) fn ignore_if_old(&mut self, name: &FileName, stat: Stat, wall: SystemTime) {
        let (Some(limit), Some(file)) = (self.options.ignore_older, self.files.get_mut(name)) else {
            return;
        };
        let age_ns = wall_ns(wall).saturating_sub(stat.mtime_ns);
        file.tail.ignored = u128::try_from(age_ns).is_ok_and(|age| age > limit.as_nanos());
    }
}

/// A time by the wall clock as the kernel writes it in a stat, ns.
pub(super) fn wall_ns(wall: SystemTime) -> i64 {
    match wall.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(_) => 0,
    }
}

/// What this thread has had of a core so far. By the clock, a scan that has to wait for a busy machine or a slow disk
/// would put off the next one by minutes, where nothing else finds what has changed.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scan_costs_is_work_and_not_waiting() {
        let before = cpu_time();
        std::thread::sleep(Duration::from_millis(200));
        assert!(cpu_time() - before < Duration::from_millis(100));
        while cpu_time() - before < Duration::from_millis(1) {
            std::hint::spin_loop();
        }
    }
}
