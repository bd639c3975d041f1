//! The journal on a real disk: what is committed stays, what isn't never was, and what is lost is made again.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use jiff::Timestamp;
use tempfile::TempDir;

use super::gate::{Entry, Journal, Options, Verdict};
use super::index::Index;
use super::reader::{Reader, last_seq, seq_of};
use super::recovery::{Opened, open};
use super::state::{Ceiling, KeptCursor};
use super::{JournalError, segment};
use crate::model::checkpoint::Checkpoint;
use crate::model::event::{Event, Origin};
use crate::model::file::FileName;
use crate::model::identity::{Id, fold, loose_key, text_hash};
use crate::model::time::DateBasis;

const BOOT: &str = "boot-1";

fn options() -> Options {
    Options {
        scope: "global".into(),
        segment_bytes: 64 << 20,
        durable: false,
        event_bytes_max: 48_000,
        revisions: false,
    }
}

fn begin(state: &Path) -> (Journal, Opened) {
    open(state, options(), BOOT).expect("it opens")
}

/// Offers the update `number` with `body`.
fn offer(journal: &mut Journal, number: i64, body: &str, unfinished: bool) -> Verdict {
    let mut batch = journal.begin().expect("a batch");
    let verdict = offer_in(&mut batch, number, body, unfinished);
    batch.commit().expect("committed");
    verdict
}

fn offer_in(batch: &mut super::gate::Batch<'_>, number: i64, body: &str, unfinished: bool) -> Verdict {
    let headline = format!("Headline {number}");
    let timestamp = Timestamp::from_second(1_700_000_000 + number * 60).expect("in range");
    let time_text = format!("clock {number}");
    let folded = fold(&headline);
    let id = Id::new("", &timestamp.to_string(), &folded);
    let origin = Origin { root: "drop", path: "page.txt", offset: 0, length: 1, line: 1 };
    let mut event = Event::new(id, timestamp, origin);
    event.timestamp = Some(timestamp);
    event.date_basis = Some(DateBasis::Mtime);
    event.time_text = Some(&time_text);
    event.headline = Some(&headline);
    event.body = body;
    event.backfill = Some(false);
    let entry = Entry {
        timestamp: Some(timestamp),
        basis: Some(DateBasis::Mtime),
        id,
        loose: Some(loose_key("", &time_text, &folded)),
        text_hash: text_hash(Some(&headline), body),
        page: 1,
        unfinished,
    };
    batch.offer(&mut event, entry).expect("offered")
}

fn say(journal: &mut Journal, numbers: std::ops::Range<i64>) {
    for number in numbers {
        assert!(matches!(offer(journal, number, "A body.", false), Verdict::New(_)), "{number} is new");
    }
}

fn all_known(journal: &mut Journal, numbers: std::ops::Range<i64>) {
    for number in numbers {
        assert_eq!(offer(journal, number, "A body.", false), Verdict::Known, "{number}");
    }
}

fn lines(journal: &Journal, after: u64) -> Vec<String> {
    let head = journal.watch().borrow().clone();
    let mut reader = Reader::new(journal.state());
    reader.seek(after, &head).expect("sought");
    let mut bytes = Vec::new();
    while reader.read(&head, &mut bytes, 300).expect("read") > 0 {}
    String::from_utf8(bytes).expect("UTF-8").lines().map(String::from).collect()
}

fn seqs(journal: &Journal, after: u64) -> Vec<u64> {
    lines(journal, after).iter().map(|line| seq_of(line.as_bytes()).expect("a seq")).collect()
}

#[test]
fn what_was_said_is_known_after_a_restart() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, opened) = begin(state.path());
    assert!(opened.first_start);
    say(&mut journal, 0..5);
    all_known(&mut journal, 0..5);
    drop(journal);
    let (mut journal, opened) = begin(state.path());
    assert_eq!(opened, Opened::default());
    all_known(&mut journal, 0..5);
    assert_eq!(offer(&mut journal, 5, "A body.", false), Verdict::New(6));
    assert_eq!(seqs(&journal, 0), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seqs(&journal, 4), [5, 6]);
    assert_eq!(seqs(&journal, 6), [0; 0]);
}

