//! Retention: packs segments that are written no more, and retires those that are too old or too many, at its own
//! pace. What a sink with a kept cursor hasn't had stays, and so does what is known because of a retired event.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tracing::{info, warn};

use crate::journal::state::{Identity, cursor_names, kept_cursor};
use crate::journal::{Head, JournalError, content, said, segment, state};
use crate::model::log_pace::LogPace;

/// How often it looks, ms, besides whenever a segment is begun: what stdout has had since may go.
const LOOK_MS: u64 = 1_000;

/// How long it waits after an event before it looks at the head again, ms: nothing of its work is that urgent.
const PAUSE_MS: u64 = 200;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Beyond this, bytes, the oldest segments are retired.
    pub size_bytes: Option<u64>,
    /// Segments whose last event is older are retired.
    pub age: Option<Duration>,
    /// Whether segments that are written no more are packed.
    pub pack: bool,
}

impl Policy {
    /// Whether there is anything to do.
    pub fn is_needed(&self) -> bool {
        self.size_bytes.is_some() || self.age.is_some() || self.pack
    }
}

/// The stage that keeps the journal as small as it is asked to.
#[derive(Debug)]
pub struct Retention {
    state: PathBuf,
    scope: String,
    head: watch::Receiver<Head>,
    policy: Policy,
}

impl Retention {
    /// Keeps the journal in `state` to `policy`. `scope`: that of the journal.
    pub fn new(state: &Path, scope: &str, head: watch::Receiver<Head>, policy: Policy) -> Retention {
        Retention { state: state.into(), scope: scope.into(), head, policy }
    }

    /// Works until the gate is gone.
    pub fn run(mut self) -> std::io::Result<()> {
        let timer = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let mut pace = LogPace::default();
        let (mut looked, mut at) = (None::<Instant>, 0);
        loop {
            let head = self.head.borrow_and_update().clone();
            let due = looked.is_none_or(|looked| looked.elapsed() >= Duration::from_millis(LOOK_MS));
            if due || head.segment != at {
                match self.look(&head) {
                    Ok(()) => {
                        if pace.end() {
                            info!("segments are packed and retired again");
                        }
                    }
                    Err(error) => {
                        if let Some(count) = pace.note(Instant::now()) {
                            warn!(%error, count, "segments can't be packed or retired; nothing is lost, and it is tried again");
                        }
                    }
                }
                (looked, at) = (Some(Instant::now()), head.segment);
            }
            let changed = async {
                let changed = tokio::time::timeout(Duration::from_millis(LOOK_MS), self.head.changed());
                changed.await.is_ok_and(|changed| changed.is_err())
            };
            if timer.block_on(changed) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(PAUSE_MS));
        }
    }

    /// Does what is due now.
    pub(super) fn look(&self, head: &Head) -> Result<(), JournalError> {
        if Identity::load(&self.state)?.is_some_and(|there| there.id != *head.journal) {
            return Err(JournalError::Replaced { path: self.state.clone() });
        }
        let segments = segment::list(&self.state)?;
        let closed: Vec<u64> = segments.iter().copied().filter(|&at| at < head.segment).collect();
        self.clear_retired(&closed)?;
        for &first_seq in &closed {
            if self.policy.pack && segment::path(&self.state, first_seq).exists() {
                content::pack(&self.state, first_seq)?;
            }
        }
        let had = self.had_by_all(head)?;
        let mut bytes: u64 = segments.iter().map(|&at| segment::disk_bytes(&self.state, at)).sum();
        for (at, &first_seq) in closed.iter().enumerate() {
            let next = closed.get(at + 1).copied().unwrap_or(head.segment);
            let last_seq =
                segment::last_record(&self.state, first_seq)?.map_or(next - 1, |last| last.last_seq);
            let too_many = self.policy.size_bytes.is_some_and(|size_bytes| bytes > size_bytes);
            if !too_many && !self.is_too_old(first_seq)? || had < last_seq {
                break;
            }
            bytes -= segment::disk_bytes(&self.state, first_seq);
            self.retire(first_seq, next, head)?;
        }
        Ok(())
    }

    /// The last event that every sink with a cursor has had.
    fn had_by_all(&self, head: &Head) -> Result<u64, JournalError> {
        let mut had = u64::MAX;
        for name in cursor_names(&self.state)? {
            // One that can't be read now may be anywhere.
            had = had.min(kept_cursor(&self.state, &name, &head.journal)?.unwrap_or(0));
        }
        Ok(had)
    }

    fn is_too_old(&self, first_seq: u64) -> Result<bool, JournalError> {
        let Some(age) = self.policy.age else { return Ok(false) };
        let (plain, packed) =
            (segment::path(&self.state, first_seq), segment::packed_path(&self.state, first_seq));
        let metadata = std::fs::metadata(&plain).or_else(|_| std::fs::metadata(&packed));
        let written = metadata.and_then(|metadata| metadata.modified());
        let written = written.map_err(JournalError::io("look at segment", &plain))?;
        Ok(SystemTime::now().duration_since(written).is_ok_and(|since| since > age))
    }

    /// Keeps what is known because of a segment, then lets go of it.
    fn retire(&self, first_seq: u64, next: u64, head: &Head) -> Result<(), JournalError> {
        let damaged_lines = said::write_retired(&self.state, first_seq, &self.scope)?;
        if damaged_lines > 0 {
            warn!(first_seq, damaged_lines, "damaged lines of a segment were retired with it");
        }
        head.oldest.set(next);
        self.remove(first_seq)?;
        info!(first_seq, last_seq = next - 1, "a segment was retired; its updates stay known");
        Ok(())
    }

    fn remove(&self, first_seq: u64) -> Result<(), JournalError> {
        let paths = [segment::path, segment::packed_path, segment::sums_path];
        for path in paths.map(|path| path(&self.state, first_seq)) {
            state::remove("remove segment", &path)?;
        }
        Ok(())
    }

    /// Ends what a kill interrupted: a segment is retired once what is left of it is whole.
    fn clear_retired(&self, closed: &[u64]) -> Result<(), JournalError> {
        for first_seq in segment::list_retired(&self.state)? {
            let sums = segment::sums_path(&self.state, first_seq);
            if !closed.contains(&first_seq) && sums.exists() {
                state::remove("remove segment", &sums)?;
            }
        }
        Ok(())
    }
}
