//! How things are.

use heikin_bot::backend::{
    BackendError, Balance, BalanceLine, Control as Entries, OpenOrders, OrderNumber, Position,
    RiskUse, Status, TraderStatus,
};
use heikin_core::engine::{self, Engine, Gate};
use heikin_core::market::{Asset, Side, TickPrice};
use heikin_core::num::{Money, Price, Quantity, Rate};
use heikin_core::order::Phase;
use heikin_core::time::Span;

use super::super::command::version;
use crate::control::Control;
use crate::control::account::{Replica, words};

pub(super) fn status(control: &Control, replica: &Replica) -> Result<Status, BackendError> {
    let engine = replica.engine();
    let quote = quote(engine)?;
    let (at, feed_age_ms) = {
        let told = control.shared.status.borrow();
        let quotes = told.traders.iter().filter_map(|trader| trader.quote.map(|quote| quote.at));
        let age = quotes.max().map(|newest| told.at.since(newest).millis());
        (told.at, age.and_then(|age| u64::try_from(age).ok()))
    };
    let entries = entries(replica);
    let traders = engine.traders().iter().filter(|trader| !trader.is_retired());
    let traders: Vec<TraderStatus> =
        traders.filter_map(|trader| trader_status(engine, trader, &entries)).collect();
    let live = || engine.traders().iter().flat_map(engine::Trader::live_orders);
    let unknown = live().filter(|order| order.phase == Phase::Unresolved).count();
    Ok(Status {
        version: version(replica),
        at: at.max(engine.now()),
        mode: replica.mode(),
        faults: faults(engine, &traders),
        control: entries,
        traders,
        quote,
        equity: Some(engine.equity(quote)),
        risk: risk(replica, quote),
        feed_age_ms,
        open_orders: count(live().count()),
        unknown_orders: count(unknown),
    })
}

pub(super) fn quote(engine: &Engine) -> Result<Asset, BackendError> {
    let market = engine.markets().first();
    let quote = market.map(|market| market.rules().quote);
    quote.ok_or_else(|| BackendError::NotFound { what: "market".to_owned() })
}

pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether entries are placed at all: the strongest reason why not.
fn entries(replica: &Replica) -> Entries {
    let engine = replica.engine();
    if engine.is_panicked() {
        let since = replica.model().panicked_at().unwrap_or_else(|| engine.now());
        return Entries::Panicked { since };
    }
    if engine.is_stopped() {
        return Entries::Stopped;
    }
    let reasons: Vec<&str> = engine.closed_gates().map(gate).collect();
    if !reasons.is_empty() {
        return Entries::Gated { reason: reasons.join("; ") };
    }
    let mut trading = engine.traders().iter().filter(|trader| !trader.is_retired()).peekable();
    if trading.peek().is_some() && trading.all(engine::Trader::is_paused) {
        return Entries::Paused;
    }
    Entries::Running
}

/// Why a gate is closed, and what opens it.
pub(super) const fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::LiveGate => {
            "the settings have not passed on the symbol's history (see /mode): wait where they \
             are new, change them, or override with a sentence in heikin.toml"
        }
        Gate::KeyRights => {
            "the exchange does not accept the key, or it may do too much or too little: see /health"
        }
        Gate::SlowDisk => "the disk is slow: it opens when the disk was fast for a minute",
        Gate::OtherInstallation => "another heikin trades on the account: stop one of the two",
        Gate::StaleMarketData => "no market data: it opens when they come again",
        Gate::UserStreamDown => "no account events: it opens when they come again",
        Gate::Banned => "the exchange has shut this address out: it opens when that is over",
        Gate::DiskFull => "there is hardly any room on the disk: make room at once",
        Gate::CrashLoop => {
            "heikin ended by itself again and again: it opens when it has run for ten minutes; see \
             the log for why"
        }
        Gate::ClockOff => "this machine's clock is off: let NTP set it",
        Gate::ShuttingDown => "heikin is stopping",
    }
}

fn trader_status(
    engine: &Engine,
    trader: &engine::Trader,
    account: &Entries,
) -> Option<TraderStatus> {
    let market = engine.market_of(trader)?;
    let entry = trader.live_orders().find(|order| order.terms.side == Side::Buy);
    let entry = entry.and_then(|order| {
        order.terms.kind.trigger().or(order.terms.kind.worst_price()).map(TickPrice::price)
    });
    let is_paused = trader.is_paused() && matches!(account, Entries::Running);
    let span = trader.interval().span();
    // The candle that is forming opened a whole number of intervals after the last one.
    let next_close = trader.candle().map(|candle| {
        let last = candle.close_time();
        let behind = engine.now().since(last).div(span).max(0) + 1;
        last + span.times(behind) + Span::from_millis(1)
    });
    Some(TraderStatus {
        trader: words::trader(engine, trader)?,
        state: words::state(engine.state_of(trader)?),
        control: if is_paused { Entries::Paused } else { account.clone() },
        position: words::position(engine, trader),
        entry,
        price: market.quote().map(|quote| quote.bid),
        next_close,
    })
}

