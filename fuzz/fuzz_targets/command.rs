//! `cargo fuzz run command`: see `targets::command`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| liveblogd_fuzz::targets::command(data));
