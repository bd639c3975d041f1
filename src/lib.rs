//! `liveblogd` streams each new update of the live blogs that are dropped into a directory, once.
//!
//! News runs one way, and `ls src/` shows how:
//!
//! ```text
//! source/   which bytes of which files are new: a watcher that hints, a scan that finds, a tail that waits
//! parse/    bytes into updates: stamps, layout, inline marks; then clocks into instants. Pure
//! journal/  new or known; numbered, appended, committed; the truth that everyone else reads
//! sink/     readers of the journal, each at its own cursor
//! ```
//!
//! Below them lies [`model`], the nouns, without I/O; above them [`stage`], the threads that call them, and
//! [`daemon`], which connects the stages and ends them in order. [`terminal`] shows a person how far they are. [`commands`] are the ones that end by
//! themselves. Imports run down only, and the wings never import each other, but for the sinks: they are readers
//! of the journal.
//!
//! Two rules carry the rest. Reading a file again is always safe, since the journal knows what was said: in
//! doubt, read again. And the journal is the truth: an event is committed before anyone sees it, so a slow or
//! dead reader costs nothing but its own lag.

// `eprintln!` panics where stderr is on a full disk: `exit::tell` doesn't.
#![deny(clippy::print_stderr)]

pub mod cli;
pub mod commands;
pub mod config;
pub mod daemon;
pub mod exit;
pub mod journal;
pub mod model;
pub mod parse;
pub mod sink;
pub mod source;
pub mod stage;
pub mod terminal;
