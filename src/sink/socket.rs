//! The journal onto sockets: each client a task that reads the journal's bytes at its own cursor.
//! Nothing is queued for a client: one that stops reading only lags, and costs one chunk.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tracing::{debug, warn};

use crate::journal::reader::{Reader, last_seq};
use crate::journal::{Head, JournalError};
use crate::model::log_pace::LogPace;
use crate::sink::listen::{Bound, Socket};
use crate::sink::protocol::{self, COMMAND_BYTES_MAX, Command, Place, Start};

/// How many clients are served at once. Each takes a descriptor for its socket and one for the journal, and a
/// thousand of them a third of the memory that is ours.
pub const CLIENTS_MAX: u32 = 1_024;

/// How many clients are told at once why they are sent away; further ones aren't told.
const REFUSED_MAX: usize = 64;

/// How much of the journal is read and written at once, bytes. The read is of the page cache, so it may be done
/// on the runtime: it takes some 10 µs, less than handing it to a thread and back.
const CHUNK_BYTES: usize = 64 << 10;

/// How much a client's buffer keeps between chunks, bytes: an idle client shouldn't hold a whole chunk.
const IDLE_BYTES: usize = 4 << 10;

/// How long accepting pauses after an error, ms: when descriptors ran out, trying at once only burns.
const ACCEPT_PAUSE_MS: u64 = 100;

/// How often a client that has closed its sending half is asked whether it is still there, ms: nothing tells.
const HALF_CLOSED_MS: u64 = 1_000;

/// How long a client that takes nothing is waited for at the end, ms.
const STALL_MS: u64 = 500;

/// How long a client may take nothing before its file is let go of, ms: one that is retired meanwhile would keep its
/// room on the disk for as long as the client likes.
const RELEASE_MS: u64 = 10_000;

/// How long a closing connection's input is read for, ms: unread input would make TCP throw away the last lines.
const LINGER_MS: u64 = 500;

/// What every client task needs.
#[derive(Debug, Clone)]
struct Shared {
    state: PathBuf,
    head: watch::Receiver<Head>,
    /// True once the daemon stops: whoever doesn't read now is given up.
    ending: watch::Receiver<bool>,
    room: Arc<Semaphore>,
    refused: Arc<Semaphore>,
}

/// The listeners and their clients.
#[derive(Debug)]
pub struct Server {
    bound: Vec<Bound>,
    ending: watch::Sender<bool>,
    shared: Shared,
}

impl Server {
    /// A server of the journal in `state`.
    pub fn new(state: &Path, head: watch::Receiver<Head>, bound: Vec<Bound>) -> Server {
        let (ending, told) = watch::channel(false);
        let room = Arc::new(Semaphore::new(CLIENTS_MAX as usize));
        let refused = Arc::new(Semaphore::new(REFUSED_MAX));
        let shared = Shared { state: state.into(), head, ending: told, room, refused };
        Server { bound, ending, shared }
    }

    /// Begins to accept. Must be called on the runtime.
    pub fn start(&self) -> io::Result<()> {
        for bound in &self.bound {
            let allow_uids = bound.allow_uids.clone();
            let shared = self.shared.clone();
            match &bound.socket {
                Socket::Unix(unix) => {
                    let listener = UnixListener::from_std(unix.try_clone()?)?;
                    tokio::spawn(accept_unix(listener, allow_uids, shared));
                }
                Socket::Tcp(tcp) => {
                    let listener = TcpListener::from_std(tcp.try_clone()?)?;
                    tokio::spawn(accept_tcp(listener, shared));
                }
            }
        }
        Ok(())
    }

    /// Lets the clients that read have what is left and `bye`, until the deadline. Removes the socket files.
    pub async fn finish(self, deadline: Instant) {
        self.ending.send_replace(true);
        if timeout_at(deadline, self.shared.room.acquire_many(CLIENTS_MAX)).await.is_err() {
            warn!("some clients did not take all events in time; their cursors are still good");
        }
    }
}

async fn accept_unix(listener: UnixListener, allow_uids: Vec<u32>, shared: Shared) {
    let (mut faults, mut full, mut strangers) = (LogPace::default(), LogPace::default(), LogPace::default());
    let mut ending = shared.ending.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ending.wait_for(|&ending| ending) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let uid = stream.peer_cred().map(|peer| peer.uid());
                if !allow_uids.is_empty() && !uid.is_ok_and(|uid| allow_uids.contains(&uid)) {
                    if let Some(count) = strangers.note(std::time::Instant::now()) {
                        warn!(count, "a client whose user isn't in allow_uids was sent away");
                    }
                    refuse(stream, "not allowed", &shared);
                    continue;
                }
                admit(stream, &shared, &mut full);
            }
            Err(error) => pause(error, &mut faults).await,
        }
    }
}

