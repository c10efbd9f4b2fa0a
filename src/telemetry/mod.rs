//! Log files: which, in what form, how long they are kept.
