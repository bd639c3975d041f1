//! What of a page that is replaced again and again stands in it as before: the stretch of updates that its last reading
//! had too, byte for byte, with what is new above it. Scrapers write such pages every second, and parsing all of it and
//! asking for each of its updates again was three quarters of the work.
//!
//! Hashes prove it, and it only saves work: in doubt all of the page is parsed. Nothing of it outlives the process. Who
//! makes two updates of a page on purpose that hash alike silences that page alone.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::file::{FileName, Position};
use crate::model::text::Text;
use crate::model::time::Moment;
use crate::model::update::Update;
use crate::parse::document::{Document, Layout};
use crate::source::reading::{Part, Reading, Take};
use crate::stage::page::{Facts, Page};

/// So many updates of the stretch are parsed all the same: what is known of them tells the days of what is above them.
pub const CONTEXT: usize = 4;

/// After so much has come, as a part of the stretch, all is parsed again: how a page is written may change slowly.
const FRESH_SHARE: usize = 4;

/// How many updates are kept in mind, of 16 bytes each, and some hundred bytes a page. Beyond it all are forgotten, and
/// pages parsed whole once.
const SPANS_MAX: usize = 500_000;

/// How much of the first update's text it is looked for by, bytes.
const OPENING_BYTES_MAX: usize = 64;

/// What the last readings of pages had.
#[derive(Debug, Default)]
pub struct Replaced {
    pages: HashMap<FileName, LastReading>,
    /// How many updates they have.
    spans: usize,
}

/// What of a page wasn't parsed, since it is known.
#[derive(Debug, Clone)]
pub struct Rest {
    /// All of the page.
    pub text: Text,
    /// How it was read before.
    pub layout: Layout,
    /// How many updates the stretch has. The first [`CONTEXT`] of them are parsed.
    pub updates: usize,
    /// Where the last of them starts.
    pub resume: Position,
}

#[derive(Debug)]
struct LastReading {
    layout: Layout,
    /// How its first update begins.
    opening: Box<[u8]>,
    /// Its updates, the last one first: what is new is put behind.
    spans: Vec<Span>,
    /// How many of them have come since all of it was parsed.
    fresh: usize,
}

/// An update's text, up to where the next one starts.
#[derive(Debug, Clone, Copy)]
struct Span {
    length_bytes: u32,
    hash: u64,
}

/// Where a text has the stretch. It ends where the text does.
struct Stretch {
    start: usize,
    /// Where the context ends.
    context_end: usize,
    last_start: usize,
    updates: usize,
}

impl Replaced {
    /// Parses what was read of a file: all of it, or, where it's a page that was replaced, what is new in it and the
    /// context below that.
    pub fn page(
        &mut self,
        facts: Facts,
        reading: &Reading,
        layout: Option<&Layout>,
        grows: bool,
    ) -> (Page, Option<Rest>) {
        let is_replaced = is_replaced(reading);
        if is_replaced && let Some((page, rest)) = self.above(&facts, reading) {
            return (page, Some(rest));
        }
        let page = Page::read(facts, &reading.text, layout, reading.stat.modified(), grows);
        self.forget(&reading.file);
        if is_replaced {
            self.keep(reading, &page.document);
        }
        (page, None)
    }

    /// Forgets a file that is gone.
    pub fn forget(&mut self, file: &FileName) {
        if let Some(last) = self.pages.remove(file) {
            self.spans -= last.spans.len();
        }
    }

    /// Forgets all, since pages are to be parsed otherwise.
    pub fn clear(&mut self) {
        *self = Replaced::default();
    }

