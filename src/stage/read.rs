//! The reader: hints in, parsed pages out. The one thread that opens files of the drop directories.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use async_channel::{Receiver, Sender};
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tracing::{debug, info, warn};

use crate::journal::confirmed::Watch;
use crate::journal::polled::{self, Polled};
use crate::model::checkpoint::FileState;
use crate::model::file::Position;
use crate::model::pulse::Pulse;
use crate::parse::document::Layout;
use crate::source::files::Source;
use crate::source::reading::{Fault, Hint, Parsed, Part, Reading, SourceOptions, Step, Take};
use crate::source::watcher::Watcher;
use crate::stage::mover::Mover;
use crate::stage::page::{Page, Settings};
use crate::stage::replaced::{CONTEXT, Replaced};
use crate::stage::{PageRead, Work};
use crate::terminal::Progress;

/// How often it is looked whether the drop directories are still those that are watched, s.
const ROOTS_S: u64 = 5;

/// How many updates show how a file is written.
const UPDATES_SURE: usize = 2;

/// The stage that owns the source.
pub struct ReadStage {
    reader: Reader,
    inputs: Inputs,
    /// The drop directories without events, as `status` was told.
    without_events: Option<Vec<(PathBuf, &'static str)>>,
}

/// What the stage hears of besides its source.
pub struct Inputs {
    /// What gives the hints.
    pub watcher: Watcher,
    /// The hints.
    pub hints: mpsc::Receiver<Hint>,
    /// Closed when the daemon is told to stop.
    pub stop: Receiver<()>,
    /// What to go by, when that changes.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// The state directory, where `status` looks.
    pub state: PathBuf,
    /// What is let through of the pages that are held back.
    pub confirmed: Watch,
    /// Where to show that it moves.
    pub pulse: Pulse,
    /// Who waits for it to end, if anyone does.
    pub progress: Option<Arc<Progress>>,
}

/// What may change while it runs.
#[derive(Debug)]
pub struct Rules {
    /// What is read, and when.
    pub source: SourceOptions,
    /// What is known of pages.
    pub settings: Arc<Settings>,
    /// Told once they hold.
    pub taken: Notify,
}

/// What the stage does, but for the waiting: it takes the time from whoever calls it.
pub(super) struct Reader {
    source: Source,
    settings: Arc<Settings>,
    /// Takes away what is done.
    mover: Mover,
    /// Whether what the first scan finds is backfill.
    backfill: bool,
    work: Sender<Work>,
    /// What the last readings of pages had.
    replaced: Replaced,
}

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something was done, and more may be to do.
    Worked,
    /// There is nothing to do until then.
    Idle(Instant),
    /// All is read (`--once`), or nobody takes its work any more.
    Done,
}

impl ReadStage {
    /// A reader that hands what it finds to `work`.
    pub fn new(
        source: Source,
        mover: Mover,
        mut inputs: Inputs,
        backfill: bool,
        work: Sender<Work>,
    ) -> ReadStage {
        let settings = inputs.rules.borrow_and_update().settings.clone();
        let reader = Reader::new(source, mover, settings, backfill, work);
        ReadStage { reader, inputs, without_events: None }
    }

    /// Works until told to stop, until nobody takes its work any more, or (`--once`) until all is read.
    pub fn run(mut self) -> std::io::Result<()> {
        // Only for its timer: waiting for a hint or a deadline, whichever comes first.
        let timer = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let mut roots_checked = Instant::now();
        let mut polled = 0;
        self.show_without_events();
        while !self.inputs.stop.is_closed() {
            // Between two files: none is read half by the old rules and half by the new ones.
            if self.inputs.rules.has_changed().unwrap_or(false) && !self.reader.source.is_amid_pieces() {
                let rules = self.inputs.rules.borrow_and_update().clone();
                self.inputs.watcher.set_roots(&rules.source.roots);
                self.show_without_events();
                self.reader.go_by(&rules, Instant::now());
                rules.taken.notify_one();
            }
            if roots_checked.elapsed() >= Duration::from_secs(ROOTS_S) {
                roots_checked = Instant::now();
                self.inputs.watcher.check_roots();
                self.show_without_events();
                self.read_confirmed();
            }
            if self.inputs.watcher.polled_roots() != polled {
                polled = self.inputs.watcher.polled_roots();
                if self.reader.work.send_blocking(Work::Polled(polled)).is_err() {
                    return Ok(());
                }
            }
            if self.inputs.watcher.take_overflow() {
                self.reader.hint(Hint::Rescan, Instant::now());
            }
            while let Ok(hint) = self.inputs.hints.try_recv() {
                self.reader.hint(hint, Instant::now());
            }
            let pulse = &self.inputs.pulse;
            let turn = pulse.work(|| self.reader.turn(Instant::now(), SystemTime::now()));
            if let Some(progress) = &self.inputs.progress {
                let counts = self.reader.source.counts();
                progress.read(counts.lying_bytes, counts.bytes);
            }
            match turn {
                Turn::Worked => {}
                Turn::Idle(until) => timer.block_on(self.wait(until)),
                Turn::Done => return Ok(()),
            }
        }
        Ok(())
    }

