//! Stdout as its reader sees it: where it goes on, what a reader that goes away or a kill leaves.

mod support;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, PipeWriter, Read};
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use support::{Daemon, PATIENCE, Place, SAMPLE, SILENCE, event, events, headlines, lines_of, until};

const PAGE: &str = "2024-06-12-storm.txt";

fn update(clock: &str, headline: &str) -> String {
    format!("{clock}\n{headline}\nWhat there is to say of it.\nAnd a little more.\n")
}

/// A page of one update whose event takes more than half of a pipe.
fn long_page(headline: &str) -> String {
    format!("{}{}\n", update("10:20 AM", headline), "Waves come in, and go again. ".repeat(1_400))
}

/// Whether nothing more goes into a pipe.
fn is_full(writer: &PipeWriter) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(writer, PollFlags::OUT)], Some(&now)).expect("it can be asked") == 0
}

#[test]
fn m30_a_reader_of_stdout_that_goes_away_ends_it_in_order() {
    let place = Place::new();
    place.put(PAGE, SAMPLE);
    let mut run =
        place.command("run").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    {
        let mut first = String::new();
        let mut out = BufReader::with_capacity(64, run.stdout.take().expect("piped"));
        out.read_line(&mut first).expect("a line");
        event(first.trim_end());
    }
    let output = run.wait_with_output().expect("it ends by itself");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(place.replay().len(), 8);
}

#[test]
fn a_restart_goes_on_where_stdout_ended() {
    let place = Place::new();
    place.put(PAGE, SAMPLE);
    let output = place.command("run").args(["--once", "--no-stdout"]).output().expect("it runs");
    assert!(output.status.success() && output.stdout.is_empty());
    // Switched on again, stdout begins with what comes.
    place.append(PAGE, update("07:30 PM GMT", "After it was switched on"));
    assert_eq!(headlines(&place.once()), ["After it was switched on"]);
    assert!(place.once().is_empty());
}

#[test]
fn stdout_keeps_its_place_while_the_state_directory_is_away() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\n");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let daemon = Daemon::onto(place.command("run"), writer);
    for n in 1..=8 {
        place.put(&format!("2024-06-{n:02}-storm.txt"), long_page(&format!("Storm {n}")));
    }
    until("all of it is journaled", || place.replay().len() == 8);
    let away = place.dir.path().join("away");
    fs::rename(&place.state, &away).expect("moved away");
    // What the open segment holds comes, and no more.
    let out = lines_of(reader);
    let mut said = Vec::new();
    while let Ok(line) = out.recv_timeout(SILENCE) {
        said.push(event(&line));
    }
    assert!(said.len() < 8, "{} events came without their segments", said.len());
    drop(daemon);
    fs::rename(&away, &place.state).expect("and back");
    // What the last batch had may come again after a kill, and nothing is left out.
    let seq = |event: &serde_json::Value| event["seq"].as_u64().expect("a seq");
    let rest: Vec<u64> = place.once().iter().map(seq).collect();
    let last = said.last().map_or(0, seq);
    assert!(rest.first().is_some_and(|&first| first <= last + 1), "{rest:?} behind {last}");
    assert_eq!(rest.last(), Some(&8), "{rest:?} behind {last}");
}

#[test]
fn a_cursor_of_stdout_that_is_damaged_loses_nothing() {
    let place = Place::new();
    place.put(PAGE, SAMPLE);
    let said = place.once();
    for damaged in [Some(""), Some("k3v9x2qa:00000000000000000007 0\n"), None] {
        let cursor = place.state.join("cursor-stdout");
        match damaged {
            Some(damaged) => fs::write(cursor, damaged).expect("written"),
            None => fs::remove_file(cursor).expect("removed"),
        }
        let output = place.command("run").arg("--once").output().expect("it runs");
        assert_eq!(events(&output.stdout), said, "what it may not have had comes again");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(log.contains("stdout's cursor is gone or can't be read"), "{log}");
    }
    assert!(place.once().is_empty());
}

