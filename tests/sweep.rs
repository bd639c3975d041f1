//! A fault at the N-th system call that touches the state or the drop directory: a kill, an error once, an error for
//! ever, a file that may not grow. The daemon never panics, and the start after the fault has every update of the
//! manifest once, with nothing that stdout said before taken back.
//!
//! The calls are counted by a run without a fault. Of all the points some are drawn: `LIVEBLOGD_SWEEP_POINTS` sets
//! how many (`all` for each one), `LIVEBLOGD_TEST_SEED` which. Needs `strace`.

mod random;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use random::{Random, seed};
use serde_json::Value;
use support::{binary, event, text};
use tempfile::TempDir;

/// How many points are tried unless the environment says otherwise.
const POINTS: usize = 160;

/// How long a run may take that is to end by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a run goes on under a fault that stays, before it is told to stop.
const FOR_EVER: Duration = Duration::from_millis(1_200);

/// How long it may take to stop then: what the daemon promises, and as much for `strace`.
const STOP: Duration = Duration::from_secs(10);

/// The calls that touch files.
const CALLS: [&str; 18] = [
    "openat",
    "openat2",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "unlink",
    "statx",
    "newfstatat",
    "fstat",
    "fcntl",
    "flock",
    "getdents64",
    "mmap",
];

const CONFIG: &str = "[drop]\ndirectories = [\"drop\"]\nsettle = \"50ms\"\n\
                      [journal]\nsegment_size = \"64KiB\"\ncompress = true\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Kill,
    Once(&'static str),
    ForEver(&'static str),
}

/// A fault at the `at`-th call of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    call: &'static str,
    fault: Fault,
    at: usize,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { call, at, .. } = self;
        match self.fault {
            Fault::Kill => write!(f, "{call}:signal=KILL:when={at}"),
            Fault::Once(error) => write!(f, "{call}:error={error}:when={at}"),
            Fault::ForEver(error) => write!(f, "{call}:error={error}:when={at}+"),
        }
    }
}

/// Which faults a call may have in life.
fn faults(call: &str) -> Vec<Fault> {
    let mut faults = vec![Fault::Kill, Fault::Once("EIO"), Fault::ForEver("EIO")];
    if ["openat", "read", "pread64", "write", "pwrite64", "openat2"].contains(&call) {
        faults.push(Fault::Once("EINTR"));
    }
    if [
        "openat",
        "write",
        "pwrite64",
        "fsync",
        "fdatasync",
        "ftruncate",
        "rename",
    ]
    .contains(&call)
    {
        faults.extend([Fault::Once("ENOSPC"), Fault::ForEver("ENOSPC")]);
    }
    if ["openat", "openat2", "statx"].contains(&call) {
        faults.push(Fault::ForEver("EACCES"));
    }
    faults
}

/// How long an update is: a few of them fill a segment.
const BODY_LINES: usize = 250;

fn update(number: usize) -> String {
    let (hour, minute) = (6 + number / 60, number % 60);
    let sentence = format!("What happened at {number}, in a sentence of its own.\n");
    let body = sentence.repeat(BODY_LINES);
    format!("{hour:02}:{minute:02} GMT\nUpdate number {number} of the sweep\n{body}")
}

fn page(numbers: impl DoubleEndedIterator<Item = usize>) -> String {
    numbers.rev().map(update).collect()
}

/// How many updates the drop directory has in the end.
const UPDATES: usize = 24;

/// A drop directory that was read, and has changed since: a page with more on top, a log that grew, a new page.
fn template() -> TempDir {
    let place = tempfile::tempdir().expect("a directory");
    let drop = place.path().join("drop");
    fs::create_dir(&drop).expect("a directory");
    fs::write(place.path().join("liveblogd.toml"), CONFIG).expect("written");
    let log = |numbers: std::ops::Range<usize>| numbers.map(update).collect::<String>();
    fs::write(drop.join("2024-03-06-page.txt"), page(0..6)).expect("written");
    fs::write(drop.join("2024-03-06-log.txt"), log(6..12)).expect("written");
    let output = run(place.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.iter().filter(|&&b| b == b'\n').count(), 12);
    fs::write(place.path().join("said"), output.stdout).expect("kept");
    fs::write(drop.join("2024-03-06-page.txt"), page((0..6).chain(12..15))).expect("written");
    fs::write(drop.join("2024-03-06-log.txt"), log(6..12) + &log(15..19)).expect("written");
    fs::write(drop.join("2024-03-06-new.txt"), page(19..UPDATES)).expect("written");
    place
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    }
}

fn words() -> [&'static str; 6] {
    ["run", "--once", "--config", "liveblogd.toml", "--state", "state"]
}

fn run(place: &Path) -> Command {
    let mut run = binary();
    run.args(words()).current_dir(place);
    run
}

