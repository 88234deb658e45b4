#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ablo_fuzz::filters::check(data));
