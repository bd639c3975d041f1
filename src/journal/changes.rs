//! What is to be written into the index besides its blocks: few rows for each reading, kept until they are written
//! all at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::checkpoint::Checkpoint;
use crate::model::file::FileName;
use crate::model::identity::Id;
use crate::model::sketch::Sketch;

/// Rows to be written. The later of two that speak of the same thing holds.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// How far files were read; `None` where they are gone.
    pub(super) checkpoints: HashMap<FileName, Option<Checkpoint>>,
    /// What was read of files; `None` where they are gone.
    pub(super) sketches: HashMap<FileName, Option<Sketch>>,
    /// The bytes that pages were last seen with; `None` where they are to be forgotten.
    pub(super) page_bytes: HashMap<u64, Option<u128>>,
    /// Folded texts that were said of revised updates.
    pub(super) older: HashSet<(Id, u64)>,
    /// What is added to counts.
    pub(super) added: BTreeMap<&'static str, u64>,
    /// What counts are set to.
    pub(super) set: BTreeMap<&'static str, u64>,
    /// In their order.
    pub(super) faults: Vec<FaultChange>,
}

/// What becomes of a fault that `status` shows.
#[derive(Debug, Clone)]
pub(super) enum FaultChange {
    /// It was met. `lasts`: until it is said to be over.
    Met {
        path: String,
        what: String,
        at: Timestamp,
        lasts: bool,
    },
    /// Those of this path are over; with `None`: of every path.
    Over(Option<String>),
}

/// About how much memory a row takes, bytes: a checkpoint or a sketch.
const ROW_BYTES: usize = 512;

impl Changes {
    /// About how much memory they take, bytes.
    pub(super) fn bytes(&self) -> usize {
        let rows = self.checkpoints.len() + self.sketches.len() + self.faults.len();
        rows * ROW_BYTES + (self.page_bytes.len() + self.older.len()) * 64
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes() == 0 && self.added.is_empty() && self.set.is_empty()
    }

    /// Takes in what came later.
    pub(super) fn take_in(&mut self, later: Changes) {
        self.checkpoints.extend(later.checkpoints);
        self.sketches.extend(later.sketches);
        self.page_bytes.extend(later.page_bytes);
        self.older.extend(later.older);
        for (name, count) in later.added {
            *self.added.entry(name).or_default() += count;
        }
        self.set.extend(later.set);
        self.faults.extend(later.faults);
    }

    /// Writes the rows.
    pub(super) fn write(&self, at: &Connection) -> rusqlite::Result<()> {
        for (file, checkpoint) in &self.checkpoints {
            match checkpoint {
                Some(checkpoint) => {
                    let json =
                        serde_json::to_string(checkpoint).expect("a checkpoint has only JSON's own types");
                    at.prepare_cached("INSERT OR REPLACE INTO file VALUES (?, ?)")?
                        .execute(params![file.key(), json])?;
                }
                None => drop(at.prepare_cached("DELETE FROM file WHERE name = ?")?.execute([file.key()])?),
            }
        }
        for (file, sketch) in &self.sketches {
            match sketch {
                Some(sketch) => {
                    let sql = "INSERT INTO sketch VALUES (?1, ?2) ON CONFLICT DO UPDATE SET sketch = ?2";
                    at.prepare_cached(sql)?.execute(params![file.key(), sketch.to_bytes()])?;
                }
                None => drop(at.prepare_cached("DELETE FROM sketch WHERE name = ?")?.execute([file.key()])?),
            }
        }
        for (page, hash) in &self.page_bytes {
            match hash {
                Some(hash) => at
                    .prepare_cached("INSERT OR REPLACE INTO page VALUES (?, ?)")?
                    .execute(params![*page as i64, hash.to_le_bytes()])?,
                None => at.prepare_cached("DELETE FROM page WHERE page = ?")?.execute([*page as i64])?,
            };
        }
        for (id, folded) in &self.older {
            at.prepare_cached("INSERT OR IGNORE INTO older VALUES (?, ?)")?
                .execute(params![id.0, *folded as i64])?;
        }
        for (name, count) in &self.added {
            let sql = "INSERT INTO counts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = count + ?2";
            at.prepare_cached(sql)?.execute(params![name, *count as i64])?;
        }
        for (name, count) in &self.set {
            at.prepare_cached("INSERT OR REPLACE INTO counts VALUES (?, ?)")?
                .execute(params![name, *count as i64])?;
        }
        self.faults.iter().try_for_each(|fault| fault.write(at))
    }
}
