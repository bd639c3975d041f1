//! Files that are done: archived or removed once their updates are in the journal, and never anything else.

mod support;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use support::{Daemon, Place, SAMPLE, SILENCE, headlines, not_tested, until};

fn update(number: usize) -> String {
    format!("{:02}:{:02} GMT\nUpdate number {number}\nWhat happened at {number}.\n", number / 60, number % 60)
}

/// A place whose files are archived after so many ms.
fn archiving(after_ms: u64) -> (Place, PathBuf) {
    let place = Place::new();
    let archive = place.dir.path().join("old/pages");
    configure(&place, &format!("done = \"archive\"\ndone_after = \"{after_ms}ms\"\narchive = {archive:?}\n"));
    (place, archive)
}

fn configure(place: &Place, lines: &str) {
    fs::write(&place.config, format!("[drop]\nsettle = \"150ms\"\n{lines}")).expect("written");
}

/// Where an open file lies now.
fn there(file: &fs::File) -> PathBuf {
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).expect("it is open")
}

fn status(place: &Place) -> Value {
    let output = place.command("status").arg("--json").output().expect("it runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// All files below a directory, by path.
fn below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.file_type().expect("a type").is_dir() {
                true => open.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_is_done_is_archived_under_its_path_and_the_rest_stays() {
    let (place, archive) = archiving(300);
    let odd = OsStr::from_bytes(b"caf\xe9 \n2024-06-12.txt");
    fs::create_dir_all(place.path("storm/day")).expect("made");
    fs::write(place.path("storm/day/2024-06-12-storm.txt"), SAMPLE).expect("written");
    fs::write(place.drop.join(odd), update(7)).expect("written");
    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(update(8).encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(place.path("2024-06-12-utf16.txt"), utf16).expect("written");
    fs::write(place.path("notes.txt"), "No time stands here.\nAnd none here.\n").expect("written");
    fs::write(place.path("picture.txt"), b"\x89PNG\0\0\0\0").expect("written");
    fs::write(place.path(".hidden"), update(1)).expect("written");
    fs::create_dir(place.path(".data")).expect("made");
    fs::write(place.path(".data/2024-06-12.txt"), update(9)).expect("written");
    symlink(".data/2024-06-12.txt", place.path("2024-06-12-link.txt")).expect("linked");
    fs::write(place.path("empty.txt"), "").expect("written");
    fs::write(place.path("2024-06-12-torn.txt"), "09:00 GMT\nHalf a line").expect("written");
    let daemon = place.run();
    let said = daemon.says_at_least(8 + 3 + 1).len();
    until("three files are archived", || status(&place)["files"]["archived"].as_u64() >= Some(3));
    // A line without its end counts as whole after ten times settle.
    until("the torn one, too", || status(&place)["files"]["archived"] == 4);
    let said = said + daemon.out.try_iter().count();
    assert_eq!(
        below(&archive),
        [
            "2024-06-12-torn.txt",
            "2024-06-12-utf16.txt",
            "caf\u{fffd} \n2024-06-12.txt",
            "storm/day/2024-06-12-storm.txt"
        ]
        .map(|name| match name.contains('\u{fffd}') {
            true => archive.join(odd),
            false => archive.join(name),
        })
    );
    assert_eq!(fs::read_to_string(archive.join("storm/day/2024-06-12-storm.txt")).expect("read"), SAMPLE);
    let left: Vec<_> = below(&place.drop);
    let names = [
        ".data/2024-06-12.txt",
        ".hidden",
        "2024-06-12-link.txt",
        "empty.txt",
        "notes.txt",
        "picture.txt",
    ];
    assert_eq!(left, names.map(|name| place.path(name)));
    let rights = |path: &Path| fs::metadata(path).expect("there").permissions().mode();
    assert_eq!(rights(&archive.join("storm/day")), rights(&place.drop), "as its own directory");
    let now = status(&place);
    assert_eq!((&now["files"]["stuck"], &now["degraded"]), (&0.into(), &Value::Array(vec![])), "{now}");
    daemon.logged("files that were done were archived");
    daemon.stop();
    assert_eq!(place.replay().len(), said);
    // They stay known.
    place.put("2024-06-12-copy.txt", SAMPLE);
    assert_eq!(place.once().len(), 0);
    let page = place.command("status").output().expect("it runs").stdout;
    assert!(String::from_utf8_lossy(&page).contains(", 4 archived\n"), "{}", String::from_utf8_lossy(&page));
}

#[test]
fn nothing_leaves_by_default_nor_before_its_time_nor_with_once() {
    let place = Place::new();
    place.put("2024-06-12-storm.txt", SAMPLE);
    assert_eq!(place.once().len(), 8);
    let archive = place.dir.path().join("old");
    configure(&place, &format!("done = \"archive\"\narchive = {archive:?}\n"));
    let daemon = place.run();
    place.put("2024-06-12-late.txt", update(1));
    daemon.says(1);
    std::thread::sleep(SILENCE);
    daemon.stop();
    configure(&place, &format!("done = \"archive\"\ndone_after = \"0s\"\narchive = {archive:?}\n"));
    place.once();
    assert_eq!(below(&place.drop).len(), 2);
    assert!(!archive.exists());
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let (place, archive) = archiving(0);
    fs::create_dir_all(&archive).expect("made");
    fs::write(archive.join("2024-06-12.txt"), "somebody's").expect("written");
    let daemon = place.run();
    for number in 0..3 {
        place.put("2024-06-12.txt", update(number));
        assert_eq!(headlines(&daemon.says_at_least(1)), [format!("Update number {number}")]);
        until("it is archived", || !place.path("2024-06-12.txt").exists());
    }
    daemon.stop();
    let text = |name: &str| fs::read_to_string(archive.join(name)).expect("read");
    assert_eq!(text("2024-06-12.txt"), "somebody's");
    for number in 0..3 {
        assert_eq!(text(&format!("2024-06-12.txt.{}", number + 1)), update(number));
    }
}

#[test]
fn a_file_that_grows_again_stays_until_it_rests_and_nothing_of_it_is_lost() {
    const UPDATES: usize = 40;
    let (place, archive) = archiving(0);
    let daemon = place.run();
    let mut late = HashSet::new();
    // Each pause is about as long as it takes for the file to be done: some are archived, others grow just then.
    for number in 0..UPDATES {
        let path = place.path("2024-06-12.log");
        let mut file = fs::File::options().append(true).create(true).open(path).expect("opened");
        file.write_all(update(number).as_bytes()).expect("appended");
        // Archived between the two: what is written then is kept, and need not be read.
        if there(&file).starts_with(&archive) {
            late.insert(format!("Update number {number}"));
        }
        std::thread::sleep(Duration::from_millis(100 + 23 * (number as u64 % 13)));
    }
    assert!(late.len() < UPDATES / 2, "the daemon had the better of {}", late.len());
    daemon.says_at_least(UPDATES - late.len());
    until("all is archived", || below(&place.drop).is_empty());
    daemon.stop();
    let said: HashSet<String> = headlines(&place.replay()).into_iter().map(String::from).collect();
    let lost: Vec<String> = (0..UPDATES).map(|number| format!("Update number {number}")).collect();
    let lost: Vec<&String> = lost.iter().filter(|it| !said.contains(*it) && !late.contains(*it)).collect();
    assert!(lost.is_empty(), "{lost:?}, besides late ones: {late:?}");
    let kept: String = below(&archive).iter().map(|path| fs::read_to_string(path).expect("read")).collect();
    assert_eq!(kept.matches("Update number").count(), UPDATES, "none is lost in the archive");
}

#[test]
fn what_an_open_writer_adds_after_the_move_is_kept_but_not_read() {
    let (place, archive) = archiving(0);
    let mut writer = fs::File::create(place.path("2024-06-12.log")).expect("made");
    writer.write_all(update(1).as_bytes()).expect("written");
    let daemon = place.run();
    daemon.says(1);
    // Not once it lies there: what is added before the daemon has looked at it there is put back, and read.
    until("it is archived", || status(&place)["files"]["archived"] == 1);
    writer.write_all(update(2).as_bytes()).expect("written");
    drop(writer);
    daemon.is_silent();
    // The way out of it, as it is documented.
    fs::rename(archive.join("2024-06-12.log"), place.path("2024-06-12.log")).expect("moved");
    assert_eq!(headlines(&daemon.says(1)), ["Update number 2"]);
    daemon.stop();
}

#[test]
fn removed_is_gone_and_known() {
    let place = Place::new();
    configure(&place, "done = \"remove\"\ndone_after = \"200ms\"\n");
    let daemon = place.run();
    fs::create_dir(place.path("storm")).expect("made");
    place.put("storm/2024-06-12-storm.txt", SAMPLE);
    place.put("storm/notes.txt", "No time stands here.\n");
    daemon.says(8);
    until("it is removed", || status(&place)["files"]["removed"] == 1);
    assert_eq!(below(&place.drop), [place.path("storm/notes.txt")]);
    place.put("storm/2024-06-12-storm.txt", SAMPLE);
    until("again", || status(&place)["files"]["removed"] == 2);
    daemon.is_silent();
    daemon.stop();
}

#[test]
fn a_kill_at_any_step_of_it_loses_and_repeats_nothing() {
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        return not_tested("a kill between two steps of archiving: strace isn't installed");
    }
    for (done, call) in [
        ("archive", "renameat2"),
        ("remove", "renameat2"),
        ("remove", "unlinkat"),
        ("archive", "mkdirat"),
    ] {
        let (place, archive) = archiving(0);
        configure(&place, &format!("done = {done:?}\ndone_after = \"0s\"\narchive = {archive:?}\n"));
        fs::create_dir(place.path("storm")).expect("made");
        place.put("storm/2024-06-12-storm.txt", SAMPLE);
        place.put("2024-06-12-other.txt", update(1));
        let run = place.command("run");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
        strace.args(["-e", &format!("inject={call}:signal=KILL:when=1")]);
        strace.arg(run.get_program()).args(run.get_args()).env_clear();
        let mut daemon = Daemon::of(strace);
        assert!(!daemon.ended().success(), "{call} was never called");
        let daemon = place.run();
        until("both are away", || below(&place.drop).is_empty());
        place.put("2024-06-12-more.txt", update(2));
        until("it goes on", || place.replay().len() == 8 + 2);
        daemon.stop();
        assert!(!place.state.join("moving").exists());
        let expected = if done == "archive" { 2..4 } else { 0..1 };
        assert!(expected.contains(&below(&archive).len()), "{:?}", below(&archive));
    }
}

/// A run that ended between the move of a file and the look at it, in the very moment in which another was put there.
#[test]
fn a_file_that_was_replaced_as_it_was_moved_is_put_back_by_the_next_start() {
    let (place, archive) = archiving(60_000);
    place.put("2024-06-12.txt", update(1));
    assert_eq!(place.once().len(), 1);
    let hex = |root: &Path, name: &str| {
        let key = [root.as_os_str().as_bytes(), b"\0", name.as_bytes()].concat();
        key.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let line = serde_json::json!({
        "file": hex(&place.drop, "2024-06-12.txt"),
        "to": hex(&archive, "2024-06-12.txt"),
        "stat": [1, 1, null, 10, 0, 0],
        "removed": false,
    });
    fs::create_dir_all(&archive).expect("made");
    fs::rename(place.path("2024-06-12.txt"), archive.join("2024-06-12.txt")).expect("moved");
    fs::write(archive.join("2024-06-12.txt"), update(1) + &update(2)).expect("written");
    fs::write(place.state.join("moving"), format!("{line}\n{{\"torn")).expect("written");
    let daemon = place.run();
    assert_eq!(headlines(&daemon.says(1)), ["Update number 2"]);
    assert_eq!(below(&place.drop), [place.path("2024-06-12.txt")]);
    assert!(!place.state.join("moving").exists());
    daemon.stop();
}

#[test]
fn what_cannot_be_moved_stays_is_shown_and_goes_once_it_can() {
    let place = Place::new();
    let archive = place.dir.path().join("old");
    configure(&place, &format!("done = \"archive\"\ndone_after = \"0s\"\narchive = {archive:?}\n"));
    // Root may do everything; a file in the way of a directory stops root, too.
    fs::create_dir_all(&archive).expect("made");
    fs::write(archive.join("storm"), "in the way").expect("written");
    fs::create_dir(place.path("storm")).expect("made");
    place.put("storm/2024-06-12-storm.txt", SAMPLE);
    place.put("2024-06-12-other.txt", update(1));
    let daemon = place.run();
    daemon.says(9);
    let line = daemon.logged("files that are done stay where they are");
    assert!(line.contains("storm/2024-06-12-storm.txt") && line.contains("move that file away"), "{line}");
    until("the other one is archived", || archive.join("2024-06-12-other.txt").exists());
    until("that is shown", || status(&place)["files"]["stuck"] == 1);
    let now = status(&place);
    assert!(now["degraded"][0].as_str().is_some_and(|why| why.contains("can't be archived")), "{now}");
    assert_eq!(now["faults"][0]["lasts"], true, "{now}");
    fs::remove_file(archive.join("storm")).expect("removed");
    until("it is archived", || archive.join("storm/2024-06-12-storm.txt").exists());
    until("all is well", || {
        let now = status(&place);
        now["degraded"].as_array().is_some_and(Vec::is_empty) && now["faults"][0]["lasts"] == false
    });
    daemon.stop();
}

#[test]
fn without_the_right_to_write_there_it_stays_and_is_read_on() {
    let place = Place::new();
    let archive = place.dir.path().join("old");
    fs::create_dir(&archive).expect("made");
    configure(&place, &format!("done = \"archive\"\ndone_after = \"0s\"\narchive = {archive:?}\n"));
    if Command::new("setpriv").arg("--version").output().is_err() {
        return not_tested("archiving without the right to: setpriv isn't installed");
    }
    if !rustix::process::getuid().is_root() {
        return not_tested("archiving without the right to: only root may become another user");
    }
    for directory in [place.dir.path(), &archive, &place.drop] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).expect("set");
    }
    fs::create_dir(&place.state).expect("made");
    rustix::fs::chown(&place.state, Some(rustix::fs::Uid::from_raw(65_534)), None).expect("given");
    let run = place.command("run");
    let mut other = Command::new("setpriv");
    other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    other.arg(run.get_program()).args(run.get_args()).env_clear();
    let daemon = Daemon::of(other);
    place.put("2024-06-12.txt", update(1));
    fs::set_permissions(place.path("2024-06-12.txt"), fs::Permissions::from_mode(0o644)).expect("set");
    daemon.says(1);
    let line = daemon.logged("files that are done stay where they are");
    assert!(line.contains("Permission denied") && line.contains("right to write"), "{line}");
    place.append("2024-06-12.txt", update(2));
    daemon.says(1);
    for directory in [&archive, &place.drop] {
        rustix::fs::chown(directory, Some(rustix::fs::Uid::from_raw(65_534)), None).expect("given");
    }
    until("it is archived", || archive.join("2024-06-12.txt").exists());
    daemon.stop();
}

#[test]
fn an_archive_on_a_full_disk_takes_what_it_can_later() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=1m,nr_inodes=12", "tmpfs"]).arg(dir.path());
    if !mount.output().is_ok_and(|output| output.status.success()) {
        return not_tested("an archive on a full disk: this user may not mount a tmpfs");
    }
    let _mounted = Mounted(dir.path().to_path_buf());
    let (mut place, archive) = (Place::new(), dir.path().join("old"));
    place.drop = dir.path().join("drop");
    fs::create_dir_all(place.path("storm")).expect("made");
    configure(&place, &format!("done = \"archive\"\ndone_after = \"0s\"\narchive = {archive:?}\n"));
    fs::write(place.path("storm/2024-06-12-storm.txt"), SAMPLE).expect("written");
    let mut filler = 0;
    while fs::write(dir.path().join(format!("filler-{filler}")), "x").is_ok() {
        filler += 1;
    }
    let daemon = place.run();
    daemon.says(8);
    let line = daemon.logged("files that are done stay where they are");
    assert!(line.contains("No space left"), "{line}");
    fs::write(place.path("storm/2024-06-12-storm.txt"), format!("{}{SAMPLE}", update(1_200)))
        .expect("written");
    daemon.says(1);
    (0..filler)
        .for_each(|number| fs::remove_file(dir.path().join(format!("filler-{number}"))).expect("removed"));
    until("it is archived", || archive.join("storm/2024-06-12-storm.txt").exists());
    daemon.stop();
}

/// Unmounted when it's dropped.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn an_archive_that_cannot_be_meant_is_refused() {
    let place = Place::new();
    let elsewhere = fs::metadata("/dev/shm").is_ok_and(|there| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(place.dir.path()).is_ok_and(|here| here.dev() != there.dev())
    });
    let inside = place.path("old");
    let state = place.state.join("old");
    let above = place.dir.path().to_path_buf();
    let mut wrong = vec![
        ("".into(), "there is no drop.archive"),
        (format!("archive = {inside:?}\n"), "lies in the drop directory"),
        (format!("archive = {state:?}\n"), "lies in the state directory"),
        (format!("archive = {above:?}\n"), "lies in drop.archive"),
        (format!("archive = {:?}\n", place.config), "is no directory"),
    ];
    if elsewhere {
        wrong.push(("archive = \"/dev/shm/liveblogd-old\"\n".into(), "lies on another file system"));
    } else {
        not_tested("an archive on another file system: there is no other one here");
    }
    for (line, said) in wrong {
        configure(&place, &format!("done = \"archive\"\n{line}"));
        let mut check = place.command("check");
        check.arg("--drop").arg(&place.drop).arg("--state").arg(&place.state);
        for mut command in [check, place.command("run")] {
            let output = command.output().expect("it runs");
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(78), "{log}");
            assert!(log.contains(said) && log.contains("hint: "), "{said} in {log}");
        }
    }
    // An excluded one is fine, and isn't read.
    configure(
        &place,
        &format!("done = \"archive\"\ndone_after = \"0s\"\narchive = {:?}\n", place.path(".done")),
    );
    let daemon = place.run();
    place.put("2024-06-12.txt", update(1));
    daemon.says(1);
    until("it is archived", || place.path(".done/2024-06-12.txt").exists());
    daemon.is_silent();
    daemon.stop();
}

#[test]
fn a_reload_begins_and_ends_it() {
    let place = Place::new();
    let archive = place.dir.path().join("old");
    place.put("2024-06-12-a.txt", update(1));
    let daemon = place.run();
    daemon.says(1);
    configure(&place, &format!("done = \"archive\"\ndone_after = \"0s\"\narchive = {archive:?}\n"));
    daemon.signal(Signal::HUP);
    let line = daemon.logged("the configuration was read again");
    assert!(line.contains("drop.archive, drop.done, drop.done_after"), "{line}");
    until("it is archived", || archive.join("2024-06-12-a.txt").exists());
    configure(&place, "");
    daemon.signal(Signal::HUP);
    daemon.logged("the configuration was read again");
    place.put("2024-06-12-b.txt", update(2));
    daemon.says(1);
    let since = Instant::now();
    while since.elapsed() < SILENCE {
        assert!(place.path("2024-06-12-b.txt").exists());
        std::thread::yield_now();
    }
    daemon.stop();
}
