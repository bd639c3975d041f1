//! Lines that are prose and can be nothing else, whatever stands around them: most of every page's bytes.

use crate::parse::boilerplate::{BOILERPLATE_BYTES_MAX, is_opened};
use crate::parse::scan::is_quote;

/// Whether prose begins with such a byte, and nothing else that is longer than boilerplate does: a letter but for those of
/// `Noon` and `Midnight`, or a quote's.
static OPENERS: [bool; 256] = {
    let mut openers = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        openers[byte] = (byte as u8).is_ascii_alphabetic();
        byte += 1;
    }
    let (mut at, others) = (0, b"NnMm");
    while at < others.len() {
        openers[others[at] as usize] = false;
        at += 1;
    }
    openers[b'"' as usize] = true;
    openers[b'\'' as usize] = true;
    openers
};

/// Whether a line (trimmed) is a paragraph of prose: no button, no item, no heading, nor a stamp but on pages whose stamps
/// stand behind other words. It may be a headline, a caption or a signed post.
#[inline]
pub(crate) fn is_prose(line: &str) -> bool {
    if line.len() <= BOILERPLATE_BYTES_MAX {
        return false;
    }
    let bytes = line.as_bytes();
    (OPENERS[usize::from(bytes[0])] || bytes.first_chunk().is_some_and(is_quote)) && !is_opened(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{boilerplate::is_boilerplate, date, inline, stamp};

    const LINE: &str =
        "The weather service has lifted its red warning, the yellow one stays until it is dark.";

    #[test]
    fn a_paragraph_is_prose_and_a_short_line_is_not_told() {
        for line in [
            LINE,
            &format!("“{LINE}"),
            &format!("'{LINE}'"),
            &format!("\"{LINE}"),
        ] {
            assert!(is_prose(line), "{line}");
        }
        for line in [
            "",
            "The pier.",
            &format!("- {LINE}"),
            &format!("• {LINE}"),
            &format!("12:40 {LINE}"),
            &format!("Noon {LINE}"),
            &format!("Read more: {LINE}"),
        ] {
            assert!(!is_prose(line), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn prose_is_nothing_else(
            opening in "([A-Za-z\"'‘“•·*+-] ?|[A-Z][a-z]{2,8}: |Noon |[0-9]{1,2}[:.][0-9]{2} |[0-9]{1,2} [A-Z][a-z]+ |Updated at ){0,2}",
            rest in "[a-z :.,0-9A-Z]{60,80}",
        ) {
            let line = format!("{opening}{rest}");
            let line = line.trim();
            if is_prose(line) {
                proptest::prop_assert!(!is_boilerplate(line));
                proptest::prop_assert!(inline::item(line).is_none() && !inline::is_mark(line));
                proptest::prop_assert!(date::whole(line).is_none_or(|_| line.len() > 64));
                let found = stamp::find(line, &[]);
                // Pages with such marks take no line for prose unasked.
                let is_other = |found: stamp::Found<'_>| !found.before.is_empty() || found.date_first || found.mark;
                proptest::prop_assert!(found.is_none_or(is_other), "{}", line);
            }
        }
    }
}
