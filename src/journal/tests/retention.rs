//! Segments that are packed and retired: what can still be read, and what stays known.

use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;

use super::*;
use crate::journal::forget;
use crate::journal::retention::{Policy, Retention};

/// A journal of 60 updates in segments of ten or so.
pub(super) fn filled(state: &Path) -> Journal {
    let mut journal = opened(state, Options { segment_bytes: 4_000, ..options() });
    for n in 1..=60 {
        say_all(&mut journal, n, n + 1);
    }
    journal
}

pub(super) fn opened(state: &Path, options: Options) -> Journal {
    recovery::open(state, options, BOOT).expect("it opens").0
}

pub(super) fn look(journal: &Journal, policy: Policy) {
    let retention = Retention::new(journal.state(), "global", journal.watch(), policy);
    retention.look(&head(journal)).expect("it looks");
}

fn all_retired() -> Policy {
    Policy { age: Some(Duration::ZERO), ..Policy::default() }
}

#[test]
fn a_packed_segment_reads_as_the_plain_one_and_with_zcat() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let plain = fs::read(first_segment(state.path())).expect("a segment");
    look(&journal, Policy { pack: true, ..Policy::default() });
    let first = segment::list(state.path()).expect("segments")[0];
    assert!(!segment::path(state.path(), first).exists());
    let packed = segment::packed_path(state.path(), first);
    let mut unpacked = Vec::new();
    let file = fs::File::open(&packed).expect("a packed segment");
    MultiGzDecoder::new(file).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain);
    assert!(fs::metadata(&packed).expect("a file").len() < plain.len() as u64 / 2);
    for after in 0..=60 {
        assert_eq!(seqs(&journal, after), (after + 1..=60).collect::<Vec<_>>());
    }
    let end = head(&journal);
    assert_eq!(verify::verify(state.path(), &end).expect("verified"), []);
    drop(journal);
    let mut journal = filled_again(state.path());
    assert_eq!(say_all(&mut journal, 1, 61), 0, "all of them are known");
}

#[test]
fn what_another_daemon_has_written_in_its_place_is_not_retired() {
    let (state, other) = (TempDir::new().expect("a directory"), TempDir::new().expect("a directory"));
    let (own, others) = (filled(state.path()), filled(other.path()));
    let retention = Retention::new(others.state(), "global", own.watch(), all_retired());
    let refused = retention.look(&head(&own));
    assert!(matches!(refused, Err(JournalError::Replaced { .. })), "{refused:?}");
    assert_eq!(seqs(&others, 0), (1..=60).collect::<Vec<_>>());
}

pub(super) fn filled_again(state: &Path) -> Journal {
    Index::remove(state).expect("removed");
    let (journal, opened) = open(state);
    assert!(opened.index_rebuilt.is_some());
    journal
}

#[test]
fn a_flipped_bit_of_a_packed_segment_is_named() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    look(&journal, Policy { pack: true, ..Policy::default() });
    let path = segment::packed_path(state.path(), 1);
    let whole = fs::read(&path).expect("a packed segment");
    for at in [3, 18, 22, 60, whole.len() / 2, whole.len() - 3] {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        fs::write(&path, &flipped).expect("damaged");
        let end = head(&journal);
        let damages = verify::verify(state.path(), &end).expect("verified");
        assert!(damages.iter().any(|damage| damage.path == path), "byte {at}");
        assert!(seqs_behind(&journal, 2), "the others are read");
    }
}

#[test]
fn a_segment_that_is_missing_is_named_and_one_that_was_retired_is_not() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let end = head(&journal);
    let segments = segment::list(state.path()).expect("segments");
    assert!(segments.len() > 4, "{segments:?}");
    look(&journal, Policy { pack: true, ..Policy::default() });
    for &gone in &segments[1..segments.len() - 1] {
        let state = killed(state.path());
        let path = segment::packed_path(state.path(), gone);
        fs::remove_file(path).expect("removed");
        let damages = verify::verify(state.path(), &end).expect("verified");
        let next = *segments.iter().find(|&&next| next > gone).expect("one behind it");
        let path = segment::path(state.path(), gone);
        let harm = verify::Harm::Missing { last_seq: next - 1 };
        assert_eq!(damages, [verify::Damage { path, offset: 0, end: 0, harm }]);
        // Whoever reads there is told, and goes on behind it.
        let mut reader = Reader::new(state.path());
        let head = head(&journal);
        assert_eq!(reader.seek(gone - 2, &head).expect("it's there"), gone - 2);
        let mut lines = Vec::new();
        assert!(reader.read(&head, &mut lines, 1 << 20).expect("the last before it") > 0);
        assert_eq!(last_seq(&lines), Some(gone - 1));
        let missed = reader.read(&head, &mut lines, 1 << 20);
        assert!(matches!(missed, Err(JournalError::Retired { .. })), "{missed:?}");
        for after in gone - 1..next {
            assert_eq!(reader.seek(after, &head).expect("it goes on"), next - 1);
        }
        lines.clear();
        assert!(reader.read(&head, &mut lines, 1).expect("what is behind it") > 0);
        assert_eq!(seq_of(&lines), Some(next));
    }
    look(&journal, all_retired());
    assert_eq!(verify::verify(state.path(), &end).expect("verified"), []);
}

