//! Reads 100 MB of a made-up live blog in the commonest shape and prints MB/s of one core.
//!
//! `cargo run --release --example speed`. The text is made in memory: no disk takes part.

use std::time::Instant;

use liveblogd::model::text::Text;
use liveblogd::parse::document;

const TEXT_BYTES: usize = 100_000_000;

fn main() {
    let mut utf8 = String::with_capacity(TEXT_BYTES + 10_000);
    let paragraph = "The harbour office said that the bridge would open again at noon, when the tide is low and the ferry has left; it didn’t say for how long.";
    let mut minute = 0;
    while utf8.len() < TEXT_BYTES {
        minute += 1;
        let hour = minute / 60 % 12 + 1;
        utf8.push_str(&format!(
            "{hour:02}:{:02} PM GMT\nBridge opens for the {minute}th time, says office\n",
            minute % 60
        ));
        for _ in 0..7 {
            utf8.push_str(paragraph);
            utf8.push('\n');
        }
    }
    let text = Text::whole(utf8);
    for _ in 0..3 {
        let start = Instant::now();
        let document = document::read(&text, None, &Default::default());
        let seconds = start.elapsed().as_secs_f64();
        println!("{} updates, {:.0} MB/s", document.updates.len(), text.utf8.len() as f64 / 1e6 / seconds);
    }
}
