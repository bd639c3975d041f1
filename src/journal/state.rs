//! The small files of the state directory: what can't be derived, each replaced whole or not at all.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::journal::JournalError;

/// The largest of the small files, bytes. They hold a line or two.
const SMALL_BYTES_MAX: u64 = 4_096;

/// How often and how far apart the lock is tried: `status` takes it for an instant to see whether it is free.
const LOCK_TRIES: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Makes the state directory, readable by its owner alone, and the folder for the segments.
pub fn create(state: &Path) -> Result<(), JournalError> {
    for directory in [state.to_path_buf(), crate::journal::segment::directory(state)] {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
        made.map_err(JournalError::io("make the directory", &directory))?;
    }
    Ok(())
}

/// Holds the state directory for as long as it lives; the kernel lets go of it however the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    _directory: File,
    /// Which directory that is: it's compared before each commit.
    inode: (u64, u64),
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub fn take(state: &Path) -> Result<Lock, JournalError> {
        let path = state.join("lock");
        let file = open_kept("open the lock", &path)?;
        // Somebody may remove the file, taking it for a dead daemon's; the directory stays.
        let directory = File::open(state).map_err(JournalError::io("open", state))?;
        let mut tries = 1;
        while is_held(&directory, &file, FlockOperation::NonBlockingLockExclusive) {
            if tries == LOCK_TRIES {
                return Err(JournalError::Held { path: state.into(), pid: pid_in(&file) });
            }
            tries += 1;
            std::thread::sleep(LOCK_PAUSE);
        }
        let pid = format!("{:<10}\n", std::process::id());
        file.write_all_at(pid.as_bytes(), 0).map_err(JournalError::io("write the lock", &path))?;
        file.set_len(pid.len() as u64).map_err(JournalError::io("write the lock", &path))?;
        let inode = inode(directory.metadata(), state)?;
        Ok(Lock { _file: file, _directory: directory, inode })
    }

    /// Whether `state` is still the directory that is locked. Where it was removed and made anew, another daemon may
    /// have it: nothing may be written there by its name.
    pub(super) fn check(&self, state: &Path) -> Result<(), JournalError> {
        match inode(std::fs::metadata(state), state)? == self.inode {
            true => Ok(()),
            false => Err(JournalError::Replaced { path: state.into() }),
        }
    }

    /// Who holds the lock now, if anyone does: the process id, if it can be read.
    pub fn holder(state: &Path) -> Option<Option<u32>> {
        let directory = File::open(state).ok()?;
        let file = File::open(state.join("lock")).ok();
        // Ours, if it is free, is let go of at once: whoever takes it meanwhile tries more than once.
        let held =
            is_held(&directory, file.as_ref().unwrap_or(&directory), FlockOperation::NonBlockingLockShared);
        held.then(|| file.as_ref().and_then(pid_in))
    }
}

/// Device and inode of a file, or a directory.
pub(super) fn inode(metadata: io::Result<Metadata>, path: &Path) -> Result<(u64, u64), JournalError> {
    let metadata = metadata.map_err(JournalError::io("look at", path))?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Takes both locks, unless somebody else has one. Not every file system has locks on directories.
fn is_held(directory: &File, file: &File, lock: FlockOperation) -> bool {
    flock(directory, lock) == Err(Errno::WOULDBLOCK) || flock(file, lock).is_err()
}

fn pid_in(file: &File) -> Option<u32> {
    let mut text = String::new();
    let _unreadable_is_unknown = file.take(32).read_to_string(&mut text);
    text.trim().parse().ok()
}

/// `trouble`: why the journal can't be written now, for `status`. Its room is taken at the start and rewritten in
/// place, since what it most often has to say is that the disk is full.
#[derive(Debug)]
pub struct Trouble {
    file: File,
    path: PathBuf,
}

/// How long a trouble may be, bytes: an error with its path.
const TROUBLE_BYTES: usize = 1_024;

impl Trouble {
    /// Takes its room, and says that there is none.
    pub fn open(state: &Path) -> Result<Trouble, JournalError> {
        let path = state.join("trouble");
        let file = open_kept("open", &path)?;
        let trouble = Trouble { file, path };
        trouble.set("")?;
        Ok(trouble)
    }

    /// Writes `what` into it, blanks behind.
    pub fn set(&self, what: &str) -> Result<(), JournalError> {
        let mut text = what.replace('\n', "; ").into_bytes();
        text.resize(TROUBLE_BYTES, b' ');
        self.file.write_all_at(&text, 0).map_err(JournalError::io("write", &self.path))
    }

    /// What it says; `None` if it is blank.
    pub fn load(state: &Path) -> Option<String> {
        let text = read_small(&state.join("trouble")).ok()??;
        Some(text.trim().to_string()).filter(|text| !text.is_empty())
    }
}

/// `journal.json`: who this journal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The version of the directory's form.
    pub version: u32,
    /// 8 characters, drawn when the journal was made.
    pub id: String,
    /// `global` or `blog`: part of every update's id.
    pub scope: String,
}

