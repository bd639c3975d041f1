//! The journal onto stdout, from its kept cursor on: byte for byte, and never twice after an orderly end, also where its
//! reader is slower than the end.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::journal::met::Met;
use crate::journal::reader::{Reader, last_seq};
use crate::journal::state::{Kept, KeptCursor};
use crate::journal::{Head, JournalError, is_full};
use crate::model::log_pace::LogPace;
use crate::sink::torn_line::TornLine;

/// How much is read and written at once, bytes. A kill -9 says at most this much again.
const BATCH_BYTES: usize = 256 << 10;

/// How long a full disk behind stdout is waited for before it is tried again, ms.
const RETRY_MS: u64 = 500;

/// How often a full pipe's writer looks whether it is told to stop, ms.
const LOOK_MS: u64 = 200;

/// How long a reader is waited for once it is told to stop, ms: less than the daemon waits for its stages.
const DRAIN_MS: u64 = 3_000;

/// Where stdout begins if no cursor is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// With the oldest event: on a new state directory.
    Oldest,
    /// With what comes: stdout was off before.
    Now,
    /// With the oldest event, since its place was taken away.
    Lost,
}

/// The sink that writes to stdout.
#[derive(Debug)]
pub struct Stdout {
    state: PathBuf,
    out: File,
    cursor: KeptCursor,
    reader: Reader,
    head: watch::Receiver<Head>,
    /// The last event that was written, or passed by.
    after: u64,
    /// Whether events of the backfill are left out.
    skip_backfill: bool,
    /// Closed when the daemon is told to stop.
    stop: Receiver<()>,
    /// When it was seen that it was told to.
    stopped: Option<Instant>,
    /// How often a full disk behind stdout is logged.
    pace: LogPace,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything was written.
    Drained,
    /// Whoever read stdout went away.
    ReaderGone,
}

/// (device, inode) of the file that stdout goes to, if it is a regular one: it must not be read as a page.
pub fn regular_file() -> Option<(u64, u64)> {
    let stat = rustix::fs::fstat(rustix::stdio::stdout()).ok()?;
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    is_file.then_some((stat.st_dev, stat.st_ino))
}

impl Stdout {
    /// Opens stdout where its last run ended.
    pub fn open(
        state: &Path,
        head: watch::Receiver<Head>,
        met: Met,
        begin: Begin,
        skip_backfill: bool,
        stop: Receiver<()>,
    ) -> Result<Stdout, JournalError> {
        let now = head.borrow().clone();
        let (cursor, kept) = KeptCursor::open(state, "stdout", &now.journal)?;
        let after = match (kept, begin) {
            // A cursor ahead of the head is of events that a power loss took back: they come again.
            (Kept::At(seq), _) => seq.min(now.seq),
            (Kept::Never, Begin::Oldest) => 0,
            (Kept::Never, Begin::Now) => now.seq,
            (Kept::Lost, _) | (Kept::Never, Begin::Lost) => {
                warn!(
                    "stdout's cursor is gone or can't be read: it goes on with the oldest event, so that what it has had comes again, under the same seq"
                );
                0
            }
        };
        cursor.store(&now.journal, after)?;
        let mut reader = Reader::noting(state, met);
        if reader.seek(after, &now)? != after {
            warn!(
                after,
                oldest = %now.oldest,
                "events that stdout hasn't had were retired; it goes on with the oldest"
            );
        }
        let out = open_out().map_err(JournalError::io("open", Path::new("stdout")))?;
        Ok(Stdout {
            state: state.into(),
            out,
            cursor,
            reader,
            head,
            after,
            skip_backfill,
            stop,
            stopped: None,
            pace: LogPace::default(),
        })
    }

