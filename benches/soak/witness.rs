//! A subscriber that comes back with its cursor whenever its daemon is gone, and holds each line against the ledger.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::Stage;
use crate::probe::Probe;
use crate::support;

/// Every so many events one is held against the schema: to do it with all would take a core.
const SCHEMA_EVERY: u64 = 16;

/// Reads until it is ended.
pub struct Witness {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

struct Reading {
    stage: Arc<Stage>,
    number: usize,
    socket: PathBuf,
    probe: Option<Arc<Probe>>,
    ended: Arc<AtomicBool>,
    cursor: String,
}

impl Witness {
    /// The first one is the victim's, the second the steady one's.
    pub fn start(stage: &Arc<Stage>, socket: &Path, probe: Option<Arc<Probe>>) -> Witness {
        let ended = Arc::new(AtomicBool::new(false));
        let reading = Reading {
            stage: stage.clone(),
            number: stage.ledger.witness(),
            socket: socket.into(),
            probe,
            ended: ended.clone(),
            cursor: "0".into(),
        };
        Witness { ended, thread: std::thread::spawn(|| reading.run()) }
    }

    pub fn end(self) {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().expect("a witness doesn't panic");
    }
}

impl Reading {
    fn run(mut self) {
        while !self.ended.load(Ordering::Relaxed) {
            let Ok(mut stream) = UnixStream::connect(&self.socket) else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            let timeout = stream.set_read_timeout(Some(Duration::from_millis(200)));
            if timeout.is_err() || writeln!(stream, "AFTER {}", self.cursor).is_err() {
                continue;
            }
            self.follow(&mut BufReader::new(stream));
        }
    }

    /// Takes lines until the connection ends; half a line is nobody's.
    fn follow(&mut self, stream: &mut impl BufRead) {
        let mut answered = false;
        let mut line = Vec::new();
        loop {
            match stream.read_until(b'\n', &mut line) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                    if self.ended.load(Ordering::Relaxed) {
                        return;
                    }
                    continue;
                }
                Err(_) => return,
                Ok(_) if line.last() != Some(&b'\n') => return,
                Ok(_) => {}
            }
            let Ok(said) = serde_json::from_slice::<Value>(&line) else {
                self.stage.ledger.torn(self.number);
                eprintln!("soak: torn: {}", String::from_utf8_lossy(&line));
                line.clear();
                continue;
            };
            match said["liveblogd"].as_str() {
                // What comes before the answer is live, and comes again.
                None if answered => self.event(&said, &line),
                None => {}
                Some("ok") => {
                    answered = true;
                    self.stage.ledger.resumed(self.number);
                }
                Some("bye") => {}
                Some(_) => {
                    self.stage.ledger.gap(self.number);
                    eprintln!("soak: the subscriber was told {said}");
                    answered = true;
                }
            }
            line.clear();
        }
    }

    fn event(&mut self, event: &Value, line: &[u8]) {
        let number = self.stage.ledger.see(self.number, event);
        if let Some((number, probe)) = number.zip(self.probe.as_ref()) {
            probe.arrived(number);
        }
        if event["seq"].as_u64().is_some_and(|seq| seq % SCHEMA_EVERY == 0) {
            support::event(String::from_utf8_lossy(line).trim_end());
        }
        event["cursor"].as_str().unwrap_or_default().clone_into(&mut self.cursor);
    }
}
