//! Packed segments that aren't as they were written: what is read, what is named, and what is kept.

use super::retention::{filled, filled_again, look};
use super::*;
use crate::journal::retention::Policy;

/// Once the index was lost, one packed segment whose headers were off kept the daemon from starting.
#[test]
fn m12_a_packed_segment_whose_framing_is_off_is_named_and_the_rest_kept() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    look(&journal, Policy { pack: true, ..Policy::default() });
    let end = (head(&journal).segment, head(&journal).length_bytes);
    let second = segment::list(state.path()).expect("segments")[1];
    drop(journal);
    let whole = fs::read(segment::packed_path(state.path(), 1)).expect("a packed segment");
    let flipped = [0, 10, 18, 21].map(|at| {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        flipped
    });
    let appended = [&b"garbage\n"[..], &[b'x'; 40]].map(|more| [&whole[..], more].concat());
    let cut = [0, 10, whole.len() / 2].map(|at| whole[..at].to_vec());
    for (damaged, again) in [
        (&flipped[..], second - 1),
        (&cut[..], second - 1),
        (&appended[..], 0),
    ] {
        for bytes in damaged {
            let state = killed(state.path());
            let path = segment::packed_path(state.path(), 1);
            fs::write(&path, bytes).expect("damaged");
            let damages = verify::verify(state.path(), end).expect("verified");
            assert!(!damages.is_empty() && damages.iter().all(|damage| damage.path == path), "{damages:?}");
            let mut journal = filled_again(state.path());
            assert_eq!(say_all(&mut journal, 1, 62), again + 1, "{damages:?}");
            assert_eq!(seqs(&journal, second - 1), (second..=61 + again).collect::<Vec<_>>(), "{damages:?}");
        }
    }
}