    fn above(&mut self, facts: &Facts, reading: &Reading) -> Option<(Page, Rest)> {
        let last = self.pages.get_mut(&reading.file)?;
        let text = &reading.text;
        let bytes = text.utf8.as_bytes();
        let stretch = last.stretch(bytes)?;
        let above = Text::whole(text.utf8.get(..stretch.context_end)?);
        let page = Page::read(facts.clone(), &above, Some(&last.layout), reading.stat.modified(), false);
        let updates = &page.document.updates;
        let new = updates.len().checked_sub(CONTEXT)?;
        let are_as_before = updates[new].start.offset == stretch.start as u64
            && updates.iter().all(|update| update.heading.is_none());
        if !are_as_before {
            return None;
        }
        let starts: Vec<usize> = updates[..=new].iter().map(|update| update.start.offset as usize).collect();
        let spans = spans(&starts, bytes)?;
        let gone = last.spans.len() - stretch.updates;
        if self.spans + new - gone > SPANS_MAX {
            return None;
        }
        last.spans.drain(..gone);
        last.spans.extend(spans);
        last.opening = opening(&bytes[starts[0]..]);
        last.fresh += new;
        self.spans = self.spans + new - gone;
        let newlines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() as u64;
        let resume = Position {
            offset: stretch.last_start as u64,
            line: reading.end.line - newlines(&bytes[stretch.last_start..]),
        };
        let rest = Rest { text: text.clone(), layout: last.layout.clone(), updates: stretch.updates, resume };
        Some((page, rest))
    }

    fn keep(&mut self, reading: &Reading, document: &Document) {
        let Some(layout) = &document.layout else { return };
        let updates = &document.updates;
        // Where several stand on a line, where one starts isn't known to the byte; without a clock there is no day to
        // tell; and a list above the updates changes with them.
        let is_plain = !layout.flat
            && layout.listed == 0
            && layout.heading.is_none()
            && updates.iter().all(|update| update.heading.is_none() && has_clock(update));
        if !is_plain || updates.len() <= CONTEXT {
            return;
        }
        let bytes = reading.text.utf8.as_bytes();
        let starts = updates.iter().map(|update| update.start.offset as usize);
        let starts: Vec<usize> = starts.chain([bytes.len()]).collect();
        let Some(spans) = spans(&starts, bytes).filter(|spans| spans.len() <= SPANS_MAX) else {
            return;
        };
        if self.spans + spans.len() > SPANS_MAX {
            self.clear();
        }
        self.spans += spans.len();
        let opening = opening(&bytes[starts[0]..]);
        let last = LastReading { layout: layout.clone(), opening, spans, fresh: 0 };
        self.pages.insert(reading.file.clone(), last);
    }
}

impl LastReading {
    /// The stretch, if the text ends with it. The page may have lost updates at its end.
    fn stretch(&self, bytes: &[u8]) -> Option<Stretch> {
        let start = memchr::memmem::find(bytes, &self.opening)?;
        if start > 0 && bytes[start - 1] != b'\n' {
            return None;
        }
        let mut stretch = Stretch { start, context_end: start, last_start: start, updates: 0 };
        let mut at = start;
        for span in self.spans.iter().rev() {
            if at == bytes.len() {
                break;
            }
            let end = at + span.length_bytes as usize;
            if xxh3_64(bytes.get(at..end)?) != span.hash {
                return None;
            }
            stretch.last_start = at;
            stretch.updates += 1;
            at = end;
            if stretch.updates == CONTEXT {
                stretch.context_end = end;
            }
        }
        let is_it = at == bytes.len() && stretch.updates > CONTEXT;
        (is_it && self.fresh * FRESH_SHARE <= stretch.updates).then_some(stretch)
    }
}

/// The updates between these places, the last one first; `None` where one is empty or beyond all measure.
fn spans(starts: &[usize], bytes: &[u8]) -> Option<Vec<Span>> {
    let span = |ends: &[usize]| {
        let bytes = bytes.get(ends[0]..ends[1])?;
        let length_bytes = u32::try_from(bytes.len()).ok().filter(|&length| length > 0)?;
        Some(Span { length_bytes, hash: xxh3_64(bytes) })
    };
    starts.windows(2).rev().map(span).collect()
}

fn opening(bytes: &[u8]) -> Box<[u8]> {
    bytes[..bytes.len().min(OPENING_BYTES_MAX)].into()
}

fn has_clock(update: &Update) -> bool {
    matches!(update.moment, Moment::Clock { .. })
}

/// Whether it is all of a page that was read before, whole and complete.
fn is_replaced(reading: &Reading) -> bool {
    reading.replaced
        && reading.part == (Part::Whole { first_piece: true, last_piece: true })
        && reading.take == Take::All
        && !(reading.unterminated || reading.lost || reading.more)
        && reading.text.start == Position::START
        && reading.text.is_as_written()
}

#[cfg(test)]
mod tests;