/// The documented backup copies a running daemon's index before its segments: one whose segment was packed meanwhile
/// kept it from starting, and one that was retired was taken for lost.
#[test]
fn an_index_from_before_its_segment_was_packed_or_retired_takes_in_what_was_said_since() {
    let state = TempDir::new().expect("a directory");
    let mut journal = opened(state.path(), Options { segment_bytes: 4_000, ..options() });
    for n in 1..=20 {
        say_all(&mut journal, n, n + 1);
    }
    let backup = killed(state.path());
    for n in 21..=60 {
        say_all(&mut journal, n, n + 1);
    }
    for policy in [Policy { pack: true, ..Policy::default() }, all_retired()] {
        look(&journal, policy.clone());
        for boot in [BOOT, "boot-b"] {
            let restored = killed(state.path());
            Index::remove(restored.path()).expect("removed");
            for suffix in ["", "-wal"] {
                let name = format!("index.sqlite{suffix}");
                fs::copy(backup.path().join(&name), restored.path().join(&name)).expect("put back");
            }
            let (mut journal, opened) = recovery::open(restored.path(), options(), boot).expect("it opens");
            let what = format!("{policy:?} {boot}: {opened:?}");
            assert_eq!(opened.index_rebuilt.is_some(), !policy.pack, "{what}");
            assert_eq!(opened.seq_jumped_to.is_some(), boot != BOOT, "{what}");
            assert_eq!(say_all(&mut journal, 1, 62), 1, "{what}");
            let next = opened.seq_jumped_to.unwrap_or(61);
            assert_eq!(seqs(&journal, 59), [60, next], "{what}");
        }
    }
}

/// The one that is written may be taken away, and a packed one is then the last: its bytes are never written again.
#[test]
fn behind_a_packed_segment_that_is_the_last_a_new_one_is_begun() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    look(&journal, Policy { pack: true, ..Policy::default() });
    let last = head(&journal).segment;
    for index_lost in [false, true] {
        let state = killed(state.path());
        fs::remove_file(segment::path(state.path(), last)).expect("taken away");
        if index_lost {
            Index::remove(state.path()).expect("removed");
            fs::remove_file(state.path().join("ceiling")).expect("removed");
        }
        let (journal, opened) = open(state.path());
        assert_eq!(opened.seq_jumped_to.is_some(), !index_lost, "{opened:?}");
        drop(journal);
        let (mut journal, opened) = open(state.path());
        assert_eq!(opened, Opened::default(), "the one that was begun is there");
        assert_eq!(say_all(&mut journal, 1, 61), 61 - last, "{opened:?}");
        assert_eq!(seqs(&journal, last - 1).len() as u64, 61 - last);
        let packed = segment::list(state.path()).expect("segments").into_iter().take_while(|&at| at < last);
        assert!(packed.into_iter().all(|at| !segment::path(state.path(), at).exists()));
    }
}

/// Whether the events of the second segment and all behind it can be read.
fn seqs_behind(journal: &Journal, nth: usize) -> bool {
    let first = segment::list(journal.state()).expect("segments")[nth - 1];
    seqs(journal, first - 1) == (first..=60).collect::<Vec<_>>()
}

