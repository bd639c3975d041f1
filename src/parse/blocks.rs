//! A block of bytes looked at as one, with what the processor has for that.

use wide::u8x16;

/// How many bytes a block has: a bit each.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Which of the first [`BLOCK_BYTES`] bytes are so, a bit each, the first one lowest. A NUL must not be: zeros stand for the
/// bytes behind the end.
#[inline]
pub(crate) fn mask(bytes: &[u8], is: impl Fn(u8x16) -> u8x16) -> u64 {
    let of = |block: &[u8; BLOCK_BYTES]| {
        let (parts, _) = block.as_chunks();
        let mask = |mask, &part: &[u8; 16]| mask << 16 | u64::from(is(u8x16::from(part)).to_bitmask());
        parts.iter().rev().fold(0, mask)
    };
    match bytes.first_chunk() {
        Some(block) => of(block),
        None => {
            let mut block = [0; BLOCK_BYTES];
            block[..bytes.len()].copy_from_slice(bytes);
            of(&block)
        }
    }
}
