//! `liveblogd` streams each new update of the live blogs that are dropped into a directory, once.

pub mod cli;
pub mod config;
pub mod exit;
pub mod journal;
pub mod model;
pub mod source;
