//! `status --verify`: holds the journal against its checksums, and what is left of retired segments against gzip's, and
//! names what is missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::journal::content::{Content, changed};
use crate::journal::index::Index;
use crate::journal::said::each_retired;
use crate::journal::segment::{
    is_cut, list, list_retired, list_sums, missing_behind, packed_path, path, records, retired_path,
};
use crate::journal::state::Ceiling;
use crate::journal::{Head, JournalError};

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

/// Holds every segment against its checksums, up to the head's length in the last one, and names what isn't there.
pub fn verify(state: &Path, head: &Head) -> Result<Vec<Damage>, JournalError> {
    let (mut damages, mut gone) = (Vec::new(), Vec::new());
    let mut segments = list(state)?;
    segments.retain(|&first_seq| first_seq <= head.segment);
    for (at, &first_seq) in segments.iter().enumerate() {
        match Content::open(state, first_seq)? {
            Some(content) => {
                let next = segments.get(at + 1).copied();
                damages.extend(verify_segment(state, first_seq, content, next, head)?);
            }
            // It was retired since it was listed, or is a link to nothing.
            None => gone.push(first_seq),
        }
    }
    let mut segments = list(state)?;
    segments.retain(|first_seq| *first_seq <= head.segment && !gone.contains(first_seq));
    if head.length_bytes > 0 && !segments.contains(&head.segment) {
        damages.push(harmed(path(state, head.segment), Harm::Missing { last_seq: head.seq }));
        segments.push(head.segment);
    }
    let mut retired = list_retired(state)?;
    retired.retain(|first_seq| !segments.contains(first_seq));
    damages.extend(missing(state, &segments, &retired)?);
    let mut there: Vec<(u64, u64)> = segments.iter().map(|&first_seq| (first_seq, u64::MAX)).collect();
    for &first_seq in &retired {
        let mut last_seq = first_seq;
        let damaged_lines = each_retired(state, first_seq, |event| {
            last_seq = event.seq;
            Ok(())
        })?;
        if damaged_lines > 0 {
            damages.push(harmed(retired_path(state, first_seq), Harm::Changed));
            last_seq = u64::MAX;
        }
        there.push((first_seq, last_seq));
    }
    there.sort_unstable();
    damages.extend(missing_known(state, &there, head)?);
    Ok(damages)
}

/// Damage of a whole file.
fn harmed(path: PathBuf, harm: Harm) -> Damage {
    Damage { path, offset: 0, end: 0, harm }
}

/// Holds one segment against its checksums. `next`: the one behind it.
fn verify_segment(
    state: &Path,
    first_seq: u64,
    mut content: Content,
    next: Option<u64>,
    head: &Head,
) -> Result<Vec<Damage>, JournalError> {
    let mut damages = Vec::new();
    let path = match content {
        Content::Plain(_) => path(state, first_seq),
        Content::Packed(_) => packed_path(state, first_seq),
    };
    let size_bytes = content.length_bytes().map_err(JournalError::io("look at segment", &path))?;
    let is_head = first_seq == head.segment;
    let mut records = records(state, first_seq)?;
    records.retain(|record| !is_head || record.end <= head.length_bytes);
    let there = &records[..records.partition_point(|record| record.end <= size_bytes)];
    for place in changed(&mut content, there) {
        let (path, harm) = (path.clone(), Harm::Changed);
        damages.push(Damage { path, offset: place.start, end: place.end, harm });
    }
    let start = there.last().map_or(0, |record| record.end);
    let last = records.last().copied().unwrap_or_default();
    let end = if is_head { head.length_bytes } else { size_bytes };
    if size_bytes < end.max(last.end) {
        let last_seq = if is_head { head.seq } else { last.last_seq };
        let harm = Harm::Missing { last_seq };
        damages.push(Damage { path, offset: start, end: end.max(last.end), harm });
    } else if start < end {
        damages.push(Damage { path, offset: start, end, harm: Harm::Unproven });
    } else if let Some(next) = next
        && is_cut(state, first_seq, size_bytes)?
    {
        damages.push(harmed(path, Harm::Missing { last_seq: next - 1 }));
    }
    Ok(damages)
}

/// The segments that aren't there, though those around them are.
fn missing(state: &Path, segments: &[u64], retired: &[u64]) -> Result<Vec<Damage>, JournalError> {
    let mut missing = Vec::new();
    for pair in segments.windows(2) {
        let Some(wanted) = missing_behind(state, pair[0], pair[1])? else { continue };
        let gone = |&first_seq: &u64| wanted <= first_seq && first_seq < pair[1];
        if !retired.iter().any(gone) {
            missing.push(harmed(path(state, wanted), Harm::Missing { last_seq: pair[1] - 1 }));
        }
    }
    Ok(missing)
}

/// What is known to have been said, and lies neither in a segment nor in what is left of one. `there`: the first and the
/// last seq of each of them; what is missing behind a segment is told by [`missing`].
fn missing_known(state: &Path, there: &[(u64, u64)], head: &Head) -> Result<Vec<Damage>, JournalError> {
    // By where in `there` it should be.
    let mut last_known = BTreeMap::new();
    let mut note = |seq: u64| {
        let at = there.partition_point(|&(first_seq, _)| first_seq <= seq);
        if at == 0 || there[at - 1].1 < seq {
            let last = last_known.entry(at).or_insert(seq);
            *last = seq.max(*last);
        }
    };
    for first_seq in list_sums(state)?.into_iter().filter(|&first_seq| first_seq < head.segment) {
        if let Some(last) = records(state, first_seq)?.last() {
            note(last.last_seq);
        }
    }
    let index = Index::open_readonly(state).and_then(|mut index| index.each_seq(note));
    let mut missing = Vec::new();
    for (at, last_seq) in last_known {
        let wanted = at.checked_sub(1).map_or(1, |before| there[before].1 + 1);
        let last_seq = there.get(at).map_or(last_seq, |&(next, _)| next - 1);
        missing.push(harmed(path(state, wanted), Harm::Missing { last_seq }));
    }
    // Without an index only the ceiling tells of the end.
    if index.is_err()
        && let Some(ceiling) = Ceiling::load(state)?.filter(Ceiling::is_orderly)
        && ceiling.seq > head.seq
    {
        missing.push(harmed(path(state, head.seq + 1), Harm::Missing { last_seq: ceiling.seq }));
    }
    Ok(missing)
}
