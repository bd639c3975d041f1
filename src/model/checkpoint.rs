//! How far a file was read, and what is needed to read on: kept in the index, derived, droppable.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::file::{Position, Stat};

/// How far a file was read. Written in the transaction that commits the updates it speaks of.
///
/// Losing it costs a second reading, never an update.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The file as it was when it was read.
    pub stat: Stat,
    /// Bytes consumed. Never past `stat.size_bytes`.
    pub read_offset: u64,
    /// Start of the last update, which may still grow; reading on begins here. Never past `read_offset`.
    pub resume: Position,
    /// What the consumed bytes looked like.
    pub fingerprint: Fingerprint,
    /// Whether the update at `resume` was said, so that another text of it is a revision.
    #[serde(default)]
    pub said_open: bool,
    /// What has become of it.
    pub state: FileState,
    /// How the parser read it (its own words), so that a file keeps its mode while it grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// How the days before `resume` were found (dating's own words).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dating: Option<String>,
    /// The page it was recognised as; 0 before it had updates.
    #[serde(default)]
    pub page: u64,
    /// Updates found in the last reading of it.
    #[serde(default)]
    pub updates: u64,
    /// Why nothing is said of it, until that is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

impl Checkpoint {
    /// Whether all of the file was read, and said or known.
    pub fn is_done(&self) -> bool {
        let is_said = match self.state {
            FileState::Settled => self.held.is_none(),
            FileState::Followed | FileState::NoTimeLines | FileState::HeldBack | FileState::NotText => false,
        };
        is_said && self.read_offset == self.stat.size_bytes
    }

    /// Whether this is the same reading of the same file.
    pub fn same_reading(&self, other: &Checkpoint) -> bool {
        self.stat == other.stat
            && self.read_offset == other.read_offset
            && self.fingerprint == other.fingerprint
    }
}

/// A page that is read otherwise than before: what was said of it would come again as other updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Since when. Tells one holding back from another: confirming one isn't confirming the next.
    pub since: Timestamp,
    /// How many of its updates would be said.
    pub new: u64,
    /// How many it has.
    pub updates: u64,
}

/// What was made of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Read whole; nothing is waited for.
    #[default]
    Settled,
    /// It grows: read on from `resume` when there is more.
    Followed,
    /// Text without time lines: nothing was said.
    NoTimeLines,
    /// Held back: read, but nothing is said of it until that is confirmed.
    HeldBack,
    /// Not text: a NUL in its first 4 KiB and no UTF-16 mark.
    NotText,
}

/// A hash of a file's head and of the window before an offset: whether the consumed bytes are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Hash of the first bytes.
    pub head: u64,
    /// Hash of the window that ends at `read_offset`.
    pub window: u64,
}

impl Serialize for Stat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = (self.device, self.inode, self.birth_ns, self.size_bytes, self.mtime_ns, self.ctime_ns);
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stat {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Stat, D::Error> {
        let (device, inode, birth_ns, size_bytes, mtime_ns, ctime_ns) =
            Deserialize::deserialize(deserializer)?;
        Ok(Stat { device, inode, birth_ns, size_bytes, mtime_ns, ctime_ns })
    }
}

impl Serialize for Position {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.offset, self.line).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Position, D::Error> {
        let (offset, line) = Deserialize::deserialize(deserializer)?;
        Ok(Position { offset, line })
    }
}
