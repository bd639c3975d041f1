//! `status`: what lies in a state directory into a page for people, or one JSON object. It changes nothing, and
//! works while the daemon runs and while it doesn't.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::StatusArgs;
use crate::commands::{Out, count, head, journal_in, plain};
use crate::exit::{Exit, Failure};
use crate::journal::health::{ARCHIVED, POLLED, REMOVED, STUCK, UNREADABLE};
use crate::journal::index::Index;
use crate::journal::met;
use crate::journal::polled::{self, Polled};
use crate::journal::state::{Lock, Trouble, cursor_names, kept_cursor};
use crate::journal::verify::{self, Harm};
use crate::journal::{Head, JournalError, segment};
use crate::model::checkpoint::FileState;
use crate::model::json::escape_more_controls;

/// Everything that is known, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Status {
    liveblogd: &'static str,
    /// As far as it is text.
    state: String,
    daemon: Daemon,
    journal: JournalStatus,
    files: Files,
    /// What became of updates since the index was made; names as in [`crate::stage::gate::Counts`].
    updates: BTreeMap<String, u64>,
    held_back: Vec<HeldBack>,
    /// Drop directories of the running daemon whose file system doesn't tell of every change.
    polled: Vec<Polled>,
    sinks: Vec<Sink>,
    faults: Vec<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<Vec<Damage>>,
    /// Why it is degraded; empty if it isn't.
    degraded: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Daemon {
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
}

#[derive(Debug, Serialize)]
struct JournalStatus {
    id: String,
    head: u64,
    oldest: u64,
    segments: usize,
    bytes: u64,
    /// Segments that were retired: what is known because of them takes `retired_bytes`.
    retired: usize,
    retired_bytes: u64,
    index_bytes: u64,
}

#[derive(Debug, Default, Serialize)]
struct Files {
    followed: u64,
    settled: u64,
    no_time_lines: u64,
    not_text: u64,
    held_back: u64,
    unreadable: u64,
    /// Moved into the archive so far, and removed.
    archived: u64,
    removed: u64,
    /// Done, and can't be moved.
    stuck: u64,
}

#[derive(Debug, Serialize)]
struct HeldBack {
    root: String,
    path: String,
    since: String,
    /// How many of its updates would be said.
    new: u64,
    updates: u64,
}

