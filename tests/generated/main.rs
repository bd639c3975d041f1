//! Blogs of every family that was seen, made up from a seed with the answer beside them, by the thousand: the
//! parser finds what was put in, and finds it as well where a file is cut in two.
//!
//! The seed is printed; `LIVEBLOGD_TEST_SEED` sets it. Beside blogs of one family there are those that mix two,
//! where such mixtures were seen.

#![allow(clippy::unwrap_used, missing_docs)]

mod blog;
mod body;
mod family;
mod fill;
mod preamble;
#[path = "../random/mod.rs"]
mod random;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use blog::{Answer, Blog};
use family::{FAMILIES, Family, MIXTURES};
use liveblogd::config::Config;
use liveblogd::model::file::FileName;
use liveblogd::model::text::Text;
use liveblogd::model::update::Update;
use liveblogd::parse::document::{self, Layout, Overrides};
use liveblogd::stage::page::{Page, Settings};
use liveblogd::stage::replaced::CONTEXT;
use random::{Random, seed};

/// How many blogs of each family are read.
const BLOGS_OF_EACH: u64 = 150;

/// What the parser finds, in the form of an answer.
fn found(blog: &Blog) -> (String, Vec<Answer>) {
    let settings = Settings::new(&Config::default(), blog.date).unwrap();
    let file = FileName::new(Path::new("/drop"), Path::new(&blog.path));
    let page = Page::read(settings.facts(&file), &Text::whole(&blog.text), None, blog.mtime, false);
    let loose = page.loose();
    let dated = page.date(&loose, &vec![None; loose.count()], None);
    let layout = page.document.layout.as_ref().map_or("none".to_string(), ToString::to_string);
    let said = page.document.updates.iter().zip(&dated.times).filter(|(update, _)| !update.is_empty());
    let answers = said.map(|(update, time)| Answer {
        time_text: update.words.time_text().unwrap_or_default().to_string(),
        timestamp: time.map(|(timestamp, _)| timestamp),
        headline: update.words.headline().map(str::to_string),
        body: update.words.body().to_string(),
        byline: update.words.byline().map(str::to_string),
        key_points: update.key_points.to_vec(),
        handles: update.embeds.iter().map(|embed| embed.handle.clone()).collect(),
        links: update.links.to_vec(),
        line: update.start.line,
    });
    (layout, answers.collect())
}

/// Reads every blog, and says of each family the shortest one that was read wrong.
fn assert_read(blogs: impl Iterator<Item = (u64, Blog)>) {
    let mut wrong: BTreeMap<&str, (u64, u64, Blog)> = BTreeMap::new();
    let mut count = 0;
    for (seed, blog) in blogs {
        count += 1;
        if found(&blog).1 == blog.answers {
            continue;
        }
        let worst = wrong.entry(blog.row).or_insert_with(|| (0, seed, blog.clone()));
        worst.0 += 1;
        if blog.text.len() < worst.2.text.len() {
            (worst.1, worst.2) = (seed, blog);
        }
    }
    for (row, (times, seed, blog)) in &wrong {
        let (layout, found) = found(blog);
        println!("== {row}: {times} wrong; blog {seed} as {layout}, {:?}\n{}", blog.path, blog.text);
        let differs = blog.answers.iter().zip(&found).find(|(answer, found)| answer != found);
        match differs {
            Some((answer, found)) => println!("-- expected {answer:#?}\n-- found {found:#?}"),
            None => println!("-- expected {} updates, found {}", blog.answers.len(), found.len()),
        }
    }
    assert!(wrong.is_empty(), "{:?} of {count}", wrong.iter().map(|(row, w)| (row, w.0)).collect::<Vec<_>>());
}

/// How many times each family is made: `LIVEBLOGD_TEST_BLOGS` sets it for a longer run.
fn blogs_of_each() -> u64 {
    std::env::var("LIVEBLOGD_TEST_BLOGS").map_or(BLOGS_OF_EACH, |count| count.parse().unwrap())
}

