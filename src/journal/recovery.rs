//! Opening the journal: takes back what was never committed, and makes again what was lost.
//!
//! After a kill the index is right, and each segment is cut to the length it names. After a power loss
//! (the boot is another one) the segments are held against their sums, the index is brought to what they
//! prove, and `seq` jumps past all that anyone may have seen. A lost index is made again from the segments.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::journal::gate::{Journal, Options, Segment};
use crate::journal::index::{Committed, Index, Seen};
use crate::journal::segment::{self, RECORD_BYTES};
use crate::journal::state::{self, Ceiling, Identity, Lock};
use crate::journal::{Head, JournalError};
use crate::model::identity::{Id, fold, loose_key, text_hash};
use crate::model::time::DateBasis;

/// What was found at the open, for the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// There was nothing yet.
    pub first_start: bool,
    /// Why the index was made again, if it was.
    pub index_rebuilt: Option<String>,
    /// The last boot didn't end in order, so `seq` jumped to here.
    pub seq_jumped_to: Option<u64>,
    /// Bytes behind the committed length that were cut: normal after a kill.
    pub torn_bytes: u64,
    /// Lines of segments that are no event: damage.
    pub damaged_lines: u64,
}

/// Opens the journal in `state`, and makes it if it isn't there. `boot` is the kernel's id of this boot.
pub fn open(state: &Path, options: Options, boot: &str) -> Result<(Journal, Opened), JournalError> {
    state::create(state)?;
    let lock = Lock::take(state)?;
    let mut opened = Opened::default();
    let identity = identity(state, &options.scope, &mut opened)?;
    let (index, mut committed) = match sound_index(state, &options)? {
        Ok(sound) => sound,
        Err(reason) => {
            let (index, committed, damaged_lines) = rebuild(state, &options)?;
            // A kill in the middle of the first start leaves an empty one, which is no loss.
            if !segment::list(state)?.is_empty() {
                opened.index_rebuilt = Some(reason);
                opened.damaged_lines = damaged_lines;
            }
            (index, committed)
        }
    };
    let ceiling = Ceiling::load(state)?;
    let unclean = ceiling.as_ref().is_some_and(|ceiling| ceiling.boot != boot && ceiling.boot != "-");
    if unclean || shorter_than_committed(state, &committed)? {
        after_power_loss(state, &options.scope, &index, &mut committed, ceiling.as_ref(), &mut opened)?;
    }
    opened.torn_bytes = cut(state, &committed)?;
    index.begin()?;
    index.set_committed(&committed)?;
    index.commit()?;
    let head = Head {
        journal: Arc::from(identity.id.as_str()),
        seq: committed.next_seq - 1,
        segment: committed.segment,
        length_bytes: committed.length_bytes,
        oldest: segment::list(state)?.first().copied().unwrap_or(committed.next_seq),
    };
    let segment = if committed.segment == 0 {
        None
    } else {
        Some(Segment::open(state, committed.segment)?)
    };
    let mut journal = Journal {
        state: state.into(),
        _lock: lock,
        index,
        options,
        journal: head.journal.clone(),
        boot: boot.into(),
        committed,
        segment,
        ceiling: 0,
        head: watch::Sender::new(head),
        buffer: Vec::new(),
    };
    journal.reserve(committed.next_seq)?;
    Ok((journal, opened))
}

