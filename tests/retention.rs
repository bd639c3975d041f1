//! What the running daemon keeps, packs and retires, and what it does at its limits.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

use support::{Place, headlines, until};

/// A page of updates with long bodies: about 1.2 kB each.
fn page(from: u32, count: u32) -> String {
    let update = |n: u32| {
        let body = format!("The harbour office counts the boats again, and finds number {n}. ").repeat(18);
        format!("{:02}:{:02} GMT\nBoat number {n} is counted\n{body}\n", n / 60 % 24, n % 60)
    };
    (from..from + count).rev().map(update).collect()
}

/// Puts pages of 40 updates, each once the one before is in the journal: what comes at once is one batch, and
/// that is in one segment.
fn put_pages(place: &Place, from: u32, to: u32) {
    for n in from..to {
        place.put(&format!("2024-03-{:02}.txt", n % 28 + 1), page(n * 40, 40));
        let read = u64::from(n + 1);
        until("the page is read", || {
            let shown = status(place);
            let files = shown["files"]["settled"].as_u64().expect("a number");
            files >= read || !shown["degraded"].as_array().expect("a list").is_empty()
        });
    }
}

fn status(place: &Place) -> Value {
    let mut shown = None;
    until("there is a journal", || {
        let output = place.command("status").arg("--json").output().expect("it runs");
        shown = serde_json::from_slice(&output.stdout).ok();
        shown.is_some()
    });
    shown.expect("it was waited for")
}

fn names(place: &Place, ending: &str) -> usize {
    let entries = fs::read_dir(place.state.join("journal")).expect("a journal");
    entries
        .filter(|entry| entry.as_ref().expect("an entry").path().to_string_lossy().ends_with(ending))
        .count()
}

#[test]
fn old_segments_are_retired_and_their_updates_stay_known() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\nretain_size = \"200KiB\"\n");
    let daemon = place.run();
    put_pages(&place, 0, 20);
    daemon.says_at_least(20 * 40);
    until("segments are retired", || names(&place, ".retired.gz") > 5);
    until("as many as are too much", || {
        status(&place)["journal"]["bytes"].as_u64().expect("bytes") <= 200 << 10
    });
    let shown = status(&place);
    let oldest = shown["journal"]["oldest"].as_u64().expect("a seq");
    assert!(oldest > 1 && shown["journal"]["retired"].as_u64().expect("a number") > 0, "{shown}");
    assert_eq!(shown["degraded"].as_array().expect("a list").len(), 0, "{shown}");
    let replayed = place.command("replay").output().expect("it runs");
    let first = support::events(&replayed.stdout)[0]["seq"].as_u64();
    assert_eq!(first, Some(oldest));
    // The index is lost, and all pages come again.
    daemon.stop();
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        let _absent = fs::remove_file(place.state.join(name));
    }
    let daemon = place.run();
    put_pages(&place, 0, 20);
    place.put("2024-04-01.txt", page(9_000, 1));
    assert_eq!(headlines(&daemon.says(1)), ["Boat number 9000 is counted"]);
    let verified = place.command("status").arg("--verify").output().expect("it runs");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn full_segments_are_packed_and_replayed_all_the_same() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\ncompress = true\n");
    let daemon = place.run();
    put_pages(&place, 0, 10);
    let said = daemon.says(400);
    until("all but one are packed", || names(&place, ".ndjson") == 1);
    assert!(names(&place, ".ndjson.gz") > 3);
    assert_eq!(place.replay(), said);
    let verified = place.command("status").arg("--verify").output().expect("it runs");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn a_client_that_comes_too_late_is_told_so() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\nretain_size = \"100KiB\"\n");
    let socket = place.dir.path().join("e.sock");
    let daemon = place.run_with(&["--listen", &format!("unix:{}", socket.display())]);
    put_pages(&place, 0, 10);
    let events = daemon.says_at_least(400);
    // What is retired while it asks is another matter.
    let are_retired = || names(&place, ".retired.gz") > 2 && names(&place, ".ndjson") == 1;
    until("all but the last are retired", are_retired);
    let mut client = UnixStream::connect(&socket).expect("it connects");
    client.set_read_timeout(Some(support::PATIENCE)).expect("a timeout");
    let cursor = events[0]["cursor"].as_str().expect("a cursor");
    writeln!(client, "DUMP {cursor}").expect("it is said");
    let mut lines = BufReader::new(client).lines().map(|line| line.expect("a line"));
    let gap: Value = serde_json::from_str(&lines.next().expect("an answer")).expect("JSON");
    assert_eq!((gap["liveblogd"].as_str(), gap["reason"].as_str()), (Some("gap"), Some("expired")), "{gap}");
    assert_eq!(gap["requested"], cursor, "{gap}");
    let oldest = gap["oldest"].as_u64().expect("a seq");
    assert!(oldest > 1 && gap["after"] == oldest - 1, "{gap}");
    let first = support::event(&lines.next().expect("an event"));
    assert_eq!(first["seq"].as_u64(), Some(oldest));
    assert_eq!(lines.count() as u64 + oldest, 400, "all the others, and the end");
}

