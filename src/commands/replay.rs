//! `replay`: the journal as it lies onto stdout, up to what is committed.

use std::ffi::OsString;
use std::time::Duration;

use crate::cli::ReplayArgs;
use crate::commands::{OUT_BYTES, Out, head, journal_in};
use crate::exit::{Exit, Failure, tell};
use crate::journal::Head;
use crate::journal::reader::{Reader, last_seq};
use crate::journal::state::Identity;

/// How often `replay --follow` looks for more, ms.
const FOLLOW_MS: u64 = 50;

/// `replay`: the journal as it lies, up to what is committed.
pub fn replay(args: &ReplayArgs, env: impl Fn(&str) -> Option<OsString>) -> Result<Exit, Failure> {
    let (state, identity) = journal_in(&args.config, &args.state, env)?;
    let mut end = head(&state, &identity)?;
    let mut after = after(args.after.as_deref().unwrap_or("0"), &end)?;
    let mut reader = Reader::new(&state);
    let mut is_whole = true;
    let stands_after = reader.seek(after, &end).map_err(Failure::failed)?;
    after = stands(after, stands_after, &end, &mut is_whole);
    let mut out = Out::new();
    loop {
        loop {
            match reader.read(&end, &mut out.lines, OUT_BYTES) {
                Ok(0) => break,
                Ok(_) => after = last_seq(&out.lines).unwrap_or(after),
                Err(error) => {
                    end = head(&state, &identity)?;
                    let stands_after = reader.go_on(error, after, &end).map_err(Failure::failed)?;
                    after = stands(after, stands_after, &end, &mut is_whole);
                    continue;
                }
            }
            out.flush()?;
            if out.reader_gone {
                return Ok(Exit::Done);
            }
        }
        if !args.follow {
            reader.reached(&end).map_err(Failure::failed)?;
            return if is_whole {
                Ok(Exit::Done)
            } else {
                Err(not_whole())
            };
        }
        std::thread::sleep(Duration::from_millis(FOLLOW_MS));
        end = head(&state, &identity)?;
        // Looked at behind the head, so that this is none of another journal.
        if let Some(there) = Identity::load(&state).map_err(Failure::failed)?
            && there.id != identity.id
        {
            tell(format_args!(
                "warning: the journal in {} is {} now, and {} was followed: it ends here, after {after}",
                state.display(),
                there.id,
                identity.id
            ));
            return Ok(Exit::Failed);
        }
    }
}

fn not_whole() -> Failure {
    Failure::failed("not every event of the journal could be read")
        .hint("those that were are right; liveblogd status --verify names what is missing")
}

/// Tells what is passed by a reader that was to go on after `after`. Says behind which seq it stands, and keeps `is_whole`
/// only where what is passed was retired.
fn stands(after: u64, stands_after: u64, end: &Head, is_whole: &mut bool) -> u64 {
    let is_retired = stands_after < end.oldest.first_seq();
    *is_whole &= stands_after == after || is_retired;
    // What was retired before the oldest is no loss to who asks for all there is.
    if stands_after != after && (after > 0 || !is_retired) {
        tell(format_args!(
            "warning: the events {} to {stands_after} aren't there: they were retired, or liveblogd status --verify names what is missing",
            after + 1
        ));
    }
    stands_after
}

/// The seq that `--after` names.
fn after(text: &str, head: &Head) -> Result<u64, Failure> {
    let bad = |why: String| {
        Failure::failed(format!("bad cursor {text:?}: {why}"))
            .hint("a cursor is that of an event, or a seq; 0 is the beginning")
    };
    let seq = match text.split_once(':') {
        Some((journal, _)) if journal != &*head.journal => {
            return Err(bad(format!("it is of another journal, this one is {}", head.journal)));
        }
        Some((_, seq)) => seq,
        None => text,
    };
    let seq: u64 = seq.parse().map_err(|_| bad("it has no seq".into()))?;
    if seq > head.seq {
        return Err(bad(format!("it is ahead of the last event, {}", head.seq)));
    }
    Ok(seq)
}
