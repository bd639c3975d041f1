//! Bytes into a fingerprint: whether what was read of a file is still what stands there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::checkpoint::Fingerprint;

/// How much of the head, and of what lies before the offset, is looked at, bytes. A page that is rewritten in
/// place keeps its head but moves what was before the offset; 16 KiB is read in 5 µs.
pub const WINDOW_BYTES: u64 = 16 << 10;

/// The fingerprint of the bytes of `file` before `read_offset`.
pub fn of(file: &File, read_offset: u64) -> io::Result<Fingerprint> {
    let head_bytes = read_offset.min(WINDOW_BYTES);
    let window_start = read_offset.saturating_sub(WINDOW_BYTES).max(head_bytes);
    let mut bytes = vec![0; WINDOW_BYTES as usize];
    let mut hash = |from: u64, to: u64| {
        let bytes = &mut bytes[..(to - from) as usize];
        file.read_exact_at(bytes, from).map(|()| xxh3_64(bytes))
    };
    Ok(Fingerprint { head: hash(0, head_bytes)?, window: hash(window_start, read_offset)? })
}
