//! The command line of heikin.

fn main() {}
