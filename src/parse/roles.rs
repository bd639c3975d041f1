//! What a line was taken for, noted while it's read, when somebody asks.

use std::fmt;

/// What a line was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Above the first update.
    Intro,
    /// A time line.
    Stamp,
    /// A headline.
    Headline,
    /// Who wrote it.
    Byline,
    /// Text.
    Body,
    /// A list item.
    Item,
    /// A caption that was left out.
    Caption,
    /// Says nothing.
    Boilerplate,
    /// A date heading.
    Heading,
    /// It has a time, and is none of the page's time lines; or it belongs to no update.
    NoUpdate,
    /// Blank.
    Blank,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Role::Intro => "intro",
            Role::Stamp => "stamp",
            Role::Headline => "headline",
            Role::Byline => "byline",
            Role::Body => "body",
            Role::Item => "item",
            Role::Caption => "caption",
            Role::Boilerplate => "boilerplate",
            Role::Heading => "date heading",
            Role::NoUpdate => "not an update",
            Role::Blank => "",
        })
    }
}

/// Where the roles of lines are noted, if somebody asks: line, role, and why, where it was close.
pub(crate) type Roles<'r> = Option<&'r mut Vec<(u64, Role, Option<&'static str>)>>;

/// Notes a line's role, when somebody asks.
pub(crate) fn note(roles: &mut Roles<'_>, line: u64, role: Role, reason: Option<&'static str>) {
    if let Some(roles) = roles {
        roles.push((line, role, reason));
    }
}
