//! Events as they are read back: from a segment, or from what is left of one that was retired.
//!
//! Retiring a segment leaves `N.retired.gz`: gzip, a line of JSON an event, the event without its texts. In their
//! place stand the hashes by which the update is known, so that it stays known when the index is lost, too.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::journal::content::{Content, is_damage};
use crate::journal::index::Index;
use crate::journal::reader::Reader;
use crate::journal::{Head, JournalError, segment, state};
use crate::model::event::EVENT_BYTES_MAX;
use crate::model::identity::{Id, fold, fold_all, loose_key, text_hash};
use crate::model::time::DateBasis;

/// The longest line that is taken for an event, bytes: far above any `event_bytes_max`.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// As much of an event as the index is made of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) seq: u64,
    pub(super) cursor: String,
    pub(super) id: String,
    pub(super) revision: u32,
    pub(super) timestamp: Option<Timestamp>,
    #[serde(skip_serializing)]
    time_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) date_basis: Option<DateBasis>,
    #[serde(skip_serializing)]
    headline: Option<String>,
    #[serde(default, skip_serializing)]
    body: String,
    pub(super) blog: Option<String>,
    pub(super) origin: SaidOrigin,
    /// In place of the texts, once the event is retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired: Option<Hashes>,
}

/// Where it stood.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SaidOrigin {
    pub(super) root: String,
    pub(super) path: String,
}

/// What an update is known by, besides its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Hashes {
    /// Of its text.
    text: u64,
    /// Of its text as folding leaves it.
    folded: u64,
    /// Its date-less name, if it has a clock.
    loose: Option<u64>,
    /// Folded texts that were said of it before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    older: Vec<u64>,
}

impl Said {
    /// Its date-less name, if it has a clock.
    pub(super) fn loose(&self, scope: &str) -> Option<u64> {
        if let Some(retired) = &self.retired {
            return retired.loose;
        }
        let opening = self.headline.as_deref().or_else(|| self.body.lines().next()).unwrap_or("");
        let scope = if scope == "blog" {
            self.blog.as_deref().unwrap_or("")
        } else {
            ""
        };
        Some(loose_key(scope, self.time_text.as_deref()?, fold(opening).as_bytes()))
    }

    /// What it says, unless it was retired.
    pub(super) fn texts(&self) -> Option<(Option<&str>, &str)> {
        self.retired.is_none().then_some((self.headline.as_deref(), &self.body))
    }

    /// A hash of its text.
    pub(super) fn text(&self) -> u64 {
        let computed = || text_hash(self.headline.as_deref(), &self.body);
        self.retired.as_ref().map_or_else(computed, |retired| retired.text)
    }

    /// A hash of its text without what folding takes out.
    pub(super) fn folded(&self) -> u64 {
        let computed = || folded(self.headline.as_deref(), &self.body);
        self.retired.as_ref().map_or_else(computed, |retired| retired.folded)
    }

    /// Folded texts that were said of it before, as far as they aren't in the journal any more.
    pub(super) fn older(&self) -> &[u64] {
        self.retired.as_ref().map_or(&[], |retired| &retired.older)
    }
}

/// A hash of what an update says, without what folding takes out.
pub(super) fn folded(headline: Option<&str>, body: &str) -> u64 {
    let mut text = fold_all(headline.unwrap_or(""));
    text.push('\u{1f}');
    text.push_str(&fold_all(body));
    xxh3_64(text.as_bytes())
}

