//! `status` and `forget` with the real binary: what a person sees of a daemon that runs, is stopped, or is in trouble.

mod support;

use std::fs;
use std::process::{Output, Stdio};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;

use support::{PATIENCE, Place, SAMPLE, events, headlines, not_tested, text, until};

/// What `status --json` says, and its exit code.
fn status_with(place: &Place, args: &[&str]) -> (Value, Option<i32>) {
    let output = place.command("status").arg("--json").args(args).output().expect("it runs");
    let said = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (said, output.status.code())
}

fn status(place: &Place) -> (Value, Option<i32>) {
    status_with(place, &[])
}

fn page_of_status(place: &Place) -> String {
    let output = place.command("status").output().expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn forget(place: &Place, globs: &[&str]) -> Output {
    place.command("forget").args(globs).output().expect("it runs")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("UTF-8")
}

/// A page of some day with updates of its own.
fn page(name: &str) -> String {
    format!("11:20\nLater at {name}\nOne thing.\n10:05\nEarlier at {name}\nAnother.\n")
}

fn said_again(place: &Place, lost_index: bool) -> Vec<Value> {
    if lost_index {
        for suffix in ["", "-wal", "-shm"] {
            let _may_be_missing = fs::remove_file(place.state.join(format!("index.sqlite{suffix}")));
        }
    }
    place.once()
}

#[test]
fn status_shows_a_running_daemon_and_a_stopped_one() {
    let place = Place::new();
    let daemon = place.run();
    place.put("2024-06-12-storm.txt", SAMPLE);
    place.put("notes.txt", "No time stands here.\nAnd none here.\n");
    place.put("picture.txt", b"\x89PNG\0\0\0\0");
    let said = daemon.says_at_least(8).len() as u64;
    until("everything is read", || {
        let files = &status(&place).0["files"];
        files["settled"] == 1 && files["no_time_lines"] == 1 && files["not_text"] == 1
    });
    place.put("2024-06-12-copy.txt", SAMPLE);
    until("the copy is known, and stdout has everything", || {
        let (now, _) = status(&place);
        now["updates"]["known"].as_u64() >= Some(said) && now["sinks"][0]["lag"] == 0
    });
    let (now, code) = status(&place);
    assert_eq!(code, Some(0), "{now}");
    assert_eq!((&now["daemon"]["running"], &now["daemon"]["pid"]), (&true.into(), &daemon.child.id().into()));
    assert_eq!(now["liveblogd"], env!("CARGO_PKG_VERSION"));
    assert_eq!(now["updates"]["new"], now["journal"]["head"]);
    assert_eq!(now["journal"]["oldest"], 1);
    assert_eq!(now["sinks"][0]["name"], "stdout");
    let cursor = format!("{}:{}", text(&now["journal"], "id"), now["journal"]["head"]);
    assert_eq!(now["sinks"][0]["cursor"], cursor.as_str());
    assert_eq!(now["degraded"], serde_json::json!([]));
    daemon.stop();
    let (stopped, code) = status_with(&place, &["--verify"]);
    assert_eq!(code, Some(0), "a stopped daemon isn't a degraded one: {stopped}");
    assert_eq!(stopped["daemon"]["running"], false);
    assert_eq!((&stopped["damage"], &stopped["updates"]), (&serde_json::json!([]), &now["updates"]));
    let page = page_of_status(&place);
    for words in [
        "not running",
        "2 settled, 1 no time lines, 1 not text, 0 held back, 0 unreadable",
        "0 behind",
        "health    ok",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_path_that_cannot_be_read_degrades_until_it_heals() {
    let place = Place::new();
    let link = place.path("lost.txt");
    std::os::unix::fs::symlink("nowhere", &link).expect("a link");
    let daemon = place.run();
    until("it is noted", || status(&place).1 == Some(1));
    let (now, _) = status(&place);
    assert_eq!(now["files"]["unreadable"], 1);
    assert_eq!(now["degraded"], serde_json::json!(["1 path can't be read"]));
    assert_eq!(now["faults"][0]["lasts"], true);
    assert!(text(&now["faults"][0], "path").ends_with("lost.txt"), "{now}");
    fs::remove_file(&link).expect("removed");
    until("it has healed", || status(&place).1 == Some(0));
    let (now, _) = status(&place);
    assert_eq!(
        (&now["faults"][0]["lasts"], &now["faults"][0]["count"]),
        (&false.into(), &1.into()),
        "still shown"
    );
    daemon.stop();
}

#[test]
fn m14_a_journal_that_cannot_grow_is_a_trouble_that_status_shows() {
    let place = Place::new();
    // A file size limit stands for a full disk: the write fails in the middle.
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_liveblogd"));
    run.args(["run", "--no-stdout", "--config"]).arg(&place.config).arg("--state").arg(&place.state);
    run.arg("--drop").arg(&place.drop).stdout(Stdio::null()).stderr(Stdio::null());
    let mut daemon = run.spawn().expect("it starts");
    until("it runs", || {
        place.state.join("trouble").exists() && status(&place).0["daemon"]["running"] == true
    });
    let pid = Pid::from_child(&daemon);
    let before = prlimit(Some(pid), Resource::Fsize, Rlimit { current: Some(300_000), maximum: None });
    let before = before.expect("a limit");
    let long = "A sentence that takes some room in the journal. ".repeat(40);
    for file in 0..4 {
        let update = |n: u32| format!("{:02}:{:02}\nUpdate {n} of {file}\n{long}\n", n / 60, n % 60);
        place.put(&format!("2024-03-0{}-long.txt", file + 1), (0..100).map(update).collect::<String>());
    }
    until("it is in trouble", || status(&place).1 == Some(1));
    let (now, _) = status(&place);
    let why = now["degraded"][0].as_str().expect("a reason");
    assert!(why.starts_with("cannot ") && why.contains(&place.state.display().to_string()), "{why}");
    assert!(page_of_status(&place).contains("degraded  cannot "));
    prlimit(Some(pid), Resource::Fsize, before).expect("the limit is raised");
    until("everything is said", || status(&place).0["journal"]["head"] == 400);
    until("the trouble is over", || status(&place).1 == Some(0));
    // With what else is written into the index, a moment later.
    until("it is remembered", || status(&place).0["faults"][0]["lasts"] == false);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("told to stop");
    assert!(daemon.wait().expect("it ends").success());
    let journal = place.replay();
    let mut said = headlines(&journal);
    said.sort_unstable();
    said.dedup();
    assert_eq!((journal.len(), said.len()), (400, 400), "each once");
    assert_eq!(status_with(&place, &["--verify"]).1, Some(0));
}

#[test]
fn damage_is_found_by_verify_alone() {
    let place = Place::new();
    place.put("2024-06-12-storm.txt", SAMPLE);
    place.once();
    let segment = place.state.join("journal/00000000000000000001.ndjson");
    let mut bytes = fs::read(&segment).expect("a segment");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).expect("written");
    assert_eq!(status(&place).1, Some(0));
    let (found, code) = status_with(&place, &["--verify"]);
    assert_eq!(code, Some(1), "{found}");
    let damage = &found["damage"][0];
    let (offset, end) =
        (damage["offset"].as_u64().expect("a number"), damage["end"].as_u64().expect("a number"));
    assert!((offset..end).contains(&(middle as u64)), "{damage}");
}

#[test]
fn without_an_index_status_shows_what_there_is() {
    let place = Place::new();
    place.put("2024-06-12-storm.txt", SAMPLE);
    let said = place.once().len();
    fs::remove_file(place.state.join("index.sqlite")).expect("removed");
    let (now, code) = status(&place);
    assert_eq!(code, Some(1), "{now}");
    assert_eq!(now["journal"]["head"], said);
    assert!(now["degraded"][0].as_str().is_some_and(|why| why.contains("index")), "{now}");
    assert_eq!(place.once().len(), 0);
    assert_eq!(status(&place).1, Some(0), "the next start has made it again");
}

#[test]
fn a_directory_without_a_journal_is_an_error_that_says_what_to_do() {
    let place = Place::new();
    for command in ["status", "forget"] {
        let mut run = place.command(command);
        if command == "forget" {
            run.arg("*");
        }
        let output = run.output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("there is no journal in"), "{}", stderr(&output));
        assert!(!place.state.exists(), "looking makes nothing");
    }
}

/// `status` and `replay` said that there is no journal, and of a segment that was cut that a buffer isn't filled.
#[test]
fn a_lost_journal_json_and_a_segment_that_was_cut_say_what_to_do() {
    let place = Place::new();
    place.put("2024-06-12-storm.txt", SAMPLE);
    let said = place.once();
    let identity = fs::read(place.state.join("journal.json")).expect("it is there");
    fs::remove_file(place.state.join("journal.json")).expect("removed");
    for command in ["status", "replay"] {
        let output = place.command(command).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        for words in [
            "journal.json is missing",
            "hint: start the daemon",
            "nothing is lost",
        ] {
            assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
        }
    }
    assert!(place.once().is_empty());
    assert_eq!(fs::read(place.state.join("journal.json")).expect("made again"), identity);
    assert_eq!(place.replay(), said);
    let segment = place.state.join("journal/00000000000000000001.ndjson");
    let file = fs::File::options().write(true).open(&segment).expect("opened");
    file.set_len(file.metadata().expect("a size").len() / 2).expect("cut");
    let output = place.command("replay").output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    for words in ["00000000000000000001.ndjson", "hint: ", "status --verify"] {
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
    }
}

#[test]
fn what_is_forgotten_is_said_again_under_the_same_id_also_after_the_index_is_lost() {
    for lost_index in [false, true] {
        let place = Place::new();
        fs::create_dir(place.path("uk")).expect("a directory");
        place.put("uk/2024-03-06-a.txt", page("a"));
        place.put("2024-03-06-b.txt", page("b"));
        let first = place.once();
        assert_eq!(first.len(), 4);
        let output = forget(&place, &["uk/*.txt"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).starts_with("2 updates and 1 file fit uk/*.txt\n"), "{}", stdout(&output));
        assert!(stdout(&output).contains("uk/2024-03-06-a.txt\nforgotten: "), "{}", stdout(&output));
        let again = said_again(&place, lost_index);
        assert_eq!(headlines(&again), ["Earlier at a", "Later at a"], "lost: {lost_index}");
        let id_of = |events: &[Value], headline: &str| {
            events.iter().find(|event| event["headline"] == headline).map(|event| event["id"].clone())
        };
        for event in &again {
            assert_eq!(Some(event["id"].clone()), id_of(&first, text(event, "headline")));
            assert!(event["seq"].as_u64() > Some(4));
            assert_eq!((&event["type"], &event["revision"]), (&"update.created".into(), &1.into()));
        }
        // Once, whatever is lost: what was said after it was forgotten is known.
        assert_eq!(said_again(&place, false).len(), 0);
        assert_eq!(said_again(&place, true).len(), 0);
        assert_eq!(place.replay().len(), 6);
    }
}

#[test]
fn a_file_that_was_renamed_is_forgotten_by_either_name() {
    for (by, lost_index) in [
        ("2024-03-06-a.txt", false),
        ("2024-03-06-b.txt", false),
        ("2024-03-06-b.txt", true),
    ] {
        let place = Place::new();
        place.put("2024-03-06-a.txt", page("a"));
        place.put("2024-03-06-other.txt", page("other"));
        let first = place.once();
        fs::rename(place.path("2024-03-06-a.txt"), place.path("2024-03-06-b.txt")).expect("renamed");
        assert_eq!(place.once().len(), 0, "it is the same page");
        let output = forget(&place, &[by]);
        assert!(
            stdout(&output).starts_with(&format!("2 updates and 1 file fit {by}\n")),
            "{}",
            stdout(&output)
        );
        assert!(stdout(&output).contains("2024-03-06-b.txt\n"), "{}", stdout(&output));
        let again = said_again(&place, lost_index);
        assert_eq!(headlines(&again), ["Earlier at a", "Later at a"], "{by}, lost: {lost_index}");
        assert!(again.iter().all(|event| first.iter().any(|said| said["id"] == event["id"])));
        assert_eq!(said_again(&place, true).len(), 0, "once");
    }
}

#[test]
fn a_page_in_a_wrong_zone_is_put_right() {
    let place = Place::new();
    place.put("blog.txt", "11:20 PM\nLater\nOne thing.\n9:05 PM\nEarlier\nAnother.\n");
    let run = |zone: &str| {
        let output = place.command("run").args(["--once", "--zone", zone]).output().expect("it runs");
        assert!(output.status.success(), "{}", stderr(&output));
        events(&output.stdout)
    };
    let wrong = run("Pacific/Auckland");
    assert_eq!(wrong.len(), 2);
    assert_eq!(run("UTC").len(), 0, "known as it was");
    assert_eq!(forget(&place, &["blog.txt"]).status.code(), Some(0));
    let right = run("UTC");
    let clocks: Vec<&str> = right.iter().map(|event| &text(event, "timestamp")[11..]).collect();
    assert_eq!(clocks, ["21:05:00Z", "23:20:00Z"]);
}

#[test]
fn forget_needs_a_stopped_daemon_and_something_to_forget() {
    let place = Place::new();
    place.put("2024-03-06-b.txt", page("b"));
    let daemon = place.run();
    daemon.says(2);
    let begun = std::time::Instant::now();
    let output = forget(&place, &["*"]);
    assert_eq!(output.status.code(), Some(1));
    let held = format!("held by process {}", daemon.child.id());
    assert!(stderr(&output).contains(&held), "{}", stderr(&output));
    assert!(begun.elapsed() < PATIENCE);
    daemon.stop();
    let output = forget(&place, &["nothing/*"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), ""));
    assert!(stderr(&output).contains("nothing is known that fits nothing/*\nhint: "), "{}", stderr(&output));
    assert_eq!(forget(&place, &["a["]).status.code(), Some(64));
    assert_eq!(forget(&place, &[]).status.code(), Some(64));
    assert_eq!(place.once().len(), 0);
}

