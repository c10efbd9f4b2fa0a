//! How things stand, as plain data: what is served over HTTP, and shown.

use heikin_core::engine::{Engine, Gate, Market, Sequence, Trader};
use heikin_core::ledger::{AssetBalance, Position};
use heikin_core::market::{Asset, Candle, Quote, Symbol, TickPrice};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{ClientOrderId, Order, OrderKind, Phase, Reason, Side};
use heikin_core::strategy::TraderState;
use heikin_core::time::{Interval, Timestamp};
use serde::Serialize;

use crate::exchange::binance::counters::Counters;

/// How an account and its traders stand.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The engine's time: the exchange's clock.
    pub at: Timestamp,
    /// Whether the exchange has said what happened before the start.
    pub reconciled: bool,
    /// What keeps entries off, by name; empty where nothing does.
    pub entries_off: Vec<&'static str>,
    /// The traders, by number.
    pub traders: Vec<TraderStatus>,
    /// What the account has, by our own count.
    pub balances: Vec<Balance>,
    /// The journal.
    pub journal: JournalStatus,
    /// Requests that are on their way to the exchange.
    pub in_flight: usize,
    /// What the adapter has counted since the start.
    pub exchange: Counters,
    /// What the order thread carries.
    pub load: Load,
}

/// What the order thread carries: all of it has bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Load {
    /// Tasks of its runtime that are alive.
    pub tasks: usize,
    /// Answers and events of the account that wait to be taken in.
    pub account: usize,
    /// Candles that do.
    pub market: usize,
    /// Commands of people that do.
    pub requests: usize,
}

/// How a trader stands.
#[derive(Debug, Clone, Serialize)]
pub struct TraderStatus {
    /// Its number.
    pub trader: u16,
    /// What it trades.
    pub symbol: Symbol,
    /// On which candles.
    pub interval: Interval,
    /// NONE, LONG or CLOSED_LONG.
    pub state: TraderState,
    /// Whether its entries are off.
    pub paused: bool,
    /// How many candles of its series have closed.
    pub candles: u64,
    /// When the last of them closed.
    pub last_close: Option<Timestamp>,
    /// The best bid and ask.
    pub quote: Option<Quote>,
    /// All base that it holds, dust included.
    pub held: Quantity,
    /// The open position.
    pub position: Option<PositionStatus>,
    /// Realized PnL of all its closed positions, in the quote asset.
    pub realized: Money,
    /// Its orders that are or may be open.
    pub orders: Vec<OrderStatus>,
}

/// An open position.
#[derive(Debug, Clone, Serialize)]
pub struct PositionStatus {
    /// Which one of the trader, counting from 1.
    pub number: u64,
    /// When it was opened.
    pub since: Timestamp,
    /// What was paid on average.
    pub entry_price: Option<Price>,
    /// What its stop is at.
    pub stop: Option<Price>,
    /// PnL if it were sold at the bid, less the commission.
    pub unrealized: Option<Money>,
    /// Since when something of it has no protection.
    pub unprotected_since: Option<Timestamp>,
}

/// An order that is or may be open.
#[derive(Debug, Clone, Serialize)]
pub struct OrderStatus {
    /// Its client order id.
    pub id: ClientOrderId,
    /// Buy or sell.
    pub side: Side,
    /// Kind and prices.
    pub kind: OrderKind,
    /// How much.
    pub quantity: Quantity,
    /// How much of it was executed.
    pub executed: Quantity,
    /// Why it was placed.
    pub reason: Reason,
    /// Where it is in its life.
    pub phase: Phase,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// What the account has of an asset.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Balance {
    /// Which.
    pub asset: Asset,
    /// How much, by our own count.
    pub total: Money,
}

/// The journal.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct JournalStatus {
    /// The number of the last record.
    pub records: Sequence,
    /// How long the last sync took, in microseconds.
    pub last_sync_micros: u64,
}

impl Status {
    /// What the engine says of itself.
    pub fn of(
        engine: &Engine,
        journal: JournalStatus,
        (in_flight, exchange): (usize, Counters),
        load: Load,
    ) -> Self {
        let balance = |known: &AssetBalance| Balance { asset: known.asset, total: known.total };
        Self {
            at: engine.now(),
            reconciled: engine.is_ready(),
            entries_off: entries_off(engine),
            traders: engine
                .traders()
                .iter()
                .filter(|trader| !trader.is_retired() || trader.live_orders().next().is_some())
                .filter_map(|trader| trader_status(engine, trader))
                .collect(),
            balances: engine.balances().assets().iter().map(balance).collect(),
            journal,
            in_flight,
            exchange,
            load,
        }
    }
}

fn entries_off(engine: &Engine) -> Vec<&'static str> {
    let latches = [(engine.is_panicked(), "panic"), (engine.is_stopped(), "stopped")];
    let latched = latches.into_iter().filter_map(|(is_on, name)| is_on.then_some(name));
    latched.chain(engine.closed_gates().map(gate_name)).collect()
}

/// A gate's name, as in messages and metrics.
pub const fn gate_name(gate: Gate) -> &'static str {
    match gate {
        Gate::LiveGate => "live_gate",
        Gate::KeyRights => "key_rights",
        Gate::SlowDisk => "slow_disk",
        Gate::OtherInstallation => "other_installation",
        Gate::StaleMarketData => "stale_market_data",
        Gate::UserStreamDown => "user_stream_down",
        Gate::ClockOff => "clock_off",
        Gate::ShuttingDown => "shutting_down",
        Gate::Banned => "banned",
        Gate::DiskFull => "disk_full",
        Gate::CrashLoop => "crash_loop",
    }
}

fn trader_status(engine: &Engine, trader: &Trader) -> Option<TraderStatus> {
    let market = engine.market_of(trader)?;
    let position = trader.position();
    Some(TraderStatus {
        trader: trader.id().0,
        symbol: market.rules().symbol,
        interval: trader.interval(),
        state: engine.state_of(trader).unwrap_or(TraderState::None),
        paused: trader.is_paused(),
        candles: trader.candles_closed(),
        last_close: trader.candle().map(Candle::close_time),
        quote: market.quote(),
        held: position.held,
        position: position_status(position, market),
        realized: position.realized,
        orders: trader.live_orders().map(order_status).collect(),
    })
}

fn position_status(position: &Position, market: &Market) -> Option<PositionStatus> {
    let open = position.open.as_ref()?;
    let fee = market.fees().taker;
    let sold_at_bid = market.quote().map(|quote| position.unrealized(quote.bid, fee));
    Some(PositionStatus {
        number: open.number,
        since: open.entered_at,
        entry_price: open.cost.price_of(open.bought),
        stop: open.stop.map(TickPrice::price),
        unrealized: sold_at_bid,
        unprotected_since: open.unprotected_since,
    })
}

fn order_status(order: &Order) -> OrderStatus {
    OrderStatus {
        id: order.id,
        side: order.terms.side,
        kind: order.terms.kind,
        quantity: order.terms.quantity.quantity(),
        executed: order.executed(),
        reason: order.reason,
        phase: order.phase,
        decided_at: order.decided_at,
    }
}