/// The event `seq`; `None` where it was retired or never was.
pub(super) fn event_at(state: &Path, seq: u64) -> Result<Option<Said>, JournalError> {
    // A damaged index may name a seq that never was.
    let Some(before) = seq.checked_sub(1) else { return Ok(None) };
    // Whoever knows a seq may read to the segments' ends: what isn't committed isn't known.
    let end = Head { seq, segment: u64::MAX, ..Head::default() };
    let mut reader = Reader::new(state);
    if reader.seek(before, &end)? != before {
        return Ok(None);
    }
    let mut lines = Vec::new();
    match reader.read(&end, &mut lines, EVENT_BYTES_MAX) {
        Ok(_) => Ok(event_in(&lines, seq)),
        Err(JournalError::Retired { .. }) => Ok(None),
        Err(JournalError::Io { source, .. }) if is_damage(&source) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The first of some lines, if it is the event `seq`.
pub(super) fn event_in(lines: &[u8], seq: u64) -> Option<Said> {
    let line = lines.split(|&b| b == b'\n').next()?;
    let event: Said = serde_json::from_slice(line).ok()?;
    (event.seq == seq).then_some(event)
}

/// The first event of a segment, if its batch is as its checksum says.
pub(super) fn first_proven(state: &Path, first_seq: u64) -> Result<Option<Said>, JournalError> {
    let first = segment::records(state, first_seq)?.into_iter().next();
    let Some((first, mut content)) = first.zip(Content::open(state, first_seq)?) else {
        return Ok(None);
    };
    let mut lines = vec![0; first.end as usize];
    match content.read_exact_at(&mut lines, 0) {
        Ok(()) if xxh3_64(&lines) == first.hash => Ok(event_in(&lines, first_seq)),
        Err(error) if !is_damage(&error) => {
            Err(JournalError::io("read segment", &segment::path(state, first_seq))(error))
        }
        Ok(()) | Err(_) => Ok(None),
    }
}

/// Calls `each` with every event of a segment and the offset of its line's end. Says how many whole lines
/// were no event. A segment that was retired meanwhile has none.
pub(super) fn each_event(
    state: &Path,
    first_seq: u64,
    each: impl FnMut(&Said, u64) -> Result<(), JournalError>,
) -> Result<u64, JournalError> {
    each_event_after(state, first_seq, 0, each)
}

/// The same for the events behind `offset`, bytes, which is the start of a line.
pub(super) fn each_event_after(
    state: &Path,
    first_seq: u64,
    offset: u64,
    each: impl FnMut(&Said, u64) -> Result<(), JournalError>,
) -> Result<u64, JournalError> {
    let path = segment::path(state, first_seq);
    let Some(content) = Content::open(state, first_seq)? else { return Ok(0) };
    let content = content.into_read(offset).map_err(JournalError::io("look at segment", &path))?;
    each_line(content, offset, &path, each)
}

/// Calls `each` with every event of a retired segment. Says how many whole lines were no event.
pub(super) fn each_retired(
    state: &Path,
    first_seq: u64,
    mut each: impl FnMut(&Said) -> Result<(), JournalError>,
) -> Result<u64, JournalError> {
    let path = segment::retired_path(state, first_seq);
    let file = File::open(&path).map_err(JournalError::io("open", &path))?;
    each_line(GzDecoder::new(file), 0, &path, |event, _| each(event))
}

fn each_line(
    lines: impl Read,
    offset: u64,
    path: &Path,
    mut each: impl FnMut(&Said, u64) -> Result<(), JournalError>,
) -> Result<u64, JournalError> {
    let mut lines = BufReader::with_capacity(256 << 10, lines);
    let (mut line, mut end, mut damaged) = (Vec::new(), offset, 0);
    loop {
        line.clear();
        let read = lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let read = match read {
            Ok(read) => read,
            // What is packed is damaged from here on: what came before is as good as ever.
            Err(error) if is_damage(&error) => return Ok(damaged + 1),
            Err(error) => return Err(JournalError::io("read", path)(error)),
        };
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

/// Writes what is left of a segment, durably. The segment itself stays. Says how many of its lines were no event.
pub(super) fn write_retired(state: &Path, first_seq: u64, scope: &str) -> Result<u64, JournalError> {
    let path = segment::retired_path(state, first_seq);
    let index = Index::open_readonly(state)?;
    let (file, new) = state::create_new(&path)?;
    let mut gzip = GzEncoder::new(BufWriter::new(&file), Compression::default());
    let damaged = each_event(state, first_seq, |event, _| {
        // Only what was revised has more than one text.
        let older = match (event.revision, Id::from_hex(&event.id)) {
            (2.., Some(id)) => index.older(id)?,
            (_, Some(_) | None) => Vec::new(),
        };
        let hashes = Hashes { text: event.text(), folded: event.folded(), loose: event.loose(scope), older };
        let mut line = serde_json::to_vec(&Line { event, retired: hashes }).expect("its own form is JSON");
        line.push(b'\n');
        gzip.write_all(&line).map_err(JournalError::io("write", &new))
    })?;
    let written = gzip.finish().and_then(|mut buffer| buffer.flush());
    written.map_err(JournalError::io("write", &new))?;
    state::put_in_place(&file, &new, &path)?;
    Ok(damaged)
}

/// An event with the hashes in place of its texts.
#[derive(Serialize)]
struct Line<'e> {
    #[serde(flatten)]
    event: &'e Said,
    retired: Hashes,
}

/// What a changed text is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    /// A hash of the text as folding leaves it.
    pub(super) folded: u64,
    /// The blog that said it.
    pub(super) blog: Option<Arc<str>>,
    /// Headline and body; `None` where the event was retired.
    text: Option<(Option<String>, String)>,
}

impl Before {
    /// Whether this text is the same with more behind it. Where it was torn within a character, what was made of that
    /// half isn't in the whole one: a replacement character, or up to three of windows-1252.
    pub(super) fn goes_on_as(&self, headline: Option<&str>, body: &str) -> bool {
        let Some((old_headline, old_body)) = &self.text else { return false };
        let mut whole = old_body.as_str();
        for _ in 0..3 {
            whole = whole.strip_suffix(|last: char| !last.is_ascii()).unwrap_or(whole);
        }
        let more = body.strip_prefix(old_body.as_str()).or_else(|| body.strip_prefix(whole));
        old_headline.as_deref() == headline && more.is_some_and(|more| !more.is_empty())
    }
}

impl From<&Said> for Before {
    fn from(event: &Said) -> Before {
        Before {
            folded: event.folded(),
            blog: event.blog.as_deref().map(Arc::from),
            text: Some((event.headline.clone(), event.body.clone())),
        }
    }
}

/// Retired events that were asked for: a segment's at a time, since whoever asks for one asks for its neighbours.
#[derive(Debug, Default)]
pub(super) struct Retired {
    segment: Option<u64>,
    /// Seq, folded text and blog of each event, ascending.
    events: Vec<(u64, u64, u32)>,
    blogs: Vec<Option<Arc<str>>>,
}

impl Retired {
    /// The event `seq`, if it is a retired one.
    pub(super) fn event_at(&mut self, state: &Path, seq: u64) -> Result<Option<Before>, JournalError> {
        if let Some(event) = self.kept(seq) {
            return Ok(Some(event));
        }
        let retired = segment::list_retired(state)?;
        let at = retired.partition_point(|&first_seq| first_seq <= seq).checked_sub(1);
        let Some(first_seq) = at.map(|at| retired[at]).filter(|at| Some(*at) != self.segment) else {
            return Ok(None);
        };
        *self = Retired { segment: Some(first_seq), ..Retired::default() };
        each_retired(state, first_seq, |event| {
            let blog = event.blog.as_deref();
            let known = self.blogs.iter().position(|known| known.as_deref() == blog);
            let known = known.unwrap_or_else(|| {
                self.blogs.push(blog.map(Arc::from));
                self.blogs.len() - 1
            });
            self.events.push((event.seq, event.folded(), known as u32));
            Ok(())
        })?;
        Ok(self.kept(seq))
    }

    fn kept(&self, seq: u64) -> Option<Before> {
        let at = self.events.binary_search_by_key(&seq, |event| event.0).ok()?;
        let (_, folded, blog) = self.events[at];
        Some(Before { folded, blog: self.blogs[blog as usize].clone(), text: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_torn_within_a_character_goes_on_with_all_of_it() {
        let goes_on = |old: &str, new: &str| {
            let text = Some((None, old.to_string()));
            Before { folded: 0, blog: None, text }.goes_on_as(None, new)
        };
        assert!(goes_on("crews say 日\u{fffd}", "crews say 日本 tide"));
        assert!(goes_on("crews say æ—", "crews say 日本 tide"));
        assert!(goes_on("crews say 日本", "crews say 日本 tide"));
        assert!(!goes_on("crews say 日本", "crews say 日本"));
        assert!(!goes_on("crews saw", "crews say 日本"));
    }
}
