//! Opening the journal: takes back what was never committed, and makes again what was lost.
//!
//! After a kill the sums are right: the index takes in what they have more than it, and each segment is cut to the
//! length they name. After a power loss (the boot is another one) the segments are held against their sums, the
//! index is brought to what they prove, and `seq` jumps past all that anyone may have seen. An index that is lost,
//! damaged or of another journal is made again from the segments; how that is done is `rebuild`'s.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use crate::journal::changes::FaultChange;
use crate::journal::content::{Content, proven};
use crate::journal::gate::{Journal, Options};
use crate::journal::index::{Committed, Index};
use crate::journal::rebuild::{self, Pages, catch_up, know};
use crate::journal::said::{Retired, Said, each_event, each_retired, first_proven};
use crate::journal::segment::{self, Record};
use crate::journal::state::{self, Ceiling, Identity, Lock, Trouble};
use crate::journal::writer::{self, Segment};
use crate::journal::{Head, JournalError, Oldest, health};

/// What was found at the open, for the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// There was nothing yet.
    pub first_start: bool,
    /// Why the index was made again, if it was.
    pub index_rebuilt: Option<String>,
    /// Events that the index took in from the segments: a kill came between the two.
    pub caught_up: u64,
    /// The last boot didn't end in order, or events are gone, so `seq` jumped to here.
    pub seq_jumped_to: Option<u64>,
    /// The first and the last event that are gone, though the machine didn't go down: their segment was cut or removed.
    pub lost: Option<(u64, u64)>,
    /// Bytes behind the committed length that were cut: normal after a kill.
    pub torn_bytes: u64,
    /// Lines of segments that are no event: damage.
    pub damaged_lines: u64,
    /// The last segment, if its last batch isn't as its checksum says: damage, too.
    pub changed: Option<PathBuf>,
}

/// Opens the journal in `state`, and makes it if it isn't there. `boot` is the kernel's id of this boot.
pub fn open(state: &Path, options: Options, boot: &str) -> Result<(Journal, Opened), JournalError> {
    state::create(state)?;
    let lock = Lock::take(state)?;
    let mut opened = Opened::default();
    segment::clear_unfinished(state)?;
    let identity = identity(state, &options.scope, &mut opened)?;
    let ceiling = Ceiling::load(state)?;
    let went_down = ceiling.as_ref().is_some_and(|ceiling| ceiling.is_of_another_boot(boot));
    let mut unclean = went_down;
    let (mut index, mut committed) = match sound_index(state, &options, unclean)? {
        Ok(sound) => sound,
        Err(reason) => {
            let (index, committed, damaged_lines) = rebuild::rebuild(state, &options)?;
            // What was said and has gone with its segments: its seqs are never given out again.
            let said =
                ceiling.as_ref().filter(|ceiling| ceiling.is_orderly()).map_or(0, |ceiling| ceiling.seq);
            let events_lost = reason.events_lost || said >= committed.next_seq;
            // A kill in the middle of the first start leaves an empty one, which is no loss.
            if events_lost || !segment::list(state)?.is_empty() {
                opened.index_rebuilt = Some(reason.what);
                opened.damaged_lines = damaged_lines;
                unclean |= events_lost;
            }
            (index, committed)
        }
    };
    if unclean || shorter_than_committed(state, &committed)? {
        let reserved = ceiling.as_ref().map_or(0, |ceiling| ceiling.seq);
        if let Some(left) = after_power_loss(state, &options.scope, &mut index, &mut committed, reserved)? {
            opened.seq_jumped_to = Some(committed.next_seq);
            opened.lost = left.join(committed.next_seq, went_down)?;
        }
    } else if let Some(last) = said_since(state, &committed)? {
        committed = last;
        opened.caught_up = catch_up(state, &options.scope, &mut index, &mut committed)?;
    }
    opened.changed = changed_at_end(state, &committed)?;
    let (mut segment, torn_bytes) = settle(state, &committed)?;
    opened.torn_bytes = torn_bytes;
    if is_closed(state, &committed)? {
        committed = Committed { segment: committed.next_seq, length_bytes: 0, ..committed };
        let mut begun = Segment::open(state, committed.segment)?;
        begun.settle(state, committed.segment, 0, committed.next_seq - 1)?;
        segment = Some(begun);
    }
    // What can't be read is found again by the first scan.
    index.changes.faults.push(FaultChange::Over(None));
    index.changes.set.extend([(health::UNREADABLE, 0), (health::POLLED, 0), (health::STUCK, 0)]);
    index.flush(Some(&committed))?;
    let head = Head {
        journal: Arc::from(identity.id.as_str()),
        seq: committed.next_seq - 1,
        segment: committed.segment,
        length_bytes: committed.length_bytes,
        oldest: Oldest::new(segment::list(state)?.first().copied().unwrap_or(committed.next_seq)),
    };
    let mut journal = Journal {
        state: state.into(),
        lock,
        index,
        options,
        journal: head.journal.clone(),
        boot: boot.into(),
        committed,
        indexed: committed,
        flushed: Instant::now(),
        segment,
        ceiling: 0,
        head: watch::Sender::new(head.clone()),
        to_sync: watch::Sender::new(head),
        trouble: Trouble::open(state)?,
        closed_bytes: u64::MAX,
        retired: Retired::default(),
        buffer: Vec::new(),
    };
    journal.reserve(committed.next_seq)?;
    Ok((journal, opened))
}

