//! The source itself: every file of the drop directories and where it stands; what is to be read next.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::checkpoint::{Checkpoint, FileState};
use crate::model::file::{FileName, Position, Stat};
use crate::model::text::Text;
use crate::source::reader::{Found, Opened, Read, look};
use crate::source::scan::{Names, Scan, unreadable, walk};
use crate::source::tail::{Action, Change, Phase, change};
use crate::source::{Fault, Hint, Parsed, Part, Reading, Step, Take};

/// How often everything is looked at, whatever the watcher says, s.
const SCAN_S: u64 = 5;

/// A scan may cost this part of a core: with more files it comes less often.
const SCAN_SHARE: u32 = 500;

/// How long after a directory appeared it is listed once more, ms: files may have come before its watch did.
const LIST_AGAIN_MS: u64 = 100;

/// How often a file that changes while it is read is tried again at once, before its quiet is waited for.
const TRIES_MAX: usize = 3;

/// The coarsest clock that stamps files, ms: what changes within a tick of its reading may look unchanged.
const TICK_MS: i64 = 20;

/// Up to this size a file that was read within a tick of its change is read again to compare, bytes.
const COMPARE_BYTES_MAX: u64 = 8 << 20;

/// How much of the text that was left for later is kept, bytes, in case the file is cut under it.
const HELD_BYTES_MAX: usize = 1 << 20;

/// How many paths with faults are remembered, so that each is said once.
const FAULTS_MAX: usize = 10_000;

/// What to read, and how.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// The drop directories.
    pub roots: Vec<PathBuf>,
    /// Which names are read.
    pub names: Names,
    /// How long a file must be quiet.
    pub settle: Duration,
    /// Files older than this at first sight are left alone until they change.
    pub ignore_older: Option<Duration>,
    /// Whether it ends when everything was read.
    pub once: bool,
    /// (device, inode) of what is never read: the state directory, the file that stdout goes to.
    pub forbidden: Vec<(u64, u64)>,
    /// How much text one reading has at most, bytes.
    pub reading_bytes_max: u64,
}

/// A file and where it stands.
#[derive(Debug)]
struct Entry {
    /// As it was last seen.
    stat: Stat,
    phase: Phase,
    /// How far it was read; in phase `Unread` of what stood there before, or empty.
    checkpoint: Checkpoint,
    /// Whether the update at `checkpoint.resume` was said.
    said_open: bool,
    /// When it is looked at next. Older entries of the heap are void.
    due: Option<Instant>,
    /// The scan that last found it.
    scan: u64,
    /// Whether the first scan found it, and it hasn't been read.
    lying_there: bool,
    /// The text from `checkpoint.resume` on, where an update was left for later.
    held: Option<Box<Text>>,
    /// The hash of what was read within a tick of its change.
    suspect: Option<u128>,
    /// Whether a whole reading isn't through: the limit cut it.
    in_pieces: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Dirty {
    closed: bool,
    moved: bool,
}

/// All files. Owned by one thread.
#[derive(Debug)]
pub struct Source {
    options: SourceOptions,
    files: HashMap<FileName, Entry>,
    roots: Vec<Arc<Path>>,
    /// The same roots as the watcher names them.
    watched: Vec<PathBuf>,
    /// Device and inode of each root at the last scan.
    root_stats: Vec<Option<(u64, u64)>>,
    dirty: HashMap<FileName, Dirty>,
    due: BinaryHeap<Reverse<(Instant, FileName)>>,
    /// What can be read now, in the order of reading: by mtime, then path.
    ready: BTreeSet<(i64, FileName)>,
    steps: VecDeque<Step>,
    list_again: Vec<(Instant, FileName)>,
    next_scan: Instant,
    scans: u64,
    faulty: HashSet<PathBuf>,
    /// Files of the first scan that haven't been read; `None` once that was said.
    lying_left: Option<HashSet<FileName>>,
    /// The file whose reading is out with the parser.
    out: Option<FileName>,
}

impl Source {
    /// Goes on from `checkpoints`. The first scan comes with the first `next`.
    pub fn new(options: SourceOptions, checkpoints: Vec<(FileName, Checkpoint)>, now: Instant) -> Source {
        let roots: Vec<Arc<Path>> = options.roots.iter().map(|root| Arc::from(root.as_path())).collect();
        let mut source = Source {
            root_stats: vec![None; roots.len()],
            watched: roots.iter().map(|root| absolute(root)).collect(),
            files: HashMap::with_capacity(checkpoints.len()),
            dirty: HashMap::new(),
            due: BinaryHeap::new(),
            ready: BTreeSet::new(),
            steps: VecDeque::new(),
            list_again: Vec::new(),
            next_scan: now,
            scans: 0,
            faulty: HashSet::new(),
            lying_left: Some(HashSet::new()),
            out: None,
            options,
            roots,
        };
        for (mut file, checkpoint) in checkpoints {
            // A directory that is no longer followed keeps its checkpoints: it may come back.
            let Some(root) = source.roots.iter().find(|root| **root == file.root) else { continue };
            file.root = root.clone();
            let phase = Phase::Read { grown: now, held_back: false, open_line: false };
            let mut entry = Entry::new(checkpoint.stat, phase, 0);
            entry.checkpoint = checkpoint;
            entry.said_open = true;
            source.files.insert(file, entry);
        }
        source
    }

