//! A daemon under test: its directories, its events as they come, each held against the schema.

#![allow(dead_code)]

pub mod history;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a test waits for what must come, s. Far above what it takes, for slow machines.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long nothing must come for there to be nothing, ms. Several times the settle of the tests.
pub const SILENCE: Duration = Duration::from_millis(700);

/// The sample page that ships with the project.
pub const SAMPLE: &str = include_str!("../pages/2024-06-12-storm.txt");

pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liveblogd"));
    command.env_clear().env("HOME", "/nonexistent");
    command
}

/// Holds a line against the schema, and says what it is.
pub fn event(line: &str) -> Value {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let schema = serde_json::from_str(include_str!("../event.schema.json")).expect("the schema is JSON");
        jsonschema::validator_for(&schema).expect("the schema is one")
    });
    let event = serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"));
    let faults: Vec<String> = schema.iter_errors(&event).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?} in {line}");
    assert!(line.len() < 48_000, "a line of {} bytes", line.len());
    event
}

pub fn events(lines: &[u8]) -> Vec<Value> {
    std::str::from_utf8(lines).expect("UTF-8").lines().map(event).collect()
}

pub fn text<'e>(event: &'e Value, member: &str) -> &'e str {
    event[member].as_str().unwrap_or_else(|| panic!("no {member} in {event}"))
}

pub fn headlines(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| text(event, "headline")).collect()
}

/// A drop directory, a state directory and a configuration with a short settle.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub drop: PathBuf,
    pub state: PathBuf,
    pub config: PathBuf,
}

impl Place {
    pub fn new() -> Place {
        Place::with("")
    }

    /// With these lines in its configuration's `[drop]` table, and whatever tables follow.
    pub fn with(lines: &str) -> Place {
        let dir = tempfile::tempdir().expect("a directory");
        let (drop, state) = (dir.path().join("drop"), dir.path().join("state"));
        std::fs::create_dir(&drop).expect("a drop directory");
        let config = dir.path().join("liveblogd.toml");
        std::fs::write(&config, format!("[drop]\nsettle = \"150ms\"\n{lines}")).expect("a configuration");
        Place { dir, drop, state, config }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.drop.join(name)
    }

    /// Writes a file where it isn't seen, and moves it into place.
    pub fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let new = self.dir.path().join("incoming");
        std::fs::write(&new, text).expect("written");
        std::fs::rename(&new, self.path(name)).expect("moved");
    }

    pub fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut file =
            std::fs::File::options().append(true).create(true).open(self.path(name)).expect("opened");
        file.write_all(text.as_ref()).expect("appended");
    }

    pub fn command(&self, command: &str) -> Command {
        let mut made = binary();
        made.arg(command).arg("--config").arg(&self.config);
        if command != "check" {
            made.arg("--state").arg(&self.state);
        }
        if command == "run" {
            made.arg("--drop").arg(&self.drop);
        }
        made
    }

    /// `run --once`: its events.
    pub fn once(&self) -> Vec<Value> {
        let output = self.command("run").arg("--once").output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        events(&output.stdout)
    }

    /// The journal.
    pub fn replay(&self) -> Vec<Value> {
        let output = self.command("replay").output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let events = events(&output.stdout);
        for (at, event) in events.iter().enumerate() {
            assert_eq!(event["seq"], at as u64 + 1, "seq has no gap");
        }
        events
    }

    /// How many events the journal has: cheaper than to read them.
    pub fn head(&self) -> usize {
        let output = self.command("status").arg("--json").output().expect("it runs");
        let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        // Before the journal is made there is none.
        status["journal"]["head"].as_u64().unwrap_or(0) as usize
    }

    pub fn run(&self) -> Daemon {
        self.run_with(&[])
    }

    pub fn run_with(&self, args: &[&str]) -> Daemon {
        let mut command = self.command("run");
        command.args(args);
        Daemon::of(command)
    }
}

pub fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (line, lines) = channel();
    std::thread::spawn(move || {
        for next in BufReader::new(stream).lines() {
            let Ok(next) = next else { return };
            if line.send(next).is_err() {
                return;
            }
        }
    });
    lines
}

/// A running daemon. Killed when it's dropped.
pub struct Daemon {
    pub child: Child,
    pub out: Receiver<String>,
    pub log: Receiver<String>,
}

impl Daemon {
    /// Starts it, and waits until it follows its directories.
    pub fn of(command: Command) -> Daemon {
        let daemon = Daemon::spawned(command);
        daemon.logged("following");
        daemon
    }

    /// Starts it with its stdout somewhere else, and waits until it follows its directories.
    pub fn onto(mut command: Command, stdout: impl Into<Stdio>) -> Daemon {
        let mut child = command.stdout(stdout).stderr(Stdio::piped()).spawn().expect("it starts");
        let log = lines_of(child.stderr.take().expect("piped"));
        let daemon = Daemon { child, out: channel().1, log };
        daemon.logged("following");
        daemon
    }

    /// Starts it.
    pub fn spawned(mut command: Command) -> Daemon {
        let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.expect("it starts");
        let out = lines_of(child.stdout.take().expect("piped"));
        let log = lines_of(child.stderr.take().expect("piped"));
        Daemon { child, out, log }
    }

    /// The next events, exactly as many, and nothing behind them.
    pub fn says(&self, count: usize) -> Vec<Value> {
        let events = self.says_at_least(count);
        self.is_silent();
        events
    }

    pub fn says_at_least(&self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while events.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.out.recv_timeout(left) {
                Ok(line) => events.push(event(&line)),
                Err(error) => {
                    let log: Vec<String> = self.log.try_iter().collect();
                    panic!(
                        "{error}: {} of {count} events came: {:?}\nlog: {log:#?}",
                        events.len(),
                        headlines(&events)
                    )
                }
            }
        }
        events
    }

    pub fn is_silent(&self) {
        match self.out.recv_timeout(SILENCE) {
            Ok(line) => panic!("one too many: {line}"),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }

    /// Waits for a log line with these words.
    pub fn logged(&self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(error) => panic!("{error}: not logged: {words}"),
            }
        }
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it runs");
    }

    pub fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "it didn't end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGTERM, and an orderly end.
    pub fn stop(mut self) {
        self.signal(rustix::process::Signal::TERM);
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{:?}", self.log.try_iter().collect::<Vec<_>>());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Says so where a test can't run here: whoever reads the output must know what wasn't tested. Not by `println!`, which
/// is kept back where the test passes.
pub fn not_tested(what: &str) {
    writeln!(std::io::stderr(), "NOT TESTED: {what}").expect("stderr is open");
}

/// The library that moves the clock of a program, if it is installed.
pub fn faketime() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?.flatten();
    libraries
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.exists())
}

/// Waits for a condition.
pub fn until(what: &str, holds: impl FnMut() -> bool) {
    until_within(PATIENCE, what, holds);
}

/// Waits for a condition that may take longer.
pub fn until_within(patience: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
