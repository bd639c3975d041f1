//! Turns directories into the list of files in them, with what the kernel says of each.
//!
//! It opens no file and remembers nothing.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use globset::GlobSet;

use crate::model::file::{FileName, Stat};
use crate::model::globs::matches;
use crate::source::reader::{stat_at, stat_target};
use crate::source::reading::Fault;

/// Deepest directory below a root. More is a loop of mounts or a mistake.
const DEPTH_MAX: usize = 64;

/// Which names are read.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Empty for all.
    pub include: GlobSet,
    /// Left out, also whole directories.
    pub exclude: GlobSet,
    /// Never read: (device, inode).
    pub forbidden: HashSet<(u64, u64)>,
}

impl Filter {
    /// Whether a file at `path` below its root is read.
    pub fn wants_file(&self, path: &Path) -> bool {
        !self.excludes_within(path) && (self.include.is_empty() || matches(&self.include, path))
    }

    /// Whether what is at `path`, or a directory that it is in, is left out.
    pub fn excludes_within(&self, path: &Path) -> bool {
        path.ancestors().any(|part| !part.as_os_str().is_empty() && self.excludes(part))
    }

    /// Whether a file or directory at `path` is left out.
    pub fn excludes(&self, path: &Path) -> bool {
        matches(&self.exclude, path)
    }

    /// Whether this file or directory must never be read.
    pub fn forbids(&self, stat: &Stat) -> bool {
        self.forbidden.contains(&(stat.device, stat.inode))
    }
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Found {
    /// Regular files.
    pub files: Vec<(FileName, Stat)>,
    /// What couldn't be looked at: nothing below these paths counts as gone.
    pub faults: Vec<Fault>,
    /// Directories that were left out, with all below them.
    pub left_out: Vec<PathBuf>,
}

/// Lists what lies in `directory` (below its root; empty for the root itself).
pub fn scan(root: &Path, directory: &Path, filter: &Filter) -> Found {
    let mut found = Found::default();
    let mut links = Vec::new();
    let mut visited = HashSet::new();
    let mut walk = Walk { root, filter, found: &mut found, links: &mut links, visited: &mut visited };
    walk.directory(directory.to_path_buf());
    if walk.links.is_empty() {
        return found;
    }
    // Links come last: what is read under its own name isn't read again under the link's.
    let Ok(real_root) = root.canonicalize() else {
        return found;
    };
    let mut inodes: HashSet<_> = walk.found.files.iter().map(|(_, stat)| (stat.device, stat.inode)).collect();
    while let Some(path) = walk.links.pop() {
        let full = root.join(&path);
        let (Ok(target), Ok((stat, kind))) = (full.canonicalize(), stat_target(&full)) else {
            walk.fault(full, "a link to nothing", "remove the link, or put its target there");
            continue;
        };
        let Ok(below) = target.strip_prefix(&real_root) else {
            walk.fault(full, "a link out of the drop directory", "put a copy or a hard link there instead");
            continue;
        };
        if filter.forbids(&stat) {
            continue;
        }
        if kind.is_dir() {
            let before = walk.found.files.len();
            walk.directory(path);
            let inodes = &mut inodes;
            let added = walk.found.files.split_off(before);
            walk.found
                .files
                .extend(added.into_iter().filter(|(_, stat)| inodes.insert((stat.device, stat.inode))));
        } else if kind.is_file() {
            // Seen from one directory alone, a target elsewhere that is read anyway isn't the link's.
            let elsewhere = !below.starts_with(directory) && filter.wants_file(below);
            if !elsewhere && filter.wants_file(&path) && inodes.insert((stat.device, stat.inode)) {
                walk.found.files.push((FileName::new(root, &path), stat));
            }
        }
    }
    found
}

struct Walk<'a> {
    root: &'a Path,
    filter: &'a Filter,
    found: &'a mut Found,
    links: &'a mut Vec<PathBuf>,
    /// Directories already listed, so that links can't go in circles.
    visited: &'a mut HashSet<(u64, u64)>,
}