    /// Takes a hint.
    pub fn hint(&mut self, hint: Hint, now: Instant) {
        let (path, dirty) = match hint {
            Hint::Rescan => {
                self.next_scan = now;
                return;
            }
            Hint::Closed(path) => (path, Dirty { closed: true, moved: false }),
            Hint::Moved(path) => (path, Dirty { closed: false, moved: true }),
            Hint::Changed(path) => (path, Dirty::default()),
        };
        for (root, watched) in self.roots.iter().zip(&self.watched) {
            let Ok(below) = path.strip_prefix(watched) else { continue };
            if below.as_os_str().is_empty() {
                // The root itself came, went or was moved.
                self.next_scan = now;
            } else {
                let file = FileName { root: root.clone(), path: Arc::from(below) };
                let known = self.dirty.entry(file).or_default();
                known.closed |= dirty.closed;
                known.moved |= dirty.moved;
            }
            return;
        }
    }

    /// What to do next.
    pub fn next(&mut self, now: Instant) -> Step {
        assert!(self.out.is_none(), "the last reading was not parsed");
        loop {
            if let Some(step) = self.steps.pop_front() {
                if let Step::Reading(reading) = &step {
                    self.out = Some(reading.file.clone());
                }
                return step;
            }
            if self.look_around(now) {
                continue;
            }
            if let Some((_, file)) = self.ready.pop_first() {
                self.read(&file, now);
                continue;
            }
            if self.lying_left.as_ref().is_some_and(|left| self.scans > 0 && left.is_empty()) {
                self.lying_left = None;
                return Step::FirstScanRead;
            }
            let due = self.due.peek().map(|Reverse((due, _))| *due);
            if self.options.once && due.is_none() && self.list_again.is_empty() && self.lying_left.is_none() {
                return Step::Done;
            }
            let again = self.list_again.iter().map(|(at, _)| *at).min();
            return Step::Idle([due, again].into_iter().flatten().fold(self.next_scan, Instant::min));
        }
    }

    /// Looks at what was hinted, what is due, and everything when a scan is. True if there was something.
    fn look_around(&mut self, now: Instant) -> bool {
        let mut looked = false;
        if now >= self.next_scan {
            self.scan(now);
            looked = true;
        }
        if !self.dirty.is_empty() {
            for (file, dirty) in std::mem::take(&mut self.dirty) {
                self.look_at(&file, dirty, now);
            }
            looked = true;
        }
        let mut due_now = Vec::new();
        self.list_again.retain(|(at, directory)| {
            let wait = *at > now;
            if !wait {
                due_now.push(directory.clone());
            }
            wait
        });
        for directory in due_now {
            self.list(&directory, now);
            looked = true;
        }
        while self.due.peek().is_some_and(|Reverse((due, _))| *due <= now) {
            let Some(Reverse((due, file))) = self.due.pop() else { break };
            if self.files.get(&file).is_some_and(|entry| entry.due == Some(due)) {
                self.look_at(&file, Dirty::default(), now);
            }
            looked = true;
        }
        looked && (!self.ready.is_empty() || !self.steps.is_empty())
    }