/// The stored identity, or a new one where there is no journal. A lost one, or one that the events don't bear out, is
/// found in the events.
fn identity(state: &Path, scope: &str, opened: &mut Opened) -> Result<Identity, JournalError> {
    let stored = Identity::load(state)?;
    let said = stored.as_ref().map(|_| said_id(state)).transpose()?.flatten();
    if let Some(identity) = stored.filter(|stored| said.is_none_or(|said| said == stored.id)) {
        if identity.scope != scope {
            return Err(JournalError::Scope {
                path: state.into(),
                stored: identity.scope,
                wanted: scope.into(),
            });
        }
        return Ok(identity);
    }
    let segments = segment::list(state)?;
    let mut id = None;
    let retired = segment::list_retired(state)?;
    let mut note = |event: &Said| {
        let journal = event.cursor.split(':').next().unwrap_or("");
        id = Some(journal.to_string()).filter(|id| state::is_journal_id(id)).or(id.take());
        Ok(())
    };
    for &first_seq in &retired {
        each_retired(state, first_seq, &mut note)?;
    }
    for &first_seq in &segments {
        each_event(state, first_seq, |event, _| note(event))?;
    }
    opened.first_start = segments.is_empty() && retired.is_empty();
    let identity =
        Identity { version: 1, id: id.unwrap_or_else(state::draw_journal_id), scope: scope.into() };
    identity.store(state)?;
    Ok(identity)
}

/// The journal's id as its last segment with events has it, where a checksum says that they are as they were.
fn said_id(state: &Path) -> Result<Option<String>, JournalError> {
    for first_seq in segment::list(state)?.into_iter().rev() {
        if let Some(event) = first_proven(state, first_seq)? {
            return Ok(event.cursor.split_once(':').map(|(id, _)| id.to_string()));
        }
    }
    Ok(None)
}

/// Why an index isn't used.
struct Unsound {
    what: String,
    /// Whether the segments lack what it speaks of: then `seq` must jump, as after a power loss.
    events_lost: bool,
}

fn unsound(what: impl Into<String>) -> Result<Result<(Index, Committed), Unsound>, JournalError> {
    Ok(Err(Unsound { what: what.into(), events_lost: false }))
}

/// The index, if it is there and fits the segments; else why not. `unclean`: after a power loss, which may
/// leave it behind the segments.
fn sound_index(
    state: &Path,
    options: &Options,
    unclean: bool,
) -> Result<Result<(Index, Committed), Unsound>, JournalError> {
    if !Index::path(state).exists() {
        return unsound("it was missing");
    }
    if Index::suspect_path(state).exists() {
        return unsound("damage was met in it");
    }
    let index = match Index::open(state, options.durable) {
        Ok((index, _)) => index,
        Err(error) if error.is_retryable() => return Err(error),
        Err(JournalError::Index { source: rusqlite::Error::InvalidQuery, .. }) => {
            return unsound("it was made by another version of this program");
        }
        Err(error) => return unsound(error.to_string()),
    };
    let committed = match index.committed() {
        Ok(Some(committed)) => committed,
        Ok(None) => return unsound("it was empty"),
        Err(error) => return unsound(error.to_string()),
    };
    let small = std::fs::metadata(Index::path(state)).is_ok_and(|metadata| metadata.len() <= CHECK_BYTES_MAX);
    if small && !index.is_sound() {
        return unsound("it was damaged");
    }
    let segments = segment::list(state)?;
    if committed.next_seq <= committed.segment && committed.length_bytes > 0 {
        return unsound("it contradicts itself");
    }
    if committed.segment != 0 && !segments.contains(&committed.segment) {
        // One from a backup may be older than what was retired since.
        let events_lost = !segment::list_retired(state)?.contains(&committed.segment);
        return Ok(Err(Unsound { what: "it speaks of a segment that isn't there".into(), events_lost }));
    }
    if !unclean && !is_of_this_journal(state, &committed)? {
        return unsound("it doesn't fit the journal");
    }
    Ok(Ok((index, committed)))
}

