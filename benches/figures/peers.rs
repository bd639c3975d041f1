//! The log shippers beside which it is measured, if they are installed: rsyslog and syslog-ng. Each runs in the
//! foreground as a child, with a configuration of its own in a directory of its own, and joins an update's lines by
//! a rule for the time line. What comes out is a line of JSON for each update, with the file's path and the text.
//! Neither drops what it has said before.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use memchr::{memchr_iter, memmem};

use crate::corpus::Corpus;
use crate::place::{PATIENCE, Running, Took, found};
use crate::proc::cpu_of_children;

/// What a time line of the corpus is.
const TIME_LINE: &str = "^[0-9][0-9]:[0-9][0-9] [AP]M GMT$";

/// How long they wait for more of a file's last update, which no time line ends, seconds.
const LAST_UPDATE_S: u32 = 2;

/// How often the output is looked at.
const LOOK: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, PartialEq)]
pub enum Peer {
    Rsyslog,
    SyslogNg,
}

pub const PEERS: [Peer; 2] = [Peer::Rsyslog, Peer::SyslogNg];

/// What a peer reads.
pub enum Input<'a> {
    /// All pages of a directory, the last update of each too.
    Pages(&'a Path),
    /// A log that is appended to.
    Log(&'a Path),
}

/// A peer that is there, and its directory.
pub struct Installed {
    pub peer: Peer,
    program: PathBuf,
    dir: tempfile::TempDir,
}

impl Peer {
    pub fn name(self) -> &'static str {
        match self {
            Peer::Rsyslog => "rsyslog",
            Peer::SyslogNg => "syslog-ng",
        }
    }

    pub fn installed(self) -> Option<Installed> {
        let program = match self {
            Peer::Rsyslog => found("rsyslogd"),
            Peer::SyslogNg => found("syslog-ng"),
        }?;
        let dir = tempfile::Builder::new().prefix("figures-").tempdir().expect("a temporary directory");
        Some(Installed { peer: self, program, dir })
    }
}

impl Installed {
    /// The peer, not started. `out`: the file that it writes to.
    pub fn command(&self, input: &Input, out: &Path) -> Command {
        let dir = self.dir.path();
        for left in std::fs::read_dir(dir).expect("its directory is there").flatten() {
            std::fs::remove_file(left.path()).expect("what the last run kept can be removed");
        }
        let config = dir.join("peer.conf");
        let mut command = Command::new(&self.program);
        let text = match self.peer {
            Peer::Rsyslog => {
                command.args(["-n", "-i", "NONE", "-f"]).arg(&config);
                rsyslog(dir, input, out)
            }
            Peer::SyslogNg => {
                command.args(["--foreground", "--no-caps", "-f"]).arg(&config);
                for (option, file) in [("-R", "persist"), ("-p", "pid"), ("-c", "control")] {
                    command.arg(option).arg(dir.join(file));
                }
                syslog_ng(input, out)
            }
        };
        std::fs::write(config, text).expect("its configuration can be written");
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Reads the corpus. By the clock it's done when all but the last update of each file have come, since for
    /// those it waits; then they must come, too.
    pub fn backfill(&self, corpus: &Corpus) -> Took {
        let out = self.dir.path().with_extension("json");
        let mut command = self.command(&Input::Pages(&corpus.dir), &out);
        let (cpu, start) = (cpu_of_children(), Instant::now());
        let process = Running::start(command.stdout(Stdio::null()));
        let mut lines = Lines::of(&out, self.peer.name());
        lines.wait_for(corpus.updates - corpus.files.len());
        let seconds = start.elapsed().as_secs_f64();
        lines.wait_for(corpus.updates);
        process.stop();
        let cpu = cpu_of_children() - cpu;
        check(&out, corpus, self.peer.name());
        std::fs::remove_file(&out).expect("what it said isn't needed");
        Took { seconds, cpu }
    }
}

fn rsyslog(dir: &Path, input: &Input, out: &Path) -> String {
    let (files, timeout) = match input {
        Input::Pages(pages) => (pages.join("*.txt"), format!("readTimeout=\"{LAST_UPDATE_S}\"")),
        Input::Log(log) => (log.to_path_buf(), String::new()),
    };
    format!(
        r#"global(workDirectory="{}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
template(name="line" type="list") {{
    constant(value="{{")
    property(outname="path" name="$!metadata!filename" format="jsonf")
    constant(value=",")
    property(outname="text" name="msg" format="jsonf")
    constant(value="}}\n")
}}
input(type="imfile" file="{}" tag="blog" ruleset="out" addMetadata="on" escapeLF="off"
      startmsg.regex="{TIME_LINE}" {timeout})
ruleset(name="out") {{ action(type="omfile" file="{}" template="line") }}
"#,
        dir.display(),
        files.display(),
        out.display()
    )
}

fn syslog_ng(input: &Input, out: &Path) -> String {
    let files = match input {
        Input::Pages(pages) => format!(
            "wildcard-file(base-dir(\"{}\") filename-pattern(\"*.txt\") max-files(1000) log-iw-size(100000) \
             multi-line-timeout({LAST_UPDATE_S})",
            pages.display()
        ),
        Input::Log(log) => format!("file(\"{}\"", log.display()),
    };
    format!(
        r#"@version: 3.35
options {{ log-msg-size(65536); stats-freq(0); }};
source pages {{
    {files} flags(no-parse) follow-freq(0.05) log-fetch-limit(100)
        multi-line-mode(prefix-garbage) multi-line-prefix("{TIME_LINE}"));
}};
destination out {{
    file("{}" template("$(format-json path=$FILE_NAME text=$MESSAGE)\n") log-fifo-size(200000));
}};
log {{ source(pages); destination(out); flags(flow-control); }};
"#,
        out.display()
    )
}

