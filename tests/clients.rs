//! Clients of the sockets at their own pace: real programs, slow ones, stopped ones, too many of them. None of
//! them costs another one anything.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Signal, getrlimit, setrlimit};
use serde_json::Value;

use support::{Daemon, PATIENCE, Place, until};

fn socket(place: &Place) -> PathBuf {
    place.dir.path().join("e.sock")
}

fn run(place: &Place) -> Daemon {
    place.run_with(&[
        "--no-stdout",
        "--listen",
        &format!("unix:{}", socket(place).display()),
    ])
}

fn client(place: &Place, say: &str) -> BufReader<UnixStream> {
    let mut stream = UnixStream::connect(socket(place)).expect("it connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(say.as_bytes()).expect("it is said");
    BufReader::new(stream)
}

fn line(client: &mut impl BufRead) -> String {
    let mut line = String::new();
    client.read_line(&mut line).expect("a line");
    line
}

fn reply(client: &mut impl BufRead) -> Value {
    let line = line(client);
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

/// The answer to a place in the journal that was asked for. What is said before that is asked arrives before the answer,
/// and again behind it.
fn answer(client: &mut impl BufRead) -> Value {
    let mut replies = std::iter::repeat_with(|| reply(client));
    replies.find(|reply| !reply["liveblogd"].is_null()).expect("replies without end")
}

/// The next `count` events, which must follow each other.
fn events(client: &mut impl BufRead, count: u64) -> u64 {
    let first = support::event(line(client).trim_end())["seq"].as_u64().expect("a seq");
    for seq in first + 1..first + count {
        assert_eq!(support::event(line(client).trim_end())["seq"], seq);
    }
    first
}

/// Puts pages with `updates` updates of about 1 kB each, a thousand to a page.
fn put(place: &Place, name: &str, updates: u32) {
    for page in 0..updates.div_ceil(1_000) {
        let count = 1_000.min(updates - page * 1_000);
        let update = |n: u32| {
            let body = "The harbour office counts the boats again. ".repeat(20);
            format!("{:02}:{:02} GMT\n{name} {page}: boat number {n}\n{body}\n", n / 60 % 24, n % 60)
        };
        let text: String = (0..count).rev().map(update).collect();
        place.put(&format!("2024-03-{:02}-{name}.txt", page + 1), text);
    }
}

/// Says so where a test can't run here: whoever reads the output must know what wasn't tested.
fn not_tested(what: &str) {
    writeln!(std::io::stderr(), "NOT TESTED: {what}").expect("stderr is open");
}

fn is_there(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    let there = found.is_ok_and(|found| found.status.success());
    if !there {
        not_tested(&format!("the sockets with {program}, which isn't installed"));
    }
    there
}

/// Memory that is the daemon's own, kB.
fn memory_kb(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).expect("proc");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}

#[test]
fn socat_and_nc_work_untouched() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let place = Place::with(&format!("[[listen]]\naddress = \"tcp:127.0.0.1:{port}\"\n"));
    fs::write(
        &place.config,
        format!(
            "{}[[listen]]\naddress = \"unix:{}\"\n",
            fs::read_to_string(&place.config).expect("text"),
            socket(&place).display()
        ),
    )
    .expect("written");
    let daemon = place.run_with(&["--no-stdout"]);
    put(&place, "before", 3);
    until("they are read", || place.replay().len() == 3);
    let path = socket(&place);
    let path = path.display();
    let shell = |script: String| {
        let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let mut lines = Vec::new();
    if is_there("nc") {
        lines.push(shell(format!("printf 'DUMP 0\\n' | timeout 20 nc -U {path}")));
        lines.push(shell(format!("printf 'DUMP 0\\n' | timeout 20 nc -N -U {path}")));
        lines.push(shell(format!("printf 'DUMP 0\\n' | timeout 20 nc 127.0.0.1 {port}")));
    }
    if is_there("socat") {
        lines.push(shell(format!("printf 'DUMP 0\\n' | timeout 20 socat -t 20 - UNIX-CONNECT:{path}")));
        lines.push(shell(format!(
            "printf 'AFTER 1\\n' | timeout 3 socat -t 20 - TCP:127.0.0.1:{port} | head -3"
        )));
    }
    for (at, said) in lines.iter().enumerate() {
        let said: Vec<&str> = said.lines().collect();
        assert!(said[0].starts_with("{\"liveblogd\":\"ok\",\"journal\":"), "{at}: {said:?}");
        let seqs: Vec<Value> = said[1..].iter().map(|line| support::event(line)["seq"].clone()).collect();
        assert_eq!(seqs, if at == 4 { vec![2, 3] } else { vec![1, 2, 3] }, "{at}");
    }
    if !is_there("socat") {
        return;
    }
    // A silent one, as the README has it: live from now on.
    let mut live = Command::new("socat");
    live.args(["-u", &format!("UNIX-CONNECT:{path}"), "-"]).stdout(Stdio::piped());
    let mut live = live.spawn().expect("socat starts");
    let lines = support::lines_of(live.stdout.take().expect("piped"));
    // Nothing says when it is connected: pages come until one arrives.
    let mut page = 0;
    until("an event arrives", || {
        page += 1;
        put(&place, &format!("live{page}"), 1);
        lines
            .recv_timeout(Duration::from_millis(300))
            .is_ok_and(|line| support::event(&line)["seq"].as_u64() > Some(3))
    });
    daemon.stop();
    let left: Vec<String> = lines.iter().collect();
    assert_eq!(left.last().map(String::as_str), Some(r#"{"liveblogd":"bye","reason":"shutdown"}"#));
    live.wait().expect("socat ends");
}

#[test]
fn m25_a_client_that_stops_reading_costs_nobody_anything_and_misses_nothing() {
    const EVENTS: u32 = 20_000;
    let place = Place::new();
    let daemon = run(&place);
    let mut readers: Vec<_> = (0..4).map(|_| client(&place, "AFTER 0\n")).collect();
    let mut stopped: Vec<_> = (0..20).map(|_| client(&place, "AFTER 0\n")).collect();
    for reader in readers.iter_mut().chain(&mut stopped) {
        assert_eq!(answer(reader)["liveblogd"], "ok");
    }
    // One that is killed in the middle of a line, and one that says nothing but a line without end.
    let mut killed = client(&place, "AFTER 0\n");
    let mut endless = client(&place, &"x".repeat(900));
    let before = memory_kb(&daemon);
    put(&place, "many", EVENTS);
    for reader in &mut readers {
        assert_eq!(events(reader, u64::from(EVENTS)), 1);
    }
    killed.read_exact(&mut [0; 200]).expect("half a line");
    drop(killed);
    endless.get_mut().write_all(&[b'x'; 200]).expect("it is said");
    let grown = memory_kb(&daemon).saturating_sub(before);
    assert!(grown < 30_000, "{grown} kB for 20 stopped clients and 20 MB of events");
    // A byte at a time is as good as any other pace.
    let mut slow = stopped.pop().expect("one");
    let mut byte = [0; 1];
    for _ in 0..1_000 {
        slow.get_mut().read_exact(&mut byte).expect("a byte");
    }
    drop(slow);
    assert_eq!(events(&mut stopped[0], u64::from(EVENTS)), 1, "it gets everything when it reads on");
    put(&place, "last", 1);
    assert_eq!(events(&mut stopped[0], 1), u64::from(EVENTS) + 1);
    let begun = Instant::now();
    daemon.stop();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}, whatever readers do", begun.elapsed());
}

#[test]
fn m25_a_thousand_clients_that_connect_and_leave_leave_nothing_behind() {
    let place = Place::new();
    let daemon = run(&place);
    let open = || fs::read_dir(format!("/proc/{}/fd", daemon.child.id())).expect("proc").count();
    let mut one = client(&place, "PING\n");
    assert_eq!(reply(&mut one)["liveblogd"], "pong");
    let before = open();
    for n in 0..1_000 {
        drop(client(&place, if n % 2 == 0 { "" } else { "AFTER 0\n" }));
    }
    until("their descriptors are closed", || open() <= before);
    put(&place, "page", 1);
    assert_eq!(events(&mut client_at_start(&place), 1), 1);
}

fn client_at_start(place: &Place) -> BufReader<UnixStream> {
    let mut client = client(place, "AFTER 0\n");
    assert_eq!(answer(&mut client)["liveblogd"], "ok");
    client
}

#[test]
fn one_client_too_many_is_told_so() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let raised = setrlimit(Resource::Nofile, limit).is_ok();
    if !raised || limit.maximum.is_some_and(|most| most < 3_000) {
        not_tested("the greatest number of clients: this process may not open that many files");
        return;
    }
    let place = Place::new();
    let daemon = run(&place);
    let clients: Vec<_> = (0..1_024).map(|_| client(&place, "")).collect();
    let mut too_many = client(&place, "PING\n");
    assert_eq!(reply(&mut too_many)["message"], "too many clients");
    assert_eq!(too_many.read(&mut [0]).expect("closed"), 0);
    daemon.logged("too many clients");
    drop(clients);
    until("there is room again", || reply(&mut client(&place, "PING\n"))["liveblogd"] == "pong");
}

/// A daemon with a socket that may have so many files open.
fn limited(place: &Place, files: u32) -> Daemon {
    let mut limited = Command::new("sh");
    limited.env_clear().env("HOME", "/nonexistent");
    let shell = format!("ulimit -n {files}; exec \"$@\"");
    limited.args([
        "-c",
        &shell,
        "sh",
        env!("CARGO_BIN_EXE_liveblogd"),
        "run",
        "--no-stdout",
    ]);
    limited.arg("--listen").arg(format!("unix:{}", socket(place).display()));
    limited.arg("--config").arg(&place.config).arg("--state").arg(&place.state);
    limited.arg("--drop").arg(&place.drop);
    Daemon::of(limited)
}

#[test]
fn running_out_of_descriptors_is_survived() {
    let place = Place::new();
    let daemon = limited(&place, 48);
    let clients: Vec<_> =
        (0..100).map(|_| UnixStream::connect(socket(&place)).expect("it waits in the queue")).collect();
    daemon.logged("cannot accept a client");
    put(&place, "page", 2);
    drop(clients);
    until("there is room again", || reply(&mut client(&place, "PING\n"))["liveblogd"] == "pong");
    let mut client = client_at_start(&place);
    assert_eq!(events(&mut client, 2), 1, "what couldn't be read meanwhile is read once it can");
    daemon.stop();
}

/// As many clients as there are descriptors for held those that the pages need.
#[test]
fn clients_leave_enough_descriptors_for_the_pages() {
    let place = Place::new();
    let daemon = limited(&place, 256);
    let mut first = client_at_start(&place);
    let _clients: Vec<_> =
        (0..250).map(|_| UnixStream::connect(socket(&place)).expect("it waits in the queue")).collect();
    daemon.logged("too many clients");
    put(&place, "page", 2);
    assert_eq!(events(&mut first, 2), 1);
    let log: Vec<String> = daemon.log.try_iter().collect();
    assert!(!log.iter().any(|line| line.contains("Too many open files")), "{log:?}");
    daemon.stop();
}

#[test]
fn a_unix_socket_lets_in_whom_it_is_told_to() {
    let place = Place::new();
    let own = fs::metadata(&place.drop).expect("a directory");
    let table = |more: &str| {
        format!(
            "[drop]\nsettle = \"150ms\"\n[[listen]]\naddress = \"unix:{}\"\n{more}",
            socket(&place).display()
        )
    };
    let configure = |more: &str| fs::write(&place.config, table(more)).expect("written");
    configure(&format!("mode = \"0600\"\ngroup = \"{}\"\nallow_uids = [{}]\n", own.gid(), own.uid()));
    let daemon = place.run_with(&["--no-stdout"]);
    let file = fs::metadata(socket(&place)).expect("a socket");
    assert_eq!((file.permissions().mode() & 0o777, file.gid()), (0o600, own.gid()));
    assert_eq!(reply(&mut client(&place, "PING\n"))["liveblogd"], "pong");
    daemon.stop();

    configure(&format!("allow_uids = [{}]\n", own.uid() + 1));
    let daemon = place.run_with(&["--no-stdout"]);
    let mut stranger = client(&place, "DUMP 0\n");
    assert_eq!(reply(&mut stranger)["message"], "not allowed");
    assert_eq!(stranger.read(&mut [0]).expect("closed"), 0);
    daemon.logged("allow_uids");
    daemon.stop();

    configure("allow_uids = []\n");
    let output = place.command("run").output().expect("it runs");
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is empty, so nobody could connect"), "{said}");

    configure("group = \"no-such-group\"\n");
    let output = place.command("run").output().expect("it runs");
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no group \"no-such-group\""), "{said}");
}

