//! What somebody took away, or cut: it is named, and who reads there is told so.

use super::retention::{self, filled, look};
use super::*;
use crate::journal::forget;
use crate::journal::retention::Policy;

/// All events after `after`, and the seqs at which a reader was told that something is missing.
pub(super) fn read_on(state: &Path, head: &Head, mut after: u64) -> (Vec<u64>, Vec<u64>) {
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
            Err(error) => {
                told.push(after);
                let stands_after = reader.go_on(error, after, head).expect("it goes on");
                assert!(stands_after > after, "it goes on behind it");
            }
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
            let damages = verify::verify(state.path(), &head).expect("looked");
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
            let damages = verify::verify(state.path(), &head).expect("looked");
            assert_eq!(damages.len(), 1, "cut at {cut}: {damages:?}");
        }
    }
}

/// The start took what the cut had left for a power loss: `status --verify` said that all is well, and nobody was told.
#[test]
fn a_last_segment_that_was_cut_or_removed_is_missed_after_a_start_too() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let last = *segment::list(state.path()).expect("segments").last().expect("one");
    let path = segment::path(state.path(), last);
    let size_bytes = fs::metadata(&path).expect("its size").len();
    drop(journal);
    for cut in [None, Some(0), Some(size_bytes - 10)] {
        let state = killed(state.path());
        let path = segment::path(state.path(), last);
        match cut {
            None => {
                fs::remove_file(&path).and_then(|()| fs::remove_file(segment::sums_path(state.path(), last)))
            }
            Some(cut) => fs::File::options().write(true).open(&path).and_then(|file| file.set_len(cut)),
        }
        .expect("harmed");
        let (mut journal, opened) = open(state.path());
        let (first_lost, last_lost) = opened.lost.expect("events are gone");
        assert!(first_lost >= last && last_lost >= 60, "{opened:?}");
        say_all(&mut journal, 60, 62);
        let there: Vec<u64> = (1..first_lost).chain(last_lost + 1..=last_lost + 2).collect();
        let (read, told) = read_on(state.path(), &head(&journal), 0);
        assert_eq!((read, told), (there, vec![first_lost - 1]), "cut to {cut:?}");
        let damages = verify(&journal);
        assert_eq!(damages.len(), 1, "cut to {cut:?}: {damages:?}");
        assert_eq!(damages[0].harm, verify::Harm::Missing { last_seq: last_lost });
    }
}

/// Every reader ended at the first part of a packed segment that was damaged, for good, whatever came behind it.
#[test]
fn m12_who_reads_a_packed_segment_goes_on_behind_what_is_damaged() {
    let state = TempDir::new().expect("a directory");
    let mut journal = retention::opened(state.path(), options());
    for n in 1..=80 {
        let body = format!("{n:x} ").repeat(7_000);
        let mut batch = journal.begin();
        say(&mut batch, n, &body, false);
        batch.commit().expect("it commits");
    }
    look(&journal, Policy { pack: true, ..Policy::default() });
    let head = head(&journal);
    let path = segment::packed_path(state.path(), 1);
    let whole = fs::read(&path).expect("a packed segment");
    let starts: Vec<usize> =
        (0..whole.len()).filter(|&at| whole[at..].starts_with(b"\x1f\x8b\x08\x04")).collect();
    assert!(starts.len() >= 4, "{starts:?}");
    let of_segment = segment::list(state.path()).expect("segments")[1] - 1;
    for (part, &start) in starts.iter().enumerate() {
        // In the middle of a part, which hides that one; and in what tells where it ends, which hides all behind it.
        for at in [start + 100, start + 17] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, damaged).expect("written");
            let (read, told) = read_on(state.path(), &head, 0);
            assert_eq!(told.len(), 1, "byte {at}: told after {told:?}");
            let missing: Vec<u64> = (1..=80).filter(|seq| !read.contains(seq)).collect();
            let hides_all = at == start + 17;
            let (first, last) = (missing[0], missing[missing.len() - 1]);
            assert_eq!(missing, (first..=last).collect::<Vec<_>>(), "byte {at}: one hole");
            assert_eq!((told[0], read.len() + missing.len()), (first - 1, 80), "byte {at}: {read:?}");
            assert!(
                if hides_all {
                    last == of_segment
                } else {
                    missing.len() < 20
                },
                "byte {at}: {missing:?}"
            );
            assert!(part > 0 || first == 1, "byte {at}: {missing:?}");
            for after in 0..80 {
                let there: Vec<u64> = (after + 1..=80).filter(|seq| !missing.contains(seq)).collect();
                assert_eq!(read_on(state.path(), &head, after).0, there, "byte {at}, after {after}");
            }
        }
    }
}

