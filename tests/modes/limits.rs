//! The limits of the machine, and signals: reached, never passed, and survived.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::random::{Random, seed};
use crate::support::{Daemon, PATIENCE, Place, binary, not_tested, until};
use crate::{has_exactly, is_exact, log, page, rewrite, update};

#[test]
fn m09_an_end_in_order_at_any_moment_loses_nothing_and_is_prompt() {
    let (seed, _) = seed("m09");
    let mut random = Random::new(seed);
    let place = Place::new();
    let mut count = 0;
    for _ in 0..100 {
        let mut daemon = place.run();
        let more = 1 + random.below(20);
        for number in count..count + more {
            place.append("2024-03-06.log", update(number));
        }
        count += more;
        std::thread::sleep(Duration::from_millis(random.between(0, 60)));
        let begun = Instant::now();
        daemon.signal(Signal::TERM);
        assert_eq!(daemon.ended().code(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    drop(place.once());
    is_exact(&place, count);
}

#[test]
fn m12_with_sync_always_nobody_sees_what_a_power_loss_could_take() {
    let place = Place::new();
    fs::write(&place.config, "[drop]\nsettle = \"50ms\"\n[journal]\nsync = \"always\"\n").expect("written");
    rewrite(&place.path("2024-03-06.txt"), &page(0..5));
    let trace = place.dir.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o"]).arg(&trace);
    let run = place.command("run");
    strace.arg(run.get_program()).args(run.get_args()).arg("--once");
    let output = strace.stdout(Stdio::piped()).output();
    let Ok(output) = output else { return not_tested("m12: strace isn't installed") };
    assert_eq!(output.stdout.iter().filter(|&&b| b == b'\n').count(), 5);
    let text = fs::read_to_string(&trace).expect("a trace");
    let first = |what: &dyn Fn(&str) -> bool| {
        text.lines().position(what).unwrap_or_else(|| panic!("it isn't called:\n{text}"))
    };
    let lines_flushed = first(&|line| line.contains("fdatasync(") && line.contains(".ndjson>"));
    let sums_flushed = first(&|line| line.contains("fdatasync(") && line.contains(".sums>"));
    let said = first(&|line| line.contains(" write(") && line.contains("schema_version"));
    assert!(lines_flushed < sums_flushed && sums_flushed < said, "{lines_flushed} {sums_flushed} {said}");
}

#[test]
fn m15_a_flood_that_the_kernels_queue_cannot_hold_is_found_by_a_scan() {
    let place = Place::new();
    let setting = "/proc/sys/fs/inotify/max_queued_events";
    let Ok(before) = fs::read_to_string(setting) else {
        return not_tested("m15: no inotify here");
    };
    if fs::write(setting, "16").is_err() {
        return not_tested("m15: this user may not make the kernel's queue small");
    }
    // The queue has the length that is set when it is made.
    let daemon = place.run();
    fs::write(setting, before.trim()).expect("set back");
    daemon.signal(Signal::STOP);
    for number in 0..10_000 {
        rewrite(&place.path(&format!("2024-03-06-{number}.txt")), &update(number));
    }
    daemon.signal(Signal::CONT);
    has_exactly(&place, 10_000);
    daemon.stop();
}

#[test]
fn m16_files_in_directories_that_were_just_made_are_read() {
    let place = Place::new();
    let daemon = place.run();
    for number in 0..300 {
        let folder = place.path(&format!("{}/{number}", ["a", "a/b", "a/b/c/d/e/f"][number % 3]));
        fs::create_dir_all(&folder).expect("made");
        rewrite(&folder.join("2024-03-06.txt"), &update(number));
    }
    let tree = place.dir.path().join("tree/of/three");
    fs::create_dir_all(&tree).expect("made");
    rewrite(&tree.join("2024-03-06.txt"), &update(300));
    fs::rename(place.dir.path().join("tree"), place.path("tree")).expect("moved");
    has_exactly(&place, 301);
    daemon.stop();
}

/// A daemon in a user namespace where this setting holds.
fn limited(place: &Place, setting: &str, value: &str) -> Option<Daemon> {
    let unshare = |script: &str| {
        let mut unshare = Command::new("unshare");
        let script = format!("echo {value} > /proc/sys/user/{setting} {script}");
        unshare.args(["--user", "--map-root-user", "sh", "-c"]).arg(script);
        unshare
    };
    if !unshare("").output().is_ok_and(|output| output.status.success()) {
        return None;
    }
    let run = place.command("run");
    let mut limited = unshare("&& exec \"$0\" \"$@\"");
    limited.arg(run.get_program()).args(run.get_args());
    Some(Daemon::of(limited))
}

#[test]
fn m17_without_enough_watches_the_rest_is_polled_and_status_says_so() {
    for (setting, value) in [("max_inotify_watches", "50"), ("max_inotify_instances", "0")] {
        let place = Place::new();
        for number in 0..200 {
            fs::create_dir(place.path(&number.to_string())).expect("made");
        }
        let Some(daemon) = limited(&place, setting, value) else {
            return not_tested("m17: this user may not make namespaces");
        };
        for number in 0..200 {
            rewrite(&place.path(&format!("{number}/2024-03-06.txt")), &update(number));
        }
        has_exactly(&place, 200);
        let status = place.command("status").output().expect("it runs");
        let status = String::from_utf8_lossy(&status.stdout).into_owned();
        assert!(status.contains("watch"), "{setting}: {status}");
        daemon.stop();
    }
}

fn cpu_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let after_name: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    after_name[11].parse::<u64>().expect("a number") + after_name[12].parse::<u64>().expect("a number")
}

#[test]
fn m19_at_rest_it_rests_and_its_own_reading_wakes_nobody() {
    let place = Place::new();
    for number in 0..10_000 {
        rewrite(&place.path(&format!("2024-03-06-{number}.txt")), &update(number));
    }
    let daemon = place.run();
    has_exactly(&place, 10_000);
    place.append("2024-03-06-7.txt", update(10_000));
    has_exactly(&place, 10_001);
    let settled = Instant::now();
    until("two seconds of rest", || settled.elapsed() > Duration::from_secs(2));
    let (before, begun) = (cpu_ticks(daemon.child.id()), Instant::now());
    until("ten seconds of rest", || begun.elapsed() > Duration::from_secs(10));
    // A tick is 10 ms: two per cent of one core, in a build for debugging, on a machine with more to do.
    let ticks = cpu_ticks(daemon.child.id()) - before;
    assert!(ticks <= 20, "{ticks} ticks in 10 s");
    daemon.stop();
}

#[test]
fn m20_many_files_need_few_descriptors() {
    let place = Place::new();
    for number in 0..10_000 {
        rewrite(&place.path(&format!("2024-03-06-{number}.txt")), &update(number));
    }
    let mut shell = Command::new("sh");
    let run = place.command("run");
    shell.args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""]).arg(run.get_program()).args(run.get_args());
    let daemon = Daemon::of(shell);
    has_exactly(&place, 10_000);
    for number in 0..100 {
        place.append(&format!("2024-03-06-{number}.txt"), update(10_000 + number));
    }
    has_exactly(&place, 10_100);
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.child.id())).expect("it runs").count();
    assert!(open <= 64, "{open} descriptors");
    daemon.stop();
}