#[test]
fn tcp_beyond_loopback_must_be_asked_for() {
    let place = Place::new();
    let output = place.command("run").args(["--listen", "tcp:0.0.0.0:0"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("0.0.0.0 is not loopback, and the stream is plain text\nhint:"), "{said}");
    let listen = "[drop]\n[[listen]]\naddress = \"tcp:0.0.0.0:0\"\nallow_remote = true\n";
    fs::write(&place.config, listen).expect("written");
    let once = place.command("run").args(["--once", "--no-stdout"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&once.stderr);
    assert!(once.status.success() && said.contains("events are served in plain text"), "{said}");
}

#[test]
fn an_address_that_cannot_be_had_is_refused_with_what_to_do() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    // Longer than a client could say, though another name could be moved there.
    let long = format!("unix:{}/{}", place.dir.path().display(), "x".repeat(100));
    for (address, exit, hint) in [
        (long, 78, "107 bytes at most"),
        (format!("unix:{}/none/e.sock", place.dir.path().display()), 1, "make the directory"),
        (format!("tcp:127.0.0.1:{port}"), 1, "another process listens there"),
    ] {
        let output = place.command("run").args(["--once", "--listen", &address]).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{said}");
        let told = said.contains("cannot listen on") && said.contains("\nhint: ") && said.contains(hint);
        assert!(told, "{hint}: {said}");
    }
}

#[test]
fn what_is_said_last_needs_no_line_end() {
    let place = Place::new();
    let _daemon = run(&place);
    put(&place, "first", 2);
    events(&mut client_at_start(&place), 2);
    for (said, answers) in [("DUMP 0", 3), ("PING\nDUMP 0", 4), ("DUMP 0\n", 3)] {
        let mut asking = client(&place, said);
        asking.get_mut().shutdown(std::net::Shutdown::Write).expect("half closed");
        assert_eq!(asking.lines().map_while(Result::ok).count(), answers, "{said:?}");
    }
}

#[test]
fn a_cursor_goes_on_after_a_kill_without_gap_or_repeat() {
    let place = Place::new();
    let daemon = run(&place);
    put(&place, "first", 500);
    let mut reader = client_at_start(&place);
    events(&mut reader, 300);
    daemon.signal(Signal::KILL);
    drop(daemon);
    put(&place, "second", 500);
    let daemon = run(&place);
    let cursor = place.replay()[299]["cursor"].as_str().expect("a cursor").to_string();
    let mut reader = client(&place, &format!("AFTER {cursor}\n"));
    assert_eq!(answer(&mut reader)["after"], 300);
    assert_eq!(events(&mut reader, 700), 301);
    daemon.stop();
    assert_eq!(reply(&mut reader)["liveblogd"], "bye");
}

#[test]
fn a_client_that_comes_back_at_once_after_its_bye_is_not_let_in_again() {
    // The soak found it: while the rest of the daemon ended, a client that reconnects was let in and sent away again and
    // again, until there were too many of them.
    let place = Place::new();
    let mut run = place.command("run");
    run.arg("--listen").arg(format!("unix:{}", socket(&place).display()));
    // Nobody reads stdout, which holds the end up.
    let child = run.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let daemon = Daemon { child, out: channel().1, log: channel().1 };
    until("it listens", || UnixStream::connect(socket(&place)).is_ok());
    let mut one = client_at_start(&place);
    put(&place, "page", 500);
    assert_eq!(events(&mut one, 500), 1);
    daemon.signal(Signal::TERM);
    assert_eq!(reply(&mut one)["liveblogd"], "bye");
    let mut again = client(&place, "AFTER 0\n");
    again.get_mut().set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    let mut line = String::new();
    let waits = again.read_line(&mut line).map_err(|error| error.kind());
    assert_eq!(waits, Err(ErrorKind::WouldBlock), "{line}");
}

#[test]
fn once_ends_when_its_clients_have_everything() {
    let place = Place::new();
    put(&place, "page", 2_000);
    let mut once = place.command("run");
    once.args([
        "--once",
        "--no-stdout",
        "--listen",
        &format!("unix:{}", socket(&place).display()),
    ]);
    let mut once = once.spawn().expect("it starts");
    until("it listens", || UnixStream::connect(socket(&place)).is_ok());
    let mut reader = client(&place, "AFTER 0\n");
    let (mut seqs, mut last) = (Vec::new(), String::new());
    for line in reader.by_ref().lines() {
        last = line.expect("a line");
        if last.starts_with("{\"schema_version\"") {
            seqs.push(support::event(&last)["seq"].as_u64().expect("a seq"));
        } else if last.contains("\"ok\"") {
            seqs.clear();
        }
    }
    assert_eq!(last, r#"{"liveblogd":"bye","reason":"shutdown"}"#);
    assert_eq!(seqs, (1..=2_000).collect::<Vec<_>>());
    assert!(once.wait().expect("it ends").success());
}

#[test]
fn a_client_that_meets_damage_is_told_so() {
    // Few bytes are read and sent; many go from the file to the socket.
    for pages in [1, 28] {
        let place = Place::new();
        let daemon = run(&place);
        for page in 1..=pages {
            place.put(&format!("2024-06-{page:02}-storm.txt"), support::SAMPLE);
        }
        until("all is journaled", || place.head() >= pages * 8);
        let segment = place.state.join("journal/00000000000000000001.ndjson");
        let file = fs::File::options().write(true).open(&segment).expect("opened");
        file.set_len(file.metadata().expect("a size").len() / 2).expect("cut");
        let mut lines: Vec<String> =
            client(&place, "DUMP 0\n").lines().map(|line| line.expect("text")).collect();
        let last: Value = serde_json::from_str(&lines.pop().expect("a last line")).expect("JSON");
        assert_eq!(last["liveblogd"], "error", "{last}");
        assert!(
            last["message"].as_str().is_some_and(|message| message.contains("cannot be read on")),
            "{last}"
        );
        assert!(lines.iter().filter(|line| line.contains("\"seq\"")).count() < pages * 8);
        let logged = daemon.logged("cannot read the journal for a client");
        assert!(logged.contains("00000000000000000001.ndjson"), "{logged}");
    }
}
