//! How the cost grows with the work: a row for each curve, drawn into `docs/` (with `--quick` into the build
//! directory, since small sizes aren't to be shown). `docs/figures.md` shows the pictures and says why they bend.
//!
//! The pages lie on tmpfs, so that the disk isn't what is measured, and the state on disk.
//! CPU time is the daemon's alone, all threads; pace is by the clock, whoever reads what is said included.

pub mod clients;
pub mod files;
pub mod known;
pub mod sizes;
pub mod snapshots;

use std::path::Path;
use std::time::Instant;

use crate::Size;
use crate::place::Daemon;
use crate::plot::{Plot, Series};
use crate::proc::{Memory, cpu_of, machine};

/// What a daemon took from one moment to another.
pub struct Span {
    start: Instant,
    cpu: f64,
    pid: u32,
}

impl Span {
    pub fn begin(daemon: &Daemon) -> Span {
        Span { start: Instant::now(), cpu: cpu_of(daemon.pid()), pid: daemon.pid() }
    }

    /// Seconds by the clock and of CPU time, and the memory now.
    pub fn end(&self) -> Cost {
        let seconds = self.start.elapsed().as_secs_f64();
        Cost { seconds, cpu: cpu_of(self.pid) - self.cpu, memory: Memory::of(self.pid) }
    }
}

pub struct Cost {
    pub seconds: f64,
    pub cpu: f64,
    pub memory: Memory,
}

/// A point of all series of a curve: where it is, and their values there.
pub struct Sample<const N: usize> {
    pub at: f64,
    pub values: [f64; N],
}

/// One of the series.
pub fn series<const N: usize>(name: &'static str, samples: &[Sample<N>], which: usize) -> Series {
    Series { name, points: samples.iter().map(|sample| (sample.at, sample.values[which])).collect() }
}

/// Writes the picture and says where.
pub fn write(plot: &Plot, name: &str, size: Size) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = if size.quick {
        root.join("target/curves")
    } else {
        root.join("docs/curves")
    };
    std::fs::create_dir_all(&dir).expect("the pictures get their directory");
    std::fs::write(dir.join(format!("{name}.svg")), plot.svg()).expect("a picture can be written");
    let dir = dir.strip_prefix(root).unwrap_or(&dir);
    println!("drawn: {}/{name}.svg", dir.display());
}

/// What stands below each picture.
pub fn caption(command: &str) -> String {
    let machine = machine();
    let machine = machine.split_once(", Linux").map_or(machine.as_str(), |(machine, _)| machine);
    format!("{machine}; cargo bench --bench figures -- {command}")
}

/// So many as are asked for, each about three times the one before.
pub fn steps(from: usize, to: usize) -> Vec<usize> {
    let decades = std::iter::successors(Some(from), |step| step.checked_mul(10));
    decades.flat_map(|step| [step, 3 * step]).take_while(|&step| step <= to).collect()
}