#[test]
fn who_reads_where_a_segment_is_missing_is_told_so() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\n");
    let socket = place.dir.path().join("e.sock");
    let daemon = place.run_with(&["--listen", &format!("unix:{}", socket.display())]);
    put_pages(&place, 0, 10);
    daemon.says(400);
    let mut segments: Vec<_> = fs::read_dir(place.state.join("journal"))
        .expect("a journal")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ndjson"))
        .collect();
    segments.sort();
    fs::remove_file(&segments[1]).expect("taken away");
    let first = |path: &Path| -> u64 {
        path.file_stem().expect("a name").to_str().expect("a number").parse().expect("a seq")
    };
    let (gone, next) = (first(&segments[1]), first(&segments[2]));
    let left: Vec<u64> = (1..gone).chain(next..=400).collect();

    let mut client = UnixStream::connect(&socket).expect("it connects");
    client.set_read_timeout(Some(support::PATIENCE)).expect("a timeout");
    writeln!(client, "DUMP 0").expect("it is said");
    let lines: Vec<String> = BufReader::new(client).lines().map(|line| line.expect("a line")).collect();
    let (control, events): (Vec<&String>, Vec<&String>) =
        lines.iter().partition(|line| line.starts_with("{\"liveblogd\""));
    assert!(control[0].contains("\"ok\""), "{control:?}");
    let gap: Value = serde_json::from_str(control[1]).expect("JSON");
    assert_eq!((gap["reason"].as_str(), gap["after"].as_u64()), (Some("expired"), Some(next - 1)), "{gap}");
    let seq = |line: &String| support::event(line)["seq"].as_u64().expect("a seq");
    assert_eq!(events.into_iter().map(seq).collect::<Vec<_>>(), left);

    let replayed = place.command("replay").output().expect("it runs");
    let said = String::from_utf8_lossy(&replayed.stderr);
    assert!(said.contains(&format!("the events {gone} to {} aren't there", next - 1)), "{said}");
    let events = String::from_utf8(replayed.stdout).expect("text");
    assert_eq!(events.lines().map(|line| seq(&line.to_string())).collect::<Vec<_>>(), left);
}