    /// Says, and tells `status`, which drop directories have no events, if that has changed.
    fn show_without_events(&mut self) {
        let found = self.inputs.watcher.without_events();
        if self.without_events.as_ref() == Some(&found) {
            return;
        }
        let before = self.without_events.take().unwrap_or_default();
        for (root, kind) in found.iter().filter(|found| !before.contains(found)) {
            info!(root = %root.display(), kind, "this file system doesn't tell of every change: it is scanned every few seconds");
        }
        let shown: Vec<Polled> = found
            .iter()
            .map(|(root, kind)| Polled { root: root.to_string_lossy().into_owned(), kind: (*kind).into() })
            .collect();
        if let Err(error) = polled::store(&self.inputs.state, &shown) {
            debug!(%error, "status can't show which directories are polled");
        }
        self.without_events = Some(found);
    }

    /// Reads what was confirmed once more.
    fn read_confirmed(&mut self) {
        match self.inputs.confirmed.changed() {
            Ok(files) => {
                for file in files {
                    self.reader.source.read_anew(&file, Instant::now());
                }
            }
            Err(error) => warn!(%error, "what was confirmed is let through at the next start"),
        }
    }

    /// Waits for a hint, a deadline or the stop.
    async fn wait(&mut self, until: Instant) {
        let hint = tokio::select! {
            hint = self.inputs.hints.recv() => hint,
            _ = self.inputs.stop.recv() => return,
            Ok(()) = self.inputs.rules.changed() => {
                self.inputs.rules.mark_changed();
                return;
            }
            () = tokio::time::sleep_until(until.into()) => return,
        };
        if let Some(hint) = hint {
            self.reader.hint(hint, Instant::now());
        }
    }
}

impl Reader {
    pub(super) fn new(
        source: Source,
        mover: Mover,
        settings: Arc<Settings>,
        backfill: bool,
        work: Sender<Work>,
    ) -> Reader {
        Reader { source, mover, settings, backfill, work, replaced: Replaced::default() }
    }

    /// Goes by other rules from the next file on.
    fn go_by(&mut self, rules: &Rules, now: Instant) {
        self.settings = rules.settings.clone();
        self.replaced.clear();
        self.source.reconfigure(rules.source.clone(), now);
    }

    /// Does the next thing that is due.
    pub(super) fn turn(&mut self, now: Instant, wall: SystemTime) -> Turn {
        let sent = match self.source.next(now, wall) {
            Step::Reading(reading) => self.parse(*reading, now),
            Step::State(file, checkpoint) => self.work.send_blocking(Work::File(file, *checkpoint)),
            Step::Gone(file) => {
                self.replaced.forget(&file);
                self.work.send_blocking(Work::Gone(file))
            }
            Step::FirstScanRead => {
                self.backfill = false;
                self.work.send_blocking(Work::FirstScanRead)
            }
            Step::Fault(fault) => {
                log(&fault);
                self.work.send_blocking(Work::Fault(fault))
            }
            Step::Healed(path) => self.work.send_blocking(Work::Healed(path)),
            Step::Finished(files, done) => {
                let left = self.mover.take(files, &done, now);
                left.away.iter().for_each(|name| self.source.moved_away(name));
                if left.is_nothing() {
                    return Turn::Worked;
                }
                self.work.send_blocking(Work::Left(Box::new(left)))
            }
            Step::Idle(until) => return Turn::Idle(until),
            Step::Done => return Turn::Done,
        };
        match sent {
            Ok(()) => Turn::Worked,
            Err(_) => Turn::Done,
        }
    }

