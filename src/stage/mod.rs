//! The stages: threads that own their state, work on what comes in, and end when their input ends.
//!
//! `read` turns hints and scans into parsed pages, `gate` turns pages into committed events. Both call
//! into the wings; `page` is what they share with `liveblogd parse`. `mover` archives or removes files that are done,
//! `replaced` knows what a replaced page had before.

pub mod gate;
pub mod hold_back;
pub mod merged;
pub mod mover;
pub mod page;
pub mod read;
mod recognise;
pub mod replaced;
mod say;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::checkpoint::Checkpoint;
use crate::model::file::FileName;
use crate::source::reading::Fault;
use crate::stage::mover::Left;
use crate::stage::page::Page;
use crate::stage::replaced::Rest;

/// What the read stage hands to the gate. In order; nothing overtakes.
#[derive(Debug)]
pub enum Work {
    /// A page, or what was appended to one.
    Page(Box<PageRead>),
    /// A file without updates: only its checkpoint is kept.
    File(FileName, Checkpoint),
    /// A file that is no longer there.
    Gone(FileName),
    /// What the first scan found lying there has been read.
    FirstScanRead,
    /// Something is wrong with a path, until it heals.
    Fault(Fault),
    /// What was wrong with a path is over.
    Healed(PathBuf),
    /// So many drop directories aren't watched whole: their changes are found by the scans alone.
    Polled(usize),
    /// What became of files that were done.
    Left(Box<Left>),
}

/// A page that was read from a file.
#[derive(Debug)]
pub struct PageRead {
    /// The file.
    pub file: FileName,
    /// Its updates.
    pub page: Page,
    /// How many of them, from the top, are said: the one that is still open may be left out.
    pub said: usize,
    /// Whether it starts at the file's start.
    pub from_start: bool,
    /// Whether it goes on from the file's checkpoint: in the same layout, from the days found so far.
    pub goes_on: bool,
    /// Whether the first update was said before, as it stood then: what was added to it is a revision.
    pub continued: bool,
    /// Whether the last update may be in the middle of being written.
    pub open: bool,
    /// Whether the text ends within a line whose writer may not be done.
    pub torn: bool,
    /// The checkpoint to keep with them; `dating` and `page` are the gate's to fill in. `None` for text that no
    /// longer stands in the file.
    pub checkpoint: Option<Checkpoint>,
    /// A hash of the whole file, where it was read whole.
    pub content_hash: Option<u128>,
    /// How many of its lines had to be mended.
    pub mended_lines: u64,
    /// How many updates were left out, since their headline was cut off and its file is lost.
    pub cut_off: u64,
    /// What wasn't parsed of it, since it stands there as before; the last few of its updates are of that, too.
    pub rest: Option<Box<Rest>>,
    /// When it was read.
    pub observed: Timestamp,
    /// Whether the first scan of the first start found it lying there.
    pub backfill: bool,
}

impl PageRead {
    /// The same with all of it parsed, as it was read before.
    fn whole(&self, rest: &Rest) -> PageRead {
        let page =
            Page::read(self.page.facts.clone(), &rest.text, Some(&rest.layout), self.page.mtime, false);
        PageRead {
            file: self.file.clone(),
            said: page.document.updates.len(),
            page,
            from_start: true,
            checkpoint: self.checkpoint.clone(),
            rest: None,
            ..*self
        }
    }
}

#[cfg(test)]
mod tests;
