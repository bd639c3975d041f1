//! The writer: logs that grow, are renamed and truncated, pages that are replaced and rewritten, copies, touches and
//! files that go when everyone has had what stands in them.
//!
//! What it does to a file never takes away what nobody has read yet: an update counts as dropped only as long as it
//! lies in the drop directory.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use crate::Stage;
use crate::ledger::{day, stamp};
use crate::random::Random;

/// The first minute of the probes' logs: a day that no other file comes to.
pub const MINUTES_OF_PROBES: u32 = 336 * 90 * 1_440;

/// How many updates may be on their way to the slower one before the writer waits.
const BEHIND_MAX: usize = 4_000;

/// How many files grow at the same time.
const GROWING: usize = 12;

/// How many updates a file gets before another one is begun.
const UPDATES_MAX: usize = 120;

/// How many generations a log has.
const GENERATIONS: usize = 5;

/// How many full files wait until everyone has had them.
const FULL_MAX: usize = 60;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Appended to, renamed and truncated.
    Log,
    /// Replaced by another file, the newest update on top.
    Page,
    /// Written over in place, the newest on top.
    Rewritten,
}

struct Target {
    kind: Kind,
    path: PathBuf,
    /// Where else its updates lie.
    copies: Vec<PathBuf>,
    copied: usize,
    minute: u32,
    numbers: Vec<usize>,
    /// The updates' texts, of pages only.
    texts: Vec<String>,
    /// How many of the numbers are in an older generation.
    rotated: usize,
}

pub fn start(stage: &Arc<Stage>, drop: &Path) -> JoinHandle<()> {
    let mut writer = Writer {
        random: stage.random(1),
        stage: stage.clone(),
        drop: drop.into(),
        made: 0,
        growing: Vec::new(),
        full: Vec::new(),
    };
    std::thread::spawn(move || writer.run())
}

struct Writer {
    stage: Arc<Stage>,
    random: Random,
    drop: PathBuf,
    made: u32,
    growing: Vec<Target>,
    full: Vec<Target>,
}

impl Writer {
    fn run(&mut self) {
        while self.growing.len() < GROWING {
            let target = self.target();
            self.growing.push(target);
        }
        let mut turn = 0_u64;
        while self.stage.goes_on() {
            turn += 1;
            if turn.is_multiple_of(64) {
                self.clear_away();
            }
            if self.stage.ledger.behind() > BEHIND_MAX || self.full.len() > FULL_MAX {
                self.clear_away();
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
            let at = self.random.below(GROWING);
            if self.growing[at].numbers.len() > UPDATES_MAX {
                let next = self.target();
                self.full.push(std::mem::replace(&mut self.growing[at], next));
            }
            self.turn(at);
            std::thread::sleep(Duration::from_millis(self.random.between(1, 12)));
        }
    }

    fn target(&mut self) -> Target {
        let kind = [Kind::Log, Kind::Page, Kind::Rewritten][self.made as usize % 3];
        let name = match kind {
            Kind::Log => "log",
            Kind::Page => "page",
            Kind::Rewritten => "rewritten",
        };
        let minute = self.made * 1_440 + 360;
        // Directories come and go, too.
        let folder = self.drop.join(format!("blog-{}", self.made % 7)).join((self.made / 50).to_string());
        fs::create_dir_all(&folder).expect("a directory");
        let path = folder.join(format!("{}-{name}-{}.txt", day(minute), self.made));
        self.made += 1;
        Target {
            kind,
            path,
            copies: Vec::new(),
            copied: 0,
            minute,
            numbers: Vec::new(),
            texts: Vec::new(),
            rotated: 0,
        }
    }

    /// Does something to one of the files.
    fn turn(&mut self, at: usize) {
        let added = self.add(at);
        let (stage, random) = (self.stage.clone(), &mut self.random);
        let target = &mut self.growing[at];
        match target.kind {
            Kind::Log => {
                target.append(&added.concat(), random);
                match random.below(100) {
                    0..4 => target.rename(&stage),
                    4..8 => target.copytruncate(&stage, random),
                    _ => {}
                }
            }
            Kind::Page => {
                target.texts.extend(added);
                let new = target.path.with_extension("tmp");
                fs::write(&new, target.page()).expect("written");
                fs::rename(&new, &target.path).expect("put in place");
                stage.report.count("pages replaced");
            }
            Kind::Rewritten => {
                target.texts.extend(added);
                fs::write(&target.path, target.page()).expect("written");
                stage.report.count("pages rewritten in place");
            }
        }
        if random.chance(3) {
            self.nothing_new(at);
        }
    }

    /// Writes down one to four more updates; their texts.
    fn add(&mut self, at: usize) -> Vec<String> {
        let count = 1 + self.random.below(4);
        let target = &mut self.growing[at];
        (0..count)
            .map(|_| {
                target.minute += 1;
                let number = self.stage.ledger.write(target.minute);
                target.numbers.push(number);
                let (headline, body) = (self.stage.ledger.headline(number), self.stage.ledger.body(number));
                format!("{}{headline}\n{body}\n", stamp(target.minute))
            })
            .collect()
    }

    /// What must be silent: touched, copied, renamed.
    fn nothing_new(&mut self, at: usize) {
        let target = &mut self.growing[at];
        match self.random.below(3) {
            0 => {
                let file = File::options().append(true).open(&target.path);
                file.and_then(|file| file.set_modified(SystemTime::now())).ok();
                self.stage.report.count("files touched");
            }
            1 => {
                if target.copy() {
                    self.stage.report.count("files copied");
                }
            }
            _ => {
                let moved = target.path.with_extension("moved.txt");
                if !moved.exists() && fs::rename(&target.path, &moved).is_ok() {
                    target.path = moved;
                    self.stage.report.count("files renamed");
                }
            }
        }
    }

    /// Removes the full files of which everyone has had everything, and directories with nothing in them.
    fn clear_away(&mut self) {
        let stage = &self.stage;
        self.full.retain(|target| {
            let had = stage.ledger.all_saw(&target.numbers);
            if had {
                for path in target.copies.iter().chain([&target.path]) {
                    let _may_be_rotated = fs::remove_file(path);
                }
                let folder = target.path.parent().expect("it lies in one");
                let _others_are_in_it = fs::remove_dir(folder);
                stage.report.count("files that came and went");
            }
            !had
        });
    }
}

impl Target {
    fn page(&self) -> String {
        self.texts.iter().rev().map(String::as_str).collect()
    }

