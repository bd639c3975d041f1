//! What the journal promises, tried on a state directory of its own each time.

mod commit;
mod damage;
mod missing;
mod packed;
mod power;
mod retention;
mod unended;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::journal::batch::Batch;
use crate::journal::gate::{Entry, Journal, Options, Verdict};
use crate::journal::health::FAULTS_KEPT_MAX;
use crate::journal::index::Index;
use crate::journal::reader::{Reader, last_seq, seq_of};
use crate::journal::recovery::{self, Opened};
use crate::journal::state::{Kept, KeptCursor, Lock};
use crate::journal::{Head, JournalError, segment, verify};
use crate::model::checkpoint::Checkpoint;
use crate::model::event::{Event, Place, Shared};
use crate::model::file::FileName;
use crate::model::identity::{Id, fold, text_hash};
use crate::model::time::DateBasis;

/// This boot, to the journal.
const BOOT: &str = "boot-a";

fn options() -> Options {
    Options { segment_bytes: 1 << 20, ..Options::default() }
}

fn open(state: &Path) -> (Journal, Opened) {
    recovery::open(state, options(), BOOT).expect("it opens")
}

/// The state directory as a kill -9 at this moment would leave it, in a place of its own.
fn killed(state: &Path) -> TempDir {
    let copy = TempDir::new().expect("a directory");
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        fs::create_dir_all(copy.path().join(&folder)).expect("a directory");
        for entry in fs::read_dir(state.join(&folder)).expect("a directory") {
            let entry = entry.expect("an entry");
            let name = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
            } else {
                fs::copy(entry.path(), copy.path().join(name)).expect("a copy");
            }
        }
    }
    copy
}

fn minute(n: u64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 60 * n as i64).expect("a time")
}

/// Offers update `n` with this body.
fn say(batch: &mut Batch<'_>, n: u64, body: &str, unfinished: bool) -> Verdict {
    offer(batch, n, body, |entry| entry.unfinished = unfinished)
}

fn offer(batch: &mut Batch<'_>, n: u64, body: &str, change: impl FnOnce(&mut Entry)) -> Verdict {
    let headline = format!("Update {n}");
    let time_text = minute(n).to_string();
    let id = Id::new("", time_text.as_bytes(), fold(&headline).as_bytes());
    let shared = Shared::new(None, Some(false), minute(0), "drop", "a.txt", false);
    let mut event = Event::new(id, &shared, Place { offset: 0, length: 1, line: 1 });
    event.timestamp = Some(minute(n));
    event.time_text = Some(&time_text);
    event.date_basis = Some(DateBasis::Mtime);
    event.headline = Some(&headline);
    event.body = body;
    let mut entry = Entry {
        timestamp: Some(minute(n)),
        basis: Some(DateBasis::Mtime),
        id,
        loose: Some(n),
        text_hash: text_hash(Some(&headline), body),
        page: 1,
        unfinished: false,
        open: false,
        torn: false,
    };
    change(&mut entry);
    batch.offer(&mut event, entry).expect("it is offered").verdict
}

fn offer_all(batch: &mut Batch<'_>, from: u64, to: u64) -> u64 {
    let verdicts = (from..to).map(|n| say(batch, n, "text", false));
    verdicts.filter(|verdict| matches!(verdict, Verdict::New(_))).count() as u64
}

/// Says the updates `from..to` in one batch, and tells how many were new.
fn say_all(journal: &mut Journal, from: u64, to: u64) -> u64 {
    let mut batch = journal.begin();
    let new = offer_all(&mut batch, from, to);
    batch.commit().expect("it commits");
    new
}

fn head(journal: &Journal) -> Head {
    journal.watch().borrow().clone()
}

/// The seqs after `after`, read in small pieces.
fn seqs(journal: &Journal, after: u64) -> Vec<u64> {
    let head = head(journal);
    let mut reader = Reader::new(journal.state());
    reader.seek(after, &head).expect("it seeks");
    let mut lines = Vec::new();
    while reader.read(&head, &mut lines, 500).expect("it reads") > 0 {}
    lines
        .split_inclusive(|&b| b == b'\n')
        .map(|line| seq_of(line).expect("each line is an event"))
        .collect()
}

