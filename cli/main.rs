//! The command line of windtunnel.
fn main() {}
