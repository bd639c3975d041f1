//! Walks a drop directory: which files are there now. Follows no link and opens no file.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::model::file::Stat;
use crate::source::Fault;
use crate::source::reader::{Found, look};

/// How deep directories may nest. The kernel's own limit on path lengths is about here.
const DEPTH_MAX: usize = 256;

/// Which names are read.
#[derive(Debug, Clone)]
pub struct Names {
    include: Globs,
    exclude: Globs,
}

#[derive(Debug, Clone)]
struct Globs {
    /// Globs without a `/`: held against the name alone.
    name: GlobSet,
    /// The others: held against the path below the root.
    path: GlobSet,
}

impl Globs {
    fn new(globs: &[String]) -> Result<Globs, globset::Error> {
        let set = |with_slash: bool| {
            let mut set = GlobSetBuilder::new();
            for glob in globs.iter().filter(|glob| glob.contains('/') == with_slash) {
                set.add(Glob::new(glob)?);
            }
            set.build()
        };
        Ok(Globs { name: set(false)?, path: set(true)? })
    }

    fn has(&self, path: &Path) -> bool {
        self.name.is_match(path.file_name().unwrap_or(OsStr::new(""))) || self.path.is_match(path)
    }
}

impl Names {
    /// From the configuration's globs.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Names, globset::Error> {
        Ok(Names { include: Globs::new(include)?, exclude: Globs::new(exclude)? })
    }

    /// Whether a file at `path` below the root is read.
    pub fn reads(&self, path: &Path) -> bool {
        self.include.has(path)
            && !path.ancestors().any(|part| part.file_name().is_some() && self.exclude.has(part))
    }

    /// Whether a directory at `path` below the root is entered.
    pub fn enters(&self, path: &Path) -> bool {
        path.as_os_str().is_empty() || !self.exclude.has(path)
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The files, by their path below the root.
    pub files: Vec<(PathBuf, Stat)>,
    /// Directories (below the root) that couldn't be read: what was known below them may still be there.
    pub unreadable: Vec<PathBuf>,
    /// What is wrong with which path.
    pub faults: Vec<Fault>,
}

/// Walks `below` (a path below `root`, empty for all). `forbidden`: (device, inode) never entered or read.
pub fn walk(root: &Path, below: &Path, names: &Names, forbidden: &[(u64, u64)]) -> Scan {
    let mut scan = Scan::default();
    let mut waiting = vec![(below.to_path_buf(), 0)];
    while let Some((directory, depth)) = waiting.pop() {
        let full = root.join(&directory);
        let entries = match std::fs::read_dir(&full) {
            Ok(entries) => entries,
            Err(error) => {
                // One that vanished between two looks below the root isn't worth a word.
                if error.kind() != io::ErrorKind::NotFound || directory.as_os_str().is_empty() {
                    scan.faults.push(unreadable(&full, &error));
                    scan.unreadable.push(directory);
                }
                continue;
            }
        };
        for entry in entries {
            let Ok(entry) = entry else {
                scan.unreadable.push(directory.clone());
                break;
            };
            let path = directory.join(entry.file_name());
            let full = entry.path();
            match look(&full) {
                Ok(Found::File(stat)) => {
                    if names.reads(&path) && !forbidden.contains(&(stat.device, stat.inode)) {
                        scan.files.push((path, stat));
                    }
                }
                Ok(Found::Directory(stat)) => {
                    let entered = names.enters(&path) && !forbidden.contains(&(stat.device, stat.inode));
                    if entered && depth < DEPTH_MAX {
                        waiting.push((path, depth + 1));
                    } else if entered {
                        scan.faults.push(Fault {
                            path: full,
                            what: "directory left out: it is too deep".into(),
                            hint: "directories may nest 256 deep",
                        });
                    }
                }
                Ok(Found::Link) => scan.faults.extend(link_fault(root, &path, &full, names)),
                Ok(Found::Special) if names.reads(&path) => scan.faults.push(Fault {
                    path: full,
                    what: "left out: neither a file nor a directory".into(),
                    hint: "FIFOs, sockets and devices are never opened",
                }),
                Ok(Found::Special) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    scan.faults.push(unreadable(&full, &error));
                    scan.unreadable.push(path);
                }
            }
        }
    }
    scan
}

/// A path that can't be read, as a person may read it.
pub fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "give the daemon's user the right to read it; it is tried again at each scan"
        }
        io::ErrorKind::NotFound => "it is tried again at each scan; nothing is forgotten meanwhile",
        _ => "it is tried again at each scan",
    };
    Fault { path: path.into(), what: format!("cannot read: {error}"), hint }
}

/// A link whose target lies in the same root needs no word: the target is read under its own name.
fn link_fault(root: &Path, path: &Path, full: &Path, names: &Names) -> Option<Fault> {
    if !names.reads(path) {
        return None;
    }
    let inside = std::fs::canonicalize(full).ok().zip(std::fs::canonicalize(root).ok());
    match inside {
        Some((target, root)) if target.starts_with(&root) => None,
        Some(_) | None => Some(Fault {
            path: full.into(),
            what: "symbolic link left out: it leads out of the drop directory, or nowhere".into(),
            hint: "drop the file itself, or make its directory a drop directory",
        }),
    }
}