fn first_segment(state: &Path) -> PathBuf {
    segment::path(state, segment::list(state).expect("segments")[0])
}

#[test]
fn a_lock_whose_file_was_removed_still_holds() {
    let state = TempDir::new().expect("a directory");
    let (journal, _) = open(state.path());
    for _ in 0..2 {
        let again = recovery::open(state.path(), options(), BOOT).err();
        assert!(matches!(again, Some(JournalError::Held { .. })), "{again:?}");
        assert!(Lock::holder(state.path()).is_some());
        fs::remove_file(state.path().join("lock")).expect("removed");
    }
    drop(journal);
    assert!(Lock::holder(state.path()).is_none());
    drop(open(state.path()));
}

#[test]
fn nothing_is_written_into_a_state_directory_that_took_the_place_of_its_own() {
    let place = TempDir::new().expect("a directory");
    let (state, away) = (place.path().join("state"), place.path().join("away"));
    let (mut journal, _) = open(&state);
    say_all(&mut journal, 0, 3);
    fs::rename(&state, &away).expect("moved away");
    let (other, _) = open(&state);
    let listed = |state: &Path| segment::list(state).expect("segments");
    for again in 0..2 {
        let mut batch = journal.begin();
        offer_all(&mut batch, 3, 4);
        let refused = batch.commit().err();
        assert!(matches!(refused, Some(JournalError::Replaced { .. })), "{again}: {refused:?}");
    }
    assert!(matches!(journal.close(), Err(JournalError::Replaced { .. })));
    assert_eq!((listed(&state), listed(&away)), (vec![], vec![1]));
    drop(other);
    fs::remove_dir_all(&state).expect("removed");
    let refused = journal.flush().err().or_else(|| journal.close().err());
    assert!(refused.as_ref().is_some_and(JournalError::is_retryable), "{refused:?}");
    fs::rename(&away, &state).expect("back again");
    say_all(&mut journal, 3, 4);
    journal.close().expect("it is its own again");
}

#[test]
fn what_was_said_is_known_after_a_restart() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, opened) = open(state.path());
    assert_eq!(opened, Opened { first_start: true, ..Opened::default() });
    assert_eq!(say_all(&mut journal, 0, 10), 10);
    let file = FileName::new("drop", "a.txt");
    let checkpoint = Checkpoint { read_offset: 7, ..Checkpoint::default() };
    let mut batch = journal.begin();
    batch.checkpoint(&file, checkpoint.clone());
    batch.set_backfilled();
    batch.commit().expect("it commits");
    let killed = killed(state.path());
    let (mut journal, opened) = open(killed.path());
    assert_eq!(opened, Opened::default());
    assert!(journal.backfilled());
    assert_eq!(journal.checkpoints().expect("some"), [(file, checkpoint)]);
    assert_eq!(say_all(&mut journal, 5, 12), 2);
    assert_eq!(seqs(&journal, 0), (1..=12).collect::<Vec<_>>());
    assert_eq!(seqs(&journal, 10), [11, 12]);
}

#[test]
fn the_second_daemon_is_told_who_holds_the_directory() {
    let state = TempDir::new().expect("a directory");
    let (_journal, _) = open(state.path());
    let error = recovery::open(state.path(), options(), BOOT).expect_err("it's held");
    assert!(error.to_string().contains(&format!("held by process {}", std::process::id())), "{error}");
    assert!(!error.is_retryable());
}

#[test]
fn another_scope_is_refused() {
    let state = TempDir::new().expect("a directory");
    drop(open(state.path()));
    let asked = Options { scope: "blog".into(), ..options() };
    let error = recovery::open(state.path(), asked, BOOT).expect_err("another scope");
    assert!(matches!(error, JournalError::Scope { .. }) && !error.is_retryable(), "{error}");
}

