//! `check`: a configuration into what is wrong with it, and the effective one onto stdout.

use std::path::PathBuf;

use crate::cli::CheckArgs;
use crate::commands::Out;
use crate::config::Config;
use crate::exit::{Exit, Failure, tell};

/// `check`: what is wrong with a configuration; the effective one.
pub fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let config = Config::load(args.config.config.as_deref())?;
    let printed = toml::to_string(&config).map_err(Failure::failed)?;
    let mut out = Out::new();
    out.lines.extend_from_slice(printed.as_bytes());
    out.flush()?;
    let missing: Vec<&PathBuf> =
        config.drop.directories.iter().filter(|directory| !directory.is_dir()).collect();
    for directory in missing {
        tell(format_args!(
            "warning: the drop directory {} is not there, or not a directory",
            directory.display()
        ));
    }
    Ok(Exit::Done)
}