#[test]
fn what_is_retired_stays_known_also_without_the_index() {
    let state = TempDir::new().expect("a directory");
    let mut journal = filled(state.path());
    look(&journal, all_retired());
    let left = segment::list(state.path()).expect("segments");
    assert_eq!(left, [head(&journal).segment], "the one that is written stays");
    assert_eq!(head(&journal).oldest.first_seq(), left[0]);
    assert_eq!(seqs(&journal, 0), (left[0]..=60).collect::<Vec<_>>(), "an old cursor begins with the oldest");
    assert_eq!(say_all(&mut journal, 1, 61), 0);
    drop(journal);
    let mut journal = filled_again(state.path());
    assert_eq!(say_all(&mut journal, 1, 61), 0);
    let mut batch = journal.begin();
    assert_eq!(batch.pages_with(1).expect("pages").len(), 1, "its page is known by its date-less name");
    assert_eq!(say(&mut batch, 1, "another text", false), Verdict::Changed);
    assert_eq!(say(&mut batch, 61, "text", false), Verdict::New(61));
    batch.commit().expect("it commits");
}

#[test]
fn what_is_left_of_a_retired_segment_is_verified_and_as_good_as_it_goes() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    look(&journal, all_retired());
    let end = head(&journal);
    assert_eq!(verify::verify(state.path(), &end).expect("verified"), []);
    let path = segment::retired_path(state.path(), 1);
    let whole = fs::read(&path).expect("a file");
    fs::write(&path, &whole[..whole.len() / 2]).expect("torn");
    let damages = verify::verify(state.path(), &end).expect("verified");
    assert_eq!(damages.len(), 1);
    assert_eq!(damages[0].path, path);
    drop(journal);
    let mut journal = filled_again(state.path());
    let again = say_all(&mut journal, 1, 61);
    assert!(0 < again && again < 20, "{again} of the torn one's come again, and none of the others'");
}

#[test]
fn a_retired_text_doesn_t_come_again_as_a_revision() {
    let state = TempDir::new().expect("a directory");
    let revisions = || Options { revisions: true, segment_bytes: 2_000, ..options() };
    let mut journal = opened(state.path(), revisions());
    for (body, verdict) in [("one", Verdict::New(1)), ("two", Verdict::Revised(2))] {
        let mut batch = journal.begin();
        assert_eq!(say(&mut batch, 1, body, false), verdict);
        batch.commit().expect("it commits");
    }
    say_all(&mut journal, 2, 20);
    say_all(&mut journal, 20, 21);
    for rebuilt in [false, true] {
        look(&journal, all_retired());
        if rebuilt {
            drop(journal);
            Index::remove(state.path()).expect("removed");
            journal = opened(state.path(), revisions());
        }
        let mut batch = journal.begin();
        for body in ["one", " two", "two", "one"] {
            let verdict = say(&mut batch, 1, body, false);
            assert!(matches!(verdict, Verdict::Known | Verdict::Changed), "{body}: {verdict:?}");
        }
        assert_eq!(say(&mut batch, 5, "  text", false), Verdict::Known, "only blanks differ");
    }
}

#[test]
fn what_was_forgotten_is_forgotten_though_it_is_retired() {
    let state = TempDir::new().expect("a directory");
    let mut journal = filled(state.path());
    look(&journal, all_retired());
    let found = forget::find(&mut journal, &["a.txt".into()]).expect("found");
    assert_eq!(found.updates(), 60);
    forget::forget(&mut journal, &found).expect("forgotten");
    drop(journal);
    let mut journal = filled_again(state.path());
    assert_eq!(say_all(&mut journal, 1, 11), 10);
}

#[test]
fn what_a_sink_has_not_had_stays() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let segments = segment::list(state.path()).expect("segments");
    let id = head(&journal).journal;
    let (cursor, _) = KeptCursor::open(state.path(), "stdout", &id).expect("a cursor");
    cursor.store(&id, segments[2] - 2).expect("stored");
    look(&journal, all_retired());
    assert_eq!(
        segment::list(state.path()).expect("segments"),
        segments[1..],
        "all but its last event were had"
    );
    cursor.store(&id, segments[2] - 1).expect("stored");
    look(&journal, all_retired());
    assert_eq!(segment::list(state.path()).expect("segments"), segments[2..]);
    fs::write(state.path().join("cursor-stdout"), "what").expect("damaged");
    look(&journal, all_retired());
    assert_eq!(segment::list(state.path()).expect("segments"), segments[2..], "it may be anywhere");
}

#[test]
fn only_what_is_too_much_is_retired() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    look(&journal, Policy { age: Some(Duration::from_secs(3_600)), ..Policy::default() });
    let bytes = || -> u64 {
        let segments = segment::list(state.path()).expect("segments");
        segments.iter().map(|&first_seq| segment::disk_bytes(state.path(), first_seq)).sum()
    };
    let before = bytes();
    look(&journal, Policy { size_bytes: Some(before), ..Policy::default() });
    assert_eq!(bytes(), before);
    look(&journal, Policy { size_bytes: Some(before / 2), ..Policy::default() });
    assert!(bytes() <= before / 2 && bytes() > before / 3, "{} of {before}", bytes());
}

