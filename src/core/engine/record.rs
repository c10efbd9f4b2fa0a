use serde::{Deserialize, Serialize};

use super::{Effect, Input};
use crate::time::Timestamp;

/// The number of a record in its journal, counting from 1.
pub type Sequence = u64;

/// What a record holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Body {
    /// Something reached the engine.
    Input(Input),
    /// Something was decided: an intent when it is an order.
    Effect(Effect),
}

/// One line of the journal. Folding the records in their order gives the engine's state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// Its number.
    pub seq: Sequence,
    /// The input that caused it: itself, for an input.
    pub cause: Sequence,
    /// The engine's time.
    pub at: Timestamp,
    /// What it holds.
    pub body: Body,
}
