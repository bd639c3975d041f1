//! More files than the kernel's queue holds, and more than there may be descriptors.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Sizes, head, is_exact, status, update, wait};
use crate::Stage;
use crate::proc::{Memory, cpu_of, descriptors};
use crate::support::{Daemon, Place, not_tested};

/// How many files come while the queue can't take them.
const FLOOD: usize = 10_000;

const FILES_PER_DIRECTORY: usize = 1_000;

/// Where the kernel keeps the length of the queues it makes.
const QUEUE: &str = "/proc/sys/fs/inotify/max_queued_events";

/// What the daemon may need of the machine, whatever the number of files.
const DESCRIPTORS_MAX: usize = 64;
const MEMORY_MAX_MIB: f64 = 150.0;

fn write(place: &Place, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let folder = place.path(&format!("{}", number / FILES_PER_DIRECTORY));
        if number % FILES_PER_DIRECTORY == 0 {
            fs::create_dir_all(&folder).expect("a directory");
        }
        fs::write(folder.join(format!("2024-03-06-{number}.txt")), update(number)).expect("written");
    }
}

/// 10,000 files while the daemon is stopped, with a queue of 16.
pub fn overflow(_stage: &Stage, _sizes: Sizes) -> String {
    let before = fs::read_to_string(QUEUE).unwrap_or_default();
    if before.is_empty() || fs::write(QUEUE, "16").is_err() {
        not_tested("queue overflow: this user may not make the kernel's queue small");
        return "NOT TESTED: this user may not make the kernel's queue small".into();
    }
    let place = Place::new();
    // The queue has the length that is set when it is made.
    let daemon = place.run_with(&["--no-stdout"]);
    fs::write(QUEUE, before.trim()).expect("set back");
    daemon.signal(Signal::STOP);
    write(&place, 0..FLOOD);
    daemon.signal(Signal::CONT);
    let begun = Instant::now();
    wait("all files", Duration::from_secs(300), || head(&place) >= FLOOD);
    let took = begun.elapsed();
    daemon.stop();
    is_exact(&place, FLOOD);
    format!("{FLOOD} files past a queue of 16, all said after {:.1} s", took.as_secs_f64())
}

/// A great many files under `ulimit -n 256`: read, at rest, known again after a restart, and gone.
pub fn many_files(_stage: &Stage, sizes: Sizes) -> String {
    let place = Place::new();
    let limited = || {
        let run = place.command("run");
        let mut shell = Command::new("sh");
        shell.env_clear().args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""]);
        shell.arg(run.get_program()).args(run.get_args()).arg("--no-stdout");
        shell
    };
    let daemon = Daemon::of(limited());
    // A scan of so many files comes only every few minutes.
    let most = Duration::from_secs(600);
    let begun = Instant::now();
    write(&place, 0..sizes.files);
    wait("all files", most, || head(&place) >= sizes.files);
    let read = begun.elapsed();
    let again = sizes.files..sizes.files + 100;
    write(&place, again.clone());
    wait("a hundred more", Duration::from_secs(300), || head(&place) >= again.end);
    let settled = || {
        let files = status(&place)["files"].clone();
        files["followed"].as_u64().unwrap_or(0) + files["settled"].as_u64().unwrap_or(0)
    };
    wait("all of them are settled", most, || settled() >= again.end as u64);
    let (cpu, rested) = (cpu_of(daemon.child.id()), Instant::now());
    std::thread::sleep(sizes.idle);
    let share = (cpu_of(daemon.child.id()) - cpu) / rested.elapsed().as_secs_f64() * 100.0;
    let (memory, open) = (Memory::of(daemon.child.id()), descriptors(daemon.child.id()));
    daemon.stop();

    let begun = Instant::now();
    let daemon = Daemon::of(limited());
    let follows = begun.elapsed();
    for number in 0..100 {
        fs::write(place.path(&format!("0/2024-03-06-{number}.txt")), update(again.end + number))
            .expect("written");
    }
    let all = again.end + 100;
    wait("it follows after the restart", Duration::from_secs(300), || head(&place) >= all);
    let said = begun.elapsed();
    let restarted = Memory::of(daemon.child.id());
    fs::remove_dir_all(&place.drop).expect("they are there");
    fs::create_dir(&place.drop).expect("a new one");
    wait("nothing is kept of them", most, || settled() == 0);
    daemon.stop();
    is_exact(&place, all);
    assert!(open <= DESCRIPTORS_MAX, "{open} descriptors");
    let peak = memory.peak.max(restarted.peak);
    assert!(peak <= MEMORY_MAX_MIB, "{peak} MiB");
    format!(
        "{} files under ulimit -n 256, written and said in {:.1} s; {:.1} MiB now, {peak:.1} at most, {open} descriptors; \
         at rest {share:.2} % of a core; after a restart it follows in {:.2} s and has said a hundred changes in {:.1} s",
        sizes.files,
        read.as_secs_f64(),
        memory.now,
        follows.as_secs_f64(),
        said.as_secs_f64()
    )
}
