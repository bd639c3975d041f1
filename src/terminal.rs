//! Stderr: the log, and a progress bar where a person waits at a terminal for much to be read.
//!
//! The bar isn't drawn where events go to the same terminal, nor for what takes but a moment. It has no colours.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::warn;

use crate::model::json::escape_more_controls;

/// Nothing is drawn before, ms: what is done by then needs no bar.
const QUIET_MS: u64 = 500;

/// How often it is drawn at most, Hz.
const DRAWN_HZ: u8 = 10;

/// What it shows: share, bytes, events, pace, time left.
const TEMPLATE: &str =
    "{wide_bar} {percent:>3} %  {bytes}/{total_bytes}  {msg} events  {bytes_per_sec}  {eta} left";

/// The one that is drawn, so that what is logged goes above it.
static DRAWN: OnceLock<ProgressBar> = OnceLock::new();

/// How far a run is.
#[derive(Debug)]
pub struct Progress {
    wanted: bool,
    begun: Instant,
    bytes_total: AtomicU64,
    bytes: AtomicU64,
    events: AtomicU64,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress {
            wanted: io::stderr().is_terminal() && !io::stdout().is_terminal(),
            begun: Instant::now(),
            bytes_total: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            events: AtomicU64::new(0),
        }
    }
}

impl Progress {
    /// So much there is to read, and so much of it is read, bytes.
    pub fn read(&self, bytes_total: u64, bytes: u64) {
        self.bytes_total.store(bytes_total.max(bytes), Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.draw();
    }

    /// So many events came of it.
    pub fn said(&self, events: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    fn draw(&self) {
        if !self.wanted || self.begun.elapsed() < Duration::from_millis(QUIET_MS) {
            return;
        }
        let bar = DRAWN.get_or_init(|| {
            let target = ProgressDrawTarget::stderr_with_hz(DRAWN_HZ);
            let bar = ProgressBar::with_draw_target(None, target).with_elapsed(self.begun.elapsed());
            match ProgressStyle::with_template(TEMPLATE) {
                Ok(style) => bar.with_style(style),
                // It is a constant, and a test holds that it is one.
                Err(_) => bar,
            }
        });
        bar.set_length(self.bytes_total.load(Ordering::Relaxed));
        bar.set_message(self.events.load(Ordering::Relaxed).to_string());
        bar.set_position(self.bytes.load(Ordering::Relaxed));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = DRAWN.get().filter(|_| self.wanted) {
            bar.finish_and_clear();
        }
    }
}

/// How many lines of the log wait for whoever reads stderr. Beyond that they are left out, and counted.
pub const LOG_LINES_MAX: usize = 1_024;

/// How long the end waits for stderr to take what was logged, ms.
const LAST_LINES_MS: u64 = 300;

/// How often it is tried to be told, ms.
const TRY_MS: u64 = 10;

/// What the thread that writes the log is told.
enum Said {
    Lines(Vec<u8>),
    /// To say so once all before it is written.
    Flush(SyncSender<()>),
}

/// Stderr, above the bar if one is drawn, for the log: who logs never waits for who reads it.
#[derive(Debug, Default)]
pub struct Stderr;

/// To the thread that writes; `None` where it can't be had.
static WRITER: OnceLock<Option<SyncSender<Said>>> = OnceLock::new();

/// Lines that were left out since the last that was written.
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

impl Write for Stderr {
    /// Takes whole lines of the log. In JSON they may hold controls, of names of files, that a terminal obeys.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = bytes.to_vec();
        escape_more_controls(&mut lines, 0);
        let Some(writer) = WRITER.get_or_init(start_writer) else {
            return write(&lines).map(|()| bytes.len());
        };
        if writer.try_send(Said::Lines(lines)).is_err() {
            LEFT_OUT.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until what was logged is written. False if stderr takes no more: then nothing else is to be written there.
pub fn flush_log() -> bool {
    let Some(Some(writer)) = WRITER.get() else { return true };
    let deadline = Instant::now() + Duration::from_millis(LAST_LINES_MS);
    let (written, told) = sync_channel(1);
    while writer.try_send(Said::Flush(written.clone())).is_err() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(TRY_MS));
    }
    told.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
}

fn start_writer() -> Option<SyncSender<Said>> {
    let (said, to_write) = sync_channel(LOG_LINES_MAX);
    let writer = std::thread::Builder::new().name("log".into()).spawn(move || write_all(&to_write));
    writer.is_ok().then_some(said)
}

fn write_all(said: &Receiver<Said>) {
    for said in said {
        match said {
            Said::Lines(lines) => {
                // Where stderr is on a full disk, nobody can be told.
                let _written = write(&lines);
                let left_out = LEFT_OUT.swap(0, Ordering::Relaxed);
                if left_out > 0 {
                    warn!(lines = left_out, "lines of the log were left out, since nobody read stderr");
                }
            }
            Said::Flush(written) => {
                let _nobody_waits = written.try_send(());
            }
        }
    }
}

fn write(lines: &[u8]) -> io::Result<()> {
    match DRAWN.get() {
        Some(bar) => bar.suspend(|| io::stderr().write_all(lines)),
        None => io::stderr().write_all(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_one() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