async fn accept_tcp(listener: TcpListener, shared: Shared) {
    let (mut faults, mut full) = (LogPace::default(), LogPace::default());
    let mut ending = shared.ending.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ending.wait_for(|&ending| ending) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                // Without them a line waits for the next, and a client that is gone is never noticed.
                let options = stream
                    .set_nodelay(true)
                    .and_then(|()| Ok(rustix::net::sockopt::set_socket_keepalive(&stream, true)?));
                if let Err(error) = options {
                    debug!(%error, "a client was gone before it was served");
                    continue;
                }
                admit(stream, &shared, &mut full);
            }
            Err(error) => pause(error, &mut faults).await,
        }
    }
}

async fn pause(error: io::Error, faults: &mut LogPace) {
    if let Some(count) = faults.note(std::time::Instant::now()) {
        warn!(%error, count, "cannot accept a client; accepting goes on after a pause");
    }
    sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
}

fn admit(stream: impl Connection, shared: &Shared, full: &mut LogPace) {
    let Ok(permit) = shared.room.clone().try_acquire_owned() else {
        if let Some(count) = full.note(std::time::Instant::now()) {
            warn!(count, clients_max = CLIENTS_MAX, "too many clients: one more was sent away");
        }
        refuse(stream, "too many clients", shared);
        return;
    };
    let client = Client::new(stream, shared);
    tokio::spawn(async move {
        match client.serve().await {
            Ok(()) => debug!("a client has ended"),
            Err(Gone::Left(error)) => debug!(%error, "a client has left"),
            Err(Gone::Journal(error)) => {
                warn!(%error, "cannot read the journal for a client; it was sent away")
            }
        }
        drop(permit);
    });
}

/// Says why and closes. A new connection's buffer has room for a line; what the client has said already is taken
/// in first, as long as that isn't too much to ask.
fn refuse(mut stream: impl Connection, why: &'static str, shared: &Shared) {
    let Ok(permit) = shared.refused.clone().try_acquire_owned() else { return };
    tokio::spawn(async move {
        let said = timeout(Duration::from_millis(LINGER_MS), stream.write_all(&protocol::error(why))).await;
        if matches!(said, Ok(Ok(()))) {
            close(&mut stream).await;
        }
        drop(permit);
    });
}

/// A stream socket.
trait Connection: AsyncRead + AsyncWrite + AsFd + Unpin + Send + 'static {}
impl<S: AsyncRead + AsyncWrite + AsFd + Unpin + Send + 'static> Connection for S {}

/// Why a client is served no longer.
enum Gone {
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

struct Client<S> {
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
    fn new(stream: S, shared: &Shared) -> Client<S> {
        Client {
            stream,
            reader: Reader::new(&shared.state),
            head: shared.head.clone(),
            ending: shared.ending.clone(),
            command: Vec::new(),
            lines: Vec::new(),
            after: 0,
            dump_end: None,
            heartbeat: None,
            last_sent: Instant::now(),
            half_closed: false,
        }
    }

    async fn serve(mut self) -> Result<(), Gone> {
        let now = self.head.borrow_and_update().clone();
        self.reader.seek(now.seq, &now)?;
        self.after = now.seq;
        // True once nothing more is appended to the journal.
        let mut journal_ended = false;
        let mut input = [0; COMMAND_BYTES_MAX];
        loop {
            let sent = self.send_chunk().await?;
            if !sent && self.dump_end.is_some() {
                close(&mut self.stream).await;
                return Ok(());
            }
            if !sent && (journal_ended || *self.ending.borrow()) {
                self.write(&protocol::bye()).await?;
                close(&mut self.stream).await;
                return Ok(());
            }
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
                    match self.take(&input[..read]).await? {
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
        let read = match self.reader.read(&head, &mut lines, CHUNK_BYTES) {
            // It was retired while the client didn't read: the client is told what it has missed.
            Err(JournalError::Retired { .. }) => {
                let requested = format!("{}:{}", head.journal, self.after);
                self.go_to(protocol::expired(requested, &head), &head).await?;
                self.reader.read(&head, &mut lines, CHUNK_BYTES)?
            }
            read => read?,
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
        let start = protocol::start(place, head);
        // None: it was retired since the head was said.
        if self.reader.seek(start.after, head)?.is_none()
            && let Place::Event { written, .. } = place
        {
            return self.go_to(protocol::expired(written.clone(), head), head).await;
        }
        self.go_to(start, head).await
    }

    async fn go_to(&mut self, start: Start, head: &Head) -> Result<(), Gone> {
        self.reader.seek(start.after, head)?;
        self.after = start.after;
        Ok(self.write(&protocol::started(&start, head)).await?)
    }
}

/// Closes so that the last lines arrive.
async fn close(stream: &mut impl Connection) {
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