#[test]
fn updates_that_two_blogs_tell_differently_are_counted_and_warned_of_once() {
    let place = Place::new();
    for blog in ["north", "south"] {
        std::fs::create_dir(place.path(blog)).expect("a blog");
    }
    let daemon = place.run();
    let page = |minute: u32, body: &str| {
        format!(
            "10:{minute:02} AM GMT\nThe ferry is late again\n{body}\n10:00 AM GMT\nGood morning\nWe begin.\n"
        )
    };
    for minute in [10, 11] {
        place.put(&format!("north/2024-03-0{}.txt", minute - 9), page(minute, "It left an hour late."));
        daemon.says(2);
        place.put(&format!("south/2024-03-0{}.txt", minute - 9), page(minute, "It left two hours late."));
        daemon.is_silent();
    }
    let log: Vec<String> =
        daemon.log.try_iter().filter(|line| line.contains("blogs share updates")).collect();
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("blog=\"south\" known_from=\"north\""), "{log:?}");
    let (shown, _) = status(&place);
    assert_eq!(shown["updates"]["merged_across_blogs"], 2);
    assert_eq!(shown["updates"]["changed"], 2);
    assert!(page_of_status(&place).contains("2 merged across blogs"));
}

/// Unmounted when it's dropped.
struct Overlay(std::path::PathBuf);

