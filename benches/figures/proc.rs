//! What the kernel says of a process: its CPU time, its memory, its descriptors. Linux only.

use std::fs::{read_dir, read_to_string};

/// The kernel tells CPU time to user space in hundredths of a second, whatever its own tick is.
const TICKS_PER_SECOND: f64 = 100.0;

/// The memory of a process, MiB.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    pub now: f64,
    pub peak: f64,
}

impl Memory {
    pub fn of(pid: u32) -> Memory {
        let status = read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse().ok());
            kib.unwrap_or(0.0) / 1_024.0
        };
        Memory { now: mib("VmRSS:"), peak: mib("VmHWM:") }
    }
}

/// CPU seconds of all children that have ended and were waited for. The kernel adds them up in nanoseconds, so the
/// difference over some runs is off by two hundredths at most, however short each was.
pub fn cpu_of_children() -> f64 {
    let stat = read_to_string("/proc/self/stat").expect("/proc is mounted");
    // The name in parentheses may hold anything; behind it stands the third field.
    let (_, fields) = stat.rsplit_once(") ").expect("stat has a name");
    let ticks = |at: usize| fields.split(' ').nth(at - 3).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = (ticks(16), ticks(17));
    (user.expect("cutime is there") + system.expect("cstime is there")) / TICKS_PER_SECOND
}

/// CPU seconds of a running process, to the nanosecond. Threads that have ended are left out.
pub fn cpu_of(pid: u32) -> f64 {
    let tasks = read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let stat = read_to_string(task.path().join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// How many descriptors a process has open.
pub fn descriptors(pid: u32) -> usize {
    read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// What was measured where.
pub fn machine() -> String {
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cpu = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(1).collect();
    format!(
        "{cores} cores, {}, Linux {}, load {} at the start",
        model.trim_start_matches([' ', '\t', ':']),
        kernel.trim(),
        load.join("")
    )
}
