//! Where events are served: an address and who may come, as configured and checked.

use std::path::{Path, PathBuf};

/// The longest path of a unix socket that the kernel takes, bytes: 108 with the NUL behind it.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Where to listen, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket file.
    Unix(PathBuf),
    /// A port, `HOST:PORT`.
    Tcp(String),
}

impl std::str::FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Address, String> {
        let wrong = || format!("{text:?} is no address (write \"unix:PATH\" or \"tcp:HOST:PORT\")");
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() && !path.contains('\0') => {
                Ok(Address::Unix(path.into()))
            }
            Some(("tcp", host)) => {
                let (name, port) = host.rsplit_once(':').ok_or_else(wrong)?;
                port.parse::<u16>().ok().filter(|_| !name.is_empty()).ok_or_else(wrong)?;
                Ok(Address::Tcp(host.into()))
            }
            Some(_) | None => Err(wrong()),
        }
    }
}

/// One place to listen at, as configured.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Where.
    pub address: Address,
    /// The mode of a unix socket.
    pub mode: u32,
    /// The group of a unix socket: a name or a number.
    pub group: Option<String>,
    /// Who may connect to a unix socket; empty: whom the mode lets in.
    pub allow_uids: Vec<u32>,
    /// Whether a TCP address may be another than loopback.
    pub allow_remote: bool,
}

/// What is wrong with one place to listen at.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Wrong {
    /// The key of `[[listen]]` that is to be changed.
    pub key: &'static str,
    /// Why, for people.
    pub what: String,
}

impl Wrong {
    /// Why `key` is to be changed.
    pub fn of(key: &'static str) -> impl Fn(String) -> Wrong {
        move |what| Wrong { key, what }
    }
}

/// Whether a unix socket can have this path, and be connected to there; else why not.
pub fn path_fits(path: &Path) -> Result<(), String> {
    let length_bytes = path.as_os_str().len();
    if length_bytes > SOCKET_PATH_BYTES_MAX {
        return Err(format!(
            "the path has {length_bytes} bytes, a unix socket's has {SOCKET_PATH_BYTES_MAX} bytes at most\nhint: give a shorter one"
        ));
    }
    Ok(())
}
