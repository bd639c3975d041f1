//! Which file is meant, and what the kernel says of it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

/// A file below a drop root. The path is bytes, as the kernel has it; it need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName {
    /// The drop directory as configured (`origin.root` in the event).
    pub root: Arc<Path>,
    /// The path below the root. Never absolute, never with `..`.
    pub path: Arc<Path>,
}

impl FileName {
    /// A file named `path` below `root`.
    pub fn new(root: impl AsRef<Path>, path: impl AsRef<Path>) -> FileName {
        FileName { root: Arc::from(root.as_ref()), path: Arc::from(path.as_ref()) }
    }

    /// Where it lies: root and path joined.
    pub fn full(&self) -> PathBuf {
        self.root.join(&self.path)
    }

    /// The directory below the root, `/`-joined, bytes that are no UTF-8 replaced; `None` at the root.
    pub fn directory(&self) -> Option<String> {
        let parent = self.path.parent()?;
        if parent.as_os_str().is_empty() {
            return None;
        }
        Some(parent.to_string_lossy().into_owned())
    }

    /// Root and path as one key of bytes: the two joined by a NUL, which neither can contain.
    pub fn key(&self) -> Vec<u8> {
        let mut key = self.root.as_os_str().as_bytes().to_vec();
        key.push(0);
        key.extend_from_slice(self.path.as_os_str().as_bytes());
        key
    }

    /// The name that [`FileName::key`] was made of; `None` if the bytes aren't such a key.
    pub fn from_key(key: &[u8]) -> Option<FileName> {
        use std::os::unix::ffi::OsStringExt;
        let nul = key.iter().position(|&b| b == 0)?;
        let root = OsString::from_vec(key[..nul].to_vec());
        let path = OsString::from_vec(key[nul + 1..].to_vec());
        Some(FileName::new(PathBuf::from(root), PathBuf::from(path)))
    }
}

/// A name as text that any bytes fit into: [`FileName::key`] in hexadecimal.
pub mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::FileName;

    /// Writes it.
    pub fn serialize<S: Serializer>(name: &FileName, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(name))
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FileName, D::Error> {
        let text = String::deserialize(deserializer)?;
        name(&text).ok_or_else(|| serde::de::Error::custom("not the name of a file in hexadecimal"))
    }

    fn text(name: &FileName) -> String {
        name.key().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn name(text: &str) -> Option<FileName> {
        let digits = text.as_bytes().chunks(2);
        let key: Option<Vec<u8>> =
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        FileName::from_key(&key?)
    }
}

/// What `statx` said of a file: who it is, and whether it has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stat {
    /// Device number.
    pub device: u64,
    /// Inode number. Reused at once by most file systems, so it never stands alone.
    pub inode: u64,
    /// Birth time, ns since 1970, where the file system has one.
    pub birth_ns: Option<i64>,
    /// Size, bytes.
    pub size_bytes: u64,
    /// Last change of the contents, ns since 1970.
    pub mtime_ns: i64,
    /// Last change of contents or attributes, ns since 1970.
    pub ctime_ns: i64,
}

impl Stat {
    /// `mtime_ns` as an instant; 1970 where no calendar reaches.
    pub fn modified(&self) -> Timestamp {
        Timestamp::from_nanosecond(i128::from(self.mtime_ns)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether both are the same file (device, inode, birth time where there is one).
    pub fn same_file(&self, other: &Stat) -> bool {
        self.device == other.device && self.inode == other.inode && self.birth_ns == other.birth_ns
    }
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Line, from 1. `0` only in a position that was never set.
    pub line: u64,
}

impl Position {
    /// The start of a file.
    pub const START: Position = Position { offset: 0, line: 1 };
}
