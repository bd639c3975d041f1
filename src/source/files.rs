//! Turns hints, scans and the passing of time into the next reading that's due, over all files.
//!
//! It holds only a few files open between two steps (`held`), parses nothing and never waits: the stage does, until
//! the instant that [`Step::Idle`] names.

mod finished;
mod once;
mod rounds;
mod turn;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::model::checkpoint::Checkpoint;
use crate::model::file::{FileName, Position, Stat};
use crate::model::text::Text;
use crate::source::files::turn::reading_of;
use crate::source::held::Held;
use crate::source::line_buffer::text_from;
use crate::source::reader::{Chunk, Room, stat_target};
use crate::source::reading::{Fault, Hint, Parsed, Part, Reading, SourceOptions, Step, Take};
use crate::source::scan::Filter;
use crate::source::tail::{Action, Tail};

/// A scan may cost one part in so many of a core: 0.2 %.
const SCAN_SHARE: u32 = 500;
/// A new directory is listed again after this, for what was made before its watch was.
const DIRECTORY_AGAIN: Duration = Duration::from_millis(100);
/// Coarsest clock of the kernel's mtimes (10 ms at 100 Hz), twice: a change within it may leave no trace.
const TICK_NS: i64 = 20_000_000;
/// When a file within the tick is read once more: the tick has passed then.
const AGAIN_DELAY: Duration = Duration::from_millis(40);
/// A file within the tick is read once more only up to this size, bytes: larger ones take longer to write.
const AGAIN_BYTES_MAX: u64 = 16 << 20;
/// Held-back text that is kept in case its file is replaced, bytes. The same as the longest line.
const OPEN_BYTES_MAX: usize = 1 << 20;
/// Shortest rest between two scans that hints ask for: a flood of hints mustn't be a flood of scans.
const SCAN_REST: Duration = Duration::from_millis(100);
/// With `once`, files that are never quiet are waited for so many `settle`s after all was read that lay there.
const SETTLES_ONCE_MAX: u32 = 60;
/// Directories waiting to be listed; with more of them all is scanned.
const DIRECTORIES_MAX: usize = 1_000;
/// Faults remembered so that each is said once. Beyond it they may be said again.
const FAULTS_MAX: usize = 100_000;
/// How many directories are said to be left out: whoever has more knows.
const LEFT_OUT_MAX: usize = 20;

/// All files below the drop directories, and what is to be read of them next.
pub struct Source {
    options: SourceOptions,
    filter: Filter,
    roots: Vec<Arc<Path>>,
    /// The same as the watcher names them, who knows no relative path.
    watched: Vec<PathBuf>,
    /// Where the state directory lies below each of them, if it does.
    states: Vec<Option<PathBuf>>,
    files: HashMap<FileName, File>,
    /// When to look at which file; of one instant by mtime, then path.
    due: BTreeSet<(Instant, i64, FileName)>,
    /// Steps already decided.
    steps: VecDeque<Step>,
    /// The reading that waits for [`Source::parsed`].
    parsing: Option<Parsing>,
    next_scan: Instant,
    /// No scan before this, whatever the hints.
    rest_until: Instant,
    /// Files that grow.
    held: Held,
    /// Room for reading.
    room: Room,
    /// Directories to be listed.
    directories: Vec<(Instant, PathBuf)>,
    /// Paths whose fault was said.
    faulty: HashSet<PathBuf>,
    /// Directories that were said to be left out.
    left_out: HashSet<PathBuf>,
    /// Files of the first scan that aren't read yet; `None` before it, and after all were.
    lying: Option<HashSet<FileName>>,
    scanned: bool,
    /// When it ends, quiet or not (`once`).
    ends_by: Option<Instant>,
    /// When files that are done are looked for.
    next_finished: Instant,
    /// Not before this, whatever was read.
    finished_rest_until: Instant,
    /// How many were named since there were none.
    named: usize,
    counts: Counts,
}

