//! The file as `heikin init` writes it, and the reference of all keys: both from the tables that
//! the reader uses.
