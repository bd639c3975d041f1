//! Reader, parser, gate and journal over a simulated clock: random deeds of writers, of the kernel, of the machine,
//! and what the journal must have in the end.
//!
//! The files are real ones, in memory. What a kill leaves is the state directory as it is; what a power loss
//! leaves is one of the copies that were made of it since: the last of them that was flushed.

mod newsroom;
mod world;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::source::reading::{Done, Hint};
use world::{BLOGS, World, copy, is_log, update};

/// How many sequences each of the two tests tries.
const CASES: u32 = 1_500;

/// How many deeds a sequence has.
const DEEDS: usize = 40;

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
impl World {
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
