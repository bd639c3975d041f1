//! Said events back into an index: what is known because of them. What only the index knew (how far files
//! were read, which days a page was given) is lost with it, and costs a second reading.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use crate::journal::forget::Forgotten;
use crate::journal::gate::Options;
use crate::journal::index::{Committed, Index, Seen};
use crate::journal::reader::Reader;
use crate::journal::segment;
use crate::journal::{Head, JournalError};
use crate::model::event::EVENT_BYTES_MAX;
use crate::model::identity::{Id, fold, fold_all, loose_key, text_hash};
use crate::model::time::DateBasis;

/// Makes the index again from the segments. Says how many lines were no event.
pub(super) fn rebuild(state: &Path, options: &Options) -> Result<(Index, Committed, u64), JournalError> {
    Index::remove(state)?;
    let (index, _) = Index::open(state, options.durable)?;
    let mut committed = Committed::default();
    let mut damaged_lines = 0;
    let mut pages = Pages::new(state, &options.scope)?;
    index.begin()?;
    for first_seq in segment::list(state)? {
        let mut length_bytes = 0;
        committed.next_seq = committed.next_seq.max(first_seq);
        damaged_lines += each_event(state, first_seq, |event, end| {
            if event.seq < committed.next_seq {
                // What a failed write left behind the end, and nothing has overwritten since.
                return Ok(());
            }
            length_bytes = end;
            committed.next_seq = event.seq + 1;
            // Whoever has a journal is past its first start.
            committed.backfilled = true;
            know(&index, event, &mut pages, &mut committed.next_page)
        })?;
        // Damaged lines at the end had seqs, too, and none of them may come again.
        let size_bytes =
            std::fs::metadata(segment::path(state, first_seq)).map_or(0, |metadata| metadata.len());
        for record in segment::records(state, first_seq)?.iter().filter(|record| record.end <= size_bytes) {
            length_bytes = length_bytes.max(record.end);
            committed.next_seq = committed.next_seq.max(record.last_seq + 1);
        }
        committed = Committed { segment: first_seq, length_bytes, ..committed };
    }
    index.set_committed(&committed)?;
    index.commit()?;
    Ok((index, committed, damaged_lines))
}

/// The pages of a journal as far as its events tell: one for each file and day. What the gate knew of them
/// better is lost with the index; a page of two days is then recognised by either.
#[derive(Debug)]
pub(super) struct Pages {
    state: PathBuf,
    forgotten: Forgotten,
    scope: String,
    of_file_and_day: HashMap<(String, String, i64), u64>,
}

impl Pages {
    pub(super) fn new(state: &Path, scope: &str) -> Result<Pages, JournalError> {
        let forgotten = Forgotten::load(state)?;
        Ok(Pages { state: state.into(), forgotten, scope: scope.into(), of_file_and_day: HashMap::new() })
    }

    /// The event's page and its date-less name there.
    fn place_of(&mut self, event: &Said, next_page: &mut u64) -> Option<(u64, u64)> {
        let day = event.timestamp?.as_second().div_euclid(86_400);
        let loose = event.loose(&self.scope)?;
        let key = (event.origin.root.clone(), event.origin.path.clone(), day);
        let page = *self.of_file_and_day.entry(key).or_insert_with(|| {
            *next_page += 1;
            *next_page - 1
        });
        Some((page, loose))
    }
}

/// Makes a said event known to the index.
pub(super) fn know(
    index: &Index,
    event: &Said,
    pages: &mut Pages,
    next_page: &mut u64,
) -> Result<(), JournalError> {
    let Some(id) = Id::from_hex(&event.id) else {
        return Ok(());
    };
    if pages.forgotten.has(id, event.seq, Path::new(&event.origin.path)) {
        index.forget(event.timestamp, id)?;
        return Ok(());
    }
    if let (Some(basis), Some(timestamp)) = (event.date_basis, event.timestamp)
        && basis > DateBasis::Heading
        && let Some((page, loose)) = pages.place_of(event, next_page)
    {
        index.insert_page_update(page, loose, timestamp, basis)?;
    }
    let text = text_hash(event.headline.as_deref(), &event.body);
    let seen = Seen { text, revision: event.revision, seq: event.seq };
    if !index.insert_seen(event.timestamp, id, seen)? {
        // A revision: neither text may come again.
        if let Some(before) = index.seen(event.timestamp, id)?
            && let Some(folded) = folded_at(&pages.state, before.seq)?
        {
            index.insert_older(id, folded)?;
        }
        index.insert_older(id, folded(event.headline.as_deref(), &event.body))?;
        index.update_seen(event.timestamp, id, seen)?;
    }
    Ok(())
}

/// The folded text of the event `seq`; `None` where it was retired or never was.
pub(super) fn folded_at(state: &Path, seq: u64) -> Result<Option<u64>, JournalError> {
    // A damaged index may name a seq that never was.
    let Some(before) = seq.checked_sub(1) else { return Ok(None) };
    // Whoever knows a seq may read to the segments' ends: what isn't committed isn't known.
    let end = Head { journal: "".into(), seq, segment: u64::MAX, length_bytes: 0, oldest: 0 };
    let mut reader = Reader::new(state);
    if reader.seek(before, &end)?.is_none() {
        return Ok(None);
    }
    let mut lines = Vec::new();
    reader.read(&end, &mut lines, EVENT_BYTES_MAX)?;
    Ok(folded_line(&lines, seq))
}

/// The folded text of the first of some lines, if it is the event `seq`.
pub(super) fn folded_line(lines: &[u8], seq: u64) -> Option<u64> {
    let line = lines.split(|&b| b == b'\n').next()?;
    let event: Said = serde_json::from_slice(line).ok()?;
    (event.seq == seq).then(|| folded(event.headline.as_deref(), &event.body))
}

/// A hash of what an update says, without what folding takes out.
pub(super) fn folded(headline: Option<&str>, body: &str) -> u64 {
    let mut text = fold_all(headline.unwrap_or(""));
    text.push('\u{1f}');
    text.push_str(&fold_all(body));
    xxh3_64(text.as_bytes())
}

/// As much of an event as the index is made of.
#[derive(serde::Deserialize)]
pub(super) struct Said {
    pub(super) seq: u64,
    pub(super) cursor: String,
    pub(super) id: String,
    revision: u32,
    pub(super) timestamp: Option<Timestamp>,
    time_text: Option<String>,
    date_basis: Option<DateBasis>,
    headline: Option<String>,
    body: String,
    blog: Option<String>,
    pub(super) origin: SaidOrigin,
}

impl Said {
    /// Its date-less name, if it has a clock.
    pub(super) fn loose(&self, scope: &str) -> Option<u64> {
        let opening = self.headline.as_deref().or_else(|| self.body.lines().next()).unwrap_or("");
        let scope = if scope == "blog" {
            self.blog.as_deref().unwrap_or("")
        } else {
            ""
        };
        Some(loose_key(scope, self.time_text.as_deref()?, &fold(opening)))
    }
}

#[derive(serde::Deserialize)]
pub(super) struct SaidOrigin {
    root: String,
    pub(super) path: String,
}

/// The longest line that is taken for an event, bytes: far above any `event_bytes_max`.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// Calls `each` with every event of a segment and the offset of its line's end. Says how many whole lines
/// were no event.
pub(super) fn each_event(
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
