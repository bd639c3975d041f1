//! The daemon that is killed, ended, and started again all the time, with its clock wherever it happens to be. What it
//! says on stdout must have every seq, in order, and again at most what came last.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::Stage;
use crate::support::{Place, faketime};

/// After so many lives one is long, so that it gets on.
const LONG_EVERY: u64 = 25;

/// How long an orderly end may take: three times what the daemon promises, since the acts keep the disk busy, and a flush
/// that has begun can't be left.
const END_MAX: Duration = Duration::from_secs(15);

/// Where its clock is in some of its lives.
const CLOCKS: &[&str] = &[
    "+1h",
    "-1h",
    "+1y",
    "-1y",
    "@1970-01-02 00:00:00",
    "@2038-01-19 03:13:59",
];

pub struct Victim {
    thread: JoinHandle<Lives>,
}

struct Lives {
    stage: Arc<Stage>,
    command: Box<dyn Fn() -> Command + Send>,
    log: PathBuf,
    /// The next seq that stdout hasn't had.
    next: Arc<AtomicU64>,
}

struct Life {
    child: Child,
    reader: JoinHandle<()>,
}

impl Victim {
    pub fn start(stage: &Arc<Stage>, place: &Place) -> Victim {
        let socket = format!("unix:{}", place.dir.path().join("e.sock").display());
        let run = place.command("run");
        let words: Vec<_> = run.get_args().map(std::ffi::OsStr::to_os_string).collect();
        let command = move || {
            let mut command = crate::support::binary();
            command.args(&words).args(["--listen", &socket]);
            command
        };
        let lives = Lives {
            stage: stage.clone(),
            command: Box::new(command),
            log: place.dir.path().join("stderr"),
            next: Arc::new(AtomicU64::new(1)),
        };
        Victim { thread: std::thread::spawn(move || lives.run()) }
    }

    /// Waits for the end of its lives; one more begins, and isn't ended before it is told so.
    pub fn last_life(self) -> LastLife {
        let lives = self.thread.join().expect("the victim's thread doesn't panic");
        let life = lives.begin((lives.command)());
        LastLife { lives, life: Some(life) }
    }
}

pub struct LastLife {
    lives: Lives,
    life: Option<Life>,
}

impl LastLife {
    pub fn stop(&mut self) {
        if let Some(life) = self.life.take() {
            self.lives.terminate(life);
        }
        let log = fs::read(&self.lives.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        self.lives.stage.report.add("log lines of the victim", log.lines().count() as u64);
        for line in log.lines().filter(|line| line.contains("panicked") || line.contains(" ERROR ")) {
            self.lives.stage.report.failed("the victim logged", line);
        }
    }
}

impl Lives {
    fn run(self) -> Lives {
        let mut random = self.stage.random(2);
        let mut count = 0;
        let library = faketime();
        while self.stage.goes_on() {
            count += 1;
            let mut command = (self.command)();
            if let Some(library) = library.as_ref().filter(|_| random.chance(10)) {
                command.env("LD_PRELOAD", library).env("FAKETIME", *random.pick(CLOCKS));
                command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
                command.env("NO_FAKE_STAT", "1");
                self.stage.report.count("lives at another time");
            }
            let life = self.begin(command);
            let long = count % LONG_EVERY == 0;
            let most = if long { 4_000 } else { 200 };
            std::thread::sleep(Duration::from_millis(random.between(5, most)));
            if random.chance(15) {
                self.terminate(life);
                self.stage.report.count("SIGTERM");
            } else {
                self.kill(life);
                self.stage.report.count("kill -9");
            }
        }
        self
    }

    fn begin(&self, mut command: Command) -> Life {
        let log = File::options().append(true).create(true).open(&self.log).expect("a file for the log");
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = spawned.expect("the daemon starts");
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (stage, next) = (self.stage.clone(), self.next.clone());
        Life { child, reader: std::thread::spawn(move || listen(out, &stage, &next)) }
    }

    fn kill(&self, mut life: Life) {
        life.child.kill().expect("it can be killed");
        life.child.wait().expect("it is gone");
        life.reader.join().expect("the reader doesn't panic");
    }

    fn terminate(&self, mut life: Life) {
        let begun = Instant::now();
        kill_process(Pid::from_child(&life.child), Signal::TERM).expect("it can be told");
        let status = life.child.wait().expect("it ends");
        // One that was told before it listened for signals is ended by the signal itself.
        let by_signal = std::os::unix::process::ExitStatusExt::signal(&status) == Some(15);
        if !status.success() && !by_signal {
            self.stage.report.failed("the victim ended with", &status.to_string());
        }
        if begun.elapsed() > END_MAX {
            self.stage.report.failed("the victim's end took", &format!("{:?}", begun.elapsed()));
        }
        self.stage.report.greatest("longest orderly end, ms", begun.elapsed().as_millis() as u64);
        life.reader.join().expect("the reader doesn't panic");
    }
}

/// Reads stdout to its end: no seq is left out. A line that a kill cut is none.
fn listen(mut out: impl BufRead, stage: &Stage, next: &AtomicU64) {
    let mut line = Vec::new();
    while out.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) && line.ends_with(b"\n") {
        // A torn line of the last life is ended by a newline.
        let seq = serde_json::from_slice::<Value>(&line).ok().and_then(|event| event["seq"].as_u64());
        let expected = next.load(Ordering::Relaxed);
        match seq {
            Some(seq) if seq == expected => next.store(seq + 1, Ordering::Relaxed),
            Some(seq) if seq < expected => stage.report.count("lines of stdout said again after a kill"),
            Some(seq) => {
                stage.report.failed("stdout left out", &format!("{expected} to {}", seq - 1));
                next.store(seq + 1, Ordering::Relaxed);
            }
            None => stage.report.failed("stdout has a torn line", &String::from_utf8_lossy(&line)),
        }
        line.clear();
    }
}
