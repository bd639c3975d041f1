//! A daemon that is measured, its directories, and the programs beside it. Whatever was started is killed and
//! whatever was made is removed when its owner goes.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use memchr::{memchr_iter, memmem};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use crate::proc::cpu_of_children;

/// How long what must come is waited for. Far above what anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// The release binary, without the environment of whoever measures.
pub fn liveblogd(command: &str) -> Command {
    let mut made = Command::new(env!("CARGO_BIN_EXE_liveblogd"));
    made.env_clear().env("HOME", "/nonexistent").arg(command);
    made
}

/// Whether a program is there. Says so if it isn't.
pub fn installed(program: &str) -> bool {
    found(program).is_some()
}

/// Where a program is; also where only daemons are looked for. Says so if it isn't there.
pub fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = dirs.map(|dir| dir.join(program)).find(|path| path.is_file());
    if found.is_none() {
        println!("{program}: not installed");
    }
    found
}

/// The awk that is there.
pub fn awk() -> Option<&'static str> {
    ["gawk", "mawk"].into_iter().find(|awk| installed(awk))
}

/// Refuses to begin what the disk has no room for.
pub fn room(bytes: u64) {
    let disk = rustix::fs::statvfs(std::env::temp_dir()).expect("there is a temporary directory");
    let free = disk.f_bavail * disk.f_frsize;
    assert!(free > bytes + (1 << 30), "{} GiB are needed, {} GiB are free", bytes >> 30, free >> 30);
}

/// Where tmpfs is.
pub const MEMORY: &str = "/dev/shm";

/// Directories for one run, on the disk that holds temporary files.
pub struct Place {
    pub dir: tempfile::TempDir,
    /// What holds the drop directory, if it's elsewhere.
    pages: Option<tempfile::TempDir>,
    pub drop: PathBuf,
    pub state: PathBuf,
    pub socket: PathBuf,
}

impl Place {
    pub fn new() -> Place {
        Place::over(None)
    }

    /// Follows another directory than its own.
    pub fn over(drop: Option<&Path>) -> Place {
        let dir = tempfile::Builder::new().prefix("figures-").tempdir().expect("a temporary directory");
        let own = dir.path().join("drop");
        std::fs::create_dir(&own).expect("a drop directory");
        let (state, socket) = (dir.path().join("state"), dir.path().join("events.sock"));
        Place { drop: drop.map_or(own, Into::into), state, socket, dir, pages: None }
    }

    /// With the pages on tmpfs, where the disk has no say in how fast they come, and the state on disk.
    pub fn in_memory() -> Place {
        let pages =
            tempfile::Builder::new().prefix("figures-").tempdir_in(MEMORY).expect("a directory in memory");
        let drop = pages.path().join("drop");
        std::fs::create_dir(&drop).expect("a drop directory");
        Place { pages: Some(pages), ..Place::over(Some(&drop)) }
    }

    /// A path beside the drop directory, from where files can be moved into it.
    pub fn aside(&self, name: &str) -> PathBuf {
        self.pages.as_ref().unwrap_or(&self.dir).path().join(name)
    }

    /// `run` on these directories.
    pub fn command(&self) -> Command {
        let mut command = liveblogd("run");
        command.arg("--drop").arg(&self.drop).arg("--state").arg(&self.state);
        command
    }

    /// The same, and serves the socket.
    pub fn serving(&self) -> Command {
        let mut command = self.command();
        command.arg("--no-stdout").arg("--listen").arg(format!("unix:{}", self.socket.display()));
        command
    }

    /// `run --once`, what it says going to a file.
    pub fn once(&self, out: &Path) -> Took {
        let out = std::fs::File::create(out).expect("its output can be made");
        run(self.command().arg("--once").stdout(out))
    }

    /// Removes what was dropped, so that the daemon has nothing to read.
    pub fn empty_drop(&self) {
        std::fs::remove_dir_all(&self.drop).expect("a drop directory can be removed");
        std::fs::create_dir(&self.drop).expect("a drop directory");
    }

    /// The journal's files and their length.
    pub fn journal(&self) -> (Vec<PathBuf>, u64) {
        let entries = std::fs::read_dir(self.state.join("journal")).expect("there is a journal");
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "ndjson"));
        files.sort();
        let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|stat| stat.len()).sum();
        (files, bytes)
    }
}

