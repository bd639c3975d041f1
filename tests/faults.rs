//! Full disks, lost permissions, directories that vanish: what they touch pauses, says so once, and heals by itself;
//! nothing is lost and nothing comes twice.

mod support;

use std::fs;
use std::io::{PipeReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use liveblogd::terminal::LOG_LINES_MAX;
use serde_json::Value;

use support::{Daemon, Place, headlines, lines_of, not_tested, until};

/// What a pipe takes if nobody reads it.
const PIPE_BYTES: usize = 64 << 10;

/// How often the disk is filled and freed.
const FILLED: u32 = 20;

/// The user that owns nothing.
const NOBODY: &str = "65534";

/// A small file system of its own. Unmounted when it's dropped.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: &Path, options: &str) -> Option<Tmpfs> {
        fs::create_dir_all(at).expect("a directory");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Tmpfs(at.into()));
        }
        not_tested("a full and a read-only disk: this user may not mount a tmpfs");
        None
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn page(headline: &str) -> String {
    let long = "The harbour office counts the boats again, and finds all of them. ".repeat(60);
    format!("10:20 AM GMT\n{headline}, later\n{long}\n10:10 AM GMT\n{headline}\n{long}\n")
}

/// A daemon whose stderr takes nothing until it is read.
fn with_full_log(place: &Place) -> (Daemon, PipeReader) {
    let (log, mut stderr) = std::io::pipe().expect("a pipe");
    stderr.write_all(&[b'x'; PIPE_BYTES]).expect("it has room");
    let mut run = place.command("run");
    let mut child = run.stdout(Stdio::piped()).stderr(stderr).spawn().expect("it starts");
    let out = lines_of(child.stdout.take().expect("piped"));
    (Daemon { child, out, log: channel().1 }, log)
}

/// A first line of the log that nobody read held the daemon up for ever, SIGTERM or not.
#[test]
fn a_log_that_nobody_reads_holds_nothing_up() {
    let place = Place::new();
    let (daemon, log) = with_full_log(&place);
    for day in 1..4 {
        place.put(&format!("2024-06-0{day}.txt"), page("Port closed"));
    }
    daemon.says(6);
    // More than what may wait: what is left out is counted, and said once somebody reads.
    for link in 0..LOG_LINES_MAX + 100 {
        std::os::unix::fs::symlink("/nowhere", place.path(&format!("link-{link}"))).expect("linked");
    }
    place.put("2024-06-04.txt", page("Port open"));
    daemon.says(2);
    until("so many links were looked at", || {
        let faults = degraded(&place);
        faults.contains("link") || faults.contains("path")
    });
    let reader = lines_of(log);
    place.put("2024-06-05.txt", page("Port closed again"));
    daemon.says(2);
    daemon.stop();
    let said: Vec<String> = reader.iter().collect();
    assert!(said.iter().any(|line| line.contains("lines of the log were left out")), "{} lines", said.len());
}

#[test]
fn the_end_waits_for_no_log_that_nobody_reads() {
    let place = Place::new();
    let (daemon, _log) = with_full_log(&place);
    place.put("2024-06-01.txt", page("Port closed"));
    daemon.says(2);
    let begun = Instant::now();
    daemon.stop();
    assert!(begun.elapsed() < Duration::from_secs(5));
}

fn degraded(place: &Place) -> String {
    let output = place.command("status").arg("--json").output().expect("it runs");
    let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    status["degraded"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|why| why.to_string().to_lowercase())
        .collect()
}

/// How many of the lines that it has logged have these words.
fn logged(daemon: &Daemon, words: &str) -> usize {
    daemon.log.try_iter().filter(|line| line.contains(words)).count()
}

/// Every headline of the journal once.
fn is_exact(place: &Place, pages: u32) {
    let events = place.replay();
    let mut said = headlines(&events);
    said.sort_unstable();
    said.dedup();
    assert_eq!((said.len(), events.len()), (2 * pages as usize, 2 * pages as usize));
}

