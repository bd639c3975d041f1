//! What somebody took away, or cut: it is named, and who reads there is told so.

use super::retention::{filled, look};
use super::*;
use crate::journal::retention::Policy;

/// All events after `after`, and the seqs at which a reader was told that something is missing.
fn read_on(state: &Path, head: &Head, mut after: u64) -> (Vec<u64>, Vec<u64>) {
    let (mut read, mut told) = (Vec::new(), Vec::new());
    let mut reader = Reader::new(state);
    if reader.seek(after, head).expect("it seeks") != after {
        told.push(after);
    }
    loop {
        let mut lines = Vec::new();
        match reader.read(head, &mut lines, 1) {
            Ok(0) => return (read, told),
            Ok(_) => read.extend(lines.split_inclusive(|&b| b == b'\n').filter_map(seq_of)),
            Err(JournalError::Retired { .. }) => {
                told.push(after);
                assert!(reader.seek(after, head).expect("it seeks") > after, "it goes on behind it");
            }
            Err(error) => panic!("{error}"),
        }
        after = read.last().copied().unwrap_or(after);
    }
}

/// `truncate -s0` on a full segment, or a cut behind a line, left no trace: `status --verify` said that all is well, and
/// readers passed over what was missing without a word.
#[test]
fn a_segment_that_was_cut_is_named_and_who_reads_there_is_told() {
    for packed in [false, true] {
        let state = TempDir::new().expect("a directory");
        let journal = filled(state.path());
        let head = head(&journal);
        let segments = segment::list(state.path()).expect("segments");
        let (first, next) = (segments[1], segments[2]);
        let ends = segment::records(state.path(), first).expect("sums");
        let whole = ends.last().expect("a batch").end;
        look(&journal, Policy { pack: packed, ..Policy::default() });
        let cuts = if packed {
            vec![0]
        } else {
            vec![0, ends[0].end, ends[3].end]
        };
        for cut in cuts {
            let state = killed(state.path());
            let paths = [
                segment::path(state.path(), first),
                segment::packed_path(state.path(), first),
            ];
            let path = paths.into_iter().find(|path| path.exists()).expect("a segment");
            fs::File::options().write(true).open(&path).and_then(|file| file.set_len(cut)).expect("cut");
            let left = first + ends.iter().filter(|record| record.end <= cut).count() as u64;
            let damages = verify::verify(state.path(), (head.segment, head.length_bytes)).expect("looked");
            let harm = verify::Harm::Missing { last_seq: next - 1 };
            assert_eq!(damages, [verify::Damage { path: path.clone(), offset: cut, end: whole, harm }]);
            let there: Vec<u64> = (1..left).chain(next..=60).collect();
            assert_eq!(read_on(state.path(), &head, 0), (there, vec![left - 1]), "cut at {cut}");
            for after in left - 1..next - 1 {
                let behind = (next..=60).collect();
                assert_eq!(read_on(state.path(), &head, after), (behind, vec![after]), "cut at {cut}");
            }
            // With its checksums it has lost all that told what it was.
            fs::write(segment::sums_path(state.path(), first), "").expect("cut");
            let damages = verify::verify(state.path(), (head.segment, head.length_bytes)).expect("looked");
            assert_eq!(damages.len(), 1, "cut at {cut}: {damages:?}");
        }
    }
}
