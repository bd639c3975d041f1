//! Two desks are given the same pages. One keeps in mind what its last readings had, the other doesn't: both must say
//! the same, and the first must have less to read.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_channel::Receiver;
use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use super::SPANS_MAX;
use crate::config::Config;
use crate::journal::gate::Options;
use crate::journal::{Head, reader::Reader as JournalReader, recovery};
use crate::model::file::Position;
use crate::model::pulse::Pulse;
use crate::model::time::DateBasis;
use crate::parse::dating::{DatingState, Order};
use crate::source::files::Source;
use crate::source::reading::{Hint, SourceOptions};
use crate::stage::Work;
use crate::stage::gate::GateStage;
use crate::stage::mover::Mover;
use crate::stage::page::Settings;
use crate::stage::read::{Reader, Turn};

/// 2024-03-06, 23:00 GMT: pages go over midnight.
const BEGIN_S: u64 = 1_709_766_000;

/// A daemon without its threads.
struct Desk {
    dir: TempDir,
    now: Instant,
    wall: SystemTime,
    remembers: bool,
    reader: Reader,
    works: Receiver<Work>,
    gate: GateStage,
    head: tokio::sync::watch::Receiver<Head>,
    /// How many pages were read in part.
    in_part: usize,
}

/// What a checkpoint has, but for the file's stat and for how old its updates are: those that went count there.
#[derive(Debug, PartialEq)]
struct Kept {
    resume: Position,
    updates: u64,
    /// How many are new, and how many there are, where they are held back.
    held: Option<(u64, u64)>,
    order: Order,
    newest: Option<(Timestamp, DateBasis)>,
}

impl Desk {
    fn new(remembers: bool) -> Desk {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("drop")).expect("a directory");
        let options = Options { revisions: true, ..Options::default() };
        let (journal, _) = recovery::open(&dir.path().join("state"), options, "boot").expect("it opens");
        let now = Instant::now();
        let source = Source::new(SourceOptions::new(vec![dir.path().join("drop")]), Vec::new(), now);
        let settings = Arc::new(Settings::new(&Config::default(), None).expect("settings"));
        let (work, works) = async_channel::bounded(1_024);
        let (_stop, stopped) = async_channel::bounded(1);
        let head = journal.watch();
        let first_scan = tokio::sync::watch::Sender::new(false);
        let gate = GateStage::new(journal, works.clone(), stopped, true, Pulse::default(), first_scan, None);
        let mover = Mover::open(&dir.path().join("state")).expect("a mover");
        let reader = Reader::new(source, mover, settings, false, work);
        let wall = SystemTime::now() + Duration::from_secs(60);
        Desk { dir, now, wall, remembers, reader, works, gate, head, in_part: 0 }
    }

    /// Replaces a page, and reads it.
    fn put(&mut self, name: &str, text: &str, mtime_s: u64) {
        let (new, path) = (self.dir.path().join("new"), self.dir.path().join("drop").join(name));
        fs::write(&new, text).expect("written");
        let file = File::options().write(true).open(&new).expect("a file");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(mtime_s)).expect("dated");
        fs::rename(&new, &path).expect("moved");
        self.reader.hint(Hint::Moved(path), self.now);
        self.run();
        self.now += Duration::from_secs(2);
        self.wall += Duration::from_secs(2);
        self.run();
    }

    fn run(&mut self) {
        loop {
            if !self.remembers {
                self.reader.replaced().clear();
            }
            let turn = self.reader.turn(self.now, self.wall);
            let waiting: Vec<Work> = std::iter::from_fn(|| self.works.try_recv().ok()).collect();
            self.in_part +=
                waiting.iter().filter(|work| matches!(work, Work::Page(read) if read.rest.is_some())).count();
            self.gate.commit(&waiting).expect("it commits");
            if matches!(turn, Turn::Idle(_)) {
                return;
            }
        }
    }

    /// What was said, but for when and where.
    fn said(&self) -> Vec<serde_json::Value> {
        let head = self.head.borrow().clone();
        let mut reader = JournalReader::new(&self.dir.path().join("state"));
        reader.seek(0, &head).expect("it seeks");
        let mut lines = Vec::new();
        while reader.read(&head, &mut lines, 1 << 20).expect("it reads") > 0 {}
        let lines = String::from_utf8(lines).expect("UTF-8");
        let event = |line: &str| {
            let mut event: serde_json::Value = serde_json::from_str(line).expect("an event");
            let members = event.as_object_mut().expect("an object");
            members.remove("cursor");
            members.remove("observed_timestamp");
            members["origin"].as_object_mut().expect("an object").remove("root");
            event
        };
        lines.lines().map(event).collect()
    }

    /// Whether a file is taken for another page than it was at first. It's only so where more than half of what is
    /// known of the page has gone from it: who reads all of it has no other proof.
    fn is_another_page(&self, name: &str) -> bool {
        let kept = self.gate.checkpoint(&self.dir.path().join("drop"), Path::new(name));
        kept.page != 1 || kept.held.is_some()
    }

    /// What is kept of a file.
    fn kept(&self, name: &str) -> Kept {
        let kept = self.gate.checkpoint(&self.dir.path().join("drop"), Path::new(name));
        let held = kept.held.map(|held| (held.new, held.updates));
        let dating: DatingState = kept.dating.expect("it has days").parse().expect("a state");
        Kept {
            resume: kept.resume,
            updates: kept.updates,
            held,
            order: dating.order,
            newest: dating.newest,
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    /// Updates on top, each so many minutes after the one before.
    Add(Vec<u16>),
    /// So many updates less at the end.
    Cut(usize),
    /// Another text of one of them.
    Edit(usize),
    /// One less.
    Remove(usize),
    /// Another intro.
    Intro(u8),
    /// A line that is a date, above one of them.
    Heading(usize),
    /// One more at the end, of an hour before.
    AddBelow,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        10 => prop::collection::vec(prop_oneof![8 => 0u16..20, 1 => 0u16..900], 1..4).prop_map(Change::Add),
        4 => (0usize..4).prop_map(Change::Cut),
        1 => (0usize..40).prop_map(Change::Edit),
        1 => (0usize..40).prop_map(Change::Remove),
        1 => any::<u8>().prop_map(Change::Intro),
        1 => (0usize..40).prop_map(Change::Heading),
        1 => Just(Change::AddBelow),
    ]
}

