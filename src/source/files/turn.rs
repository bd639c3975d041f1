//! Turns a file whose turn has come into a reading, if there is one to be had.
//!
//! When its turn is, the tail has decided; here its bytes are looked at.

use std::io;
use std::time::{Instant, SystemTime};

use super::rounds::wall_ns;
use super::{AGAIN_BYTES_MAX, OPEN_BYTES_MAX, Parsing, Source, TICK_NS};
use crate::model::checkpoint::{Checkpoint, FileState};
use crate::model::file::{FileName, Position, Stat};
use crate::model::text::Text;
use crate::source::line_buffer::text_from;
use crate::source::reader::{self, Chunk, Content, Room, Stretch};
use crate::source::reading::{Part, Reading, Step, Take};
use crate::source::tail::Action;

impl Source {
    /// It's this file's turn.
    pub(super) fn work(&mut self, name: FileName, now: Instant, wall: SystemTime) -> Option<Step> {
        self.unqueue(&name);
        match reader::stat_target(&name.full()) {
            Ok((stat, kind)) if kind.is_file() && !self.filter.forbids(&stat) => {
                self.observe(&name, stat, now);
            }
            Ok(_) => {
                self.gone(&name);
                return None;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A root that has vanished takes nothing with it: the files may come back.
                if name.root.is_dir() {
                    self.gone(&name);
                } else {
                    self.is_read(&name);
                }
                return None;
            }
            Err(error) => {
                self.unreadable(&name, &error);
                return None;
            }
        }
        let file = self.files.get_mut(&name)?;
        let action = file.tail.next(now, self.options.settle);
        let result = match action {
            Action::Nothing if file.again.is_some() => self.read_again(&name, now, wall),
            Action::Nothing => {
                self.is_read(&name);
                return None;
            }
            Action::Wait(until) => {
                self.enqueue(&name, until);
                return None;
            }
            Action::Flush => {
                let step = file.flush(&name);
                self.plan(&name, now);
                return step.map(|reading| self.hand_out(reading, false));
            }
            Action::Append { take, with_last } => self.read_on(&name, take, with_last, now, wall),
            Action::Whole(take) => self.read_whole(&name, take, now, wall),
        };
        match result {
            Ok(step) => step,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // It went between the look and the opening: nobody has to be told, its next turn finds it gone.
                self.enqueue(&name, now + self.options.settle);
                None
            }
            Err(error) => {
                self.unreadable(&name, &error);
                None
            }
        }
    }

    /// Reads from the open update on, if the bytes before are the same; else the file is read whole.
    pub(super) fn read_on(
        &mut self,
        name: &FileName,
        take: Take,
        with_last: bool,
        now: Instant,
        wall: SystemTime,
    ) -> io::Result<Option<Step>> {
        let bytes_max = self.options.reading_bytes_max;
        let Some(file) = self.files.get_mut(name) else {
            return Ok(None);
        };
        let opened = match self.held.take(name, file.tail.seen) {
            Some(held) => held,
            None => reader::open(name)?,
        };
        file.tail.observe(opened.stat, now);
        let Some(read) = file.tail.checkpoint.clone() else {
            return Ok(None);
        };
        if let Some((from, stat)) = file.piece.take()
            && stat == opened.stat
        {
            return self.read_piece(name, &opened, from, Take::All, now, wall);
        }
        let same = opened.stat.same_file(&read.stat) && opened.stat.size_bytes >= read.read_offset;
        let from = if read.resume.line == 0 {
            Position::START
        } else {
            read.resume
        };
        let behind = Some((read.read_offset, read.fingerprint));
        let content = same
            .then(|| opened.read(Stretch { from, with_last, bytes_max, behind }, &mut self.room))
            .transpose()?;
        let Some(Content::Text(chunk)) = content else {
            // Another file, or another content: it is read whole in its time.
            file.tail.more = false;
            file.tail.rewritten(now);
            self.plan(name, now);
            return Ok(None);
        };
        let said_open = read.said_open;
        let torn = chunk.unterminated && !with_last;
        if chunk.at_end && chunk.text.end_offset <= read.read_offset && !file.tail.held_back {
            // Only half a line more: nothing to parse, but its turn comes.
            let (held_back, mut read) = (file.tail.held_back, read);
            read.stat = opened.stat;
            file.tail.read(read, held_back, torn, false);
            self.held.keep(name, opened);
            self.is_read(name);
            self.plan(name, now);
            return Ok(None);
        }
        if chunk.repeats_its_head {
            // A page was appended to a page: what comes isn't the rest of the open update.
            if let Some(held_back) = file.flush(name) {
                self.enqueue(name, now);
                return Ok(Some(self.hand_out(held_back, torn)));
            }
            let page = Chunk { text: appended(&chunk.text, read.read_offset), ..chunk };
            let reading = reading_of(name, opened.stat, page, Part::Appended, take);
            return Ok(Some(self.hand_out(reading, torn)));
        }
        let mut reading = reading_of(name, opened.stat, chunk, Part::Appended, take);
        self.held.keep(name, opened);
        reading.layout = read.layout;
        reading.said_open = said_open;
        Ok(Some(self.hand_out(reading, torn)))
    }

    pub(super) fn read_whole(
        &mut self,
        name: &FileName,
        take: Take,
        now: Instant,
        wall: SystemTime,
    ) -> io::Result<Option<Step>> {
        let opened = reader::open(name)?;
        self.read_piece(name, &opened, Position::START, take, now, wall)
    }

    /// Reads a file, or the next piece of a large one, if nobody writes to it meanwhile.
    pub(super) fn read_piece(
        &mut self,
        name: &FileName,
        opened: &reader::OpenFile,
        from: Position,
        take: Take,
        now: Instant,
        wall: SystemTime,
    ) -> io::Result<Option<Step>> {
        let growing = take == Take::Complete;
        let bytes_max = self.options.reading_bytes_max;
        let stretch = Stretch { from, with_last: !growing, bytes_max, behind: None };
        // The room that a whole page takes isn't kept: memory at rest was more by it.
        let content = opened.read(stretch, &mut Room::default())?;
        let after = opened.stat_now()?;
        let Some(file) = self.files.get_mut(name) else {
            return Ok(None);
        };
        if !growing && after != opened.stat {
            self.counts.disturbed += 1;
            file.tail.disturbed(after, now);
            self.plan(name, now);
            return Ok(None);
        }
        let Content::Text(chunk) = content else {
            return Ok(Some(self.not_text(name, opened.stat)));
        };
        let first_piece = from.offset == 0;
        let last_piece = chunk.at_end;
        let near_tick = (wall_ns(wall) - opened.stat.mtime_ns.max(opened.stat.ctime_ns)).abs() < TICK_NS;
        let small = first_piece && last_piece && opened.stat.size_bytes <= AGAIN_BYTES_MAX;
        let hash = (first_piece && last_piece).then_some(chunk.hash);
        file.again = if near_tick && small && !growing {
            hash
        } else {
            None
        };
        let torn = chunk.unterminated && growing;
        let take = if last_piece { take } else { Take::Complete };
        let mut reading = reading_of(name, opened.stat, chunk, Part::Whole { first_piece, last_piece }, take);
        reading.content_hash = hash;
        reading.replaced = file.tail.checkpoint.is_some();
        // Whoever writes to it since it was moved gives it one time for both: a rename alone changes but the ctime.
        reading.moved = file.tail.was_moved() && opened.stat.mtime_ns < opened.stat.ctime_ns;
        reading.unterminated &= !reading.moved && !self.options.once;
        if !first_piece && let Some(read) = &file.tail.checkpoint {
            reading.layout = read.layout.clone();
        }
        Ok(Some(self.hand_out(reading, torn)))
    }

    /// Reads once more what may have changed without a trace; the same bytes are nothing.
    pub(super) fn read_again(
        &mut self,
        name: &FileName,
        now: Instant,
        wall: SystemTime,
    ) -> io::Result<Option<Step>> {
        let Some(hash) = self.files.get_mut(name).and_then(|file| file.again.take()) else {
            return Ok(None);
        };
        let step = self.read_whole(name, Take::All, now, wall)?;
        if let Some(Step::Reading(reading)) = &step
            && reading.content_hash == Some(hash)
        {
            self.parsing = None;
            if let Some(file) = self.files.get_mut(name) {
                file.again = None;
            }
            return Ok(None);
        }
        Ok(step)
    }

    pub(super) fn hand_out(&mut self, mut reading: Reading, torn: bool) -> Step {
        self.healed(reading.file.full());
        self.counts.bytes += reading.text.utf8.len() as u64;
        reading.lying_there = self.lying.as_ref().is_some_and(|lying| lying.contains(&reading.file));
        let may_hold_back = !reading.more && (reading.take == Take::Complete || reading.unterminated);
        let last_lines = if may_hold_back {
            last_lines(&reading.text)
        } else {
            Text::default()
        };
        self.parsing = Some(Parsing { reading: reading.without_text(), last_lines, torn });
        Step::Reading(Box::new(reading))
    }

    pub(super) fn not_text(&mut self, name: &FileName, stat: Stat) -> Step {
        let checkpoint =
            Checkpoint { stat, state: FileState::NotText, resume: Position::START, ..Checkpoint::default() };
        if let Some(file) = self.files.get_mut(name) {
            file.tail.read(checkpoint.clone(), false, false, false);
            file.again = None;
        }
        self.is_read(name);
        Step::State(name.clone(), Box::new(checkpoint))
    }
}