/// The daemon under `strace`, which looks at what touches these directories only.
fn traced(place: &Path, what: &[String]) -> Command {
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o", "trace"])
        .args(what)
        .arg(env!("CARGO_BIN_EXE_liveblogd"))
        .args(words());
    strace
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("PATH", std::env::var("PATH").unwrap_or_default());
    strace.current_dir(place);
    strace
}

/// `-P` for each path that the daemon may touch: those that are there, and those that it makes.
fn watched(place: &Path) -> Vec<String> {
    let mut paths = BTreeSet::new();
    let mut folders = vec!["drop".to_string(), "state".into()];
    while let Some(folder) = folders.pop() {
        paths.insert(folder.clone());
        for entry in fs::read_dir(place.join(&folder)).expect("a directory") {
            let entry = entry.expect("an entry");
            let path = format!("{folder}/{}", entry.file_name().to_str().expect("UTF-8"));
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                paths.insert(path);
            }
        }
    }
    let canonical = place.canonicalize().expect("it is there");
    let absolute = paths.iter().map(|path| canonical.join(path).to_str().expect("UTF-8").to_string());
    let absolute: Vec<String> = absolute.collect();
    paths.into_iter().chain(absolute).flat_map(|path| ["-P".to_string(), path]).collect()
}

/// How often each call touches the directories in a run without a fault, started where `template` is.
fn counted(template: &Path) -> (BTreeMap<&'static str, usize>, Vec<String>) {
    let place = tempfile::tempdir().expect("a directory");
    copy(template, place.path());
    let done = tempfile::tempdir().expect("a directory");
    copy(template, done.path());
    let status = run(done.path()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it runs");
    assert!(status.success(), "{status}");
    // The names of what is made on the way are known from another run.
    let made = watched(done.path());
    let canonical =
        |path: &Path| path.canonicalize().expect("it is there").to_str().expect("UTF-8").to_string();
    let (from, to) = (canonical(done.path()), "@".to_string());
    let made: Vec<String> = made.into_iter().map(|path| path.replace(&from, &to)).collect();
    let trace = format!("trace={}", CALLS.join(","));
    let what: Vec<String> = ["-e".to_string(), trace].into_iter().chain(at(&made, place.path())).collect();
    let status = traced(place.path(), &what).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("strace is installed").success());
    let text = fs::read_to_string(place.path().join("trace")).expect("a trace");
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let called = line.split_whitespace().nth(1).unwrap_or("");
        let name = CALLS.into_iter().find(|name| called.starts_with(&format!("{name}(")));
        if let Some(name) = name {
            *counts.entry(name).or_insert(0) += 1;
        }
    }
    (counts, made)
}

fn at(made: &[String], place: &Path) -> Vec<String> {
    let canonical = place.canonicalize().expect("it is there");
    made.iter().map(|path| path.replace('@', canonical.to_str().expect("UTF-8"))).collect()
}

fn ended(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Tells the daemon to stop: the child, or what runs below it where that is `strace`.
fn stop(child: &Child) {
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let below = fs::read_to_string(children).unwrap_or_default();
    let own = child.id().to_string();
    for pid in [below.trim(), &own].into_iter().find(|pids| !pids.is_empty()).unwrap_or("").split_whitespace()
    {
        let pid = pid.parse().ok().and_then(rustix::process::Pid::from_raw);
        let _ended_by_itself =
            pid.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM));
    }
}

/// What the daemon did under a fault, for a person who must find out why.
fn told(place: &Path) -> String {
    let read = |name: &str| fs::read_to_string(place.join(name)).unwrap_or_default();
    let trace = read("trace");
    let from = trace.lines().count().saturating_sub(12);
    format!("{}\n{}", read("log"), trace.lines().skip(from).collect::<Vec<_>>().join("\n"))
}

/// Runs with a fault, then without. What is wrong after that is said.
fn try_fault(
    template: &Path,
    fault: &dyn fmt::Display,
    command: impl Fn(&Path) -> (Command, bool),
) -> Result<(), String> {
    let place = tempfile::tempdir().expect("a directory");
    copy(template, place.path());
    let place = place.path();
    let (mut command, for_ever) = command(place);
    let said = File::options().append(true).open(place.join("said")).expect("it is there");
    let log = File::create(place.join("log")).expect("it is made");
    let mut child = command.stdout(said).stderr(log).spawn().expect("it starts");
    let mut status = ended(&mut child, if for_ever { FOR_EVER } else { PATIENCE });
    if status.is_none() && for_ever {
        stop(&child);
        status = ended(&mut child, STOP);
    }
    let Some(status) = status else {
        stop(&child);
        let _killed = child.kill();
        let _reaped = child.wait();
        return Err(format!("{fault}: it didn't end\n{}", told(place)));
    };
    let by_kill = status.signal() == Some(9) || status.code() == Some(137);
    let log = fs::read_to_string(place.join("log")).unwrap_or_default();
    if log.contains("panicked") || !by_kill && !matches!(status.code(), Some(0 | 1 | 75 | 78)) {
        return Err(format!("{fault}: {status}\n{}", told(place)));
    }
    let output = run(place).output().expect("it runs");
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{fault}: the start after it failed: {}\n{log}\n{}", output.status, told(place)));
    }
    let mut said = fs::read(place.join("said")).expect("it is there");
    said.extend(output.stdout);
    let journal = binary().args(["replay", "--state", "state"]).current_dir(place).output().expect("it runs");
    is_exact(&said, &journal.stdout).map_err(|what| format!("{fault}: {what}\n{}", told(place)))
}

