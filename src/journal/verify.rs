//! `status --verify`: holds the journal against its checksums, and what is left of retired segments against gzip's.

use std::path::{Path, PathBuf};

use crate::journal::JournalError;
use crate::journal::content::Content;
use crate::journal::said::each_retired;
use crate::journal::segment::{
    hash_of, is_cut, list, list_retired, missing_behind, packed_path, path, records, retired_path,
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
    /// There is no file: those before and behind it don't join. Or it was cut: the bytes aren't there.
    Missing {
        /// The last of the events that it had; its name has the first.
        last_seq: u64,
    },
}

/// Holds every segment against its checksums, up to `head_length` in the last one.
pub fn verify(state: &Path, head: (u64, u64)) -> Result<Vec<Damage>, JournalError> {
    let mut damages = Vec::new();
    let segments = list(state)?;
    for (at, &first_seq) in segments.iter().enumerate().filter(|&(_, &first_seq)| first_seq <= head.0) {
        // Without one it was retired since it was listed.
        let Some(mut content) = Content::open(state, first_seq)? else { continue };
        let path = match content {
            Content::Plain(_) => path(state, first_seq),
            Content::Packed(_) => packed_path(state, first_seq),
        };
        let size_bytes = content.length_bytes().map_err(JournalError::io("look at segment", &path))?;
        let committed = if first_seq == head.0 { head.1 } else { u64::MAX };
        let mut records = records(state, first_seq)?;
        records.retain(|record| record.end <= committed);
        let mut start = 0;
        for record in records.iter().take_while(|record| record.end <= size_bytes) {
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
        if let Some(last) = records.last().filter(|last| size_bytes < last.end) {
            let harm = Harm::Missing { last_seq: last.last_seq };
            damages.push(Damage { path, offset: start, end: last.end, harm });
        } else if first_seq == head.0 {
            // The last batch's checksum comes a moment after it, and a kill in between is mended by the next start.
        } else if start < size_bytes {
            damages.push(Damage { path, offset: start, end: size_bytes, harm: Harm::Unproven });
        } else if let Some(next) = segments.get(at + 1)
            && is_cut(state, first_seq, size_bytes)?
        {
            let harm = Harm::Missing { last_seq: next - 1 };
            damages.push(Damage { path, offset: 0, end: 0, harm });
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