fn risk(replica: &Replica, quote: Asset) -> RiskUse {
    let engine = replica.engine();
    let (figures, limits) = (engine.risk_figures(quote), engine.limits());
    // The engine knows the peak where a limit hangs on it.
    let seen = replica.model().equity().iter().map(|point| point.equity).max();
    let peak = seen.map_or(figures.peak, |seen| seen.max(figures.peak));
    let points = |rate: Rate| {
        // A rate counts in 1e-8, a basis point is 1e-4.
        heikin_bot::backend::BasisPoints(rate.units() / 10_000)
    };
    RiskUse {
        realized_today: figures.realized_today,
        max_daily_loss: limits.max_daily_loss,
        trades_today: figures.trades_today,
        max_trades_per_day: limits.max_trades_per_day,
        drawdown: words::basis_points(peak - figures.equity, peak),
        max_drawdown: limits.max_drawdown.map(points),
    }
}

/// Faults that last, most serious first.
fn faults(engine: &Engine, traders: &[TraderStatus]) -> Vec<String> {
    use heikin_bot::backend::Protection;

    let mut faults = Vec::new();
    for position in traders.iter().filter_map(|trader| trader.position.as_ref()) {
        if matches!(position.protection, Protection::Unprotected { .. }) {
            let trader = position.trader;
            faults.push(format!("{trader}: the position has no stop; heikin is placing one"));
        }
    }
    if !engine.is_ready() {
        faults.push("the exchange has not yet said what happened before the start".to_owned());
    }
    let live = engine.traders().iter().flat_map(engine::Trader::live_orders);
    let unknown = live.filter(|order| order.phase == Phase::Unresolved).count();
    if unknown > 0 {
        faults.push(format!("{unknown} of the orders: the outcome is being found out"));
    }
    faults.extend(engine.closed_gates().map(|closed| gate(closed).to_owned()));
    faults
}

pub(super) fn positions(replica: &Replica) -> Vec<Position> {
    let engine = replica.engine();
    engine.traders().iter().filter_map(|trader| words::position(engine, trader)).collect()
}

pub(super) fn orders(replica: &Replica) -> OpenOrders {
    let engine = replica.engine();
    let mut orders = Vec::new();
    for trader in engine.traders() {
        let Some(name) = words::trader(engine, trader) else { continue };
        for order in trader.live_orders() {
            let note = replica.model().order_by_id(order.id);
            let number = note.map_or(OrderNumber(0), |note| note.number);
            orders.push((order.phase != Phase::Unresolved, words::open_order(order, name, number)));
        }
    }
    orders.sort_by_key(|(is_known, order)| (*is_known, std::cmp::Reverse(order.number)));
    let prices = engine.traders().iter().filter_map(|trader| {
        let bid = engine.market_of(trader)?.quote()?.bid;
        Some((words::trader(engine, trader)?, bid))
    });
    OpenOrders {
        orders: orders.into_iter().map(|(_, order)| order).collect(),
        foreign: engine.markets().iter().map(engine::Market::foreign_algo_orders).sum(),
        prices: prices.collect(),
    }
}

pub(super) fn balance(replica: &Replica) -> Result<Balance, BackendError> {
    let engine = replica.engine();
    let quote = quote(engine)?;
    let mut lines: Vec<BalanceLine> = Vec::new();
    for known in engine.balances().assets() {
        if known.total <= Money::ZERO {
            continue;
        }
        let locked = known.locked_by_others + engine.reserved(known.asset);
        let locked = locked.min(known.total);
        let value = if known.asset == quote {
            Some(known.total)
        } else {
            price_of(engine, known.asset, quote)
                .map(|price| price.times(known.total.floor_quantity()))
        };
        lines.push(BalanceLine {
            asset: known.asset,
            free: (known.total - locked).floor_quantity(),
            locked: locked.floor_quantity(),
            dust: dust(engine, known.asset),
            value,
        });
    }
    lines.sort_by_key(|line| std::cmp::Reverse((line.value, line.asset)));
    let total = lines.iter().map(|line| line.value).sum();
    Ok(Balance { at: engine.now(), quote, lines, total, bnb_trades_left: None })
}

fn price_of(engine: &Engine, asset: Asset, quote: Asset) -> Option<Price> {
    let mut markets = engine.markets().iter();
    let market = markets.find(|it| it.rules().base == asset && it.rules().quote == quote);
    market.and_then(engine::Market::quote).map(|quote| quote.bid)
}

/// What traders without a position hold of an asset.
fn dust(engine: &Engine, asset: Asset) -> Quantity {
    let flat = engine.traders().iter().filter(|trader| !trader.position().is_open());
    let of_it = flat.filter(|trader| {
        engine.market_of(trader).is_some_and(|market| market.rules().base == asset)
    });
    of_it.fold(Quantity::ZERO, |sum, trader| sum.plus(trader.position().held).unwrap_or(sum))
}
