//! Turns the consumed bytes of a file into a short proof that they are still the same ones.
//!
//! It reads nothing: the reader hands it the bytes of the two ranges. Files that share a head are told
//! apart by the window before the offset, and the other way round.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

/// How much of a file's head counts, bytes. Two reads of this size cost less than a page fault storm.
pub const HEAD_BYTES_MAX: u64 = 32 * 1024;
/// How much before the offset counts, bytes.
pub const WINDOW_BYTES_MAX: u64 = 32 * 1024;

/// The range of the head, of a file of which `consumed` bytes were read.
pub fn head_range(consumed: u64) -> Range<u64> {
    0..consumed.min(HEAD_BYTES_MAX)
}

/// The range of the window before the offset.
pub fn window_range(consumed: u64) -> Range<u64> {
    consumed.saturating_sub(WINDOW_BYTES_MAX)..consumed
}

/// The hash of the bytes in one of the ranges.
pub fn hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_file_counts_whole_and_a_long_one_at_both_ends() {
        assert_eq!((head_range(12), window_range(12)), (0..12, 0..12));
        assert_eq!(head_range(1 << 20), 0..HEAD_BYTES_MAX);
        assert_eq!(window_range(1 << 20), (1 << 20) - WINDOW_BYTES_MAX..1 << 20);
    }
}
