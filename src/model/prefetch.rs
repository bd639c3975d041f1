//! Memory that is needed soon, asked for ahead. A page of some megabytes is larger than what a processor keeps for itself,
//! and where others share its memory it waits for its first look at each update: that was an eighth of all parsing.

/// How many bytes come together.
const TOGETHER_BYTES: usize = 64;

/// Asks for the byte at an index, and what stands around it. It changes nothing but how soon that is there.
#[inline]
pub fn prefetch(bytes: &[u8], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(byte) = bytes.get(at) {
        safe_arch::prefetch_t0(byte);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (bytes, at);
}

/// Asks for all of these bytes.
#[inline]
pub fn prefetch_all(bytes: &[u8]) {
    for at in (0..bytes.len()).step_by(TOGETHER_BYTES) {
        prefetch(bytes, at);
    }
}