/// What the source has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Whole scans.
    pub scans: u64,
    /// Times the watcher said that it can't.
    pub watch_failures: u64,
    /// Whole readings thrown away, since the file changed under them.
    pub disturbed: u64,
    /// Bytes of text handed out.
    pub bytes: u64,
    /// Bytes that the first scan found waiting to be read.
    pub lying_bytes: u64,
    /// Files known now.
    pub files: u64,
    /// Paths that can't be read now.
    pub faulty: u64,
}

struct File {
    tail: Tail,
    /// Its entry in `due`.
    due: Option<(Instant, i64)>,
    /// What was held back, for the case that the file is replaced.
    open: Option<Box<Text>>,
    /// Hash of a whole reading that lay within the clock's tick of a change.
    again: Option<u128>,
    /// Where the next piece of a whole reading starts, and of which state of the file.
    piece: Option<(Position, Stat)>,
}

/// What is kept of a reading until the parser has answered.
struct Parsing {
    /// All but its lines.
    reading: Reading,
    /// Its last lines, where an update may be held back.
    last_lines: Text,
    /// A line without `\n` stands behind the text.
    torn: bool,
}

impl Source {
    /// A source that knows these files from before.
    pub fn new(options: SourceOptions, checkpoints: Vec<(FileName, Checkpoint)>, now: Instant) -> Source {
        let state = options.state.as_ref().and_then(|state| state.canonicalize().ok());
        let state_inode = state.as_ref().and_then(|state| stat_target(state).ok());
        let state_inode = state_inode.map(|(stat, _)| (stat.device, stat.inode));
        let filter = Filter {
            include: options.include.clone(),
            exclude: options.exclude.clone(),
            forbidden: options.forbidden.iter().copied().chain(state_inode).collect(),
        };
        let roots: Vec<Arc<Path>> = options.roots.iter().map(|root| Arc::from(root.as_path())).collect();
        let files = checkpoints
            .into_iter()
            .filter(|(name, _)| roots.contains(&name.root))
            .map(|(name, checkpoint)| (name, File::new(Tail::new(checkpoint.stat, Some(checkpoint), now))))
            .collect();
        let absolute = |root: &Arc<Path>| std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        let state_in = |root: &Arc<Path>| {
            let root = root.canonicalize().ok()?;
            state.as_ref()?.strip_prefix(root).ok().map(Path::to_path_buf)
        };
        Source {
            states: roots.iter().map(state_in).collect(),
            watched: roots.iter().map(absolute).collect(),
            options,
            filter,
            roots,
            files,
            due: BTreeSet::new(),
            steps: VecDeque::new(),
            parsing: None,
            next_scan: now,
            rest_until: now,
            held: Held::default(),
            room: Room::default(),
            directories: Vec::new(),
            faulty: HashSet::new(),
            left_out: HashSet::new(),
            lying: None,
            scanned: false,
            ends_by: None,
            next_finished: now,
            finished_rest_until: now,
            named: 0,
            counts: Counts::default(),
        }
    }

    /// Whether a large file is read in pieces, in the middle of it.
    pub fn is_amid_pieces(&self) -> bool {
        self.files.values().any(|file| file.piece.is_some())
    }

    /// Goes by other options from now on. Files that aren't read any more are let go of, after what was held back of
    /// them; what is to be read now the next scan finds.
    pub fn reconfigure(&mut self, options: SourceOptions, now: Instant) {
        let fresh = Source::new(options, Vec::new(), now);
        self.options = fresh.options;
        self.filter = fresh.filter;
        self.roots = fresh.roots;
        self.watched = fresh.watched;
        self.states = fresh.states;
        let names: Vec<FileName> = self.files.keys().cloned().collect();
        for name in names {
            if self.roots.contains(&name.root) && self.filter.wants_file(&name.path) {
                self.plan(&name, now);
                continue;
            }
            self.unqueue(&name);
            self.is_read(&name);
            self.held.close(&name);
            self.healed(name.full());
            if let Some(reading) = self.files.remove(&name).and_then(|mut file| file.flush(&name)) {
                self.steps.push_back(Step::Reading(Box::new(reading)));
            }
        }
        self.next_scan = now;
        self.next_finished = now;
    }

