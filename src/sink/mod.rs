//! Readers of the journal, each at its own cursor: none of them can slow another, or the gate.

mod client;
pub mod listen;
pub mod protocol;
pub mod socket;
pub mod stdout;
mod torn_line;
