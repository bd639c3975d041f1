//! `cargo fuzz run configuration`: see `targets::configuration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| liveblogd_fuzz::targets::configuration(data));
