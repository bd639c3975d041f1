//! Files on disk and fake time in, what was handed out: the source over a life of drops.

mod model;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crate::model::checkpoint::{Checkpoint, FileState};
use crate::model::file::{FileName, Position};
use crate::source::files::Source;
use crate::source::reading::{Hint, Parsed, Part, Reading, SourceOptions, Step, Take};

/// A source over a new directory, driven by hand, with a parser to which every line is an update and
/// the last line is the open one.
struct Bench {
    root: tempfile::TempDir,
    source: Source,
    now: Instant,
    said: BTreeSet<String>,
    steps: Vec<String>,
    checkpoints: std::collections::HashMap<FileName, Checkpoint>,
}

impl Bench {
    fn new() -> Bench {
        let root = tempfile::tempdir().unwrap();
        let now = Instant::now();
        let source = Source::new(SourceOptions::new(vec![root.path().to_path_buf()]), Vec::new(), now);
        let (said, checkpoints) = Default::default();
        Bench { root, source, now, said, steps: Vec::new(), checkpoints }
    }

    fn with(change: impl FnOnce(&mut SourceOptions)) -> Bench {
        let mut bench = Bench::new();
        let mut options = SourceOptions::new(vec![bench.root.path().to_path_buf()]);
        change(&mut options);
        bench.source = Source::new(options, Vec::new(), bench.now);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn hint(&mut self, hint: fn(PathBuf) -> Hint, name: &str) {
        let path = self.path(name);
        self.source.hint(hint(path), self.now);
    }

    fn restart(&mut self) {
        let options = SourceOptions::new(vec![self.root.path().to_path_buf()]);
        self.source = Source::new(options, self.checkpoints.clone().into_iter().collect(), self.now);
    }

    /// Goes on until nothing is to be done now; what was said meanwhile, in order.
    fn run(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for _ in 0..100_000 {
            // The wall clock is far off the files' mtimes, so that only one test reads twice.
            match self.source.next(self.now, SystemTime::now() + Duration::from_secs(60)) {
                Step::Reading(reading) => said.extend(self.parse(&reading)),
                Step::Idle(_) => return said,
                Step::Done => {
                    self.steps.push("done".into());
                    return said;
                }
                Step::Gone(name) => {
                    self.checkpoints.remove(&name);
                    self.steps.push(format!("gone {}", name.path.display()));
                }
                Step::State(name, checkpoint) => {
                    self.steps.push(format!("{:?} {}", checkpoint.state, name.path.display()));
                    self.checkpoints.insert(name, *checkpoint);
                }
                Step::Finished(files, _) => {
                    let mut names: Vec<_> =
                        files.iter().map(|(name, _)| name.path.display().to_string()).collect();
                    names.sort();
                    self.steps.push(format!("finished {}", names.join(" ")));
                }
                Step::FirstScanRead => self.steps.push("first scan read".into()),
                Step::Fault(fault) => self.steps.push(format!("fault: {}", fault.what)),
                Step::Healed(path) => self.steps.push(format!("healed {}", path.display())),
            }
        }
        panic!("the source never rests");
    }

    fn after(&mut self, ms: u64) -> Vec<String> {
        self.now += Duration::from_millis(ms);
        self.run()
    }

    fn parse(&mut self, reading: &Reading) -> Vec<String> {
        let utf8 = &reading.text.utf8;
        let mut lines: Vec<&str> = utf8.split_inclusive('\n').collect();
        let mut line = reading.text.start.line + lines.len() as u64;
        let mut index = utf8.len();
        if let Some(last) = lines.last() {
            index -= last.len();
            line -= 1;
        }
        let held_back = reading.take == Take::Complete && !lines.is_empty();
        if held_back {
            lines.pop();
        }
        let parsed = Parsed {
            resume: Position { offset: reading.text.offset(index), line },
            held_back,
            state: FileState::Settled,
            ..Parsed::default()
        };
        if let Some(checkpoint) = reading.checkpoint(&parsed) {
            self.checkpoints.insert(reading.file.clone(), checkpoint);
        }
        self.source.parsed(&reading.file, &parsed, self.now);
        let lines: Vec<String> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
        lines.into_iter().filter(|line| self.said.insert(line.clone())).collect()
    }
}

#[test]
fn what_lies_there_is_read_after_one_settle_in_order_of_mtime() {
    let mut bench = Bench::new();
    bench.write("b", "2\n");
    bench.write("a", "3\n");
    let old = SystemTime::now() - Duration::from_secs(9);
    fs::File::open(bench.path("b")).unwrap().set_modified(old).unwrap();
    assert_eq!(bench.run(), [""; 0]);
    assert_eq!(bench.after(1_000), ["2", "3"]);
    assert_eq!(bench.steps, ["first scan read"]);
}

#[test]
fn a_new_file_is_read_50_ms_after_its_close() {
    let mut bench = Bench::new();
    bench.run();
    bench.write("a", "1\n2 unterminated");
    bench.hint(Hint::Closed, "a");
    assert_eq!(bench.after(10), [""; 0]);
    assert_eq!(bench.after(50), ["1", "2 unterminated"]);
}

#[test]
fn a_file_moved_into_place_is_read_at_once() {
    let mut bench = Bench::new();
    bench.run();
    bench.write("a.tmp", "1\n");
    fs::rename(bench.path("a.tmp"), bench.path("a")).unwrap();
    bench.hint(Hint::Moved, "a");
    assert_eq!(bench.run(), ["1"]);
    bench.write("a.tmp", "2\n1\n");
    fs::rename(bench.path("a.tmp"), bench.path("a")).unwrap();
    bench.hint(Hint::Moved, "a");
    assert_eq!(bench.run(), ["2"]);
}

#[test]
fn a_long_update_is_not_read_again_with_every_line_that_is_appended() {
    let mut bench = Bench::new();
    bench.write("log", "1\n");
    bench.run();
    bench.after(1_000);
    bench.append("log", &format!("{}\n", "2".repeat(4 << 20)));
    bench.hint(Hint::Changed, "log");
    bench.run();
    let read_bytes = bench.source.counts().bytes;
    for n in 3..20 {
        bench.append("log", &format!("{n}\n"));
        bench.hint(Hint::Changed, "log");
        assert_eq!(bench.after(10), [""; 0], "{n}");
    }
    assert_eq!(bench.source.counts().bytes, read_bytes);
    // A quarter of a second for its 4 MiB.
    let said = bench.after(100);
    assert_eq!((said.len(), said.last().map(String::as_str)), (17, Some("18")));
    // The next one is short, and so is the next wait.
    bench.append("log", "20\n");
    bench.hint(Hint::Changed, "log");
    assert_eq!(bench.run(), ["19"]);
}

#[test]
fn appended_text_is_read_at_once_and_its_last_update_after_settle() {
    let mut bench = Bench::new();
    bench.write("a", "1\n");
    bench.run();
    assert_eq!(bench.after(1_000), ["1"]);
    bench.append("a", "2\n3\n");
    bench.hint(Hint::Changed, "a");
    assert_eq!(bench.run(), ["2"]);
    bench.hint(Hint::Closed, "a");
    assert_eq!(bench.after(500), [""; 0], "a close alone says nothing");
    assert_eq!(bench.after(500), ["3"]);
}

#[test]
fn an_unterminated_last_line_is_taken_in_after_ten_settles() {
    let mut bench = Bench::new();
    bench.write("a", "1\n");
    bench.run();
    bench.after(1_000);
    bench.append("a", "torn");
    bench.hint(Hint::Changed, "a");
    assert_eq!(bench.run(), [""; 0]);
    assert_eq!(bench.after(9_000), [""; 0]);
    assert_eq!(bench.after(1_000), ["torn"]);
}

#[test]
fn an_insertion_at_the_top_is_read_whole() {
    let mut bench = Bench::new();
    bench.write("a", "1\n2\n");
    bench.run();
    bench.after(1_000);
    bench.write("a", "0\n1\n2\n");
    bench.hint(Hint::Closed, "a");
    bench.run();
    assert_eq!(bench.after(50), ["0"]);
}

#[test]
fn what_was_held_back_is_said_when_its_file_is_truncated_or_removed() {
    let mut bench = Bench::new();
    for (name, removed) in [("a", false), ("b", true)] {
        bench.write(name, "1\n");
        bench.hint(Hint::Closed, name);
        bench.run();
        bench.after(60);
        bench.append(name, &format!("open {name}\n"));
        bench.hint(Hint::Changed, name);
        assert_eq!(bench.run(), [""; 0]);
        if removed {
            fs::remove_file(bench.path(name)).unwrap();
        } else {
            fs::write(bench.path(name), "").unwrap();
        }
        bench.hint(Hint::Changed, name);
        assert_eq!(bench.run(), [format!("open {name}")]);
    }
    assert!(bench.steps.contains(&"gone b".into()));
}

#[test]
fn an_open_update_is_said_after_a_restart() {
    let mut bench = Bench::new();
    bench.write("a", "1\n");
    bench.run();
    bench.after(1_000);
    bench.append("a", "2\n");
    bench.hint(Hint::Changed, "a");
    bench.run();
    bench.restart();
    assert_eq!(bench.run(), [""; 0]);
    assert_eq!(bench.after(1_000), ["2"]);
    bench.restart();
    bench.run();
    assert_eq!(bench.source.counts().bytes, 0, "an unchanged file isn't read again");
}

#[test]
fn a_file_of_the_same_size_and_inode_with_other_bytes_is_read() {
    let mut bench = Bench::new();
    bench.write("a", "1\n");
    bench.run();
    bench.after(1_000);
    fs::remove_file(bench.path("a")).unwrap();
    bench.write("a", "2\n");
    bench.after(5_000);
    assert_eq!(bench.after(1_000), ["2"]);
}

#[test]
fn what_is_no_text_is_left_alone_until_it_changes() {
    let mut bench = Bench::new();
    bench.write("a", "\0\0");
    bench.run();
    bench.after(1_000);
    bench.after(5_000);
    assert_eq!(bench.steps, ["NotText a", "first scan read"]);
    bench.write("a", "1\n");
    bench.after(5_000);
    assert_eq!(bench.after(1_000), ["1"]);
}

#[test]
fn a_large_reading_comes_in_pieces_each_in_order() {
    let mut bench = Bench::with(|options| options.reading_bytes_max = 100);
    let lines: Vec<String> = (0..500).map(|n| format!("line {n}")).collect();
    bench.write("a", &(lines.join("\n") + "\n"));
    bench.run();
    assert_eq!(bench.after(1_000), lines);
}

#[test]
fn one_line_longer_than_a_piece_never_stops_the_reading() {
    let mut bench = Bench::with(|options| options.reading_bytes_max = 100);
    bench.write("a", &format!("{}\nnext\n", "x".repeat(1_000)));
    bench.run();
    assert_eq!(bench.after(1_000).last().unwrap(), "next");
}

#[test]
fn once_ends_when_all_is_read_and_quiet() {
    let mut bench = Bench::with(|options| options.once = true);
    bench.write("a", "1\n");
    assert_eq!(bench.run(), [""; 0]);
    assert_eq!(bench.after(1_000), ["1"]);
    assert_eq!(bench.steps, ["first scan read", "done"]);
}

#[test]
fn once_ends_though_a_log_is_never_quiet_and_the_next_run_says_the_rest() {
    let mut bench = Bench::with(|options| options.once = true);
    bench.write("quiet", "q\n");
    let mut said = bench.run();
    let mut lines = 0;
    while !bench.steps.contains(&"done".to_owned()) {
        assert!(lines < 200, "it ends");
        bench.append("log", &format!("{lines}\n"));
        lines += 1;
        bench.hint(Hint::Changed, "log");
        said.extend(bench.after(500));
    }
    assert!(lines > 100, "it waits for 60 settles");
    said.retain(|line| line != "q");
    assert_eq!(said.len(), lines - 2, "all but what it may be in the middle of");
    bench.restart();
    said.extend(bench.run());
    said.extend(bench.after(1_000));
    let all: Vec<String> = (0..lines).map(|line| line.to_string()).collect();
    assert_eq!(said, all);
}

#[test]
fn a_vanished_root_loses_nothing_and_is_said_once() {
    let mut bench = Bench::new();
    bench.write("a", "1\n");
    bench.run();
    bench.after(1_000);
    let aside = bench.root.path().with_extension("aside");
    fs::rename(bench.root.path(), &aside).unwrap();
    bench.after(5_000);
    bench.after(5_000);
    fs::rename(&aside, bench.root.path()).unwrap();
    bench.append("a", "2\n");
    assert_eq!(bench.after(5_000), [""; 0]);
    assert_eq!(bench.after(1_000), ["2"], "it's read on, not from its start");
    assert_eq!(bench.steps.iter().filter(|step| step.starts_with("fault")).count(), 1);
    assert!(!bench.steps.iter().any(|step| step.starts_with("gone")));
}

#[test]
fn files_of_a_new_directory_are_found_by_its_hint() {
    let mut bench = Bench::new();
    bench.run();
    bench.write("d/e/a", "1\n");
    bench.hint(Hint::Directory, "d");
    bench.run();
    assert_eq!(bench.after(1_000), ["1"]);
}

#[test]
fn a_change_within_the_clocks_tick_is_read_once_more() {
    let mut bench = Bench::new();
    bench.run();
    bench.write("a.tmp", "1\n");
    fs::rename(bench.path("a.tmp"), bench.path("a")).unwrap();
    bench.hint(Hint::Moved, "a");
    let path = bench.path("a");
    let mtime = fs::metadata(&path).unwrap().modified().unwrap();
    let mut parts = Vec::new();
    for _ in 0..9 {
        match bench.source.next(bench.now, mtime) {
            Step::Reading(reading) => {
                parts.push(reading.part);
                bench.parse(&reading);
            }
            Step::Idle(until) if until < bench.now + Duration::from_secs(1) => bench.now = until,
            Step::Idle(_) => break,
            step => panic!("{step:?}"),
        }
    }
    assert_eq!(parts, [Part::Whole { first_piece: true, last_piece: true }], "the same bytes are nothing");
}

#[test]
fn a_huge_hole_and_a_forbidden_file_are_left_alone() {
    let mut bench = Bench::new();
    bench.write("hole", "");
    fs::OpenOptions::new().write(true).open(bench.path("hole")).unwrap().set_len(1 << 40).unwrap();
    bench.write("out", "mine\n");
    let (stat, _) = crate::source::reader::stat_at(&bench.path("out")).unwrap();
    let root = bench.root.path().to_path_buf();
    let options =
        SourceOptions { forbidden: vec![(stat.device, stat.inode)], ..SourceOptions::new(vec![root]) };
    bench.source = Source::new(options, Vec::new(), bench.now);
    bench.run();
    assert_eq!(bench.after(1_000), [""; 0]);
    assert_eq!(bench.steps, ["NotText hole", "first scan read"]);
}

#[test]
fn a_log_that_is_rotated_in_the_middle_of_a_line_waits_for_its_end() {
    // It was taken for a page that was moved into place whole, and half a headline was said.
    for at_once in [true, false] {
        let mut bench = Bench::new();
        bench.write("log", "1\n");
        bench.run();
        assert_eq!(bench.after(1_000), ["1"]);
        bench.append("log", "2\nhal");
        bench.hint(Hint::Changed, "log");
        assert_eq!(bench.run(), [""; 0]);
        fs::rename(bench.path("log"), bench.path("log.1")).unwrap();
        bench.hint(Hint::Changed, "log");
        let mut said = Vec::new();
        if !at_once {
            said = bench.run();
        }
        bench.hint(Hint::Moved, "log.1");
        said.extend(bench.run());
        assert_eq!(said, ["2"]);
        bench.append("log.1", "f\n");
        bench.hint(Hint::Changed, "log.1");
        assert_eq!(bench.run(), [""; 0]);
        assert_eq!(bench.after(1_000), ["half"]);
    }
}
