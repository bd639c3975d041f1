//! The commands that end by themselves: `parse`, `replay`, `check`.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::cli::{CheckArgs, ParseArgs, ReplayArgs};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::journal::Head;
use crate::journal::index::Index;
use crate::journal::reader::Reader;
use crate::journal::segment;
use crate::journal::state::Identity;
use crate::model::event::EVENT_BYTES_MAX;
use crate::model::file::{FileName, Position};
use crate::model::text::Text;
use crate::model::time::Zone;
use crate::parse::dating::MTIME_SLACK_S;
use crate::parse::document::{self, Overrides};
use crate::source::line_buffer::{LineBuffer, encoding_of};
use crate::source::reader::{Content, Stretch, open};
use crate::stage::page::{Page, Settings};

/// How much is written at once, bytes.
const OUT_BYTES: usize = 256 << 10;

/// How much of a file or of stdin is read at once, bytes.
const BLOCK_BYTES: usize = 256 << 10;

/// How often `replay --follow` looks for more, ms.
const FOLLOW_MS: u64 = 50;

/// `parse`: every update of the given files, nothing remembered.
pub fn parse(args: &ParseArgs) -> Result<Exit, Failure> {
    let config = Config::default().with_time(&args.time)?;
    let settings = Settings::new(&config, args.time.date)?;
    let mut out = Out::new();
    let mut failed = None;
    for path in &args.files {
        match read(path, &config.drop.zone.zone()) {
            Ok((mtime, text)) if args.explain => out.explain(&text, mtime)?,
            Ok((mtime, text)) => out.events(path, &text, mtime, &settings)?,
            Err(error) => {
                eprintln!("error: cannot read {}: {error}", path.display());
                failed = Some(path);
            }
        }
        if out.reader_gone {
            return Ok(Exit::Done);
        }
    }
    out.flush()?;
    match failed {
        Some(path) => {
            Err(Failure::failed(format!("not every file could be read, the last was {}", path.display()))
                .hint("the events of the others are right"))
        }
        None => Ok(Exit::Done),
    }
}

fn read(path: &Path, zone: &Zone) -> io::Result<(Timestamp, Text)> {
    if path == Path::new("-") {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            eprintln!("reading a page from the terminal; end it with Ctrl-D");
        }
        return Ok((end_of_today(zone), read_stream(stdin.lock())?));
    }
    // Whoever names a file by hand may name a link.
    let real = std::fs::canonicalize(path)?;
    let root = real.parent().unwrap_or(Path::new("/"));
    let file = open(&FileName::new(root, real.file_name().map_or(Path::new(""), Path::new)))?;
    let mtime = Timestamp::from_nanosecond(i128::from(file.stat.mtime_ns)).unwrap_or(Timestamp::UNIX_EPOCH);
    let bytes_max = usize::try_from(file.stat.size_bytes).unwrap_or(usize::MAX - BLOCK_BYTES) + BLOCK_BYTES;
    match file.read(Stretch { from: Position::START, with_last: true, bytes_max })? {
        Content::Text(chunk) => Ok((mtime, chunk.text)),
        Content::NotText => Err(io::Error::other("it is no text: it has NULs and no UTF-16 mark")),
    }
}

/// What comes without an mtime is of today, whatever the hour.
fn end_of_today(zone: &Zone) -> Timestamp {
    let zone = match zone {
        Zone::Offset(seconds) => Offset::from_seconds(*seconds).unwrap_or(Offset::UTC).to_time_zone(),
        Zone::Rules(rules) => rules.clone(),
    };
    let now = Timestamp::now();
    let end = now.to_zoned(zone).end_of_day().map_or(now, |end| end.timestamp());
    // Dating lets a page be a little ahead of its mtime: that must not reach into tomorrow.
    end - SignedDuration::from_secs(MTIME_SLACK_S)
}

fn read_stream(mut stream: impl io::Read) -> io::Result<Text> {
    let mut bytes = Vec::new();
    // The mark may come in pieces, so the first block is filled.
    stream.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut bytes)?;
    let (encoding, mark_bytes) = encoding_of(&bytes);
    let mut lines =
        LineBuffer::new(encoding, Position { offset: mark_bytes, ..Position::START }, BLOCK_BYTES);
    lines.push(&bytes[mark_bytes as usize..]);
    loop {
        bytes.clear();
        if stream.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut bytes)? == 0 {
            return Ok(lines.finish(true).0);
        }
        lines.push(&bytes);
    }
}

/// Stdout, whose reader may go away: that is success.
struct Out {
    lines: Vec<u8>,
    reader_gone: bool,
}

impl Out {
    fn new() -> Out {
        Out { lines: Vec::with_capacity(OUT_BYTES), reader_gone: false }
    }

