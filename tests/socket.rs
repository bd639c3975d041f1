//! The socket sink, spoken to by real clients of the real binary.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(10);

struct Daemon {
    child: Child,
    dir: tempfile::TempDir,
}

impl Daemon {
    fn start() -> Daemon {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(dir.path().join("drop")).expect("a drop directory");
        let child = command(&dir).spawn().expect("it starts");
        let daemon = Daemon { child, dir };
        wait(|| UnixStream::connect(daemon.socket()).is_ok());
        daemon
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("e.sock")
    }

    fn say(&self, name: &str, headline: &str) {
        let page = format!("10:15 AM GMT\n{headline}\nThe body of it, long enough.\n");
        let dir = self.dir.path();
        std::fs::write(dir.join("page"), page).expect("a page");
        std::fs::rename(dir.join("page"), dir.join("drop").join(name)).expect("moved in");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).expect("it is there")
    }

    fn client(&self, say: &str) -> BufReader<UnixStream> {
        let mut stream = UnixStream::connect(self.socket()).expect("it connects");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream.write_all(say.as_bytes()).expect("it is said");
        BufReader::new(stream)
    }

    fn term(&mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        self.child.wait().expect("it ends").code().expect("a code")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn command(dir: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liveblogd"));
    let path = |name: &str| dir.path().join(name);
    command.args(["run", "--no-stdout", "--drop"]).arg(path("drop")).arg("--state").arg(path("state"));
    command.arg("--listen").arg(format!("unix:{}", path("e.sock").display()));
    let log = std::fs::File::options().create(true).append(true).open(path("log")).expect("a log");
    command.stdout(Stdio::null()).stderr(log);
    command
}

fn wait(mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "it never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn line(client: &mut impl BufRead) -> Value {
    let mut line = String::new();
    client.read_line(&mut line).expect("a line");
    if line.contains("\"schema_version\"") {
        return support::event(line.trim_end());
    }
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

#[test]
fn commands_are_answered_as_documented() {
    let daemon = Daemon::start();
    let mut silent = daemon.client("PING\n");
    assert_eq!(line(&mut silent)["liveblogd"], "pong");
    daemon.say("a.txt", "A ferry has left the harbour");
    let event = line(&mut silent);
    assert_eq!(event["headline"], "A ferry has left the harbour");
    let cursor = event["cursor"].as_str().expect("a cursor");

    let mut dump = daemon.client("DUMP 0\n");
    assert_eq!(line(&mut dump)["liveblogd"], "ok");
    assert_eq!(line(&mut dump)["seq"], 1);
    assert_eq!(dump.read(&mut [0]).expect("closed"), 0);

    let mut after = daemon.client(&format!("AFTER {cursor}\nAFTER zzzzzzzz:1\nAFTER 7\nWHAT\nHEARTBEAT 1\n"));
    assert_eq!(line(&mut after)["after"], 1);
    assert_eq!(line(&mut after)["reason"], "unknown_journal");
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last: &Value| last["liveblogd"] != "error") {
        seen.push(line(&mut after));
    }
    assert!(seen.iter().any(|reply| reply["reason"] == "ahead"), "{seen:?}");
    assert_eq!(line(&mut after)["seq"], 1, "a gap goes on with the oldest");
    let mut beat = String::new();
    after.read_line(&mut beat).expect("a heartbeat");
    assert_eq!(beat, "\n");

    let mut long = daemon.client(&"x".repeat(2_000));
    assert_eq!(line(&mut long)["liveblogd"], "error");
    assert_eq!(long.read(&mut [0]).expect("closed"), 0);
}

/// Only the client learned of it: neither the log nor `status` said that events can't be read.
#[test]
fn what_a_reader_meets_of_damage_is_passed_logged_and_shown() {
    let mut daemon = Daemon::start();
    let mut live = daemon.client("PING\n");
    assert_eq!(line(&mut live)["liveblogd"], "pong");
    for (name, headline) in [("a.txt", "A ferry has left"), ("b.txt", "A ferry is late")] {
        daemon.say(name, headline);
        assert_eq!(line(&mut live)["headline"], headline);
    }
    daemon.term();
    let state = daemon.dir.path().join("state");
    let segment = state.join("journal/00000000000000000001.ndjson");
    let mut bytes = std::fs::read(&segment).expect("a segment");
    let length = bytes.len();
    bytes[length - 20..].fill(0);
    std::fs::write(&segment, bytes).expect("damaged");
    daemon.child = command(&daemon.dir).spawn().expect("it starts again");
    wait(|| UnixStream::connect(daemon.socket()).is_ok());
    // A client may be let in before the line is written.
    wait(|| daemon.log().contains("the end of the journal isn't what was written"));
    daemon.say("c.txt", "A ferry is found");
    wait(|| state.join("journal/00000000000000000003.sums").metadata().is_ok_and(|sums| sums.len() > 0));
    let gap = (Value::from("expired"), Value::from(2));
    for (from, events) in [(0, vec![1, 3]), (1, vec![3])] {
        let dump = daemon.client(&format!("DUMP {from}\n")).lines();
        let replies: Vec<Value> =
            dump.map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
        let gaps = replies.iter().filter(|reply| reply["liveblogd"] == "gap");
        let gaps: Vec<_> = gaps.map(|reply| (reply["reason"].clone(), reply["after"].clone())).collect();
        let seqs: Vec<u64> = replies.iter().filter_map(|reply| reply["seq"].as_u64()).collect();
        assert_eq!((gaps, seqs), (vec![gap.clone()], events), "{replies:?}");
    }
    let path = segment.to_str().expect("UTF-8");
    let log = daemon.log();
    let logged: Vec<&str> = log.lines().filter(|line| line.contains("journal can't be read")).collect();
    assert_eq!(logged.len(), 1, "once a minute at most: {log}");
    assert!(logged[0].contains(path) && logged[0].contains("status --verify"), "{log}");
    let run = |command: &str, args: &[&str]| {
        let mut run = Command::new(env!("CARGO_BIN_EXE_liveblogd"));
        run.args([command, "--state"]).arg(&state).args(args).output().expect("it runs")
    };
    let seqs = |lines: &[u8]| -> Vec<u64> {
        let events = support::events(lines).into_iter();
        events.map(|event| event["seq"].as_u64().expect("a seq")).collect()
    };
    let status: Value = serde_json::from_slice(&run("status", &["--json"]).stdout).expect("JSON");
    let fault = &status["faults"][0];
    assert_eq!((&fault["path"], &fault["count"]), (&path.into(), &1.into()), "{status}");
    assert_eq!(status["degraded"][0], "1 file of the journal can't be read, or not whole", "{status}");
    let replayed = run("replay", &[]);
    let told = String::from_utf8_lossy(&replayed.stderr);
    assert_eq!((replayed.status.code(), seqs(&replayed.stdout)), (Some(1), vec![1, 3]), "{told}");
    assert!(told.contains("the events 2 to 2 aren't there"), "{told}");
    assert!(told.contains("error: not every event of the journal could be read"), "{told}");
    daemon.term();
    std::fs::write(state.join("cursor-stdout"), "x").expect("damaged");
    let drop = daemon.dir.path().join("drop");
    let once = run("run", &["--once", "--drop", drop.to_str().expect("UTF-8")]);
    let log = String::from_utf8_lossy(&once.stderr);
    assert_eq!((once.status.code(), seqs(&once.stdout)), (Some(0), vec![1, 3]), "{log}");
    assert!(log.contains(path), "{log}");
}

#[test]
fn a_stale_socket_is_replaced_a_live_one_is_not_and_it_is_removed_at_the_end() {
    let mut daemon = Daemon::start();
    let mode = std::fs::metadata(daemon.socket()).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut client = daemon.client("PING\n");
    assert_eq!(line(&mut client)["liveblogd"], "pong");
    let second = {
        let path = |name: &str| daemon.dir.path().join(name);
        let mut second = Command::new(env!("CARGO_BIN_EXE_liveblogd"));
        second.args(["run", "--no-stdout", "--drop"]).arg(path("drop")).arg("--state").arg(path("other"));
        second.arg("--listen").arg(format!("unix:{}", path("e.sock").display())).output()
    };
    let second = second.expect("it runs");
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("another process listens there"), "{said}");
    assert_eq!(daemon.term(), 0);
    assert_eq!(line(&mut client)["liveblogd"], "bye");
    assert!(!daemon.socket().exists());
    drop(UnixListener::bind(daemon.socket()).expect("a stale socket"));
    daemon.child = command(&daemon.dir).spawn().expect("it starts");
    wait(|| UnixStream::connect(daemon.socket()).is_ok());
}

