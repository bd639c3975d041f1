//! A progress bar on stderr, where a person waits at a terminal for much to be read; elsewhere nothing.
//!
//! It isn't drawn where events go to the same terminal, nor for what takes but a moment. It has no colours.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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

/// Stderr, above the bar if one is drawn.
#[derive(Debug, Default)]
pub struct Stderr;

impl Write for Stderr {
    /// Takes whole lines of the log. In JSON they may hold controls, of names of files, that a terminal obeys.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = bytes.to_vec();
        escape_more_controls(&mut lines, 0);
        match DRAWN.get() {
            Some(bar) => bar.suspend(|| io::stderr().write_all(&lines))?,
            None => io::stderr().write_all(&lines)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
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
