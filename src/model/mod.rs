//! The nouns that every wing speaks of. No file, no clock, no socket, no log in here.

pub mod checkpoint;
pub mod event;
pub mod file;
pub mod globs;
pub mod identity;
pub mod json;
pub mod listen;
pub mod log_pace;
pub mod prefetch;
pub mod pulse;
pub mod sketch;
pub mod text;
pub mod time;
pub mod update;
pub mod words;
