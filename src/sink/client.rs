//! One client of a socket: a task that reads the journal's bytes at its own cursor. Nothing is queued for it: one that
//! stops reading only lags.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Interest};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::journal::met::Met;
use crate::journal::reader::{Reader, last_seq};
use crate::journal::{Head, JournalError};
use crate::sink::protocol::{self, COMMAND_BYTES_MAX, Command, Place, Start};

/// How much of the journal is read and written at once, bytes. The read is of the page cache, so it may be done
/// on the runtime: it takes some 10 µs, less than handing it to a thread and back.
const CHUNK_BYTES: usize = 64 << 10;

/// From this much on, bytes, the journal goes from the file to the socket by itself, at most so much at a time:
/// twice as fast as `cat`, and a client that stops holds no memory.
const STRETCH_BYTES_MIN: u64 = 128 << 10;
const STRETCH_BYTES_MAX: u64 = 1 << 20;

/// How much a client's buffer keeps between chunks, bytes: an idle client shouldn't hold a whole chunk.
const IDLE_BYTES: usize = 4 << 10;

/// How often a client that has closed its sending half is asked whether it is still there, ms: nothing tells.
const HALF_CLOSED_MS: u64 = 1_000;

/// How often a part of the journal that isn't there is looked for again, ms: nothing tells of it but the next event.
const AWAY_MS: u64 = 1_000;

/// How long a client that takes nothing is waited for at the end, ms.
const STALL_MS: u64 = 500;

/// How long a client may take nothing before its file is let go of, ms: one that is retired meanwhile would keep its
/// room on the disk for as long as the client likes.
const RELEASE_MS: u64 = 10_000;

/// How long a closing connection's input is read for, ms: unread input would make TCP throw away the last lines.
pub(super) const LINGER_MS: u64 = 500;

/// A stream socket.
pub(super) trait Connection: AsyncRead + AsyncWrite + AsFd + Unpin + Send + Sync + 'static {
    /// Does `work` as soon as something can be written, and again until it doesn't block.
    fn when_writable(
        &self,
        work: impl FnMut() -> io::Result<usize> + Send,
    ) -> impl Future<Output = io::Result<usize>> + Send;
}

impl Connection for UnixStream {
    fn when_writable(
        &self,
        work: impl FnMut() -> io::Result<usize> + Send,
    ) -> impl Future<Output = io::Result<usize>> + Send {
        self.async_io(Interest::WRITABLE, work)
    }
}

impl Connection for TcpStream {
    fn when_writable(
        &self,
        work: impl FnMut() -> io::Result<usize> + Send,
    ) -> impl Future<Output = io::Result<usize>> + Send {
        self.async_io(Interest::WRITABLE, work)
    }
}

/// What a client is told where the journal is damaged. The path is the daemon's to log.
const UNREADABLE: &str = "the journal cannot be read on from here: the daemon's log says why";

/// Why a client is served no longer.
pub(super) enum Gone {
    Left(io::Error),
    Journal(JournalError),
}

impl From<io::Error> for Gone {
    fn from(error: io::Error) -> Gone {
        Gone::Left(error)
    }
}

impl From<JournalError> for Gone {
    fn from(error: JournalError) -> Gone {
        Gone::Journal(error)
    }
}

/// What a command leads to.
enum Next {
    Serve,
    Close,
}

pub(super) struct Client<S> {
    stream: S,
    reader: Reader,
    head: watch::Receiver<Head>,
    ending: watch::Receiver<bool>,
    /// The unfinished command line. Never longer than [`COMMAND_BYTES_MAX`] plus one read.
    command: Vec<u8>,
    lines: Vec<u8>,
    /// The last event that was sent, or passed by.
    after: u64,
    /// Where a dump ends.
    dump_end: Option<Head>,
    heartbeat: Option<Duration>,
    last_sent: Instant,
    half_closed: bool,
}

impl<S: Connection> Client<S> {
    pub(super) fn new(
        stream: S,
        state: &Path,
        head: watch::Receiver<Head>,
        ending: watch::Receiver<bool>,
        met: Met,
    ) -> Client<S> {
        Client {
            stream,
            reader: Reader::noting(state, met),
            head,
            ending,
            command: Vec::new(),
            lines: Vec::new(),
            after: 0,
            dump_end: None,
            heartbeat: None,
            last_sent: Instant::now(),
            half_closed: false,
        }
    }