/// The first segment was emptied, and who asked for all there is got the rest without a word.
#[test]
fn who_asks_for_all_is_told_where_the_beginning_is_cut() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\n");
    let socket = place.dir.path().join("e.sock");
    let daemon = place.run_with(&["--listen", &format!("unix:{}", socket.display())]);
    put_pages(&place, 0, 5);
    daemon.says(200);
    fs::write(place.state.join("journal/00000000000000000001.ndjson"), "").expect("emptied");

    let mut client = UnixStream::connect(&socket).expect("it connects");
    client.set_read_timeout(Some(support::PATIENCE)).expect("a timeout");
    writeln!(client, "DUMP 0").expect("it is said");
    let mut lines = BufReader::new(client).lines().map(|line| line.expect("a line"));
    let gap: Value = serde_json::from_str(&lines.next().expect("an answer")).expect("JSON");
    assert_eq!((gap["reason"].as_str(), gap["requested"].as_str()), (Some("expired"), Some("0")), "{gap}");
    let first = support::event(&lines.next().expect("an event"))["seq"].as_u64().expect("a seq");
    assert!(first > 1 && gap["after"] == first - 1, "{gap}");
    assert_eq!(lines.count() as u64 + first, 200);

    let replayed = place.command("replay").output().expect("it runs");
    let said = String::from_utf8_lossy(&replayed.stderr);
    assert!(said.contains(&format!("the events 1 to {} aren't there", first - 1)), "{said}");
    let verified = place.command("status").arg("--verify").output().expect("it runs");
    let page = String::from_utf8_lossy(&verified.stdout);
    assert_eq!(verified.status.code(), Some(1), "{page}");
    assert!(page.contains(&format!("not there; it had the events up to {}", first - 1)), "{page}");
}

#[test]
fn a_client_that_stops_while_its_place_is_retired_gets_a_gap_in_the_stream() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\nretain_size = \"100KiB\"\n");
    let socket = place.dir.path().join("e.sock");
    let daemon = place.run_with(&["--listen", &format!("unix:{}", socket.display())]);
    let mut client = UnixStream::connect(&socket).expect("it connects");
    client.set_read_timeout(Some(support::PATIENCE)).expect("a timeout");
    client.write_all(b"AFTER 0\n").expect("it is said");
    let mut lines = BufReader::new(client).lines().map(|line| line.expect("a line"));
    assert!(lines.next().expect("an answer").contains("\"ok\""));
    put_pages(&place, 0, 28);
    daemon.says_at_least(28 * 40);
    until("what it hasn't had is retired", || {
        status(&place)["journal"]["oldest"].as_u64().expect("a seq") > 28 * 40 / 2
    });
    let (mut next, mut gaps) = (1, 0);
    while next <= 28 * 40 {
        let Some(line) = lines.next() else {
            panic!("it was sent away at {next}: {:#?}", daemon.log.try_iter().collect::<Vec<_>>())
        };
        if line.starts_with("{\"liveblogd\":\"gap\"") {
            let gap: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(gap["reason"], "expired");
            assert!(
                gap["requested"].as_str().expect("a cursor").ends_with(&format!(":{}", next - 1)),
                "{gap}"
            );
            next = gap["after"].as_u64().expect("a seq") + 1;
            gaps += 1;
        } else {
            assert_eq!(support::event(&line)["seq"].as_u64(), Some(next));
            next += 1;
        }
    }
    assert!(gaps > 0, "its buffer holds less than was retired");
}

#[test]
fn at_the_hard_limit_reading_pauses_until_stdout_has_read_on() {
    let place =
        Place::with("[journal]\nsegment_size = \"64KiB\"\nretain_size = \"64KiB\"\nsize_max = \"200KiB\"\n");
    // Its stdout is a pipe that nobody reads for now.
    let mut child = place.command("run").stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    put_pages(&place, 0, 28);
    until("reading pauses", || {
        status(&place)["degraded"].to_string().contains("it has reached journal.size_max, 204800 bytes")
    });
    let head = status(&place)["journal"]["head"].as_u64().expect("a seq");
    assert!(head < 28 * 40, "{head}");
    let out = support::lines_of(child.stdout.take().expect("piped"));
    for seq in 1..=28 * 40 {
        let line = out.recv_timeout(support::PATIENCE).expect("a line");
        assert_eq!(support::event(&line)["seq"].as_u64(), Some(seq));
    }
    until("it is well again", || status(&place)["degraded"].as_array().expect("a list").is_empty());
    child.kill().expect("killed");
    child.wait().expect("it is gone");
}

#[test]
fn a_limit_that_can_never_be_kept_is_refused() {
    let place = Place::with("[journal]\nsize_max = \"400KiB\"\n");
    let output = place.command("check").output().expect("it runs");
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("journal.size_max 400KiB is too small"), "{said}");
}
