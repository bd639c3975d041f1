//! `parse`: files and stdin into events on stdout, or into their lines with the role each was given. It remembers
//! nothing: no state, no journal.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::ParseArgs;
use crate::commands::{OUT_BYTES, Out, plain};
use crate::config::Config;
use crate::exit::{Exit, Failure, tell};
use crate::model::file::{FileName, Position};
use crate::model::text::Text;
use crate::model::time::Zone;
use crate::parse::dating::{self, MTIME_SLACK};
use crate::parse::explain;
use crate::parse::overrides::Overrides;
use crate::source::line_buffer::{BLOCK_BYTES, LineBuffer};
use crate::source::reader::{Content, SNIFF_BYTES, open, sniff};
use crate::stage::page::{Page, Settings, event_of};
use crate::terminal::Progress;

/// `parse`: every update of the given files, nothing remembered.
pub fn parse(args: &ParseArgs, env: impl Fn(&str) -> Option<OsString>) -> Result<Exit, Failure> {
    let config =
        Config::load(args.config.config.as_deref())?.with_time(&args.time, &env)?.with_drop(&[], env);
    let settings = Settings::new(&config, args.time.date)?;
    let event_bytes_max = config.journal.event_size.0 as usize;
    let mut out = Out::new();
    let mut failed = None;
    let size_bytes = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let bytes_total = args.files.iter().map(size_bytes).sum();
    let (progress, mut bytes) = (Progress::default(), 0);
    let mut block = Vec::new();
    for path in &args.files {
        progress.read(bytes_total, bytes);
        bytes += size_bytes(path);
        match read(path, &config.drop.zone.zone(), &mut block) {
            Ok((mtime, text)) => {
                let file = name_of(path, &config.drop.directories);
                match args.explain {
                    true => out.explain(&text, &settings.facts(&file).overrides)?,
                    false => progress.said(out.events(&file, &text, mtime, &settings, event_bytes_max)?),
                }
            }
            Err(error) => {
                tell(format_args!("error: cannot read {}: {error}", path.display()));
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

/// What a file is called: below a drop directory as `run` calls it, else by its last name.
fn name_of(path: &Path, directories: &[PathBuf]) -> FileName {
    if path == Path::new("-") {
        return FileName::new(Path::new(""), path);
    }
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
    // The file itself may be a link, and is named by where that stands.
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = path.file_name().map_or_else(|| real(path), |name| real(parent).join(name));
    for directory in directories {
        if let Ok(below) = whole.strip_prefix(real(directory)) {
            return FileName::new(directory, below);
        }
    }
    FileName::new(path.parent().unwrap_or(Path::new("")), path.file_name().map_or(path, Path::new))
}

fn read(path: &Path, zone: &Zone, block: &mut Vec<u8>) -> io::Result<(Timestamp, Text)> {
    if path == Path::new("-") {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            tell(format_args!("reading a page from the terminal; end it with Ctrl-D"));
        }
        return Ok((end_of_today(zone), read_stream(stdin.lock())?));
    }
    // `<(curl …)`, `/dev/stdin`.
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_fifo() || kind.is_char_device() {
        return Ok((end_of_today(zone), read_stream(File::open(path)?)?));
    }
    // Whoever names a file by hand may name a link.
    let real = std::fs::canonicalize(path)?;
    let root = real.parent().unwrap_or(Path::new("/"));
    let file = open(&FileName::new(root, real.file_name().map_or(Path::new(""), Path::new)))?;
    match file.read_whole(block)? {
        Content::Text(text) => Ok((file.stat.modified(), text)),
        Content::NotText | Content::Rewritten => Err(no_text()),
    }
}

fn no_text() -> io::Error {
    io::Error::other("it is no text: it has NULs and no UTF-16 mark")
}

/// What comes without an mtime is of today, whatever the hour.
fn end_of_today(zone: &Zone) -> Timestamp {
    let now = Timestamp::now();
    let end = dating::end_of_day(dating::local_date(now, zone), zone).unwrap_or(now);
    // Dating lets a page be a little ahead of its mtime: that must not reach into tomorrow.
    end - MTIME_SLACK
}

fn read_stream(mut stream: impl io::Read) -> io::Result<Text> {
    let mut bytes = Vec::new();
    // The mark may come in pieces, so the first block is filled.
    stream.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut bytes)?;
    let (encoding, mark_bytes) = sniff(&bytes[..bytes.len().min(SNIFF_BYTES)]).ok_or_else(no_text)?;
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

impl Out {
    fn events(
        &mut self,
        file: &FileName,
        text: &Text,
        mtime: Timestamp,
        settings: &Settings,
        event_bytes_max: usize,
    ) -> Result<u64, Failure> {
        let mut events = 0;
        let page = Page::read(settings.facts(file), text, None, mtime, false);
        if page.document.layout.is_none() {
            tell(format_args!("warning: {}: no time lines, so nothing is said of it", file.full().display()));
        }
        let shared = page.shared(file, None, Timestamp::now());
        let loose = page.loose();
        let dated = page.date(&loose, &vec![None; loose.count()], None);
        for (at, update) in page.along(&dated.sequence) {
            if update.is_empty() {
                continue;
            }
            let time = dated.times[at];
            let id = page.id(update, loose.folded(at), time.map(|(timestamp, _)| timestamp));
            events += 1;
            event_of(update, id, time, &shared).encode(event_bytes_max, &mut self.lines);
            if self.lines.len() >= OUT_BYTES {
                self.flush()?;
            }
        }
        Ok(events)
    }

    fn explain(&mut self, text: &Text, overrides: &Overrides) -> Result<(), Failure> {
        let explained = explain::explain(text, overrides);
        for line in &explained.lines {
            let shown = plain(&line.text);
            let reason = line.reason.map(|reason| format!("   ({reason})")).unwrap_or_default();
            self.lines.extend_from_slice(
                format!("{:>6} {:<13} {shown}{reason}\n", line.line, line.role).as_bytes(),
            );
            if self.lines.len() >= OUT_BYTES {
                self.flush()?;
            }
        }
        for line in explained.summary() {
            self.lines.extend_from_slice(format!("{:>6} {}\n", "", plain(&line)).as_bytes());
        }
        self.flush()
    }
}