/// A page as it is written, newest first.
struct Blog {
    intro: String,
    minute: u64,
    made: usize,
    updates: Vec<String>,
}

impl Blog {
    fn new() -> Blog {
        let mut blog = Blog { intro: String::new(), minute: 0, made: 0, updates: Vec::new() };
        blog.change(&Change::Add(vec![3; 8]));
        blog
    }

    fn update(&mut self, minute: u64) -> String {
        self.made += 1;
        let (hour, minute) = ((23 + minute / 60) % 24, minute % 60);
        let clock =
            format!("{:02}:{minute:02} {}", (hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" });
        let lines = "The road along the coast is closed, and nobody knows for how long it will be.\n";
        format!("{clock} GMT\nUpdate {} of the night\n{}", self.made, lines.repeat(1 + self.made % 3))
    }

    fn change(&mut self, change: &Change) {
        let count = self.updates.len();
        match change {
            Change::Add(steps) => {
                for &step in steps {
                    self.minute += u64::from(step);
                    let update = self.update(self.minute);
                    self.updates.insert(0, update);
                }
            }
            Change::Cut(less) => self.updates.truncate(count.saturating_sub(*less).max(1)),
            Change::Edit(at) => self.updates[at % count].push_str("This line came later, and says more.\n"),
            Change::Remove(at) if count > 1 => drop(self.updates.remove(at % count)),
            Change::Remove(_) => {}
            Change::Intro(number) => self.intro = format!("The storm of the year, part {number}.\n\n"),
            Change::Heading(at) => self.updates[at % count].insert_str(0, "6 March 2024\n"),
            Change::AddBelow => {
                let update = self.update(0);
                self.updates.push(update);
            }
        }
    }

    fn text(&self) -> String {
        format!("{}{}", self.intro, self.updates.concat())
    }
}

fn same_is_said(name: &str, changes: &[Change]) -> (usize, usize) {
    let (mut one, mut other) = (Desk::new(true), Desk::new(false));
    let mut blog = Blog::new();
    for at in 0..=changes.len() {
        let mtime_s = BEGIN_S + blog.minute * 60 + 30;
        for desk in [&mut one, &mut other] {
            desk.put(name, &blog.text(), mtime_s);
        }
        if other.is_another_page(name) {
            break;
        }
        let (ours, theirs) = (one.said(), other.said());
        let differ = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
        assert_eq!(differ, None, "after {:?}", at.checked_sub(1).map(|at| &changes[at]));
        assert_eq!(ours.len(), theirs.len());
        assert_eq!(one.kept(name), other.kept(name));
        changes.get(at).into_iter().for_each(|change| blog.change(change));
    }
    assert_eq!(other.in_part, 0);
    (one.in_part, one.said().len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_in_part_says_the_same(
        path in prop_oneof![Just("2024-03-06-storm.txt"), Just("storm.txt")],
        changes in prop::collection::vec(change(), 1..24),
    ) {
        same_is_said(path, &changes);
    }
}

#[test]
fn a_page_with_news_on_top_is_read_in_part_until_too_much_is_new() {
    let changes: Vec<Change> = (0..20).flat_map(|_| [Change::Add(vec![2]), Change::Cut(1)]).collect();
    let (in_part, said) = same_is_said("2024-03-06-storm.txt", &changes);
    assert_eq!(said, 8 + 20);
    assert!((20..40).contains(&in_part), "{in_part} of 40 in part");
}

#[test]
fn no_more_is_kept_in_mind_than_there_is_room_for() {
    let (mut desk, mut blog) = (Desk::new(true), Blog::new());
    let mut put = |desk: &mut Desk, name: &str| {
        for _ in 0..3 {
            desk.put(name, &blog.text(), BEGIN_S);
            blog.change(&Change::Add(vec![1]));
        }
        std::mem::take(&mut desk.in_part)
    };
    assert_eq!(
        put(&mut desk, "2024-03-06-storm.txt"),
        1,
        "at first it is new, then replaced for the first time"
    );
    assert_eq!(desk.reader.replaced().spans, 8 + 2);
    desk.reader.replaced().spans += SPANS_MAX - 8 - 2;
    assert_eq!(put(&mut desk, "2024-03-06-storm.txt"), 2, "one more was too much, and all were forgotten");
    assert_eq!(desk.reader.replaced().pages.len(), 1);
    assert_eq!(desk.reader.replaced().spans, 8 + 5);
    let path = desk.dir.path().join("drop/2024-03-06-storm.txt");
    fs::remove_file(&path).expect("removed");
    desk.reader.hint(Hint::Changed(path), desk.now);
    desk.run();
    assert_eq!((desk.reader.replaced().pages.len(), desk.reader.replaced().spans), (0, 0));
}

#[test]
fn an_edited_or_shorter_page_is_read_whole() {
    let edited = [
        Change::Intro(1),
        Change::Edit(5),
        Change::Remove(3),
        Change::AddBelow,
    ];
    let (in_part, said) = same_is_said("storm.txt", &edited);
    assert_eq!(said, 8 + 2, "eight, the edited one, and the one below");
    assert!(in_part <= 1, "only the new intro stands above what was there: {in_part}");
}

#[test]
fn a_page_that_is_held_back_is_read_whole() {
    let (mut one, mut other) = (Desk::new(true), Desk::new(false));
    let mut blog = Blog::new();
    let name = "2024-03-06-storm.txt";
    for held in [false, false, true, true, true] {
        for desk in [&mut one, &mut other] {
            // The same page, an hour off: all of it would be new.
            let text = if held {
                blog.text().replace(" GMT", " BST")
            } else {
                blog.text()
            };
            desk.put(name, &text, BEGIN_S);
            assert_eq!(desk.said().len(), if held { 8 + 1 } else { blog.updates.len() });
            assert_eq!(desk.kept(name).held.is_some(), held);
        }
        assert_eq!(one.kept(name), other.kept(name));
        blog.change(&Change::Add(vec![1]));
    }
    assert!(one.in_part > 1, "it was tried in part, too");
}