    /// Serves it until it has left, or the daemon stops. Where the journal can't be read on it is told so: without a
    /// word it would take what it got for all there is.
    pub(super) async fn serve(mut self) -> Result<(), Gone> {
        let served = self.serve_journal().await;
        if let Err(Gone::Journal(_)) = &served {
            self.write(&protocol::error(UNREADABLE)).await?;
            close(&mut self.stream).await;
        }
        served
    }

    async fn serve_journal(&mut self) -> Result<(), Gone> {
        let now = self.head.borrow_and_update().clone();
        self.reader.seek(now.seq, &now)?;
        self.after = now.seq;
        // True once nothing more is appended to the journal.
        let mut journal_ended = false;
        let mut input = [0; COMMAND_BYTES_MAX];
        loop {
            let sent = self.send_chunk().await?;
            if !sent && let Some(end) = &self.dump_end {
                self.reader.reached(end)?;
                close(&mut self.stream).await;
                return Ok(());
            }
            if !sent && (journal_ended || *self.ending.borrow()) {
                self.write(&protocol::bye()).await?;
                close(&mut self.stream).await;
                return Ok(());
            }
            let away = !sent && self.reader.reached(&self.head.borrow()).is_err();
            let beat = self.heartbeat.map(|every| self.last_sent + every);
            tokio::select! {
                biased;
                read = self.stream.read(&mut input), if !self.half_closed => {
                    let read = read?;
                    // `nc` and `socat` close their sending half at the end of their input, and go on reading.
                    self.half_closed = read == 0;
                    if self.half_closed && gone(&self.stream) {
                        return Ok(());
                    }
                    // What is said last may lack its line end.
                    let said = match self.half_closed && !self.command.is_empty() {
                        true => b"\n",
                        false => &input[..read],
                    };
                    match self.take(said).await? {
                        Next::Serve => {}
                        Next::Close => {
                            close(&mut self.stream).await;
                            return Ok(());
                        }
                    }
                }
                () = tokio::task::yield_now(), if sent => {}
                changed = self.head.changed(), if !sent && !journal_ended => journal_ended = changed.is_err(),
                _ = self.ending.changed(), if !sent => {}
                () = sleep(Duration::from_millis(AWAY_MS)), if away => {}
                () = until(beat), if !sent => self.write(b"\n").await?,
                () = sleep(Duration::from_millis(HALF_CLOSED_MS)), if !sent && self.half_closed => {
                    if gone(&self.stream) {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Sends what comes next. False if there is nothing.
    async fn send_chunk(&mut self) -> Result<bool, Gone> {
        let head = match &self.dump_end {
            Some(end) => end.clone(),
            None => self.head.borrow_and_update().clone(),
        };
        let mut lines = std::mem::take(&mut self.lines);
        lines.clear();
        let read = match self.reader.stretch(&head, STRETCH_BYTES_MIN, STRETCH_BYTES_MAX) {
            Ok(Some(bytes)) => {
                self.send_stretch(bytes).await?;
                return Ok(true);
            }
            Ok(None) => self.reader.read(&head, &mut lines, CHUNK_BYTES),
            Err(error) => Err(error),
        };
        let read = match read {
            Ok(read) => read,
            // It was retired while the client didn't read, or taken away, or is damaged: the client is told what it has
            // missed, if it wasn't put back.
            Err(error) => {
                let stands_after = self.reader.go_on(error, self.after, &head)?;
                if stands_after != self.after {
                    let requested = format!("{}:{}", head.journal, self.after);
                    self.go_to(protocol::expired(requested, stands_after, &head), &head).await?;
                }
                return Ok(true);
            }
        };
        if read > 0 {
            self.after = last_seq(&lines).unwrap_or(self.after);
            self.write(&lines).await?;
        } else {
            lines.clear();
            lines.shrink_to(IDLE_BYTES);
        }
        self.lines = lines;
        Ok(read > 0)
    }

    /// Sends the next bytes, whole lines, straight from the file.
    async fn send_stretch(&mut self, bytes: u64) -> Result<(), Gone> {
        let mut left = bytes;
        while left > 0 {
            let Some((file, offset)) = self.reader.place() else { break };
            let stream = &self.stream;
            let sent = stream.when_writable(|| {
                let mut at = offset;
                Ok(rustix::fs::sendfile(stream, file, Some(&mut at), left as usize)?)
            });
            let sent = if *self.ending.borrow() {
                Some(timeout(Duration::from_millis(STALL_MS), sent).await.map_err(io::Error::from)??)
            } else {
                tokio::select! {
                    biased;
                    sent = sent => Some(sent?),
                    _ = self.ending.wait_for(|&ending| ending) => continue,
                    () = sleep(Duration::from_millis(RELEASE_MS)) => None,
                }
            };
            let Some(sent) = sent else {
                // The file can't be let go of in the middle of a line: what is left of it is kept in memory.
                let rest = self.reader.rest_of_line(left)?;
                self.after = self.reader.seq_before()?.unwrap_or(self.after);
                self.reader.release();
                return Ok(self.write(&rest).await?);
            };
            if sent == 0 {
                // What was sent may end within a line.
                self.write(b"\n").await?;
                return Err(self.reader.cut_short().into());
            }
            self.reader.pass(sent as u64);
            left -= sent as u64;
        }
        self.after = self.reader.seq_before()?.unwrap_or(self.after);
        self.last_sent = Instant::now();
        Ok(())
    }

    /// Writes all of it, waiting for as long as the client likes; once the daemon stops, for as long as it takes some.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = if *self.ending.borrow() {
                timeout(Duration::from_millis(STALL_MS), self.stream.write(rest)).await??
            } else {
                tokio::select! {
                    biased;
                    written = self.stream.write(rest) => written?,
                    _ = self.ending.wait_for(|&ending| ending) => continue,
                    () = sleep(Duration::from_millis(RELEASE_MS)) => {
                        self.reader.release();
                        continue;
                    }
                }
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            rest = &rest[written..];
        }
        self.last_sent = Instant::now();
        Ok(())
    }

    /// Takes what the client said, and does each whole line of it.
    async fn take(&mut self, said: &[u8]) -> Result<Next, Gone> {
        for piece in said.split_inclusive(|&b| b == b'\n') {
            self.command.extend_from_slice(piece);
            let whole = self.command.last() == Some(&b'\n');
            if self.command.len() - usize::from(whole) > COMMAND_BYTES_MAX {
                self.write(&protocol::error("the command line is over 1024 bytes")).await?;
                return Ok(Next::Close);
            }
            if whole {
                let line = std::mem::take(&mut self.command);
                self.obey(&line[..line.len() - 1]).await?;
            }
            // What is said behind a DUMP has no time to be answered in.
            if self.dump_end.is_some() {
                break;
            }
        }
        Ok(Next::Serve)
    }

    async fn obey(&mut self, line: &[u8]) -> Result<(), Gone> {
        let head = self.head.borrow_and_update().clone();
        match protocol::parse(line) {
            Ok(None) => {}
            Ok(Some(Command::After(place))) => self.go(&place, &head).await?,
            Ok(Some(Command::Dump(place))) => {
                self.go(&place, &head).await?;
                self.dump_end = Some(head);
            }
            Ok(Some(Command::Ping)) => self.write(&protocol::pong(&head)).await?,
            Ok(Some(Command::Heartbeat(every))) => self.heartbeat = Some(every),
            Err(message) => self.write(&protocol::error(message)).await?,
        }
        Ok(())
    }

    async fn go(&mut self, place: &Place, head: &Head) -> Result<(), Gone> {
        let mut start = protocol::start(place, head);
        let written = match place {
            Place::Event { written, .. } => Some(written.as_str()),
            Place::Beginning => Some("0"),
            Place::Now => None,
        };
        if start.gap.is_none()
            && let Some(written) = written
        {
            let stands_after = self.reader.seek(start.after, head)?;
            if stands_after != start.after {
                // It was retired since the head was said, or isn't there.
                start = protocol::expired(written.into(), stands_after, head);
            }
        }
        self.go_to(start, head).await
    }

    async fn go_to(&mut self, mut start: Start, head: &Head) -> Result<(), Gone> {
        // More may be retired at any time: what is said is where it stands.
        start.after = self.reader.seek(start.after, head)?;
        self.after = start.after;
        Ok(self.write(&protocol::started(&start, head)).await?)
    }
}

/// Closes so that the last lines arrive.
pub(super) async fn close(stream: &mut impl Connection) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut unread = [0; COMMAND_BYTES_MAX];
    let drain = async { while matches!(stream.read(&mut unread).await, Ok(1..)) {} };
    let _late = timeout(Duration::from_millis(LINGER_MS), drain).await;
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Whether the other end is closed in both directions. Over TCP that can't be seen, only by writing.
fn gone(stream: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(stream, PollFlags::empty())];
    let asked = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    asked.is_ok() && fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}
