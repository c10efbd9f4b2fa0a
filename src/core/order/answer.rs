//! What the exchange answers to a request about one order.

use serde::{Deserialize, Serialize};

use super::{ClientOrderId, OrderState, Refusal};
use crate::time::Timestamp;

/// The answer to a placement; `I` is how the order is called on the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SubmitAnswer<I = ClientOrderId> {
    /// It was taken in; this is how it stands. Its fills come as reports of their own, before or
    /// after.
    Placed(OrderState<I>),
    /// A definite no: nothing was placed.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Not before this time again, where the exchange said so.
        not_before: Option<Timestamp>,
    },
    /// "Duplicate order sent": an open order has this id. Positive evidence.
    Exists,
    /// No usable answer: it may or may not have been placed.
    Unknown,
    /// The sender was later than `not_after` and did not send it.
    NotSent,
}

impl<I> SubmitAnswer<I> {
    /// A definite no without a time to come again.
    pub const fn refused(refusal: Refusal) -> Self {
        Self::Refused { refusal, not_before: None }
    }
}

/// The answer to a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CancelAnswer<I = ClientOrderId> {
    /// It is cancelled; the executed quantity that comes with it is the truth.
    Canceled(OrderState<I>),
    /// "Unknown order": filled, ended, or never there.
    NotOpen,
    /// A definite no; the order is as open as before. In a replacement also: the new order was
    /// refused first, and nothing was done.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Not before this time again, where the exchange said so.
        not_before: Option<Timestamp>,
    },
    /// No usable answer.
    Unknown,
    /// The sender was too late with the replacement of which this is a half, and sent nothing.
    NotSent,
}

impl<I> CancelAnswer<I> {
    /// A definite no without a time to come again.
    pub const fn refused(refusal: Refusal) -> Self {
        Self::Refused { refusal, not_before: None }
    }
}

/// The answer to a query for one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum QueryAnswer<I = ClientOrderId> {
    /// This is its state.
    Found(OrderState<I>),
    /// "Order does not exist": no proof, since queries are served from copies that lag.
    NotFound,
    /// "Order was archived": it ended without any execution more than 90 days ago. Unlike not being
    /// found, it is a proof.
    Archived,
    /// No usable answer; not before this time again.
    Failed(Option<Timestamp>),
}