/// The part of `text` behind `offset`, which may lie in the middle of a line.
fn appended(text: &Text, offset: u64) -> Text {
    let mut part = text_from(text, Position { offset, line: 0 });
    let before = &text.utf8.as_bytes()[..text.utf8.len() - part.utf8.len()];
    part.start.line = text.start.line + memchr::memchr_iter(b'\n', before).count() as u64;
    part
}

/// The lines at the end of `text` that are kept in case the file is replaced.
fn last_lines(text: &Text) -> Text {
    let mut from = text.utf8.len().saturating_sub(OPEN_BYTES_MAX);
    if from > 0 {
        from =
            memchr::memchr(b'\n', &text.utf8.as_bytes()[from..]).map_or(text.utf8.len(), |at| from + at + 1);
    }
    text_from(text, Position { offset: text.offset(from), line: 0 })
}

pub(super) fn reading_of(name: &FileName, stat: Stat, chunk: Chunk, part: Part, take: Take) -> Reading {
    let lines = memchr::memchr_iter(b'\n', chunk.text.utf8.as_bytes()).count() as u64;
    Reading {
        file: name.clone(),
        end: Position { offset: chunk.text.end_offset, line: chunk.text.start.line + lines },
        stat,
        fingerprint: chunk.fingerprint,
        read_offset: chunk.text.end_offset,
        unterminated: !chunk.text.ends_whole(),
        moved: false,
        text: chunk.text,
        part,
        take: if chunk.at_end { take } else { Take::Complete },
        more: !chunk.at_end,
        layout: None,
        said_open: false,
        lying_there: false,
        content_hash: None,
        replaced: false,
        lost: false,
    }
}
