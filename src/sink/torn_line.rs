//! The half line that a kill leaves where stdout goes to: it is ended before an event follows, which would be lost to
//! the reader with it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use crate::journal::{JournalError, state};

/// What stdout goes to, noted in the state directory while its last line may be half a line.
#[derive(Debug)]
pub(super) struct TornLine {
    note: PathBuf,
}

impl TornLine {
    /// Notes that lines are written now. Says whether the last one there may be torn: that of a file shows it; a pipe
    /// can't be looked into, so it's taken for torn where the run before wrote to the same one and didn't end in order.
    pub(super) fn begin(state: &Path, out: &File) -> io::Result<(TornLine, bool)> {
        let torn_line = TornLine { note: state.join("stdout-open") };
        let stat = rustix::fs::fstat(out)?;
        let is_torn = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => is_torn()?,
            FileType::Fifo | FileType::Socket => {
                let pipe = format!("{} {} {}\n", state::boot_id(), stat.st_dev, stat.st_ino);
                let is_same = std::fs::read(&torn_line.note).is_ok_and(|noted| noted == pipe.as_bytes());
                if !is_same {
                    state::replace(&torn_line.note, &pipe).map_err(io::Error::other)?;
                }
                is_same
            }
            _ => false,
        };
        Ok((torn_line, is_torn))
    }

    /// Notes that every line is whole.
    pub(super) fn end(&self) -> Result<(), JournalError> {
        state::remove("remove", &self.note)
    }
}

/// Whether the file that stdout goes to ends within a line.
fn is_torn() -> io::Result<bool> {
    // Stdout may be open for writing only.
    let mut file = File::open("/proc/self/fd/1")?;
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != [b'\n'])
}
