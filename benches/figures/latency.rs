//! How long after it was appended to a log an update is said, the daemon idle before: from just before the
//! `write` to the arrival of its line on stdout (a pipe), and at a client of a unix socket. An append is an
//! update's text and the time line of the next one, so that the update is complete.
//!
//! The yardstick does the same job as far as it can: `tail -F` into an awk program that joins an update's lines
//! and flushes once at each time line; rsyslog and syslog-ng join an update's lines as well. All take turns in
//! blocks, so that whatever else the machine does meets all of them.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use memchr::{memchr_iter, memmem};

use crate::Size;
use crate::cold;
use crate::corpus::push_time_line;
use crate::peers::{Input, Installed, PEERS};
use crate::place::{Daemon, Place, Running, awk, installed};
use crate::table::{Figure, Goal, quantile};
use crate::text::{Dice, push_body, push_headline};

/// How many samples a turn has. Each lane waits for the others' turns shorter than a second.
const BLOCK: usize = 50;

/// Samples that aren't counted: whatever is done once is done then.
const WARM_UP: usize = 20;

/// How long an idle lane is given to become so: longer than the settle of one second.
const SETTLED: Duration = Duration::from_millis(2_500);

const BODY_BYTES: usize = 860;

const JOIN: &str = "/^[0-9][0-9]:[0-9][0-9] [AP]M GMT$/ { print update; fflush(); update = $0; next } \
                    { update = update \" \" $0 }";

pub fn measure(size: Size) -> Vec<Figure> {
    let blocks = size.pick(2, 20);
    let (out, served, tailed) = (Place::new(), Place::new(), Place::new());
    let (mut by_stdout, _first) = stdout_lane(&out);
    let (mut by_socket, _second) = socket_lane(&served);
    let awk = awk();
    let mut tail = awk.and_then(|awk| tail_lane(&tailed.drop.join("2024-03-01-log.txt"), awk));
    let mut by_peers = PEERS.map(|peer| peer.installed().map(PeerLane::start));
    std::thread::sleep(SETTLED);
    let mut lanes = vec![&mut by_stdout, &mut by_socket];
    lanes.extend(tail.as_mut().map(|(lane, _, _)| lane));
    lanes.extend(by_peers.iter_mut().flatten().map(|peer| &mut peer.lane));
    for lane in &mut lanes {
        lane.turn(WARM_UP);
        lane.took_ms.clear();
    }
    for _ in 0..blocks {
        lanes.iter_mut().for_each(|lane| lane.turn(BLOCK));
    }
    let mut yardsticks =
        vec![(format!("tail -F | {}", awk.unwrap_or("awk")), tail.as_ref().map(|(lane, _, _)| lane))];
    for (peer, lane) in PEERS.iter().zip(&by_peers) {
        yardsticks.push((peer.name().to_string(), lane.as_ref().map(|peer| &peer.lane)));
    }
    let mut figures = Vec::new();
    for (lane, place) in [(&by_stdout, "stdout"), (&by_socket, "unix socket")] {
        println!("{place}: {} samples, slowest {:.2} ms", lane.took_ms.len(), quantile(&lane.took_ms, 1.0));
        for (share, called, most) in [(0.5, "p50", 0.25), (0.99, "p99", 3.0)] {
            let what = format!("latency, append to {place}, {called}");
            let figure = Figure::new(what, quantile(&lane.took_ms, share), "ms").goal(Goal::AtMost(most));
            figures.extend(
                figure.beside_each(yardsticks.iter().map(|(name, theirs)| {
                    (name.as_str(), theirs.map(|lane| quantile(&lane.took_ms, share)))
                })),
            );
        }
    }
    figures.push(cold::measure(blocks * BLOCK, pause));
    // The same with nothing cold: how much of it is the daemon's own work, and how much is the rest before.
    let tailed = tail.as_mut().map(|(lane, _, _)| lane.at_once(blocks * BLOCK));
    for (lane, place) in [(&mut by_stdout, "stdout"), (&mut by_socket, "unix socket")] {
        let what = format!("latency, append to {place} at once after the last line, p50");
        let figure = Figure::new(what, lane.at_once(blocks * BLOCK), "ms");
        figures.push(figure.beside_if(&format!("tail -F | {}", awk.unwrap_or("awk")), tailed));
    }
    figures
}

/// How long a resting lane is left alone.
fn pause(dice: &mut Dice) -> Duration {
    Duration::from_micros(5_000 + dice.below(5_000))
}

