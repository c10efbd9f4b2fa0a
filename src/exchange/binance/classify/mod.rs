//! What an answer of the exchange means: the one table, by status, code and text.
//!
//! The rule for whatever changes orders: "not placed" is concluded from definite words alone.
//! Timeouts, 5xx, unreadable bodies and codes that are not in the table leave the outcome *unknown*,
//! and the engine's resolve protocol finds out. The codes are those of `errors.md`; the texts, which
//! vary, are compared by what is characteristic of them.

mod meaning;

use heikin_core::order::{
    CancelAnswer, ClientOrderId, NewOrder, OrderState, QueryAnswer, Refusal, SubmitAnswer,
};
use heikin_core::time::Timestamp;
pub use meaning::Meaning;

use super::requests::{OrderRef, Shape};
use super::wire::{
    DecodeError, ErrorBody, HalfResult, OrderList, OrderRow, ReplaceBody, decode, list_state,
};

/// What came back for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// An answer, over HTTP or the WebSocket API.
    Answer(Answer<'a>),
    /// It left, and nothing came back: a timeout, a connection that broke.
    Silence,
    /// It did not leave: the sender was later than `not_after`.
    NotSent,
}

/// An answer. Over the WebSocket API the body is `result` or `error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status of HTTP.
    pub status: u16,
    /// The body; anything but JSON where it comes from a proxy.
    pub body: &'a [u8],
    /// Not before this time again, where the exchange said so (`Retry-After`, `retryAfter`).
    pub not_before: Option<Timestamp>,
}

impl<'a> Answer<'a> {
    /// Whether it is of 2xx.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }

    fn error(&self) -> Option<ErrorBody<'a>> {
        decode(self.body).ok()
    }

    /// What it says, where it is no success.
    pub fn meaning(&self) -> Meaning {
        let error = self.error();
        Meaning::of(self.status, error.as_ref().map(|error| (error.code, error.msg.as_str())))
    }

    /// The code of its body, where that is an error of the API.
    pub fn code(&self) -> Option<i32> {
        self.error().map(|error| error.code)
    }
}

/// The answer to a placement.
pub fn submit(order: &NewOrder, reply: Reply<'_>) -> SubmitAnswer {
    match reply {
        Reply::Answer(answer) if answer.is_success() => {
            let state = placed(order.id, Shape::of(&order.terms), answer.body);
            state.map_or(SubmitAnswer::Unknown, SubmitAnswer::Placed)
        }
        Reply::Answer(answer) => submit_meaning(answer.meaning(), answer.not_before),
        Reply::Silence => SubmitAnswer::Unknown,
        Reply::NotSent => SubmitAnswer::NotSent,
    }
}

fn submit_meaning(meaning: Meaning, not_before: Option<Timestamp>) -> SubmitAnswer {
    match meaning {
        Meaning::Refused(refusal) => SubmitAnswer::Refused { refusal, not_before },
        Meaning::Duplicate => SubmitAnswer::Exists,
        // None of these answers a placement.
        Meaning::NotOpen
        | Meaning::NoSuchOrder
        | Meaning::Archived
        | Meaning::Halves
        | Meaning::Unknown => SubmitAnswer::Unknown,
    }
}

/// The state of an order that was placed or cancelled. An answer about another order is none.
fn placed(id: ClientOrderId, shape: Shape, body: &[u8]) -> Option<OrderState> {
    match shape {
        Shape::Single => decode::<OrderRow>(body).ok()?.state_of(id).ok(),
        Shape::List => decode::<OrderList>(body).ok()?.state_of(id).ok(),
    }
}

/// The answer to a cancellation.
pub fn cancel(order: &OrderRef, reply: Reply<'_>) -> CancelAnswer {
    match reply {
        Reply::Answer(answer) if answer.is_success() => {
            let state = placed(order.id, order.shape, answer.body);
            state.map_or(CancelAnswer::Unknown, CancelAnswer::Canceled)
        }
        Reply::Answer(answer) => cancel_meaning(answer.meaning(), answer.not_before),
        Reply::Silence => CancelAnswer::Unknown,
        Reply::NotSent => CancelAnswer::NotSent,
    }
}

fn cancel_meaning(meaning: Meaning, not_before: Option<Timestamp>) -> CancelAnswer {
    match meaning {
        Meaning::Refused(refusal) => CancelAnswer::Refused { refusal, not_before },
        Meaning::NotOpen | Meaning::NoSuchOrder | Meaning::Archived => CancelAnswer::NotOpen,
        Meaning::Duplicate | Meaning::Halves | Meaning::Unknown => CancelAnswer::Unknown,
    }
}

/// The answer to `cancelReplace`: how the cancellation went, and the placement where it was
/// attempted.
pub fn replace(
    canceled: &OrderRef,
    order: &NewOrder,
    reply: Reply<'_>,
) -> (CancelAnswer, Option<SubmitAnswer>) {
    const UNKNOWN: (CancelAnswer, Option<SubmitAnswer>) =
        (CancelAnswer::Unknown, Some(SubmitAnswer::Unknown));
    let answer = match reply {
        Reply::Answer(answer) => answer,
        Reply::Silence => return UNKNOWN,
        Reply::NotSent => return (CancelAnswer::NotSent, Some(SubmitAnswer::NotSent)),
    };
    if answer.is_success() {
        return halves(canceled, order, answer.body, answer.not_before).unwrap_or(UNKNOWN);
    }
    match answer.meaning() {
        // Never the code alone: it says that one half or both failed, not which.
        Meaning::Halves => answer
            .error()
            .and_then(|error| error.data)
            .and_then(|data| halves(canceled, order, data.get().as_bytes(), answer.not_before))
            .unwrap_or(UNKNOWN),
        // Refused as a whole, before anything was done.
        meaning @ (Meaning::Refused(_) | Meaning::NotOpen) => {
            (cancel_meaning(meaning, answer.not_before), None)
        }
        Meaning::Duplicate | Meaning::NoSuchOrder | Meaning::Archived | Meaning::Unknown => UNKNOWN,
    }
}