    #[cfg(test)]
    pub(super) fn replaced(&mut self) -> &mut Replaced {
        &mut self.replaced
    }

    pub(super) fn hint(&mut self, hint: Hint, now: Instant) {
        if let Hint::Failed { what, hint } = &hint {
            warn!(what, hint, "cannot watch everything: what isn't watched is looked at every few seconds");
        }
        self.source.hint(hint, now);
    }

    /// Parses a reading, tells the source where the last update starts, and hands the page on.
    #[expect(
        clippy::result_large_err,
        reason = "what couldn't be sent is dropped at once, when the gate is gone"
    )]
    fn parse(&mut self, reading: Reading, now: Instant) -> Result<(), async_channel::SendError<Work>> {
        let file = reading.file.clone();
        let mended = reading.text.mended;
        if mended != Default::default() {
            debug!(
                path = %file.path.display(),
                windows_1252_lines = mended.windows_1252_lines,
                replaced_lines = mended.replaced_lines,
                nuls = mended.nuls,
                cut_lines = mended.cut_lines,
                "text mended"
            );
        }
        let layout: Option<Layout> = reading.layout.as_deref().and_then(|layout| layout.parse().ok());
        let goes_on = layout.is_some();
        let grows = goes_on && reading.part == Part::Appended;
        let facts = self.settings.facts(&file);
        let (page, rest) = self.replaced.page(facts, &reading, layout.as_ref(), grows);
        let document = &page.document;
        let found = document.updates.len();
        let said = match reading.take {
            _ if rest.is_some() => found - CONTEXT,
            Take::All if is_half_opened(&reading, &page) => {
                if reading.lost {
                    info!(path = %file.path.display(), "left out half a headline: its file was replaced or removed before its line ended");
                }
                found.saturating_sub(1)
            }
            Take::All => found,
            Take::Complete if reading.is_filled(document.resume) => found,
            Take::Complete => found.saturating_sub(1),
        };
        // One update says too little of how the file is written: then it's read from its start again.
        let is_sure = goes_on || found >= UPDATES_SURE || reading.more;
        let parsed = Parsed {
            resume: match &rest {
                Some(rest) => rest.resume,
                None if is_sure => document.resume,
                None => Position::START,
            },
            layout: document.layout.as_ref().filter(|_| is_sure).map(Layout::to_string),
            updates: rest.as_ref().map_or(found, |rest| said + rest.updates) as u64,
            held_back: said < found && rest.is_none(),
            state: if found == 0 && !goes_on {
                FileState::NoTimeLines
            } else {
                FileState::Settled
            },
        };
        let checkpoint = reading.checkpoint(&parsed);
        self.source.parsed(&file, &parsed, now);
        self.work.send_blocking(Work::Page(Box::new(PageRead {
            file,
            said,
            from_start: reading.text.start == Position::START && !reading.lost && rest.is_none(),
            goes_on,
            continued: reading.said_open,
            torn: reading.unterminated,
            open: said == found && !reading.moved && !reading.more,
            checkpoint,
            content_hash: reading.content_hash,
            mended_lines: mended.total(),
            cut_off: u64::from(reading.lost && said < found),
            rest: rest.map(Box::new),
            observed: Timestamp::now(),
            backfill: self.backfill && reading.lying_there,
            page,
        })))
    }
}

/// Names a fault, once for each path.
pub fn log(fault: &Fault) {
    warn!(hint = fault.hint, "{fault}");
}

/// Whether the last update's opening is a line without its end, in a file that wasn't moved into place: its writer
/// may be in the middle of it, and an update with half a headline would be another update. It waits for the line's
/// end, ten times `settle` at most. In a file that is lost since, it has no end to wait for, and most often stands
/// whole in the file that came instead.
fn is_half_opened(reading: &Reading, page: &Page) -> bool {
    let Some(last) = page.document.updates.last() else { return false };
    let tail = reading.text.utf8.rsplit('\n').next().unwrap_or("").trim();
    let whole = matches!(reading.part, Part::Whole { .. });
    (whole || reading.lost)
        && reading.unterminated
        && !last.is_empty()
        && tail.ends_with(last.opening().trim())
}
