//! What is to be paid, line by line.
//!
//! The one way that it is computed: the price lines are exact; the processing fee is a share of
//! their sum; GST is a share of the processing fee as it stands on the bill. Each of the two is
//! rounded once, half up to the paisa. The total is the sum of the lines as they are shown, so a
//! bill always adds up.

use heikin_core::num::Rate;
use serde::{Deserialize, Serialize};

use super::paise::Paise;

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// The machine.
    Server,
    /// The messages.
    Messages,
    /// The people.
    Support,
    /// Anything else.
    Other,
    /// The processing of the payment, at this share of the lines before.
    Processing(Rate),
    /// Goods and services tax, at this share of the processing fee.
    Gst(Rate),
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLine {
    /// What it is for.
    pub item: Item,
    /// How much.
    pub amount: Paise,
}

/// A bill: its total is the sum of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bill(Vec<BillLine>);

impl Bill {
    pub(super) fn new(lines: Vec<BillLine>) -> Self {
        Self(lines)
    }

    /// Its lines, in the order in which they are shown.
    pub fn lines(&self) -> &[BillLine] {
        &self.0
    }

    /// What is to be paid.
    pub fn total(&self) -> Paise {
        self.0.iter().map(|line| line.amount).sum()
    }
}
