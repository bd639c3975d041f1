//! A commit is whole or has not happened, whatever fails or dies amid it.

use super::*;

#[test]
fn older_texts_stay_known_after_the_index_is_lost() {
    let state = TempDir::new().expect("a directory");
    let revisions = Options { revisions: true, ..options() };
    let (mut journal, _) = recovery::open(state.path(), revisions.clone(), BOOT).expect("it opens");
    for text in ["one", "two", "three"] {
        let mut batch = journal.begin();
        say(&mut batch, 0, text, false);
        batch.commit().expect("it commits");
    }
    drop(journal);
    Index::remove(state.path()).expect("removed");
    let (mut journal, _) = recovery::open(state.path(), revisions, BOOT).expect("it opens");
    let mut batch = journal.begin();
    assert_eq!(say(&mut batch, 0, "three", false), Verdict::Known);
    for older in ["one", "two"] {
        assert_eq!(say(&mut batch, 0, older, false), Verdict::Changed, "{older}");
    }
    assert_eq!(say(&mut batch, 0, "four", false), Verdict::Revised(4));
}

#[test]
fn a_kill_between_the_events_and_the_index_is_made_good_by_the_next_start() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 10);
    let before = killed(state.path());
    for (from, to) in [(10, 13), (13, 20)] {
        say_all(&mut journal, from, to);
        let after = killed(state.path());
        for first_seq in segment::list(after.path()).expect("segments") {
            for path in [segment::path, segment::sums_path] {
                fs::copy(path(after.path(), first_seq), path(before.path(), first_seq)).expect("a copy");
            }
        }
        let cut = killed(before.path());
        let (mut journal, opened) = open(cut.path());
        assert_eq!(opened, Opened { caught_up: to - 10, ..Opened::default() });
        assert_eq!(head(&journal).seq, to);
        assert_eq!(say_all(&mut journal, 0, to + 1), 1);
        assert_eq!(seqs(&journal, 0), (1..=to + 1).collect::<Vec<_>>());
        assert_eq!(verify(&journal), []);
    }
}

/// What is known of an update besides its event lies in the index alone, which comes later: a cut one stayed cut.
#[test]
fn an_update_that_was_open_at_a_kill_can_be_finished_after_it() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 3);
    let mut batch = journal.begin();
    assert_eq!(say(&mut batch, 3, "half", false), Verdict::New(4));
    batch.say().expect("said");
    let killed = killed(state.path());
    let (mut journal, opened) = open(killed.path());
    assert_eq!(opened.caught_up, 1);
    let mut batch = journal.begin();
    assert_eq!(say(&mut batch, 2, "text and more", false), Verdict::Changed, "it was finished long ago");
    assert_eq!(say(&mut batch, 3, "half of it", false), Verdict::Revised(5));
}

#[test]
fn an_update_whose_last_line_was_torn_is_finished_once_it_is_whole() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    let mut batch = journal.begin();
    assert!(matches!(offer(&mut batch, 1, "text", |entry| entry.open = true), Verdict::New(_)));
    let more = "text\nand more";
    let torn = offer(&mut batch, 1, more, |entry| (entry.open, entry.torn) = (true, true));
    assert_eq!(torn, Verdict::Known, "half a line is nothing yet");
    assert!(matches!(offer(&mut batch, 1, more, |_| {}), Verdict::Revised(2)));
    batch.commit().expect("it commits");
}

#[test]
fn what_was_said_while_the_index_could_not_be_written_is_known_once_it_can() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 10);
    let pages_max = |journal: &Journal, pages: u32| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        journal.index.with(|connection| connection.query_row(&sql, [], |_| Ok(()))).expect("it is set");
    };
    pages_max(&journal, 1);
    let file = FileName::new("drop", "a.txt");
    // Too long for what is left of the index's pages.
    let checkpoint = Checkpoint { layout: Some("x".repeat(100_000)), ..Checkpoint::default() };
    for tries in 0..2 {
        let mut batch = journal.begin();
        offer_all(&mut batch, 5, 12);
        batch.checkpoint(&file, checkpoint.clone());
        let error = batch.commit().expect_err("the index is full");
        assert!(error.is_retryable(), "{error}");
        assert_eq!(head(&journal).seq, 12, "they were said, once: try {tries}");
    }
    let killed = killed(state.path());
    assert_eq!(say_all(&mut open(killed.path()).0, 0, 13), 1, "a kill meanwhile costs nothing");
    pages_max(&journal, 1 << 20);
    let mut batch = journal.begin();
    assert_eq!(offer_all(&mut batch, 5, 13), 1);
    batch.checkpoint(&file, checkpoint);
    batch.commit().expect("it commits");
    assert_eq!(seqs(&journal, 0), (1..=13).collect::<Vec<_>>());
    assert_eq!(journal.checkpoints().expect("some").len(), 1);
}