/// Behind one damaged segment the reader stood before the next one, and began anew, for ever.
#[test]
fn m12_who_reads_goes_on_behind_several_damaged_packed_segments() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let head = head(&journal);
    look(&journal, Policy { pack: true, ..Policy::default() });
    let segments = segment::list(state.path()).expect("segments");
    for damaged in [1..3, 0..2, 0..segments.len() - 1] {
        let state = killed(state.path());
        for &first_seq in &segments[damaged.clone()] {
            let path = segment::packed_path(state.path(), first_seq);
            let mut bytes = fs::read(&path).expect("a packed segment");
            bytes[100] ^= 0x10;
            fs::write(&path, bytes).expect("written");
        }
        let missing = segments[damaged.start]..segments[damaged.end];
        for after in 0..60 {
            let there: Vec<u64> = (after + 1..=60).filter(|seq| !missing.contains(seq)).collect();
            assert_eq!(read_on(state.path(), &head, after).0, there, "{damaged:?}, after {after}");
        }
    }
}

/// Whole files that were gone were no damage to `status --verify`, unless there were segments on both sides.
#[test]
fn each_file_that_is_gone_is_named() {
    let state = TempDir::new().expect("a directory");
    let mut journal = filled(state.path());
    let end = head(&journal);
    let segments = segment::list(state.path()).expect("segments");
    let (second, third, last) = (segments[1], segments[2], end.segment);
    let missing = |first_seq: u64, last_seq: u64| {
        let (path, harm) = (segment::path(Path::new(""), first_seq), verify::Harm::Missing { last_seq });
        verify::Damage { path, offset: 0, end: 0, harm }
    };
    let verify_without = |state: &Path, gone: &[PathBuf]| {
        let state = killed(state);
        for path in gone {
            fs::remove_file(state.path().join(path)).expect("removed");
        }
        let mut damages = verify::verify(state.path(), &end).expect("looked");
        for damage in &mut damages {
            damage.path = damage.path.strip_prefix(state.path()).expect("below it").to_path_buf();
        }
        damages
    };
    let (plain, sums) = (
        |first_seq| segment::path(Path::new(""), first_seq),
        |first_seq| segment::sums_path(Path::new(""), first_seq),
    );
    let before = killed(state.path());
    assert_eq!(verify_without(before.path(), &[]), []);
    // The one that is written.
    assert_eq!(verify_without(before.path(), &[plain(last)]), [missing(last, 60)]);
    assert_eq!(verify_without(before.path(), &[plain(last), sums(last)]), [missing(last, 60)]);
    let unproven = verify_without(before.path(), &[sums(last)]);
    assert_eq!((unproven.len(), unproven[0].harm), (1, verify::Harm::Unproven));
    // The oldest: the index knows of it, or what is left of it.
    assert_eq!(verify_without(before.path(), &[plain(1)]), [missing(1, second - 1)]);
    assert_eq!(verify_without(before.path(), &[plain(1), sums(1)]), [missing(1, second - 1)]);
    let index = Index::path(Path::new(""));
    assert_eq!(verify_without(before.path(), &[plain(1), index.clone()]), [missing(1, second - 1)]);
    // A link to nothing.
    let path = segment::path(before.path(), second);
    fs::rename(&path, before.path().join("elsewhere")).expect("moved");
    std::os::unix::fs::symlink(before.path().join("nowhere"), &path).expect("a link");
    let damages = verify::verify(before.path(), &end).expect("looked");
    assert_eq!((damages.len(), &damages[0].path), (1, &path));

    look(&journal, Policy { age: Some(std::time::Duration::ZERO), ..Policy::default() });
    assert_eq!(verify_without(state.path(), &[]), []);
    let retired = |first_seq| segment::retired_path(Path::new(""), first_seq);
    assert_eq!(verify_without(state.path(), &[retired(1)]), [missing(1, second - 1)]);
    assert_eq!(verify_without(state.path(), &[retired(second)]), [missing(second, third - 1)]);
    assert_eq!(verify_without(state.path(), &[plain(last)]), [missing(last, 60)]);
    // Without an index the end is told by an orderly one.
    journal.close().expect("it ends in order");
    drop(journal);
    Index::remove(state.path()).expect("removed");
    let seen = Head { seq: 50, segment: 0, length_bytes: 0, ..end.clone() };
    let damages = verify::verify(state.path(), &seen).expect("looked");
    assert_eq!(damages.last().map(|damage| damage.harm), Some(verify::Harm::Missing { last_seq: 60 }));
}