/// Whether the index ends where a batch did. It may end before the last one, since it is written behind the events;
/// one that was put back from elsewhere ends in the middle.
fn is_of_this_journal(state: &Path, committed: &Committed) -> Result<bool, JournalError> {
    let records = segment::records(state, committed.segment)?;
    let Some(last) = records.last() else { return Ok(true) };
    let fits =
        |record: &Record| record.end == committed.length_bytes && record.last_seq + 1 == committed.next_seq;
    // Where sums were damaged or lost, the index may know more than they do.
    let beyond = last.end < committed.length_bytes && last.last_seq < committed.next_seq;
    Ok(committed.length_bytes == 0 || beyond || records.iter().any(fits))
}

/// The end of what was said, if the index doesn't know all of it.
fn said_since(state: &Path, committed: &Committed) -> Result<Option<Committed>, JournalError> {
    for first_seq in segment::list(state)?.into_iter().rev() {
        if first_seq < committed.segment {
            break;
        }
        let size_bytes =
            std::fs::metadata(segment::path(state, first_seq)).map_or(u64::MAX, |file| file.len());
        let records = segment::records(state, first_seq)?;
        let last = records.iter().rev().find(|record| record.end <= size_bytes);
        if let Some(last) = last.filter(|last| last.last_seq >= committed.next_seq) {
            let next_seq = last.last_seq + 1;
            return Ok(Some(Committed {
                next_seq,
                segment: first_seq,
                length_bytes: last.end,
                ..*committed
            }));
        }
    }
    Ok(None)
}

/// Up to this size, bytes, an index is checked row by row at every start: it takes 60 ms. A larger one is checked
/// by `status --verify`; where the damage is met in use, the next start makes it again.
const CHECK_BYTES_MAX: u64 = 8 << 20;

fn shorter_than_committed(state: &Path, committed: &Committed) -> Result<bool, JournalError> {
    if committed.segment == 0 {
        return Ok(false);
    }
    let Some(content) = Content::open(state, committed.segment)? else { return Ok(true) };
    let length_bytes = content.length_bytes();
    let path = segment::path(state, committed.segment);
    Ok(length_bytes.map_err(JournalError::io("look at segment", &path))? < committed.length_bytes)
}

/// The end of what is left where `seq` jumps.
struct Left {
    /// The segment, if it is written.
    segment: Option<Segment>,
    length_bytes: u64,
    last_seq: u64,
}

impl Left {
    /// Says how it comes that nothing lies between here and the next segment: after a power loss a checksum, so that nobody takes
    /// the hole for a segment that is missing. Else events were there, and whoever reads here is to be told: the first and
    /// the last of them.
    fn join(self, next_seq: u64, went_down: bool) -> Result<Option<(u64, u64)>, JournalError> {
        let Left { segment, length_bytes, last_seq } = self;
        if !went_down && last_seq + 1 < next_seq {
            return Ok(Some((last_seq + 1, next_seq - 1)));
        }
        if let Some(mut segment) = segment {
            segment.commit(Record { end: length_bytes, last_seq: next_seq - 1, hash: 0 }, true)?;
        }
        Ok(None)
    }
}