#[test]
fn m13_a_disk_that_is_filled_and_freed_again_and_again_loses_nothing() {
    let place = Place::new();
    let Some(_disk) = Tmpfs::mount(&place.state, "size=1m,mode=0700") else { return };
    let daemon = place.run();
    place.put("2024-03-01-first.txt", page("Page 0"));
    daemon.says(2);
    let ballast = place.state.join("ballast");
    let mut paused = 0;
    for n in 1..=FILLED {
        let mut file = fs::File::create(&ballast).expect("a file");
        let full = (0..4_096).find_map(|_| file.write_all(&[0; 1_024]).err());
        assert_eq!(full.map(|error| error.kind()), Some(std::io::ErrorKind::StorageFull));
        place.put(&format!("2024-03-{:02}-next.txt", n + 1), page(&format!("Page {n}")));
        // Where the index's log had grown, giving its room back may be enough.
        let mut is_full = false;
        until("the disk is full, or has had some room left", || {
            let degraded = degraded(&place);
            is_full = degraded.contains("no space left on device") || degraded.contains("full");
            is_full || place.head() > 2 * n as usize
        });
        paused += u32::from(is_full);
        assert!(place.replay().len() >= 2 * n as usize, "what was said is still served");
        drop(file);
        fs::remove_file(&ballast).expect("removed");
        daemon.says_at_least(2);
        until("it is well again", || degraded(&place).is_empty());
    }
    assert!(paused > FILLED / 2, "paused {paused} times of {FILLED}");
    assert!(logged(&daemon, "reading pauses, and nothing is lost") <= 1, "once a minute at most");
    is_exact(&place, FILLED + 1);
    daemon.is_silent();
    daemon.stop();
}

#[test]
fn m13_the_end_on_a_full_disk_is_in_order() {
    let place = Place::new();
    let Some(_disk) = Tmpfs::mount(&place.state, "size=1m,mode=0700") else { return };
    let daemon = place.run();
    place.put("2024-03-01-first.txt", page("Page 0"));
    daemon.says(2);
    let mut file = fs::File::create(place.state.join("ballast")).expect("a file");
    let _full = (0..4_096).find_map(|_| file.write_all(&[0; 1_024]).err()).expect("it is full");
    place.put("2024-03-02-next.txt", page("Page 1"));
    until("it is full", || degraded(&place).contains("full") || degraded(&place).contains("no space"));
    daemon.stop();
    drop(file);
    fs::remove_file(place.state.join("ballast")).expect("removed");
    assert_eq!(place.once().len(), 2);
    is_exact(&place, 2);
}

#[test]
fn m13_a_start_on_a_full_disk_waits_for_room() {
    let place = Place::new();
    let Some(_disk) = Tmpfs::mount(&place.state, "size=1m,mode=0700") else { return };
    place.put("2024-03-01-first.txt", page("Page 0"));
    assert_eq!(place.once().len(), 2);
    let ballast = place.state.join("ballast");
    let mut file = fs::File::create(&ballast).expect("a file");
    let _full = (0..4_096).find_map(|_| file.write_all(&[0; 1_024]).err()).expect("it is full");
    let waiting = Daemon::spawned(place.command("run"));
    waiting.logged("the start waits for room");
    waiting.stop();
    let daemon = Daemon::spawned(place.command("run"));
    daemon.logged("the start waits for room");
    drop(file);
    fs::remove_file(&ballast).expect("removed");
    place.put("2024-03-02-next.txt", page("Page 1"));
    daemon.says(2);
    is_exact(&place, 2);
    daemon.stop();
}

/// The log had the whole disk once, so that not even it could be brought into the index, for ever.
#[test]
fn m13_on_a_small_disk_the_index_keeps_its_log_short() {
    let place = Place::new();
    let Some(_disk) = Tmpfs::mount(&place.state, "size=1m,mode=0700") else { return };
    let daemon = place.run();
    fs::write(place.state.join("ballast"), vec![0; 400 << 10]).expect("there is room");
    let pages = 28;
    // One after the other, faster than the syncer looks: each has a transaction of its own.
    for n in 0..pages {
        place.put(&format!("2024-03-{:02}-next.txt", n + 1), page(&format!("Page {n}")));
        daemon.says_at_least(2);
    }
    assert_eq!(logged(&daemon, "reading pauses"), 0);
    is_exact(&place, pages);
}

#[test]
fn m13_a_disk_without_room_for_another_file_heals_too() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\n");
    let Some(_disk) = Tmpfs::mount(&place.state, "size=4m,mode=0700,nr_inodes=24") else {
        return;
    };
    let daemon = place.run();
    let pages = 12;
    // Names run out: no new segment can be begun.
    let mut taken = Vec::new();
    for n in 0..24 {
        let name = place.state.join(format!("taken-{n}"));
        if fs::File::create(&name).is_ok() {
            taken.push(name);
        }
    }
    assert!(taken.len() < 24);
    for n in 0..pages {
        place.put(&format!("2024-03-{:02}-page.txt", n + 1), page(&format!("Page {n}")));
    }
    until("no file can be made", || degraded(&place).contains("no space left on device"));
    for name in taken {
        fs::remove_file(name).expect("removed");
    }
    daemon.says(2 * pages as usize);
    until("it is well again", || degraded(&place).is_empty());
    is_exact(&place, pages);
}

