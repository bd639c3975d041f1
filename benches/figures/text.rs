//! The words of the corpus: a headline and paragraphs from a number, always the same ones. It knows nothing of
//! files, days or clocks.

/// A source of random numbers that is the same on every machine (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len() as u64) as usize]
    }
}

const WHO: &[&str] = &[
    "The harbour master",
    "A spokeswoman for the council",
    "The head of the lifeboat station",
    "The energy minister",
    "One of the engineers on the bridge",
    "The mayor of Port Avery",
    "A teacher at the upper school",
    "The railway’s duty manager",
    "The café owner on Mill Street",
    "The chief of the fire brigade",
];

const SAYS: &[&str] = &[
    "has said that",
    "told reporters this afternoon that",
    "wrote in a short statement that",
    "confirmed to local radio that",
    "did not want to say whether",
    "now expects that",
    "repeated at the town hall that",
];

const WHAT: &[&str] = &[
    "the coast road will stay closed until the water has fallen by another half a metre",
    "power can be given back to the streets around the market before the evening",
    "the first ferry leaves on Thursday at the earliest, and only for people who live on the islands",
    "nobody was hurt when the roof of the old cannery came down",
    "the pumps run day and night, and two more are on their way from the mainland",
    "schools open again on Monday, though the bus to Gull Head takes the upper road",
    "the new sea wall was never built for a tide like this one",
    "eleven of the fourteen boats that broke loose have been found",
    "the talks with the network’s owners go on behind closed doors",
    "the bill will be paid by the region and not by those whose cellars are full",
];

const QUOTES: &[&str] = &[
    "“We have seen worse winds, but never with so much rain behind them,” she said.",
    "“It’s the third time in ten years,” he added, “and each time we’re told that it was the last.”",
    "“I don’t think anyone here slept,” said a woman who was carrying blankets into the school.",
    "“What we need now isn’t advice – it’s sandbags,” the deputy mayor said to applause.",
    "“Ask me again when the tide is out,” was all that he would say.",
    "“They’ve done all they could”, wrote the ‘Avery Gazette’ in its morning edition.",
];

const FACTS: &[&str] = &[
    "Some 4,200 homes were without power at noon, a third fewer than in the morning.",
    "The gauge at the old bridge showed 5.31 metres, eight centimetres below the mark of 1978.",
    "At least 60 people spent the night in the sports hall.",
    "Trains between the port and the airport run every half hour, with two coaches instead of four.",
    "The insurers’ association puts the damage at between £40m and £55m.",
    "Volunteers are asked to come to the north gate, and to bring gloves and a torch.",
    "Our reporter is on the pier; her pictures follow as soon as there is a connection.",
    "The weather service has lifted its red warning, the yellow one stays until midnight.",
];

const ITEMS: &[&str] = &[
    "The upper road is open in both directions.",
    "Two shelters take in people with dogs and cats.",
    "Water from the tap is safe to drink, except on Quay Street.",
    "The “Lady Maud” was towed in with all nine aboard.",
    "Parliament debates the relief fund in the evening.",
];

const SUBJECT: &[&str] = &[
    "Ferry",
    "Crew",
    "Patrol",
    "Convoy",
    "Train",
    "Rescue boat",
    "Pump",
    "Relief flight",
    "Bus",
    "Survey",
];

const EVENT: &[&str] = &[
    "leaves port as the wind falls",
    "is held back, says harbour master",
    "reaches the islands after a night at sea",
    "‘won’t be the last one today’",
    "turns round at the bridge",
    "waits for the tide, and for fuel",
    "gets through to cut-off villages – council",
];

/// A headline. Two with different numbers differ.
pub fn push_headline(page: &mut String, dice: &mut Dice, number: u64) {
    for part in [
        dice.one_of(SUBJECT),
        " ",
        &number.to_string(),
        " ",
        dice.one_of(EVENT),
        "\n",
    ] {
        page.push_str(part);
    }
}

/// Paragraphs of about so many bytes together, at least one.
pub fn push_body(page: &mut String, dice: &mut Dice, bytes: usize) {
    let end = page.len() + bytes;
    loop {
        push_paragraph(page, dice);
        // Half of a paragraph too many is as good as half of one too few.
        if page.len() + 95 >= end {
            return;
        }
    }
}

fn push_paragraph(page: &mut String, dice: &mut Dice) {
    match dice.below(10) {
        0..5 => {
            let words = [
                dice.one_of(WHO),
                " ",
                dice.one_of(SAYS),
                " ",
                dice.one_of(WHAT),
                ". ",
            ];
            words.iter().for_each(|part| page.push_str(part));
            page.push_str(dice.one_of(FACTS));
        }
        5..7 => page.push_str(dice.one_of(QUOTES)),
        7..9 => {
            page.push_str(dice.one_of(FACTS));
            page.push(' ');
            page.push_str(dice.one_of(QUOTES));
        }
        _ => {
            page.push_str("- ");
            page.push_str(dice.one_of(ITEMS));
        }
    }
    page.push('\n');
}