fn halves(
    canceled: &OrderRef,
    order: &NewOrder,
    body: &[u8],
    not_before: Option<Timestamp>,
) -> Option<(CancelAnswer, Option<SubmitAnswer>)> {
    let body: ReplaceBody<'_> = decode(body).ok()?;
    let [cancel_half, submit_half] = [body.cancel_response, body.new_order_response]
        .map(|half| half.map_or(&b""[..], |half| half.get().as_bytes()));
    let half_meaning = |half| {
        let error = decode::<ErrorBody<'_>>(half).ok();
        error.map_or(Meaning::Unknown, |error| Meaning::of_error(error.code, &error.msg))
    };
    let cancel = match body.cancel_result {
        HalfResult::Success => placed(canceled.id, Shape::Single, cancel_half)
            .map_or(CancelAnswer::Unknown, CancelAnswer::Canceled),
        HalfResult::Failure => cancel_meaning(half_meaning(cancel_half), not_before),
        // The placement was refused first, in a mode that heikin does not use.
        HalfResult::NotAttempted => CancelAnswer::NotSent,
        HalfResult::Other(_) => CancelAnswer::Unknown,
    };
    let submit = match body.new_order_result {
        HalfResult::Success => Some(
            placed(order.id, Shape::Single, submit_half)
                .map_or(SubmitAnswer::Unknown, SubmitAnswer::Placed),
        ),
        HalfResult::Failure => Some(submit_meaning(half_meaning(submit_half), not_before)),
        HalfResult::NotAttempted => None,
        HalfResult::Other(_) => Some(SubmitAnswer::Unknown),
    };
    Some((cancel, submit))
}

/// The answer to a query for one order, or one leg. It was asked for by number or by id, and is
/// taken where either is the one; once it was cancelled, the answer has the id of the cancellation.
pub fn query(order: &OrderRef, reply: Reply<'_>) -> QueryAnswer {
    let Reply::Answer(answer) = reply else { return QueryAnswer::Failed(None) };
    if answer.is_success() {
        let row = decode::<OrderRow>(answer.body).ok();
        let state = row.filter(|row| row.symbol == order.symbol).and_then(|row| {
            if order.venue_id == Some(row.order_id) {
                return row.state(order.id).ok();
            }
            row.state_of(order.id).ok()
        });
        return state.map_or(QueryAnswer::Failed(None), QueryAnswer::Found);
    }
    match answer.meaning() {
        Meaning::NoSuchOrder => QueryAnswer::NotFound,
        Meaning::Archived => QueryAnswer::Archived,
        _ => QueryAnswer::Failed(answer.not_before),
    }
}

/// The answer to a query for a list, from those for its legs, the stop first.
pub fn query_list(list: ClientOrderId, [stop, target]: [QueryAnswer; 2]) -> QueryAnswer {
    match (stop, target) {
        (QueryAnswer::Found(stop), QueryAnswer::Found(target)) => {
            QueryAnswer::Found(list_state(list, &stop, &target))
        }
        // One leg proves the list; its state alone says nothing of the list's end, which the engine
        // knows by the leg's id.
        (QueryAnswer::Found(leg), _) | (_, QueryAnswer::Found(leg)) => QueryAnswer::Found(leg),
        (QueryAnswer::Failed(one), QueryAnswer::Failed(other)) => {
            QueryAnswer::Failed(one.max(other))
        }
        (QueryAnswer::Failed(not_before), _) | (_, QueryAnswer::Failed(not_before)) => {
            QueryAnswer::Failed(not_before)
        }
        // Both legs end together, and are put away together.
        (QueryAnswer::Archived, QueryAnswer::Archived) => QueryAnswer::Archived,
        (QueryAnswer::NotFound | QueryAnswer::Archived, _) => QueryAnswer::NotFound,
    }
}

/// Why a question that changes nothing has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A definite no.
    #[error("the exchange refused: {0}")]
    Refused(Refusal, Option<Timestamp>),
    /// Nothing usable came back: it may be asked again, after a pause.
    #[error("no usable answer")]
    NoAnswer(Option<Timestamp>),
    /// A success that cannot be read.
    #[error("unreadable: {0}")]
    Unreadable(#[from] DecodeError),
}

impl ReadError {
    /// Not before this time again, where the exchange said so.
    pub const fn not_before(&self) -> Option<Timestamp> {
        match self {
            Self::Refused(_, not_before) | Self::NoAnswer(not_before) => *not_before,
            Self::Unreadable(_) => None,
        }
    }
}

/// The answer to a question that changes nothing.
///
/// # Errors
///
/// Where there is none.
pub fn read<'a, T: serde::Deserialize<'a>>(reply: Reply<'a>) -> Result<T, ReadError> {
    let Reply::Answer(answer) = reply else { return Err(ReadError::NoAnswer(None)) };
    if answer.is_success() {
        return Ok(decode(answer.body)?);
    }
    Err(match answer.meaning() {
        Meaning::Refused(refusal) => ReadError::Refused(refusal, answer.not_before),
        _ => ReadError::NoAnswer(answer.not_before),
    })
}

#[cfg(test)]
mod tests;