    fn events(
        &mut self,
        path: &Path,
        text: &Text,
        mtime: Timestamp,
        settings: &Settings,
    ) -> Result<(), Failure> {
        let (root, name) = if path == Path::new("-") {
            (Path::new(""), Path::new("-"))
        } else {
            (path.parent().unwrap_or(Path::new("")), path.file_name().map_or(path, Path::new))
        };
        let file = FileName::new(root, name);
        let page = Page::read(settings.facts(&file), text, None, mtime, false);
        if page.document.layout.is_none() {
            eprintln!("warning: {}: no time lines, so nothing is said of it", path.display());
        }
        let observed = Timestamp::now();
        let loose = page.loose();
        let dated = page.date(&loose, &vec![None; loose.len()], None);
        let (root, name) = (root.to_string_lossy(), name.to_string_lossy());
        for at in dated.sequence {
            let update = &page.document.updates[at];
            if update.is_empty() {
                continue;
            }
            let time = dated.times[at];
            let id = page.id(update, &loose[at].folded, time.map(|(timestamp, _)| timestamp));
            page.event(update, id, time, observed, (&root, &name)).encode(EVENT_BYTES_MAX, &mut self.lines);
            if self.lines.len() >= OUT_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn explain(&mut self, text: &Text, _mtime: Timestamp) -> Result<(), Failure> {
        for line in document::explain(text, &Overrides::default()) {
            let role = format!("{:?}", line.role).to_lowercase();
            let shown = plain(&line.text);
            let reason = line.reason.map(|reason| format!("   ({reason})")).unwrap_or_default();
            self.lines.extend_from_slice(format!("{:>6} {role:<12} {shown}{reason}\n", line.line).as_bytes());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let written = io::stdout().write_all(&self.lines).and_then(|()| io::stdout().flush());
        self.lines.clear();
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_gone = true;
                Ok(())
            }
            Err(error) => Err(Failure::failed(format!("cannot write to stdout: {error}"))),
            Ok(()) => Ok(()),
        }
    }
}

/// A line of a page as it may be shown at a terminal: what could command it is replaced.
fn plain(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `replay`: the journal as it lies, up to what is committed.
pub fn replay(args: &ReplayArgs, env: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<Exit, Failure> {
    let mut config = Config::load(args.config.config.as_deref())?;
    config.state = args.state.state.clone().or(config.state);
    let state = config.state_directory(env)?;
    let no_journal = || {
        Failure::failed(format!("there is no journal in {}", state.display()))
            .hint("give the state directory of the daemon with --state DIR")
    };
    let identity = Identity::load(&state).map_err(Failure::failed)?.ok_or_else(no_journal)?;
    let mut head = head(&state, &identity)?;
    let after = after(args.after.as_deref().unwrap_or("0"), &head)?;
    let mut reader = Reader::new(&state);
    if reader.seek(after, &head).map_err(Failure::failed)?.is_none() && after > 0 {
        eprintln!(
            "warning: the events after {after} were retired; going on with the oldest, {}",
            head.oldest
        );
    }
    let mut out = Out::new();
    loop {
        while reader.read(&head, &mut out.lines, OUT_BYTES).map_err(Failure::failed)? > 0 {
            out.flush()?;
            if out.reader_gone {
                return Ok(Exit::Done);
            }
        }
        if !args.follow {
            return Ok(Exit::Done);
        }
        std::thread::sleep(Duration::from_millis(FOLLOW_MS));
        head = self::head(&state, &identity)?;
    }
}

/// The committed end, as the index says; where there is no index, as far as the sums prove it.
fn head(state: &Path, identity: &Identity) -> Result<Head, Failure> {
    let segments = segment::list(state).map_err(Failure::failed)?;
    let oldest = segments.first().copied().unwrap_or(1);
    let journal = identity.id.as_str().into();
    let committed = Index::open_readonly(state).and_then(|index| index.committed()).ok().flatten();
    if let Some(committed) = committed {
        return Ok(Head {
            journal,
            seq: committed.next_seq - 1,
            segment: committed.segment,
            length_bytes: committed.length_bytes,
            oldest,
        });
    }
    let last = segments.last().copied().unwrap_or(0);
    if last > 0 {
        warn!("the index can't be read: showing what the checksums prove");
    }
    let proven = if last == 0 {
        Default::default()
    } else {
        segment::proven(state, last).map_err(Failure::failed)?
    };
    let seq = proven.last_seq.max(last.saturating_sub(1));
    Ok(Head { journal, seq, segment: last, length_bytes: proven.end, oldest })
}

/// The seq that `--after` names.
fn after(text: &str, head: &Head) -> Result<u64, Failure> {
    let bad = |why: String| {
        Failure::failed(format!("bad cursor {text:?}: {why}"))
            .hint("a cursor is that of an event, or a seq; 0 is the beginning")
    };
    let seq = match text.split_once(':') {
        Some((journal, _)) if journal != &*head.journal => {
            return Err(bad(format!("it is of another journal, this one is {}", head.journal)));
        }
        Some((_, seq)) => seq,
        None => text,
    };
    let seq: u64 = seq.parse().map_err(|_| bad("it has no seq".into()))?;
    if seq > head.seq {
        return Err(bad(format!("it is ahead of the last event, {}", head.seq)));
    }
    Ok(seq)
}

/// `check`: what is wrong with a configuration; the effective one.
pub fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let config = Config::load(args.config.config.as_deref())?;
    let printed = toml::to_string(&config).map_err(Failure::failed)?;
    let mut out = Out::new();
    out.lines.extend_from_slice(printed.as_bytes());
    out.flush()?;
    let missing: Vec<&PathBuf> =
        config.drop.directories.iter().filter(|directory| !directory.is_dir()).collect();
    for directory in missing {
        eprintln!("warning: the drop directory {} is not there, or not a directory", directory.display());
    }
    Ok(Exit::Done)
}