#[test]
fn a_reader_follows_across_segments() {
    let state = TempDir::new().expect("a directory");
    let small = Options { segment_bytes: 2_000, ..options() };
    let (mut journal, _) = recovery::open(state.path(), small, BOOT).expect("it opens");
    let (mut live, mut slow) = (Reader::new(state.path()), Reader::new(state.path()));
    live.seek(0, &head(&journal)).expect("it seeks");
    slow.seek(0, &head(&journal)).expect("it seeks");
    let (mut lines, mut slow_lines) = (Vec::new(), Vec::new());
    for n in 0..100 {
        say_all(&mut journal, n * 3, n * 3 + 3);
        let head = head(&journal);
        while live.read(&head, &mut lines, 700).expect("it reads") > 0 {}
        // The slow one is several segments behind most of the time.
        slow.read(&head, &mut slow_lines, 10).expect("it reads");
    }
    let head = head(&journal);
    while slow.read(&head, &mut slow_lines, 10).expect("it reads") > 0 {}
    assert_eq!(memchr::memchr_iter(b'\n', &lines).count(), 300);
    assert!(lines == slow_lines);
    assert!(segment::list(state.path()).expect("segments").len() > 10);
    for after in [0, 1, 5, 149, 298, 299, 300] {
        assert_eq!(seqs(&journal, after), (after + 1..=300).collect::<Vec<_>>());
    }
}

#[test]
fn a_stretch_is_whole_lines_and_a_line_cut_in_two_can_be_finished() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    say_all(&mut journal, 0, 1_000);
    let head = head(&journal);
    let whole = fs::read(first_segment(state.path())).expect("a segment");
    let mut reader = Reader::new(state.path());
    reader.seek(0, &head).expect("it seeks");
    assert_eq!(reader.stretch(&head, u64::MAX, u64::MAX).expect("it looks"), None);
    assert_eq!(reader.stretch(&head, 1, u64::MAX).expect("it looks"), Some(whole.len() as u64));
    let mut after = 0;
    while let Some(bytes) = reader.stretch(&head, 1, 70_000).expect("it looks") {
        assert!((60_000..=70_000).contains(&bytes) || after > 800, "{bytes}");
        reader.pass(bytes);
        let seq = reader.seq_before().expect("it looks").expect("a line ends here");
        assert!(after < seq && seq <= 1_000);
        after = seq;
    }
    assert_eq!(after, 1_000);
    // Sent in part, wherever it was cut.
    let second = memchr::memchr(b'\n', &whole).expect("a line") + 1;
    for at in [0, 1, second - 1, second, second + 1, second + 100] {
        reader.seek(0, &head).expect("it seeks");
        let stretch = reader.stretch(&head, 1, u64::MAX).expect("it looks").expect("there is one");
        reader.pass(at as u64);
        let rest = reader.rest_of_line(stretch - at as u64).expect("it reads");
        let end = at + rest.len();
        assert_eq!(rest, whole[at..end]);
        assert!(end == 0 || whole[end - 1] == b'\n');
        assert!(!rest[..rest.len().saturating_sub(1)].contains(&b'\n'));
        assert_eq!(reader.place().map(|(_, offset)| offset), Some(end as u64));
    }
    // Where the ends of its lines are lost, no more is read than was to be sent.
    let damaged = whole.iter().map(|&byte| if byte == b'\n' { b'#' } else { byte }).collect::<Vec<_>>();
    fs::write(first_segment(state.path()), damaged).expect("damaged");
    reader.seek(0, &Head { length_bytes: 0, ..head.clone() }).expect("it seeks");
    reader.pass(10);
    assert_eq!(reader.rest_of_line(100).expect("it reads").len(), 100);
}

