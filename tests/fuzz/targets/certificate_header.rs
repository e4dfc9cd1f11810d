#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ad_edge::fuzz::certificate_header(data));