/// The `seq` of an event's line.
pub fn seq_of(line: &[u8]) -> Option<u64> {
    let member = b"\"seq\":";
    let digits = &line[memmem::find(line, member)? + member.len()..];
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// A child that is killed when it goes out of scope.
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Running {
        Running(command.spawn().unwrap_or_else(|error| panic!("{command:?} doesn't start: {error}")))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).expect("it still runs");
        let status = self.0.wait().expect("it can be waited for");
        assert!(status.success(), "it ended with {status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _already_ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A daemon that follows its directories.
pub struct Daemon {
    pub process: Running,
    /// What it says, if its stdout was piped.
    pub out: Option<ChildStdout>,
    log: Receiver<String>,
}

impl Daemon {
    /// Starts it, and waits until it says that it follows.
    pub fn start(command: &mut Command) -> Daemon {
        let mut process = Running::start(command.stderr(Stdio::piped()));
        let log = lines_of(process.0.stderr.take().expect("its log is piped"));
        let out = process.0.stdout.take();
        let daemon = Daemon { process, out, log };
        daemon.logged("following");
        daemon
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Waits for so many events on stdout.
    pub fn says(&mut self, count: usize) {
        take_events(self.out.as_mut().expect("its stdout is piped"), count);
    }

    /// The same, in a thread of its own, which gives stdout back: were it closed, the daemon would end.
    pub fn reads(&mut self, count: usize) -> JoinHandle<ChildStdout> {
        let mut out = self.out.take().expect("its stdout is piped");
        std::thread::spawn(move || {
            take_events(&mut out, count);
            out
        })
    }

    /// Nothing lies on stdout that wasn't waited for.
    pub fn silent(&self) {
        let out = self.out.as_ref().expect("its stdout is piped");
        assert!(!readable(out, Duration::ZERO), "it says more than it should");
    }

    fn logged(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line.contains(words) => return,
                Ok(_) => {}
                Err(error) => panic!("never logged: {words} ({error})"),
            }
        }
    }
}

/// The lines of a stream, read by a thread of its own, so that the writer never waits.
fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (line, lines) = channel();
    std::thread::spawn(move || {
        for next in BufReader::new(stream).lines() {
            let Ok(next) = next else { return };
            // Once nobody listens it still has to be read, or the daemon would wait for its log.
            let _nobody_listens = line.send(next);
        }
    });
    lines
}

/// Reads so many lines, and no more may come with them.
fn take_events(out: &mut ChildStdout, count: usize) {
    let mut block = vec![0; 256 << 10];
    let mut lines = 0;
    while lines < count {
        assert!(readable(out, PATIENCE), "{lines} of {count} events came, and no more");
        let bytes = out.read(&mut block).expect("what it says can be read");
        assert!(bytes > 0, "it ended after {lines} of {count} events");
        lines += memchr_iter(b'\n', &block[..bytes]).count();
    }
    assert_eq!(lines, count, "it says more than it should");
}

fn readable(stream: &impl AsFd, within: Duration) -> bool {
    let within = Timespec { tv_sec: within.as_secs().cast_signed(), tv_nsec: 0 };
    let polled = poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&within));
    polled.expect("a pipe can be polled") > 0
}

/// What a program took.
#[derive(Clone, Copy)]
pub struct Took {
    pub seconds: f64,
    pub cpu: f64,
}

/// Runs a program to its end. Its log is shown only if it fails.
pub fn run(command: &mut Command) -> Took {
    let cpu = cpu_of_children();
    let start = Instant::now();
    let process = Running::start(command.stdin(Stdio::null()).stderr(Stdio::piped()));
    let output = wait(process);
    let seconds = start.elapsed().as_secs_f64();
    assert!(output.is_empty(), "{command:?} failed: {output}");
    Took { seconds, cpu: cpu_of_children() - cpu }
}

/// Waits for a child's end: what it logged if it failed, else nothing.
fn wait(mut process: Running) -> String {
    let mut log = String::new();
    let mut stderr = process.0.stderr.take().expect("its log is piped");
    stderr.read_to_string(&mut log).expect("its log is UTF-8");
    let status = process.0.wait().expect("it can be waited for");
    if status.success() {
        return String::new();
    }
    format!("{status}\n{log}")
}
