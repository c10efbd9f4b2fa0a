//! A recorded journal decided once more: every input in its order, and what the engine makes of it
//! now beside what it made of it then.
//!
//! With the build that recorded it, the two are the same: the settings are among its inputs. With
//! another, each difference is a decision that would be made otherwise today.

use heikin_core::engine::{Body, Effect, Engine, Input, Record, Sequence};
use heikin_core::time::Timestamp;

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replayed {
    /// How many inputs were decided on again.
    pub inputs: u64,
    /// How many effects were recorded.
    pub effects: u64,
    /// Where the two differ.
    pub differences: Vec<Difference>,
}

/// One input that is decided on otherwise now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record of the input.
    pub seq: Sequence,
    /// The engine's time.
    pub at: Timestamp,
    /// The input.
    pub input: Input,
    /// What followed then.
    pub recorded: Vec<Effect>,
    /// What follows now.
    pub replayed: Vec<Effect>,
}

/// Decides again. `make` sets an engine up with the markets and traders of the journal, and otherwise
/// empty. After a difference it goes on from what was recorded, so that one does not become many.
///
/// # Errors
///
/// Where a record cannot be read.
pub fn replay<E>(
    make: impl Fn() -> Engine,
    records: impl IntoIterator<Item = Result<Record, E>>,
) -> Result<Replayed, E> {
    let mut replay = Replay { deciding: make(), folding: make(), result: Replayed::default() };
    let mut open: Option<Open> = None;
    for record in records {
        let record = record?;
        match &record.body {
            Body::Effect(effect) => {
                if let Some(open) = &mut open {
                    open.recorded.push(effect.clone());
                }
            }
            Body::Input(input) => {
                if let Some(open) = open.take() {
                    replay.close(open);
                }
                let (seq, at, input) = (record.seq, record.at, input.clone());
                open = Some(Open { seq, at, input, recorded: Vec::new() });
            }
        }
        replay.folding.fold(&record);
    }
    if let Some(open) = open {
        replay.close(open);
    }
    Ok(replay.result)
}

/// An input whose effects are being read.
struct Open {
    seq: Sequence,
    at: Timestamp,
    input: Input,
    recorded: Vec<Effect>,
}

struct Replay {
    deciding: Engine,
    /// The state that was recorded.
    folding: Engine,
    result: Replayed,
}

impl Replay {
    fn close(&mut self, open: Open) {
        let Open { seq, at, input, recorded } = open;
        self.result.inputs += 1;
        self.result.effects += recorded.len() as u64;
        let mut replayed = Vec::new();
        self.deciding.step(at, &input, &mut replayed);
        if replayed != recorded {
            self.result.differences.push(Difference { seq, at, input, recorded, replayed });
            #[expect(clippy::expect_used, reason = "both are set up alike")]
            self.deciding.restore(self.folding.snapshot()).expect("the same traders");
        }
    }
}
