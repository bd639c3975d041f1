//! What would feed on itself, or can't be meant, is refused before anything is touched: at the start, at a reload, and by
//! `check`. It changes nothing.

use std::path::{Path, PathBuf};

use crate::config::{Config, Done, DropConfig, ListenConfig};
use crate::exit::Failure;
use crate::model::globs::{globs, matches};
use crate::source::reader::stat_target;

/// What would feed on itself, or can't be meant, is refused before anything is touched.
pub(crate) fn refuse_impossible(config: &Config, state: &Path, once: bool) -> Result<(), Failure> {
    let roots = &config.drop.directories;
    if roots.is_empty() {
        return Err(Failure::usage("there is no directory to follow")
            .hint("give one with --drop DIR, or drop.directories in the configuration"));
    }
    if roots.iter().any(|root| root.as_os_str().is_empty()) {
        return Err(Failure::config("drop.directories has an empty name")
            .hint("the directory that it is started in is called \".\""));
    }
    refuse_state(state)?;
    refuse_nested(roots)?;
    for root in roots {
        let (Ok(root_path), Ok(state_path)) = (real(root), real(state)) else { continue };
        if root_path == state_path || root_path.starts_with(&state_path) {
            return Err(Failure::config(format!(
                "the drop directory {} lies in the state directory {}",
                root.display(),
                state.display()
            ))
            .hint("the journal would be read as a page: give the state its own directory with --state DIR"));
        }
        if once && !root_path.exists() {
            // A daemon waits for it; one that ends at once has nothing to wait for.
            return Err(Failure::failed(format!("the drop directory {} is not there", root.display()))
                .hint("make it, or give another with --drop DIR"));
        }
        if once
            && root_path.is_dir()
            && let Err(error) = std::fs::read_dir(root).and(std::fs::metadata(root.join(".")))
        {
            return Err(Failure::failed(format!(
                "cannot read the drop directory {}: {error}",
                root.display()
            ))
            .hint("give this user the right to list and search it, or give another with --drop DIR"));
        }
        if root_path.exists() && !root_path.is_dir() {
            return Err(Failure::config(format!("the drop directory {} is no directory", root.display()))
                .hint("give the directory that the file lies in"));
        }
    }
    let _filter = config.log.filter()?;
    refuse_twice(&config.listen)?;
    refuse_archive(&config.drop, state)
}

/// A state directory that can't be made: a file stands in its way.
pub(crate) fn refuse_state(state: &Path) -> Result<(), Failure> {
    let there = state.ancestors().find(|path| path.exists()).filter(|there| !there.is_dir());
    there.map_or(Ok(()), |there| {
        Err(Failure::config(format!(
            "the state directory {} can't be made: {} is no directory",
            state.display(),
            there.display()
        ))
        .hint("a file stands in its way: move it, or give another directory with --state DIR"))
    })
}

/// A drop directory within another one: its files would have two names, and be of two blogs.
fn refuse_nested(roots: &[PathBuf]) -> Result<(), Failure> {
    for (at, root) in roots.iter().enumerate() {
        let Ok(root_path) = real(root) else { continue };
        let outer = roots.iter().enumerate().find(|&(other, outer)| {
            other != at && real(outer).is_ok_and(|outer| root_path.starts_with(outer))
        });
        if let Some((_, outer)) = outer {
            return Err(Failure::config(format!(
                "the drop directory {} lies in the drop directory {}",
                root.display(),
                outer.display()
            ))
            .hint("what lies below a drop directory is followed already: leave one of them out"));
        }
    }
    Ok(())
}

/// An address that would be bound twice. A port of 0 is another one each time.
fn refuse_twice(tables: &[ListenConfig]) -> Result<(), Failure> {
    for (at, table) in tables.iter().enumerate() {
        let address = &table.address;
        // One socket file may be spelled in many ways.
        let place = |address: &str| address.strip_prefix("unix:").and_then(|path| real(Path::new(path)).ok());
        let is_same =
            |other: &str| other == address || place(address).is_some() && place(address) == place(other);
        let before = tables[..at].iter().position(|other| is_same(&other.address));
        if let Some(before) = before.filter(|_| !(address.starts_with("tcp:") && address.ends_with(":0"))) {
            return Err(Failure::config(format!(
                "listen[{at}].address: {address:?} is listen[{before}]'s already"
            ))
            .hint("an address serves any number of clients: give it once"));
        }
    }
    Ok(())
}

/// An archive that would be read again, or that nothing can be moved to.
fn refuse_archive(drop: &DropConfig, state: &Path) -> Result<(), Failure> {
    let Some(archive) = drop.archive.as_deref().filter(|_| drop.done == Done::Archive) else {
        return Ok(());
    };
    let shown = archive.display();
    let (Ok(real_archive), Ok(real_state)) = (real(archive), real(state)) else {
        return Ok(());
    };
    if archive.exists() && !archive.is_dir() {
        return Err(Failure::config(format!("drop.archive {shown} is no directory")).hint("give a directory"));
    }
    if real_archive.starts_with(&real_state) {
        return Err(Failure::config(format!(
            "drop.archive {shown} lies in the state directory {}",
            state.display()
        ))
        .hint("give it a directory of its own"));
    }
    let exclude = globs(drop.exclude.iter().map(String::as_str)).map_err(Failure::config)?;
    for root in &drop.directories {
        let Ok(real_root) = real(root) else { continue };
        if real_root.starts_with(&real_archive) {
            return Err(Failure::config(format!(
                "the drop directory {} lies in drop.archive {shown}",
                root.display()
            ))
            .hint("what is moved there would be read again: give the archive a directory of its own"));
        }
        if let Ok(below) = real_archive.strip_prefix(&real_root) {
            let excluded =
                below.ancestors().any(|part| !part.as_os_str().is_empty() && matches(&exclude, part));
            if !excluded {
                return Err(Failure::config(format!(
                    "drop.archive {shown} lies in the drop directory {}",
                    root.display()
                ))
                .hint("what is moved there would be read again: give another directory, or a name that drop.exclude leaves out, as .done"));
            }
        }
        let there = real_archive.ancestors().find_map(|path| stat_target(path).ok());
        if let (Ok((from, _)), Some((to, _))) = (stat_target(root), there)
            && from.device != to.device
        {
            return Err(Failure::config(format!(
                "drop.archive {shown} lies on another file system than the drop directory {}",
                root.display()
            ))
            .hint("files are moved by renaming them: give a directory on the same file system"));
        }
    }
    Ok(())
}

/// Where a path leads to, also if what it names isn't there yet.
fn real(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    for above in absolute.ancestors() {
        if let (Ok(there), Ok(below)) = (above.canonicalize(), absolute.strip_prefix(above)) {
            // An empty rest would leave a `/` behind a file's name.
            return Ok(there.join(below).components().collect());
        }
    }
    Ok(absolute)
}