impl Identity {
    /// Where it lies.
    pub fn path(state: &Path) -> PathBuf {
        state.join("journal.json")
    }

    /// The one that is there, if it can be read.
    pub fn load(state: &Path) -> Result<Option<Identity>, JournalError> {
        let path = Identity::path(state);
        let Some(text) = read_small(&path)? else {
            return Ok(None);
        };
        let identity: Result<Identity, _> = serde_json::from_str(&text);
        match identity {
            Ok(identity)
                if identity.version == 1
                    && is_journal_id(&identity.id)
                    && matches!(identity.scope.as_str(), "global" | "blog") =>
            {
                Ok(Some(identity))
            }
            Ok(identity) if identity.version > 1 => Err(JournalError::Damaged {
                path,
                what: format!("its version is {}, and this program knows 1", identity.version),
                hint: "use the newer program that made it",
            }),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Writes it, durably.
    pub fn store(&self, state: &Path) -> Result<(), JournalError> {
        let text = serde_json::to_string(self).expect("a struct of strings is JSON");
        replace(&Identity::path(state), &format!("{text}\n"))
    }
}

/// Whether this is the id of a journal: 8 characters of `a-z0-9`.
pub fn is_journal_id(id: &str) -> bool {
    id.len() == 8 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Draws the id of a new journal.
pub fn draw_journal_id() -> String {
    // The standard library's own randomly keyed hasher is random enough to tell journals apart.
    use std::hash::{BuildHasher, Hasher};
    let mut random = std::collections::hash_map::RandomState::new().build_hasher();
    random.write_u32(std::process::id());
    let mut bits = random.finish();
    let alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let draw = |_| {
        let character = alphabet[(bits % 36) as usize];
        bits /= 36;
        char::from(character)
    };
    (0..8).map(draw).collect()
}

/// `ceiling`: the seq that a boot has reserved. Without it a power loss could make a seq name two events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// The boot in which it was reserved; `-` after an orderly end, which needs no reserve.
    pub boot: String,
    /// No seq past this one was handed out.
    pub seq: u64,
}

impl Ceiling {
    /// The one that is there, if it can be read.
    pub fn load(state: &Path) -> Result<Option<Ceiling>, JournalError> {
        let text = read_small(&state.join("ceiling"))?.unwrap_or_default();
        let mut words = text.split_ascii_whitespace();
        let (boot, seq) = (words.next(), words.next().and_then(|seq| seq.parse().ok()));
        Ok(boot.zip(seq).map(|(boot, seq)| Ceiling { boot: boot.into(), seq }))
    }

    /// Whether it was left by an orderly end: then it is the last seq that was handed out.
    pub fn is_orderly(&self) -> bool {
        self.boot == "-"
    }

    /// Whether it was left by another boot that didn't end in order. A boot that can't be told from others
    /// (`ProcSubset=pid` in a unit) is taken for another one: `seq` may skip ahead, but never come twice.
    pub fn is_of_another_boot(&self, boot: &str) -> bool {
        !self.is_orderly() && (self.boot != boot || boot == UNKNOWN_BOOT)
    }

    /// Writes it, durably.
    pub fn store(&self, state: &Path) -> Result<(), JournalError> {
        replace(&state.join("ceiling"), &format!("{} {}\n", self.boot, self.seq))
    }
}

/// The name of a boot that the kernel doesn't tell.
const UNKNOWN_BOOT: &str = "unknown";

/// The kernel's name of this boot; `unknown` where it doesn't tell.
pub fn boot_id() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    match text.trim() {
        "" => UNKNOWN_BOOT.into(),
        id => id.into(),
    }
}

/// How far a sink with a name has read: one short line, rewritten in place by a single write.
///
/// In place and not by rename, since it follows every batch: a kill can't split a write this short, and after
/// a power loss the check tells whether it holds.
#[derive(Debug)]
pub struct KeptCursor {
    file: File,
    path: PathBuf,
}

/// What was kept of a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing yet.
    Never,
    /// It has had the events up to this seq.
    At(u64),
    /// Something that can't be read, or is another journal's.
    Lost,
}

impl KeptCursor {
    /// Opens the cursor of the sink `name`, and says where it was.
    pub fn open(state: &Path, name: &str, journal: &str) -> Result<(KeptCursor, Kept), JournalError> {
        let path = state.join(format!("cursor-{name}"));
        let is_new = !path.exists();
        let file = open_kept("open the cursor", &path)?;
        let mut text = String::new();
        let read = (&file).take(SMALL_BYTES_MAX).read_to_string(&mut text).ok();
        let kept = match read.and_then(|_| cursor_of(&text, journal)) {
            Some(seq) => Kept::At(seq),
            None if is_new => Kept::Never,
            None => Kept::Lost,
        };
        Ok((KeptCursor { file, path }, kept))
    }

