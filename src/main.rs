//! `liveblogd`: streams each new update of the live blogs dropped into a directory, once.

// `eprintln!` panics where stderr is on a full disk: `exit::tell` doesn't.
#![deny(clippy::print_stderr)]

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::error::ErrorKind;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, reload};

use liveblogd::cli::{self, Command, RunArgs};
use liveblogd::commands;
use liveblogd::config::{Config, LogConfig, LogFormat};
use liveblogd::daemon::{self, RunOptions, Sources};
use liveblogd::exit::{Exit, Failure, tell};

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
        Command::Parse(args) => commands::parse(args),
        Command::Replay(args) => commands::replay(args, env),
        Command::Status(args) => commands::status(args, env),
        Command::Forget(args) => commands::forget(args, env),
        Command::Confirm(args) => commands::confirm(args, env),
        Command::Check(args) => commands::check(args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            tell(format_args!("error: {failure}"));
            failure.exit.into()
        }
    }
}

fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let load = || Config::load(args.config.config.as_deref())?.with_run(args, env);
    let config = load()?;
    let log = start_log(&config.log)?;
    let state = config.state_directory(env)?;
    let options = RunOptions { once: args.once, skip_backfill: args.skip_backfill, date: args.time.date };
    daemon::run(&config, &state, options, Sources { load: &load, log: &log })
}

fn filter(log: &LogConfig) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(&log.level).map_err(|error| {
        Failure::config(format!("log.level {:?}: {error}", log.level))
            .hint("levels are error, warn, info, debug, trace")
    })
}

/// Logs to stderr: with colours only at a terminal that wants them. Gives back what changes the level.
fn start_log(log: &LogConfig) -> Result<impl Fn(&LogConfig) -> Result<(), Failure> + use<>, Failure> {
    let (filter_now, level) = reload::Layer::new(filter(log)?);
    let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    // What can't be logged is left out: saying so would panic, since it would go to stderr, too.
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).log_internal_errors(false);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(ansi).boxed(),
        LogFormat::Json => lines.json().with_ansi(false).boxed(),
    };
    tracing_subscriber::registry().with(filter_now).with(lines).init();
    Ok(move |log: &LogConfig| level.reload(filter(log)?).map_err(Failure::failed))
}
