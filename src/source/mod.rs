//! Turns drop directories into stretches of text that may be new.
//!
//! Reading again is always safe, so what is in doubt is read whole. This wing parses nothing, keeps
//! nothing on disk, and says nothing: the stage above does.

pub mod files;
pub mod fingerprint;
pub mod held;
pub mod kind;
pub mod line_buffer;
pub mod moving;
pub mod reader;
pub mod reading;
pub mod scan;
pub mod tail;
pub mod watcher;

#[cfg(test)]
mod tests;