#[test]
fn every_family_is_read_as_it_was_written() {
    let (seed, _) = seed("generated");
    let only = std::env::var("LIVEBLOGD_TEST_FAMILY").ok();
    let wanted = |family: &&Family| only.as_deref().is_none_or(|only| family.row == only);
    assert_read(FAMILIES.iter().filter(wanted).enumerate().flat_map(|(nth, family)| {
        (0..blogs_of_each()).map(move |time| {
            let own = seed.wrapping_add(time * 1_000 + nth as u64);
            (own, blog::blog(&mut Random::new(own), &[family]))
        })
    }));
}

#[test]
fn what_is_mixed_in_real_pages_is_read_too() {
    let (seed, _) = seed("mixtures");
    assert_read(MIXTURES.iter().enumerate().flat_map(|(nth, [most, some])| {
        (0..blogs_of_each()).map(move |time| {
            let own = seed.wrapping_add(time * 1_000 + nth as u64);
            (own, blog::blog(&mut Random::new(own), &[most, some]))
        })
    }));
}

/// Reads up to `cut`, then on from there as a growing file is read.
fn in_two(text: &str, cut: usize, layout: &Layout) -> Vec<Update> {
    let first = document::read(&Text::whole(&text[..cut]), Some(layout), &Overrides::default());
    let rest = Text::whole(text).since(first.resume);
    let second = document::read(&rest, first.layout.as_ref(), &Overrides::default());
    let mut updates = first.updates;
    updates.pop();
    updates.extend(second.updates);
    updates
}

#[test]
fn a_blog_cut_at_any_line_is_read_as_the_whole() {
    let (seed, _) = seed("cuts of generated");
    for (nth, family) in FAMILIES.iter().enumerate() {
        for time in 0..blogs_of_each() / 5 {
            let own = seed.wrapping_add(time * 1_000 + nth as u64);
            let mut random = Random::new(own);
            let text = blog::blog(&mut random, &[family]).text;
            let whole = document::read(&Text::whole(&text), None, &Overrides::default());
            let Some(layout) = &whole.layout else { continue };
            let whole = document::read(&Text::whole(&text), Some(layout), &Overrides::default());
            let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
            for cut in (0..4).map(|_| *random.pick(&ends)) {
                assert_eq!(in_two(&text, cut, layout), whole.updates, "blog {own} cut at {cut}: {text}");
            }
        }
    }
}

#[test]
fn the_top_of_a_blog_is_read_as_the_whole() {
    let (seed, _) = seed("tops of generated");
    let mut compared = 0;
    for (nth, family) in FAMILIES.iter().enumerate() {
        for time in 0..blogs_of_each() / 5 {
            let own = seed.wrapping_add(time * 1_000 + nth as u64);
            let text = blog::blog(&mut Random::new(own), &[family]).text;
            let whole = document::read(&Text::whole(&text), None, &Overrides::default());
            // Where several updates stand on a line, none of them starts a line.
            let Some(layout) = whole.layout.filter(|layout| !layout.flat) else { continue };
            let whole = document::read(&Text::whole(&text), Some(&layout), &Overrides::default());
            // A page that is replaced is read down to a few updates of those that it had before.
            for (at, update) in whole.updates.iter().enumerate().skip(CONTEXT) {
                let top = Text::whole(&text[..update.start.offset as usize]);
                let top = document::read(&top, Some(&layout), &Overrides::default());
                let before = at - CONTEXT;
                assert_eq!(top.updates.len(), at, "blog {own} down to {at}: {text}");
                assert_eq!(top.updates[..before], whole.updates[..before], "blog {own} down to {at}: {text}");
                assert_eq!(
                    top.updates[before].start, whole.updates[before].start,
                    "blog {own} down to {at}: {text}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > FAMILIES.len(), "only {compared}");
}
