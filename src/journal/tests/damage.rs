//! Reopened after damage of every kind: what was said stays said, under its seq, and is known.

use super::*;
use crate::journal::segment::RECORD_BYTES;

/// A journal of 200 updates in 20 batches, as a kill leaves it.
fn two_hundred() -> TempDir {
    let state = TempDir::new().expect("a directory");
    let (mut journal, _) = open(state.path());
    for n in 0..20 {
        say_all(&mut journal, n * 10, n * 10 + 10);
    }
    killed(state.path())
}

/// The same, ended in order: the index is one file.
fn two_hundred_closed() -> TempDir {
    let state = two_hundred();
    let (mut journal, _) = open(state.path());
    journal.close().expect("it ends in order");
    drop(journal);
    state
}

/// Opens it, and holds that all 200 are there under their seqs, known, and that the next one is 201.
fn nothing_is_lost(state: &Path, what: &str) -> Opened {
    let (mut journal, opened) = open(state);
    assert_eq!(say_all(&mut journal, 0, 201), 1, "{what}: {opened:?}");
    assert_eq!(seqs(&journal, 0), (1..=201).collect::<Vec<_>>(), "{what}: {opened:?}");
    opened
}

#[test]
fn a_lost_index_is_made_again() {
    for closed in [false, true] {
        let state = if closed {
            two_hundred_closed()
        } else {
            two_hundred()
        };
        Index::remove(state.path()).expect("removed");
        let opened = nothing_is_lost(state.path(), "removed");
        assert!(opened.index_rebuilt.is_some() && !opened.first_start, "{opened:?}");
    }
}

#[test]
fn m10_a_damaged_index_is_made_again() {
    let state = two_hundred_closed();
    let whole = fs::read(Index::path(state.path())).expect("an index");
    let noise = [&whole[..100], &vec![0x5a; whole.len() - 100]].concat();
    let zeros = vec![0; whole.len()];
    for (what, bytes) in [
        ("empty", &whole[..0]),
        ("halved", &whole[..whole.len() / 2]),
        ("zeros", &zeros),
        ("noise", &noise),
    ] {
        let state = killed(state.path());
        fs::write(Index::path(state.path()), bytes).expect("written");
        let opened = nothing_is_lost(state.path(), what);
        assert!(opened.index_rebuilt.is_some(), "{what}: {opened:?}");
    }
}

#[test]
fn a_flipped_bit_in_the_index_never_stops_it_and_costs_at_most_one_update_said_twice() {
    let state = two_hundred_closed();
    let whole = fs::read(Index::path(state.path())).expect("an index");
    for at in (0..whole.len()).step_by(997) {
        let state = killed(state.path());
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(Index::path(state.path()), bytes).expect("written");
        let (mut journal, opened) = open(state.path());
        assert_eq!(head(&journal).seq, 200, "byte {at}: {opened:?}");
        // A key that reads as another one is another key to SQLite, whose checks cover the tree, not the rows.
        let new = say_all(&mut journal, 0, 201);
        assert!((1..=2).contains(&new), "byte {at}: {new} {opened:?}");
        assert_eq!(seqs(&journal, 0), (1..=200 + new).collect::<Vec<_>>(), "byte {at}");
    }
}

#[test]
fn an_index_without_its_log_is_older_than_the_journal_and_made_again() {
    let state = two_hundred();
    for suffix in ["-wal", "-shm"] {
        let mut path = Index::path(state.path()).into_os_string();
        path.push(suffix);
        fs::remove_file(&path).expect("removed");
    }
    assert!(nothing_is_lost(state.path(), "no log").index_rebuilt.is_some());
}

#[test]
fn an_index_from_a_backup_takes_in_what_was_said_since() {
    let state = two_hundred_closed();
    let backup = fs::read(Index::path(state.path())).expect("an index");
    let (mut journal, _) = open(state.path());
    assert_eq!(say_all(&mut journal, 200, 203), 3);
    journal.close().expect("it ends in order");
    drop(journal);
    fs::write(Index::path(state.path()), backup).expect("put back");
    let (mut journal, opened) = open(state.path());
    assert_eq!((opened.caught_up, &opened.index_rebuilt), (3, &None));
    assert_eq!(say_all(&mut journal, 0, 204), 1);
    assert_eq!(seqs(&journal, 0), (1..=204).collect::<Vec<_>>());
}

#[test]
fn an_index_in_which_damage_was_met_is_made_again_by_the_next_start() {
    let state = two_hundred_closed();
    let (journal, _) = open(state.path());
    journal.suspect_index().expect("marked");
    drop(journal);
    assert!(nothing_is_lost(state.path(), "marked").index_rebuilt.is_some());
    assert_eq!(open(state.path()).1, Opened::default(), "only once");
}