impl Drop for Overlay {
    fn drop(&mut self) {
        let _gone = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// An overlay stands for all file systems that don't tell of every change: what is done below it, as on another machine,
/// gives no event.
#[test]
fn a_directory_without_events_is_named_and_read_all_the_same() {
    let place = Place::new();
    let [lower, upper, work] = ["lower", "upper", "work"].map(|name| {
        let path = place.dir.path().join(name);
        std::fs::create_dir(&path).expect("made");
        path
    });
    let options =
        format!("lowerdir={},upperdir={},workdir={}", lower.display(), upper.display(), work.display());
    let mut mount = std::process::Command::new("mount");
    mount.args(["-t", "overlay", "overlay", "-o", &options]).arg(&place.drop);
    if !mount.output().is_ok_and(|mount| mount.status.success()) {
        return not_tested("a drop directory without events: this user may not mount an overlay");
    }
    let _mounted = Overlay(place.drop.clone());
    // Of a daemon it may be logged before or after the line that the tests wait for.
    let once = place.command("run").arg("--once").output().expect("it runs");
    let log = String::from_utf8_lossy(&once.stderr).into_owned();
    let named = |line: &&str| line.contains("doesn't tell of every change") && line.contains("overlay");
    assert!(log.lines().any(|line| named(&line)), "{log}");
    let daemon = place.run();
    until("status names it", || !status(&place).0["polled"].as_array().expect("a list").is_empty());
    let (now, code) = status(&place);
    assert_eq!(code, Some(0), "it isn't degraded: {now}");
    assert_eq!(now["polled"][0]["kind"], "overlay");
    assert_eq!(now["polled"][0]["root"], place.drop.to_str().expect("UTF-8"));
    let shown = page_of_status(&place);
    assert!(shown.contains(": overlay doesn't tell of every change"), "{shown}");
    // As another machine would: behind the back of the kernel that watches.
    std::fs::write(upper.join("2024-03-06.txt"), page("behind")).expect("written");
    daemon.says(2);
    daemon.stop();
    let (now, _) = status(&place);
    assert_eq!(now["polled"].as_array().map(Vec::len), Some(0), "nobody polls now: {now}");
}

/// It was logged at the start, and whoever looked later saw nothing of it.
#[test]
fn events_that_a_start_misses_degrade_it() {
    let place = Place::new();
    place.put("2024-03-06.txt", page("one"));
    assert_eq!(place.once().len(), 2);
    let segment = place.state.join("journal/00000000000000000001.ndjson");
    std::fs::write(segment, "").expect("cut");
    let daemon = place.run();
    let (now, code) = status(&place);
    assert_eq!(code, Some(1), "{now}");
    assert!(now["faults"][0]["path"].as_str().expect("a path").ends_with("01.ndjson"), "{now}");
    daemon.stop();
}

#[test]
fn a_start_that_failed_before_anything_was_said_has_lost_nothing() {
    let place = Place::new();
    let nowhere = format!("unix:{}/nowhere/s", place.dir.path().display());
    let failed = place.command("run").args(["--once", "--listen", &nowhere]).output().expect("it runs");
    assert_eq!(failed.status.code(), Some(1));
    place.put("2024-03-06.txt", page("one"));
    let once = place.command("run").arg("--once").output().expect("it runs");
    let log = String::from_utf8_lossy(&once.stderr);
    assert!(!log.contains("WARN"), "{log}");
    assert_eq!(support::events(&once.stdout).len(), 2);
}