    /// Looks at everything.
    fn scan(&mut self, now: Instant) {
        let begun = Instant::now();
        self.scans += 1;
        for at in 0..self.roots.len() {
            let root = self.roots[at].clone();
            let stat = std::fs::metadata(&root).ok().map(|metadata| {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino())
            });
            if stat.is_some() && self.root_stats[at].replace_if_new(stat) && self.scans > 1 {
                self.steps.push_back(Step::RootIsNew(root.to_path_buf()));
            }
            let found = walk(&root, Path::new(""), &self.options.names, &self.options.forbidden);
            let unreadable = found.unreadable.clone();
            self.take(&root, found, now);
            self.find_gone(&root, &unreadable, now);
        }
        let cost = begun.elapsed() * SCAN_SHARE;
        self.next_scan = now + cost.max(Duration::from_secs(SCAN_S));
    }

    /// Lists a directory that appeared.
    fn list(&mut self, directory: &FileName, now: Instant) {
        let found = walk(&directory.root, &directory.path, &self.options.names, &self.options.forbidden);
        self.take(&directory.root.clone(), found, now);
    }

    /// Takes in what a walk found.
    fn take(&mut self, root: &Arc<Path>, found: Scan, now: Instant) {
        for fault in found.faults {
            self.fault(fault);
        }
        for (path, stat) in found.files {
            let file = FileName { root: root.clone(), path: Arc::from(path) };
            self.seen(&file, stat, Dirty::default(), true, now);
        }
    }

    /// Finds the files that this scan didn't.
    fn find_gone(&mut self, root: &Arc<Path>, unreadable: &[PathBuf], now: Instant) {
        let scan = self.scans;
        let hidden = |path: &Path| unreadable.iter().any(|directory| path.starts_with(directory));
        let gone: Vec<FileName> = self
            .files
            .iter()
            .filter(|(file, entry)| file.root == *root && entry.scan < scan && !hidden(&file.path))
            .map(|(file, _)| file.clone())
            .collect();
        for file in gone {
            // It may have come back since the walk.
            self.look_at(&file, Dirty::default(), now);
        }
    }

