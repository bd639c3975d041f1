//! Words to the service manager, one datagram each. They never wait: a manager that doesn't read for a while keeps nobody
//! from being served. What it can't take is said later, but for the signs of life, which are of now.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use sd_notify::NotifyState;
use tracing::debug;

/// How many words wait at most; beyond it the oldest are left out. A start, a reload and an end are a handful.
const WAITING_MAX: usize = 16;

/// The way to the manager.
#[derive(Debug, Default)]
pub(super) struct Notifier {
    /// `None` where there is no manager, or it can't be reached.
    manager: Option<(UnixDatagram, SocketAddr)>,
    waiting: VecDeque<String>,
}

impl Notifier {
    /// To the manager that listens at `socket`, as `NOTIFY_SOCKET` names it.
    pub(super) fn to(socket: &OsStr) -> Notifier {
        let address = match socket.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
            path => SocketAddr::from_pathname(OsStr::from_bytes(path)),
        };
        let open = || -> io::Result<_> {
            let datagram = UnixDatagram::unbound()?;
            datagram.set_nonblocking(true)?;
            Ok((datagram, address?))
        };
        let manager = open().inspect_err(|error| debug!(%error, "the service manager can't be told")).ok();
        Notifier { manager, waiting: VecDeque::new() }
    }

    /// Says this, behind what waits.
    pub(super) fn say(&mut self, what: &[NotifyState<'_>]) {
        let is_sign_of_life = matches!(what, [NotifyState::Watchdog]);
        self.flush();
        if is_sign_of_life && !self.waiting.is_empty() {
            return;
        }
        self.waiting.push_back(what.iter().map(|state| format!("{state}\n")).collect());
        self.flush();
        if is_sign_of_life {
            self.waiting.clear();
        }
        while self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
        }
    }

    /// Says what waits, as far as the manager takes it.
    pub(super) fn flush(&mut self) {
        let Some((datagram, address)) = &self.manager else { return self.waiting.clear() };
        while let Some(words) = self.waiting.front() {
            match datagram.send_to_addr(words.as_bytes(), address) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => debug!(%error, "the service manager can't be told"),
                Ok(_) => {}
            }
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_that_does_not_read_is_told_later_and_nobody_waits() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("notify");
        let manager = UnixDatagram::bind(&path).expect("bound");
        let mut notifier = Notifier::to(path.as_os_str());
        let mut said = 0;
        while notifier.waiting.is_empty() {
            said += 1;
            notifier.say(&[NotifyState::Status(&said.to_string())]);
        }
        // It takes no more.
        notifier.say(&[NotifyState::Watchdog]);
        notifier.say(&[NotifyState::Ready]);
        let mut told = Vec::new();
        let mut bytes = [0; 100];
        for _ in 0..said + 1 {
            notifier.flush();
            let length = manager.recv(&mut bytes).expect("received");
            told.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
        assert_eq!(told.last().map(String::as_str), Some("READY=1\n"));
        assert_eq!(told[said - 1], format!("STATUS={said}\n"));
        // Signs of life never pile up.
        (0..1_000).for_each(|_| notifier.say(&[NotifyState::Watchdog]));
        assert!(notifier.waiting.is_empty());
        notifier.say(&[NotifyState::Stopping]);
        (0..2 * WAITING_MAX).for_each(|_| notifier.say(&[NotifyState::Ready]));
        assert_eq!(notifier.waiting.len(), WAITING_MAX);
    }

    #[test]
    fn without_a_manager_nothing_is_said_and_nothing_waits() {
        let mut notifier = Notifier::default();
        notifier.say(&[NotifyState::Ready]);
        assert!(notifier.waiting.is_empty());
        let mut gone = Notifier::to(OsStr::new("/nonexistent/notify"));
        gone.say(&[NotifyState::Ready]);
        assert!(gone.waiting.is_empty());
    }
}