#[test]
fn a_socket_file_that_was_removed_is_made_again() {
    let mut daemon = Daemon::start();
    let mut before = daemon.client("AFTER now\n");
    assert_eq!(line(&mut before)["liveblogd"], "ok");
    std::fs::remove_file(daemon.socket()).expect("it was there");
    wait(|| UnixStream::connect(daemon.socket()).is_ok());
    let mode = std::fs::metadata(daemon.socket()).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut after = daemon.client("AFTER now\n");
    assert_eq!(line(&mut after)["liveblogd"], "ok");
    daemon.say("a.txt", "The last ferry is back");
    assert_eq!(line(&mut before)["seq"], 1, "who was connected still is");
    assert_eq!(line(&mut after)["seq"], 1);
    // What stands there now is somebody else's.
    std::fs::remove_file(daemon.socket()).expect("it was there");
    std::fs::write(daemon.socket(), "a note").expect("written");
    wait(|| daemon.log().contains("another file has taken its place"));
    assert_eq!(daemon.term(), 0);
    assert_eq!(std::fs::read(daemon.socket()).expect("it is left alone"), b"a note");
}

#[test]
fn a_half_close_is_ignored() {
    let daemon = Daemon::start();
    let mut client = daemon.client("AFTER now\n");
    assert_eq!(line(&mut client)["liveblogd"], "ok");
    client.get_ref().shutdown(std::net::Shutdown::Write).expect("half closed");
    daemon.say("a.txt", "The last ferry is back");
    assert_eq!(line(&mut client)["seq"], 1);
}

