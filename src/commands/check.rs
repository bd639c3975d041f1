//! `check`: a configuration into what is wrong with it, what of the machine doesn't fit it, and the effective one onto
//! stdout with where each value came from.
//!
//! It changes nothing: no directory is made and no socket bound.

use std::ffi::OsString;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, CWD, accessat};
use rustix::process::{Resource, getrlimit};

use crate::cli::{CheckArgs, unknown_variables};
use crate::commands::Out;
use crate::config::origin::{Places, annotated, overlaid};
use crate::config::{CONFIG_PATH, Config, Done, DropConfig};
use crate::daemon::{refuse_impossible, refuse_state};
use crate::exit::{Exit, Failure, tell};
use crate::model::listen::{Address, Wrong};
use crate::sink::listen;
use crate::sink::socket::{CLIENTS_MAX, clients_for};
use crate::source::kind::without_events;

/// How many directories are counted at most: a number far above any limit is as good as the exact one.
const DIRECTORIES_MAX: usize = 1_000_000;

/// `check`: what is wrong with a configuration; the effective one.
pub fn check(args: &CheckArgs, env: impl Fn(&str) -> Option<OsString> + Copy) -> Result<Exit, Failure> {
    let run = &args.run;
    let standard = Path::new(CONFIG_PATH);
    let path = run.config.config.as_deref().or_else(|| standard.exists().then_some(standard));
    let config = Config::load(path)?.with_run(run, env)?;
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let places = Places::of(&text);
    let name = path.map(|path| path.display().to_string());
    let file = name.as_deref().map(|name| (name, &places));
    let mut out = Out::new();
    out.lines.extend_from_slice(annotated(&config, file, &overlaid(run, env))?.as_bytes());
    out.flush()?;
    let state = config.state_directory(env)?;
    if config.drop.directories.is_empty() {
        tell(
            "warning: there is no directory to follow; give one with drop.directories, or run with --drop DIR",
        );
        refuse_state(&state)?;
    } else {
        refuse_impossible(&config, &state, false)?;
    }
    let mut warnings = unknown_variables(std::env::vars_os().map(|(name, _)| name));
    for directory in &config.drop.directories {
        warnings.extend(drop_directory(directory));
        warnings.extend(leaving(&config.drop, directory));
    }
    warnings.extend(state_directory(&state));
    warnings.extend(watches(&config.drop.directories));
    warnings.extend(descriptors().filter(|_| !config.listen.is_empty()));
    warnings.extend(reads_nothing(&config, &state));
    for warning in &warnings {
        tell(format_args!("warning: {warning}"));
    }
    for (at, table) in config.listen.iter().enumerate() {
        let refused = |wrong: Wrong| {
            let place = places.after_name(&format!("listen[{at}].{}", wrong.key));
            let what = name.as_deref().map_or("--listen".into(), |name| format!("{name}{place}"));
            Failure::config(format!("{what}: {wrong}"))
        };
        let listen = table.listen().map_err(refused)?;
        listen::refuse(&listen).map_err(refused)?;
        if let Address::Unix(path) = &listen.address {
            socket(path).map_err(Wrong::of("address")).map_err(refused)?;
        }
    }
    Ok(Exit::Done)
}

/// What keeps a drop directory from being read, or from being read promptly.
fn drop_directory(directory: &Path) -> Option<String> {
    let shown = directory.display();
    if !directory.is_dir() {
        return Some(format!("the drop directory {shown} is not there yet; the daemon waits for it"));
    }
    if accessat(CWD, directory, Access::READ_OK | Access::EXEC_OK, rustix::fs::AtFlags::EACCESS).is_err() {
        return Some(format!(
            "the drop directory {shown} can't be listed and searched by this user (needs r and x)"
        ));
    }
    let kind = without_events(directory)?;
    Some(format!(
        "the drop directory {shown} lies on {kind}, which doesn't tell of every change: it is scanned every few seconds"
    ))
}

