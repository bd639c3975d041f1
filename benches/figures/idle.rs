//! What it costs when nothing happens: a daemon that has read 1,000 files, and one that has read 10,000, some seconds later. Its memory, and the
//! CPU time of all its threads over the next ten seconds, or fifty.
//!
//! The yardstick is one `tail -F` of the same 1,000 files, at the same time.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{Daemon, Place, Running, installed};
use crate::proc::{Memory, cpu_of, descriptors};
use crate::table::{Figure, Goal};

/// How long it's left alone before it is looked at: whatever a reading leaves to be done is done then.
const SETTLED: Duration = Duration::from_secs(5);

/// How long its CPU time is watched, at least.
const WATCHED: Duration = Duration::from_secs(10);

pub fn measure(size: Size) -> Vec<Figure> {
    let mut figures = over(size, 1_000, true);
    // `tail` would need a descriptor for each.
    figures.extend(over(size, 10_000, false));
    figures
}

fn over(size: Size, files: usize, beside: bool) -> Vec<Figure> {
    let place = Place::new();
    let corpus = Corpus::write(&place.drop, &Spec::of(size.pick(4, 20) << 20, files));
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    daemon.says(corpus.distinct);
    let tail = (beside && installed("tail")).then(|| {
        let tail = &mut Command::new("tail");
        Running::start(tail.args(["-n", "0", "-F"]).args(&corpus.files).stdout(Stdio::null()))
    });
    std::thread::sleep(SETTLED);
    let pids = [Some(daemon.pid()), tail.as_ref().map(Running::pid)];
    let before = pids.map(|pid| pid.map(cpu_of));
    // A scan over more files takes longer and comes less often: some of them are to be seen.
    let watched = WATCHED * (files as u32).div_ceil(2_000);
    std::thread::sleep(watched);
    let share = |cpu_seconds: f64| 100.0 * cpu_seconds / watched.as_secs_f64();
    let cpu = |at: usize| pids[at].zip(before[at]).map(|(pid, before)| share(cpu_of(pid) - before));
    let memory = Memory::of(daemon.pid());
    println!("{} files, {:.0} MiB, {} updates", corpus.files.len(), corpus.mib(), corpus.distinct);
    println!("peak while reading {:.1} MiB; {} descriptors", memory.peak, descriptors(daemon.pid()));
    let theirs = pids[1].map(|pid| Memory::of(pid).now);
    let what = |what: &str| format!("idle over {files} files, {what}");
    let used = Figure::new(what("memory"), memory.now, "MiB").beside_if("tail -F", theirs);
    vec![
        // The contract has a goal for this size.
        if files == 1_000 {
            used.goal(Goal::AtMost(15.0))
        } else {
            used
        },
        Figure::new(what("CPU"), cpu(0).expect("it runs"), "% of a core")
            .beside_if("tail -F", cpu(1))
            .goal(Goal::AtMost(0.5)),
    ]
}
