//! The command line as a checked value. It reads nothing but its arguments and the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use jiff::civil::Date;

const EXIT_CODES: &str = "\
Exit codes:
  0   done (also when the reader of stdout goes away)
  1   failed while running: a file that parse can't read, a bad cursor, events
      that are missing from the journal, a state directory that another daemon
      holds, an end forced by a second signal; status: degraded
  64  wrong usage
  78  wrong configuration";

const EXAMPLES: &str = "\
Examples:
  liveblogd run --drop ./pages                  follow ./pages, events on stdout
  liveblogd run --drop ./pages --once | jq .    read what is there, then end
  liveblogd parse --date 2024-03-06 page.txt    what would be said of one page
  liveblogd replay --after 1200                 the journal, from event 1201 on";

/// Streams each new update of the live blogs dropped into a directory as one NDJSON event, once.
#[derive(Debug, Parser)]
#[command(name = "liveblogd", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Follow drop directories and say each new update once
    #[command(after_help = "\
Examples:
  liveblogd run --drop ./pages
  liveblogd run --drop ./pages --once --date 2024-03-06 | jq -r .headline
  liveblogd run --drop /srv/pages --no-stdout --listen unix:/run/liveblogd/events.sock

Events go to stdout, everything else to stderr. What was said is kept in the state
directory; started again on it, liveblogd goes on where it stopped.")]
    Run(RunArgs),
    /// Print every update of the given files as NDJSON; remembers nothing
    #[command(after_help = "\
Examples:
  liveblogd parse page.txt | jq -r '[.timestamp, .headline] | @tsv'
  curl -s https://example.org/page.txt | liveblogd parse --date 2024-03-06 -
  liveblogd parse --explain page.txt      what each line was taken for, and why")]
    Parse(ParseArgs),
    /// Print the journal, also while the daemon runs
    #[command(after_help = "\
Examples:
  liveblogd replay | jq -r .headline
  liveblogd replay --after k3v9x2qa:1200
  liveblogd replay --after 1200 --follow")]
    Replay(ReplayArgs),
    /// Show files, counts, sinks with their lag, and the last faults; exit 1 if degraded
    #[command(after_help = "\
Examples:
  liveblogd status
  liveblogd status --json | jq .sinks
  liveblogd status --verify               hold every segment against its checksums

Works while the daemon runs and while it doesn't. Degraded is: a path that can't be
read, a page that is held back, a file that can't be archived, directories that can't be
watched, a journal that can't be written, damage. Why, is said; a slow sink is no fault.")]
    Status(StatusArgs),
    /// Make the updates of these files unknown, so that they are read and said again
    #[command(after_help = "\
Examples:
  liveblogd forget 'ukraine/*.txt'        after a wrong zone or date was put right
  liveblogd forget 2024-03-06-live.txt

A glob is held against the path below the drop directory, and against the last name in
it. Stop the daemon first. The journal stays as it is: what is said again has a new seq,
and the same id if its time and headline are the same.")]
    Forget(PagesArgs),
    /// Let pages that are held back be said, also while the daemon runs
    #[command(after_help = "\
Examples:
  liveblogd confirm storm/page.txt
  liveblogd confirm '**'                  all that is held back

A page that was said, and is read otherwise since an upgrade or a change of zone, date or
layout, would be said again as other updates: it is held back, and `liveblogd status`
names it. Confirmed, it is said once; a running daemon does so within some seconds. A glob
is held against the path below the drop directory, and against the last name in it.")]
    Confirm(PagesArgs),
    /// Say what is wrong with a configuration, and print the effective one
    #[command(after_help = "\
Examples:
  liveblogd check
  liveblogd check --config ./liveblogd.toml")]
    Check(CheckArgs),
}

/// Where the configuration lies.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArg {
    /// Configuration file [default: /etc/liveblogd/liveblogd.toml if there is one]
    #[arg(long, value_name = "FILE", env = "LIVEBLOGD_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Where the state lies.
#[derive(Debug, Clone, Default, Args)]
pub struct StateArg {
    /// State directory [default: the configuration's, $STATE_DIRECTORY, or the XDG state directory]
    #[arg(long, value_name = "DIR", env = "LIVEBLOGD_STATE")]
    pub state: Option<PathBuf>,
}

