//! The world that the daemon lives in: its files, its clock, its disk.

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

/// How many blogs there are. Each is a file with its day in its name, in one of two directories.
pub(super) const BLOGS: usize = 4;

/// How much the reader hands out while nothing can be journaled.
const WAITING_MAX: usize = 4;

/// How long the world is left alone at the end: scans, settles and retries are shorter.
const QUIET_S: u64 = 40;

pub(super) struct World {
    pub(super) dir: TempDir,
    /// What becomes of files that are done: at once, since the kernel's clock stands still beside the world's.
    pub(super) done: Option<Done>,
    /// What is configured of pages.
    config: Config,
    pub(super) now: Instant,
    pub(super) wall: SystemTime,
    pub(super) boot: u32,
    pub(super) life: Option<Life>,
    pub(super) full: bool,
    /// What the reader handed out and a full disk kept from the journal.
    pub(super) waiting: Vec<Work>,
    /// How many updates each blog has had.
    pub(super) counts: [usize; BLOGS],
    /// What stands in each blog's file, oldest first.
    pub(super) standing: [Vec<usize>; BLOGS],
    /// What was moved aside, by file name.
    pub(super) aside: Vec<PathBuf>,
    /// The state as it was last flushed.
    pub(super) flushed: TempDir,
    /// What the journal said so far: it may only grow, but for a power loss.
    pub(super) said: Vec<String>,
    pub(super) said_flushed: usize,
}

/// The daemon from a start to an end.
pub(super) struct Life {
    pub(super) reader: Reader,
    works: Receiver<Work>,
    gate: GateStage,
    head: tokio::sync::watch::Receiver<crate::journal::Head>,
}

/// In memory, where there is such a directory: thousands of journals are made.
pub(super) fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
    .expect("a directory")
}

pub(super) fn copy(from: &Path, to: &Path) {
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

pub(super) fn headline(blog: usize, number: usize) -> String {
    format!("Update {number} of blog {blog}")
}

pub(super) fn is_log(blog: usize) -> bool {
    blog.is_multiple_of(2)
}

pub(super) fn update(blog: usize, number: usize) -> String {
    let (hour, minute) = (number / 60, number % 60);
    format!("{hour:02}:{minute:02} GMT\n{}\n{BODY}\n", headline(blog, number))
}

impl World {
    pub(super) fn new(done: Option<fn(&Path) -> Done>) -> World {
        World::with(done, Config::default())
    }

    pub(super) fn with(done: Option<fn(&Path) -> Done>, config: Config) -> World {
        let dir = directory();
        for name in ["drop/east", "drop/west"] {
            fs::create_dir_all(dir.path().join(name)).expect("a directory");
        }
        let mut world = World {
            done: done.map(|done| done(dir.path())),
            config,
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

    pub(super) fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub(super) fn start(&mut self) {
        let options = Options { segment_bytes: 4 << 10, ..Options::default() };
        let (journal, _) =
            recovery::open(&self.state(), options, &format!("boot-{}", self.boot)).expect("it opens");
        let mut source = SourceOptions::new(vec![self.dir.path().join("drop")]);
        source.done = self.done.clone().map(|done| DonePolicy { after: Duration::ZERO, done });
        let source = Source::new(source, journal.checkpoints().expect("checkpoints"), self.now);
        let settings = Arc::new(Settings::new(&self.config, None).expect("settings"));
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
    pub(super) fn run(&mut self) {
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

    pub(super) fn after(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.wall += Duration::from_millis(ms);
        self.run();
    }

    /// The journal's lines, which are those that were there before, and more.
    pub(super) fn read_journal(&mut self) {
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

    pub(super) fn flush(&mut self) {
        self.read_journal();
        self.said_flushed = self.said.len();
        self.flushed = directory();
        copy(&self.state(), self.flushed.path());
    }

    pub(super) fn end(&mut self) {
        self.read_journal();
        self.life = None;
        self.waiting.clear();
    }

    pub(super) fn path(&self, blog: usize) -> PathBuf {
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

    pub(super) fn text(&self, blog: usize) -> String {
        let numbers = self.standing[blog].iter();
        if is_log(blog) {
            numbers.map(|&number| update(blog, number)).collect()
        } else {
            numbers.rev().map(|&number| update(blog, number)).collect()
        }
    }

    pub(super) fn next(&mut self, blog: usize) -> usize {
        self.counts[blog] += 1;
        let number = self.counts[blog] - 1;
        self.standing[blog].push(number);
        number
    }

    pub(super) fn append(&self, path: &Path, text: &str) {
        use std::io::Write;
        let mut file = fs::File::options().append(true).create(true).open(path).expect("a file");
        file.write_all(text.as_bytes()).expect("appended");
    }

    pub(super) fn tell(&mut self, hinted: bool, hint: Hint) {
        if let Some(life) = self.life.as_mut().filter(|_| hinted) {
            life.reader.hint(hint, self.now);
        }
    }

    /// Puts what stands in the file to another one, and begins it anew.
    pub(super) fn put_aside(&mut self, blog: usize) -> PathBuf {
        let path = self.path(blog);
        let aside = path.with_extension(format!("txt.{}", self.aside.len()));
        self.aside.push(aside.clone());
        aside
    }

    /// Leaves the world alone, and then looks: every update that stands anywhere is said, each once, and no other.
    pub(super) fn assert_exact(&mut self) -> Result<(), TestCaseError> {
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