    /// Keeps `seq`.
    pub fn store(&self, journal: &str, seq: u64) -> Result<(), JournalError> {
        let cursor = format!("{journal}:{seq:020}");
        let line = format!("{cursor} {:016x}\n", xxh3_64(cursor.as_bytes()));
        self.file.write_all_at(line.as_bytes(), 0).map_err(JournalError::io("write the cursor", &self.path))
    }

    /// Makes it durable.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(JournalError::io("flush the cursor", &self.path))
    }
}

/// Where the sink `name` was, without opening it for writing.
pub fn kept_cursor(state: &Path, name: &str, journal: &str) -> Result<Option<u64>, JournalError> {
    Ok(read_small(&state.join(format!("cursor-{name}")))?.and_then(|text| cursor_of(&text, journal)))
}

/// The names of all sinks that keep a cursor.
pub fn cursor_names(state: &Path) -> Result<Vec<String>, JournalError> {
    let entries = std::fs::read_dir(state).map_err(JournalError::io("list", state))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(JournalError::io("list", state))?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_prefix("cursor-")).map(String::from));
    }
    names.sort_unstable();
    Ok(names)
}

/// Lets go of a kept cursor, and notes that nobody lost it.
pub fn drop_cursor(state: &Path, name: &str) -> Result<(), JournalError> {
    // On a full disk a start without it is to be had.
    if !was_dropped(state, name) {
        replace(&off(state, name), "")?;
    }
    remove("remove the cursor", &state.join(format!("cursor-{name}")))
}

/// Whether a cursor was let go of.
pub fn was_dropped(state: &Path, name: &str) -> bool {
    off(state, name).exists()
}

/// Notes that a cursor is kept again: to be called once it is.
pub fn take_up_cursor(state: &Path, name: &str) -> Result<(), JournalError> {
    remove("remove", &off(state, name))
}

fn off(state: &Path, name: &str) -> PathBuf {
    state.join(format!("{name}-off"))
}

fn cursor_of(text: &str, journal: &str) -> Option<u64> {
    let (cursor, check) = text.trim_end().split_once(' ')?;
    if u64::from_str_radix(check, 16).ok()? != xxh3_64(cursor.as_bytes()) {
        return None;
    }
    let (id, seq) = cursor.split_once(':')?;
    if id == journal { seq.parse().ok() } else { None }
}

/// Opens a file that is written in place, and makes it, for its owner alone, if it isn't there.
pub(super) fn open_kept(what: &'static str, path: &Path) -> Result<File, JournalError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(JournalError::io(what, path))?;
    give_away(&file, path);
    Ok(file)
}

/// Whoever forgets or confirms may be root, and the daemon, who must write the file, isn't: it belongs to whom its
/// directory belongs to. Where that isn't allowed it stays as it is.
fn give_away(file: &File, path: &Path) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    if let Some(Ok(directory)) = path.parent().map(std::fs::metadata)
        && file.metadata().is_ok_and(|file| file.uid() != directory.uid())
    {
        let _not_allowed = fchown(file, Some(directory.uid()), Some(directory.gid()));
    }
}

/// Removes a file; one that isn't there is as good.
pub fn remove(what: &'static str, path: &Path) -> Result<(), JournalError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(JournalError::io(what, path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Reads a small file; `None` if there is none. Bytes that are no UTF-8 are replaced: the reader judges.
fn read_small(path: &Path) -> Result<Option<String>, JournalError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(JournalError::io("open", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(SMALL_BYTES_MAX).read_to_end(&mut bytes).map_err(JournalError::io("read", path))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Puts a new file in the place of an old one: afterwards it is the one or the other, also after a power loss.
pub fn replace(path: &Path, text: &str) -> Result<(), JournalError> {
    let (mut file, new) = create_new(path)?;
    file.write_all(text.as_bytes()).map_err(JournalError::io("write", &new))?;
    put_in_place(&file, &new, path)
}

/// Begins a file that is to be put in the place of `path`, and says what it is called until then. One that an
/// earlier try left is overwritten.
pub(super) fn create_new(path: &Path) -> Result<(File, PathBuf), JournalError> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let file = options.open(&new).map_err(JournalError::io("write", &new))?;
    give_away(&file, &new);
    Ok((file, new))
}

/// Puts what [`create_new`] began in its place, durably.
pub(super) fn put_in_place(file: &File, new: &Path, path: &Path) -> Result<(), JournalError> {
    file.sync_all().map_err(JournalError::io("flush", new))?;
    std::fs::rename(new, path).map_err(JournalError::io("replace", path))?;
    sync_directory(path)
}

/// Makes the name of a file durable.
pub fn sync_directory(path: &Path) -> Result<(), JournalError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let opened = File::open(directory).map_err(JournalError::io("open", directory))?;
    opened.sync_all().map_err(JournalError::io("flush", directory))
}