#[test]
fn a_batch_that_was_written_and_not_committed_is_taken_back() {
    let state = two_hundred();
    let path = first_segment(state.path());
    let whole = fs::read(&path).expect("a segment");
    let line_end = whole.iter().position(|&b| b == b'\n').expect("a line") + 1;
    for torn in [1, 100, line_end, line_end + 1, 3_000] {
        let state = killed(state.path());
        let path = first_segment(state.path());
        fs::write(&path, [&whole[..], &whole[..torn]].concat()).expect("written");
        let (journal, opened) = open(state.path());
        assert_eq!(opened, Opened { torn_bytes: torn as u64, ..Opened::default() });
        assert_eq!(seqs(&journal, 0), (1..=200).collect::<Vec<_>>());
        assert_eq!(fs::read(&path).expect("a segment"), whole);
    }
}

#[test]
fn a_segment_begun_by_a_batch_that_was_not_committed_is_taken_back() {
    let state = two_hundred();
    fs::write(segment::path(state.path(), 201), b"{\"schema_version\":\"1.0\",\"seq\":201,\"x\":1}\n")
        .expect("written");
    fs::write(segment::sums_path(state.path(), 201), b"").expect("written");
    let opened = nothing_is_lost(state.path(), "begun");
    assert!(opened.torn_bytes > 0 && opened.index_rebuilt.is_none(), "{opened:?}");
    assert_eq!(segment::list(state.path()).expect("segments"), [1]);
}

#[test]
fn m10_sums_cut_or_zeroed_anywhere_are_mended() {
    let state = two_hundred();
    let length = 20 * RECORD_BYTES as usize;
    for cut in (0..=length).step_by(7) {
        for zeroed in [false, true] {
            let state = killed(state.path());
            let sums = segment::sums_path(state.path(), 1);
            let mut bytes = fs::read(&sums).expect("sums");
            assert_eq!(bytes.len(), length);
            bytes.truncate(cut);
            if zeroed {
                bytes.resize(length, 0);
            }
            fs::write(&sums, bytes).expect("written");
            let opened = nothing_is_lost(state.path(), "sums");
            assert_eq!(opened, Opened::default(), "{cut}");
            let length_bytes = fs::metadata(first_segment(state.path())).expect("a segment").len();
            let head = Head { seq: 201, segment: 1, length_bytes, ..Head::default() };
            assert_eq!(verify::verify(state.path(), &head).expect("looked"), [], "{cut}");
        }
    }
}

#[test]
fn sums_and_index_may_be_lost_together() {
    let state = two_hundred();
    Index::remove(state.path()).expect("removed");
    fs::remove_file(segment::sums_path(state.path(), 1)).expect("removed");
    assert!(nothing_is_lost(state.path(), "both").index_rebuilt.is_some());
}

#[test]
fn m10_small_files_damaged_in_any_way_never_stop_the_start() {
    for name in ["journal.json", "ceiling", "lock", "cursor-stdout"] {
        for damage in [&b""[..], &[0; 40], b"x", b"{}", &[0xff; 5_000]] {
            let state = two_hundred();
            let id = head(&open(state.path()).0).journal;
            fs::write(state.path().join(name), damage).expect("written");
            let (mut journal, opened) = open(state.path());
            assert!(!opened.first_start, "{name}");
            assert_eq!(head(&journal).journal, id, "{name}");
            assert_eq!(say_all(&mut journal, 0, 201), 1, "{name}");
            assert_eq!(seqs(&journal, 199), [200, 201], "{name}");
        }
    }
}

#[test]
fn a_flipped_bit_in_the_journals_name_begins_no_other_journal() {
    let state = two_hundred();
    let id = head(&open(state.path()).0).journal;
    let path = state.path().join("journal.json");
    let whole = fs::read(&path).expect("it is there");
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            // A number that is larger is a newer program's.
            if serde_json::from_slice::<serde_json::Value>(&bytes)
                .is_ok_and(|read| read["version"].as_u64() > Some(1))
            {
                continue;
            }
            fs::write(&path, &bytes).expect("written");
            let (journal, opened) = open(state.path());
            assert_eq!(
                (head(&journal).journal, opened.first_start),
                (id.clone(), false),
                "byte {at}, bit {bit}"
            );
            assert_eq!(fs::read(&path).expect("it is there"), whole, "byte {at}, bit {bit}");
        }
    }
    // The event that tells the name may be damaged itself.
    let segment = first_segment(state.path());
    let mut bytes = fs::read(&segment).expect("a segment");
    let at = String::from_utf8_lossy(&bytes).find(&*id).expect("its cursor");
    bytes[at] ^= 1;
    fs::write(&segment, bytes).expect("written");
    assert_eq!(head(&open(state.path()).0).journal, id);
}