/// How days and zones are found where a page doesn't tell.
#[derive(Debug, Clone, Default, Args)]
pub struct TimeArgs {
    /// The day of each page's oldest update [default: from the text, the path or the mtime]
    #[arg(long, value_name = "YYYY-MM-DD", env = "LIVEBLOGD_DATE")]
    pub date: Option<Date>,
    /// The zone of stamps that name none, where no [[blog]] gives one: UTC, Europe/London, +02:00 [default: UTC]
    #[arg(long, value_name = "ZONE", env = "LIVEBLOGD_ZONE", allow_hyphen_values = true)]
    pub zone: Option<String>,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigArg,
    /// Directory to follow, with all below it; may be given more than once [env: LIVEBLOGD_DROP=A:B]
    #[arg(long, value_name = "DIR")]
    pub drop: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub state: StateArg,
    /// Serve events here, unix:PATH or tcp:HOST:PORT; may be given more than once [env: LIVEBLOGD_LISTEN=A,B]
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<String>,
    /// Don't say events on stdout
    #[arg(long)]
    pub no_stdout: bool,
    /// Read what is there, say it, and end; waits for files that are still being written, 60 times `settle` at most
    #[arg(long)]
    pub once: bool,
    /// Sinks begin after what the very first start finds lying there
    #[arg(long)]
    pub skip_backfill: bool,
    /// Say also what is known and read otherwise than before, without `confirm`
    #[arg(long)]
    pub no_hold_back: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub time: TimeArgs,
}

/// Arguments of `parse`.
#[derive(Debug, Clone, Args)]
pub struct ParseArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigArg,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub time: TimeArgs,
    /// Print each line with the role it was given instead of events
    #[arg(long)]
    pub explain: bool,
    /// Files to read; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    pub files: Vec<PathBuf>,
}

/// Arguments of `replay`.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigArg,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub state: StateArg,
    /// Begin after this event: a cursor as in the events, or a seq
    #[arg(long, value_name = "CURSOR|SEQ")]
    pub after: Option<String>,
    /// Go on with what comes
    #[arg(long)]
    pub follow: bool,
}

/// Arguments of `status`.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigArg,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub state: StateArg,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Hold every segment against its checksums, and the index against itself
    #[arg(long)]
    pub verify: bool,
}

/// Arguments of `forget` and `confirm`.
#[derive(Debug, Clone, Args)]
pub struct PagesArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigArg,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub state: StateArg,
    /// Paths below the drop directories
    #[arg(value_name = "GLOB", required = true)]
    pub globs: Vec<String>,
}

/// Arguments of `check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// What `run` would be given: flags count like there.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Reads a command line. `Err` holds what clap has to say (also help and version). A variable that is set to nothing is
/// as good as unset: a unit's drop-in takes one back so.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let is_nothing = |arg: &Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    let args_given: Vec<OsString> = args.into_iter().collect();
    let command = Cli::command().mut_subcommands(|command| {
        command.mut_args(|arg| {
            if is_nothing(&arg) {
                arg.env(Resettable::Reset)
            } else {
                arg
            }
        })
    });
    let matches = command.try_get_matches_from(&args_given).map_err(|mut error| {
        // Else a flag would be blamed that wasn't given.
        let day = std::env::var("LIVEBLOGD_DATE").ok().map(ContextValue::String);
        let is_given = args_given.iter().any(|arg| arg.to_string_lossy().starts_with("--date"));
        if day.is_some() && error.get(ContextKind::InvalidValue) == day.as_ref() && !is_given {
            error.insert(ContextKind::InvalidArg, ContextValue::String("LIVEBLOGD_DATE".into()));
        }
        error
    })?;
    Cli::from_arg_matches(&matches)
}

/// The variables that flags and configuration are read from.
const VARIABLES: [&str; 7] = [
    "LIVEBLOGD_CONFIG",
    "LIVEBLOGD_DATE",
    "LIVEBLOGD_DROP",
    "LIVEBLOGD_LISTEN",
    "LIVEBLOGD_LOG",
    "LIVEBLOGD_STATE",
    "LIVEBLOGD_ZONE",
];

/// What is wrong with the names of some variables: those that are ours by their beginning, and that nobody reads. A wrong
/// letter in one would go unnoticed.
pub fn unknown_variables(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let ours = names.filter_map(|name| name.into_string().ok()).filter(|name| {
        // Those of the tests reach the programs that they start.
        name.starts_with("LIVEBLOGD_")
            && !VARIABLES.contains(&&**name)
            && !name.starts_with("LIVEBLOGD_TEST_")
    });
    ours.map(|name| format!("the variable {name} is none that is read: those are {}", VARIABLES.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_variable_is_known_and_no_other() {
        let command = Cli::command();
        let of_flags = command.get_subcommands().flat_map(|command| command.get_arguments());
        let names = of_flags.filter_map(|arg| Some(arg.get_env()?.to_os_string()));
        assert!(unknown_variables(names.chain(VARIABLES.map(OsString::from))).is_empty());
        let others = ["LIVEBLOGD_ZOEN", "LIVEBLOG", "LIVEBLOGD_TEST_SEED"].map(OsString::from);
        let told = unknown_variables(others.into_iter());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("the variable LIVEBLOGD_ZOEN is none that is read"), "{told:?}");
    }

    #[test]
    fn drop_may_be_given_more_than_once() {
        let args = ["liveblogd", "run", "--drop", "a", "--drop", "b:c"].map(OsString::from);
        let Command::Run(run) = parse(args).expect("it parses").command else {
            panic!("not run")
        };
        assert_eq!(run.drop, ["a", "b:c"].map(PathBuf::from));
    }
}