    /// What was done so far.
    pub fn counts(&self) -> Counts {
        Counts { files: self.files.len() as u64, faulty: self.faulty.len() as u64, ..self.counts }
    }

    /// The watcher says this.
    pub fn hint(&mut self, hint: Hint, now: Instant) {
        match hint {
            Hint::Rescan => self.scan_soon(now),
            Hint::Failed { .. } => {
                self.counts.watch_failures += 1;
                self.scan_soon(now);
            }
            Hint::Directory(_) if self.directories.len() >= DIRECTORIES_MAX => {
                self.directories.clear();
                self.scan_soon(now);
            }
            Hint::Directory(path) => {
                self.directories.push((now, path.clone()));
                self.directories.push((now + DIRECTORY_AGAIN, path));
            }
            Hint::Changed(path) => self.look(&path, now, None),
            Hint::Closed(path) => self.look(&path, now, Some(|tail, now| tail.closed(now))),
            Hint::Moved(path) => self.look(&path, now, Some(|tail, _| tail.moved())),
        }
    }

    /// Reads a file once more from its start, though it hasn't changed.
    pub fn read_anew(&mut self, name: &FileName, now: Instant) {
        self.unqueue(name);
        if let Some(file) = self.files.get_mut(name) {
            *file = File::new(Tail::new(file.tail.seen, None, now));
            self.plan(name, now);
        }
    }

    /// What to do now. After a [`Step::Reading`], [`Source::parsed`] must come first.
    pub fn next(&mut self, now: Instant, wall: SystemTime) -> Step {
        assert!(self.parsing.is_none(), "a reading waits for its parser");
        loop {
            if let Some(step) = self.steps.pop_front() {
                if let Step::Reading(reading) = &step {
                    self.parsing = Some(Parsing {
                        reading: reading.without_text(),
                        last_lines: Text::default(),
                        torn: false,
                    });
                }
                return step;
            }
            if self.lying.as_ref().is_some_and(HashSet::is_empty) {
                self.lying = None;
                self.begin_to_end(now);
                return Step::FirstScanRead;
            }
            if self.is_out_of_time(now) {
                return Step::Done;
            }
            if self.next_scan <= now {
                self.scan_all(now, wall);
                continue;
            }
            if let Some(at) = self.directories.iter().position(|&(at, _)| at <= now) {
                let (_, path) = self.directories.swap_remove(at);
                self.scan_directory(&path, now);
                continue;
            }
            let first = self.due.first().map(|(at, _, _)| *at);
            if first.is_some_and(|at| at <= now) {
                let Some((_, _, name)) = self.due.pop_first() else {
                    continue;
                };
                if let Some(step) = self.work(name, now, wall) {
                    return step;
                }
                continue;
            }
            if self.finished_at().is_some_and(|at| at <= now)
                && let Some(step) = self.finished(now, wall)
            {
                return step;
            }
            if self.options.once && self.due.is_empty() && self.directories.is_empty() {
                return Step::Done;
            }
            let until = [
                first,
                Some(self.next_scan),
                self.directories.iter().map(|&(at, _)| at).min(),
                self.finished_at(),
                self.ends_by,
            ];
            return Step::Idle(until.into_iter().flatten().min().unwrap_or(now + self.options.scan_interval));
        }
    }

    /// The parser's answer to the last [`Step::Reading`].
    pub fn parsed(&mut self, name: &FileName, parsed: &Parsed, now: Instant) {
        let Some(Parsing { reading, last_lines, torn }) = self.parsing.take() else {
            return;
        };
        assert!(reading.file == *name, "an answer to another reading");
        let Some(checkpoint) = reading.checkpoint(parsed) else {
            return;
        };
        let Some(file) = self.files.get_mut(name) else {
            return;
        };
        let resume = checkpoint.resume;
        let whole = matches!(reading.part, Part::Whole { .. });
        file.piece = (reading.more && whole).then_some((resume, reading.stat));
        file.open = None;
        if parsed.held_back && !reading.more {
            let open = text_from(&last_lines, resume);
            file.open = (!open.utf8.is_empty()).then(|| Box::new(open));
        }
        file.tail.rest(reading.read_offset.saturating_sub(resume.offset), now);
        file.tail.read(checkpoint, parsed.held_back && !reading.more, torn, reading.more);
        if !reading.more {
            self.is_read(name);
        }
        self.plan(name, now);
        self.may_be_finished(now);
    }

