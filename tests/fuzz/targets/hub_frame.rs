#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ad_edge::fuzz::hub_frame(data));
