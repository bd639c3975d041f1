//! What it costs when nothing happens: a daemon that has read 1,000 files, some seconds later. Its memory, and the
//! CPU time of all its threads over the next ten seconds.
//!
//! The yardstick is one `tail -F` of the same files, at the same time.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{Daemon, Place, Running, installed};
use crate::proc::{Memory, cpu_of, descriptors};
use crate::table::{Figure, Goal};

/// How long it's left alone before it is looked at: whatever a reading leaves to be done is done then.
const SETTLED: Duration = Duration::from_secs(5);

/// How long its CPU time is watched.
const WATCHED: Duration = Duration::from_secs(10);

pub fn measure(size: Size) -> Vec<Figure> {
    let place = Place::new();
    let corpus = Corpus::write(&place.drop, &Spec::of(size.pick(4, 20) << 20, 1_000));
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    daemon.says(corpus.distinct);
    let tail = installed("tail").then(|| {
        let tail = &mut Command::new("tail");
        Running::start(tail.args(["-n", "0", "-F"]).args(&corpus.files).stdout(Stdio::null()))
    });
    std::thread::sleep(SETTLED);
    let pids = [Some(daemon.pid()), tail.as_ref().map(Running::pid)];
    let before = pids.map(|pid| pid.map(cpu_of));
    std::thread::sleep(WATCHED);
    let cpu = |at: usize| pids[at].zip(before[at]).map(|(pid, before)| share(cpu_of(pid) - before));
    let memory = Memory::of(daemon.pid());
    println!("{} files, {:.0} MiB, {} updates", corpus.files.len(), corpus.mib(), corpus.distinct);
    println!("peak while reading {:.1} MiB; {} descriptors", memory.peak, descriptors(daemon.pid()));
    let theirs = pids[1].map(|pid| Memory::of(pid).now);
    vec![
        Figure::new("idle over 1,000 files, memory", memory.now, "MiB")
            .beside_if("tail -F", theirs)
            .goal(Goal::AtMost(15.0)),
        Figure::new("idle over 1,000 files, CPU", cpu(0).expect("it runs"), "% of a core")
            .beside_if("tail -F", cpu(1))
            .goal(Goal::AtMost(0.5)),
    ]
}

fn share(cpu_seconds: f64) -> f64 {
    100.0 * cpu_seconds / WATCHED.as_secs_f64()
}