/// A log that is appended to, and where it comes out.
struct Lane {
    log: File,
    out: Box<dyn Read>,
    dice: Dice,
    number: u64,
    took_ms: Vec<f64>,
}

impl Lane {
    /// The log has one time line, whose update is open.
    fn begin(log: &Path) -> File {
        let mut file = File::options().create(true).append(true).open(log).expect("a log can be made");
        file.write_all(b"12:00 AM GMT\n").expect("it can be written");
        file
    }

    fn new(log: File, out: impl Read + 'static) -> Lane {
        Lane { log, out: Box::new(out), dice: Dice::new(1), number: 0, took_ms: Vec::new() }
    }

    fn turn(&mut self, samples: usize) {
        for _ in 0..samples {
            std::thread::sleep(pause(&mut self.dice));
            self.sample();
        }
    }

    /// The median where each append follows the line of the last one without a pause, ms.
    fn at_once(&mut self, samples: usize) -> f64 {
        self.took_ms.clear();
        for _ in 0..samples {
            self.sample();
        }
        quantile(&self.took_ms, 0.5)
    }

    fn sample(&mut self) {
        self.number += 1;
        let mut text = String::new();
        push_headline(&mut text, &mut self.dice, self.number);
        let headline = text.trim_end().to_string();
        push_body(&mut text, &mut self.dice, BODY_BYTES);
        push_time_line(&mut text, self.number as usize);
        let start = Instant::now();
        self.log.write_all(text.as_bytes()).expect("a log can be appended to");
        let said = self.line();
        let took = start.elapsed();
        assert!(memmem::find(&said, headline.as_bytes()).is_some(), "{headline} wasn't said, but another");
        self.took_ms.push(took.as_secs_f64() * 1e3);
    }

    /// Reads one line, and no more than that may come.
    fn line(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        let mut block = [0; 64 << 10];
        while said.last() != Some(&b'\n') {
            let count = self.out.read(&mut block).expect("what is said can be read");
            assert!(count > 0, "it ended");
            said.extend_from_slice(&block[..count]);
        }
        assert_eq!(memchr_iter(b'\n', &said).count(), 1, "one update is one line");
        said
    }
}

fn stdout_lane(place: &Place) -> (Lane, Daemon) {
    let log = Lane::begin(&place.drop.join("2024-03-01-log.txt"));
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    let out = daemon.out.take().expect("it is piped");
    (Lane::new(log, out), daemon)
}

fn socket_lane(place: &Place) -> (Lane, Daemon) {
    let log = Lane::begin(&place.drop.join("2024-03-01-log.txt"));
    let daemon = Daemon::start(&mut place.serving());
    let client = UnixStream::connect(&place.socket).expect("it serves");
    let mut lane = Lane::new(log, client.try_clone().expect("a socket can be shared"));
    (&client).write_all(b"AFTER now\n").expect("it reads");
    assert!(memmem::find(&lane.line(), b"\"ok\"").is_some(), "it says ok");
    (lane, daemon)
}

/// A peer that follows a log.
struct PeerLane {
    lane: Lane,
    _process: Running,
    _installed: Installed,
    _place: Place,
}

impl PeerLane {
    fn start(installed: Installed) -> PeerLane {
        let place = Place::new();
        let log = place.drop.join("2024-03-01-log.txt");
        let file = Lane::begin(&log);
        let mut command = installed.command(&Input::Log(&log), Path::new("/dev/stdout"));
        let mut process = Running::start(command.stdout(Stdio::piped()));
        let out = process.0.stdout.take().expect("it is piped");
        PeerLane { lane: Lane::new(file, out), _process: process, _installed: installed, _place: place }
    }
}

fn tail_lane(log: &Path, awk: &str) -> Option<(Lane, Running, Running)> {
    if !installed("tail") {
        return None;
    }
    let file = Lane::begin(log);
    let tail = &mut Command::new("tail");
    let mut tail = Running::start(tail.args(["-n", "0", "-F"]).arg(log).stdout(Stdio::piped()));
    let lines = tail.0.stdout.take().expect("it is piped");
    // mawk fills its buffer before it looks at a line, unless it's told that somebody waits.
    let prompt: &[&str] = if awk == "gawk" {
        &["-b"]
    } else {
        &["-W", "interactive"]
    };
    let join = &mut Command::new(awk);
    let mut joined = Running::start(join.args(prompt).arg(JOIN).stdin(lines).stdout(Stdio::piped()));
    let out = joined.0.stdout.take().expect("it is piped");
    Some((Lane::new(file, out), tail, joined))
}
