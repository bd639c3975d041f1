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
    let end = head(&journal);
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
            let damages = verify::verify(state.path(), &end).expect("verified");
            assert!(!damages.is_empty() && damages.iter().all(|damage| damage.path == path), "{damages:?}");
            let mut journal = filled_again(state.path());
            assert_eq!(say_all(&mut journal, 1, 62), again + 1, "{damages:?}");
            assert_eq!(seqs(&journal, second - 1), (second..=61 + again).collect::<Vec<_>>(), "{damages:?}");
        }
    }
}

/// `gunzip -k` on a full disk leaves the first half of a segment beside the packed one, which was packed over the whole.
#[test]
fn of_a_plain_and_a_packed_segment_the_one_that_is_whole_is_taken_and_kept() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let plain = fs::read(segment::path(state.path(), 1)).expect("a segment");
    look(&journal, Policy { pack: true, ..Policy::default() });
    let packed = fs::read(segment::packed_path(state.path(), 1)).expect("a packed segment");
    let (path, packed_path) = (segment::path(state.path(), 1), segment::packed_path(state.path(), 1));
    let zeros = vec![0; plain.len()];
    let end = head(&journal);
    for (beside, there) in [
        (&plain[..], &packed[..]),
        (&plain[..plain.len() / 2], &packed),
        (b"", &packed),
        (&plain, &packed[..packed.len() / 2]),
        (&plain, b""),
        (&zeros, &packed),
    ] {
        fs::write(&path, beside).expect("unpacked");
        fs::write(&packed_path, there).expect("packed");
        if beside != zeros {
            assert_eq!(seqs(&journal, 0), (1..=60).collect::<Vec<_>>());
            assert_eq!(verify::verify(state.path(), &end).expect("verified"), []);
            let killed = killed(state.path());
            assert_eq!(say_all(&mut filled_again(killed.path()), 1, 62), 1);
        }
        look(&journal, Policy { pack: true, ..Policy::default() });
        assert!(!path.exists());
        assert_eq!(fs::read(&packed_path).expect("a packed segment"), packed);
    }
    // Where neither is whole, none goes for the other.
    fs::write(&path, &plain[1..]).expect("unpacked");
    fs::write(&packed_path, &packed[..100]).expect("packed");
    look(&journal, Policy { pack: true, ..Policy::default() });
    assert_eq!(fs::read(&path).expect("a segment"), plain[1..]);
    assert_eq!(fs::read(&packed_path).expect("a packed segment"), packed[..100]);
}