#[test]
fn m23_a_line_without_end_costs_neither_memory_nor_the_next_update() {
    use std::io::Write;
    let place = Place::new();
    let mut file = std::io::BufWriter::new(fs::File::create(place.path("2024-03-06.txt")).expect("made"));
    file.write_all(update(0).as_bytes()).expect("written");
    let block = vec![b'x'; 1 << 20];
    for _ in 0..256 {
        file.write_all(&block).expect("written");
    }
    file.write_all(b"\n").expect("written");
    file.write_all(log(1..3).as_bytes()).expect("written");
    drop(file);
    let daemon = place.run();
    has_exactly(&place, 3);
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let peak_kib: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak_kib < 64 << 10, "{peak_kib} KiB");
    daemon.stop();
}

#[test]
fn m26_nothing_known_is_forgotten_over_a_restart_and_a_kill() {
    const UPDATES: usize = 60_000;
    let place = Place::new();
    let day = |day: usize| log(day * 1_440..((day + 1) * 1_440).min(UPDATES));
    let days = UPDATES.div_ceil(1_440);
    let write = |kind: &str| {
        for number in 0..days {
            let name = format!("2024-{:02}-{:02}-{kind}.txt", 1 + number / 28, 1 + number % 28);
            rewrite(&place.path(&name), &day(number));
        }
    };
    write("first");
    let output = place.command("run").arg("--once").stdout(Stdio::null()).output().expect("it runs");
    assert!(output.status.success());
    write("again");
    let mut killed =
        place.command("run").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(300));
    killed.kill().expect("it runs");
    killed.wait().expect("it ends");
    write("third");
    let output = place.command("run").arg("--once").output().expect("it runs");
    let again = String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!(again, 0, "said again");
    assert_eq!(place.replay().len(), UPDATES);
}

#[test]
fn m30_stdout_that_is_full_gone_or_slow_is_no_reason_to_panic() {
    let place = Place::new();
    rewrite(&place.path("2024-03-06.txt"), &page(0..50));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("it opens");
    let mut run = place.command("run");
    let mut child = run.stdout(full).stderr(Stdio::piped()).spawn().expect("it starts");
    until("there is a journal", || place.state.join("journal.json").exists());
    until("it has them", || place.replay().len() == 50);
    let pid = rustix::process::Pid::from_child(&child);
    if child.try_wait().expect("it can be asked").is_none() {
        rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
    }
    let begun = Instant::now();
    let status = child.wait().expect("it ends");
    assert!(begun.elapsed() < PATIENCE && matches!(status.code(), Some(0 | 1)), "{status}");
    let output = child.wait_with_output().expect("its log");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    // Nothing of it was said to anyone: it comes now.
    assert_eq!(place.once().len(), 50);
    // Nor is a log on a full disk one, whatever the command.
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("it opens");
    for words in [
        &["run"][..],
        &["check", "--config", "/nonexistent"],
        &["replay", "--state", "/nonexistent"],
    ] {
        let status = binary().args(words).stdout(full()).stderr(full()).status().expect("it runs");
        assert!(status.code().is_some_and(|code| code != 101), "{words:?}: {status}");
    }
}
