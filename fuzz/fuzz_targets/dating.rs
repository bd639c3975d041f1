//! `cargo fuzz run dating`: see `targets::dating`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| liveblogd_fuzz::targets::dating(data));
