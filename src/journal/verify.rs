//! `status --verify`: holds the journal against its checksums, and what is left of retired segments against gzip's.

use std::path::{Path, PathBuf};

use crate::journal::JournalError;
use crate::journal::content::Content;
use crate::journal::said::each_retired;
use crate::journal::segment::{
    hash_of, list, list_retired, missing_behind, packed_path, path, records, retired_path,
};

/// What isn't as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where it starts in the segment's events, bytes.
    pub offset: u64,
    /// Where it ends.
    pub end: u64,
    /// What it is.
    pub harm: Harm,
}

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// A batch's bytes aren't those of its checksum.
    Changed,
    /// There are no checksums to hold the bytes against.
    Unproven,
    /// There is no file: those before and behind it don't join.
    Missing {
        /// The last of the events that it had; its name has the first.
        last_seq: u64,
    },
}

/// Holds every segment against its checksums, up to `head_length` in the last one.
pub fn verify(state: &Path, head: (u64, u64)) -> Result<Vec<Damage>, JournalError> {
    let mut damages = Vec::new();
    for first_seq in list(state)?.into_iter().filter(|&first_seq| first_seq <= head.0) {
        // Without one it was retired since it was listed.
        let Some(mut content) = Content::open(state, first_seq)? else { continue };
        let path = match content {
            Content::Plain(_) => path(state, first_seq),
            Content::Packed(_) => packed_path(state, first_seq),
        };
        let size_bytes = content.length_bytes().map_err(JournalError::io("look at segment", &path))?;
        let committed = if first_seq == head.0 { head.1 } else { size_bytes };
        let records = records(state, first_seq)?;
        let (mut start, summed) = (0, records.last().map_or(0, |last| last.end));
        for record in records.into_iter().take_while(|record| record.end <= committed) {
            let hash = hash_of(start, record.end, |block, at| content.read_exact_at(block, at));
            if !hash.is_ok_and(|hash| hash == record.hash) {
                damages.push(Damage {
                    path: path.clone(),
                    offset: start,
                    end: record.end,
                    harm: Harm::Changed,
                });
            }
            start = record.end;
        }
        // The last batch's checksum comes a moment after it, and a kill in between is mended by the next start.
        if first_seq == head.0 {
            continue;
        }
        if start < summed {
            damages.push(Damage { path, offset: start, end: summed, harm: Harm::Changed });
        } else if start < committed {
            damages.push(Damage { path, offset: start, end: committed, harm: Harm::Unproven });
        }
    }
    let segments = list(state)?;
    let mut retired = list_retired(state)?;
    retired.retain(|first_seq| !segments.contains(first_seq));
    damages.extend(missing(state, &segments, &retired, head.0)?);
    for first_seq in retired {
        if each_retired(state, first_seq, |_| Ok(()))? > 0 {
            damages.push(Damage {
                path: retired_path(state, first_seq),
                offset: 0,
                end: 0,
                harm: Harm::Changed,
            });
        }
    }
    Ok(damages)
}

/// The segments that aren't there, though those around them are.
fn missing(state: &Path, segments: &[u64], retired: &[u64], last: u64) -> Result<Vec<Damage>, JournalError> {
    let mut missing = Vec::new();
    for pair in segments.windows(2).filter(|pair| pair[1] <= last) {
        let Some(wanted) = missing_behind(state, pair[0], pair[1])? else { continue };
        let gone = |&first_seq: &u64| wanted <= first_seq && first_seq < pair[1];
        if !retired.iter().any(gone) {
            let harm = Harm::Missing { last_seq: pair[1] - 1 };
            missing.push(Damage { path: path(state, wanted), offset: 0, end: 0, harm });
        }
    }
    Ok(missing)
}
