//! What the trading has brought.

use std::collections::BTreeMap;

use heikin_bot::backend::{
    BackendError, BasisPoints, EquityPoint, EquitySeries, Performance, Profit, Range, SymbolResult,
    TradeLine,
};
use heikin_core::num::Money;
use heikin_core::time::Timestamp;

use super::status::{count, positions, quote};
use crate::control::account::{Replica, words};

/// The most points of a curve.
const MOST_POINTS: usize = 1_000;

const fn holds(range: Range, at: Timestamp) -> bool {
    let from = match range.from {
        Some(from) => from.millis() <= at.millis(),
        None => true,
    };
    let to = match range.to {
        Some(to) => at.millis() < to.millis(),
        None => true,
    };
    from && to
}

fn trades(replica: &Replica, range: Range) -> impl Iterator<Item = &TradeLine> {
    replica.model().trades().iter().filter(move |trade| holds(range, trade.exited_at))
}

fn points(replica: &Replica, range: Range) -> Vec<EquityPoint> {
    let all = replica.model().equity().iter();
    all.filter(|point| holds(range, point.at)).copied().collect()
}

pub(super) fn profit(replica: &Replica, range: Range) -> Result<Profit, BackendError> {
    let quote = quote(replica.engine())?;
    let closed: Vec<&TradeLine> =
        trades(replica, range).filter(|trade| trade.quote == quote).collect();
    let of = |is_it: fn(&Money) -> bool| -> Vec<Money> {
        closed.iter().map(|trade| trade.net).filter(is_it).collect()
    };
    let (wins, losses) = (of(|net| *net > Money::ZERO), of(|net| *net < Money::ZERO));
    let net: Money = closed.iter().map(|trade| trade.net).sum();
    let fees: Money = closed.iter().map(|trade| trade.fees).sum();
    let open = positions(replica);
    let curve = points(replica, range);
    let change = curve
        .first()
        .zip(curve.last())
        .map(|(first, last)| words::basis_points(last.equity - first.equity, first.equity));
    Ok(Profit {
        range,
        quote,
        trades: count(closed.len()),
        wins: count(wins.len()),
        gross: net + fees,
        fees,
        net,
        unrealized: open.iter().filter_map(|position| position.unrealized).sum(),
        average_win: mean(&wins),
        average_loss: mean(&losses),
        best: closed.iter().max_by_key(|trade| trade.net).map(|trade| (*trade).clone()),
        worst: closed.iter().min_by_key(|trade| trade.net).map(|trade| (*trade).clone()),
        change,
        holding: holding(replica, range),
        max_drawdown: max_drawdown(&curve),
    })
}

fn mean(amounts: &[Money]) -> Option<Money> {
    let sum: Money = amounts.iter().copied().sum();
    let count = i128::try_from(amounts.len()).ok()?;
    sum.units().checked_div(count).map(Money::from_units)
}

/// Holding the first trader's symbol over the same time, as far as its candles are remembered.
fn holding(replica: &Replica, range: Range) -> Option<BasisPoints> {
    let trader = replica.engine().traders().iter().find(|it| !it.is_retired())?;
    let bars = &replica.model().trader(trader.id())?.bars;
    let mut within = bars.iter().filter(|bar| holds(range, bar.opened_at));
    let first = within.next()?;
    let last = within.next_back().unwrap_or(first);
    let (from, to) = (i128::from(first.open.units()), i128::from(last.close.units()));
    i64::try_from((to - from) * 10_000 / from).ok().map(BasisPoints)
}

/// The deepest fall from a peak.
fn max_drawdown(curve: &[EquityPoint]) -> BasisPoints {
    let mut peak = Money::ZERO;
    let mut deepest = BasisPoints(0);
    for point in curve {
        peak = peak.max(point.equity);
        deepest = deepest.max(words::basis_points(peak - point.equity, peak));
    }
    deepest
}

pub(super) fn performance(replica: &Replica, range: Range) -> Result<Performance, BackendError> {
    let quote = quote(replica.engine())?;
    let mut by_symbol: BTreeMap<_, SymbolResult> = BTreeMap::new();
    for trade in trades(replica, range).filter(|trade| trade.quote == quote) {
        let symbol = trade.trader.symbol;
        let new = SymbolResult { symbol, trades: 0, wins: 0, net: Money::ZERO };
        let result = by_symbol.entry(symbol).or_insert(new);
        result.trades += 1;
        result.wins += u32::from(trade.net > Money::ZERO);
        result.net += trade.net;
    }
    let mut symbols: Vec<_> = by_symbol.into_values().collect();
    symbols.sort_by_key(|result| std::cmp::Reverse(result.net));
    Ok(Performance { range, quote, symbols })
}

pub(super) fn equity(replica: &Replica, range: Range) -> Result<EquitySeries, BackendError> {
    let all = points(replica, range);
    // Every so manieth, and the last.
    let step = all.len().div_ceil(MOST_POINTS - 1).max(1);
    let last = all.len().saturating_sub(1);
    let kept = all.iter().enumerate().filter(|(index, _)| index % step == 0 || *index == last);
    let points = kept.map(|(_, point)| *point).collect();
    Ok(EquitySeries { range, mode: replica.mode(), quote: quote(replica.engine())?, points })
}
