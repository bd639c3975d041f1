//! The daemon as a service: what it tells the manager, reloads, sockets that are handed to it, and the system calls that
//! the unit allows. No manager runs here: a socket stands in for it. The unit files themselves: `units.rs`.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use support::{Daemon, PATIENCE, Place, headlines, not_tested, until};

fn installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn update(number: usize) -> String {
    let (hour, minute) = (number / 60, number % 60);
    format!("{hour:02}:{minute:02} GMT\nUpdate number {number}\nWhat happened at {number}, in a sentence.\n")
}

/// The service manager's end.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new(place: &Place) -> Manager {
        let path = place.dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("bound");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
        Manager { socket, path }
    }

    /// What it is told next.
    fn told(&self) -> Option<String> {
        let mut bytes = [0; 4_096];
        match self.socket.recv(&mut bytes) {
            Ok(length) => Some(String::from_utf8_lossy(&bytes[..length]).into_owned()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits for a message with this line; gives back all up to it.
    fn waits_for(&self, line: &str) -> Vec<String> {
        let mut messages = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            messages.extend(self.told());
            if messages.last().is_some_and(|message| message.lines().any(|said| said == line)) {
                return messages;
            }
            assert!(Instant::now() < deadline, "{line} didn't come, but {messages:#?}");
        }
    }
}

fn managed(place: &Place, manager: &Manager, watchdog_ms: Option<u64>) -> Command {
    let mut run = place.command("run");
    run.env("NOTIFY_SOCKET", &manager.path);
    if let Some(ms) = watchdog_ms {
        run.env("WATCHDOG_USEC", (ms * 1_000).to_string());
    }
    run
}

#[test]
fn a_manager_is_told_what_it_waits_for_in_order() {
    let place = Place::new();
    let manager = Manager::new(&place);
    place.put("2024-03-06.txt", update(1));
    let mut daemon = Daemon::of(managed(&place, &manager, Some(300)));
    manager.waits_for("READY=1");
    assert_eq!(headlines(&place.replay()), ["Update number 1"], "ready means read");
    for _ in 0..3 {
        manager.waits_for("WATCHDOG=1");
    }
    daemon.signal(Signal::HUP);
    let reloading = manager.waits_for("RELOADING=1");
    let message = reloading.last().expect("it came");
    let monotonic = message.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(monotonic.is_some_and(|usec| usec.parse::<u64>().is_ok_and(|usec| usec > 0)), "{message}");
    let ready = manager.waits_for("READY=1");
    assert!(ready.last().expect("it came").contains("STATUS=following by the new"), "{ready:?}");
    daemon.signal(Signal::TERM);
    manager.waits_for("STOPPING=1");
    assert_eq!(daemon.ended().code(), Some(0));
}

#[test]
fn more_time_is_asked_for_while_what_lies_there_is_read() {
    let place = Place::with("");
    fs::write(&place.config, "[drop]\nsettle = \"2s\"\n").expect("written");
    let manager = Manager::new(&place);
    place.put("2024-03-06.txt", update(1));
    let daemon = Daemon::of(managed(&place, &manager, Some(600)));
    let before = manager.waits_for("READY=1");
    let extended = before.iter().filter(|message| message.starts_with("EXTEND_TIMEOUT_USEC=")).count();
    assert!(extended >= 2, "{before:?}");
    assert!(before.iter().any(|message| message.contains("STATUS=reading what lies there")), "{before:?}");
    daemon.stop();
}

#[test]
fn a_stage_that_hangs_is_not_called_alive() {
    if !installed("strace") {
        return not_tested("the watchdog: strace isn't installed");
    }
    let place = Place::new();
    fs::write(&place.config, "[drop]\nsettle = \"50ms\"\n[journal]\nsync = \"always\"\n").expect("written");
    let manager = Manager::new(&place);
    let run = managed(&place, &manager, Some(600));
    let mut strace = Command::new("strace");
    // The flush of the first events takes four seconds: the gate hangs in it.
    strace.args(["-f", "-o", "/dev/null", "-e", "trace=fdatasync"]);
    strace
        .args(["-e", "inject=fdatasync:delay_enter=4000000:when=1"])
        .arg(run.get_program())
        .args(run.get_args());
    for (name, value) in run.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    let daemon = Daemon::of(strace);
    manager.waits_for("READY=1");
    manager.waits_for("WATCHDOG=1");
    place.put("2024-03-06.txt", update(1));
    daemon.logged("this stage doesn't move");
    let silent_since = Instant::now();
    while manager.told().is_some_and(|message| message.contains("WATCHDOG=1")) {
        assert!(silent_since.elapsed() < PATIENCE, "it is still called alive");
    }
    assert_eq!(daemon.says(1).len(), 1);
    manager.waits_for("WATCHDOG=1");
}

#[test]
fn a_new_configuration_holds_from_the_next_file_on_and_a_wrong_one_never() {
    let place = Place::new();
    let other = place.dir.path().join("other");
    fs::create_dir(&other).expect("a directory");
    let configure = |more: &str| {
        let directories = format!("directories = [{:?}, {other:?}]", place.drop);
        fs::write(&place.config, format!("[drop]\nsettle = \"100ms\"\n{directories}\n{more}"))
            .expect("written");
    };
    fs::write(&place.config, format!("[drop]\nsettle = \"100ms\"\ndirectories = [{:?}]\n", place.drop))
        .expect("written");
    let mut run = support::binary();
    run.args(["run", "--config"]).arg(&place.config).arg("--state").arg(&place.state);
    let daemon = Daemon::of(run);
    fs::write(other.join("2024-03-06.txt"), update(1)).expect("written");
    place.put("2024-03-06.txt", update(2));
    assert_eq!(headlines(&daemon.says(1)), ["Update number 2"]);

    configure("exclude = [\"*.bak\"]\n[[blog]]\nmatch = \"kyiv*\"\nzone = \"Europe/Kyiv\"\n");
    daemon.signal(Signal::HUP);
    let line = daemon.logged("the configuration was read again");
    assert!(line.contains("blog, drop.directories, drop.exclude"), "{line}");
    assert_eq!(headlines(&daemon.says(1)), ["Update number 1"], "the new directory is read");
    place.put("2024-03-06-a.bak", update(3));
    place.put("kyiv-2024-03-06.txt", update(4).replace(" GMT", ""));
    let said = daemon.says(1);
    assert_eq!(support::text(&said[0], "timestamp"), "2024-03-05T22:04:00Z", "Kyiv is two hours ahead");

    configure("settel = \"1s\"\n");
    daemon.signal(Signal::HUP);
    let line = daemon.logged("the old one is kept");
    assert!(line.contains("unknown key") && line.contains("settle"), "{line}");
    configure("[dedupe]\nrevisions = true\nscope = \"blog\"\n[journal]\nsync = \"1s\"\n");
    daemon.signal(Signal::HUP);
    let line = daemon.logged("only change with a restart");
    assert!(line.contains("dedupe.revisions, dedupe.scope, journal.sync"), "{line}");
    daemon.logged("the configuration was read again");
    place.put("2024-03-06-b.txt", update(5));
    assert!(headlines(&daemon.says_at_least(2)).contains(&"Update number 5"), "the .bak is read now, too");
    // By another scope the same update would have another id.
    fs::create_dir(place.path("a-blog")).expect("a directory");
    fs::copy(place.path("2024-03-06-b.txt"), place.path("a-blog/2024-03-06.txt")).expect("a copy");
    daemon.is_silent();

    // A directory that isn't named any more isn't read any more.
    fs::write(&place.config, format!("[drop]\nsettle = \"100ms\"\ndirectories = [{other:?}]\n"))
        .expect("written");
    daemon.signal(Signal::HUP);
    daemon.logged("the configuration was read again");
    place.put("2024-03-06-c.txt", update(6));
    daemon.is_silent();
    fs::write(other.join("2024-03-06-d.txt"), update(7)).expect("written");
    assert_eq!(headlines(&daemon.says(1)), ["Update number 7"]);
    daemon.stop();
}

#[test]
fn m31_five_hundred_reloads_under_load_half_of_them_broken_lose_nothing() {
    const RELOADS: usize = 500;
    let place = Place::new();
    let daemon = place.run();
    let good = fs::read_to_string(&place.config).expect("a configuration");
    for number in 0..RELOADS {
        let wrong = number % 2 == 0;
        // In place of the old one at once: half a file would be a third kind.
        let new = place.dir.path().join("new.toml");
        let settle = format!("{good}exclude = [\"*.{number}\"]\n");
        fs::write(&new, if wrong { "[drop\n" } else { &settle }).expect("written");
        fs::rename(&new, &place.config).expect("moved");
        place.append("2024-03-06.log", update(number));
        daemon.signal(Signal::HUP);
        daemon.logged(if wrong {
            "the old one is kept"
        } else {
            "was read again"
        });
    }
    until("all are said", || place.replay().len() >= RELOADS);
    daemon.stop();
    let events = place.replay();
    let mut said: Vec<&str> = headlines(&events);
    said.sort_unstable();
    said.dedup();
    assert_eq!((said.len(), events.len()), (RELOADS, RELOADS));
}

#[test]
fn sockets_that_are_handed_over_are_served() {
    if !installed("systemd-socket-activate") {
        return not_tested("socket activation: systemd-socket-activate isn't installed");
    }
    let place = Place::new();
    place.put("2024-03-06.txt", update(1));
    let socket = place.dir.path().join("events.sock");
    let run = place.command("run");
    let mut activate = Command::new("systemd-socket-activate");
    activate.arg("-l").arg(&socket).arg(run.get_program()).args(run.get_args()).arg("--no-stdout");
    let mut activator = activate.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    // The first client waits in the backlog until the daemon is there.
    let mut client = None;
    until("the backlog takes it", || {
        client = UnixStream::connect(&socket).ok();
        client.is_some()
    });
    let mut client = client.expect("it was just taken");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client.write_all(b"AFTER 0\n").expect("it takes it");
    let mut lines = BufReader::new(client).lines();
    let mut next = || lines.next().expect("a line").expect("it is read");
    assert!(next().contains("\"liveblogd\":\"ok\""));
    assert!(next().contains("Update number 1"));
    assert!(fs::symlink_metadata(&socket).is_ok(), "it isn't the daemon's to remove");
    let _killed = activator.kill();
    let _reaped = activator.wait();
}

/// A run that is handed a listener as its third descriptor, as systemd does it.
fn handed(place: &Place, listener: &UnixListener) -> Daemon {
    let run = place.command("run");
    let mut command = Command::new("sh");
    let script = "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" \"$@\" 3<&0 0</dev/null";
    command.args(["-c", script]).arg(run.get_program()).args(run.get_args()).arg("--no-stdout");
    command.stdin(Stdio::from(OwnedFd::from(listener.try_clone().expect("cloned"))));
    Daemon::of(command)
}

#[test]
fn who_connects_while_the_daemon_is_down_is_served_by_the_next_one() {
    let place = Place::new();
    let path = place.dir.path().join("events.sock");
    let listener = UnixListener::bind(&path).expect("bound");
    // That the configuration names it as well is no second socket.
    let named = format!("\n[[listen]]\naddress = \"unix:{}\"\n", path.display());
    fs::write(&place.config, fs::read_to_string(&place.config).expect("text") + &named).expect("written");
    let connect = |command: &str| {
        let mut client = UnixStream::connect(&path).expect("the backlog takes it");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.write_all(command.as_bytes()).expect("it takes it");
        BufReader::new(client).lines()
    };
    let next = |lines: &mut std::io::Lines<BufReader<UnixStream>>| {
        lines.next().expect("a line").expect("it is read")
    };

    let daemon = handed(&place, &listener);
    place.put("2024-03-06-a.txt", update(1));
    let mut first = connect("AFTER 0\n");
    assert!(next(&mut first).contains("\"liveblogd\":\"ok\""));
    let event: Value = serde_json::from_str(&next(&mut first)).expect("an event");
    daemon.stop();
    assert!(next(&mut first).contains("\"liveblogd\":\"bye\""), "who was there is told");

    // It is down: the kernel takes these, and what they say.
    let mut waiting = connect(&format!("AFTER {}\n", event["cursor"].as_str().expect("a cursor")));
    let mut live = connect("");
    place.put("2024-03-06-b.txt", update(2));
    let daemon = handed(&place, &listener);
    assert!(next(&mut waiting).contains("\"liveblogd\":\"ok\""));
    assert!(next(&mut waiting).contains("Update number 2"), "exactly what it lacks");
    assert!(next(&mut live).contains("Update number 2"));
    place.put("2024-03-06-c.txt", update(3));
    assert!(next(&mut waiting).contains("Update number 3"));
    assert!(next(&mut live).contains("Update number 3"));
    daemon.stop();
    assert!(fs::symlink_metadata(&path).is_ok(), "it isn't the daemon's to remove");
}

/// The system calls of a filter set, without those of the sets that are taken out.
fn allowed() -> Option<BTreeSet<String>> {
    let set = |name: &str| -> Option<BTreeSet<String>> {
        let mut calls = BTreeSet::new();
        let mut names = vec![name.to_string()];
        while let Some(name) = names.pop() {
            let output = Command::new("systemd-analyze").args(["syscall-filter", &name]).output().ok()?;
            for line in String::from_utf8_lossy(&output.stdout).lines().skip(1) {
                let call = line.trim();
                if call.starts_with('@') {
                    names.push(call.to_string());
                } else if !call.is_empty() && !call.starts_with('#') {
                    calls.insert(call.to_string());
                }
            }
        }
        Some(calls)
    };
    let mut calls = set("@system-service")?;
    for taken in ["@privileged", "@resources"] {
        calls = &calls - &set(taken)?;
    }
    Some(calls).filter(|calls| calls.len() > 100)
}

#[test]
fn what_it_asks_of_the_kernel_lies_within_the_units_filter() {
    let Some(allowed) = allowed().filter(|_| installed("strace")) else {
        return not_tested("the filter of system calls: systemd-analyze or strace isn't installed");
    };
    let place = Place::new();
    let manager = Manager::new(&place);
    let socket = place.dir.path().join("events.sock");
    fs::write(
        &place.config,
        format!(
            "[drop]\nsettle = \"50ms\"\ndone = \"archive\"\ndone_after = \"0s\"\narchive = {:?}\n[journal]\nsegment_size = \"64KiB\"\ncompress = true\n\
             retain_size = \"256KiB\"\nmin_free = \"1MB\"\n[[listen]]\naddress = \"unix:{}\"\n",
            place.dir.path().join("old"),
            socket.display()
        ),
    )
    .expect("written");
    let run = managed(&place, &manager, Some(1_000));
    let trace = place.dir.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&trace).arg(run.get_program()).args(run.get_args());
    for (name, value) in run.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    let daemon = Daemon::of(strace);
    let long = "The harbour office counts the boats again, and finds all of them. ".repeat(300);
    for number in 0..30 {
        place.append("2024-03-06.log", format!("{}{long}\n", update(number)));
    }
    fs::create_dir(place.path("below")).expect("a directory");
    place.put("below/2024-03-06.txt", update(100));
    until("all are journaled", || place.state.join("journal").is_dir() && place.replay().len() >= 20);
    until("and archived", || {
        !place.path("below/2024-03-06.txt").exists() && !place.path("2024-03-06.log").exists()
    });
    let mut client = UnixStream::connect(&socket).expect("it serves");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client.write_all(b"AFTER 0\nPING\n").expect("it reads");
    let mut line = String::new();
    BufReader::new(client).read_line(&mut line).expect("it answers");
    let children = format!("/proc/{0}/task/{0}/children", daemon.child.id());
    let pid = fs::read_to_string(children).expect("it runs").trim().parse().expect("one child");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    rustix::process::kill_process(pid, Signal::HUP).expect("it runs");
    manager.waits_for("RELOADING=1");
    rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
    let mut daemon = daemon;
    assert_eq!(daemon.ended().code(), Some(0));
    let text = fs::read_to_string(&trace).expect("a trace");
    let called: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1)?.split_once('('))
        .map(|(name, _)| name.to_string())
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    assert!(called.len() > 30, "{called:?}");
    // Descriptors are asked for, and done without; and SQLite gives its files away only where it runs as root.
    let asked_in_vain: BTreeSet<String> = ["prlimit64", "fchown"].map(String::from).into();
    let outside: Vec<&String> =
        called.difference(&allowed).filter(|name| !asked_in_vain.contains(*name)).collect();
    assert!(outside.is_empty(), "outside of the filter: {outside:?}");
}

