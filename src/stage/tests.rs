//! Reader, parser, gate and journal over a simulated clock: random deeds of writers, of the kernel, of the machine,
//! and what the journal must have in the end.
//!
//! The files are real ones, in memory. What a kill leaves is the state directory as it is; what a power loss
//! leaves is one of the copies that were made of it since: the last of them that was flushed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use async_channel::Receiver;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::config::Config;
use crate::journal::gate::Options;
use crate::journal::{reader::Reader as JournalReader, recovery};
use crate::model::pulse::Pulse;
use crate::source::files::Source;
use crate::source::reading::{Done, DonePolicy, Hint, SourceOptions};
use crate::stage::Work;
use crate::stage::gate::GateStage;
use crate::stage::mover::Mover;
use crate::stage::page::Settings;
use crate::stage::read::{Reader, Turn};

/// How many sequences each of the two tests tries.
const CASES: u32 = 1_500;

/// How many deeds a sequence has.
const DEEDS: usize = 40;

/// How many blogs there are. Each is a file with its day in its name, in one of two directories.
const BLOGS: usize = 4;

/// How much the reader hands out while nothing can be journaled.
const WAITING_MAX: usize = 4;

/// How long the world is left alone at the end: scans, settles and retries are shorter.
const QUIET_S: u64 = 40;

/// One thing that happens. Whether the watcher tells of it is drawn apart.
#[derive(Debug, Clone)]
enum Deed {
    /// An update more at the end of a log, or on top of a page.
    Add(usize),
    /// The same by a rename.
    Replace(usize),
    /// A part of an update at the end of a log, cut at so many of 256 behind its time line, and the rest some time
    /// later, ms.
    AddTorn(usize, u8, u16),
    /// The log goes on as a copy, and is emptied.
    CopyTruncate(usize),
    /// Moved aside, and another file under its name.
    Rotate(usize),
    /// Removed and made again at once: it often gets the same inode.
    Recreate(usize),
    /// The two directories change their names.
    SwapDirectories,
    /// The kernel's queue of events runs over.
    Overflow,
    Kill,
    /// The machine goes down: what wasn't flushed is lost.
    PowerLoss,
    /// All is flushed.
    Flush,
    /// The disk is full from now on, or has room again.
    FullDisk(bool),
    /// The wall clock jumps, s.
    ClockJump(i32),
    /// Time passes, ms.
    Wait(u16),
}

fn deed() -> impl Strategy<Value = (Deed, bool)> {
    let blog = 0..BLOGS;
    let deed = prop_oneof![
        8 => blog.clone().prop_map(Deed::Add),
        3 => blog.clone().prop_map(Deed::Replace),
        2 => (blog.clone(), any::<u8>(), 0u16..3_000)
            .prop_map(|(blog, cut, ms)| Deed::AddTorn(blog, cut, ms)),
        1 => blog.clone().prop_map(Deed::CopyTruncate),
        1 => blog.clone().prop_map(Deed::Rotate),
        1 => blog.prop_map(Deed::Recreate),
        1 => Just(Deed::SwapDirectories),
        1 => Just(Deed::Overflow),
        2 => Just(Deed::Kill),
        1 => Just(Deed::PowerLoss),
        1 => Just(Deed::Flush),
        1 => any::<bool>().prop_map(Deed::FullDisk),
        1 => (-40_000_000i32..40_000_000).prop_map(Deed::ClockJump),
        8 => (0u16..4_000).prop_map(Deed::Wait),
    ];
    (deed, any::<bool>())
}

struct World {
    dir: TempDir,
    /// What becomes of files that are done: at once, since the kernel's clock stands still beside the world's.
    done: Option<Done>,
    now: Instant,
    wall: SystemTime,
    boot: u32,
    life: Option<Life>,
    full: bool,
    /// What the reader handed out and a full disk kept from the journal.
    waiting: Vec<Work>,
    /// How many updates each blog has had.
    counts: [usize; BLOGS],
    /// What stands in each blog's file, oldest first.
    standing: [Vec<usize>; BLOGS],
    /// What was moved aside, by file name.
    aside: Vec<PathBuf>,
    /// The state as it was last flushed.
    flushed: TempDir,
    /// What the journal said so far: it may only grow, but for a power loss.
    said: Vec<String>,
    said_flushed: usize,
}

