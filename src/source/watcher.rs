//! Turns the kernel's file events into hints.
//!
//! It reads no file and promises nothing: what it misses, the scan finds.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::Sender;
use tracing::warn;

use crate::source::kind::without_events;
use crate::source::reader::stat_target;
use crate::source::reading::Hint;

/// Watches the drop directories while it lives.
pub struct Watcher {
    /// `None` where not even a queue of events could be had: then the scans do it alone.
    inner: Option<RecommendedWatcher>,
    /// Gone with the thread that waits for events: nothing else tells that it has died.
    thread: Weak<()>,
    roots: Vec<Root>,
    /// The working directory at the start, where relative roots begin.
    began_in: Option<PathBuf>,
    /// Of tokio, though nothing here is asynchronous: it wakes the reader without a lock that the reader needs at once.
    hints: Sender<Hint>,
    overflow: Arc<AtomicBool>,
}

struct Root {
    path: PathBuf,
    /// Which directory is watched under that path; `None` while none is.
    watched: Option<(u64, u64)>,
    /// Whether a failure to watch it was said.
    failed: bool,
}

impl Watcher {
    /// Watches `roots` and whatever appears in them.
    pub fn start(roots: &[PathBuf], hints: Sender<Hint>) -> Watcher {
        let roots =
            roots.iter().map(|path| Root { path: path.clone(), watched: None, failed: false }).collect();
        let overflow = Arc::new(AtomicBool::new(false));
        let began_in = std::env::current_dir().ok();
        let mut watcher = Watcher { inner: None, thread: Weak::new(), roots, began_in, hints, overflow };
        watcher.begin();
        watcher.check_roots();
        watcher
    }

    /// Makes the queue of events and the thread that waits for them. Nothing is watched yet.
    fn begin(&mut self) {
        let (hints, overflow) = (self.hints.clone(), self.overflow.clone());
        let alive = Arc::new(());
        self.thread = Arc::downgrade(&alive);
        let handle = move |event: notify::Result<Event>| {
            let _gone_with_the_thread = &alive;
            let mut send = |hint| send(&hints, &overflow, hint);
            match event {
                Ok(event) => hints_of(&event, &mut send),
                Err(error) => send(failed(&error)),
            }
        };
        // Else one link to `/` has every directory of the machine watched.
        let config = Config::default().with_follow_symlinks(false);
        self.inner = match RecommendedWatcher::new(handle, config) {
            Ok(inner) => Some(inner),
            Err(error) => {
                send(&self.hints, &self.overflow, failed(&error));
                None
            }
        };
    }

    /// Whether the thread that waits for events has died. It panics where waiting fails, and then so would its handle,
    /// whatever it is used for, even dropped.
    fn has_died(&self) -> bool {
        self.inner.is_some() && self.thread.strong_count() == 0
    }

    /// Lets go of the handle of a thread that has died, without dropping it.
    fn bury(&mut self) {
        std::mem::forget(self.inner.take());
    }

    /// Whether hints were dropped since this was last asked: then all must be scanned.
    pub fn take_overflow(&self) -> bool {
        self.overflow.swap(false, Ordering::AcqRel)
    }

    /// How many roots aren't watched whole, and so only scanned. One that isn't there yet is no such one.
    pub fn polled_roots(&self) -> usize {
        self.roots.iter().filter(|root| root.failed || self.inner.is_none()).count()
    }

    /// The roots that are there on a file system without events, and which that is.
    pub fn without_events(&self) -> Vec<(PathBuf, &'static str)> {
        let roots = self.roots.iter();
        roots.filter_map(|root| Some((root.path.clone(), without_events(&root.path)?))).collect()
    }

    /// Watches these roots from now on, and no others.
    pub fn set_roots(&mut self, roots: &[PathBuf]) {
        self.revive();
        let (kept, others) =
            std::mem::take(&mut self.roots).into_iter().partition(|root| roots.contains(&root.path));
        self.roots = kept;
        for root in others {
            if let Some(inner) = self.inner.as_mut().filter(|_| root.watched.is_some()) {
                // It may be gone, with its watches.
                let _ = inner.unwatch(&itself(&root.path));
            }
        }
        for path in roots {
            if !self.roots.iter().any(|root| root.path == *path) {
                self.roots.push(Root { path: path.clone(), watched: None, failed: false });
            }
        }
        self.check_roots();
    }

    /// Begins anew if the thread that waits for events has died; what it missed, the scan finds.
    fn revive(&mut self) {
        if !self.has_died() {
            return;
        }
        self.bury();
        warn!(
            "the watcher of the drop directories has died; it is started anew, and everything is looked at"
        );
        for root in &mut self.roots {
            (root.watched, root.failed) = (None, false);
        }
        self.begin();
        self.overflow.store(true, Ordering::Release);
    }

    /// Goes to what stands now where the program was started. A working directory that is moved away takes `.` with it:
    /// a drop directory of that name that was made again would never be seen. An absolute path in its place would be
    /// another root in the events.
    fn come_back(&self) {
        let Some(began_in) = self.began_in.as_deref() else { return };
        let is_relative = self.roots.iter().any(|root| root.path.is_relative());
        let (Some(there), true) = (directory_at(began_in), is_relative) else { return };
        if directory_at(Path::new(".")) != Some(there) && std::env::set_current_dir(began_in).is_ok() {
            warn!(path = %began_in.display(), "the working directory was made again: relative paths begin in the new one");
        }
    }