#[test]
fn changes_are_counted_and_said_only_where_wanted() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    let mut batch = journal.begin();
    assert_eq!(say(&mut batch, 0, "one", false), Verdict::New(1));
    assert_eq!(say(&mut batch, 0, "two", false), Verdict::Changed);
    assert_eq!(say(&mut batch, 0, "two", false), Verdict::Known);
    assert_eq!(
        say(&mut batch, 0, "two, finished", true),
        Verdict::Revised(2),
        "finished, though revisions are off"
    );
    batch.commit().expect("it commits");
    drop(journal);
    let revisions = Options { revisions: true, ..options() };
    let (mut journal, _) = recovery::open(state.path(), revisions, BOOT).expect("it opens");
    let mut batch = journal.begin();
    assert_eq!(say(&mut batch, 0, "Two,  FINISHED", false), Verdict::Known, "folded it is the same");
    assert_eq!(say(&mut batch, 0, "three", false), Verdict::Revised(3));
    assert_eq!(say(&mut batch, 0, "one", false), Verdict::Changed, "an older text never comes again");
    assert_eq!(say(&mut batch, 0, "three", false), Verdict::Known, "the last one is no change");
    assert_eq!(say(&mut batch, 0, "four", false), Verdict::Revised(4));
    batch.commit().expect("it commits");
    let mut batch = journal.begin();
    for older in ["one", "two, finished", "three"] {
        assert_eq!(say(&mut batch, 0, older, false), Verdict::Changed, "also after a commit: {older}");
    }
}

#[test]
fn the_last_faults_are_kept_and_those_that_last_stay_longest() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    let mut batch = journal.begin();
    batch.note_fault(Path::new("drop/lasting"), "no right", true);
    for n in 0..2 * FAULTS_KEPT_MAX {
        batch.note_fault(Path::new(&format!("drop/{n}")), "a moment", false);
        batch.note_fault(Path::new(&format!("drop/{n}")), "a moment", false);
    }
    batch.commit().expect("it commits");
    let faults = Index::open_readonly(state.path()).expect("an index").faults().expect("some");
    assert_eq!(faults.len(), FAULTS_KEPT_MAX as usize);
    assert_eq!((faults[0].path.as_str(), faults[0].lasts, faults[0].count), ("drop/lasting", true, 1));
    assert_eq!((faults[1].path.as_str(), faults[1].count), ("drop/63", 2));
    drop(journal);
    open(state.path());
    let faults = Index::open_readonly(state.path()).expect("an index").faults().expect("some");
    assert!(faults.iter().all(|fault| !fault.lasts), "a start looks for itself");
}

#[test]
fn a_kept_cursor_survives_and_a_strange_one_is_lost() {
    let state = TempDir::new().expect("a directory");
    let reopen = |journal: &str| KeptCursor::open(state.path(), "stdout", journal).expect("it opens");
    let (cursor, kept) = reopen("k3v9x2qa");
    assert_eq!(kept, Kept::Never);
    cursor.store("k3v9x2qa", 12_345).expect("kept");
    cursor.store("k3v9x2qa", 7).expect("kept");
    assert_eq!(reopen("k3v9x2qa").1, Kept::At(7));
    assert_eq!(reopen("aaaaaaaa").1, Kept::Lost, "it is of another journal");
    let path = state.path().join("cursor-stdout");
    let whole = fs::read(&path).expect("a cursor");
    for length in 0..whole.len() - 1 {
        fs::write(&path, &whole[..length]).expect("written");
        assert_eq!(reopen("k3v9x2qa").1, Kept::Lost, "cut at {length}");
    }
    for at in 0..whole.len() - 1 {
        let mut torn = whole.clone();
        torn[at] ^= 1;
        fs::write(&path, torn).expect("written");
        assert_eq!(reopen("k3v9x2qa").1, Kept::Lost, "byte {at}");
    }
}

fn verify(journal: &Journal) -> Vec<verify::Damage> {
    verify::verify(journal.state(), &head(journal)).expect("it is looked at")
}

#[test]
fn a_hundred_thousand_checkpoints_load_at_once() {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    let layout = Some("stamp=above headline=next order=newest".to_string());
    let mut batch = journal.begin();
    for n in 0..100_000 {
        let checkpoint = Checkpoint { read_offset: n, layout: layout.clone(), ..Checkpoint::default() };
        batch.checkpoint(&FileName::new("drop", format!("blog-{}/{n}.txt", n % 100)), checkpoint);
    }
    batch.commit().expect("it commits");
    let begun = std::time::Instant::now();
    assert_eq!(journal.checkpoints().expect("all of them").len(), 100_000);
    let bound_s = if cfg!(debug_assertions) { 3.0 } else { 1.0 };
    assert!(begun.elapsed().as_secs_f64() < bound_s, "{:?}", begun.elapsed());
}
