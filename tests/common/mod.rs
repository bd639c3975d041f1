//! What the integration tests share: a drop and a state directory, the daemon between them, and the lines it
//! said, each held against the schema.
//!
//! It decides nothing about what the lines should be. A test waits for a condition with a deadline.

#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jsonschema::Validator;
use serde_json::Value;
use tempfile::TempDir;

use crate::random::Random;

/// How long a test waits for what must come: four scans, on a machine with more to do.
pub const PATIENCE: Duration = Duration::from_secs(25);

/// A drop directory and a state directory that are gone when it is dropped.
pub struct Place {
    dir: TempDir,
    validator: Validator,
    /// Every line that any daemon of this place said.
    said: Arc<Mutex<Vec<String>>>,
    settle_ms: u64,
}

impl Place {
    pub fn new(settle_ms: u64) -> Place {
        let dir = TempDir::new().unwrap();
        std::fs::create_dir(dir.path().join("drop")).unwrap();
        let schema: Value = serde_json::from_str(include_str!("../event.schema.json")).unwrap();
        let place = Place {
            validator: jsonschema::validator_for(&schema).unwrap(),
            dir,
            said: Arc::default(),
            settle_ms,
        };
        place.configure("");
        place
    }

    /// Writes the configuration: the directories, `settle`, and `more`.
    pub fn configure(&self, more: &str) {
        let text = format!(
            "state = {:?}\n[drop]\ndirectories = [{:?}]\nsettle = \"{}ms\"\n{more}",
            self.state(),
            self.drop_dir(),
            self.settle_ms,
        );
        std::fs::write(self.config(), text).unwrap();
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("liveblogd.toml")
    }

    pub fn drop_dir(&self) -> PathBuf {
        self.dir.path().join("drop")
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// A path below the drop directory.
    pub fn at(&self, path: &str) -> PathBuf {
        self.drop_dir().join(path)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liveblogd"));
        command.args(words).env_remove("STATE_DIRECTORY").current_dir(self.dir.path());
        command
    }

    /// Starts the daemon.
    pub fn start(&self) -> Daemon {
        self.start_with(&[])
    }

    /// Starts the daemon with more flags.
    pub fn start_with(&self, flags: &[&str]) -> Daemon {
        let config = self.config();
        let mut words = vec!["run", "--config", config.to_str().unwrap()];
        words.extend(flags);
        let mut child = self.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let said = self.said.clone();
        let out = std::thread::spawn(move || {
            let mut line = String::new();
            // A last line that a kill cut is no event yet.
            while stdout.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
                said.lock().unwrap().push(std::mem::take(&mut line));
            }
        });
        let err = std::thread::spawn(move || {
            let mut text = String::new();
            let _cut = stderr.read_to_string(&mut text);
            text
        });
        Daemon { child, out: Some(out), err: Some(err) }
    }

    /// Runs `run --once` until it ends.
    pub fn once(&self) {
        let log = self.start_with(&["--once"]).wait();
        assert!(!log.contains("panicked"), "{log}");
    }

    /// The lines that `replay` writes.
    pub fn replay(&self) -> Vec<String> {
        let output = self.command(&["replay", "--state", self.state().to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().split_inclusive('\n').map(str::to_string).collect()
    }

    /// The events that `parse` finds in a file.
    pub fn parse(&self, path: &Path) -> Vec<Value> {
        let output = self.command(&["parse", path.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| self.valid(line)).collect()
    }

    fn valid(&self, line: &str) -> Value {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if let Err(error) = self.validator.validate(&event) {
            panic!("not by the schema: {error}: {line}");
        }
        event
    }

    /// The events said so far, each once, in order: all by the schema, `seq` without a gap, and what was said
    /// again after a kill the same to the byte.
    pub fn said(&self) -> Vec<Value> {
        let lines = self.said.lock().unwrap().clone();
        let mut by_seq: BTreeMap<u64, String> = BTreeMap::new();
        for line in lines {
            let event = self.valid(&line);
            let seq = event["seq"].as_u64().unwrap();
            match by_seq.get(&seq) {
                Some(before) => assert_eq!(before, &line, "seq {seq} names two events"),
                None => {
                    assert_eq!(seq, by_seq.len() as u64 + 1, "seq has a gap: {line}");
                    by_seq.insert(seq, line);
                }
            }
        }
        by_seq.values().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asserts that the journal holds what was said, byte for byte.
    pub fn assert_replay_is_what_was_said(&self) {
        let said = self.said();
        let replayed: Vec<Value> = self.replay().iter().map(|line| self.valid(line)).collect();
        assert_eq!(replayed, said, "replay isn't what stdout said");
    }

    /// Waits until the events satisfy `condition`; else says what was waited for, `what`.
    pub fn wait_for<T: std::fmt::Display>(
        &self,
        what: impl FnOnce() -> T,
        condition: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.said();
            if condition(&said) {
                return said;
            }
            if Instant::now() > deadline {
                let names: Vec<String> = said.iter().map(name).collect();
                panic!("waited in vain for {}\nsaid were\n{}", what(), names.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A running daemon. Killed when dropped.
pub struct Daemon {
    child: Child,
    out: Option<JoinHandle<()>>,
    err: Option<JoinHandle<String>>,
}

impl Daemon {
    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Ends it as a service manager does; says what it logged.
    pub fn stop(self) -> String {
        self.signal(rustix::process::Signal::TERM);
        self.wait()
    }

    /// Waits for its end, which must be an orderly one; says what it logged.
    pub fn wait(mut self) -> String {
        let status = self.child.wait().unwrap();
        self.out.take().unwrap().join().unwrap();
        let log = self.err.take().unwrap().join().unwrap();
        // A daemon that was stopped before it listened for signals is ended by the signal itself.
        let by_signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert!(status.success() || by_signal == Some(15) && log.is_empty(), "{status}: {log}");
        log
    }

    /// Ends it without warning.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.out.take().unwrap().join().unwrap();
        self.err.take().unwrap().join().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _is_gone_already = self.child.kill();
        let _is_gone_already = self.child.wait();
    }
}

/// An event as a person may name it.
pub fn name(event: &Value) -> String {
    format!(
        "{} {} r{} {} {} [{}]",
        event["seq"],
        event["id"],
        event["revision"],
        event["timestamp"],
        event["headline"],
        event["origin"]["path"]
    )
}

/// Words that headlines and bodies are made of.
pub const WORDS: &[&str] = &[
    "harbour",
    "ferry",
    "council",
    "“no vessel”",
    "it’s",
    "bridge",
    "café",
    "£40m",
    "crews",
    "tide",
    "mayor",
    "says",
    "Zürich",
    "lifeboat",
    "—",
    "the",
    "of",
    "closed",
    "reopens",
    "school",
    "power",
    "naïve",
    "storm",
];

/// A few of them.
pub fn words(random: &mut Random, least: usize, most: usize) -> String {
    let count = least + random.below(most - least + 1);
    let words: Vec<&str> = (0..count).map(|_| *random.pick(WORDS)).collect();
    words.join(" ")
}
