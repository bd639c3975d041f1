//! Where a text has digits. Most lines of a live blog have none, and a time line always has some.

/// How many bytes are looked at together.
const BLOCK_BYTES: usize = 32;

/// Whether a text has an ASCII digit.
pub(crate) fn has_digit(text: &str) -> bool {
    next_digit(text.as_bytes(), 0).is_some()
}

/// Where the first ASCII digit at or behind `from` stands.
pub(crate) fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    let (blocks, rest) = bytes.get(from..)?.as_chunks::<BLOCK_BYTES>();
    // Without a branch for each byte, the compiler makes vector instructions of a block.
    let has = |block: &[u8]| block.iter().fold(false, |has, byte| has | byte.is_ascii_digit());
    let first = |block: &[u8]| block.iter().position(u8::is_ascii_digit);
    if let Some(at) = blocks.iter().position(|block| has(block)) {
        return first(&blocks[at]).map(|inside| from + at * BLOCK_BYTES + inside);
    }
    first(rest).map(|inside| bytes.len() - rest.len() + inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_next_digit_is_the_one_that_a_search_byte_by_byte_finds(
            text in "[a-z/:é ]{0,70}[0-9]{0,2}[a-z/: ]{0,40}", from in 0usize..120
        ) {
            let bytes = text.as_bytes();
            let expected = (from..bytes.len()).find(|&at| bytes[at].is_ascii_digit());
            proptest::prop_assert_eq!(next_digit(bytes, from), expected);
            proptest::prop_assert_eq!(has_digit(&text), text.contains(|c: char| c.is_ascii_digit()));
        }
    }
}
