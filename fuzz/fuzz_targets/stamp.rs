//! `cargo fuzz run stamp`: see `targets::stamp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| liveblogd_fuzz::targets::stamp(data));