#[derive(Debug, Serialize)]
struct Sink {
    name: String,
    /// `None` where it can't be read or is of another journal: the sink begins anew.
    cursor: Option<String>,
    lag: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Fault {
    path: String,
    what: String,
    first: String,
    last: String,
    count: u64,
    lasts: bool,
}

#[derive(Debug, Serialize)]
struct Damage {
    path: PathBuf,
    offset: u64,
    end: u64,
    what: String,
}

/// The counts that are always there, also before the first of their kind.
const COUNTS: [&str; 7] = [
    "new",
    "revised",
    "known",
    "changed",
    "merged_across_blogs",
    "held_back",
    "empty",
];

/// How many pages that are held back are named: as many as a person reads; of the others, the number is.
const HELD_BACK_SHOWN_MAX: usize = 32;

/// Shows the state; degraded is exit 1.
pub fn status(args: &StatusArgs, env: impl Fn(&str) -> Option<OsString>) -> Result<Exit, Failure> {
    let (state, identity) = journal_in(&args.config, &args.state, env)?;
    let end = head(&state, &identity)?;
    let status = Status::of(&state, &end, args.verify).map_err(Failure::failed)?;
    let mut out = Out::new();
    if args.json {
        serde_json::to_writer(&mut out.lines, &status).map_err(Failure::failed)?;
        out.lines.push(b'\n');
        // Of names of files.
        escape_more_controls(&mut out.lines, 0);
    } else {
        out.lines.extend_from_slice(status.for_people().as_bytes());
    }
    out.flush()?;
    Ok(if status.degraded.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

impl Status {
    fn of(state: &Path, end: &Head, verify: bool) -> Result<Status, JournalError> {
        let holder = Lock::holder(state);
        let mut status = Status {
            liveblogd: env!("CARGO_PKG_VERSION"),
            state: state.to_string_lossy().into_owned(),
            daemon: Daemon { running: holder.is_some(), pid: holder.flatten() },
            journal: journal(state, end)?,
            files: Files::default(),
            updates: BTreeMap::new(),
            held_back: Vec::new(),
            polled: holder.map(|_| polled::load(state)).unwrap_or_default(),
            sinks: sinks(state, end)?,
            faults: Vec::new(),
            damage: None,
            degraded: Vec::new(),
        };
        status.degraded.extend(Trouble::load(state));
        if let Err(error) = status.read_index(state, verify) {
            // It is derived: everything but the counts is there without it.
            status.degraded.push(error.to_string().replace('\n', "; "));
        }
        // They last, and so they come first.
        let damaged = met::load(state);
        if !damaged.is_empty() {
            let files = count(damaged.len(), "file");
            status.degraded.push(format!("{files} of the journal can't be read, or not whole"));
        }
        let damaged = damaged.into_iter().map(|damaged| Fault {
            path: damaged.path,
            what: "can't be read, or not all of it: liveblogd status --verify names the place".into(),
            first: format!("{:.0}", damaged.first),
            last: format!("{:.0}", damaged.last),
            count: damaged.count,
            lasts: true,
        });
        status.faults.splice(0..0, damaged);
        if status.files.unreadable > 0 {
            status
                .degraded
                .push(format!("{} can't be read", count(status.files.unreadable as usize, "path")));
        }
        if status.files.stuck > 0 {
            let files = count(status.files.stuck as usize, "file");
            status.degraded.push(format!("{files} can't be archived or removed, and will be tried again"));
        }
        if status.files.held_back > 0 {
            let files = count(status.files.held_back as usize, "page");
            status.degraded.push(format!("{files} held back: liveblogd confirm PATH lets them through"));
        }
        if verify {
            status.verify(state, end)?;
        }
        Ok(status)
    }

    fn read_index(&mut self, state: &Path, verify: bool) -> Result<(), JournalError> {
        let index = Index::open_readonly(state)?;
        self.updates = COUNTS.iter().map(|name| (name.to_string(), 0)).collect();
        self.updates.extend(index.counts()?);
        self.files = Files {
            followed: index.files_in(FileState::Followed)?,
            settled: index.files_in(FileState::Settled)?,
            no_time_lines: index.files_in(FileState::NoTimeLines)?,
            not_text: index.files_in(FileState::NotText)?,
            held_back: index.files_in(FileState::HeldBack)?,
            unreadable: self.updates.remove(UNREADABLE).unwrap_or(0),
            archived: self.updates.remove(ARCHIVED).unwrap_or(0),
            removed: self.updates.remove(REMOVED).unwrap_or(0),
            stuck: self.updates.remove(STUCK).unwrap_or(0),
        };
        let polled = self.updates.remove(POLLED).unwrap_or(0);
        if self.daemon.running && polled > 0 {
            self.degraded.push(format!(
                "{} not watched whole: changes there are found every few seconds (the log says why: a right to read, or watches: sysctl fs.inotify.max_user_watches)",
                match polled {
                    1 => "1 drop directory is".to_string(),
                    more => format!("{more} drop directories are"),
                }
            ));
        }
        let held_back = index.held_back()?.into_iter().take(HELD_BACK_SHOWN_MAX);
        self.held_back = held_back
            .map(|(file, held)| HeldBack {
                root: file.root.to_string_lossy().into_owned(),
                path: file.path.to_string_lossy().into_owned(),
                since: format!("{:.0}", held.since),
                new: held.new,
                updates: held.updates,
            })
            .collect();
        let kept = index.faults()?.into_iter();
        self.faults = kept
            .map(|fault| Fault {
                path: fault.path,
                what: fault.what,
                first: format!("{:.0}", fault.first),
                last: format!("{:.0}", fault.last),
                count: fault.count,
                lasts: fault.lasts,
            })
            .collect();
        if verify && !index.is_sound() {
            self.degraded.push("the index is damaged: the next start makes it again, or delete it while the daemon is stopped".into());
        }
        Ok(())
    }

    fn verify(&mut self, state: &Path, end: &Head) -> Result<(), JournalError> {
        let found = verify::verify(state, end)?;
        let damage: Vec<Damage> = found
            .into_iter()
            .map(|damage| Damage {
                path: damage.path,
                offset: damage.offset,
                end: damage.end,
                what: match damage.harm {
                    Harm::Changed => "not what was written".into(),
                    Harm::Unproven => "no checksums".into(),
                    Harm::Missing { last_seq } => format!("not there; it had the events up to {last_seq}"),
                },
            })
            .collect();
        if !damage.is_empty() {
            self.degraded.push(format!("the journal is damaged in {}", count(damage.len(), "place")));
        }
        self.damage = Some(damage);
        Ok(())
    }

    fn for_people(&self) -> String {
        let mut page = format!("liveblogd {}, state {}\n", self.liveblogd, self.state);
        let daemon = match (self.daemon.running, self.daemon.pid) {
            (true, Some(pid)) => format!("running, process {pid}"),
            (true, None) => "running".into(),
            (false, _) => "not running".into(),
        };
        let journal = &self.journal;
        let events = match journal.head {
            0 => "no events yet".to_string(),
            head => format!("events {} to {head}", journal.oldest),
        };
        let retired = match journal.retired {
            0 => String::new(),
            segments => {
                format!(", {} retired in {}", count(segments, "segment"), size(journal.retired_bytes))
            }
        };
        let files = &self.files;
        let mut counts: Vec<String> = ["new", "revised", "known", "changed"]
            .iter()
            .map(|name| format!("{} {name}", self.updates.get(*name).unwrap_or(&0)))
            .collect();
        if let Some(merged @ 1..) = self.updates.get("merged_across_blogs") {
            counts.push(format!("{merged} merged across blogs"));
        }
        let mut line = |name: &str, what: &str| {
            let _a_string_takes_every_write = writeln!(page, "{name:<9} {what}");
        };
        line("daemon", &daemon);
        line(
            "journal",
            &format!(
                "{}, {events}, {} of {}{retired}, index {}",
                journal.id,
                count(journal.segments, "segment"),
                size(journal.bytes),
                size(journal.index_bytes)
            ),
        );
        let mut states = format!(
            "{} followed, {} settled, {} no time lines, {} not text, {} held back, {} unreadable",
            files.followed,
            files.settled,
            files.no_time_lines,
            files.not_text,
            files.held_back,
            files.unreadable
        );
        for (count, what) in [
            (files.archived, "archived"),
            (files.removed, "removed"),
            (files.stuck, "stuck"),
        ] {
            if count > 0 {
                let _a_string_takes_every_write = write!(states, ", {count} {what}");
            }
        }
        line("files", &states);
        line("updates", &counts.join(", "));
        for held in &self.held_back {
            let what = format!(
                "{}: {} of {} updates would be new, since {}",
                held.path, held.new, held.updates, held.since
            );
            line("held", &plain(&what));
        }
        for polled in &self.polled {
            let what = format!(
                "{}: {} doesn't tell of every change, scanned every few seconds",
                polled.root, polled.kind
            );
            line("polled", &plain(&what));
        }
        for sink in &self.sinks {
            let at = match (&sink.cursor, sink.lag) {
                (Some(cursor), Some(lag)) => format!("{} at {cursor}, {lag} behind", sink.name),
                _ => format!("{}: its cursor can't be read, or is of another journal", sink.name),
            };
            line("sink", &plain(&at));
        }
        for fault in &self.faults {
            let lasts = if fault.lasts { ", still so" } else { "" };
            line(
                "fault",
                &plain(&format!(
                    "{} {}: {} ({}{lasts})",
                    fault.last,
                    fault.path,
                    fault.what,
                    count(fault.count as usize, "time")
                )),
            );
        }
        if let Some(damage) = &self.damage {
            if damage.is_empty() {
                line("verify", "every segment is what was written");
            }
            for Damage { path, offset, end, what } in damage {
                let path = path.display();
                let where_in_it = if *end > 0 {
                    format!(" bytes {offset} to {end}")
                } else {
                    String::new()
                };
                line("damage", &format!("{path}{where_in_it}: {what}"));
            }
        }
        if self.degraded.is_empty() {
            line("health", "ok");
        }
        for why in &self.degraded {
            line("degraded", &plain(why));
        }
        page
    }
}

fn journal(state: &Path, end: &Head) -> Result<JournalStatus, JournalError> {
    let length = |path: PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut segments = segment::list(state)?;
    segments.retain(|&first_seq| first_seq <= end.segment);
    let mut retired = segment::list_retired(state)?;
    retired.retain(|first_seq| !segments.contains(first_seq));
    let mut log = Index::path(state).into_os_string();
    log.push("-wal");
    Ok(JournalStatus {
        id: end.journal.to_string(),
        head: end.seq,
        oldest: end.oldest.first_seq(),
        segments: segments.len(),
        bytes: segments.iter().map(|&first_seq| segment::disk_bytes(state, first_seq)).sum(),
        retired: retired.len(),
        retired_bytes: retired.iter().map(|&at| length(segment::retired_path(state, at))).sum(),
        index_bytes: length(Index::path(state)) + length(log.into()),
    })
}

fn sinks(state: &Path, end: &Head) -> Result<Vec<Sink>, JournalError> {
    let sink = |name: String| {
        let seq = kept_cursor(state, &name, &end.journal)?;
        Ok(Sink {
            name,
            cursor: seq.map(|seq| format!("{}:{seq}", end.journal)),
            lag: seq.map(|seq| end.seq.saturating_sub(seq)),
        })
    };
    cursor_names(state)?.into_iter().map(sink).collect()
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
