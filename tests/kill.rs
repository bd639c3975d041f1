//! kill -9, again and again, while writers append to logs and replace pages: every update of the manifest is in
//! the journal once, stdout has every line of it, repeated at most under the same seq, and a subscriber that comes
//! back with its cursor has every line once.
//!
//! `LIVEBLOGD_KILL_CYCLES` sets how often (200), `LIVEBLOGD_TEST_SEED` repeats a run as far as timing allows.

mod random;
mod support;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use random::{Random, seed};
use serde_json::Value;

use support::{Place, event, text};

/// How often the daemon is killed, unless the environment says otherwise.
const CYCLES: u64 = 200;

/// How long all of it may take at most: far above what it does.
const DEADLINE: Duration = Duration::from_secs(600);

/// How long the last daemon may take to catch up.
const CATCH_UP: Duration = Duration::from_secs(120);

/// How many updates a file gets before the next one is begun: its minutes stay within the day.
const UPDATES_MAX: u64 = 60;

fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// An update of the manifest: what the journal must say, once.
struct Written {
    headline: String,
    body: String,
    timestamp: String,
}

/// A file that grows or is replaced, and the updates that it has.
struct Target {
    path: PathBuf,
    is_log: bool,
    minute: u64,
    pages: Vec<String>,
}

impl Target {
    fn new(drop: &Path, number: u64, is_log: bool) -> Target {
        let kind = if is_log { "log" } else { "page" };
        let folder = drop.join(format!("blog-{}", number % 3));
        fs::create_dir_all(&folder).expect("a directory");
        let path = folder.join(format!("2024-03-06-{kind}-{number}.txt"));
        Target { path, is_log, minute: 6 * 60, pages: Vec::new() }
    }

    /// Adds `count` updates by one write, or by putting a new file in the place of the old one.
    fn add(&mut self, count: u64, manifest: &mut Vec<Written>) {
        let mut added = Vec::new();
        for _ in 0..count {
            self.minute += 1;
            let (hour, minute) = (self.minute / 60, self.minute % 60);
            let number = manifest.len();
            let headline = format!("Update number {number} of the kill test");
            let body = format!("What happened at {number}, in a sentence.\nAnd another one about it.");
            added.push(format!("{hour:02}:{minute:02} GMT\n{headline}\n{body}\n"));
            manifest.push(Written {
                headline,
                body,
                timestamp: format!("2024-03-06T{hour:02}:{minute:02}:00Z"),
            });
        }
        if self.is_log {
            let mut file = OpenOptions::new().append(true).create(true).open(&self.path).expect("a log");
            file.write_all(added.concat().as_bytes()).expect("appended");
        } else {
            self.pages.extend(added);
            let newest_first: Vec<&str> = self.pages.iter().rev().map(String::as_str).collect();
            let new = self.path.with_extension("tmp");
            fs::write(&new, newest_first.concat()).expect("written");
            fs::rename(&new, &self.path).expect("put in place");
        }
    }
}

/// Writes until told to stop; gives back the manifest.
fn write(drop: &Path, mut random: Random, stop: &AtomicBool) -> Vec<Written> {
    let mut manifest = Vec::new();
    let mut made = 6;
    let mut targets: Vec<Target> =
        (0..made).map(|number| Target::new(drop, number, number % 2 == 0)).collect();
    while !stop.load(Ordering::Relaxed) {
        let at = random.between(0, targets.len() as u64) as usize;
        if targets[at].minute > 6 * 60 + UPDATES_MAX {
            targets[at] = Target::new(drop, made, made % 2 == 0);
            made += 1;
        }
        targets[at].add(random.between(1, 4), &mut manifest);
        std::thread::sleep(Duration::from_millis(random.between(1, 30)));
    }
    manifest
}

/// Follows the socket by its cursor, over all the daemons, until it has been told how many events there are and has
/// them. Gives back its lines.
fn subscribe(socket: &Path, told: &AtomicU64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let deadline = Instant::now() + DEADLINE;
    while (lines.len() as u64) < told.load(Ordering::Relaxed) {
        assert!(Instant::now() < deadline, "the subscriber has {} events", lines.len());
        let cursor = lines.last().map_or("0".into(), |line| text(&event(line), "cursor").to_string());
        let Ok(mut stream) = UnixStream::connect(socket) else {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        };
        stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        if writeln!(stream, "AFTER {cursor}").is_err() {
            continue;
        }
        follow(&mut BufReader::new(stream), &mut lines, told);
    }
    lines
}

/// Takes lines until the connection ends; half a line is nobody's.
fn follow(stream: &mut impl BufRead, lines: &mut Vec<String>, told: &AtomicU64) {
    let mut answered = false;
    let mut line = String::new();
    while (lines.len() as u64) < told.load(Ordering::Relaxed) {
        match stream.read_line(&mut line) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(_) => return,
            Ok(_) if !line.ends_with('\n') => return,
            Ok(_) => {}
        }
        let whole = std::mem::take(&mut line);
        if !answered {
            // What comes before the answer is live, and comes again.
            answered = whole.starts_with("{\"liveblogd\":\"ok\"");
            assert!(answered || whole.starts_with("{\"schema_version\""), "{whole}");
        } else if whole.starts_with("{\"schema_version\"") {
            lines.push(whole.trim_end().to_string());
        } else {
            assert!(whole.starts_with("{\"liveblogd\":\"bye\""), "{whole}");
        }
    }
}

