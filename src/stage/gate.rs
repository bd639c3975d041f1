//! The gate: pages in, committed events out. Decides what is known, in batches of whatever is waiting.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::{Receiver, TryRecvError};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::journal::JournalError;
use crate::journal::gate::Journal;
use crate::model::checkpoint::FileState;
use crate::model::log_pace::LogPace;
use crate::model::pulse::Pulse;
use crate::stage::Work;
use crate::stage::hold_back::HoldBack;
use crate::stage::merged::Merged;
use crate::stage::say::say;
use crate::terminal::Progress;

/// How many pages one transaction takes at most: enough to make the commit's cost small, few enough
/// that what is waiting in memory stays small too.
const BATCH_PAGES_MAX: usize = 256;

/// How many updates end a batch early: about a megabyte of events.
const BATCH_UPDATES_MAX: usize = 1_000;

/// How long a batch that could not be committed waits before it is tried again.
const RETRY_MS: u64 = 500;

/// The stage that owns the journal's writing side.
#[derive(Debug)]
pub struct GateStage {
    journal: Journal,
    work: Receiver<Work>,
    /// Closed when the daemon is told to stop: a batch that can't be committed is then given up, since
    /// reading it again is safe.
    stop: Receiver<()>,
    counts: Counts,
    /// How often a fault that lasts is logged.
    pace: LogPace,
    /// Why the journal can't be written, while that lasts.
    trouble: Option<String>,
    /// Paths that can't be read now.
    unreadable: HashSet<PathBuf>,
    /// Which blogs share updates.
    merged: Merged,
    /// Where it shows that it moves.
    pulse: Pulse,
    /// Where it says that what lay there at the start is journaled.
    first_scan_read: watch::Sender<bool>,
    /// Who waits for it to end, if anyone does.
    progress: Option<Arc<Progress>>,
    /// Which pages aren't said.
    hold_back: HoldBack,
}

/// What became of the updates that came in.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Said for the first time.
    pub new: u64,
    /// Said again, since they were finished or changed.
    pub revised: u64,
    /// Known as they are.
    pub known: u64,
    /// Known with another text, and silent since revisions are off.
    pub changed: u64,
    /// Known from another blog, with another text.
    pub merged: u64,
    /// Of pages that were held back.
    pub held_back: u64,
    /// Left out since they say nothing, or half a headline.
    pub empty: u64,
    /// Readings of files without time lines.
    pub untimed: u64,
    /// Lines that had to be mended: another encoding, NULs, too long.
    pub mended: u64,
}

impl GateStage {
    /// A gate before `journal`.
    pub fn new(
        journal: Journal,
        work: Receiver<Work>,
        stop: Receiver<()>,
        hold_back: bool,
        pulse: Pulse,
        first_scan_read: watch::Sender<bool>,
        progress: Option<Arc<Progress>>,
    ) -> GateStage {
        GateStage {
            hold_back: HoldBack::new(hold_back, journal.state().into()),
            journal,
            work,
            stop,
            counts: Counts::default(),
            pace: LogPace::default(),
            trouble: None,
            unreadable: HashSet::new(),
            merged: Merged::default(),
            pulse,
            first_scan_read,
            progress,
        }
    }

    /// Works until its input ends, then makes what was said durable. `Err` is fatal.
    pub fn run(mut self) -> Result<Counts, JournalError> {
        let mut waiting = Vec::new();
        while let Ok(first) = self.work.recv_blocking() {
            self.drain(first, &mut waiting);
            let committed = self.commit_all(&waiting);
            if let Err(JournalError::Index { .. }) = &committed
                && let Err(error) = self.journal.suspect_index()
            {
                warn!(%error, "the index could not be marked as damaged");
            }
            if !committed? {
                warn!(
                    pages = waiting.len(),
                    "stopped before these pages could be journaled: they are read again at the next start"
                );
                break;
            }
            if waiting.iter().any(|work| matches!(work, Work::FirstScanRead)) {
                self.first_scan_read.send_replace(true);
            }
            waiting.clear();
        }
        self.journal.close()?;
        Ok(self.counts)
    }