#[test]
fn a_kill_while_a_segment_is_retired_or_packed_loses_nothing() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let before = killed(state.path());
    look(&journal, Policy { pack: true, ..Policy::default() });
    let packed = killed(state.path());
    look(&journal, all_retired());
    drop(journal);
    let folder = segment::directory;
    for name in fs::read_dir(folder(state.path())).expect("a folder") {
        let name = name.expect("an entry").file_name();
        // As if the kill had come when this file was whole, and none of the old ones gone.
        let killed = killed(before.path());
        fs::copy(folder(state.path()).join(&name), folder(killed.path()).join(&name)).expect("a copy");
        fs::write(folder(killed.path()).join("00000000000000000001.retired.new"), "torn").expect("written");
        let mut journal = filled_again(killed.path());
        assert_eq!(seqs(&journal, 0), (1..=60).collect::<Vec<_>>(), "{name:?}");
        assert_eq!(say_all(&mut journal, 1, 61), 0);
        assert!(!folder(killed.path()).join("00000000000000000001.retired.new").exists());
    }
    // Sums that a kill left behind.
    let sums = segment::sums_path(packed.path(), 1);
    fs::copy(&sums, segment::sums_path(state.path(), 1)).expect("a copy");
    let journal = filled_again(state.path());
    look(&journal, all_retired());
    assert!(!segment::sums_path(state.path(), 1).exists());
}

#[test]
fn at_the_limit_nothing_is_appended_until_there_is_room() {
    let state = TempDir::new().expect("a directory");
    let limited = Options { segment_bytes: 4_000, size_bytes_max: Some(12_000), ..options() };
    let mut journal = opened(state.path(), limited);
    let mut said = 0;
    let error = loop {
        let mut batch = journal.begin();
        offer_all(&mut batch, said + 1, said + 2);
        match batch.commit() {
            Ok(_) => said += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_retryable() && error.to_string().contains("journal.size_max, 12000 bytes"), "{error}");
    assert!((20..40).contains(&said), "{said}");
    assert_eq!(say_all(&mut journal, 1, said + 1), 0, "what is known needs no room");
    look(&journal, Policy { size_bytes: Some(6_000), ..Policy::default() });
    assert_eq!(say_all(&mut journal, said + 1, said + 2), 1);
}

#[test]
fn too_little_room_on_the_disk_is_said() {
    let state = TempDir::new().expect("a directory");
    let mut journal = opened(state.path(), Options { free_bytes_min: u64::MAX, ..options() });
    let mut batch = journal.begin();
    offer_all(&mut batch, 1, 2);
    let error = batch.commit().expect_err("no room");
    assert!(error.is_retryable() && error.to_string().contains("journal.min_free"), "{error}");
}

#[test]
fn a_segment_ends_by_its_age() {
    let state = TempDir::new().expect("a directory");
    let mut journal = opened(state.path(), Options { segment_age: Some(Duration::ZERO), ..options() });
    for n in 1..=3 {
        say_all(&mut journal, n, n + 1);
    }
    assert_eq!(segment::list(state.path()).expect("segments"), [1, 2, 3]);
}

#[test]
fn a_reader_is_told_what_it_missed() {
    let state = TempDir::new().expect("a directory");
    let journal = filled(state.path());
    let (mut inside, mut between) = (Reader::new(state.path()), Reader::new(state.path()));
    let end = head(&journal);
    let second = segment::list(state.path()).expect("segments")[1];
    let mut lines = Vec::new();
    inside.seek(1, &end).expect("it seeks");
    inside.read(&end, &mut lines, 10).expect("it reads");
    inside.release();
    lines.clear();
    between.seek(0, &end).expect("it seeks");
    while lines.is_empty()
        || seq_of(lines.split_inclusive(|&b| b == b'\n').next_back().expect("one")) != Some(second - 1)
    {
        lines.clear();
        between.read(&end, &mut lines, 10).expect("it reads");
    }
    look(&journal, all_retired());
    for reader in [&mut inside, &mut between] {
        let missed = reader.read(&end, &mut lines, 10);
        assert!(matches!(missed, Err(JournalError::Retired { .. })), "{missed:?}");
        let oldest = segment::list(state.path()).expect("segments")[0];
        assert_eq!(reader.seek(1, &end).expect("it seeks"), oldest - 1, "it says where it stands");
    }
}
