//! Moves a file out of its drop directory, to be kept or removed, and puts it back if it wasn't the file that was meant.
//!
//! When that is done, and whether it may be, the stage above decides. Nothing is overwritten, no link is followed below
//! either directory, and whatever was written to the file up to the move is seen after it.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::model::file::{FileName, Stat};
use crate::source::reader::{stat_in, stat_target};
use crate::source::reading::Done;

/// How many files of one name an archive takes: a page of the same name each day for 27 years.
const SAME_NAME_MAX: u32 = 10_000;

/// The longest name that Linux takes, bytes.
const NAME_BYTES_MAX: usize = 255;

/// What a file is called between its last look and its removal: a name that is left alone by default.
const REMOVING: &str = ".liveblogd-removing";

/// A move that is to be made, and how to see afterwards whether it was right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Where the file lies.
    #[serde(with = "crate::model::file::hex")]
    pub file: FileName,
    /// Where it goes: a name that is free.
    #[serde(with = "crate::model::file::hex")]
    pub to: FileName,
    /// The file that is meant, as it was read.
    pub stat: Stat,
    /// Whether it is removed there.
    pub removed: bool,
}

/// What came of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It is away.
    Away,
    /// It is another file than was meant, or has changed: it lies where it lay.
    Untouched,
    /// It changed in that very moment: it lies in the drop directory again, under this name.
    PutBack(FileName),
}

impl Move {
    /// A move to a free name, whose directory is made. `taken`: names that other moves of the same batch will have.
    pub fn plan(file: &FileName, stat: Stat, done: &Done, taken: &mut HashSet<FileName>) -> io::Result<Move> {
        let (to, removed) = match done {
            Done::Archive(archive) => {
                let to = FileName { root: archive.clone(), path: file.path.clone() };
                make_directories(&to, &file.root)?;
                (free(&to, taken)?, false)
            }
            Done::Remove => {
                let aside = format!("{REMOVING}-{}", taken.len());
                let to = FileName::new(&*file.root, file.path.with_file_name(aside));
                (free(&to, taken)?, true)
            }
        };
        taken.insert(to.clone());
        Ok(Move { file: file.clone(), to, stat, removed })
    }

    /// Makes the move.
    pub fn make(&self) -> io::Result<Moved> {
        let (directory, name) = directory(&self.file)?;
        match stat_in(&directory, name) {
            Ok((stat, kind)) if kind.is_file() && stat == self.stat => {}
            Ok(_) => return Ok(Moved::Untouched),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Moved::Untouched),
            Err(error) => return Err(error),
        }
        rename_new(&self.file, &self.to)?;
        self.settle()
    }

    /// What a process that was killed in the middle of it left is brought to an end.
    pub fn recover(&self) -> io::Result<Moved> {
        match stat(&self.file) {
            // It never came to it.
            Ok(there) if there.same_file(&self.stat) => Ok(Moved::Untouched),
            Ok(_) => self.settle(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.settle(),
            Err(error) => Err(error),
        }
    }

    /// Looks at what was moved: it stays, or is removed, or put back.
    fn settle(&self) -> io::Result<Moved> {
        let moved = match stat(&self.to) {
            Ok(moved) => moved,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Moved::Away),
            Err(error) => return Err(error),
        };
        // A move by itself changes the ctime.
        if moved != (Stat { ctime_ns: moved.ctime_ns, ..self.stat }) {
            let back = free(&self.file, &HashSet::new())?;
            rename_new(&self.to, &back)?;
            return Ok(Moved::PutBack(back));
        }
        if self.removed {
            let (directory, name) = directory(&self.to)?;
            rustix::fs::unlinkat(&directory, name, AtFlags::empty())?;
        }
        Ok(Moved::Away)
    }
}