impl Walk<'_> {
    fn directory(&mut self, top: PathBuf) {
        let root_name = std::sync::Arc::<Path>::from(self.root);
        let mut open = vec![top];
        while let Some(directory) = open.pop() {
            let full = self.root.join(&directory);
            match stat_target(&full) {
                Ok((stat, kind)) if kind.is_dir() => {
                    if self.filter.forbids(&stat) || !self.visited.insert((stat.device, stat.inode)) {
                        continue;
                    }
                }
                Ok(_) => continue,
                Err(error) => {
                    self.io_fault(full, &error);
                    continue;
                }
            }
            if directory.components().count() > DEPTH_MAX {
                self.fault(full, "too deep", "flatten the tree");
                continue;
            }
            let entries = match std::fs::read_dir(&full) {
                Ok(entries) => entries,
                Err(error) => {
                    self.io_fault(full, &error);
                    continue;
                }
            };
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        self.io_fault(full.clone(), &error);
                        break;
                    }
                };
                let path = directory.join(entry.file_name());
                if self.filter.excludes(&path) {
                    if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                        self.found.left_out.push(entry.path());
                    }
                    continue;
                }
                let full = self.root.join(&path);
                let (stat, kind) = match stat_at(&full) {
                    Ok(stat) => stat,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => {
                        self.io_fault(full, &error);
                        continue;
                    }
                };
                if self.filter.forbids(&stat) {
                    continue;
                }
                if kind.is_dir() {
                    open.push(path);
                } else if kind.is_symlink() {
                    self.links.push(path);
                } else if kind.is_file() {
                    if self.filter.wants_file(&path) {
                        let name = FileName { root: root_name.clone(), path: path.into() };
                        self.found.files.push((name, stat));
                    }
                } else {
                    self.fault(full, "not a regular file", "pipes, sockets and devices are left alone");
                }
            }
        }
    }

    fn io_fault(&mut self, path: PathBuf, error: &io::Error) {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => "give the daemon's user the right to read it",
            io::ErrorKind::NotFound => "make the directory; nothing is lost, it is looked for at every scan",
            _ => "it is tried again at every scan",
        };
        self.fault(path, error.to_string(), hint);
    }

    fn fault(&mut self, path: PathBuf, what: impl Into<String>, hint: &'static str) {
        self.found.faults.push(Fault { path, what: what.into(), hint });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::globs::globs;
    use crate::source::reading::EXCLUDE_DEFAULT;
    use std::os::unix::fs::symlink;

    fn names(root: &Path) -> (Vec<String>, usize) {
        let filter = Filter {
            include: GlobSet::empty(),
            exclude: globs(EXCLUDE_DEFAULT).unwrap(),
            forbidden: HashSet::new(),
        };
        let found = scan(root, Path::new(""), &filter);
        let mut names: Vec<_> = found.files.iter().map(|(name, _)| name.path.display().to_string()).collect();
        names.sort();
        (names, found.faults.len())
    }

    #[test]
    fn nested_files_are_found_and_half_written_ones_left_alone() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        std::fs::create_dir_all(root.path().join(".git")).unwrap();
        for name in ["one.txt", "a/b/two", ".hidden", "x.tmp", "y~", ".git/config"] {
            std::fs::write(root.path().join(name), "x").unwrap();
        }
        assert_eq!(names(root.path()), (vec!["a/b/two".into(), "one.txt".into()], 0));
    }

    #[test]
    fn links_are_read_once_and_never_out_of_the_root() {
        let root = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("secret"), "x").unwrap();
        std::fs::create_dir(root.path().join(".data")).unwrap();
        std::fs::write(root.path().join(".data/page"), "x").unwrap();
        std::fs::write(root.path().join("real"), "x").unwrap();
        symlink("real", root.path().join("link")).unwrap();
        symlink(".data/page", root.path().join("page")).unwrap();
        symlink(".", root.path().join("loop")).unwrap();
        symlink(other.path().join("secret"), root.path().join("out")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, root.path().join("pipe"), 0o600.into()).unwrap();
        assert_eq!(names(root.path()), (vec!["page".into(), "real".into()], 2));
    }
}
