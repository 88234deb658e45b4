#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ablo_fuzz::keys::check(data));
