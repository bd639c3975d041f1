//! `status --verify`: holds the journal against its checksums, and what is left of retired segments against gzip's.

use std::io;
use std::path::{Path, PathBuf};

use crate::journal::JournalError;
use crate::journal::content::Content;
use crate::journal::said::each_retired;
use crate::journal::segment::{hash_of, list, list_retired, packed_path, path, records, retired_path};

/// A batch whose bytes aren't what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where the batch starts in the segment's events, bytes.
    pub offset: u64,
    /// Where it ends.
    pub end: u64,
    /// Whether there are no checksums to hold it against.
    pub unproven: bool,
}

/// Holds every segment against its checksums, up to `head_length` in the last one.
pub fn verify(state: &Path, head: (u64, u64)) -> Result<Vec<Damage>, JournalError> {
    let mut damages = Vec::new();
    for first_seq in list(state)?.into_iter().filter(|&first_seq| first_seq <= head.0) {
        let plain = path(state, first_seq);
        let path = if plain.exists() {
            plain
        } else {
            packed_path(state, first_seq)
        };
        let mut content = match Content::open(state, first_seq) {
            Ok(Some(content)) => content,
            // It was retired since it was listed.
            Ok(None) => continue,
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::InvalidData => {
                damages.push(Damage { path, offset: 0, end: 0, unproven: false });
                continue;
            }
            Err(error) => return Err(error),
        };
        let size_bytes = content.length_bytes().map_err(JournalError::io("look at segment", &path))?;
        let committed = if first_seq == head.0 { head.1 } else { size_bytes };
        let mut start = 0;
        for record in records(state, first_seq)?.into_iter().take_while(|record| record.end <= committed) {
            let hash = hash_of(start, record.end, |block, at| content.read_exact_at(block, at));
            if !hash.is_ok_and(|hash| hash == record.hash) {
                damages.push(Damage { path: path.clone(), offset: start, end: record.end, unproven: false });
            }
            start = record.end;
        }
        // The last batch's checksum comes a moment after it, and a kill in between is mended by the next start.
        if start < committed && first_seq != head.0 {
            damages.push(Damage { path, offset: start, end: committed, unproven: true });
        }
    }
    let segments = list(state)?;
    for first_seq in list_retired(state)?.into_iter().filter(|first_seq| !segments.contains(first_seq)) {
        if each_retired(state, first_seq, |_| Ok(()))? > 0 {
            damages.push(Damage { path: retired_path(state, first_seq), offset: 0, end: 0, unproven: false });
        }
    }
    Ok(damages)
}
