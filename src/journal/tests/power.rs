//! After a power loss: any part of what wasn't flushed may be missing, and no seq names two events.

use super::*;
use crate::journal::gate::RESERVE_SEQS;

fn booted(state: &Path) -> (Journal, Opened) {
    recovery::open(state, options(), "boot-b").expect("it opens")
}

/// The index as it once was, without what its log had since.
fn put_back(state: &Path, closed: &[u8]) {
    fs::write(Index::path(state), closed).expect("put back");
    for suffix in ["-wal", "-shm"] {
        let mut path = Index::path(state).into_os_string();
        path.push(suffix);
        fs::remove_file(&path).expect("removed");
    }
}

/// Ten batches of one update each, as the machine went down; and where each batch ends.
fn ten() -> (TempDir, Vec<u64>) {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    for n in 0..10 {
        let mut batch = journal.begin();
        offer_all(&mut batch, n, n + 1);
        let file = FileName::new("drop", format!("{n}.txt"));
        batch.checkpoint(&file, Checkpoint::default());
        batch.commit().expect("it commits");
    }
    let ends = segment::records(state.path(), 1).expect("records").iter().map(|record| record.end).collect();
    (killed(state.path()), ends)
}

#[test]
fn the_seq_jumps_and_a_cursor_in_the_hole_is_valid() {
    let (state, ends) = ten();
    // The last two batches never got onto the disk.
    let path = first_segment(state.path());
    let mut bytes = fs::read(&path).expect("a segment");
    bytes[ends[7] as usize + 40..].fill(0);
    fs::write(&path, bytes).expect("written");
    let (mut journal, opened) = booted(state.path());
    let jumped = opened.seq_jumped_to.expect("it jumped");
    assert!(jumped > 10 && jumped <= 10 + 2 * RESERVE_SEQS, "{jumped}");
    assert_eq!((head(&journal).seq, head(&journal).segment), (jumped - 1, jumped));
    assert_eq!(journal.checkpoints().expect("none"), [], "all files are read again");
    assert_eq!(seqs(&journal, 0), (1..=8).collect::<Vec<_>>());
    assert_eq!(say_all(&mut journal, 0, 11), 3, "the lost ones are said again");
    for in_the_hole in [8, 9, 10, 50, jumped - 1] {
        assert_eq!(seqs(&journal, in_the_hole), [jumped, jumped + 1, jumped + 2], "after {in_the_hole}");
    }
    assert_eq!(seqs(&journal, jumped), [jumped + 1, jumped + 2]);
    assert_eq!(segment::list(state.path()).expect("segments"), [1, jumped]);
    assert_eq!(verify(&journal), []);
}

#[test]
fn m11_a_tail_cut_anywhere_loses_only_what_was_cut() {
    let (state, ends) = ten();
    let whole = fs::read(first_segment(state.path())).expect("a segment");
    for cut in (0..whole.len()).step_by(211) {
        let state = killed(state.path());
        fs::write(first_segment(state.path()), &whole[..cut]).expect("written");
        let kept = ends.iter().filter(|&&end| end <= cut as u64).count() as u64;
        let (mut journal, opened) = booted(state.path());
        let jumped = opened.seq_jumped_to.expect("it jumped");
        assert_eq!(say_all(&mut journal, 0, 10), 10 - kept, "cut at {cut}");
        let expected: Vec<u64> = (1..=kept).chain(jumped..jumped + 10 - kept).collect();
        assert_eq!(seqs(&journal, 0), expected, "cut at {cut}");
    }
}

#[test]
fn m11_an_index_that_is_behind_takes_in_what_the_segment_has() {
    let (state, _) = ten();
    let backup = fs::read(Index::path(state.path())).expect("an index");
    let (mut journal, _) = open(state.path());
    journal.close().expect("it ends in order");
    drop(journal);
    let closed = fs::read(Index::path(state.path())).expect("an index");
    assert!(backup != closed);
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 10, 15);
    let down = killed(state.path());
    // The index's log was lost, the segment wasn't.
    put_back(down.path(), &closed);
    let (mut journal, opened) = booted(down.path());
    assert!(opened.index_rebuilt.is_none(), "{opened:?}");
    assert_eq!(journal.checkpoints().expect("some").len(), 10, "what it knew of files is right");
    assert_eq!(say_all(&mut journal, 0, 16), 1);
    assert_eq!(seqs(&journal, 0)[..15], (1..=15).collect::<Vec<_>>());
}

