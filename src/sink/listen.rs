//! Addresses into bound listeners: a unix socket with its mode before its path, a TCP port, what systemd passed in.
//! Nothing is accepted here.

use std::fmt::Display;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use tracing::{info, warn};

use crate::model::listen::{Address, Listen, Wrong, path_fits};

/// Something that accepts.
#[derive(Debug)]
pub enum Socket {
    /// A unix socket.
    Unix(UnixListener),
    /// A TCP port.
    Tcp(TcpListener),
}

/// A bound listener. Its socket file goes when it is dropped.
#[derive(Debug)]
pub struct Bound {
    /// What accepts.
    pub socket: Socket,
    /// Who may connect; empty: anyone who can.
    pub allow_uids: Vec<u32>,
    file: Option<SocketFile>,
}

/// A socket file that is ours as long as it is the same inode.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    inode: (u64, u64),
    /// What it was bound for.
    listen: Listen,
}

impl SocketFile {
    fn inode_there(&self) -> io::Result<(u64, u64)> {
        fs::symlink_metadata(&self.path).map(|file| (file.dev(), file.ino()))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = self.inode_there().is_ok_and(|inode| inode == self.inode);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            warn!(path = %self.path.display(), %error, "cannot remove the socket file; the next start replaces it");
        }
    }
}

impl Bound {
    /// Whether it is this unix socket.
    pub fn is_at(&self, address: &Address) -> bool {
        let (Socket::Unix(unix), Address::Unix(path)) = (&self.socket, address) else {
            return false;
        };
        unix.local_addr().is_ok_and(|own| own.as_pathname() == Some(path.as_path()))
    }

    /// The same, bound again, where its socket file has gone: what cleans a directory of temporary files removes
    /// it, and nobody could connect any more. `None` as long as it is there. The error says what stands in its way.
    pub fn again(&self) -> Result<Option<Bound>, String> {
        let Some(file) = &self.file else { return Ok(None) };
        let path = &file.path;
        match file.inode_there() {
            Ok(inode) if inode == file.inode => Ok(None),
            Ok(_) => Err(format!("cannot listen on {}: another file has taken its place", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bind_unix(path, group(path, &file.listen)?, &file.listen).map(Some)
            }
            Err(error) => Err(cannot(path.display(), &error)),
        }
    }
}

/// Binds one address. The error is for whoever starts the daemon.
pub fn bind(listen: &Listen) -> Result<Vec<Bound>, String> {
    match &listen.address {
        Address::Unix(path) => bind_unix(path, group(path, listen)?, listen).map(|bound| vec![bound]),
        Address::Tcp(host) => bind_tcp(host, resolve(host, listen.allow_remote)?),
    }
}

/// What keeps an address from being had however often it is tried. That a host isn't found may pass.
pub fn refuse(listen: &Listen) -> Result<(), Wrong> {
    match &listen.address {
        Address::Unix(path) => {
            fits(path).map_err(Wrong::of("address"))?;
            group(path, listen).map_err(Wrong::of("group")).map(|_gid| ())
        }
        Address::Tcp(host) => match host.to_socket_addrs() {
            Ok(found) => {
                loopback(host, &found.collect::<Vec<_>>(), listen.allow_remote).map_err(Wrong::of("address"))
            }
            Err(_) => Ok(()),
        },
    }
}

/// What went wrong, and what to do about it, if that can be told.
fn cannot(address: impl Display, error: &io::Error) -> String {
    let hint = match error.kind() {
        io::ErrorKind::NotFound => "make the directory that it is to stand in",
        io::ErrorKind::PermissionDenied => "give the daemon's user the right to it, or give another address",
        io::ErrorKind::AddrInUse => {
            "another process listens there: stop that one first, or give another port"
        }
        io::ErrorKind::AddrNotAvailable => "give an address that this machine has",
        _ => return format!("cannot listen on {address}: {error}"),
    };
    format!("cannot listen on {address}: {error}\nhint: {hint}")
}

/// Every stream listener that the service manager passed in. Ends with the first descriptor that is none.
///
/// To be called before there are threads: it takes the variables out of the environment.
pub fn passed_in() -> Result<Vec<Bound>, String> {
    let mut passed = listenfd::ListenFd::from_env();
    let mut bound = Vec::new();
    for at in 0..passed.len() {
        let socket = match (passed.take_unix_listener(at), at) {
            (Ok(Some(unix)), _) => Socket::Unix(unix),
            (Ok(None), _) => continue,
            (Err(_), at) => match passed.take_tcp_listener(at) {
                Ok(Some(tcp)) => Socket::Tcp(tcp),
                Ok(None) => continue,
                Err(error) => {
                    warn!(descriptor = at + 3, %error, "a descriptor that was passed in is no stream listener; it is left alone");
                    continue;
                }
            },
        };
        ready(&socket).map_err(|error| {
            format!("cannot use the listener passed in as descriptor {}: {error}", at + 3)
        })?;
        bound.push(Bound { socket, allow_uids: Vec::new(), file: None });
    }
    Ok(bound)
}

fn ready(socket: &Socket) -> io::Result<()> {
    match socket {
        Socket::Unix(unix) => unix.set_nonblocking(true),
        Socket::Tcp(tcp) => tcp.set_nonblocking(true),
    }
}

/// Every address that a host's name stands for, if each may be listened on.
fn resolve(host: &str, allow_remote: bool) -> Result<Vec<SocketAddr>, String> {
    let found = host.to_socket_addrs().map_err(|error| cannot(format_args!("tcp:{host}"), &error))?;
    let addresses: Vec<SocketAddr> = found.collect();
    loopback(host, &addresses, allow_remote).map(|()| addresses)
}

/// Whether a host's addresses are loopback, or may be others.
fn loopback(host: &str, addresses: &[SocketAddr], allow_remote: bool) -> Result<(), String> {
    match addresses.iter().find(|address| !allow_remote && !address.ip().is_loopback()) {
        Some(remote) => Err(format!(
            "cannot listen on tcp:{host}: {} is not loopback, and the stream is plain text\n\
             hint: put a TLS proxy before 127.0.0.1, or set allow_remote = true in its [[listen]]",
            remote.ip()
        )),
        None => Ok(()),
    }
}

fn bind_tcp(host: &str, addresses: Vec<SocketAddr>) -> Result<Vec<Bound>, String> {
    let cannot = |error: io::Error| cannot(format_args!("tcp:{host}"), &error);
    let mut bound = Vec::new();
    for address in addresses {
        if !address.ip().is_loopback() {
            warn!(%address, "events are served in plain text to whoever reaches this address");
        }
        let tcp = TcpListener::bind(address).map_err(cannot)?;
        // Which one it is where any port would do.
        info!(address = %tcp.local_addr().map_err(cannot)?, "listening");
        let socket = Socket::Tcp(tcp);
        ready(&socket).map_err(cannot)?;
        bound.push(Bound { socket, allow_uids: Vec::new(), file: None });
    }
    Ok(bound)
}

/// Bound under a name of its own in the same directory, given group and mode, and only then moved into place:
/// nobody ever sees the path with other rights, whatever the umask.
fn bind_unix(path: &Path, gid: Option<u32>, listen: &Listen) -> Result<Bound, String> {
    let cannot = |error: io::Error| cannot(path.display(), &error);
    fits(path)?;
    clear_stale(path)?;
    let passing = path.with_file_name(format!(".lb{}", std::process::id()));
    // Only a dead process of the same number can have left one.
    let _absent = fs::remove_file(&passing);
    let made = UnixListener::bind(&passing).and_then(|unix| {
        // Only where it must: as a service it may not ask.
        if gid.is_some() {
            chown(&passing, None, gid)?;
        }
        fs::set_permissions(&passing, fs::Permissions::from_mode(listen.mode))?;
        unix.set_nonblocking(true)?;
        let file = fs::symlink_metadata(&passing)?;
        move_into_place(&passing, path)?;
        Ok((unix, (file.dev(), file.ino())))
    });
    let (unix, inode) = made.map_err(|error| {
        let _absent = fs::remove_file(&passing);
        cannot(error)
    })?;
    info!(path = %path.display(), "listening");
    let file = SocketFile { path: path.into(), inode, listen: listen.clone() };
    Ok(Bound { socket: Socket::Unix(unix), allow_uids: listen.allow_uids.clone(), file: Some(file) })
}

/// Moves without replacing, where the file system can: two daemons that start at once don't take it from each other.
fn move_into_place(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => fs::rename(from, to),
        moved => moved.map_err(io::Error::from),
    }
}

