//! What a newsroom says of a blog's layout, over what its pages show.
//!
//! It says where stamps and headlines stand, and how time lines are written; it never makes a stamp of a line
//! that has no time.

use std::fmt;
use std::str::FromStr;

use crate::model::time::Zone;
use crate::parse::dialect::Headlines;
use crate::parse::pattern::Pattern;
use crate::parse::stamp::{self, Found, Place};

/// What a `[[blog]]` table says of the layout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// Where the stamps stand.
    pub shape: Option<Shape>,
    /// Whether there are headlines, and where.
    pub wish: Option<Wish>,
    /// Time lines of its own. Where a page has such lines, they are its time lines, and no others.
    pub stamps: Vec<Pattern>,
    /// Zone names of one's own, looked at before the table.
    pub zones: Vec<(String, Zone)>,
    /// Whether it says of which zone stamps are that name none: then no note of a page does.
    pub has_zone: bool,
}

/// `layout`: where the time of an update stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Alone on its line.
    Alone,
    /// It opens a line of text.
    Inline,
    /// It ends a line.
    AtEnd,
    /// Below the headline.
    HeadlineFirst,
    /// A match's minute or over opens a line.
    MatchClock,
    /// `7m ago`, and no clock.
    Relative,
}

/// `headlines`: whether updates have one, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// There are; where, the page tells.
    Always,
    /// There are none.
    Never,
    /// On the line below the stamp.
    Below,
    /// On the line above the stamp.
    Above,
    /// On the stamp's own line.
    SameLine,
}

const SHAPES: &[(&str, Shape)] = &[
    ("alone", Shape::Alone),
    ("inline", Shape::Inline),
    ("at-end", Shape::AtEnd),
    ("headline-first", Shape::HeadlineFirst),
    ("match-clock", Shape::MatchClock),
    ("relative", Shape::Relative),
];
const WISHES: &[(&str, Wish)] = &[
    ("always", Wish::Always),
    ("never", Wish::Never),
    ("below", Wish::Below),
    ("above", Wish::Above),
    ("same-line", Wish::SameLine),
];

/// A word that is none of those there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of {1}")]
pub struct UnknownWord(String, String);

fn named<T: Copy>(words: &[(&str, T)], text: &str) -> Result<T, UnknownWord> {
    let all = || words.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(", ");
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| UnknownWord(text.to_string(), all()))
}

fn word<T: PartialEq>(words: &'static [(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}

impl FromStr for Shape {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Shape, UnknownWord> {
        named(SHAPES, text)
    }
}

impl FromStr for Wish {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Wish, UnknownWord> {
        named(WISHES, text)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(SHAPES, self))
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(WISHES, self))
    }
}

