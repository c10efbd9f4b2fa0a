use std::collections::BTreeMap;

use heikin_core::engine::AccountSnapshot;
use heikin_core::market::Symbol;
use heikin_core::order::{InstallationTag, OrderReport, OrderState, VenueOrderId};
use heikin_core::time::Timestamp;

use super::{Account, BalanceRow, OrderRow, Owner, TradeRow, UnreadableBalance};

/// The answers that a snapshot of the account is made of.
#[derive(Debug, Clone, Copy)]
pub struct AccountParts<'a> {
    /// `account`.
    pub account: &'a Account,
    /// `openOrders`, of all symbols.
    pub open_orders: &'a [OrderRow],
    /// `allOrders` since `since`, of every symbol traded.
    pub history: &'a [OrderRow],
    /// `myTrades` since `since`, of every symbol traded.
    pub trades: &'a [TradeRow],
    /// When the balances were asked for, by the exchange's clock: they are at least that new. (The
    /// answer's `updateTime` is when the account last changed, which may be long ago.)
    pub at: Timestamp,
    /// From when `history` and `trades` are complete.
    pub since: Timestamp,
}

/// A snapshot, and what could not be taken into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// For the engine.
    pub snapshot: AccountSnapshot,
    /// Balances that do not fit.
    pub unreadable: Vec<UnreadableBalance>,
    /// Trades of orders that are not ours, or not in the lists.
    pub foreign_trades: usize,
}

/// Puts a snapshot together.
///
/// `allOrders` comes from a database that lags: an order that it calls open and that is not among
/// the open ones has ended since, and is left out, so that the engine asks for it.
pub fn assemble(parts: &AccountParts<'_>, ours: InstallationTag) -> Assembled {
    let mut states: BTreeMap<(Symbol, VenueOrderId), OrderState> = BTreeMap::new();
    let mut orders = Vec::new();
    let mut foreign_algo_orders: BTreeMap<Symbol, u32> = BTreeMap::new();
    let listed = parts.open_orders.iter();
    let ended = parts.history.iter().filter(|row| !row.is_open());
    for row in listed.chain(ended) {
        match row.owner(ours) {
            Owner::Ours(id) => {
                if let Ok(state) = row.state(id) {
                    orders.push(state);
                    states.insert((row.symbol, row.order_id), state);
                }
            }
            Owner::Foreign(_) if row.is_open_algo() => {
                *foreign_algo_orders.entry(row.symbol).or_default() += 1;
            }
            Owner::Foreign(_) => {}
        }
    }
    // An order that the lagging list calls open still tells whose a trade is.
    for row in parts.history {
        if let Owner::Ours(id) = row.owner(ours)
            && let Ok(state) = row.state(id)
        {
            states.entry((row.symbol, row.order_id)).or_insert(state);
        }
    }
    let report = |trade: &TradeRow| -> Option<OrderReport> {
        states.get(&(trade.symbol, trade.order_id)).map(|state| trade.report(*state))
    };
    let fills: Vec<_> = parts.trades.iter().filter_map(report).collect();
    let (balances, unreadable) = BalanceRow::sort(&parts.account.balances);
    Assembled {
        foreign_trades: parts.trades.len() - fills.len(),
        unreadable,
        snapshot: AccountSnapshot {
            at: parts.at,
            balances,
            orders,
            fills,
            since: parts.since,
            foreign_algo_orders: foreign_algo_orders.into_iter().collect(),
        },
    }
}