fn start(place: &Place) -> Child {
    let append = |name: &str| {
        let path = place.dir.path().join(name);
        OpenOptions::new().append(true).create(true).open(path).expect("a file for the output")
    };
    let mut run = place.command("run");
    run.stdin(Stdio::null())
        .stdout(append("stdout"))
        .stderr(append("stderr"))
        .spawn()
        .expect("the daemon starts")
}

fn lines_of(place: &Place) -> Vec<String> {
    let replay = place.command("replay").output().expect("replay runs");
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stderr));
    String::from_utf8(replay.stdout).expect("UTF-8").lines().map(String::from).collect()
}

fn terminate(mut daemon: Child) {
    let pid = rustix::process::Pid::from_child(&daemon);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("told to stop");
    assert!(daemon.wait().expect("it ends").success(), "an orderly end is a success");
}

#[test]
fn m08_nothing_is_lost_or_said_twice_over_kills() {
    let (seed, _) = seed("kill");
    let cycles = number_of("LIVEBLOGD_KILL_CYCLES").unwrap_or(CYCLES);
    println!("seed {seed}, {cycles} kills");
    let mut random = Random::new(seed);
    // Small segments, so that kills meet the change from one to the next.
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\n");
    let socket = place.dir.path().join("e.sock");
    let mut config = OpenOptions::new().append(true).open(&place.config).expect("a configuration");
    writeln!(config, "[[listen]]\naddress = \"unix:{}\"", socket.display()).expect("written");

    let updates = Arc::new(AtomicU64::new(u64::MAX));
    let subscriber = std::thread::spawn({
        let (updates, socket) = (updates.clone(), socket.clone());
        move || subscribe(&socket, &updates)
    });
    let stop = AtomicBool::new(false);
    let writer_random = Random::new(random.draw());
    let manifest = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(&place.drop, writer_random, &stop));
        for _ in 0..cycles {
            let mut daemon = start(&place);
            std::thread::sleep(Duration::from_millis(random.between(5, 200)));
            daemon.kill().expect("killed");
            daemon.wait().expect("it is gone");
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().expect("the writer ends")
    });

    let daemon = start(&place);
    let begun = Instant::now();
    while lines_of(&place).len() < manifest.len() && begun.elapsed() < CATCH_UP {
        std::thread::sleep(Duration::from_millis(100));
    }
    let journal = lines_of(&place);
    updates.store(journal.len() as u64, Ordering::Relaxed);
    let subscribed = subscriber.join().expect("the subscriber ends");
    terminate(daemon);
    assert_eq!(lines_of(&place), journal, "nothing came later, seed {seed}");
    assert!(subscribed == journal, "the subscriber has each line once, seed {seed}");

    let mut said: HashMap<String, u64> = HashMap::new();
    for (at, line) in journal.iter().enumerate() {
        let event = event(line);
        assert_eq!(event["seq"], at as u64 + 1, "no gap, seed {seed}");
        assert_eq!(event["type"], "update.created", "seed {seed}: {line}");
        *said
            .entry(format!(
                "{} {} {}",
                text(&event, "timestamp"),
                text(&event, "headline"),
                text(&event, "body")
            ))
            .or_default() += 1;
    }
    let times_said = |update: &Written| {
        said.get(&format!("{} {} {}", update.timestamp, update.headline, update.body)).copied().unwrap_or(0)
    };
    let lost: Vec<&str> = manifest
        .iter()
        .filter(|update| times_said(update) == 0)
        .map(|update| update.headline.as_str())
        .collect();
    let twice = manifest.iter().filter(|update| times_said(update) > 1).count();

    let stdout = fs::read_to_string(place.dir.path().join("stdout")).expect("UTF-8");
    let (mut repeated, mut torn, mut next) = (0, 0, 1);
    for line in stdout.lines() {
        match serde_json::from_str::<Value>(line) {
            Ok(event) => {
                let seq = event["seq"].as_u64().expect("a seq");
                assert_eq!(journal.get(seq as usize - 1).map(String::as_str), Some(line), "seed {seed}");
                assert!(seq <= next, "seed {seed}: stdout left out {next} to {}", seq - 1);
                repeated += u64::from(seq < next);
                next = seq + 1;
            }
            Err(_) => torn += 1,
        }
    }
    println!(
        "kills {cycles}, events {}, lost {}, twice {twice}, torn {torn}; lines of stdout said again {repeated}; lines of the subscriber {}",
        journal.len(),
        lost.len(),
        subscribed.len()
    );
    if !lost.is_empty() || twice > 0 || torn > 0 || journal.len() != manifest.len() {
        let kept = place.dir.keep();
        panic!(
            "seed {seed}: lost {lost:?}, twice {twice}, torn {torn}, {} events of {} updates; see {}",
            journal.len(),
            manifest.len(),
            kept.display()
        );
    }
    assert_eq!(next, journal.len() as u64 + 1, "stdout has all of it, seed {seed}");
}
