//! `c360`: argv in, exit code out.
fn main() {}