    /// Writes until the journal has ended or the reader is gone.
    pub fn run(mut self) -> Result<Ended, JournalError> {
        let timer = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let timer = timer.map_err(JournalError::io("start", Path::new("stdout")))?;
        let gone = self.watch_reader();
        let stdout = Path::new("stdout");
        let torn_line = match TornLine::begin(&self.state, &self.out) {
            Ok((torn_line, is_torn)) => {
                if is_torn && self.write(b"\n").map_err(JournalError::io("write to", stdout))? == 0 {
                    return Ok(Ended::Drained);
                }
                Some(torn_line)
            }
            Err(error) => {
                warn!(%error, "cannot see whether stdout's last line is whole");
                None
            }
        };
        let mut lines = Vec::new();
        loop {
            let head = self.head.borrow_and_update().clone();
            loop {
                lines.clear();
                match self.reader.read(&head, &mut lines, BATCH_BYTES) {
                    Ok(0) => break,
                    Ok(_) => {}
                    // Only where its cursor or a segment was taken away or damaged: nothing is retired before it.
                    Err(error) => {
                        let goes_on_after = self.reader.go_on(error, self.after, &head)?;
                        if goes_on_after > self.after {
                            warn!(
                                after = self.after,
                                goes_on_after,
                                "events that stdout hasn't had were retired, or their segment was taken away or is damaged: liveblogd status --verify names it"
                            );
                            self.after = goes_on_after;
                            self.cursor.store(&head.journal, goes_on_after)?;
                        }
                        continue;
                    }
                }
                let last = last_seq(&lines).unwrap_or(self.after);
                if self.skip_backfill {
                    leave_out_backfill(&mut lines);
                }
                match self.write(&lines) {
                    Ok(written) if written == lines.len() => {}
                    Ok(written) => {
                        let whole = memchr::memrchr(b'\n', &lines[..written]).map_or(0, |end| end + 1);
                        let last = last_seq(&lines[..whole]).unwrap_or(self.after);
                        info!(
                            after = last,
                            "stdout took no more in time: the next run goes on behind what it took"
                        );
                        self.cursor.store(&head.journal, last)?;
                        self.end(torn_line.filter(|_| whole == written))?;
                        return Ok(Ended::Drained);
                    }
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Ended::ReaderGone),
                    Err(error) => return Err(JournalError::io("write to", stdout)(error)),
                }
                self.after = last;
                self.cursor.store(&head.journal, last)?;
            }
            // Seqs that a power loss skipped and lines that are damaged name no event to be behind of. Where the journal is
            // away, nothing more can be read for now.
            let is_at_head = self.reader.reached(&head).is_ok();
            if is_at_head && self.after != head.seq {
                self.after = head.seq;
                self.cursor.store(&head.journal, head.seq)?;
            }
            let more = timer.block_on(async {
                tokio::select! {
                    biased;
                    changed = self.head.changed() => changed.is_ok(),
                    _ = gone.recv() => false,
                }
            });
            if !more && (!is_at_head || self.head.borrow().seq == self.after) {
                self.end(torn_line)?;
                return Ok(if gone.is_closed() {
                    Ended::ReaderGone
                } else {
                    Ended::Drained
                });
            }
            if gone.is_closed() {
                return Ok(Ended::ReaderGone);
            }
        }
    }

    /// Keeps its place. `whole`: where its last line is.
    fn end(&self, whole: Option<TornLine>) -> Result<(), JournalError> {
        self.cursor.sync()?;
        if let Some(Err(error)) = whole.map(|torn_line| torn_line.end()) {
            warn!(%error, "the next run may begin with an empty line on stdout");
        }
        Ok(())
    }

    /// Writes all of it, waiting for room where there is none, and says how much that was: less where it is told to stop
    /// meanwhile, and its reader too slow. (Where it can't but wait, that isn't known, and it doesn't return.)
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut rest = lines;
        while !rest.is_empty() {
            if self.stop.is_closed() {
                let stopped = self.stopped.get_or_insert_with(Instant::now);
                if stopped.elapsed() >= Duration::from_millis(DRAIN_MS) {
                    return Ok(lines.len() - rest.len());
                }
            }
            // From then on line by line: a pipe takes one of up to 4 KiB whole or not at all.
            let end =
                self.stopped.and_then(|_| memchr::memchr(b'\n', rest)).map_or(rest.len(), |end| end + 1);
            match self.out.write(&rest[..end]) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let out = self.out.as_fd();
                    let look = Timespec { tv_sec: 0, tv_nsec: LOOK_MS as i64 * 1_000_000 };
                    match poll(&mut [PollFd::new(&out, PollFlags::OUT)], Some(&look)) {
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(error) if is_full(&error) => {
                    if self.pace.note(Instant::now()).is_some() {
                        warn!(%error, "cannot write to stdout; nothing is lost, it is tried again until there is room");
                    }
                    if self.stopped.is_some() {
                        return Ok(lines.len() - rest.len());
                    }
                    std::thread::sleep(Duration::from_millis(RETRY_MS));
                }
                Err(error) => return Err(error),
            }
        }
        if self.pace.end() {
            info!("stdout can be written again");
        }
        Ok(lines.len())
    }

    /// A channel that closes when the other end of a pipe does, which a writer with nothing to say wouldn't notice.
    fn watch_reader(&self) -> Receiver<()> {
        let (told, gone) = async_channel::bounded(1);
        let kind = rustix::fs::fstat(&self.out).map(|stat| FileType::from_raw_mode(stat.st_mode));
        if !matches!(kind, Ok(FileType::Fifo | FileType::Socket)) {
            std::mem::forget(told);
            return gone;
        }
        let Ok(out) = self.out.try_clone() else {
            std::mem::forget(told);
            return gone;
        };
        // It can't be joined while the pipe is open; it holds nothing but its descriptor, and ends with the process.
        let watch = move || wait_for_hangup(&out, told);
        if let Err(error) = std::thread::Builder::new().name("stdout-hangup".into()).spawn(watch) {
            warn!(%error, "a reader of stdout that goes away will only be noticed at the next event");
        }
        gone
    }
}

