//! The scraper's day: 1,000 pages of 200 KB, each replaced once a second by one with two new updates on top and the
//! two oldest gone. The CPU time of the daemon as a share of one core, and how long the slowest round takes until all
//! is said. A round begins a second after the last one, or when all of that is said, if that's later: a daemon that
//! falls behind reads a page once for two replacements, and what it costs then would say little. Every new update
//! must be said, and nothing else. The pages lie on tmpfs, so that the disk isn't what is measured; the state is on
//! disk.
//!
//! The yardstick is the CPU time of `wc -l` of the same pages once a second: reading them, and no more.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Size;
use crate::corpus::{Order, Spec, UPDATE_BYTES};
use crate::place::{Daemon, Place, installed, run};
use crate::proc::{Memory, cpu_of};
use crate::table::{Figure, Goal, quantile};

const EVERY: Duration = Duration::from_secs(1);

/// How many updates a page shows.
const WINDOW: usize = 200_000 / UPDATE_BYTES;

/// How many of them are new each time.
pub const NEW: usize = 2;

pub fn measure(size: Size) -> Vec<Figure> {
    let (files, rounds) = size.pick((100, 5), (1_000, 10));
    let place = Place::in_memory();
    let drop = &place.drop;
    let all = UPDATE_BYTES * (WINDOW + NEW * rounds);
    let spec = Spec { order: Order::NewestFirst, duplicates: false, ..Spec::of(all * files, files) };
    let blogs: Vec<Blog> = (0..files).map(|file| Blog::new(&spec, file, WINDOW, rounds)).collect();
    blogs.iter().for_each(|blog| blog.put(drop, 0));
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    daemon.says(files * WINDOW);
    let (start, before) = (Instant::now(), cpu_of(daemon.pid()));
    let mut took = Vec::new();
    for number in 1..=rounds {
        let round = Instant::now();
        std::thread::scope(|scope| {
            // Somebody has to read what it says while the pages are written.
            scope.spawn(|| blogs.iter().for_each(|blog| blog.put(drop, number)));
            daemon.says(files * NEW);
        });
        took.push(round.elapsed().as_secs_f64());
        std::thread::sleep(EVERY.saturating_sub(round.elapsed()));
    }
    let cpu_s = cpu_of(daemon.pid()) - before;
    let share = 100.0 * cpu_s / (EVERY * rounds as u32).as_secs_f64();
    println!(
        "{files} pages of {} bytes, {rounds} rounds in {:.1} s",
        blogs[0].page(0).len(),
        start.elapsed().as_secs_f64()
    );
    println!("each round was said after {took:.2?} s");
    println!(
        "{cpu_s:.1} s CPU in all, {:.2} ms a page; peak memory {:.1} MiB",
        1e3 * cpu_s / (files * rounds) as f64,
        Memory::of(daemon.pid()).peak
    );
    daemon.silent();
    let theirs = installed("wc").then(|| {
        let paths: Vec<PathBuf> = blogs.iter().map(|blog| drop.join(&blog.name)).collect();
        let counts =
            (0..rounds).map(|_| run(Command::new("wc").arg("-l").args(&paths).stdout(Stdio::null())).cpu);
        100.0 * counts.sum::<f64>() / (EVERY * rounds as u32).as_secs_f64()
    });
    let what = |what: &str| format!("{files} snapshots a second, {what}");
    vec![
        Figure::new(what("CPU"), share, "% of a core").beside_if("wc -l", theirs).goal(Goal::AtMost(50.0)),
        Figure::new(what("slowest round"), quantile(&took, 1.0), "s").goal(Goal::AtMost(1.0)),
    ]
}

/// All that a blog will say, newest first; a page is a stretch of it.
pub struct Blog {
    name: String,
    text: String,
    /// How many updates a page shows.
    window: usize,
    /// Where each update begins, and the end.
    starts: Vec<usize>,
}

impl Blog {
    pub fn new(spec: &Spec, file: usize, window: usize, rounds: usize) -> Blog {
        let (mut text, mut starts) = (String::new(), vec![0]);
        for slot in (0..window + NEW * rounds).rev() {
            spec.push_update(&mut text, file, slot);
            starts.push(text.len());
        }
        Blog { name: spec.name(file), text, window, starts }
    }

    pub fn page(&self, round: usize) -> &str {
        let end = self.starts.len() - 1 - NEW * round;
        &self.text[self.starts[end - self.window]..self.starts[end]]
    }

    /// Writes the page where it isn't seen, and moves it into place.
    pub fn put(&self, drop: &Path, round: usize) {
        self.write(drop, round);
        self.show(drop);
    }

    /// Writes the page where it isn't seen.
    pub fn write(&self, drop: &Path, round: usize) {
        std::fs::write(self.unseen(drop), self.page(round)).expect("a page can be written");
    }

    /// Moves it into place.
    pub fn show(&self, drop: &Path) {
        std::fs::rename(self.unseen(drop), drop.join(&self.name)).expect("a page can be moved");
    }

    fn unseen(&self, drop: &Path) -> PathBuf {
        drop.join(format!(".{}", self.name))
    }
}
