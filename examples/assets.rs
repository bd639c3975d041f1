//! The command line into man pages and completions: `cargo run --release --example assets -- DIRECTORY`.
//!
//! From the same source as `--help`, and outside the program, which stays as small as it is. Installs nothing.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};
use liveblogd::cli::Cli;

fn main() -> io::Result<()> {
    let Some(directory) = std::env::args_os().nth(1) else {
        return Err(io::Error::other("usage: assets DIRECTORY"));
    };
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory)?;
    // A page for the whole, and one for each command: liveblogd(1), liveblogd-run(1), …
    clap_mangen::generate_to(Cli::command(), directory)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut Cli::command(), "liveblogd", directory)?;
    }
    Ok(())
}
