//! `liveblogd` streams each new update of the live blogs that are dropped into a directory, once.

pub mod model;
pub mod parse;