#[test]
fn m12_a_flipped_bit_in_a_segment_is_found_and_the_rest_kept() {
    let state = two_hundred();
    let path = first_segment(state.path());
    let whole = fs::read(&path).expect("a segment");
    let head_then = Head { seq: 200, segment: 1, length_bytes: whole.len() as u64, ..Head::default() };
    let verify = |state: &Path| verify::verify(state, &head_then).expect("looked");
    assert_eq!(verify(state.path()), []);
    let last_batch = segment::records(state.path(), 1).expect("sums")[18].end;
    let mut some_changed = false;
    for at in (0..whole.len()).step_by(997) {
        let state = killed(state.path());
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(first_segment(state.path()), &bytes).expect("written");
        let damage = verify(state.path());
        assert_eq!(damage.len(), 1, "byte {at}");
        assert!(damage[0].offset <= at as u64 && (at as u64) < damage[0].end, "byte {at}");
        let (mut journal, opened) = open(state.path());
        // Only the last batch is looked at by each start.
        let changed = (at as u64 >= last_batch).then(|| first_segment(state.path()));
        some_changed |= changed.is_some();
        assert_eq!(opened, Opened { changed, ..Opened::default() }, "byte {at}");
        assert_eq!(say_all(&mut journal, 0, 201), 1, "byte {at}");
        drop(journal);
        // With the index lost as well, one line can't be understood: its update comes again under a new seq.
        fs::write(first_segment(state.path()), &bytes).expect("written");
        Index::remove(state.path()).expect("removed");
        let (mut journal, opened) = open(state.path());
        assert!(head(&journal).seq >= 200, "byte {at}: {opened:?}");
        let new = say_all(&mut journal, 0, 200);
        assert!(new <= 2, "byte {at}: {new} {opened:?}");
    }
    assert!(some_changed);
}

#[test]
fn damaged_lines_at_the_end_keep_their_seqs() {
    let state = two_hundred();
    Index::remove(state.path()).expect("removed");
    let path = first_segment(state.path());
    let mut bytes = fs::read(&path).expect("a segment");
    let length = bytes.len();
    bytes[length - 20..length - 1].fill(b'#');
    fs::write(&path, bytes).expect("written");
    let (mut journal, opened) = open(state.path());
    assert_eq!((opened.damaged_lines, head(&journal).seq), (1, 200));
    assert_eq!(say_all(&mut journal, 0, 200), 1, "the one that can't be read is said again");
    assert_eq!(seqs(&journal, 200), [201]);
}

/// Reads all of it as sinks and `replay` do: where a segment is gone, from the next event on that is left.
fn read_on(state: &Path, head: &Head) -> Vec<u64> {
    let (mut reader, mut lines, mut after) = (Reader::new(state), Vec::new(), 0);
    reader.seek(after, head).expect("it seeks");
    for _ in 0..100 {
        let from = lines.len();
        match reader.read(head, &mut lines, 700) {
            Ok(0) => return lines.split(|&b| b == b'\n').filter_map(seq_of).collect(),
            Ok(_) => after = last_seq(&lines[from..]).unwrap_or(after),
            Err(error) => drop(reader.go_on(error, after, head).expect("it goes on")),
        }
    }
    panic!("it doesn't end");
}

/// A journal of 20 updates in segments of three or so.
fn twenty() -> (TempDir, Head, Vec<u64>) {
    let state = TempDir::new().expect("a directory");
    let small = Options { segment_bytes: 1_000, ..options() };
    let (mut journal, _) = recovery::open(state.path(), small, BOOT).expect("it opens");
    for n in 0..20 {
        say_all(&mut journal, n, n + 1);
    }
    let segments = segment::list(state.path()).expect("segments");
    (killed(state.path()), head(&journal), segments)
}

/// Whoever read waited for a name to be gone that led nowhere, at a whole core.
#[test]
fn a_segment_that_is_a_link_to_nowhere_is_missing() {
    let (_, head, segments) = twenty();
    for (at, &first_seq) in segments.iter().enumerate() {
        let (state, _, _) = twenty();
        let path = segment::path(state.path(), first_seq);
        fs::remove_file(&path).expect("taken away");
        std::os::unix::fs::symlink("/nonexistent/segment", &path).expect("a link");
        let next = segments.get(at + 1).copied().unwrap_or(21);
        let left: Vec<u64> = (1..first_seq).chain(next..21).collect();
        assert_eq!(read_on(state.path(), &head), left);
        let damages = verify::verify(state.path(), &head).expect("looked");
        assert_eq!(damages.len(), 1, "{first_seq}: {damages:?}");
        let (mut journal, opened) = open(state.path());
        assert_eq!(opened.seq_jumped_to.is_some(), next == 21, "{opened:?}");
        say_all(&mut journal, 0, 21);
    }
}

/// The last line before the missing segment doesn't say its seq: what is before it was read again and again.
#[test]
fn a_missing_segment_behind_a_damaged_line_is_passed() {
    let (state, head, segments) = twenty();
    fs::remove_file(segment::path(state.path(), segments[1])).expect("taken away");
    let path = segment::path(state.path(), 1);
    let text = fs::read_to_string(&path).expect("a segment");
    fs::write(&path, text.replace("\"seq\"", "\"sxq\"")).expect("damaged");
    assert_eq!(read_on(state.path(), &head), (segments[2]..21).collect::<Vec<_>>());
}
