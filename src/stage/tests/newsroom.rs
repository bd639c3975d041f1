//! Lives of live blogs over days, made up from a seed, through the real stages: after each version of a page, each
//! update that it has shown was said once, as of its true moment, and nothing else was.
//!
//! `LIVEBLOGD_TEST_LIVES=FROM..TO` runs others, and more: a life's number is its seed. A fault prints the newsroom's
//! traits, the version that showed it, what was said and what is true.

#[expect(dead_code, reason = "what the tests of single pages know besides")]
#[path = "../../../tests/generated/family.rs"]
mod family;
#[expect(dead_code, reason = "what the tests of single pages ask for besides")]
#[path = "../../../tests/generated/fill.rs"]
mod fill;
mod life;
#[path = "../../../tests/random/mod.rs"]
mod random;
mod traits;
#[expect(dead_code, reason = "what the tests of single pages say besides")]
#[path = "../../../tests/generated/words.rs"]
mod words;
mod write;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::ops::Range;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::Value;

use super::world::World;
use crate::config::Config;
use crate::config::units::ZoneName;
use crate::journal::index::Index;
use crate::source::reading::Hint;
use life::{How, Newsroom, Trouble, Version};

/// How many lives there are, unless more are asked for.
const LIVES: u64 = 250;

/// How many lives that went wrong are shown whole.
const SHOWN_MAX: usize = 5;

fn lives() -> Range<u64> {
    let Ok(asked) = std::env::var("LIVEBLOGD_TEST_LIVES") else { return 0..LIVES };
    let ends = asked.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    ends.unwrap_or_else(|| panic!("LIVEBLOGD_TEST_LIVES is {asked}\nhint: write FROM..TO, as in 0..1000"))
}

#[test]
fn each_update_of_a_life_is_said_once_and_as_of_its_moment() {
    let mut wrong = Vec::new();
    let lives = lives();
    for seed in lives.clone() {
        let newsroom = Newsroom::draw(seed);
        let Some((number, faults)) = live(&newsroom) else { continue };
        let (version, kind) =
            (&newsroom.versions()[number], faults[0].split(':').next().unwrap_or("").to_string());
        println!(
            "== life {seed}, version {number} of {}: {kind}, {:?}",
            newsroom.versions().len(),
            newsroom.traits
        );
        if wrong.len() < SHOWN_MAX {
            faults.iter().for_each(|fault| println!("-- {fault}"));
            println!("{:?} at {}, {:?}, {:?}", version.name, version.mtime, version.how, version.trouble);
            println!("{}", version.text);
        }
        wrong.push(seed);
    }
    assert!(wrong.is_empty(), "{} of the lives {lives:?} went wrong: {wrong:?}", wrong.len());
}

/// Lives a newsroom's life up to its first faults: those, and which version showed them.
fn live(newsroom: &Newsroom) -> Option<(usize, Vec<String>)> {
    let mut config = Config::default();
    config.drop.zone = ZoneName::new(newsroom.traits.configured_zone).expect("a zone");
    let mut world = World::with(None, config);
    newsroom.versions().iter().enumerate().find_map(|(number, version)| {
        world.come(version);
        let faults = faults(newsroom, version, &world.said);
        (!faults.is_empty()).then_some((number, faults))
    })
}

impl World {
    /// A version comes into the drop directory, and is read.
    fn come(&mut self, version: &Version) {
        match version.trouble {
            None => {}
            Some(Trouble::Kill) => {
                self.end();
                self.start();
            }
            Some(Trouble::LostIndex) => {
                self.end();
                Index::remove(&self.state()).expect("removed");
                self.start();
            }
        }
        let drop = self.dir.path().join("drop");
        let (path, new) = (drop.join(&version.name), self.dir.path().join("new"));
        let hint = match version.how {
            How::Replace => {
                fs::write(&new, &version.text).expect("written");
                date(&new, version.mtime);
                fs::rename(&new, &path).expect("moved");
                Hint::Moved(path)
            }
            How::Rewrite => {
                fs::write(&path, &version.text).expect("written");
                Hint::Closed(path)
            }
            How::Append => {
                let before = fs::read_to_string(&path).unwrap_or_default();
                let more = version.text.strip_prefix(before.as_str()).expect("a log only grows");
                self.append(&path, more);
                Hint::Closed(path)
            }
            How::Touch => Hint::Changed(path),
        };
        date(&drop.join(&version.name), version.mtime);
        if let Some(old) = &version.removes {
            fs::remove_file(drop.join(old)).expect("removed");
        }
        // How soon it scans by itself depends on how long that takes here: where nothing is told of the file, it is told to.
        self.tell(true, if version.hinted { hint } else { Hint::Rescan });
        // It settles, is scanned, and settles.
        for ms in [1_100, 5_000, 1_100, 1_100] {
            self.after(ms);
        }
        self.read_journal();
    }
}

fn date(path: &std::path::Path, mtime: Timestamp) {
    let mtime = SystemTime::UNIX_EPOCH + Duration::from_secs(mtime.as_second() as u64);
    File::options().write(true).open(path).expect("a file").set_modified(mtime).expect("dated");
}

/// What is wrong with what was said by now.
fn faults(newsroom: &Newsroom, version: &Version, said: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut by_update: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    for line in said {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let text = format!("{}\n{}", event["headline"], event["body"]);
        let says = |at: &&usize| text.contains(&newsroom.updates[**at].token);
        let of: Vec<usize> = version.shown.iter().filter(says).copied().collect();
        match of[..] {
            [at] if event["type"] == "update.created" => by_update.entry(at).or_default().push(event),
            [_] => {}
            [] => faults.push(format!("invented: {line}")),
            _ => faults.push(format!("merged: {line}")),
        }
    }
    for &at in &version.shown {
        let update = &newsroom.updates[at];
        let name = format!("{} of {}", update.token, update.at);
        let events = by_update.remove(&at).unwrap_or_default();
        if events.is_empty() {
            faults.push(format!("lost: {name}"));
        }
        let times: Vec<String> =
            events.iter().map(|event| format!("{} ({})", event["timestamp"], event["date_basis"])).collect();
        if events.len() > 1 {
            faults.push(format!("twice: {name}: {times:?}"));
        }
        let is_true = |event: &Value| event["timestamp"] == update.at.to_string();
        if !events.iter().all(is_true) {
            faults.push(format!("wrong time: {name}: {times:?}"));
        }
    }
    faults
}