    /// Looks at one path.
    fn look_at(&mut self, file: &FileName, dirty: Dirty, now: Instant) {
        let full = file.full();
        match look(&full) {
            Ok(Found::File(stat)) => {
                if self.options.names.reads(&file.path)
                    && !self.options.forbidden.contains(&(stat.device, stat.inode))
                {
                    self.seen(file, stat, dirty, false, now);
                }
            }
            Ok(Found::Directory(stat)) => {
                if self.options.names.enters(&file.path)
                    && !self.options.forbidden.contains(&(stat.device, stat.inode))
                {
                    self.list(file, now);
                    self.list_again.push((now + Duration::from_millis(LIST_AGAIN_MS), file.clone()));
                }
            }
            // Links and the like are the scan's to name.
            Ok(Found::Link | Found::Special) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                // Where the drop directory itself is gone, nothing in it is: a lost mount loses nothing.
                if file.root.is_dir() {
                    self.gone(file);
                }
            }
            Err(error) => self.fault(unreadable(&full, &error)),
        }
    }

    /// A path is no longer there.
    fn gone(&mut self, file: &FileName) {
        // What was below a directory is found gone by the next scan: telling it from a temporary file would
        // cost a look at every known path.
        if !self.files.contains_key(file) {
            return;
        }
        self.flush_held(file);
        self.files.remove(file);
        self.lying_left.as_mut().map(|left| left.remove(file));
        self.steps.push_back(Step::Gone(file.clone()));
    }

    /// Takes in a file's stat, and decides what to do with it.
    fn seen(&mut self, file: &FileName, stat: Stat, dirty: Dirty, by_scan: bool, now: Instant) {
        let first_scan = self.scans == 1 && self.lying_left.is_some();
        if !self.files.contains_key(file) {
            if self.is_ignored(&stat) {
                return;
            }
            let mut entry = Entry::new(stat, Phase::unread(now), self.scans);
            entry.lying_there = first_scan;
            self.files.insert(file.clone(), entry);
        }
        let Some(entry) = self.files.get_mut(file) else { return };
        entry.scan = self.scans;
        match entry.phase {
            Phase::Unread { .. } => {
                let has_changed = entry.stat != stat;
                entry.phase.see(has_changed, dirty.closed, dirty.moved, now);
            }
            Phase::Read { .. } => {
                let compare = by_scan && entry.suspect.is_some();
                let changed = match change(&entry.checkpoint.stat, entry.checkpoint.read_offset, &stat) {
                    Change::None if compare => Change::Other,
                    changed => changed,
                };
                match changed {
                    Change::None => {}
                    Change::Longer => {
                        if entry.stat != stat {
                            entry.phase.see(true, dirty.closed, dirty.moved, now);
                        }
                        entry.stat = stat;
                        self.ready.insert((stat.mtime_ns, file.clone()));
                        return;
                    }
                    Change::Other => self.is_another(file, stat, dirty, now),
                }
            }
        }
        if first_scan && let Some(left) = &mut self.lying_left {
            let unread =
                self.files.get(file).is_some_and(|entry| matches!(entry.phase, Phase::Unread { .. }));
            if unread {
                left.insert(file.clone());
            }
        }
        if let Some(entry) = self.files.get_mut(file) {
            entry.stat = stat;
        }
        self.decide(file, now);
    }

    fn is_ignored(&self, stat: &Stat) -> bool {
        let Some(older) = self.options.ignore_older else { return false };
        let now_ns = jiff::Timestamp::now().as_nanosecond();
        now_ns - i128::from(stat.mtime_ns) > older.as_nanos() as i128
    }

    /// A file that was read is another now: what was left for later is said, and all of it is read.
    fn is_another(&mut self, file: &FileName, stat: Stat, dirty: Dirty, now: Instant) {
        self.flush_held(file);
        let Some(entry) = self.files.get_mut(file) else { return };
        let same = entry.checkpoint.stat == stat;
        entry.phase = Phase::unread(now);
        // A comparison after a tick needn't wait: the file was quiet since the last scan.
        entry.phase.see(false, dirty.closed, dirty.moved || same, now);
        entry.stat = stat;
    }

    /// Hands out what was left for later, if the file can no longer be asked for it.
    fn flush_held(&mut self, file: &FileName) {
        let Some(entry) = self.files.get_mut(file) else { return };
        let Some(text) = entry.held.take() else { return };
        self.steps.push_back(Step::Reading(Box::new(Reading {
            file: file.clone(),
            stat: entry.checkpoint.stat,
            fingerprint: entry.checkpoint.fingerprint,
            read_offset: entry.checkpoint.read_offset,
            text: *text,
            part: Part::Appended,
            piece: false,
            take: Take::All,
            unterminated: false,
            said_open: entry.said_open,
            layout: entry.checkpoint.layout.clone(),
            content_hash: None,
            lying_there: false,
        })));
    }

    /// Makes a file ready, or notes when to look at it again.
    fn decide(&mut self, file: &FileName, now: Instant) {
        let Some(entry) = self.files.get_mut(file) else { return };
        entry.due = None;
        match entry.phase.decide(self.options.settle, now) {
            Action::Wait(until) => {
                entry.due = Some(until);
                self.due.push(Reverse((until, file.clone())));
            }
            Action::ReadWhole | Action::ReadGrowing | Action::Flush { .. } => {
                self.ready.insert((entry.stat.mtime_ns, file.clone()));
            }
            Action::Rest => {}
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faulty.len() < FAULTS_MAX && self.faulty.insert(fault.path.clone()) {
            self.steps.push_back(Step::Fault(fault));
        }
    }

    /// Reads a file that is ready, and hands it out.
    fn read(&mut self, file: &FileName, now: Instant) {
        let full = file.full();
        match self.try_read(file, &full, now) {
            Ok(()) => {
                self.faulty.remove(&full);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.look_at(file, Dirty::default(), now)
            }
            Err(error) => {
                self.fault(unreadable(&full, &error));
                // It stays as it is, and is tried again at the next scan.
                self.lying_left.as_mut().map(|left| left.remove(file));
            }
        }
    }

    fn try_read(&mut self, file: &FileName, full: &Path, now: Instant) -> io::Result<()> {
        for _ in 0..TRIES_MAX {
            let opened = Opened::open(full)?;
            let Some(entry) = self.files.get(file) else { return Ok(()) };
            let plan = entry.plan(&opened, self.options.settle, now)?;
            let Some(plan) = plan else {
                let stat = opened.stat;
                self.is_another(file, stat, Dirty::default(), now);
                self.decide(file, now);
                return Ok(());
            };
            if plan.part == Part::Whole && !opened.is_text()? {
                return self.not_text(file, &opened, now);
            }
            let read = opened.read(plan.from, plan.with_open_line, self.options.reading_bytes_max)?;
            let settled = match plan.part {
                Part::Whole if plan.take == Take::All => opened.is_unchanged()?,
                Part::Whole | Part::Appended => opened.only_grew()?,
            };
            if settled {
                self.hand_out(file, &opened, read, &plan, now);
                return Ok(());
            }
        }
        // It changes faster than it can be read: its quiet is waited for.
        let Some(entry) = self.files.get_mut(file) else { return Ok(()) };
        entry.phase.see(true, false, false, now);
        self.decide(file, now);
        Ok(())
    }

    fn not_text(&mut self, file: &FileName, opened: &Opened, now: Instant) -> io::Result<()> {
        let Some(entry) = self.files.get_mut(file) else { return Ok(()) };
        entry.phase = Phase::Read { grown: now, held_back: false, open_line: false };
        entry.stat = opened.stat;
        entry.checkpoint = Checkpoint {
            stat: opened.stat,
            read_offset: opened.stat.size_bytes,
            state: FileState::NotText,
            ..Checkpoint::default()
        };
        let checkpoint = entry.checkpoint.clone();
        self.lying_left.as_mut().map(|left| left.remove(file));
        self.steps.push_back(Step::State(file.clone(), checkpoint));
        Ok(())
    }

    fn hand_out(&mut self, file: &FileName, opened: &Opened, read: Read, plan: &Plan, now: Instant) {
        let Some(entry) = self.files.get_mut(file) else { return };
        let suspect = std::mem::take(&mut entry.suspect);
        entry.stat = opened.stat;
        if plan.part == Part::Whole && suspect.is_some() && suspect == read.content_hash {
            // It is what was read before: nothing changed within that tick.
            entry.phase = Phase::Read {
                grown: now,
                held_back: false,
                open_line: read.open_line && !plan.with_open_line,
            };
            entry.checkpoint.stat = opened.stat;
            return self.decide(file, now);
        }
        let age_ns = jiff::Timestamp::now().as_nanosecond() - i128::from(opened.stat.mtime_ns);
        if age_ns.abs() < i128::from(TICK_MS) * 1_000_000 && opened.stat.size_bytes <= COMPARE_BYTES_MAX {
            entry.suspect = read.content_hash;
        }
        let whole_in_pieces = !read.at_end && plan.take == Take::All && plan.part == Part::Whole
            || entry.in_pieces && plan.part == Part::Appended;
        entry.in_pieces = whole_in_pieces && !read.at_end;
        let take = match (whole_in_pieces, read.at_end) {
            (true, true) => Take::All,
            (_, false) => Take::Complete,
            (false, true) => plan.take,
        };
        let grown = match entry.phase {
            Phase::Read { grown, .. } => grown,
            Phase::Unread { .. } => now,
        };
        entry.phase =
            Phase::Read { grown, held_back: false, open_line: read.open_line && !plan.with_open_line };
        let lying_there = std::mem::take(&mut entry.lying_there) || entry.in_pieces;
        entry.lying_there = entry.in_pieces && lying_there;
        if !entry.in_pieces {
            self.lying_left.as_mut().map(|left| left.remove(file));
        }
        let said_open = plan.part == Part::Appended && entry.said_open;
        let layout = entry.checkpoint.layout.clone().filter(|_| plan.part == Part::Appended);
        entry.checkpoint.stat = opened.stat;
        entry.checkpoint.read_offset = read.read_offset;
        entry.checkpoint.fingerprint = read.fingerprint;
        if plan.part == Part::Whole {
            entry.checkpoint.resume = Position::START;
            entry.checkpoint.layout = None;
        }
        entry.held = Some(Box::new(read.text.clone()))
            .filter(|_| take == Take::Complete && read.text.utf8.len() <= HELD_BYTES_MAX);
        self.steps.push_back(Step::Reading(Box::new(Reading {
            file: file.clone(),
            stat: opened.stat,
            fingerprint: read.fingerprint,
            read_offset: read.read_offset,
            text: read.text,
            part: plan.part,
            piece: whole_in_pieces && plan.part == Part::Appended,
            take,
            unterminated: plan.part == Part::Whole && plan.was_closed && read.open_line,
            said_open,
            layout,
            content_hash: read.content_hash,
            lying_there,
        })));
    }

    /// Takes in what the parser made of the last reading. Must follow each.
    pub fn parsed(&mut self, file: &FileName, parsed: Parsed, now: Instant) {
        assert!(self.out.as_ref() == Some(file), "a reading is parsed once");
        self.out = None;
        let Some(entry) = self.files.get_mut(file) else { return };
        let Phase::Read { held_back, .. } = &mut entry.phase else { return };
        *held_back = parsed.held_back;
        let moved_on = entry.checkpoint.resume != parsed.resume;
        entry.said_open = if parsed.held_back {
            entry.said_open && !moved_on
        } else {
            true
        };
        entry.checkpoint.resume = parsed.resume;
        entry.checkpoint.layout = parsed.layout;
        entry.checkpoint.state = parsed.state;
        entry.held =
            entry.held.take().filter(|_| parsed.held_back).map(|held| Box::new(held.since(parsed.resume)));
        if entry.in_pieces {
            self.ready.insert((entry.stat.mtime_ns, file.clone()));
        } else {
            self.decide(file, now);
        }
    }

    /// How many files it knows.
    pub fn files(&self) -> usize {
        self.files.len()
    }
}