/// The state directory was moved away for a moment: who connected then got all there is afterwards, and a dump was empty.
#[test]
fn a_client_that_comes_while_the_state_directory_is_away_gets_what_it_asked_for() {
    let daemon = Daemon::start();
    let mut first = daemon.client("AFTER 0\n");
    assert_eq!(line(&mut first)["liveblogd"], "ok");
    for (name, headline) in [
        ("a.txt", "The first ferry leaves"),
        ("b.txt", "The second ferry leaves"),
    ] {
        daemon.say(name, headline);
        assert_eq!(line(&mut first)["headline"], headline);
    }
    let (state, away) = (daemon.dir.path().join("state"), daemon.dir.path().join("away"));
    std::fs::rename(&state, &away).expect("moved away");
    let mut silent = daemon.client("PING\n");
    assert_eq!(line(&mut silent)["liveblogd"], "pong");
    let mut now = daemon.client("AFTER now\n");
    assert_eq!(line(&mut now)["after"], 2);
    let mut after = daemon.client("AFTER 1\n");
    assert_eq!(line(&mut after)["after"], 1);
    let mut dump = daemon.client("DUMP 0\n");
    assert_eq!(line(&mut dump)["liveblogd"], "ok");
    assert_eq!(line(&mut dump)["liveblogd"], "error");
    std::fs::rename(&away, &state).expect("back again");
    assert_eq!(line(&mut after)["seq"], 2, "without another event");
    daemon.say("c.txt", "The last ferry is back");
    for client in [&mut first, &mut silent, &mut now, &mut after] {
        assert_eq!(line(client)["seq"], 3);
    }
}
