use heikin_core::engine::{Record, Sequence};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A record of a journal. Its number counts from 1, without a gap.
pub trait Entry: Serialize + DeserializeOwned {
    /// Its number.
    fn sequence(&self) -> Sequence;
}

impl Entry for Record {
    fn sequence(&self) -> Sequence {
        self.seq
    }
}
