//! `confirm`: globs into pages that are no longer held back. It writes one small file, which a running daemon looks
//! at, and needs no lock.

use std::ffi::OsString;

use crate::cli::PagesArgs;
use crate::commands::{Out, count, journal_in, plain};
use crate::exit::{Exit, Failure};
use crate::journal::confirmed;
use crate::journal::index::Index;
use crate::journal::state::Lock;
use crate::model::globs::{globs, matches};

/// Lets pages that are held back be said. Globs that fit none are a failure, so that a script notices.
pub fn confirm(args: &PagesArgs, env: impl Fn(&str) -> Option<OsString>) -> Result<Exit, Failure> {
    let set = globs(args.globs.iter().map(String::as_str))
        .map_err(|error| Failure::usage(error).hint("globs are like blog/*.txt"))?;
    let (state, _) = journal_in(&args.config, &args.state, env)?;
    let held_back =
        Index::open_readonly(&state).and_then(|index| index.held_back()).map_err(Failure::failed)?;
    let mut files = held_back.clone();
    files.retain(|(file, _)| matches(&set, &file.path));
    if files.is_empty() {
        return Err(Failure::failed(format!("no page is held back that fits {}", args.globs.join(" ")))
            .hint("liveblogd status names those that are"));
    }
    confirmed::confirm(&state, &files, &held_back).map_err(Failure::failed)?;
    let mut out = Out::new();
    for (file, held) in &files {
        let line =
            format!("{}: {} are said\n", file.full().to_string_lossy(), count(held.new as usize, "update"));
        out.lines.extend_from_slice(plain(line.trim_end()).as_bytes());
        out.lines.push(b'\n');
    }
    let when = match Lock::holder(&state) {
        Some(_) => "the daemon reads them again within some seconds\n",
        None => "the next start says them\n",
    };
    out.lines.extend_from_slice(when.as_bytes());
    out.flush()?;
    Ok(Exit::Done)
}