#[test]
fn nothing_is_missing_in_a_young_journal_nor_in_one_that_jumped_or_forgot() {
    let state = TempDir::new().expect("a directory");
    let (journal, _) = open(state.path());
    assert_eq!(verify(&journal), [], "nothing was said yet");
    drop(journal);
    // A power loss before the first event: the first segment begins behind the hole.
    let (mut journal, _) = recovery::open(state.path(), options(), "boot-b").expect("it opens");
    say_all(&mut journal, 1, 3);
    assert!(head(&journal).segment > 3 && verify(&journal).is_empty());
    let state = TempDir::new().expect("a directory");
    let mut journal = filled(state.path());
    look(&journal, Policy { age: Some(std::time::Duration::ZERO), ..Policy::default() });
    let found = forget::find(&mut journal, &["a.txt".into()]).expect("found");
    forget::forget(&mut journal, &found).expect("forgotten");
    assert_eq!(verify(&journal), []);
}

/// The daemon wrote on into the removed file: nobody got what came then, and after a restart all of it came again.
#[test]
fn a_segment_that_is_removed_or_replaced_while_it_is_written_is_put_back() {
    type Deed = fn(&Path, &Path);
    let deeds: [(&str, Deed); 5] = [
        ("removed", |lines, _| fs::remove_file(lines).expect("removed")),
        ("both removed", |lines, sums| {
            fs::remove_file(lines).expect("removed");
            fs::remove_file(sums).expect("removed");
        }),
        ("sums removed", |_, sums| fs::remove_file(sums).expect("removed")),
        ("moved away", |lines, _| fs::rename(lines, lines.with_extension("away")).expect("moved")),
        ("replaced", |lines, _| {
            let copy = lines.with_extension("copy");
            let half = fs::read(lines).expect("a segment").len() / 2;
            fs::write(&copy, &fs::read(lines).expect("a segment")[..half]).expect("copied");
            fs::rename(&copy, lines).expect("replaced");
        }),
    ];
    for (what, deed) in deeds {
        for more in [true, false] {
            let state = TempDir::new().expect("a directory");
            let (mut journal, _) = open(state.path());
            say_all(&mut journal, 0, 5);
            let mut reader = Reader::new(state.path());
            let mut lines = Vec::new();
            reader.seek(3, &head(&journal)).expect("it seeks");
            assert!(reader.read(&head(&journal), &mut lines, 1 << 20).expect("it reads") > 0);
            deed(&segment::path(state.path(), 1), &segment::sums_path(state.path(), 1));
            if more {
                say_all(&mut journal, 5, 7);
                say_all(&mut journal, 7, 9);
                lines.clear();
                assert!(reader.read(&head(&journal), &mut lines, 1 << 20).expect("it reads on") > 0);
                assert_eq!((seq_of(&lines), last_seq(&lines)), (Some(6), Some(9)), "{what}");
            }
            journal.close().expect("it ends in order");
            let last = head(&journal).seq;
            assert_eq!(verify(&journal), [], "{what}");
            drop(journal);
            let (mut journal, opened) = open(state.path());
            assert_eq!(opened, Opened::default(), "{what}");
            assert_eq!(say_all(&mut journal, 0, last + 1), 1, "{what}: all others are known");
            assert_eq!(seqs(&journal, 0), (1..=last + 1).collect::<Vec<_>>(), "{what}");
        }
    }
}

