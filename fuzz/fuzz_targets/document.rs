//! `cargo fuzz run document`: see `targets::document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| liveblogd_fuzz::targets::document(data));