/// Removes a socket file that nobody listens on. Anything else that is there is refused.
fn clear_stale(path: &Path) -> Result<(), String> {
    let cannot = |why: String| format!("cannot listen on {}: {why}", path.display());
    let file = match fs::symlink_metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot(error.to_string())),
    };
    if !file.file_type().is_socket() {
        return Err(cannot(
            "there is a file that is no socket\nhint: give another path, or remove it".into(),
        ));
    }
    match try_connect(path) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path).map_err(|error| cannot(error.to_string())),
        Err(Errno::NOENT) => Ok(()),
        Err(Errno::ACCESS) => Err(cannot("permission denied to see whether its socket is in use".into())),
        Ok(()) | Err(_) => Err(cannot(
            "another process listens there\nhint: stop that one first, or give this one another path".into(),
        )),
    }
}

/// Without waiting: a live listener whose queue is full would hold the start up.
fn try_connect(path: &Path) -> Result<(), Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)
}

/// Whether it can be connected to at this path. A longer one would be bound under another name.
fn fits(path: &Path) -> Result<(), String> {
    path_fits(path).map_err(|why| format!("cannot listen on {}: {why}", path.display()))
}

/// The group that a socket is to have.
fn group(path: &Path, listen: &Listen) -> Result<Option<u32>, String> {
    let gid = listen.group.as_deref().map(gid_of).transpose();
    gid.map_err(|error| cannot(path.display(), &error))
}

/// A group by number, or by name in the local group file: the daemon is linked statically, without NSS.
fn gid_of(group: &str) -> io::Result<u32> {
    if let Ok(gid) = group.parse() {
        return Ok(gid);
    }
    let groups = fs::read_to_string("/etc/group")?;
    let named = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(group)).then(|| fields.nth(1)?.parse().ok()).flatten()
    });
    named.ok_or_else(|| {
        io::Error::other(format!("there is no group {group:?}; give its number if it isn't a local one"))
    })
}