/// What keeps files that are done from being moved.
fn leaving(drop: &DropConfig, directory: &Path) -> Option<String> {
    let archive = match drop.done {
        Done::Keep => return None,
        Done::Archive => drop.archive.as_deref(),
        Done::Remove => None,
    };
    [Some(directory), archive].into_iter().flatten().find_map(|path| {
        let there = standing(path)?;
        let error = not_writable(there)?;
        Some(format!(
            "files that are done can't leave the drop directory {}: {} can't be written by this user: {error}",
            directory.display(),
            there.display()
        ))
    })
}

/// What of a path is there already.
fn standing(path: &Path) -> Option<&Path> {
    path.ancestors().find(|path| path.exists())
}

/// Why this user can't make or remove files in a directory.
fn not_writable(directory: &Path) -> Option<rustix::io::Errno> {
    accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, rustix::fs::AtFlags::EACCESS).err()
}

/// Whether the state can be made or written.
fn state_directory(state: &Path) -> Option<String> {
    let there = standing(state)?;
    not_writable(there).map(|error| {
        format!(
            "the state directory {} can't be written by this user: {}: {error}",
            state.display(),
            there.display()
        )
    })
}

/// Whether there are as many watches as directories.
fn watches(roots: &[PathBuf]) -> Option<String> {
    let limit = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?;
        text.trim().parse::<usize>().ok()
    };
    // A unit with ProcSubset=pid hides them: then nothing is known, and nothing said.
    if limit("max_user_instances") == Some(0) {
        return Some(
            "fs.inotify.max_user_instances is 0: nothing is watched, all is scanned every few seconds".into(),
        );
    }
    let most = limit("max_user_watches")?;
    let directories: usize = roots.iter().map(|root| directories_in(root)).sum();
    (directories > most).then(|| {
        format!(
            "there are {directories} directories and only {most} watches (sysctl fs.inotify.max_user_watches): \
             what isn't watched is scanned every few seconds"
        )
    })
}

fn directories_in(root: &Path) -> usize {
    let (mut open, mut found) = (vec![root.to_path_buf()], 0);
    while let Some(directory) = open.pop() {
        found += 1;
        if found >= DIRECTORIES_MAX {
            break;
        }
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        let below = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        open.extend(below.map(|entry| entry.path()));
    }
    found
}

/// Whether there are descriptors for as many clients as would be let in.
fn descriptors() -> Option<String> {
    let most = getrlimit(Resource::Nofile).maximum?;
    let (clients, needed) = clients_for(most);
    (clients < CLIENTS_MAX).then(|| {
        format!(
            "only {most} files may be open, which is enough for {clients} clients; {CLIENTS_MAX} need {needed} \
             (LimitNOFILE=, ulimit -n)"
        )
    })
}

/// Settings under which nothing is ever read.
fn reads_nothing(config: &Config, state: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    if config.drop.include.is_empty() {
        warnings.push("drop.include is empty: no file fits, and nothing is read".to_string());
    }
    if let Some(disk) = standing(state).and_then(|path| rustix::fs::statvfs(path).ok()) {
        let size_bytes = disk.f_blocks.saturating_mul(disk.f_frsize);
        if config.journal.min_free.0 >= size_bytes {
            warnings.push(format!(
                "journal.min_free is more than the disk of {} has, {size_bytes} bytes: nothing is ever read",
                state.display()
            ));
        }
    }
    warnings
}

/// Why nothing can be bound at a path.
fn socket(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        return Err(format!("the directory {} of the socket is not there\nhint: make it", parent.display()));
    }
    accessat(CWD, parent, Access::WRITE_OK | Access::EXEC_OK, rustix::fs::AtFlags::EACCESS).map_err(
        |error| {
            format!("the directory {} of the socket can't be written by this user: {error}", parent.display())
        },
    )?;
    let Ok(there) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !there.file_type().is_socket() {
        return Err(format!("{shown} is there and is no socket\nhint: give another path, or remove it"));
    }
    if UnixStream::connect(path).is_ok() {
        tell(format_args!(
            "warning: a server listens on {shown} already; if it isn't this daemon, a start is refused"
        ));
    }
    Ok(())
}
