//! The account as a whole: balances, open orders, and what was ordered and traded since a time.
//!
//! Complete or nothing: a snapshot with a page missing would prove absences that are none.

use heikin_core::engine::Input;
use heikin_core::market::Symbol;
use heikin_core::time::{Span, Timestamp};

use super::super::requests::{self, day_windows};
use super::super::rest::ReadError;
use super::super::wire::{Account, AccountParts, OrderRow, TradeRow, assemble};
use super::Gateway;

/// No further back than this: an order that ended before is asked for by its number.
const FURTHEST_BACK: Span = Span::DAY.times(7);
/// As many rows as an answer has at most: there may be more.
const FULL: usize = 1_000;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
enum Incomplete {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("more orders of {0} were placed within a millisecond than a list has rows")]
    TooDense(Symbol),
}

impl Gateway {
    pub(super) async fn snapshot(&self, since: Timestamp) -> Input {
        match self.complete_snapshot(since).await {
            Ok(input) => input,
            Err(error) => {
                tracing::warn!(target: "api", %error, "no snapshot of the account");
                let not_before = match error {
                    Incomplete::Read(error) => error.not_before(),
                    Incomplete::TooDense(_) => None,
                };
                Input::Account(Err(not_before))
            }
        }
    }

    async fn complete_snapshot(&self, since: Timestamp) -> Result<Input, Incomplete> {
        let rest = &self.0.rest;
        let at = rest.time().now();
        let since = since.max(at - FURTHEST_BACK);
        let (account, open_orders) = tokio::join!(rest.account(), rest.open_orders());
        let (account, open_orders): (Account, Vec<OrderRow>) = (account?, open_orders?);
        let (mut history, mut trades) = (Vec::new(), Vec::new());
        for symbol in &self.0.symbols {
            // Up to now, not up to the balances: what came after them is told twice, not never.
            for window in day_windows(since, rest.time().now()) {
                self.orders_in(*symbol, window, &mut history).await?;
                self.trades_in(*symbol, window, &mut trades).await?;
            }
        }
        let parts = AccountParts {
            account: &account,
            open_orders: &open_orders,
            history: &history,
            trades: &trades,
            at,
            since,
        };
        let assembled = assemble(&parts, self.0.tag);
        for error in &assembled.unreadable {
            tracing::warn!(target: "api", %error, "a balance cannot be held");
        }
        Ok(Input::Account(Ok(Box::new(assembled.snapshot))))
    }

    async fn orders_in(
        &self,
        symbol: Symbol,
        (mut start, end): (Timestamp, Timestamp),
        orders: &mut Vec<OrderRow>,
    ) -> Result<(), Incomplete> {
        loop {
            let page: Vec<OrderRow> =
                self.0.rest.read(&requests::all_orders(symbol, (start, end))).await?;
            let (full, last) = (page.len() >= FULL, page.last().and_then(|row| row.time));
            orders.extend(page);
            if !full {
                return Ok(());
            }
            // The rest of the last millisecond is asked for once more.
            match last {
                Some(last) if last > start => start = last,
                _ => return Err(Incomplete::TooDense(symbol)),
            }
        }
    }

    async fn trades_in(
        &self,
        symbol: Symbol,
        window: (Timestamp, Timestamp),
        trades: &mut Vec<TradeRow>,
    ) -> Result<(), Incomplete> {
        let rest = &self.0.rest;
        let mut page: Vec<TradeRow> = rest.read(&requests::my_trades(symbol, window)).await?;
        loop {
            let (full, last) = (page.len() >= FULL, page.last().copied());
            trades.extend(page);
            match last {
                Some(last) if full && last.time <= window.1 => {
                    page = rest.read(&requests::trades_after(symbol, last.id + 1)).await?;
                }
                _ => return Ok(()),
            }
        }
    }
}
