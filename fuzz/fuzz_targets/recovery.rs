//! `cargo fuzz run recovery`: see `targets::recovery`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| liveblogd_fuzz::targets::recovery(data));