/// What came next was glued to the hole, so that nobody could read it, and nobody was told.
#[test]
fn behind_a_segment_that_was_cut_while_it_is_written_nothing_is_glued_to_a_hole() {
    for left in [0, 30] {
        let state = TempDir::new().expect("a directory");
        let (mut journal, _) = open(state.path());
        say_all(&mut journal, 0, 5);
        let path = segment::path(state.path(), 1);
        let file = fs::File::options().write(true).open(&path).expect("a segment");
        let size = file.metadata().expect("its size").len();
        file.set_len(if left == 0 { 0 } else { size - left }).expect("cut");
        say_all(&mut journal, 5, 7);
        let whole = if left == 0 { 0 } else { 4 };
        assert_eq!(read_on(state.path(), &head(&journal), 0).0, (1..=whole).chain(6..=7).collect::<Vec<_>>());
        let missing = verify(&journal);
        assert!(
            matches!(missing[..], [verify::Damage { harm: verify::Harm::Missing { last_seq: 5 }, .. }]),
            "{missing:?}"
        );
        journal.close().expect("it ends in order");
        drop(journal);
        let (mut journal, _) = open(state.path());
        assert_eq!(say_all(&mut journal, 0, 8), 1, "all others are known");
        assert_eq!(read_on(state.path(), &head(&journal), 0).0, (1..=whole).chain(6..=8).collect::<Vec<_>>());
    }
}

#[test]
fn a_segment_that_can_t_be_put_back_pauses_the_journal() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 5);
    let (folder, away) = (segment::directory(state.path()), state.path().join("away"));
    fs::rename(&folder, &away).expect("moved away");
    let mut batch = journal.begin();
    offer_all(&mut batch, 5, 6);
    let refused = batch.commit().expect_err("there is no directory");
    assert!(refused.is_retryable(), "{refused}");
    fs::rename(&away, &folder).expect("back again");
    assert_eq!(say_all(&mut journal, 0, 6), 1);
    assert_eq!(seqs(&journal, 0), (1..=6).collect::<Vec<_>>());
}

/// While the directory was away it was taken for an empty journal, and who came then got all of it afterwards.
#[test]
fn a_reader_never_begins_before_its_place_though_the_directory_is_away_meanwhile() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let (folder, away) = (segment::directory(state.path()), state.path().join("away"));
    let head = head(&journal);
    let last = segment::path(state.path(), head.segment);
    for (from, to) in [(folder, away), (last, state.path().join("last"))] {
        for after in (0..=60).rev() {
            let (mut reader, mut lines) = (Reader::new(state.path()), Vec::new());
            fs::rename(&from, &to).expect("moved away");
            assert_eq!(reader.seek(after, &head).expect("it waits"), after);
            while reader.read(&head, &mut lines, 1).expect("what is there") > 0 {}
            assert!(matches!(reader.reached(&head), Err(JournalError::Retired { .. })), "after {after}");
            fs::rename(&to, &from).expect("back again");
            while reader.read(&head, &mut lines, 1).expect("the rest") > 0 {}
            reader.reached(&head).expect("it is at the end");
            let seqs = lines.split_inclusive(|&b| b == b'\n').filter_map(seq_of);
            assert_eq!(seqs.collect::<Vec<_>>(), (after + 1..=60).collect::<Vec<_>>());
        }
    }
}