/// Stdout, once more. Of a pipe a description of its own, whose writer doesn't wait in the kernel: so it can be told to stop
/// and knows what was taken. Where the pipe is another user's it can't be had, and of a socket there is none.
fn open_out() -> io::Result<File> {
    let stdout = rustix::stdio::stdout();
    let is_pipe = FileType::from_raw_mode(rustix::fs::fstat(stdout)?.st_mode) == FileType::Fifo;
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let own = is_pipe.then(|| rustix::fs::open("/proc/self/fd/1", flags, Mode::empty()));
    match own {
        Some(Ok(own)) => Ok(File::from(own)),
        Some(Err(_)) | None => Ok(File::from(rustix::io::dup(stdout)?)),
    }
}

fn wait_for_hangup(out: &File, told: Sender<()>) {
    loop {
        let mut fds = [PollFd::new(out, PollFlags::empty())];
        match poll(&mut fds, None) {
            Ok(_) if fds[0].revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    told.close();
}

/// Takes out the lines of the backfill. A quote inside a text is escaped, so only the member itself fits.
fn leave_out_backfill(lines: &mut Vec<u8>) {
    let member = memchr::memmem::Finder::new(br#","backfill":true,"#);
    let kept: Vec<&[u8]> =
        lines.split_inclusive(|&b| b == b'\n').filter(|line| member.find(line).is_none()).collect();
    *lines = kept.concat();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_backfill_are_left_out() {
        let mut lines = b"{\"a\":1,\"backfill\":true,\"b\":2}\n{\"body\":\",\\\"backfill\\\":true,\",\"backfill\":false,\"b\":2}\n".to_vec();
        leave_out_backfill(&mut lines);
        assert_eq!(lines.iter().filter(|&&b| b == b'\n').count(), 1);
        assert!(lines.starts_with(b"{\"body\""));
    }
}
