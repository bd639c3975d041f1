//! What stands above a page's first update: a title, an intro, the page's own date and times, key points.

use jiff::civil::Date;

use crate::blog::Page;
use crate::family::Family;
use crate::random::Random;
use crate::words::Words;

/// What stands above the first update.
pub fn preamble(
    random: &mut Random,
    page: &mut Page,
    words: &mut Words,
    family: &Family,
    oldest: Date,
    header: bool,
    headings: bool,
) {
    let month_day = oldest.strftime("%B %-d, %Y").to_string();
    if header && random.chance(30) {
        page.line(format!(" date {oldest} {}", words.headline(random)));
    } else if header {
        page.line(words.headline(random));
        page.line(match random.below(5) {
            0 => format!("Published: {month_day}"),
            1 => format!("Last updated {}", oldest.strftime("%-d %B %Y")),
            2 => format!("{}, {month_day}", oldest.strftime("%A")),
            3 => format!("Published on {month_day}"),
            _ => oldest.strftime("%d.%m.%Y").to_string(),
        });
        page.line(words.paragraph(random));
    } else if random.chance(80) || headings {
        page.line(words.headline(random));
    }
    for _ in 0..random.below(3) {
        page.line(words.paragraph(random));
    }
    if random.chance(15) {
        let caption = format!("{} - ANN LEE/AGENCY", words.headline(random));
        page.line(&caption);
        page.line(&caption);
    }
    if random.chance(15) && family.row != "relative" {
        page.line("Key points");
        for _ in 0..1 + random.below(3) {
            page.line(format!("  • {}", words.item(random)));
        }
        page.line(words.paragraph(random));
    }
    if random.chance(10) {
        page.line("·44-min read");
    }
    if random.chance(10) {
        page.line("5:00 am 9:00 am");
        page.line(words.paragraph(random));
    }
    if random.chance(20) && !family.is_dated() {
        page.line(match random.below(5) {
            0 => oldest.strftime("%b %-d, %Y, 12:00 AM GMT").to_string(),
            1 => oldest.strftime("PUBLISHED ON %b %d, %Y 09:54 AM IST").to_string().to_uppercase(),
            2 => oldest.strftime("%-d %B %Y 12:00 AM").to_string(),
            3 => oldest.strftime("By Ann Lee | Last Updated: %A, %B %-d, %Y - 16:14").to_string(),
            _ => oldest.strftime("%Y-%m-%d 00:00:00").to_string(),
        });
        page.line(words.paragraph(random));
    }
    if random.chance(10) {
        page.line(random.pick(&[
            "VIDEO5:1805:18",
            "18:49:46",
            "Updated",
            "Published:",
            "Sort by: Latest first",
        ]));
        page.line(words.paragraph(random));
    }
    if family.row == "relative" && random.chance(30) {
        page.line("• Key updates");
        for _ in 0..2 + random.below(4) {
            page.line(format!("  • {}", words.headline(random)));
            page.line("4 years ago");
        }
        page.line(words.paragraph(random));
    }
    if random.chance(25) {
        page.line("Follow the latest updates below");
    }
    page.gap();
}

/// A line that dates what is below it.
pub fn heading_line(random: &mut Random, date: Date) -> String {
    match random.below(5) {
        0 => date.strftime("%d.%m.%Y").to_string(),
        1 => date.strftime("%A, %B %-d, %Y").to_string(),
        2 => date.strftime("%A, %-d. %B %Y").to_string(),
        3 => format!("Today {}", date.strftime("%d.%m.%Y")),
        _ => date.strftime("%A, %b. %-d").to_string().to_uppercase(),
    }
}