    fn scan_soon(&mut self, now: Instant) {
        self.next_scan = self.next_scan.min(now.max(self.rest_until));
    }

    /// Notes when a file's turn is.
    fn plan(&mut self, name: &FileName, now: Instant) {
        let Some(file) = self.files.get(name) else { return };
        match file.tail.next(now, self.options.settle) {
            Action::Nothing if file.again.is_some() => self.enqueue(name, now + AGAIN_DELAY),
            Action::Nothing => self.unqueue(name),
            Action::Wait(until) => self.enqueue(name, until),
            Action::Append { .. } | Action::Flush | Action::Whole(_) => self.enqueue(name, now),
        }
    }

    fn enqueue(&mut self, name: &FileName, at: Instant) {
        self.unqueue(name);
        let Some(file) = self.files.get_mut(name) else {
            return;
        };
        let mtime_ns = file.tail.seen.mtime_ns;
        file.due = Some((at, mtime_ns));
        self.due.insert((at, mtime_ns, name.clone()));
    }

    fn unqueue(&mut self, name: &FileName) {
        if let Some((at, mtime_ns)) = self.files.get_mut(name).and_then(|file| file.due.take()) {
            self.due.remove(&(at, mtime_ns, name.clone()));
        }
    }

    /// Forgets a file that is gone, after what was held back of it.
    fn gone(&mut self, name: &FileName) {
        self.unqueue(name);
        self.is_read(name);
        self.healed(name.full());
        self.held.close(name);
        let Some(mut file) = self.files.remove(name) else {
            return;
        };
        if let Some(reading) = file.flush(name) {
            self.steps.push_back(Step::Reading(Box::new(reading)));
        }
        self.steps.push_back(Step::Gone(name.clone()));
    }

    /// Nothing of this file is waited for any more, as far as the first scan goes.
    fn is_read(&mut self, name: &FileName) {
        if let Some(lying) = &mut self.lying {
            lying.remove(name);
        }
    }

    fn unreadable(&mut self, name: &FileName, error: &io::Error) {
        self.is_read(name);
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => "give the daemon's user the right to read it",
            _ => "it is tried again at every scan",
        };
        self.fault(Fault { path: name.full(), what: error.to_string(), hint });
    }

    fn healed(&mut self, path: PathBuf) {
        if self.faulty.remove(&path) {
            self.steps.push_back(Step::Healed(path));
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faulty.len() >= FAULTS_MAX {
            // What is still wrong is said again.
            self.steps.extend(self.faulty.drain().map(Step::Healed));
        }
        if self.faulty.insert(fault.path.clone()) {
            self.steps.push_back(Step::Fault(fault));
        }
    }
}

impl File {
    fn new(tail: Tail) -> File {
        File { tail, due: None, open: None, again: None, piece: None }
    }

    /// What was held back of the content that is lost now.
    fn flush(&mut self, name: &FileName) -> Option<Reading> {
        self.tail.held_back = false;
        let text = *self.open.take()?;
        let read = self.tail.checkpoint.as_ref()?;
        let chunk = Chunk {
            text,
            at_end: true,
            unterminated: false,
            fingerprint: read.fingerprint,
            hash: 0,
            repeats_its_head: false,
        };
        let mut reading = reading_of(name, read.stat, chunk, Part::Appended, Take::All);
        reading.layout = read.layout.clone();
        reading.said_open = read.said_open;
        reading.lost = true;
        Some(reading)
    }
}
