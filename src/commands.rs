//! The commands that end by themselves, one a file, and what they share: stdout, and where the journal lies.

mod check;
mod confirm;
mod forget;
mod parse;
mod replay;
mod status;

pub use check::check;
pub use confirm::confirm;
pub use forget::forget;
pub use parse::parse;
pub use replay::replay;
pub use status::status;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing::warn;

use crate::cli::{ConfigArg, StateArg};
use crate::config::Config;
use crate::exit::Failure;
use crate::journal::content::proven;
use crate::journal::index::Index;
use crate::journal::state::Identity;
use crate::journal::{Head, Oldest, segment};

/// How much is written at once, bytes.
const OUT_BYTES: usize = 64 << 10;

/// Stdout, whose reader may go away: that is success.
struct Out {
    lines: Vec<u8>,
    reader_gone: bool,
}

impl Out {
    fn new() -> Out {
        Out { lines: Vec::with_capacity(OUT_BYTES), reader_gone: false }
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

/// A number and what it counts.
fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// The state directory that a command means, and the journal in it.
fn journal_in(
    config: &ConfigArg,
    state: &StateArg,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<(PathBuf, Identity), Failure> {
    let mut config = Config::load(config.config.as_deref())?;
    config.state = state.state.clone().or(config.state);
    let state = config.state_directory(env)?;
    match Identity::load(&state).map_err(Failure::failed)? {
        Some(identity) => Ok((state, identity)),
        None if Identity::path(&state).exists() => {
            let path = Identity::path(&state);
            Err(Failure::failed(format!(
                "{} is damaged: it doesn't say which journal this is",
                path.display()
            ))
            .hint("start the daemon: it finds that in the events, and writes the file again"))
        }
        None if !segment::list(&state).map_err(Failure::failed)?.is_empty() => {
            let path = Identity::path(&state);
            Err(Failure::failed(format!("{} is missing, though there are segments", path.display()))
                .hint("start the daemon: it makes the file again from the events, and nothing is lost"))
        }
        None => Err(Failure::failed(format!("there is no journal in {}", state.display()))
            .hint("give the state directory of the daemon with --state DIR")),
    }
}

/// The committed end, as the sums of the last segment say, or the index where they say less; where there is neither,
/// as far as the sums prove it.
fn head(state: &Path, identity: &Identity) -> Result<Head, Failure> {
    let segments = segment::list(state).map_err(Failure::failed)?;
    let oldest = Oldest::new(segments.first().copied().unwrap_or(1));
    let journal = identity.id.as_str().into();
    let committed = Index::open_readonly(state).and_then(|index| index.committed()).ok().flatten();
    let last = segments.last().copied().unwrap_or(0);
    if let Some(committed) = committed {
        let summed = segment::last_record(state, last).map_err(Failure::failed)?;
        if let Some(summed) = summed.filter(|summed| summed.last_seq >= committed.next_seq) {
            return Ok(Head {
                journal,
                seq: summed.last_seq,
                segment: last,
                length_bytes: summed.end,
                oldest,
            });
        }
        return Ok(Head {
            journal,
            seq: committed.next_seq - 1,
            segment: committed.segment,
            length_bytes: committed.length_bytes,
            oldest,
        });
    }
    if last > 0 {
        warn!("the index can't be read: showing what the checksums prove");
    }
    let proven = if last == 0 {
        Default::default()
    } else {
        proven(state, last).map_err(Failure::failed)?
    };
    let seq = proven.last_seq.max(last.saturating_sub(1));
    Ok(Head { journal, seq, segment: last, length_bytes: proven.end, oldest })
}
