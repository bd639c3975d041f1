//! Random file actions on the real daemon, with stops and kills in between: every update that stood in a file
//! is said once, and nothing that never stood in one.
//!
//! Files have a day in their path, so that the ids can be told without the parser. Updates that were overwritten
//! before they had been quiet aren't demanded.

#![allow(clippy::unwrap_used, missing_docs)]

mod random;
mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use liveblogd::model::identity::{Id, fold};
use random::{Random, seed, words};
use support::history::{History, Life, name};

/// How many sequences, and how long each is.
const SEQUENCES: u64 = 60;
const ACTIONS: usize = 12;
/// How many run at once. A daemon mostly waits.
const THREADS: usize = 8;

#[derive(Clone)]
struct Said {
    id: String,
    text: String,
    body: String,
}

/// One file of the model: its text is made of `updates`, in the order of `log`.
#[derive(Clone)]
struct Blog {
    path: String,
    day: usize,
    /// Oldest first, and appended to; else newest first, and replaced.
    log: bool,
    /// Oldest first.
    updates: Vec<Said>,
    /// What the last update still lacks in the file.
    lacking: String,
    /// Whether it was only appended to of late: then its last update must be said with all its text.
    grows: bool,
}

struct Model<'h> {
    history: &'h History,
    random: Random,
    blogs: Vec<Blog>,
    /// Minutes of each day that were used.
    minutes: HashMap<usize, usize>,
    possible: BTreeMap<String, String>,
    demanded: BTreeSet<String>,
    days: usize,
    names: usize,
    done: Vec<String>,
}

