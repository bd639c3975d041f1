//! Keeps the files that grow open for a while, since opening one costs more than reading a line of it: the kernel
//! tells the watcher of each opening, which wakes it in the middle of ours.
//!
//! A held file is only read on where its name still leads to it.

use std::collections::VecDeque;

use crate::model::file::{FileName, Stat};
use crate::source::reader::OpenFile;

/// How many files are held open: more than grow at once at most desks, far fewer than descriptors there are.
const FILES_MAX: usize = 16;

/// Files held open, the last used at the end.
#[derive(Default)]
pub struct Held {
    files: VecDeque<Entry>,
    /// Files that were held when their names went, as they were then; since the last [`Held::rest`].
    nameless: VecDeque<Stat>,
}

struct Entry {
    name: FileName,
    file: OpenFile,
    /// Read since the last [`Held::rest`].
    used: bool,
}

impl Held {
    /// Hands out the file that `name` was held open under, if what stands there now, which `stat` tells, is it.
    pub fn take(&mut self, name: &FileName, stat: Stat) -> Option<OpenFile> {
        let mut file = self.remove(name)?.file;
        let is_it = file.stat.same_file(&stat);
        file.stat = stat;
        is_it.then_some(file)
    }

    /// Holds a file open. The one that wasn't used for the longest time makes room.
    pub fn keep(&mut self, name: &FileName, file: OpenFile) {
        self.files.push_back(Entry { name: name.clone(), file, used: true });
        if self.files.len() > FILES_MAX {
            self.files.pop_front();
        }
    }

    /// Closes a file.
    pub fn close(&mut self, name: &FileName) {
        let Some(closed) = self.remove(name) else { return };
        self.nameless.push_back(closed.file.stat);
        if self.nameless.len() > FILES_MAX {
            self.nameless.pop_front();
        }
    }

    /// Whether this is a file that grows, whatever its name is now.
    pub fn grows(&self, stat: Stat) -> bool {
        let held = self.files.iter().map(|entry| &entry.file.stat);
        held.chain(&self.nameless).any(|held| held.same_file(&stat))
    }

    /// Closes what wasn't used since the last rest: a file that is removed gives its room back only then.
    pub fn rest(&mut self) {
        self.files.retain(|entry| entry.used);
        self.files.iter_mut().for_each(|entry| entry.used = false);
        self.nameless.clear();
    }

    fn remove(&mut self, name: &FileName) -> Option<Entry> {
        let at = self.files.iter().position(|entry| entry.name == *name)?;
        self.files.remove(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::reader::open;

    fn file(root: &std::path::Path, name: &str) -> (FileName, OpenFile) {
        let name = FileName::new(root, name);
        std::fs::write(name.full(), "x").expect("written");
        let file = open(&name).expect("opened");
        (name, file)
    }

    #[test]
    fn a_file_is_held_until_another_takes_its_name() {
        let root = tempfile::tempdir().expect("a directory");
        let mut held = Held::default();
        let (name, old) = file(root.path(), "a");
        let stat = old.stat;
        held.keep(&name, old);
        let grown = Stat { size_bytes: 2, ..stat };
        let taken = held.take(&name, grown).expect("it is held");
        assert_eq!(taken.stat, grown, "with what is known of it now");
        held.keep(&name, taken);
        std::fs::write(root.path().join("b"), "y").expect("written");
        std::fs::rename(root.path().join("b"), root.path().join("a")).expect("replaced");
        let (_, new) = file(root.path(), "a");
        assert!(held.take(&name, new.stat).is_none());
        assert!(held.take(&name, stat).is_none(), "it was closed then");
    }

    #[test]
    fn few_files_are_held_and_none_for_long() {
        let root = tempfile::tempdir().expect("a directory");
        let mut held = Held::default();
        let names: Vec<_> = (0..=FILES_MAX)
            .map(|n| {
                let (name, file) = file(root.path(), &n.to_string());
                let stat = file.stat;
                held.keep(&name, file);
                (name, stat)
            })
            .collect();
        let is_held = |held: &mut Held, n: usize| {
            let (name, stat) = &names[n];
            held.take(name, *stat).map(|file| held.keep(name, file)).is_some()
        };
        assert!(!is_held(&mut held, 0) && is_held(&mut held, 1));
        held.rest();
        assert!(is_held(&mut held, 2));
        held.rest();
        assert!(!is_held(&mut held, 3) && is_held(&mut held, 2));
        held.close(&names[2].0);
        assert!(!is_held(&mut held, 2));
        assert!(held.grows(names[2].1), "under another name it still does");
        held.rest();
        assert!(!held.grows(names[2].1));
    }
}