#[test]
fn a_batch_that_is_not_committed_never_was() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    say(&mut journal, 0..2);
    let mut batch = journal.begin().expect("a batch");
    assert_eq!(offer_in(&mut batch, 7, "A body.", false), Verdict::New(3));
    assert_eq!(offer_in(&mut batch, 7, "A body.", false), Verdict::Known, "known within its batch already");
    drop(batch);
    assert_eq!(offer(&mut journal, 7, "A body.", false), Verdict::New(3));
    assert_eq!(seqs(&journal, 0), [1, 2, 3]);
}

#[test]
fn a_tail_that_was_never_committed_is_cut() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    say(&mut journal, 0..3);
    drop(journal);
    let path = segment::path(state.path(), 1);
    let size_bytes = fs::metadata(&path).expect("a segment").len();
    let file = fs::File::options().write(true).open(&path).expect("opened");
    file.write_all_at(b"{\"schema_version\":\"1.0\",\"seq\":4,\"torn", size_bytes).expect("written");
    let sums = fs::File::options().write(true).open(segment::sums_path(state.path(), 1)).expect("opened");
    sums.write_all_at(b"torn", 3 * segment::RECORD_BYTES).expect("written");
    let (mut journal, opened) = begin(state.path());
    assert_eq!(opened.torn_bytes, 37);
    assert_eq!(offer(&mut journal, 3, "A body.", false), Verdict::New(4));
    assert_eq!(seqs(&journal, 0), [1, 2, 3, 4]);
    assert_eq!(
        segment::verify(state.path(), (1, fs::metadata(&path).expect("a segment").len())).expect("read"),
        []
    );
}

#[test]
fn a_lost_or_damaged_index_is_made_again() {
    type Damage = (&'static str, fn(&Path));
    let damage: [Damage; 5] = [
        ("deleted", |index| fs::remove_file(index).expect("removed")),
        ("emptied", |index| fs::write(index, "").expect("written")),
        ("zeroed", |index| {
            let length = fs::metadata(index).expect("there").len() as usize;
            fs::write(index, vec![0; length]).expect("written");
        }),
        ("cut", |index| {
            let file = fs::File::options().write(true).open(index).expect("opened");
            file.set_len(5_000).expect("cut");
        }),
        ("another file", |index| fs::write(index, "not a database at all, by any means").expect("written")),
    ];
    for (what, damage) in damage {
        let state = TempDir::new().expect("a directory");
        let (mut journal, _) = begin(state.path());
        say(&mut journal, 0..40);
        drop(journal);
        for suffix in ["-wal", "-shm"] {
            let _gone_with_a_clean_close =
                fs::remove_file(format!("{}{suffix}", Index::path(state.path()).display()));
        }
        damage(&Index::path(state.path()));
        let (mut journal, opened) = begin(state.path());
        assert!(opened.index_rebuilt.is_some(), "{what}");
        all_known(&mut journal, 0..40);
        let batch = journal.begin().expect("a batch");
        let loose = loose_key("", "clock 3", &fold("Headline 3"));
        let pages = batch.pages_with(loose).expect("asked");
        assert_eq!(pages.len(), 1, "{what}: its page is known by its date-less names");
        assert!(batch.page_update(pages[0], loose).expect("asked").is_some(), "{what}");
        drop(batch);
        assert_eq!(offer(&mut journal, 40, "A body.", false), Verdict::New(41), "{what}");
    }
}

#[test]
fn bits_flipped_in_the_index_lose_nothing() {
    for at in (100..40_000).step_by(3_989) {
        let state = TempDir::new().expect("a directory");
        let (mut journal, _) = begin(state.path());
        say(&mut journal, 0..60);
        drop(journal);
        let path = Index::path(state.path());
        let mut bytes = fs::read(&path).expect("read");
        let Some(byte) = bytes.get_mut(at) else { break };
        *byte ^= 0x10;
        fs::write(&path, bytes).expect("written");
        let (journal, _) = begin(state.path());
        assert_eq!(lines(&journal, 0).len(), 60, "flipped at {at}");
    }
}

#[test]
fn a_flipped_bit_in_a_segment_is_found_and_the_rest_kept() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    say(&mut journal, 0..9);
    let head = journal.watch().borrow().clone();
    drop(journal);
    let path = segment::path(state.path(), 1);
    let mut bytes = fs::read(&path).expect("read");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&path, bytes).expect("written");
    let damages = segment::verify(state.path(), (head.segment, head.length_bytes)).expect("read");
    assert_eq!(damages.len(), 1);
    assert!(damages[0].offset <= at as u64 && (at as u64) < damages[0].end);
    let (journal, _) = begin(state.path());
    assert_eq!(lines(&journal, 0).len(), 9);
}

