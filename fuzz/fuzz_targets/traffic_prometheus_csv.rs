#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| windtunnel_fuzz::traffic("prometheus-csv", content));