    /// In one write, or in two with a pause between them, anywhere: in a word, in a character, in a time line.
    fn append(&mut self, text: &str, random: &mut Random) {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).expect("a directory");
        }
        let mut log = File::options().create(true).append(true).open(&self.path).expect("a log");
        let bytes = text.as_bytes();
        if !random.chance(5) {
            return log.write_all(bytes).expect("appended");
        }
        let cut = random.below(bytes.len());
        log.write_all(&bytes[..cut]).expect("appended");
        // Now and then longer than it takes for an update to count as complete.
        let most = if random.chance(10) { 400 } else { 40 };
        let pause = random.between(1, most);
        std::thread::sleep(Duration::from_millis(pause));
        log.write_all(&bytes[cut..]).expect("appended");
    }

    /// Copies it beside itself; there is none of a log that was just renamed.
    fn copy(&mut self) -> bool {
        let copy = self.path.with_extension(format!("{}.txt", self.copied));
        self.copied += 1;
        let there = fs::copy(&self.path, &copy).is_ok();
        if there {
            self.copies.push(copy);
        }
        there
    }

    fn generation(&self, number: usize) -> PathBuf {
        self.path.with_extension(format!("txt.{number}"))
    }

    /// Rotates the log: the oldest one goes, the others move on. Not before everyone has had the oldest.
    fn rename(&mut self, stage: &Stage) {
        let last = self.generation(GENERATIONS);
        if last.exists() && !stage.ledger.all_saw(&self.numbers[..self.rotated]) {
            return;
        }
        for number in (1..GENERATIONS).rev() {
            let _may_not_be_there = fs::rename(self.generation(number), self.generation(number + 1));
        }
        fs::rename(&self.path, self.generation(1)).expect("it is there");
        self.rotated = self.numbers.len();
        self.copies.retain(|copy| copy.exists());
        for number in 1..=GENERATIONS {
            let path = self.generation(number);
            if path.exists() && !self.copies.contains(&path) {
                self.copies.push(path);
            }
        }
        stage.report.count("logs renamed");
    }

    /// Copies the log and empties it; the copy is read as well.
    fn copytruncate(&mut self, stage: &Stage, random: &mut Random) {
        assert!(self.copy(), "the log is there");
        std::thread::sleep(Duration::from_millis(random.between(0, 50)));
        File::options().write(true).open(&self.path).expect("a log").set_len(0).expect("truncated");
        stage.report.count("logs copied and truncated");
    }
}