#[test]
fn after_a_power_loss_seq_jumps_and_the_tail_is_checked() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    say(&mut journal, 0..4);
    let reserved = Ceiling::load(state.path()).expect("read").expect("reserved").seq;
    drop(journal);
    // The last batch got onto the disk in part, the index did not know.
    let path = segment::path(state.path(), 1);
    let size_bytes = fs::metadata(&path).expect("a segment").len();
    fs::File::options().write(true).open(&path).expect("opened").set_len(size_bytes - 10).expect("cut");
    let (mut journal, opened) = open(state.path(), options(), "boot-2").expect("it opens");
    assert_eq!(opened.seq_jumped_to, Some(reserved + 1));
    all_known(&mut journal, 0..3);
    assert_eq!(
        offer(&mut journal, 3, "A body.", false),
        Verdict::New(reserved + 1),
        "said again under a new seq"
    );
    assert_eq!(seqs(&journal, 0), [1, 2, 3, reserved + 1]);
    assert_eq!(seqs(&journal, 500), [reserved + 1], "a cursor in the hole is valid");
}

#[test]
fn an_orderly_end_needs_no_jump() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    say(&mut journal, 0..4);
    journal.close().expect("closed");
    drop(journal);
    let (mut journal, opened) = open(state.path(), options(), "boot-2").expect("it opens");
    assert_eq!(opened.seq_jumped_to, None);
    assert_eq!(offer(&mut journal, 4, "A body.", false), Verdict::New(5));
}

#[test]
fn a_reader_follows_over_segments_while_they_are_written() {
    let state = TempDir::new().expect("a directory");
    let small = Options { segment_bytes: 2_000, ..options() };
    let (mut journal, _) = open(state.path(), small.clone(), BOOT).expect("it opens");
    let mut reader = Reader::new(state.path());
    let watch = journal.watch();
    let (mut bytes, mut read) = (Vec::new(), 0);
    for number in 0..50 {
        say(&mut journal, number..number + 1);
        let head = watch.borrow().clone();
        bytes.clear();
        while reader.read(&head, &mut bytes, 100).expect("read") > 0 {}
        assert_eq!(last_seq(&bytes), Some(number as u64 + 1));
        read += bytes.iter().filter(|&&b| b == b'\n').count();
    }
    assert_eq!(read, 50);
    assert!(segment::list(state.path()).expect("listed").len() > 5);
    drop(journal);
    let (journal, _) = open(state.path(), small, BOOT).expect("it opens");
    for after in 0..50 {
        assert_eq!(seqs(&journal, after).first(), Some(&(after + 1)));
    }
}

