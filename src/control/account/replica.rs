//! A copy of the account's engine, and what of each group of records is to be told.
//!
//! Records that share their cause were made in one step: they are folded together, and looked at
//! afterwards. So an alert tells what is so when all that follows from its cause has been decided.

use heikin_bot::backend::{Alert, Mode, Protection};
use heikin_core::engine::{Engine, Record, Sequence, Snapshot, SnapshotError};
use serde::{Deserialize, Serialize};

use super::model::Model;
use super::told::Teller;
pub use super::told::Telling;
use super::words;

/// The copy. See the [module](self).
#[derive(Debug)]
pub struct Replica {
    mode: Mode,
    engine: Engine,
    model: Model,
    through: Sequence,
    /// The records of the group that is not looked at yet.
    group: Vec<Record>,
}

/// A replica as it was after a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    engine: Snapshot,
    model: Model,
}

/// What becomes [`Saved`]; the model is not copied for it.
#[derive(Debug, Serialize)]
pub struct Saving<'a> {
    engine: Snapshot,
    model: &'a Model,
}

impl Replica {
    /// A copy of an engine that is set up as the account's, and empty.
    pub fn new(mode: Mode, engine: Engine) -> Self {
        Self { mode, engine, model: Model::default(), through: 0, group: Vec::new() }
    }

    /// Continues from what was saved after the record `through`.
    ///
    /// # Errors
    ///
    /// Where it does not fit the traders that are configured.
    pub fn restore(&mut self, saved: Saved, through: Sequence) -> Result<(), SnapshotError> {
        self.engine.restore(saved.engine)?;
        self.model = saved.model;
        self.through = through;
        Ok(())
    }

    /// As it is now, to be saved; no group may be open.
    pub fn save(&self) -> Saving<'_> {
        Saving { engine: self.engine.snapshot(), model: &self.model }
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What it has forgotten.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Whose money.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The last record that is in it.
    pub const fn through(&self) -> Sequence {
        self.through
    }

    /// Takes records in, in order; what is to be told of the groups that are complete by them.
    pub fn fold(&mut self, records: Vec<Record>) -> Vec<Telling> {
        let mut told = Vec::new();
        for record in records {
            if self.group.first().is_some_and(|first| first.cause != record.cause) {
                told.extend(self.settle());
            }
            self.engine.fold(&record);
            self.model.fold(&record, &self.engine);
            self.through = record.seq;
            self.group.push(record);
        }
        told
    }

    /// Looks at the group that is open: all of it has come.
    pub fn settle(&mut self) -> Vec<Telling> {
        let group = std::mem::take(&mut self.group);
        if let Some(first) = group.first() {
            self.model.note_decisions(first, &self.engine);
        }
        let mut told = Vec::new();
        let Self { mode, engine, model, .. } = self;
        let mut teller = Teller { mode: *mode, engine, model };
        for record in &group {
            teller.tell(record, &mut told);
        }
        self.model.settle(&self.engine);
        told
    }

    /// What protects a position now, for a fill that was to be told while its stop was on its way.
    pub fn renew(&self, telling: &mut Telling) {
        let Alert::Filled(fill) = &mut telling.alert else { return };
        let same = |trader: &&heikin_core::engine::Trader| {
            words::trader(&self.engine, trader) == Some(fill.trader)
        };
        if let Some(trader) = self.engine.traders().iter().find(same) {
            fill.protection = words::protection(&self.engine, trader);
        }
    }
}

/// Whether an alert would be better told in a moment: its stop is on its way.
pub fn is_premature(telling: &Telling) -> bool {
    match &telling.alert {
        Alert::Filled(fill) => matches!(
            fill.protection,
            Some(Protection::Placing { .. } | Protection::Unprotected { .. })
        ),
        _ => false,
    }
}