/// `run --once` never ended, and SIGTERM took 4 s: stdout waited for a seq that no line has.
#[test]
fn where_the_last_seqs_have_no_line_it_ends_all_the_same() {
    let place = Place::new();
    place.put(PAGE, SAMPLE);
    place.once();
    let run = || {
        let mut command = place.command("run");
        command.arg("--once");
        let mut run = Daemon::spawned(command);
        assert_eq!(run.ended().code(), Some(0));
        run.out.iter().count()
    };
    // The machine went down, and there is nothing new to say.
    let another_boot = "11111111-2222-3333-4444-555555555555 1000\n";
    fs::write(place.state.join("ceiling"), another_boot).expect("written");
    assert_eq!(run(), 0);
    let status = place.command("status").arg("--json").output().expect("it runs");
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
    assert_eq!((&status["journal"]["head"], &status["sinks"][0]["lag"]), (&1000.into(), &0.into()));
    // Of the last line nobody can tell its seq, and it isn't known whether stdout has had it.
    let segment = place.state.join("journal/00000000000000000001.ndjson");
    let mut lines = fs::read(&segment).expect("a segment");
    let last = lines.len() - 1 - lines.iter().rev().skip(1).position(|&b| b == b'\n').expect("a line before");
    lines[last + 3] ^= 1;
    fs::write(&segment, lines).expect("damaged");
    fs::write(place.state.join("cursor-stdout"), "x").expect("damaged");
    assert_eq!(run(), 8);
    assert_eq!(run(), 0, "it has had them now");
}

#[test]
fn half_a_line_in_a_pipe_that_outlives_the_daemon_takes_no_event_with_it() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let run = || Daemon::onto(place.command("run"), writer.try_clone().expect("a pipe has many writers"));
    let killed = run();
    // Nobody reads: the first fits in, the second by half.
    place.put("2024-06-11.txt", long_page("First"));
    let had = || fs::read_to_string(place.state.join("cursor-stdout")).unwrap_or_default();
    until("the first is written", || had().contains(":00000000000000000001 "));
    place.put("2024-06-12.txt", long_page("Second"));
    until("the pipe is full", || is_full(&writer));
    drop(killed);
    let again = run();
    drop(writer);
    let lines = lines_of(reader);
    let next = || lines.recv_timeout(PATIENCE).expect("another line");
    assert_eq!(event(&next())["seq"], 1);
    let half = next();
    assert!(serde_json::from_str::<serde_json::Value>(&half).is_err(), "the kill tore no line: {half}");
    assert_eq!(event(&next())["seq"], 2);
    again.stop();
    // Where all lines are whole, the next run begins with an event.
    assert!(!place.state.join("stdout-open").exists());
    assert!(lines.recv_timeout(PATIENCE).is_err(), "nothing is said twice");
}

#[test]
fn half_a_line_in_a_file_is_ended_first() {
    let place = Place::new();
    place.put(PAGE, SAMPLE);
    let path = place.dir.path().join("events.ndjson");
    fs::write(&path, "{\"half\": \"a li").expect("written");
    let file = File::options().append(true).open(&path).expect("it opens");
    let status = place.command("run").arg("--once").stdout(file).status().expect("it runs");
    assert!(status.success());
    let text = fs::read_to_string(&path).expect("text");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("{\"half\": \"a li"));
    assert_eq!(lines.map(event).count(), 8);
}

/// What was in the pipe came again after the next start.
#[test]
fn a_reader_that_is_slower_than_the_end_gets_each_line_once() {
    let page = |hour: usize| -> String {
        let at = |minute| update(&format!("{hour:02}:{minute:02}"), &format!("At {hour} past {minute}"));
        (0..60).map(at).collect()
    };
    for is_reading in [false, true] {
        let place = Place::new();
        for (day, hour) in (1..4).flat_map(|day| (0..24).map(move |hour| (day, hour))) {
            place.put(&format!("2024-06-0{day}-{hour}.txt"), page(hour));
        }
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let is_filled = writer.try_clone().expect("cloned");
        let daemon = Daemon::onto(place.command("run"), writer);
        until("the pipe is full", || is_full(&is_filled));
        drop(is_filled);
        let (stopped, may_read) = channel::<()>();
        let said = std::thread::spawn(move || {
            let (mut said, mut piece) = (Vec::new(), [0; 4096]);
            while said.last() != Some(&0) {
                let is_over =
                    may_read.recv_timeout(Duration::from_millis(20)) != Err(RecvTimeoutError::Timeout);
                if is_over {
                    reader.read_to_end(&mut said).expect("it can be read");
                    said.push(0);
                } else if is_reading {
                    let read = reader.read(&mut piece).expect("it can be read");
                    said.extend_from_slice(&piece[..read]);
                }
            }
            said
        });
        daemon.stop();
        drop(stopped);
        let mut said = said.join().expect("it was read");
        said.pop();
        let whole = said.iter().rposition(|&byte| byte == b'\n').expect("a line") + 1;
        assert!(whole == said.len() || !is_reading, "a torn line for whom reads on");
        let seqs = events(&said[..whole]).into_iter().chain(place.once());
        let seqs: Vec<u64> = seqs.map(|event| event["seq"].as_u64().expect("a seq")).collect();
        assert_eq!(seqs, (1..=3 * 24 * 60).collect::<Vec<u64>>());
    }
}
