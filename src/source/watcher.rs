//! The kernel's file events into hints. They only save time: what is missed here, the next scan finds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_channel::{Sender, TrySendError};
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::source::{Fault, Hint};

/// How many hints may wait. At the limit they are dropped and everything is looked at once instead.
pub const HINTS_MAX: usize = 4_096;

/// Watches drop directories for as long as it lives.
#[derive(Debug)]
pub struct Watcher {
    watcher: Option<RecommendedWatcher>,
    overflow: Arc<AtomicBool>,
}

impl Watcher {
    /// Watches `roots` with all below them. What can't be watched is said, and found by scans alone.
    pub fn start(roots: &[PathBuf], hints: Sender<Hint>) -> (Watcher, Vec<Fault>) {
        let overflow = Arc::new(AtomicBool::new(false));
        let full = overflow.clone();
        let handler = move |event: notify::Result<Event>| hint(event, &hints, &full);
        let config = Config::default().with_follow_symlinks(false);
        let mut faults = Vec::new();
        let watcher = match RecommendedWatcher::new(handler, config) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                faults.push(fault(Path::new("/"), &error));
                None
            }
        };
        let mut started = Watcher { watcher, overflow };
        for root in roots {
            faults.extend(started.watch(root));
        }
        (started, faults)
    }

    /// Watches a directory, also one that was watched before and was made again.
    pub fn watch(&mut self, root: &Path) -> Option<Fault> {
        let watcher = self.watcher.as_mut()?;
        let path = crate::source::files::absolute(root);
        let _was_not_watched = watcher.unwatch(&path);
        match watcher.watch(&path, RecursiveMode::Recursive) {
            Ok(()) => None,
            Err(error) => Some(fault(root, &error)),
        }
    }

    /// Whether hints were dropped since this was last asked.
    pub fn overflowed(&self) -> bool {
        self.overflow.swap(false, Ordering::AcqRel)
    }
}

fn fault(path: &Path, error: &notify::Error) -> Fault {
    Fault {
        path: path.into(),
        what: format!("cannot watch: {error}"),
        hint: "it is looked at every few seconds instead; more watches: sysctl fs.inotify.max_user_watches",
    }
}

/// Runs in notify's thread: never blocks, never fails, and ignores what our own reading causes.
fn hint(event: notify::Result<Event>, hints: &Sender<Hint>, overflow: &AtomicBool) {
    let send = |hint: Hint| match hints.try_send(hint) {
        Err(TrySendError::Full(_)) => overflow.store(true, Ordering::Release),
        Ok(()) | Err(TrySendError::Closed(_)) => {}
    };
    let event = match event {
        // An overflow has no paths, so it is asked for before they are looked at.
        Ok(event) if event.need_rescan() => return send(Hint::Rescan),
        Ok(event) => event,
        Err(_) => return send(Hint::Rescan),
    };
    let what: fn(PathBuf) -> Hint = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Hint::Closed,
        EventKind::Access(_) => return,
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Hint::Moved,
        // What has both names comes after the two that have one each.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return,
        EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Any
        | EventKind::Other => Hint::Changed,
    };
    for path in event.paths {
        send(what(path));
    }
}