#[test]
fn another_text_is_a_revision_only_where_it_should_be() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    say(&mut journal, 0..1);
    assert_eq!(offer(&mut journal, 0, "Another body.", false), Verdict::Changed);
    assert_eq!(offer(&mut journal, 0, "Another body.", false), Verdict::Known, "counted once");
    // The last update of a file that grows is finished, also with revisions off.
    assert_eq!(offer(&mut journal, 0, "Another body.\nAnd its end.", true), Verdict::Revised(2));
    drop(journal);
    let revisions = Options { revisions: true, ..options() };
    let (mut journal, _) = open(state.path(), revisions, BOOT).expect("it opens");
    assert_eq!(offer(&mut journal, 0, "A third body.", false), Verdict::Revised(3));
    assert_eq!(
        offer(&mut journal, 0, "A  third BODY.", false),
        Verdict::Known,
        "only its folded text counts"
    );
    assert_eq!(
        offer(&mut journal, 0, "Another body.\nAnd its end.", false),
        Verdict::Changed,
        "an older text never again"
    );
    let last = lines(&journal, 2);
    assert!(last[0].contains("\"revision\":3,\"type\":\"update.revised\""), "{last:?}");
}

#[test]
fn a_second_open_is_refused_with_the_holder() {
    let state = TempDir::new().expect("a directory");
    let (_journal, _) = begin(state.path());
    match open(state.path(), options(), BOOT) {
        Err(JournalError::Held { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_scope_is_refused() {
    let state = TempDir::new().expect("a directory");
    drop(begin(state.path()));
    let blog = Options { scope: "blog".into(), ..options() };
    assert!(matches!(open(state.path(), blog, BOOT), Err(JournalError::Scope { .. })));
}

#[test]
fn a_lost_identity_is_found_in_the_events() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    say(&mut journal, 0..2);
    let id = journal.watch().borrow().journal.clone();
    drop(journal);
    for broken in ["", "{", "\0\0\0\0"] {
        fs::write(state.path().join("journal.json"), broken).expect("written");
        let (journal, opened) = begin(state.path());
        assert!(!opened.first_start);
        assert_eq!(journal.watch().borrow().journal, id);
    }
}

#[test]
fn a_commit_that_fails_is_tried_again_and_nothing_is_lost() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    // A directory stands where the first segment would be made.
    let in_the_way = segment::path(state.path(), 1);
    fs::create_dir(&in_the_way).expect("made");
    let mut batch = journal.begin().expect("a batch");
    offer_in(&mut batch, 0, "A body.", false);
    let error = batch.commit().expect_err("it can't be written");
    assert!(error.is_retryable(), "{error}");
    assert_eq!(journal.watch().borrow().seq, 0);
    fs::remove_dir(&in_the_way).expect("removed");
    assert_eq!(offer(&mut journal, 0, "A body.", false), Verdict::New(1));
    assert_eq!(seqs(&journal, 0), [1]);
}

#[test]
fn checkpoints_are_kept_with_the_batch() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = begin(state.path());
    let file = FileName::new("drop", "a/b.txt");
    let checkpoint =
        Checkpoint { read_offset: 7, layout: Some("alone,after".into()), ..Checkpoint::default() };
    let batch = journal.begin().expect("a batch");
    batch.checkpoint(&file, &checkpoint).expect("kept");
    batch.commit().expect("committed");
    let batch = journal.begin().expect("a batch");
    batch.forget_file(&file).expect("dropped");
    drop(batch);
    drop(journal);
    let (journal, _) = begin(state.path());
    assert_eq!(journal.checkpoints().expect("read"), [(file, checkpoint)]);
}

#[test]
fn a_kept_cursor_holds_or_says_nothing() {
    let state = TempDir::new().expect("a directory");
    let (cursor, kept) = KeptCursor::open(state.path(), "stdout", "abcdefgh").expect("opened");
    assert_eq!(kept, None);
    cursor.store("abcdefgh", 42).expect("stored");
    let open = |journal: &str| KeptCursor::open(state.path(), "stdout", journal).expect("opened").1;
    assert_eq!(open("abcdefgh"), Some(42));
    assert_eq!(open("zzzzzzzz"), None, "of another journal");
    let path = state.path().join("cursor-stdout");
    let whole = fs::read(&path).expect("read");
    for cut in 0..whole.len() - 1 {
        fs::write(&path, &whole[..cut]).expect("written");
        assert_eq!(open("abcdefgh"), None, "cut at {cut}");
    }
}