#[test]
fn m11_a_segment_begun_just_before_is_kept_as_far_as_it_is_proven() {
    let state = TempDir::new().expect("a directory");
    let small = Options { segment_bytes: 2_000, ..options() };
    let (mut journal, _) = recovery::open(state.path(), small.clone(), BOOT).expect("it opens");
    say_all(&mut journal, 0, 3);
    journal.close().expect("flushed");
    drop(journal);
    let (mut journal, _) = recovery::open(state.path(), small.clone(), BOOT).expect("it opens");
    let closed = fs::read(Index::path(state.path())).expect("an index");
    for n in 3..30 {
        say_all(&mut journal, n, n + 1);
    }
    let down = killed(state.path());
    put_back(down.path(), &closed);
    assert!(segment::list(down.path()).expect("segments").len() > 3);
    let (mut journal, opened) = recovery::open(down.path(), small, "boot-b").expect("it opens");
    assert_eq!(say_all(&mut journal, 0, 31), 1, "{opened:?}");
    assert_eq!(seqs(&journal, 0)[..30], (1..=30).collect::<Vec<_>>());
}

#[test]
fn an_orderly_end_leaves_no_hole_after_the_next_boot() {
    let (state, _) = ten();
    let (mut journal, _) = open(state.path());
    journal.close().expect("it ends in order");
    drop(journal);
    let (mut journal, opened) = booted(state.path());
    assert_eq!(opened, Opened::default());
    assert_eq!(say_all(&mut journal, 0, 11), 1);
    assert_eq!(seqs(&journal, 0), (1..=11).collect::<Vec<_>>());
}

#[test]
fn a_last_segment_that_someone_took_away_takes_its_seqs_with_it() {
    let (state, _) = ten();
    fs::remove_file(first_segment(state.path())).expect("removed");
    let (mut journal, opened) = open(state.path());
    let jumped = opened.seq_jumped_to.expect("it jumped");
    assert!(jumped > 10, "{jumped}");
    assert_eq!(say_all(&mut journal, 0, 2), 2);
    assert_eq!(seqs(&journal, 0), [jumped, jumped + 1]);
}

#[test]
fn a_journal_that_someone_took_away_takes_its_seqs_with_it() {
    let (state, _) = ten();
    let (mut journal, _) = open(state.path());
    journal.close().expect("it ends in order");
    drop(journal);
    fs::remove_dir_all(segment::directory(state.path())).expect("removed");
    fs::remove_file(Index::path(state.path())).expect("removed");
    let (mut journal, opened) = open(state.path());
    assert!(opened.index_rebuilt.is_some() && opened.seq_jumped_to.is_some(), "{opened:?}");
    assert_eq!(say_all(&mut journal, 0, 2), 2);
    assert_eq!(seqs(&journal, 0), [11, 12]);
}

/// A unit with `ProcSubset=pid` hides the boot id: every boot was called "unknown", and so a power loss taken for a
/// restart, after which a seq could have named two events.
#[test]
fn a_boot_that_the_kernel_does_not_tell_is_another_one() {
    let state = TempDir::new().expect("a directory");
    let unknown = |state: &Path| recovery::open(state, options(), "unknown").expect("it opens");
    let (mut journal, _) = unknown(state.path());
    say_all(&mut journal, 0, 3);
    let down = killed(state.path());
    let (mut journal, opened) = unknown(down.path());
    assert!(opened.seq_jumped_to.is_some_and(|seq| seq > 3), "{opened:?}");
    journal.close().expect("it ends in order");
}