/// Renames, unless there is something of that name.
fn rename_new(from: &FileName, to: &FileName) -> io::Result<()> {
    let (from_directory, from_name) = directory(from)?;
    let (to_directory, to_name) = directory(to)?;
    let flags = RenameFlags::NOREPLACE;
    match rustix::fs::renameat_with(&from_directory, from_name, &to_directory, to_name, flags) {
        // NFS and some FUSE can't: then what is replaced is a file of our own, made for that.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        renamed => return Ok(renamed?),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    drop(rustix::fs::openat(&to_directory, to_name, flags, Mode::RUSR | Mode::WUSR)?);
    let renamed = rustix::fs::renameat(&from_directory, from_name, &to_directory, to_name);
    if renamed.is_err() {
        rustix::fs::unlinkat(&to_directory, to_name, AtFlags::empty())?;
    }
    Ok(renamed?)
}

/// The first of a name, the name with `.1` behind it, and so on, that is there neither now nor soon.
fn free(name: &FileName, taken: &HashSet<FileName>) -> io::Result<FileName> {
    let (directory, last) = directory(name)?;
    for number in 0..SAME_NAME_MAX {
        let numbered = match number {
            0 => last.into(),
            _ => with_number(last, number),
        };
        let candidate = FileName::new(&*name.root, name.path.with_file_name(&numbered));
        if taken.contains(&candidate) {
            continue;
        }
        match stat_in(&directory, &numbered) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(candidate),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Err(io::Error::other(format!("there are {SAME_NAME_MAX} of that name")))
}

/// A name with a number behind it, which a long one is shortened for, at the boundary of a character.
fn with_number(name: &OsStr, number: u32) -> OsString {
    let number = format!(".{number}");
    let bytes = name.as_bytes();
    let mut end = bytes.len().min(NAME_BYTES_MAX - number.len());
    while bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) && end > 1 {
        end -= 1;
    }
    let mut numbered = OsStr::from_bytes(&bytes[..end]).to_os_string();
    numbered.push(number);
    numbered
}

fn stat(name: &FileName) -> io::Result<Stat> {
    let (directory, last) = directory(name)?;
    stat_in(&directory, last).map(|(stat, _)| stat)
}

const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The directory that a file lies in, come to without a link below the root, and the file's name there.
fn directory(name: &FileName) -> io::Result<(OwnedFd, &OsStr)> {
    let mut directory = rustix::fs::open(&*name.root, DIRECTORY, Mode::empty())?;
    let (above, last) = split(&name.path)?;
    for part in above {
        directory = rustix::fs::openat(&directory, part, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok((directory, last))
}

/// Makes the directories of a file, with the rights that `like` has.
fn make_directories(name: &FileName, like: &Path) -> io::Result<()> {
    // A relative path has an empty one above all.
    let above = || name.root.ancestors().filter(|path| !path.as_os_str().is_empty()).chain([Path::new(".")]);
    // Else it would be made where another file system is missing.
    let there = above().find_map(|path| stat_target(path).ok());
    let (like_stat, _) = stat_target(like)?;
    if there.is_none_or(|(stat, _)| stat.device != like_stat.device) {
        return Err(Errno::XDEV.into());
    }
    let rights = rustix::fs::stat(like)?.st_mode & 0o777;
    let mut missing: Vec<PathBuf> =
        above().take_while(|path| !path.exists()).map(Path::to_path_buf).collect();
    while let Some(path) = missing.pop() {
        make_directory(CWD, path.as_os_str(), rights)?;
    }
    let mut directory = rustix::fs::open(&*name.root, DIRECTORY, Mode::empty())?;
    for part in split(&name.path)?.0 {
        let open = || rustix::fs::openat(&directory, part, DIRECTORY | OFlags::NOFOLLOW, Mode::empty());
        let opened = match open() {
            Err(Errno::NOENT) => {
                make_directory(&directory, part, rights)?;
                open()?
            }
            opened => opened?,
        };
        directory = opened;
    }
    Ok(())
}

/// With all its rights, whatever the process's mask takes away: others look into the archive, too.
fn make_directory(above: impl AsFd, name: &OsStr, rights: u32) -> io::Result<()> {
    match rustix::fs::mkdirat(&above, name, Mode::from_raw_mode(rights)) {
        Err(Errno::EXIST) => return Ok(()),
        made => made?,
    }
    Ok(rustix::fs::chmodat(&above, name, Mode::from_raw_mode(rights), AtFlags::empty())?)
}

/// The parts of a path below a root, and its last one.
fn split(path: &Path) -> io::Result<(Vec<&OsStr>, &OsStr)> {
    let mut parts = Vec::new();
    for part in path.components() {
        let Component::Normal(part) = part else {
            return Err(io::Error::other("not a path below a directory"));
        };
        parts.push(part);
    }
    let last = parts.pop().ok_or_else(|| io::Error::other("not the name of a file"))?;
    Ok((parts, last))
}

#[cfg(test)]
mod tests;