impl Overrides {
    /// The stamp on a line: the blog's own, else the ones that everybody has.
    pub(crate) fn find<'a>(&self, line: &'a str) -> Option<Found<'a>> {
        self.find_own(line).or_else(|| stamp::find(line, &self.zones))
    }

    /// The same, where it is known whether the line has a digit, and which stamp stands above.
    pub(crate) fn find_knowing<'a>(
        &self,
        line: &'a str,
        has_digit: bool,
        last: Option<&Found<'_>>,
    ) -> Option<Found<'a>> {
        let alike = || last.and_then(|last| stamp::alike(line, last));
        self.find_own(line).or_else(alike).or_else(|| stamp::find_knowing(line, has_digit, &self.zones))
    }

    /// The stamp of the blog's own on a line.
    pub(crate) fn find_own<'a>(&self, line: &'a str) -> Option<Found<'a>> {
        self.stamps.iter().find_map(|pattern| pattern.find(line, &self.zones))
    }

    /// Where the stamps stand, if that's said.
    pub(crate) fn place(&self) -> Option<Place> {
        match self.shape? {
            Shape::Alone => Some(Place::Alone),
            Shape::Inline => Some(Place::Opens),
            Shape::AtEnd => Some(Place::Closes),
            Shape::MatchClock => Some(Place::Match),
            Shape::Relative => Some(Place::Relative),
            Shape::HeadlineFirst => None,
        }
    }

    /// Where the headlines stand; `shown` is what the page shows.
    pub(crate) fn headlines(&self, place: Place, shown: impl FnOnce() -> Headlines) -> Headlines {
        match (self.wish, self.shape) {
            (Some(Wish::Never), _) => Headlines::None,
            (Some(Wish::Below), _) => Headlines::After,
            (Some(Wish::Above), _) | (None | Some(Wish::Always), Some(Shape::HeadlineFirst)) => {
                Headlines::Before
            }
            (Some(Wish::SameLine), _) => Headlines::Same,
            (Some(Wish::Always), _) => match (shown(), place) {
                (Headlines::None, Place::Alone | Place::Relative) => Headlines::After,
                (Headlines::None, Place::Opens | Place::Closes | Place::Match) => Headlines::Same,
                (shown, _) => shown,
            },
            (None, _) => shown(),
        }
    }

    /// What contradicts itself in it.
    pub fn contradiction(&self) -> Option<String> {
        match (self.shape, self.wish) {
            (
                Some(shape @ Shape::HeadlineFirst),
                Some(wish @ (Wish::Never | Wish::Below | Wish::SameLine)),
            ) => Some(format!("layout \"{shape}\" and headlines \"{wish}\" contradict each other")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;
    use crate::parse::document::read;

    /// What each update says, as `time | headline | body`.
    fn said(text: &str, overrides: &Overrides) -> Vec<String> {
        let document = read(&Text::whole(text), None, overrides);
        let line = |update: &crate::model::update::Update| {
            let (time, headline) = (update.words.time_text(), update.words.headline());
            format!("{} | {} | {}", time.unwrap_or(""), headline.unwrap_or(""), update.words.body())
        };
        document.updates.iter().filter(|update| !update.is_empty()).map(line).collect()
    }

    const TWO: &str =
        "Harbour\n\n14:20\n\nBridge opens\n\nIt opened.\n\n14:10\n\nFerry late\n\nIt is late.\n";

    #[test]
    fn headlines_are_where_it_is_said() {
        let with = |wish| Overrides { wish: Some(wish), ..Overrides::default() };
        assert_eq!(said(TWO, &with(Wish::Never))[0], "14:20 |  | Bridge opens\nIt opened.");
        assert_eq!(said(TWO, &with(Wish::Always))[0], "14:20 | Bridge opens | It opened.");
        assert_eq!(said(TWO, &with(Wish::Above))[0], "14:20 | Harbour | Bridge opens\nIt opened.");
        let bare = "14:20: It opened.\n14:10: It is late.\n";
        assert_eq!(said(bare, &with(Wish::Always))[0], "14:20 | It opened. | ");
        assert_eq!(said(bare, &Overrides::default())[0], "14:20 |  | It opened.");
    }

    #[test]
    fn stamps_stand_where_it_is_said() {
        // Three time lines in the text of one update, and not in the order of a schedule, would make an inline blog of it.
        let text = "14:20\nIt opened.\n15:00 fireworks.\n13:00 speeches.\n12:00 doors.\n14:10\nIt is late.\n";
        assert_eq!(said(text, &Overrides::default()).len(), 3);
        let alone = Overrides { shape: Some(Shape::Alone), ..Overrides::default() };
        let body = "It opened.\n15:00 fireworks.\n13:00 speeches.\n12:00 doors.";
        assert_eq!(said(text, &alone), [format!("14:20 |  | {body}"), "14:10 |  | It is late.".into()]);
    }

    #[test]
    fn a_blogs_own_time_lines_are_its_only_ones() {
        let stamps = vec!["Kl. {h}.{mm} / {text}".parse().expect("a pattern")];
        let own = Overrides { stamps, ..Overrides::default() };
        let text = "Havn\n\nKl. 14.20 / Broen er aaben\n\n10:30: som planlagt.\n\nKl. 14.10 / Faergen venter\n\nDen venter.\n";
        let expected = [
            "14.20 | Broen er aaben | 10:30: som planlagt.",
            "14.10 | Faergen venter | Den venter.",
        ];
        assert_eq!(said(text, &own), expected);
        // A page without them is read as ever.
        assert_eq!(said(TWO, &own).len(), 2);
        // One line is enough: a newsroom has said so.
        assert_eq!(said("Kl. 14.20 / Broen er aaben.\n", &own), ["14.20 |  | Broen er aaben."]);
        // A file that was read by a pattern goes on when the pattern has gone.
        let layout = "opens,same,custom".parse().ok();
        assert_eq!(read(&Text::whole(TWO), layout.as_ref(), &Overrides::default()).updates.len(), 2);
    }
}