/// Brings index and segments to what the sums prove, and `seq` past all that may have been seen: `reserved` is the last
/// that was. Where it jumps, the end of what is left.
fn after_power_loss(
    state: &Path,
    scope: &str,
    index: &mut Index,
    committed: &mut Committed,
    reserved: u64,
) -> Result<Option<Left>, JournalError> {
    let said_before = committed.next_seq > 1;
    let indexed = committed.next_seq;
    let mut pages = Pages::new(state, scope)?;
    let from = committed.segment;
    let mut left_seq = indexed - 1;
    for first_seq in segment::list(state)?.into_iter().filter(|&first_seq| first_seq >= from) {
        let proven = proven(state, first_seq)?;
        if first_seq > committed.segment && proven.end == 0 {
            break;
        }
        let last_seq = proven.last_seq.max(first_seq - 1);
        if first_seq == committed.segment && last_seq + 1 < indexed {
            // The index got further onto the disk than the segment did. The files that those updates came
            // from are among the checkpoints, no one knows which: all of them are read again, which is safe.
            index.forget_after(last_seq)?;
            index.forget_files()?;
        }
        if last_seq >= indexed {
            // The segment got further onto the disk than the index did.
            each_event(state, first_seq, |event, _| {
                if indexed <= event.seq && event.seq <= last_seq {
                    know(index, event, &mut pages, &mut committed.next_page)
                } else {
                    Ok(())
                }
            })?;
        }
        let next_seq = committed.next_seq.max(last_seq + 1);
        *committed = Committed { segment: first_seq, length_bytes: proven.end, next_seq, ..*committed };
        left_seq = last_seq;
    }
    pages.open_last(index)?;
    index.flush(Some(committed))?;
    if !said_before && reserved == 0 {
        return Ok(None);
    }
    // A new segment begins behind the hole, so that a segment's seqs have no gap.
    let (segment, _torn_bytes) = settle(state, committed)?;
    let left = Left { segment, length_bytes: committed.length_bytes, last_seq: left_seq };
    let next_seq = committed.next_seq.max(reserved + 1);
    drop(Segment::open(state, next_seq)?);
    *committed = Committed { next_seq, segment: next_seq, length_bytes: 0, ..*committed };
    Ok(Some(left))
}

/// Whether a segment is written no more, since it is packed.
fn is_packed(state: &Path, first_seq: u64) -> Result<bool, JournalError> {
    Ok(matches!(Content::open(state, first_seq)?, Some(Content::Packed(_))))
}

/// The segment that is written, if its last batch isn't as its checksum says: the rest of it is for `verify` to look at,
/// but what was written last is what a power cut or a bad disk takes first.
fn changed_at_end(state: &Path, committed: &Committed) -> Result<Option<PathBuf>, JournalError> {
    let Some(mut plain @ Content::Plain(_)) = Content::open(state, committed.segment)? else {
        return Ok(None);
    };
    let mut records = segment::records(state, committed.segment)?;
    records.retain(|record| record.end <= committed.length_bytes);
    let Some(last) = records.pop() else { return Ok(None) };
    let start = records.last().map_or(0, |before| before.end);
    let path = segment::path(state, committed.segment);
    let hash = segment::hash_of(start, last.end, |block, at| plain.read_exact_at(block, at));
    let hash = hash.map_err(JournalError::io("read segment", &path))?;
    Ok((hash != last.hash).then_some(path))
}

/// Whether nothing may be written behind the committed end: that segment is packed, since what was behind it was taken
/// away; or its last line has lost its end to damage, and the next one would be glued to it.
fn is_closed(state: &Path, committed: &Committed) -> Result<bool, JournalError> {
    match Content::open(state, committed.segment)? {
        Some(Content::Packed(_)) => Ok(true),
        Some(mut plain) if committed.length_bytes > 0 => {
            let mut last = [0];
            let read = plain.read_exact_at(&mut last, committed.length_bytes - 1);
            read.map_err(JournalError::io("read segment", &segment::path(state, committed.segment)))?;
            Ok(last != [b'\n'])
        }
        Some(Content::Plain(_)) | None => Ok(false),
    }
}

/// Takes back what lies behind the committed end, and opens the last segment. Says how many bytes were taken.
fn settle(state: &Path, committed: &Committed) -> Result<(Option<Segment>, u64), JournalError> {
    let (mut open, mut torn_bytes) = (None, 0);
    for first_seq in segment::list(state)? {
        if first_seq == committed.segment && !is_packed(state, first_seq)? {
            let mut segment = Segment::open(state, first_seq)?;
            let last_seq = committed.next_seq - 1;
            torn_bytes += segment.settle(state, first_seq, committed.length_bytes, last_seq)?;
            open = Some(segment);
        } else if first_seq > committed.segment {
            // It was begun by a batch that was never committed.
            torn_bytes += writer::remove(state, first_seq)?;
        }
    }
    Ok((open, torn_bytes))
}
