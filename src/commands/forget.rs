//! `forget`: globs into files whose updates are unknown again. It works on the index alone and needs the lock.

use std::ffi::OsString;

use crate::cli::PagesArgs;
use crate::commands::{Out, count, journal_in, plain};
use crate::exit::{Exit, Failure};
use crate::journal::JournalError;
use crate::journal::forget::{find, forget as forget_found};
use crate::journal::gate::Options;
use crate::journal::recovery;
use crate::journal::state::{Lock, boot_id};
use crate::model::globs::globs;

/// How many of the files are named; of the others, the number is.
const FILES_NAMED_MAX: usize = 20;

/// Makes the updates of the files that the globs fit unknown. Globs that fit none are a failure, so that a script notices.
pub fn forget(args: &PagesArgs, env: impl Fn(&str) -> Option<OsString>) -> Result<Exit, Failure> {
    globs(args.globs.iter().map(String::as_str))
        .map_err(|error| Failure::usage(error).hint("globs are like blog/*.txt"))?;
    let (state, identity) = journal_in(&args.config, &args.state, env)?;
    // Said before anything is opened, so that a running daemon isn't waited for.
    if let Some(pid) = Lock::holder(&state) {
        return Err(Failure::failed(JournalError::Held { path: state, pid }));
    }
    let options =
        Options { scope: identity.scope, segment_bytes: u64::MAX, durable: true, ..Options::default() };
    let (mut journal, _) = recovery::open(&state, options, &boot_id()).map_err(Failure::failed)?;
    let found = find(&mut journal, &args.globs).map_err(Failure::failed)?;
    let files = found.files().count();
    if found.updates() == 0 && files == 0 {
        return Err(Failure::failed(format!("nothing is known that fits {}", args.globs.join(" ")))
            .hint("a glob is of paths below a drop directory, like blog/*.txt"));
    }
    let mut out = Out::new();
    let plan = format!(
        "{} and {} fit {}\n",
        count(found.updates(), "update"),
        count(files, "file"),
        args.globs.join(" ")
    );
    out.lines.extend_from_slice(plan.as_bytes());
    for file in found.files().take(FILES_NAMED_MAX) {
        out.lines.extend_from_slice(format!("  {}\n", plain(&file.full().to_string_lossy())).as_bytes());
    }
    if files > FILES_NAMED_MAX {
        out.lines.extend_from_slice(format!("  and {} more\n", files - FILES_NAMED_MAX).as_bytes());
    }
    out.flush()?;
    forget_found(&mut journal, &found).map_err(Failure::failed)?;
    out.lines.extend_from_slice(
        b"forgotten: the next start reads the files that are still there, and says them again\n",
    );
    out.flush()?;
    Ok(Exit::Done)
}
