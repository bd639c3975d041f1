//! Turns a stretch of text into updates: where each one starts, its stamp, headline and body.
//!
//! It is pure: no file, no clock, no log. It never fails; what it cannot read is text.

mod agenda;
mod blocks;
mod boilerplate;
mod bylines;
mod caption;
pub mod clock;
pub mod date;
pub mod dating;
pub mod decide;
pub mod dialect;
pub mod document;
pub mod explain;
mod flat;
mod headlines;
mod hits;
pub mod inline;
mod kinds;
mod line_ends;
mod no_blog;
mod openings;
pub mod overrides;
pub mod page;
mod page_zone;
pub mod path_date;
pub mod pattern;
mod prose;
pub mod roles;
mod scan;
pub mod stamp;
#[cfg(test)]
mod tests;
mod update;
pub mod zone;