/// The daemon from a start to an end.
struct Life {
    reader: Reader,
    works: Receiver<Work>,
    gate: GateStage,
    head: tokio::sync::watch::Receiver<crate::journal::Head>,
}

/// In memory, where there is such a directory: thousands of journals are made.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
    .expect("a directory")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    }
}

/// What every update says.
const BODY: &str = "What happened then, in a sentence that is long enough to be cut.";

fn headline(blog: usize, number: usize) -> String {
    format!("Update {number} of blog {blog}")
}

fn is_log(blog: usize) -> bool {
    blog.is_multiple_of(2)
}

fn update(blog: usize, number: usize) -> String {
    let (hour, minute) = (number / 60, number % 60);
    format!("{hour:02}:{minute:02} GMT\n{}\n{BODY}\n", headline(blog, number))
}

impl World {
    fn new(done: Option<fn(&Path) -> Done>) -> World {
        let dir = directory();
        for name in ["drop/east", "drop/west"] {
            fs::create_dir_all(dir.path().join(name)).expect("a directory");
        }
        let mut world = World {
            done: done.map(|done| done(dir.path())),
            dir,
            now: Instant::now(),
            wall: SystemTime::now() + Duration::from_secs(60),
            boot: 0,
            life: None,
            full: false,
            waiting: Vec::new(),
            counts: [0; BLOGS],
            standing: Default::default(),
            aside: Vec::new(),
            flushed: directory(),
            said: Vec::new(),
            said_flushed: 0,
        };
        world.start();
        world.flush();
        world
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn start(&mut self) {
        let options = Options { segment_bytes: 4 << 10, ..Options::default() };
        let (journal, _) =
            recovery::open(&self.state(), options, &format!("boot-{}", self.boot)).expect("it opens");
        let mut source = SourceOptions::new(vec![self.dir.path().join("drop")]);
        source.done = self.done.clone().map(|done| DonePolicy { after: Duration::ZERO, done });
        let source = Source::new(source, journal.checkpoints().expect("checkpoints"), self.now);
        let settings = Arc::new(Settings::new(&Config::default(), None).expect("settings"));
        let (work, works) = async_channel::bounded(1_024);
        let (_stop, stopped) = async_channel::bounded(1);
        let head = journal.watch();
        let gate = GateStage::new(
            journal,
            works.clone(),
            stopped,
            true,
            Pulse::default(),
            tokio::sync::watch::Sender::new(false),
            None,
        );
        let mover = Mover::open(&self.state()).expect("a mover");
        let reader = Reader::new(source, mover, settings, false, work);
        self.life = Some(Life { reader, works, gate, head });
    }

    /// Goes on until nothing is to be done now.
    fn run(&mut self) {
        for _ in 0..10_000 {
            let Some(life) = &self.life else { return };
            let before = self.waiting.len();
            while let Ok(work) = life.works.try_recv() {
                self.waiting.push(work);
            }
            if self.waiting[before..]
                .iter()
                .any(|work| matches!(work, Work::Left(left) if !left.away.is_empty()))
            {
                // The mover has flushed the journal before.
                self.flush();
            }
            let Some(life) = &mut self.life else { return };
            if self.full && self.waiting.len() >= WAITING_MAX {
                return;
            }
            if !self.waiting.is_empty() && !self.full {
                life.gate.commit(&self.waiting).expect("it commits");
                self.waiting.clear();
            }
            match life.reader.turn(self.now, self.wall) {
                Turn::Worked => {}
                Turn::Idle(_) => return,
                Turn::Done => panic!("it never ends by itself"),
            }
        }
        panic!("it never rests");
    }

    fn after(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.wall += Duration::from_millis(ms);
        self.run();
    }

    /// The journal's lines, which are those that were there before, and more.
    fn read_journal(&mut self) {
        let Some(life) = &self.life else { return };
        let head = life.head.borrow().clone();
        let mut reader = JournalReader::new(&self.state());
        reader.seek(0, &head).expect("it seeks");
        let mut lines = Vec::new();
        while reader.read(&head, &mut lines, 1 << 20).expect("it reads") > 0 {}
        let lines: Vec<String> =
            String::from_utf8(lines).expect("UTF-8").lines().map(str::to_owned).collect();
        assert!(lines.starts_with(&self.said), "what was said was taken back");
        self.said = lines;
    }

    fn flush(&mut self) {
        self.read_journal();
        self.said_flushed = self.said.len();
        self.flushed = directory();
        copy(&self.state(), self.flushed.path());
    }

    fn end(&mut self) {
        self.read_journal();
        self.life = None;
        self.waiting.clear();
    }

    fn path(&self, blog: usize) -> PathBuf {
        let side = if blog < BLOGS / 2 { "east" } else { "west" };
        let name = format!("2024-03-{:02}-{blog}.txt", blog + 1);
        // The directories may have changed their names.
        let there = self.dir.path().join("drop/west").join(&name);
        let here = self.dir.path().join("drop/east").join(&name);
        match (here.exists(), there.exists()) {
            (true, _) => here,
            (_, true) => there,
            (false, false) => self.dir.path().join("drop").join(side).join(name),
        }
    }

    fn text(&self, blog: usize) -> String {
        let numbers = self.standing[blog].iter();
        if is_log(blog) {
            numbers.map(|&number| update(blog, number)).collect()
        } else {
            numbers.rev().map(|&number| update(blog, number)).collect()
        }
    }

    fn next(&mut self, blog: usize) -> usize {
        self.counts[blog] += 1;
        let number = self.counts[blog] - 1;
        self.standing[blog].push(number);
        number
    }

    fn append(&self, path: &Path, text: &str) {
        use std::io::Write;
        let mut file = fs::File::options().append(true).create(true).open(path).expect("a file");
        file.write_all(text.as_bytes()).expect("appended");
    }

    fn tell(&mut self, hinted: bool, hint: Hint) {
        if let Some(life) = self.life.as_mut().filter(|_| hinted) {
            life.reader.hint(hint, self.now);
        }
    }

    /// Puts what stands in the file to another one, and begins it anew.
    fn put_aside(&mut self, blog: usize) -> PathBuf {
        let path = self.path(blog);
        let aside = path.with_extension(format!("txt.{}", self.aside.len()));
        self.aside.push(aside.clone());
        aside
    }

    fn happen(&mut self, deed: Deed, hinted: bool) {
        match deed {
            Deed::Add(blog) => {
                let (number, path) = (self.next(blog), self.path(blog));
                if is_log(blog) {
                    self.append(&path, &update(blog, number));
                } else {
                    fs::write(&path, self.text(blog)).expect("written");
                }
                self.tell(hinted, Hint::Closed(path));
            }
            Deed::Replace(blog) => {
                self.next(blog);
                let path = self.path(blog);
                let new = self.dir.path().join("new");
                fs::write(&new, self.text(blog)).expect("written");
                fs::rename(&new, &path).expect("moved");
                self.tell(hinted, Hint::Moved(path));
            }
            // Whoever writes half an update, and rests until the file is done, writes the rest into the archive.
            Deed::AddTorn(blog, ..) if self.done.is_some() => self.happen(Deed::Add(blog), hinted),
            Deed::AddTorn(blog, cut, ms) => {
                // A page is written at once: half of it would be another page.
                let blog = blog / 2 * 2;
                let (number, path) = (self.next(blog), self.path(blog));
                let text = update(blog, number);
                let start = text.find('\n').unwrap_or(0) + 1;
                let (one, other) = text.split_at(start + (text.len() - start) * usize::from(cut) / 256);
                self.append(&path, one);
                self.tell(hinted, Hint::Changed(path.clone()));
                self.after(ms.into());
                self.append(&path, other);
                self.tell(hinted, Hint::Closed(path));
            }
            Deed::CopyTruncate(blog) => {
                let path = self.path(blog);
                if path.exists() {
                    let aside = self.put_aside(blog);
                    fs::copy(&path, &aside).expect("copied");
                    fs::write(&path, "").expect("truncated");
                    self.standing[blog].clear();
                    self.tell(hinted, Hint::Changed(path));
                }
            }
            Deed::Rotate(blog) => {
                let path = self.path(blog);
                if path.exists() {
                    let aside = self.put_aside(blog);
                    fs::rename(&path, &aside).expect("moved");
                    self.standing[blog].clear();
                    let number = self.next(blog);
                    fs::write(&path, update(blog, number)).expect("written");
                    self.tell(hinted, Hint::Moved(aside));
                    self.tell(hinted, Hint::Closed(path));
                }
            }
            Deed::Recreate(blog) => {
                let path = self.path(blog);
                if path.exists() {
                    let aside = self.put_aside(blog);
                    fs::copy(&path, &aside).expect("copied");
                    fs::remove_file(&path).expect("removed");
                    self.standing[blog].clear();
                    let number = self.next(blog);
                    fs::write(&path, update(blog, number)).expect("written");
                    self.tell(hinted, Hint::Closed(path));
                }
            }
            Deed::SwapDirectories => {
                let at = |name: &str| self.dir.path().join("drop").join(name);
                fs::rename(at("east"), self.dir.path().join("between")).expect("moved");
                fs::rename(at("west"), at("east")).expect("moved");
                fs::rename(self.dir.path().join("between"), at("west")).expect("moved");
                let east = at("east");
                self.tell(hinted, Hint::Directory(east));
            }
            Deed::Overflow => self.tell(true, Hint::Rescan),
            Deed::Kill => {
                self.end();
                self.start();
            }
            Deed::PowerLoss => {
                self.end();
                fs::remove_dir_all(self.state()).expect("removed");
                copy(self.flushed.path(), &self.state());
                self.said.truncate(self.said_flushed);
                self.boot += 1;
                self.start();
                self.read_journal();
            }
            Deed::Flush => self.flush(),
            Deed::FullDisk(full) => self.full = full,
            Deed::ClockJump(s) => {
                let jump = Duration::from_secs(s.unsigned_abs().into());
                self.wall = if s < 0 { self.wall - jump } else { self.wall + jump };
            }
            Deed::Wait(ms) => self.after(ms.into()),
        }
        if hinted {
            self.run();
        }
    }

    /// Leaves the world alone, and then looks: every update that stands anywhere is said, each once, and no other.
    fn assert_exact(&mut self) -> Result<(), TestCaseError> {
        self.full = false;
        for _ in 0..QUIET_S {
            self.after(1_000);
        }
        self.read_journal();
        let mut said: BTreeMap<String, usize> = BTreeMap::new();
        let mut bodies: BTreeMap<String, String> = BTreeMap::new();
        for line in &self.said {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let headline = event["headline"].as_str().unwrap_or("?").to_string();
            // One whose writer stopped in the middle for longer than `settle` is finished by a revision.
            if event["revision"] == 1 {
                *said.entry(headline.clone()).or_default() += 1;
            }
            bodies.insert(headline, event["body"].as_str().unwrap_or("?").to_string());
        }
        let cut: Vec<_> = bodies.iter().filter(|(_, body)| *body != BODY).collect();
        prop_assert!(cut.is_empty(), "never finished: {cut:?}");
        for blog in 0..BLOGS {
            for number in 0..self.counts[blog] {
                let times = said.remove(&headline(blog, number)).unwrap_or(0);
                prop_assert_eq!(times, 1, "{} was said {} times", headline(blog, number), times);
            }
        }
        prop_assert!(said.is_empty(), "never written: {said:?}");
        Ok(())
    }
}

fn lives(deeds: Vec<(Deed, bool)>, done: Option<fn(&Path) -> Done>) -> Result<(), TestCaseError> {
    let mut world = World::new(done);
    for (deed, hinted) in deeds {
        world.happen(deed, hinted);
    }
    world.assert_exact()
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, max_shrink_iters: 2_000, ..ProptestConfig::default() }
}

// Two, since there are two cores.
proptest! {
    #![proptest_config(config())]
    #[test]
    fn whatever_happens_each_update_is_said_once(deeds in prop::collection::vec(deed(), DEEDS)) {
        lives(deeds, None)?;
    }

    #[test]
    fn whatever_happens_each_update_is_said_once_elsewhere(deeds in prop::collection::vec(deed(), DEEDS)) {
        lives(deeds, None)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES / 3, ..config() })]
    /// Files vanish into the archive, or for good, between any two deeds.
    #[test]
    fn what_is_done_may_go_and_each_update_is_still_said_once(
        deeds in prop::collection::vec(deed(), DEEDS),
        removed in any::<bool>(),
    ) {
        let archive = |dir: &Path| Done::Archive(Arc::from(dir.join("old")));
        lives(deeds, Some(if removed { |_: &Path| Done::Remove } else { archive }))?;
    }
}