/// A path as the watcher names it.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}

/// How a file that is ready is to be read.
#[derive(Debug)]
struct Plan {
    part: Part,
    from: Position,
    take: Take,
    with_open_line: bool,
    was_closed: bool,
}

impl Entry {
    fn new(stat: Stat, phase: Phase, scan: u64) -> Entry {
        Entry {
            stat,
            phase,
            checkpoint: Checkpoint::default(),
            said_open: false,
            due: None,
            scan,
            lying_there: false,
            held: None,
            suspect: None,
            in_pieces: false,
        }
    }

    /// How to read it now; `None` if it is another file than the one that was read.
    fn plan(&self, opened: &Opened, settle: Duration, now: Instant) -> io::Result<Option<Plan>> {
        let whole = |take, was_closed| {
            Ok(Some(Plan {
                part: Part::Whole,
                from: Position::START,
                take,
                with_open_line: take == Take::All,
                was_closed,
            }))
        };
        match &self.phase {
            Phase::Unread { closed, moved, .. } => match self.phase.decide(settle, now) {
                Action::ReadGrowing => whole(Take::Complete, false),
                Action::Wait(_) | Action::ReadWhole | Action::Flush { .. } | Action::Rest => {
                    whole(Take::All, closed.is_some() && !moved)
                }
            },
            Phase::Read { .. } => {
                let read = &self.checkpoint;
                if !opened.stat.same_file(&read.stat)
                    || !opened.still_has(read.fingerprint, read.read_offset)?
                {
                    return Ok(None);
                }
                let (take, with_open_line) = match self.phase.decide(settle, now) {
                    Action::Flush { with_open_line } => (Take::All, with_open_line),
                    Action::Wait(_) | Action::ReadWhole | Action::ReadGrowing | Action::Rest => {
                        (Take::Complete, false)
                    }
                };
                Ok(Some(Plan {
                    part: Part::Appended,
                    from: read.resume,
                    take,
                    with_open_line,
                    was_closed: false,
                }))
            }
        }
    }
}

/// `Option::replace` that says whether the value is another.
trait ReplaceIfNew {
    fn replace_if_new(&mut self, value: Self) -> bool;
}

impl ReplaceIfNew for Option<(u64, u64)> {
    fn replace_if_new(&mut self, value: Self) -> bool {
        let is_new = *self != value;
        *self = value;
        is_new
    }
}
