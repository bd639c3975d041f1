//! `liveblogd`: streams each new update of the live blogs dropped into a directory, once.

// `eprintln!` panics where stderr is on a full disk: `exit::tell` doesn't.
#![deny(clippy::print_stderr)]

mod log;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use liveblogd::cli::{self, Command, RunArgs};
use liveblogd::commands;
use liveblogd::config::Config;
use liveblogd::daemon::{self, RunOptions, Sources};
use liveblogd::exit::{Exit, Failure, tell};
use liveblogd::terminal::flush_log;

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is left to be told if this can't be printed.
            let _printed = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { Exit::Done } else { Exit::Usage }.into();
        }
    };
    let done = match &cli.command {
        Command::Run(args) => run(args),
        Command::Parse(args) => commands::parse(args, env),
        Command::Replay(args) => commands::replay(args, env),
        Command::Status(args) => commands::status(args, env),
        Command::Forget(args) => commands::forget(args, env),
        Command::Confirm(args) => commands::confirm(args, env),
        Command::Check(args) => commands::check(args, env),
    };
    match done {
        Ok(exit) => {
            flush_log();
            exit.into()
        }
        Err(failure) => {
            if flush_log() {
                tell(format_args!("error: {failure}"));
            }
            failure.exit.into()
        }
    }
}

/// A variable of the environment. One that is set to nothing is as good as unset.
fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let load = || Config::load(args.config.config.as_deref())?.with_run(args, env);
    let config = load()?;
    let log = log::start(&config.log)?;
    for wrong in cli::unknown_variables(std::env::vars_os().map(|(name, _)| name)) {
        tracing::warn!("{wrong}");
    }
    let state = config.state_directory(env)?;
    let options = RunOptions { once: args.once, skip_backfill: args.skip_backfill, date: args.time.date };
    daemon::run(&config, &state, options, Sources { load: &load, log: &log })
}