#[test]
fn in_the_managers_journal_a_line_has_its_priority_and_no_time_of_its_own() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new();
    let path = place.dir.path().join("stderr");
    let file = fs::File::create(&path).expect("made");
    let stat = file.metadata().expect("a stat");
    for (stream, is_it) in [
        (format!("{}:{}", stat.dev(), stat.ino()), true),
        ("1:1".into(), false),
    ] {
        let file = fs::File::create(&path).expect("made");
        let status = place.command("run").arg("--once").env("JOURNAL_STREAM", stream).stderr(file).status();
        assert!(status.expect("it runs").success());
        let log = fs::read_to_string(&path).expect("a log");
        assert_eq!(log.lines().all(|line| line.starts_with("<6>")), is_it, "{log}");
        assert!(log.contains("following"), "{log}");
    }
}

#[test]
fn events_into_the_managers_journal_are_warned_of() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new();
    let path = place.dir.path().join("stdout");
    let file = fs::File::create(&path).expect("made");
    let stat = file.metadata().expect("a stat");
    for (stream, is_it) in [
        (format!("{}:{}", stat.dev(), stat.ino()), true),
        ("1:1".into(), false),
    ] {
        let mut run = place.command("run");
        run.arg("--once").env("JOURNAL_STREAM", stream).stdout(fs::File::create(&path).expect("made"));
        let output = run.output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            log.contains("go into the system's journal") && log.contains("--no-stdout"),
            is_it,
            "{log}"
        );
    }
}
