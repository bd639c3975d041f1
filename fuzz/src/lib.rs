//! Fuzz targets as functions, so that a stable toolchain can call them too (`tests/fuzz.rs`).

pub mod targets;
