//! A family's pattern with an update's parts filled in. The newsroom of `src/stage/tests` writes by it too.

use super::family::{When, part};
use super::random::Random;
use super::words::name;

/// One update's parts.
pub struct Fill<'a> {
    pub when: When,
    pub nth: usize,
    pub first_of_day: bool,
    pub headline: Option<&'a str>,
    pub lead: &'a str,
    /// The zone as it's written.
    pub zone: &'a str,
}

/// A time line.
pub struct Filled {
    pub lines: Vec<String>,
    pub time_text: String,
    pub byline: Option<String>,
}

impl Fill<'_> {
    /// A pattern with its parts filled in.
    pub fn line(&self, random: &mut Random, pattern: &str) -> Filled {
        let mut line = String::new();
        let mut byline = None;
        let (mut from, mut to) = (0, 0);
        let mut more = None;
        let mut rest = pattern.to_string();
        while let Some(c) = rest.chars().next() {
            rest.drain(..c.len_utf8());
            match c {
                '«' => from = line.len(),
                '»' => to = line.len(),
                '{' => {
                    if let Some(first) = rest.strip_prefix("first:") {
                        let (inner, after) = first.split_once("}»").expect("it closes before the time's end");
                        rest = match self.first_of_day {
                            true => format!("{inner}»{after}"),
                            false => format!("»{after}"),
                        };
                        continue;
                    }
                    let (part_name, after) = rest.split_once('}').expect("a part closes");
                    let (part_name, after) = (part_name.to_string(), after.to_string());
                    rest = after;
                    match part_name.as_str() {
                        "name" => {
                            let name = name(random);
                            line.push_str(&name);
                            byline = Some(name);
                        }
                        "AGENCY" => {
                            let agency = *random.pick(&["AFP", "PA", "AFP/AP"]);
                            line.push_str(agency);
                            byline = Some(agency.to_string());
                        }
                        "head" => line.push_str(self.headline.unwrap_or("")),
                        "body" => line.push_str(self.lead),
                        "n" => line.push_str(&(self.nth + 1).to_string()),
                        "Z" => line.push_str(self.zone),
                        "again" => {
                            more = Some(format!("{}:{:02}", self.when.time.hour(), self.when.time.minute()))
                        }
                        name => line.push_str(&part(name, &self.when).expect("a part that there is")),
                    }
                }
                c => line.push(c),
            }
        }
        let time_text = line[from..to].to_string();
        Filled { lines: std::iter::once(line).chain(more).collect(), time_text, byline }
    }
}
