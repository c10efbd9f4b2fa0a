//! All that leaves the engine, and all that it decides.

use serde::{Deserialize, Serialize};

use crate::ledger::Trade;
use crate::market::{Asset, Symbol};
use crate::num::{Money, Price, Quantity};
use crate::order::{
    ClientOrderId, Close, Denial, NewOrder, Outcome, Reason, Side, Slot, Surprise, TraderId,
    VenueStatus,
};
use crate::time::Timestamp;

/// One decision or request of the engine. Each is recorded; folding inputs and effects in their
/// order gives the engine's state back without deciding anything again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// A slot's new standing decision, or that there is none. Stays inside.
    Decide {
        /// Whose.
        trader: TraderId,
        /// Which slot.
        slot: Slot,
        /// What should be open; none when the slot is not considered any more.
        outcome: Option<Outcome>,
        /// How many candles had closed.
        after: u64,
    },
    /// The open position is given up as dust. Stays inside.
    CarryDust {
        /// Whose.
        trader: TraderId,
    },
    /// Place this order, once.
    Submit(NewOrder),
    /// Cancel this order.
    Cancel {
        /// Which.
        id: ClientOrderId,
        /// Of which symbol.
        symbol: Symbol,
    },
    /// Cancel one order and place another in one request (`cancelReplace`).
    Replace {
        /// The order to cancel.
        cancel: ClientOrderId,
        /// The order to place.
        submit: NewOrder,
        /// What to do when the cancellation fails.
        mode: ReplaceMode,
    },
    /// Query the state of this order by its client order id.
    Query {
        /// Which.
        id: ClientOrderId,
        /// Of which symbol.
        symbol: Symbol,
    },
    /// Fetch the fills of this order: more was executed than was told. They come as reports.
    FetchFills {
        /// Which.
        id: ClientOrderId,
        /// Of which symbol.
        symbol: Symbol,
    },
    /// Fetch balances, and all our orders and fills since this time.
    FetchAccount {
        /// From when orders and fills are wanted.
        since: Timestamp,
    },
    /// Fetch the trading rules of this symbol: a filter refused an order.
    FetchRules {
        /// Which symbol.
        symbol: Symbol,
    },
    /// Tell people.
    Notify(Alert),
}

/// What `cancelReplace` does when the cancellation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReplaceMode {
    /// Place nothing: the only mode that heikin uses.
    StopOnFailure,
    /// Place the new order all the same: two orders where one should be.
    #[cfg(feature = "planted-bugs")]
    AllowFailure,
}

/// What people are told. Placed entries and raised stops are not among them: they are the effects
/// themselves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Alert {
    /// An order was filled, completely or in part.
    Filled {
        /// Which order.
        id: ClientOrderId,
        /// Buy or sell.
        side: Side,
        /// Why it was placed.
        reason: Reason,
        /// At what price.
        price: Price,
        /// How much.
        quantity: Quantity,
        /// How much of the order is still open.
        remaining: Quantity,
        /// When.
        at: Timestamp,
    },
    /// A position was closed.
    TradeClosed(Box<Trade>),
    /// An entry was denied by the risk gate.
    Denied {
        /// Whose.
        trader: TraderId,
        /// By which rule.
        denial: Denial,
    },
    /// The exchange refused or ended an order.
    OrderFailed {
        /// Which order.
        id: ClientOrderId,
        /// How it ended.
        close: Close,
    },
    /// A position, or part of it, has had no protection for longer than the grace.
    Unprotected {
        /// Whose.
        trader: TraderId,
        /// How much of it.
        quantity: Quantity,
        /// Since when.
        since: Timestamp,
    },
    /// It is protected again.
    Protected {
        /// Whose.
        trader: TraderId,
    },
    /// Too little to sell was left: it is carried into the next position.
    DustCarried {
        /// Whose.
        trader: TraderId,
        /// All that is held.
        held: Quantity,
    },
    /// The exchange says something of an order that does not fit what was known.
    Surprise {
        /// Which order.
        id: ClientOrderId,
        /// What does not fit.
        surprise: Surprise,
    },
    /// A balance changed without us: a deposit, a withdrawal, a trade by hand.
    BalanceChanged {
        /// Of which asset.
        asset: Asset,
        /// By how much.
        amount: Money,
    },
    /// Less is left than a trader holds: its position was sold by hand. Entries are paused.
    PositionSoldByHand {
        /// Whose.
        trader: TraderId,
        /// How much is missing.
        missing: Quantity,
    },
    /// The outcome of an order is unknown, and the balances do not explain it.
    Unexplained {
        /// Which order.
        id: ClientOrderId,
    },
    /// An order of ours is on the exchange that the journal does not know: it was restored from a
    /// backup, or its end is lost.
    Recovered {
        /// Which order.
        id: ClientOrderId,
        /// How it stands.
        status: VenueStatus,
        /// How much of it was executed.
        executed: Quantity,
    },
    /// Candles are missing before this one.
    CandleGap {
        /// Whose series.
        trader: TraderId,
        /// When the last one before the gap closed.
        closed: Timestamp,
        /// When the next one opened.
        opened: Timestamp,
    },
}