/// The stored identity, or a new one where there is no journal. A lost one is found in the events.
fn identity(state: &Path, scope: &str, opened: &mut Opened) -> Result<Identity, JournalError> {
    if let Some(identity) = Identity::load(state)? {
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
    for &first_seq in segments.iter().rev() {
        each_event(state, first_seq, |event, _| {
            let journal = event.cursor.split(':').next().unwrap_or("");
            id = Some(journal.to_string()).filter(|id| state::is_journal_id(id)).or(id.take());
            Ok(())
        })?;
        if id.is_some() {
            break;
        }
    }
    opened.first_start = segments.is_empty();
    let identity =
        Identity { version: 1, id: id.unwrap_or_else(state::draw_journal_id), scope: scope.into() };
    identity.store(state)?;
    Ok(identity)
}

/// The index, if it is there and fits the segments; else why not.
fn sound_index(state: &Path, options: &Options) -> Result<Result<(Index, Committed), String>, JournalError> {
    if !Index::path(state).exists() {
        return Ok(Err("it was missing".into()));
    }
    let index = match Index::open(state, options.durable) {
        Ok((index, _)) => index,
        Err(error) if error.is_retryable() => return Err(error),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let committed = match index.committed() {
        Ok(Some(committed)) => committed,
        Ok(None) => return Ok(Err("it was empty".into())),
        Err(error) => return Ok(Err(error.to_string())),
    };
    // A kill leaves SQLite sound; only where something else went wrong is it worth reading all of it.
    let segments = segment::list(state)?;
    let known = committed.segment == 0 || segments.contains(&committed.segment);
    if !known || segments.last().is_some_and(|&last| last > committed.next_seq) {
        return Ok(Err("it speaks of other segments than there are".into()));
    }
    if std::fs::metadata(Index::path(state)).is_ok_and(|metadata| metadata.len() <= QUICK_CHECK_BYTES_MAX)
        && !index.is_sound()
    {
        return Ok(Err("it was damaged".into()));
    }
    Ok(Ok((index, committed)))
}

/// Up to this size an index is checked page by page at every start: it takes 20 ms. A larger one is checked
/// by `status --verify`, and shows its damage when the damaged page is used.
const QUICK_CHECK_BYTES_MAX: u64 = 16 << 20;

fn shorter_than_committed(state: &Path, committed: &Committed) -> Result<bool, JournalError> {
    if committed.segment == 0 {
        return Ok(false);
    }
    let path = segment::path(state, committed.segment);
    match std::fs::metadata(&path) {
        Ok(metadata) => Ok(metadata.len() < committed.length_bytes),
        Err(error) => Err(JournalError::io("look at segment", &path)(error)),
    }
}

/// Brings index and segments to what the sums prove, and `seq` past all that may have been seen.
fn after_power_loss(
    state: &Path,
    scope: &str,
    index: &Index,
    committed: &mut Committed,
    ceiling: Option<&Ceiling>,
    opened: &mut Opened,
) -> Result<(), JournalError> {
    let said_before = committed.next_seq > 1;
    if committed.segment != 0 {
        let proven = segment::proven(state, committed.segment)?;
        let records = segment::records(state, committed.segment)?;
        let whole = records.iter().take_while(|record| record.end <= proven.end).count() as u64;
        let last_seq = if proven.end == 0 {
            committed.segment - 1
        } else {
            proven.last_seq
        };
        index.begin()?;
        index.forget_after(last_seq)?;
        if last_seq >= committed.next_seq {
            // The segment got further onto the disk than the index did.
            let from = committed.next_seq;
            let mut pages = Pages::new(scope);
            each_event(state, committed.segment, |event, _| {
                if event.seq >= from && event.seq <= last_seq {
                    know(index, event, &mut pages, &mut committed.next_page)
                } else {
                    Ok(())
                }
            })?;
        }
        committed.length_bytes = proven.end;
        committed.sums_bytes = whole * RECORD_BYTES;
        committed.next_seq = committed.next_seq.max(last_seq + 1);
        index.commit()?;
    }
    let reserved = ceiling.map_or(0, |ceiling| ceiling.seq);
    if said_before || reserved > 0 {
        // A new segment begins behind the hole, so that a segment's seqs have no gap.
        let next_seq = committed.next_seq.max(reserved + 1);
        cut(state, committed)?;
        drop(Segment::open(state, next_seq)?);
        *committed = Committed { next_seq, segment: next_seq, length_bytes: 0, sums_bytes: 0, ..*committed };
        opened.seq_jumped_to = Some(next_seq);
    }
    Ok(())
}

/// Takes back what lies behind the committed end. Says how many bytes that were.
fn cut(state: &Path, committed: &Committed) -> Result<u64, JournalError> {
    let mut torn_bytes = 0;
    for first_seq in segment::list(state)? {
        let path = segment::path(state, first_seq);
        if first_seq == committed.segment {
            let size_bytes =
                std::fs::metadata(&path).map_err(JournalError::io("look at segment", &path))?.len();
            torn_bytes += size_bytes.saturating_sub(committed.length_bytes);
            Segment::open(state, first_seq)?.cut(state, committed)?;
        } else if first_seq > committed.segment {
            // It was begun by a batch that was never committed.
            torn_bytes += std::fs::metadata(&path).map_err(JournalError::io("look at segment", &path))?.len();
            std::fs::remove_file(&path).map_err(JournalError::io("remove segment", &path))?;
            let _sums_may_be_missing = std::fs::remove_file(segment::sums_path(state, first_seq));
        }
    }
    Ok(torn_bytes)
}

/// Makes the index again from the segments. Says how many lines were no event.
fn rebuild(state: &Path, options: &Options) -> Result<(Index, Committed, u64), JournalError> {
    Index::remove(state)?;
    let (index, _) = Index::open(state, options.durable)?;
    let mut committed = Committed::default();
    let mut damaged_lines = 0;
    let mut pages = Pages::new(&options.scope);
    index.begin()?;
    for first_seq in segment::list(state)? {
        let mut length_bytes = 0;
        committed.next_seq = committed.next_seq.max(first_seq);
        damaged_lines += each_event(state, first_seq, |event, end| {
            length_bytes = end;
            committed.next_seq = committed.next_seq.max(event.seq + 1);
            // Whoever has a journal is past its first start.
            committed.backfilled = true;
            know(&index, event, &mut pages, &mut committed.next_page)
        })?;
        let records = segment::records(state, first_seq)?;
        let whole = records.iter().take_while(|record| record.end <= length_bytes).count() as u64;
        committed =
            Committed { segment: first_seq, length_bytes, sums_bytes: whole * RECORD_BYTES, ..committed };
    }
    index.set_committed(&committed)?;
    index.commit()?;
    Ok((index, committed, damaged_lines))
}

/// The pages of a journal as far as its events tell: one for each file and day. What the gate knew of them
/// better is lost with the index; a page of two days is then recognised by either.
#[derive(Debug)]
struct Pages {
    scope: String,
    of_file_and_day: HashMap<(String, String, i64), u64>,
}

impl Pages {
    fn new(scope: &str) -> Pages {
        Pages { scope: scope.into(), of_file_and_day: HashMap::new() }
    }

    /// The event's page and its date-less name there.
    fn place_of(&mut self, event: &Said, next_page: &mut u64) -> Option<(u64, u64)> {
        let time_text = event.time_text.as_deref()?;
        let day = event.timestamp?.as_second().div_euclid(86_400);
        let opening = event.headline.as_deref().or_else(|| event.body.lines().next()).unwrap_or("");
        let scope = if self.scope == "blog" {
            event.blog.as_deref().unwrap_or("")
        } else {
            ""
        };
        let key = (event.origin.root.clone(), event.origin.path.clone(), day);
        let page = *self.of_file_and_day.entry(key).or_insert_with(|| {
            *next_page += 1;
            *next_page - 1
        });
        Some((page, loose_key(scope, time_text, &fold(opening))))
    }
}

/// Makes a said event known to the index.
fn know(index: &Index, event: &Said, pages: &mut Pages, next_page: &mut u64) -> Result<(), JournalError> {
    let Some(id) = Id::from_hex(&event.id) else {
        return Ok(());
    };
    if let (Some(basis), Some(timestamp)) = (event.date_basis, event.timestamp)
        && basis > DateBasis::Heading
        && let Some((page, loose)) = pages.place_of(event, next_page)
    {
        index.insert_page_update(page, loose, timestamp, basis)?;
    }
    let text = text_hash(event.headline.as_deref(), &event.body);
    let seen = Seen { text, revision: event.revision, seq: event.seq };
    if !index.insert_seen(event.timestamp, id, seen)? {
        index.update_seen(event.timestamp, id, seen)?;
    }
    Ok(())
}

/// As much of an event as the index is made of.
#[derive(serde::Deserialize)]
struct Said {
    seq: u64,
    cursor: String,
    id: String,
    revision: u32,
    timestamp: Option<Timestamp>,
    time_text: Option<String>,
    date_basis: Option<DateBasis>,
    headline: Option<String>,
    body: String,
    blog: Option<String>,
    origin: SaidOrigin,
}

#[derive(serde::Deserialize)]
struct SaidOrigin {
    root: String,
    path: String,
}

/// The longest line that is taken for an event, bytes: far above any `event_bytes_max`.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// Calls `each` with every event of a segment and the offset of its line's end. Says how many whole lines
/// were no event.
fn each_event(
    state: &Path,
    first_seq: u64,
    mut each: impl FnMut(&Said, u64) -> Result<(), JournalError>,
) -> Result<u64, JournalError> {
    let path = segment::path(state, first_seq);
    let file = File::open(&path).map_err(JournalError::io("open segment", &path))?;
    let mut lines = BufReader::with_capacity(256 << 10, file);
    let (mut line, mut end, mut damaged) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        let read = lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let read = read.map_err(JournalError::io("read segment", &path))?;
        if read == 0 || !line.ends_with(b"\n") && read < LINE_BYTES_MAX as usize {
            return Ok(damaged);
        }
        end += read as u64;
        match serde_json::from_slice::<Said>(&line) {
            Ok(event) => each(&event, end)?,
            Err(_) => damaged += 1,
        }
    }
}
