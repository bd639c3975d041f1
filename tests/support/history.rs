//! Every event that the daemons of one place said, over all their lives.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::{Daemon, PATIENCE, Place, event};

/// A place, and the lines that its daemons said.
pub struct History {
    pub place: Place,
    lines: Arc<Mutex<Vec<String>>>,
}

impl History {
    pub fn new() -> History {
        History { place: Place::new(), lines: Arc::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path(name)
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts a daemon, and doesn't wait until it follows its directories.
    pub fn start(&self) -> Life {
        let mut daemon = Daemon::spawned(self.place.command("run"));
        let out = std::mem::replace(&mut daemon.out, channel().1);
        let lines = Arc::clone(&self.lines);
        let listener = std::thread::spawn(move || {
            for line in out {
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Life { daemon, listener, lines: Arc::clone(&self.lines) }
    }

    /// Runs `run --once` until it ends.
    pub fn once(&self) {
        let output = self.place.command("run").arg("--once").output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !log.contains("panicked"), "{}: {log}", output.status);
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).extend(said.lines().map(str::to_string));
    }

    /// The events said so far, each once, in order: all by the schema, `seq` without a gap, and what was said
    /// again after a kill the same to the byte.
    pub fn said(&self) -> Vec<Value> {
        let mut by_seq: BTreeMap<u64, (String, Value)> = BTreeMap::new();
        for line in self.lines() {
            let event = event(&line);
            let seq = event["seq"].as_u64().expect("seq is a number");
            match by_seq.get(&seq) {
                Some((before, _)) => assert_eq!(*before, line, "seq {seq} names two events"),
                None => {
                    assert_eq!(seq, by_seq.len() as u64 + 1, "seq has a gap: {line}");
                    by_seq.insert(seq, (line, event));
                }
            }
        }
        by_seq.into_values().map(|(_, event)| event).collect()
    }

    /// Waits until the events satisfy `condition`; else says what was waited for, `what`.
    pub fn wait_for<T: Display>(
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

/// A running daemon of a history. Killed when it's dropped.
pub struct Life {
    daemon: Daemon,
    listener: JoinHandle<()>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Life {
    /// Ends it as a service manager does.
    pub fn stop(mut self) {
        self.daemon.signal(Signal::TERM);
        let status = self.daemon.ended();
        self.listener.join().expect("it listened to the end");
        let log: Vec<String> = self.daemon.log.try_iter().collect();
        // A daemon that was stopped before it listened for signals is ended by the signal itself.
        assert!(status.success() || status.signal() == Some(15) && log.is_empty(), "{status}: {log:#?}");
    }

    /// Ends it without warning. A last line that this cut is no event yet.
    pub fn kill(mut self) {
        self.daemon.child.kill().expect("it can be killed");
        self.daemon.child.wait().expect("it can be waited for");
        self.listener.join().expect("it listened to the end");
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.last().is_some_and(|line| serde_json::from_str::<Value>(line).is_err()) {
            lines.pop();
        }
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