/// The lines of a file that is being written.
struct Lines<'a> {
    path: &'a Path,
    file: Option<File>,
    count: usize,
    whose: &'a str,
}

impl<'a> Lines<'a> {
    fn of(path: &'a Path, whose: &'a str) -> Lines<'a> {
        Lines { path, file: None, count: 0, whose }
    }

    fn wait_for(&mut self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        let mut block = vec![0; 256 << 10];
        while self.count < count {
            if self.file.is_none() {
                self.file = File::open(self.path).ok();
            }
            let read = self.file.as_mut().map_or(0, |file| file.read(&mut block).expect("it can be read"));
            self.count += memchr_iter(b'\n', &block[..read]).count();
            assert!(Instant::now() < deadline, "{}: {} of {count} came, and no more", self.whose, self.count);
            if read == 0 {
                std::thread::sleep(LOOK);
            }
        }
    }
}

/// Every update is there, whole, as often as the corpus has it.
fn check(out: &Path, corpus: &Corpus, whose: &str) {
    let (mut lines, mut bytes, mut texts) = (0, 0, HashSet::new());
    for line in BufReader::new(File::open(out).expect("it said something")).split(b'\n') {
        let line = line.expect("what it said can be read");
        let event: serde_json::Value = serde_json::from_slice(&line)
            .unwrap_or_else(|error| panic!("{whose}: {error} in {}", String::from_utf8_lossy(&line)));
        let text = event["text"].as_str().expect("it has a text");
        assert!(memmem::find(text.as_bytes(), b" GMT\n").is_some(), "{whose}: its time line is there");
        // What ends the text isn't part of it for everyone.
        bytes += text.trim_end().len() as u64 + 1;
        texts.insert(xxhash_rust::xxh3::xxh3_128(text.as_bytes()));
        lines += 1;
    }
    assert_eq!(lines, corpus.updates, "{whose} says each update");
    assert_eq!(texts.len(), corpus.distinct, "{whose} says the right ones");
    assert_eq!(bytes, corpus.bytes, "{whose} says them whole");
}