    /// Watches roots that have come or were made again. Cheap: call it at every scan.
    pub fn check_roots(&mut self) {
        self.come_back();
        self.revive();
        let Some(inner) = &mut self.inner else { return };
        for root in &mut self.roots {
            let found = directory_at(&root.path);
            if found == root.watched && !root.failed {
                continue;
            }
            if root.watched.is_some() && found != root.watched {
                // The old directory is gone, and most of its watches with it.
                let _ = inner.unwatch(&itself(&root.path));
            }
            root.watched = None;
            if found.is_none() {
                continue;
            }
            let said = root.failed;
            root.failed = false;
            root.watched = found;
            if let Err(error) = inner.watch(&itself(&root.path), RecursiveMode::Recursive) {
                root.failed = true;
                if !said {
                    send(&self.hints, &self.overflow, failed(&error));
                }
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if self.has_died() {
            self.bury();
        }
    }
}

/// Passes a hint on; where there is no room for it, all is looked at.
fn send(hints: &Sender<Hint>, overflow: &AtomicBool, hint: Hint) {
    if hints.try_send(hint).is_err() {
        overflow.store(true, Ordering::Release);
    }
}

/// Which directory is there, if one is.
fn directory_at(path: &Path) -> Option<(u64, u64)> {
    let (stat, kind) = stat_target(path).ok()?;
    kind.is_dir().then_some((stat.device, stat.inode))
}

/// A drop directory, not the link that may stand in its place: it alone is followed. What is seen below it has the same
/// path, but for a `.` that no comparison of paths counts.
fn itself(root: &Path) -> PathBuf {
    root.join(".")
}

/// What it couldn't watch, and what to do about it.
fn failed(error: &notify::Error) -> Hint {
    let denied = |error: &std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
    let hint = match &error.kind {
        ErrorKind::Io(error) if denied(error) => "give the daemon's user the right to read it",
        ErrorKind::Io(_) | ErrorKind::MaxFilesWatch => {
            "more watches: sysctl fs.inotify.max_user_watches, and fs.inotify.max_user_instances"
        }
        ErrorKind::Generic(_)
        | ErrorKind::PathNotFound
        | ErrorKind::WatchNotFound
        | ErrorKind::InvalidConfig(_) => "it is tried again every few seconds",
    };
    Hint::Failed { what: error.to_string(), hint }
}

/// The hints in an event. Opening and reading give none, or reading would wake the reader for ever.
fn hints_of(event: &Event, send: &mut impl FnMut(Hint)) {
    // Before the paths: an overflow has none.
    if event.need_rescan() {
        return send(Hint::Rescan);
    }
    let each = |send: &mut dyn FnMut(Hint), hint: fn(PathBuf) -> Hint| {
        for path in &event.paths {
            send(hint(Path::to_path_buf(path)));
        }
    };
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => each(send, Hint::Closed),
        EventKind::Access(_) => {}
        EventKind::Create(CreateKind::Folder) => each(send, Hint::Directory),
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => each(send, Hint::Moved),
        // Said besides `From` and `To`.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {}
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => each(send, Hint::Changed),
        EventKind::Any | EventKind::Other => each(send, Hint::Changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::Flag;

    fn hints(event: Event) -> Vec<Hint> {
        let mut hints = Vec::new();
        hints_of(&event, &mut |hint| hints.push(hint));
        hints
    }

    #[test]
    fn an_overflow_has_no_path_and_is_a_rescan() {
        assert_eq!(hints(Event::new(EventKind::Other).set_flag(Flag::Rescan)), [Hint::Rescan]);
    }

    #[test]
    fn our_own_reading_wakes_nobody() {
        let open = EventKind::Access(AccessKind::Open(AccessMode::Any));
        let close = EventKind::Access(AccessKind::Close(AccessMode::Read));
        assert_eq!(hints(Event::new(open).add_path("f".into())), []);
        assert_eq!(hints(Event::new(close).add_path("f".into())), []);
    }

    #[test]
    fn a_close_and_a_move_are_told_apart() {
        let close = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert_eq!(hints(Event::new(close).add_path("f".into())), [Hint::Closed("f".into())]);
        let to = EventKind::Modify(ModifyKind::Name(RenameMode::To));
        assert_eq!(hints(Event::new(to).add_path("f".into())), [Hint::Moved("f".into())]);
    }

    #[test]
    fn a_full_channel_is_an_overflow_and_a_missing_root_no_failure() {
        let root = tempfile::tempdir().unwrap();
        let (sender, _receiver) = tokio::sync::mpsc::channel(1);
        let watcher = Watcher::start(&[root.path().to_path_buf(), root.path().join("none")], sender);
        assert_eq!(watcher.polled_roots(), 0);
        for name in 0..20 {
            std::fs::write(root.path().join(name.to_string()), "x").unwrap();
        }
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !watcher.take_overflow() {
            assert!(std::time::Instant::now() < deadline, "the overflow is told");
            std::thread::yield_now();
        }
    }
}