    /// Takes what is waiting, up to a batch's limits.
    fn drain(&self, first: Work, waiting: &mut Vec<Work>) {
        let updates = |work: &Work| match work {
            Work::Page(read) => read.said,
            Work::File(..)
            | Work::Gone(_)
            | Work::FirstScanRead
            | Work::Fault(_)
            | Work::Healed(_)
            | Work::Polled(_)
            | Work::Left(_) => 0,
        };
        let mut waiting_updates = updates(&first);
        waiting.push(first);
        while waiting.len() < BATCH_PAGES_MAX && waiting_updates < BATCH_UPDATES_MAX {
            match self.work.try_recv() {
                Ok(work) => {
                    waiting_updates += updates(&work);
                    waiting.push(work);
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Says a batch, and writes the index where nothing more urgent waits. False: told to stop meanwhile.
    fn commit_all(&mut self, waiting: &[Work]) -> Result<bool, JournalError> {
        let Some(counts) = self.until_done(|gate| gate.say(waiting))? else { return Ok(false) };
        self.counts.add(counts);
        if let Some(progress) = &self.progress {
            progress.said(counts.new + counts.revised);
        }
        // Who was woken to read goes first, also where there is one core for both.
        std::thread::yield_now();
        self.journal.call_syncer();
        while self.work.is_empty() && self.journal.has_unwritten() || self.journal.is_flush_due() {
            if self.until_done(|gate| gate.journal.flush())?.is_none() {
                return Ok(false);
            }
        }
        if self.work.is_empty() {
            self.journal.rest();
        }
        Ok(true)
    }

    /// Does what writes the journal, again and again while a full disk or the like forbids it. `None`: told to stop
    /// meanwhile.
    fn until_done<T>(
        &mut self,
        mut work: impl FnMut(&mut GateStage) -> Result<T, JournalError>,
    ) -> Result<Option<T>, JournalError> {
        loop {
            let pulse = self.pulse.clone();
            match pulse.work(|| work(self)) {
                Ok(done) => {
                    let Some(what) = self.trouble.take() else { return Ok(Some(done)) };
                    if self.pace.end() {
                        info!("the journal can be written again; nothing was lost");
                    }
                    self.show_trouble("");
                    self.journal.note_fault(&what);
                    return Ok(Some(done));
                }
                Err(error) if error.is_retryable() => {
                    let error = error.to_string().replace('\n', "; ");
                    if self.trouble.as_ref() != Some(&error) {
                        self.show_trouble(&error);
                        self.trouble = Some(error.clone());
                    }
                    if self.pace.note(Instant::now()).is_some() {
                        warn!(
                            error,
                            "reading pauses, and nothing is lost: the batch is tried again until it succeeds"
                        );
                    }
                    if self.stop.is_closed() {
                        return Ok(None);
                    }
                    if let Err(error) = self.journal.free_room() {
                        debug!(%error, "the index's log keeps its room");
                    }
                    std::thread::sleep(Duration::from_millis(RETRY_MS));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells `status`, which can't ask.
    fn show_trouble(&self, what: &str) {
        if let Err(error) = self.journal.set_trouble(what) {
            warn!(%error, "status can't show whether the journal can be written");
        }
    }

    /// Says a batch, or nothing of it, and writes the index.
    #[cfg(test)]
    pub(super) fn commit(&mut self, waiting: &[Work]) -> Result<Counts, JournalError> {
        let counts = self.say(waiting)?;
        self.journal.flush()?;
        Ok(counts)
    }

    #[cfg(test)]
    pub(super) fn checkpoint(
        &self,
        root: &std::path::Path,
        path: &std::path::Path,
    ) -> crate::model::checkpoint::Checkpoint {
        let name = crate::model::file::FileName::new(root, path);
        let kept = self.journal.checkpoints().expect("checkpoints");
        kept.into_iter().find(|(file, _)| *file == name).expect("it was read").1
    }

    /// Says a batch, or nothing of it.
    fn say(&mut self, waiting: &[Work]) -> Result<Counts, JournalError> {
        let mut batch = self.journal.begin();
        let mut counts = Counts::default();
        for work in waiting {
            match work {
                Work::Page(read) => {
                    say(&mut batch, read, &mut counts, &mut self.merged, &mut self.hold_back)?
                }
                Work::File(file, checkpoint) => {
                    if checkpoint.state == FileState::NotText {
                        let path = file.path.display();
                        match batch.checkpoint_of(file)? {
                            Some(before) if before.updates > 0 => {
                                warn!(%path, "this page had updates and is no text now: nothing is said of it");
                            }
                            Some(before) if before.state == FileState::NotText => {}
                            Some(_) | None => {
                                info!(%path, "this file has NULs, so it is no text: nothing is said of it")
                            }
                        }
                    }
                    batch.checkpoint(file, checkpoint.clone());
                }
                Work::Gone(file) => batch.forget_file(file),
                Work::FirstScanRead => batch.set_backfilled(),
                Work::Fault(fault) => {
                    self.unreadable.insert(fault.path.clone());
                    batch.note_fault(&fault.path, &fault.what, true);
                }
                Work::Healed(path) => {
                    self.unreadable.remove(path);
                    batch.end_fault(path);
                }
                Work::Polled(roots) => batch.set_polled(*roots as u64),
                Work::Left(left) => left.note(&mut batch),
            }
        }
        if waiting.iter().any(|work| matches!(work, Work::Fault(_) | Work::Healed(_))) {
            batch.set_unreadable(self.unreadable.len() as u64);
        }
        for (name, count) in counts.named() {
            batch.count(name, count);
        }
        batch.say()?;
        Ok(counts)
    }
}

impl Counts {
    /// Each with the name that it has in the index and in `status`.
    fn named(&self) -> [(&'static str, u64); 9] {
        [
            ("new", self.new),
            ("revised", self.revised),
            ("known", self.known),
            ("changed", self.changed),
            ("merged_across_blogs", self.merged),
            ("held_back", self.held_back),
            ("empty", self.empty),
            ("untimed_readings", self.untimed),
            ("mended_lines", self.mended),
        ]
    }

    fn add(&mut self, other: Counts) {
        self.new += other.new;
        self.revised += other.revised;
        self.known += other.known;
        self.changed += other.changed;
        self.merged += other.merged;
        self.held_back += other.held_back;
        self.empty += other.empty;
        self.untimed += other.untimed;
        self.mended += other.mended;
    }
}
