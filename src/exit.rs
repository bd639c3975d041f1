//! How the program ends: the exit codes and the errors that people read.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// The exit codes, as `--help` documents them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, also when the reader of stdout went away.
    Done = 0,
    /// Failed while running.
    Failed = 1,
    /// Wrong usage (EX_USAGE of sysexits.h).
    Usage = 64,
    /// Wrong configuration (EX_CONFIG of sysexits.h).
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// What ended the program, and what a person can do about it.
#[derive(Debug)]
pub struct Failure {
    /// The code to end with.
    pub exit: Exit,
    /// What failed, on what: lower case, one line.
    pub what: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    /// It failed while running.
    pub fn failed(what: impl fmt::Display) -> Failure {
        Failure { exit: Exit::Failed, what: what.to_string(), hint: None }
    }

    /// The command line is wrong.
    pub fn usage(what: impl fmt::Display) -> Failure {
        Failure { exit: Exit::Usage, what: what.to_string(), hint: None }
    }

    /// The configuration is wrong.
    pub fn config(what: impl fmt::Display) -> Failure {
        Failure { exit: Exit::Config, what: what.to_string(), hint: None }
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: impl fmt::Display) -> Failure {
        self.hint = Some(hint.to_string());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Says something on stderr, for a person: without the controls that a file's name may hold. Where that can't be written (a file on a full disk), nothing is said: the
/// exit code tells, and a panic would help nobody.
pub fn tell(what: impl fmt::Display) {
    let shown = what.to_string().replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
    let _nobody_can_be_told = writeln!(io::stderr(), "{shown}");
}
