//! Many files with few descriptors, at a size that a test can afford; `cargo bench --bench figures -- restart` has
//! the large one.

mod support;

use std::process::Command;
use std::time::Duration;

use support::{Daemon, Place, headlines};

const FILES: usize = 2_000;
const DESCRIPTORS: &str = "256";

/// As long as a page is, about.
const PAGE_BYTES: usize = 8_000;

/// How long it is watched while nothing happens: two scans, at least.
const WATCHED: Duration = Duration::from_secs(12);

/// How often, at most.
const LOOKS: usize = 3;

fn page(number: usize) -> String {
    let body = "What there is to say of it, and some more. ".repeat(PAGE_BYTES / 43);
    format!("{:02}:{:02} GMT\nNews {number}\n{body}\n", number / 60 % 24, number % 60)
}

/// `run` that may open no more than so many files, whatever it asks for.
fn limited(place: &Place) -> Daemon {
    let run = place.command("run");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {DESCRIPTORS} && exec \"$0\" \"$@\"")]);
    command.arg(run.get_program()).args(run.get_args()).env_clear().env("HOME", "/nonexistent");
    Daemon::of(command)
}

/// What a process has read so far, bytes, of whatever files.
fn read_bytes(daemon: &Daemon) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{}/io", daemon.child.id())).expect("it runs");
    let line = io.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("what it read");
    line.parse().expect("a number")
}

/// The CPU time of a process so far, ms.
fn cpu_ms(daemon: &Daemon) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", daemon.child.id())).expect("it runs");
    let ns = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    ns.sum::<u64>() / 1_000_000
}

/// The most memory that it has had, MiB.
fn peak_mib(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1_024
}

#[test]
fn two_thousand_files_need_no_descriptor_each_and_are_not_read_again() {
    let place = Place::new();
    for number in 0..FILES {
        let directory = place.path(&format!("blog-{}", number % 50));
        std::fs::create_dir_all(&directory).expect("made");
        std::fs::write(directory.join(format!("2024-06-12-{number}.txt")), page(number)).expect("written");
    }
    let daemon = limited(&place);
    assert_eq!(daemon.says(FILES).len(), FILES);
    let open = |daemon: &Daemon| {
        std::fs::read_dir(format!("/proc/{}/fd", daemon.child.id())).expect("it runs").count()
    };
    assert!(open(&daemon) <= 64, "{} descriptors", open(&daemon));
    let pages = read_bytes(&daemon);
    assert!(pages > (FILES * PAGE_BYTES) as u64, "{pages} bytes were read");
    daemon.stop();
    // All are known, none is open or read, and what comes is said.
    let daemon = limited(&place);
    place.put("2024-06-12-late.txt", "09:00 GMT\nCame late\nWhat there is to say of it.\n");
    assert_eq!(headlines(&daemon.says(1)), ["Came late"]);
    let (read, cpu, peak) = (read_bytes(&daemon), cpu_ms(&daemon), peak_mib(&daemon));
    println!("a restart over {FILES} files: {read} bytes read, {cpu} ms of CPU, {peak} MiB");
    assert!(read < pages / 3, "{read} bytes were read again");
    // A fiftieth of the size that has to be ready in 2 s, in a build for debugging.
    assert!(cpu < 1_000 && peak < 64, "{cpu} ms, {peak} MiB");
    assert!(open(&daemon) <= 64, "{} descriptors", open(&daemon));
    // And then nothing happens: a fifth of the size that may take half a percent of a core. What else the machine does
    // makes the same work take several times as much of it, so that the best of some looks counts.
    let most = WATCHED.as_millis() as u64 / 200;
    let mut idle = Vec::new();
    while idle.last().is_none_or(|&ms| ms > most) {
        assert!(idle.len() < LOOKS, "{idle:?} ms of CPU while nothing happens");
        let before = cpu_ms(&daemon);
        std::thread::sleep(WATCHED);
        idle.push(cpu_ms(&daemon) - before);
    }
    daemon.stop();
}