/// Whether the journal has every update of the manifest once, and stdout has every line of the journal, and no other.
fn is_exact(said: &[u8], journal: &[u8]) -> Result<(), String> {
    let journal = std::str::from_utf8(journal).map_err(|error| error.to_string())?;
    let events: Vec<Value> = journal.lines().map(event).collect();
    let mut numbers: Vec<&str> = events.iter().map(|event| text(event, "headline")).collect();
    numbers.sort_unstable();
    let mut wanted: Vec<String> = (0..UPDATES).map(|n| format!("Update number {n} of the sweep")).collect();
    wanted.sort_unstable();
    if numbers != wanted {
        let lost: Vec<&String> = wanted.iter().filter(|name| !numbers.contains(&name.as_str())).collect();
        return Err(format!("the journal has {} events of {UPDATES}, and lacks {lost:?}", numbers.len()));
    }
    if let Some(at) = (0..events.len()).find(|&at| events[at]["seq"] != at as u64 + 1) {
        return Err(format!("event {at} of the journal has seq {}", events[at]["seq"]));
    }
    let of_stdout = std::str::from_utf8(said).map_err(|error| error.to_string())?;
    // A kill may cut the last line of the faulty run: the next one says it again.
    let whole: BTreeSet<&str> = of_stdout.lines().collect();
    for line in journal.lines() {
        if !whole.contains(line) && !of_stdout.contains(&format!("{line}\n")) {
            return Err(format!("stdout lacks {line}"));
        }
    }
    Ok(())
}

/// Draws as many points as are wanted.
fn drawn(mut points: Vec<Point>, random: &mut Random) -> Vec<Point> {
    let wanted = std::env::var("LIVEBLOGD_SWEEP_POINTS").unwrap_or_default();
    let wanted = match wanted.as_str() {
        "all" => points.len(),
        "" => POINTS,
        number => number.parse().expect("a number, or all"),
    };
    while points.len() > wanted {
        let at = random.below(points.len());
        points.swap_remove(at);
    }
    points
}

/// Tries each on two threads; one that fails doesn't keep the others from being tried.
fn try_all<T: Send>(points: Vec<T>, check: impl Fn(T) -> Result<(), String> + Sync) {
    let left = Mutex::new(points);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("no panic").pop();
                    let Some(point) = next else { return };
                    if let Err(what) = check(point) {
                        wrong.lock().expect("no panic").push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn m14_a_fault_at_any_system_call_loses_nothing_and_says_nothing_twice() {
    let (seed, _) = seed("sweep");
    let mut random = Random::new(seed);
    let template = template();
    let (counts, made) = counted(template.path());
    let all: Vec<Point> = counts
        .iter()
        .flat_map(|(&call, &count)| {
            let point = move |fault| (1..=count).map(move |at| Point { call, fault, at });
            faults(call).into_iter().flat_map(point)
        })
        .collect();
    let total = all.len();
    let points = drawn(all, &mut random);
    println!("{} of {total} points; calls {counts:?}", points.len());
    try_all(points, |point| {
        try_fault(template.path(), &point, |place| {
            let inject = format!("inject={point}");
            let trace = format!("trace={}", point.call);
            let what = ["-e".to_string(), trace, "-e".into(), inject];
            let what: Vec<String> = what.into_iter().chain(at(&made, place)).collect();
            (traced(place, &what), matches!(point.fault, Fault::ForEver(_)))
        })
    });
}

#[test]
fn m14_a_file_that_may_not_grow_loses_nothing_and_says_nothing_twice() {
    let template = template();
    let sizes_kib: Vec<u64> = (0..480).step_by(12).collect();
    try_all(sizes_kib, |size_kib| {
        try_fault(template.path(), &format!("no file beyond {size_kib} KiB"), |place| {
            let mut shell = Command::new("bash");
            let script = format!("ulimit -f {size_kib}; exec \"$0\" \"$@\"");
            shell.args(["-c", &script, env!("CARGO_BIN_EXE_liveblogd")]).args(words());
            shell.env_clear().env("HOME", "/nonexistent").current_dir(place);
            (shell, true)
        })
    });
}
