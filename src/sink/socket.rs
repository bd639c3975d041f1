//! The journal onto sockets: accepts, lets in whom it may, and makes each client a task of its own (`client`).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_channel::Receiver;
use rustix::process::{Resource, getrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tracing::{debug, info, warn};

use crate::journal::Head;
use crate::journal::met::Met;
use crate::model::log_pace::LogPace;
use crate::sink::client::{Client, Connection, Gone, LINGER_MS, close};
use crate::sink::listen::{Bound, Socket};
use crate::sink::protocol;

/// How many clients are served at once. Each takes a descriptor for its socket and one for the journal, and a
/// thousand of them a third of the memory that is ours.
pub const CLIENTS_MAX: u32 = 1_024;

/// Descriptors that the daemon needs besides two for each client: index, segments, watcher, files in turn, and who is sent
/// away. Of few it keeps half.
const DESCRIPTORS_OWN: u64 = 64 + REFUSED_MAX as u64;

/// How many clients there are descriptors for, beside what the daemon needs itself, and how many that takes for
/// [`CLIENTS_MAX`]. `most`: how many files may be open.
pub fn clients_for(most: u64) -> (u32, u64) {
    let clients = (most - DESCRIPTORS_OWN.min(most / 2)) / 2;
    let clients = u32::try_from(clients).map_or(CLIENTS_MAX, |clients| clients.min(CLIENTS_MAX));
    (clients, DESCRIPTORS_OWN + 2 * u64::from(CLIENTS_MAX))
}

/// How many clients are told at once why they are sent away; further ones aren't told.
const REFUSED_MAX: usize = 64;

/// How often a socket file is looked for, s.
const FILE_LOOK_S: u64 = 5;

/// How long accepting pauses after an error, ms: when descriptors ran out, trying at once only burns.
const ACCEPT_PAUSE_MS: u64 = 100;

/// What every client task needs.
#[derive(Debug, Clone)]
struct Shared {
    state: PathBuf,
    head: watch::Receiver<Head>,
    /// True once the daemon stops: whoever doesn't read now is given up.
    ending: watch::Receiver<bool>,
    /// Closed once nobody is let in any more.
    closed: Receiver<()>,
    room: Arc<Semaphore>,
    /// How many clients that is room for.
    clients_max: u32,
    refused: Arc<Semaphore>,
    /// What readers met that can't be read.
    met: Met,
    /// Of the journal being damaged where nobody can go on: many clients may meet it.
    damaged: Arc<Mutex<LogPace>>,
}

/// The listeners and their clients.
#[derive(Debug)]
pub struct Server {
    bound: Vec<Arc<Mutex<Bound>>>,
    ending: watch::Sender<bool>,
    shared: Shared,
}

impl Server {
    /// A server of the journal in `state`. Nobody is let in once `closed` is: whoever comes back at once after its `bye`
    /// waits for the next start, instead of being sent away by this one a thousand times a second.
    pub fn new(
        state: &Path,
        head: watch::Receiver<Head>,
        met: Met,
        bound: Vec<Bound>,
        closed: Receiver<()>,
    ) -> Server {
        let (ending, told) = watch::channel(false);
        let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let (clients_max, _) = clients_for(most);
        let room = Arc::new(Semaphore::new(clients_max as usize));
        let refused = Arc::new(Semaphore::new(REFUSED_MAX));
        let damaged = Arc::default();
        let state = state.into();
        let shared = Shared { state, head, ending: told, closed, room, clients_max, refused, met, damaged };
        let bound = bound.into_iter().map(|bound| Arc::new(Mutex::new(bound))).collect();
        Server { bound, ending, shared }
    }

    /// Begins to accept. Must be called on the runtime.
    pub fn start(&self) -> io::Result<()> {
        for bound in &self.bound {
            let shared = self.shared.clone();
            let locked = own(bound);
            match &locked.socket {
                Socket::Unix(unix) => {
                    let listener = UnixListener::from_std(unix.try_clone()?)?;
                    tokio::spawn(accept_unix(listener, Arc::clone(bound), shared));
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
        if timeout_at(deadline, self.shared.room.acquire_many(self.shared.clients_max)).await.is_err() {
            warn!("some clients did not take all events in time; their cursors are still good");
        }
    }
}

fn own(bound: &Mutex<Bound>) -> MutexGuard<'_, Bound> {
    bound.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A listener in place of one whose socket file has gone.
fn again(bound: &Mutex<Bound>, unbound: &mut LogPace) -> Option<UnixListener> {
    let mut bound = own(bound);
    let made = bound.again().and_then(|made| {
        let Some(made) = made else { return Ok(None) };
        let Socket::Unix(unix) = &made.socket else { return Ok(None) };
        let listener =
            unix.try_clone().and_then(UnixListener::from_std).map_err(|error| error.to_string())?;
        *bound = made;
        Ok(Some(listener))
    });
    match made {
        Ok(Some(listener)) => {
            unbound.end();
            info!("the socket file was removed, and is made again; who was connected still is");
            Some(listener)
        }
        Ok(None) => None,
        Err(why) => {
            if let Some(count) = unbound.note(std::time::Instant::now()) {
                let (why, hint) = why.split_once("\nhint: ").unwrap_or((&why, "remove what stands there"));
                warn!(count, hint, "the socket file has gone, and it is tried again: {why}");
            }
            None
        }
    }
}

async fn accept_unix(mut listener: UnixListener, bound: Arc<Mutex<Bound>>, shared: Shared) {
    let (mut faults, mut full, mut strangers) = (LogPace::default(), LogPace::default(), LogPace::default());
    let mut unbound = LogPace::default();
    let allow_uids = own(&bound).allow_uids.clone();
    let mut look = interval(Duration::from_secs(FILE_LOOK_S));
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ending = shared.ending.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = look.tick() => {
                listener = again(&bound, &mut unbound).unwrap_or(listener);
                continue;
            }
            _ = ending.wait_for(|&ending| ending) => return,
            _ = shared.closed.recv() => return,
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
            _ = shared.closed.recv() => return,
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
            warn!(count, clients_max = shared.clients_max, "too many clients: one more was sent away");
        }
        refuse(stream, "too many clients", shared);
        return;
    };
    let client =
        Client::new(stream, &shared.state, shared.head.clone(), shared.ending.clone(), shared.met.clone());
    let damaged = Arc::clone(&shared.damaged);
    tokio::spawn(async move {
        match client.serve().await {
            Ok(()) => debug!("a client has ended"),
            Err(Gone::Left(error)) => debug!(%error, "a client has left"),
            Err(Gone::Journal(error)) => {
                let now = std::time::Instant::now();
                if let Some(count) = damaged.lock().unwrap_or_else(PoisonError::into_inner).note(now) {
                    warn!(%error, count, "cannot read the journal for a client; it was sent away");
                }
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
