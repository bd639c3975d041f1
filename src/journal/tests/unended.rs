//! The last line of a plain segment has lost its end: nothing is glued to it, and who reads passes it.

use super::missing::read_on;
use super::retention::filled;
use super::*;

/// Overwrites a segment from `at` on, its length as it was.
fn overwrite(path: &Path, at: usize, with: &[u8]) {
    let mut bytes = fs::read(path).expect("a segment");
    for (byte, &new) in bytes[at..].iter_mut().zip(with.iter().cycle()) {
        *byte = new;
    }
    fs::write(path, bytes).expect("damaged");
}

/// Where each line of a segment starts.
fn starts(path: &Path) -> Vec<usize> {
    let bytes = fs::read(path).expect("a segment");
    let ends = memchr::memchr_iter(b'\n', &bytes[..bytes.len() - 1]).map(|newline| newline + 1);
    std::iter::once(0).chain(ends).collect()
}

/// The next event was glued to the damaged line: neither could be read, and no reader went on behind it.
#[test]
fn m12_nothing_is_glued_to_a_line_whose_end_is_damaged() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 4);
    say_all(&mut journal, 4, 10);
    let starts = starts(&first_segment(state.path()));
    let length = fs::metadata(first_segment(state.path())).expect("a segment").len();
    // The end of the last line, three lines, all of them.
    for (at, left) in [(starts[9] + 50, 9), (starts[7] + 3, 7), (0, 0)] {
        for (with, index) in [(&b"\0"[..], true), (b"\0", false), (b"garbage", true)] {
            let state = killed(state.path());
            overwrite(&first_segment(state.path()), at, with);
            // One that follows has passed it before the start, as `replay --follow` may.
            let (mut follows, mut lines) = (Reader::new(state.path()), Vec::new());
            let end = Head { seq: 10, segment: 1, length_bytes: length, ..Head::default() };
            assert_eq!(follows.seek(left, &end).expect("it seeks"), 10, "byte {at}");
            assert_eq!(follows.read(&end, &mut lines, 10).expect("the end"), 0, "byte {at}");
            if !index {
                Index::remove(state.path()).expect("removed");
            }
            let (journal, opened) = open(state.path());
            assert_eq!((opened.torn_bytes, opened.seq_jumped_to), (0, None), "byte {at}");
            assert_eq!((head(&journal).seq, head(&journal).segment), (10, 11), "byte {at}");
            drop(journal);
            let (mut journal, opened) = open(state.path());
            assert_eq!(
                (&opened.index_rebuilt, opened.seq_jumped_to),
                (&None, None),
                "begun once: {opened:?}"
            );
            let new = say_all(&mut journal, 0, 11);
            assert_eq!(new, if index { 1 } else { 11 - left }, "byte {at}: what is known stays so");
            while follows.read(&head(&journal), &mut lines, 10).expect("what is new") > 0 {}
            let followed = lines.split_inclusive(|&b| b == b'\n').filter_map(seq_of);
            assert_eq!(followed.collect::<Vec<_>>(), (11..=10 + new).collect::<Vec<_>>(), "byte {at}");
            let read = (1..=left).chain(11..=10 + new).collect::<Vec<_>>();
            assert_eq!(read_on(state.path(), &head(&journal), 0), (read, vec![left]), "byte {at}");
            let damages = verify(&journal);
            assert!(
                !damages.is_empty()
                    && damages.iter().all(|damage| damage.path == first_segment(state.path()))
            );
        }
    }
}

/// Reads as a socket does: bytes that go straight from the file where there are some, else lines.
fn stretched(state: &Path, head: &Head) -> Vec<u64> {
    let (mut reader, mut sent, mut after) = (Reader::new(state), Vec::new(), 0);
    reader.seek(0, head).expect("it seeks");
    loop {
        if let Some(bytes) = reader.stretch(head, 1, 1_500).expect("it looks") {
            let (file, at) = reader.place().expect("a plain file");
            let mut stretch = vec![0; bytes as usize];
            std::os::unix::fs::FileExt::read_exact_at(file, &mut stretch, at).expect("it reads");
            assert!(stretch.ends_with(b"\n"), "whole lines");
            sent.extend(stretch);
            reader.pass(bytes);
            after = reader.seq_before().expect("it looks").unwrap_or(after);
            continue;
        }
        match reader.read(head, &mut sent, 10) {
            Ok(0) => return sent.split(|&b| b == b'\n').filter_map(seq_of).collect(),
            Ok(_) => after = last_seq(&sent).unwrap_or(after),
            Err(error) => after = reader.go_on(error, after, head).expect("it goes on"),
        }
    }
}

/// Every reader ended there for good, whatever came behind it.
#[test]
fn m12_who_reads_passes_a_line_whose_end_is_damaged() {
    let by_one = TempDir::new().expect("a directory");
    let one = filled(by_one.path());
    let by_ten = TempDir::new().expect("a directory");
    let small = Options { segment_bytes: 4_000, ..options() };
    let (mut ten, _) = recovery::open(by_ten.path(), small, BOOT).expect("it opens");
    for n in 0..6 {
        say_all(&mut ten, n * 10, n * 10 + 10);
    }
    // Whatever is random has line ends in it.
    let noise: Vec<u8> = b"noise\n\xff".repeat(20_000).into_iter().chain(*b"noise").collect();
    for (state, head) in [(by_one.path(), head(&one)), (by_ten.path(), head(&ten))] {
        let segments = segment::list(state).expect("segments");
        for damaged in [
            1..2,
            0..1,
            1..3,
            0..segments.len() - 1,
            segments.len() - 1..segments.len(),
        ] {
            // From the last line on, from the third on, or all of it.
            for from in [None, Some(2), Some(0)] {
                for noisy in [false, true] {
                    let state = killed(state);
                    let mut missing = Vec::new();
                    for at in damaged.clone() {
                        let path = segment::path(state.path(), segments[at]);
                        let starts = starts(&path);
                        let line = from.unwrap_or(starts.len() - 1);
                        let offset = starts[line] + usize::from(line > 0) * 10;
                        let length = fs::metadata(&path).expect("a segment").len() as usize - offset;
                        let with = if noisy {
                            &noise[noise.len() - length..]
                        } else {
                            b"\0"
                        };
                        overwrite(&path, offset, with);
                        let next = segments.get(at + 1).copied().unwrap_or(61);
                        missing.extend(segments[at] + line as u64..next);
                    }
                    for after in 0..60 {
                        let there: Vec<u64> = (after + 1..=60).filter(|seq| !missing.contains(seq)).collect();
                        let (read, told) = read_on(state.path(), &head, after);
                        assert_eq!(read, there, "{damaged:?} from {from:?}, after {after}");
                        let hits = missing.iter().any(|&seq| seq > after);
                        assert_eq!(!told.is_empty(), hits, "{damaged:?} from {from:?}, after {after}");
                    }
                    let there: Vec<u64> = (1..=60).filter(|seq| !missing.contains(seq)).collect();
                    assert_eq!(stretched(state.path(), &head), there, "{damaged:?} from {from:?}");
                }
            }
        }
    }
}