impl Model<'_> {
    fn update(&mut self, day: usize) -> Said {
        let minute = self.minutes.entry(day).or_insert(6 * 60);
        *minute += 1 + self.random.below(6);
        let minute = *minute;
        let headline = format!("{} {}", words(&mut self.random, 2, 6), self.possible.len());
        let (hour, half) = (minute / 60, if minute / 60 < 12 { "AM" } else { "PM" });
        let mut text = format!("{:02}:{:02} {half} GMT\n{headline}\n", (hour + 11) % 12 + 1, minute % 60);
        let mut body = Vec::new();
        for _ in 0..=self.random.below(3) {
            let line = format!("{}.", words(&mut self.random, 3, 14));
            let (mark, item) = if self.random.chance(20) {
                ("-\n", "- ")
            } else {
                ("", "")
            };
            text.push_str(&format!("{mark}{line}\n"));
            body.push(format!("{item}{line}"));
        }
        let timestamp = format!("{}T{:02}:{:02}:00Z", date(day), hour, minute % 60);
        let id = Id::new("", timestamp.as_bytes(), fold(&headline).as_bytes()).to_string();
        self.possible.insert(id.clone(), format!("{timestamp} {headline}"));
        Said { id, text, body: body.join("\n") }
    }

    fn updates(&mut self, day: usize, least: usize, most: usize) -> Vec<Said> {
        let count = least + self.random.below(most - least + 1);
        (0..count).map(|_| self.update(day)).collect()
    }

    fn path(&mut self, day: usize) -> String {
        self.names += 1;
        format!("{}-{}.txt", date(day), self.names)
    }

    fn full(&self, blog: usize) -> PathBuf {
        self.history.path(&self.blogs[blog].path)
    }

    /// Puts a text in the place of another.
    fn rename_into(&self, path: &str, text: &str) {
        let new = self.history.path(&format!("{path}.tmp"));
        fs::write(&new, text).unwrap();
        fs::rename(&new, self.history.path(path)).unwrap();
    }

    fn pause(&mut self) {
        let ms = *self.random.pick(&[0, 0, 5, 30, 60, 130, 300]);
        std::thread::sleep(Duration::from_millis(ms));
    }

    /// Every update that stands in a file now must be said, sooner or later.
    fn quiesce(&mut self) {
        for blog in 0..self.blogs.len() {
            self.complete(blog);
        }
        self.demanded
            .extend(self.blogs.iter().flat_map(|blog| &blog.updates).map(|update| update.id.clone()));
        let grown: Vec<&Said> =
            self.blogs.iter().filter(|blog| blog.grows).filter_map(|blog| blog.updates.last()).collect();
        let missing = |said: &[Value]| {
            // The last revision of each.
            let bodies: HashMap<&str, &str> = said
                .iter()
                .map(|event| (event["id"].as_str().unwrap(), event["body"].as_str().unwrap()))
                .collect();
            let unsaid = self.demanded.iter().find(|id| !bodies.contains_key(id.as_str()));
            let unfinished =
                grown.iter().find(|last| bodies.get(last.id.as_str()) != Some(&last.body.as_str()));
            let unsaid = unsaid.map(|id| format!("never said: {}", self.possible[id]));
            unsaid.or(unfinished.map(|last| format!("never said whole: {}", last.text)))
        };
        let what = || missing(&self.history.said()).unwrap_or_default();
        let done = || format!("{}, after {:#?}", what(), self.done);
        self.history.wait_for(done, |said| missing(said).is_none());
    }

    /// Appends what the last update lacks.
    fn complete(&mut self, blog: usize) {
        let lacking = std::mem::take(&mut self.blogs[blog].lacking);
        if !lacking.is_empty() {
            self.append(blog, &lacking);
        }
    }

    fn append(&self, blog: usize, text: &str) {
        let mut file = OpenOptions::new().append(true).open(self.full(blog)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn new_blog(&mut self, path: Option<String>, log: bool) {
        self.days += 1;
        let day = self.days;
        let name = self.path(day);
        let path = path.map_or(name.clone(), |directory| format!("{directory}/{name}"));
        let updates = self.updates(day, 1, 5);
        let blog = Blog { path, day, log, updates, lacking: String::new(), grows: false };
        let text = text(&blog);
        fs::write(self.history.path(&blog.path), text).unwrap();
        self.blogs.push(blog);
    }

    /// Does something to some file; says what.
    fn act(&mut self) -> String {
        if self.blogs.is_empty() || self.random.chance(12) {
            let log = self.random.chance(60);
            self.new_blog(None, log);
            return format!("new {}", self.blogs.last().unwrap().path);
        }
        let at = self.random.below(self.blogs.len());
        let day = self.blogs[at].day;
        let what = self.random.below(13);
        // Only a log is appended to, and only what is complete is taken away or copied.
        if what != 1 {
            self.complete(at);
        }
        self.blogs[at].grows = self.blogs[at].log && what <= 2;
        let path = self.blogs[at].path.clone();
        let what = match what {
            0..=2 if !self.blogs[at].log => {
                let new = self.updates(day, 1, 3);
                self.blogs[at].updates.extend(new);
                if self.random.chance(20) && self.blogs[at].updates.len() > 3 {
                    self.blogs[at].updates.remove(0);
                }
                self.rename_into(&path, &text(&self.blogs[at]));
                "snapshot"
            }
            0 => {
                let new = self.updates(day, 1, 3);
                let text: String = new.iter().map(|update| update.text.as_str()).collect();
                self.append(at, &text);
                self.blogs[at].updates.extend(new);
                "append"
            }
            1 => {
                self.complete(at);
                // In its body, and left so: with or without a newline.
                let new = self.update(day);
                let body = new.text.match_indices('\n').nth(1).unwrap().0 + 1;
                let cut = body + self.random.below(new.text.len() - body);
                let cut = (cut..).find(|&cut| new.text.is_char_boundary(cut)).unwrap();
                self.append(at, &new.text[..cut]);
                self.blogs[at].lacking = new.text[cut..].to_string();
                self.blogs[at].updates.push(new);
                "append a part"
            }
            2 => {
                // Anywhere, and completed at once.
                let new = self.updates(day, 1, 2);
                let text: String = new.iter().map(|update| update.text.as_str()).collect();
                let full = self.full(at);
                let mut rest = text.as_bytes();
                while !rest.is_empty() {
                    let (now, later) = rest.split_at(1 + self.random.below(rest.len()));
                    OpenOptions::new().append(true).open(&full).unwrap().write_all(now).unwrap();
                    rest = later;
                    std::thread::sleep(Duration::from_millis(self.random.below(20) as u64));
                }
                self.blogs[at].updates.extend(new);
                "append in pieces"
            }
            3 => {
                let new = self.updates(day, 0, 2);
                self.blogs[at].updates.extend(new);
                fs::write(self.full(at), text(&self.blogs[at])).unwrap();
                "rewrite in place"
            }
            4 => {
                let new = self.updates(day, 1, 3);
                self.blogs[at].updates = new;
                let file = OpenOptions::new().write(true).open(self.full(at)).unwrap();
                file.set_len(0).unwrap();
                self.pause();
                (&file).write_all(text(&self.blogs[at]).as_bytes()).unwrap();
                "truncate and rewrite"
            }
            5 if self.blogs[at].log => {
                let mut old = self.blogs[at].clone();
                old.path = format!("{path}.old{}", self.names);
                self.names += 1;
                old.log = true;
                fs::copy(self.full(at), self.history.path(&old.path)).unwrap();
                OpenOptions::new().write(true).open(self.full(at)).unwrap().set_len(0).unwrap();
                self.blogs.push(old);
                let new = self.updates(day, 1, 2);
                let text: String = new.iter().map(|update| update.text.as_str()).collect();
                self.append(at, &text);
                self.blogs[at].updates = new;
                "copytruncate"
            }
            5 | 6 => {
                // The inode is mostly the same again.
                fs::remove_file(self.full(at)).unwrap();
                if self.random.chance(50) {
                    self.pause();
                }
                let new = self.updates(day, 1, 3);
                self.blogs[at].updates = new;
                fs::write(self.full(at), text(&self.blogs[at])).unwrap();
                "delete and make again"
            }
            7 => {
                // What is moved into place counts as whole, half a line too.
                self.complete(at);
                let to = self.path(day);
                fs::rename(self.full(at), self.history.path(&to)).unwrap();
                self.blogs[at].path = to;
                "rename"
            }
            8 => {
                self.names += 1;
                let directory = format!("d{}/e/f", self.names);
                fs::create_dir_all(self.history.path(&directory)).unwrap();
                self.new_blog(Some(directory), true);
                "mkdir and write at once"
            }
            9 => {
                File::options()
                    .write(true)
                    .open(self.full(at))
                    .unwrap()
                    .set_modified(SystemTime::now())
                    .unwrap();
                "touch"
            }
            10 => {
                let to = self.path(day);
                fs::copy(self.full(at), self.history.path(&to)).unwrap();
                let copy = Blog { path: to, ..self.blogs[at].clone() };
                self.blogs.push(copy);
                "copy"
            }
            11 => {
                fs::remove_file(self.full(at)).unwrap();
                self.blogs.remove(at);
                "delete"
            }
            _ => match path.rsplit_once("/e/f/") {
                Some((directory, _)) => {
                    self.complete(at);
                    self.names += 1;
                    let to = format!("moved{}", self.names);
                    fs::rename(self.history.path(directory), self.history.path(&to)).unwrap();
                    for blog in &mut self.blogs {
                        if let Some(below) = blog.path.strip_prefix(&format!("{directory}/")) {
                            blog.path = format!("{to}/{below}");
                        }
                    }
                    "rename its directory"
                }
                None => {
                    // An older state of the same page, which hides what was new.
                    if self.blogs[at].updates.len() > 1 {
                        self.blogs[at].updates.pop();
                    }
                    self.rename_into(&path, &text(&self.blogs[at]));
                    "an older snapshot"
                }
            },
        };
        format!("{what} {path}")
    }
}

fn date(day: usize) -> String {
    format!("2024-{:02}-{:02}", 1 + day / 28, 1 + day % 28)
}

fn text(blog: &Blog) -> String {
    let updates = blog.updates.iter().map(|update| update.text.as_str());
    if blog.log {
        updates.collect()
    } else {
        updates.rev().collect()
    }
}

fn sequence(seed: u64) {
    let history = History::new();
    let random = Random::new(seed);
    let mut model = Model {
        history: &history,
        random,
        blogs: Vec::new(),
        minutes: HashMap::new(),
        possible: BTreeMap::new(),
        demanded: BTreeSet::new(),
        days: 0,
        names: 0,
        done: Vec::new(),
    };
    let mut daemon: Option<Life> = Some(history.start());
    let restarts = seed.is_multiple_of(2);
    for _ in 0..ACTIONS {
        let done = model.act();
        model.done.push(done);
        model.pause();
        if restarts && model.random.chance(25) {
            let kill = model.random.chance(50);
            if let Some(daemon) = daemon.take() {
                if kill { daemon.kill() } else { daemon.stop() }
            }
            model.done.push(if kill { "kill -9".into() } else { "SIGTERM".into() });
            if model.random.chance(50) {
                let done = model.act();
                model.done.push(format!("{done} (while it was down)"));
            }
            daemon = Some(history.start());
        } else if model.random.chance(20) {
            model.quiesce();
            model.done.push("all was said".into());
        }
    }
    model.quiesce();
    if let Some(daemon) = daemon {
        daemon.stop();
    }
    let live = history.said().len();
    history.once();
    let said = history.said();
    let late = said[live..].iter().find(|event| event["type"] == "update.created");
    assert!(late.is_none(), "only `run --once` found {}\nafter {:#?}", late.map(name).unwrap(), model.done);
    let mut created: BTreeSet<&str> = BTreeSet::new();
    for event in &said {
        let id = event["id"].as_str().unwrap();
        assert!(model.possible.contains_key(id), "bogus: {event:#}\nafter {:#?}", model.done);
        if event["type"] == "update.created" {
            assert!(created.insert(id), "said twice: {event:#}\nafter {:#?}", model.done);
        } else {
            assert!(created.contains(id), "revised before it was created: {event:#}");
        }
    }
    assert_eq!(history.place.replay(), history.said(), "replay isn't what stdout said");
}

#[test]
fn whatever_happens_to_files_and_daemon_each_update_is_said_once() {
    let (first, only) = seed("model");
    let next = AtomicU64::new(0);
    let sequences = if only { 1 } else { SEQUENCES };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= sequences {
                            return None;
                        }
                        let run = std::panic::catch_unwind(|| sequence(first + at));
                        if run.is_err() {
                            next.store(sequences, Ordering::Relaxed);
                            return Some(first + at);
                        }
                    }
                })
            })
            .collect();
        let failed: Vec<u64> = threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect();
        assert!(failed.is_empty(), "failed with LIVEBLOGD_TEST_SEED = {failed:?}");
    });
}