#[test]
fn a_batch_that_its_checksum_could_not_commit_has_not_happened() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 10);
    let sums = segment::sums_path(state.path(), 1);
    // The sums are what can't be written: /dev/full is a disk without room.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("it opens");
    let kept = journal.segment.as_mut().expect("a segment").swap_sums(full);
    let mut batch = journal.begin();
    offer_all(&mut batch, 10, 12);
    let error = batch.commit().expect_err("no room");
    assert!(error.is_retryable() && error.to_string().contains("sums"), "{error}");
    assert_eq!(head(&journal).seq, 10);
    journal.segment.as_mut().expect("a segment").swap_sums(kept);
    assert_eq!(say_all(&mut open(killed(state.path()).path()).0, 9, 11), 1);
    assert_eq!(say_all(&mut journal, 9, 12), 2);
    assert_eq!(fs::metadata(&sums).expect("sums").len(), 2 * segment::RECORD_BYTES);
    assert_eq!(seqs(&journal, 0), (1..=12).collect::<Vec<_>>());
}

#[test]
fn a_segment_that_cannot_be_begun_leaves_nothing_and_the_retry_commits() {
    let state = TempDir::new().expect("a directory");
    let small = Options { segment_bytes: 500, ..options() };
    let (mut journal, _) = recovery::open(state.path(), small, BOOT).expect("it opens");
    say_all(&mut journal, 0, 3);
    // A directory in its place stands for every failure to make or write a segment.
    for in_the_way in [
        segment::path(state.path(), 4),
        segment::sums_path(state.path(), 4),
    ] {
        fs::create_dir(&in_the_way).expect("made");
        let mut batch = journal.begin();
        assert_eq!(offer_all(&mut batch, 0, 5), 2);
        let error = batch.commit().expect_err("it can't");
        assert!(error.is_retryable(), "{error}");
        assert_eq!(head(&journal).seq, 3);
        assert_eq!(seqs(&journal, 0), [1, 2, 3]);
        fs::remove_dir(&in_the_way).expect("removed");
    }
    assert_eq!(say_all(&mut journal, 0, 5), 2);
    assert_eq!(seqs(&journal, 0), [1, 2, 3, 4, 5]);
    assert_eq!(segment::list(state.path()).expect("segments"), [1, 4]);
    let (journal, opened) = open(killed(state.path()).path());
    assert_eq!((opened, head(&journal).seq), (Opened::default(), 5));
}

#[test]
fn a_ceiling_that_cannot_be_raised_leaves_nothing_and_the_retry_commits() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 3);
    journal.ceiling = 0;
    fs::create_dir(state.path().join("ceiling.new")).expect("made");
    let mut batch = journal.begin();
    offer_all(&mut batch, 0, 5);
    assert!(batch.commit().expect_err("it can't").is_retryable());
    fs::remove_dir(state.path().join("ceiling.new")).expect("removed");
    assert_eq!(say_all(&mut journal, 0, 5), 2);
    assert_eq!(seqs(&journal, 0), [1, 2, 3, 4, 5]);
}

#[test]
fn a_dropped_batch_never_was() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 3);
    let mut batch = journal.begin();
    assert_eq!(say(&mut batch, 3, "text", false), Verdict::New(4));
    assert_eq!(say(&mut batch, 3, "text", false), Verdict::Known, "a batch knows what it said itself");
    drop(batch);
    assert_eq!(head(&journal).seq, 3);
    assert_eq!(say_all(&mut journal, 0, 4), 1);
    assert_eq!(seqs(&journal, 0), [1, 2, 3, 4]);
}