#[test]
fn m14_a_read_only_state_directory_is_said_with_what_to_do() {
    let place = Place::new();
    let Some(_disk) = Tmpfs::mount(&place.state, "size=1m,mode=0700") else { return };
    place.put("2024-03-01-first.txt", page("Page 0"));
    assert_eq!(place.once().len(), 2);
    let remount = |how: &str| {
        let mount = Command::new("mount").args(["-o", how]).arg(&place.state).status().expect("mount runs");
        assert!(mount.success());
    };
    remount("remount,ro");
    place.put("2024-03-02-next.txt", page("Page 1"));
    let output = place.command("run").arg("--once").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("ead-only file system") && said.contains("hint: mount it writable; nothing is lost"),
        "{said}"
    );
    assert_eq!(place.replay().len(), 2, "it can still be read");
    remount("remount,rw");
    assert_eq!(place.once().len(), 2);
    is_exact(&place, 2);
}

#[test]
fn a_drop_directory_that_vanishes_and_comes_back_is_read_on() {
    let place = Place::new();
    let daemon = place.run();
    place.put("2024-03-01-first.txt", page("Page 0"));
    daemon.says(2);
    let away = place.dir.path().join("away");
    fs::rename(&place.drop, &away).expect("moved away");
    until("it is missed", || !degraded(&place).is_empty());
    fs::write(away.join("2024-03-02-next.txt"), page("Page 1")).expect("written");
    fs::rename(&away, &place.drop).expect("back again");
    daemon.says(2);
    until("it is well again", || degraded(&place).is_empty());
    // Another one in its place is followed, too.
    fs::rename(&place.drop, &away).expect("moved away");
    fs::create_dir(&place.drop).expect("a new one");
    place.put("2024-03-03-last.txt", page("Page 2"));
    daemon.says(2);
    assert!(logged(&daemon, "WARN") <= 4);
    is_exact(&place, 3);
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

/// `run` by a user who isn't allowed everything: root is.
fn by_somebody_else(place: &Place) -> Command {
    let binary = place.dir.path().join("liveblogd");
    fs::copy(env!("CARGO_BIN_EXE_liveblogd"), &binary).expect("a copy");
    allow(place.dir.path(), 0o755);
    let segments = place.state.join("journal");
    fs::create_dir_all(&segments).expect("a directory");
    let mut run = if rustix::process::geteuid().is_root() {
        for path in [&place.state, &segments] {
            std::os::unix::fs::chown(path, Some(65_534), None).expect("given away");
        }
        // Root may read everything, so somebody else has to try.
        let mut run = Command::new("setpriv");
        run.args(["--reuid", NOBODY, "--clear-groups"]).arg(&binary);
        run
    } else {
        Command::new(&binary)
    };
    run.env_clear()
        .env("HOME", "/nonexistent")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    run.arg("run")
        .arg("--config")
        .arg(&place.config)
        .arg("--state")
        .arg(&place.state)
        .arg("--drop")
        .arg(&place.drop);
    run
}

#[test]
fn m29_lost_permissions_pause_what_they_touch_and_heal() {
    let place = Place::with("[journal]\nsegment_size = \"64KiB\"\n");
    let segments = place.state.join("journal");
    let daemon = Daemon::of(by_somebody_else(&place));
    fs::create_dir(place.path("locked")).expect("a directory");
    allow(&place.path("locked"), 0o000);
    place.put("2024-03-01-first.txt", page("Page 0"));
    daemon.says(2);
    until("the directory is named", || degraded(&place).contains("1 path can't be read"));
    allow(&place.path("locked"), 0o755);
    until("it is well again", || degraded(&place).is_empty());
    let next = place.dir.path().join("next");
    fs::write(&next, page("Page 1")).expect("written");
    allow(&next, 0o000);
    fs::rename(&next, place.path("locked/2024-03-02-next.txt")).expect("moved");
    until("the file is named", || degraded(&place).contains("1 path can't be read"));
    daemon.is_silent();
    allow(&place.path("locked/2024-03-02-next.txt"), 0o644);
    daemon.says(2);
    // No segment can be begun.
    allow(&segments, 0o500);
    for n in 2..16 {
        place.put(&format!("2024-03-{:02}-page.txt", n + 1), page(&format!("Page {n}")));
        std::thread::sleep(Duration::from_millis(20));
    }
    until("no segment can be begun", || degraded(&place).contains("permission denied"));
    allow(&segments, 0o700);
    daemon.says_at_least(28);
    until("it is well again", || degraded(&place).is_empty());
    is_exact(&place, 16);
}

/// Another journal came to stand in the place of the one that was followed, and its events went on where those ended.
#[test]
fn replay_that_follows_ends_where_another_journal_takes_the_place_of_its_own() {
    let place = Place::new();
    place.put("2024-03-01.txt", page("The first ferry leaves"));
    let own = place.once();
    let mut command = place.command("replay");
    command.arg("--follow");
    let mut follow = Daemon::spawned(command);
    assert_eq!(follow.says(2), own);
    let away = place.dir.path().join("away");
    fs::rename(&place.state, &away).expect("moved away");
    follow.is_silent();
    fs::rename(&away, &place.state).expect("back again");
    place.put("2024-03-02.txt", page("The second ferry leaves"));
    let more = place.once();
    assert_eq!(follow.says(2), more);
    fs::rename(&place.state, &away).expect("moved away");
    let others = place.once();
    let id = |events: &[Value]| {
        events[0]["cursor"]
            .as_str()
            .and_then(|cursor| cursor.split(':').next())
            .expect("a journal")
            .to_string()
    };
    let warned = follow.logged("warning: the journal in ");
    assert!(warned.contains(&format!("is {} now, and {} was followed", id(&others), id(&own))), "{warned}");
    assert_eq!(follow.ended().code(), Some(1));
    follow.is_silent();
}

/// What it was started in went away, and with it what `.` leads to: nothing was read any more, and nothing said of it.
#[test]
fn a_drop_directory_named_by_a_dot_that_is_made_again_is_read() {
    let place = Place::new();
    let mut run = Command::new(env!("CARGO_BIN_EXE_liveblogd"));
    run.env_clear().env("HOME", "/nonexistent").current_dir(&place.drop);
    run.arg("run")
        .arg("--config")
        .arg(&place.config)
        .arg("--state")
        .arg(&place.state)
        .args(["--drop", "."]);
    let daemon = Daemon::of(run);
    place.put("2024-03-01-first.txt", page("Page 0"));
    daemon.says(2);
    fs::rename(&place.drop, place.dir.path().join("aside")).expect("moved away");
    fs::create_dir(&place.drop).expect("made again");
    place.put("2024-03-02-next.txt", page("Page 1"));
    let said = daemon.says(2);
    assert_eq!(said[0]["origin"]["root"], ".", "as it was configured");
    place.put("2024-03-03-last.txt", page("Page 2"));
    daemon.says(2);
    daemon.stop();
}

/// It ended with 0, as if there had been nothing to read.
#[test]
fn once_fails_where_the_drop_directory_cannot_be_read() {
    let place = Place::new();
    let mut run = by_somebody_else(&place);
    run.arg("--once");
    for mode in [0o000, 0o444, 0o111] {
        allow(&place.drop, mode);
        let output = run.output().expect("it runs");
        allow(&place.drop, 0o755);
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{mode:o}: {log}");
        assert!(log.contains("cannot read the drop directory") && log.contains("\nhint: "), "{log}");
    }
}

/// The advice was to allow more watches, whatever was wrong.
#[test]
fn a_directory_that_may_not_be_watched_needs_rights_and_no_more_watches() {
    let place = Place::new();
    fs::create_dir(place.path("locked")).expect("a directory");
    allow(&place.path("locked"), 0o000);
    let daemon = Daemon::spawned(by_somebody_else(&place));
    let line = daemon.logged("cannot watch everything");
    assert!(line.contains("the right to read") && !line.contains("max_user_watches"), "{line}");
    allow(&place.path("locked"), 0o755);
    daemon.stop();
}

/// Nothing below it was read, and nothing said so.
#[test]
fn a_directory_whose_name_is_left_out_is_named() {
    let place = Place::new();
    fs::create_dir(place.path("live.part")).expect("a directory");
    place.put("live.part/2024-03-01.txt", page("Page 0"));
    let daemon = Daemon::spawned(place.command("run"));
    let line = daemon.logged("this directory is left out");
    assert!(line.contains("drop/live.part"), "{line}");
    daemon.is_silent();
    daemon.stop();
}
