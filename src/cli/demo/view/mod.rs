//! What there is to show of a demo, as plain data: built from the engine's effects and state, and
//! rendered by the screen and by the lines alike.

mod tell;

use std::collections::VecDeque;

use heikin_core::engine::{Engine, Trader};
use heikin_core::ledger::{Fees, Trade};
use heikin_core::market::{Asset, Candle, HaCandle, HeikinAshi, Symbol, TickPrice};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{Order, OrderKind, Outcome, Reason, Side, Slot};
use heikin_core::strategy::TraderState;
use heikin_core::time::{Interval, Span, Timestamp};

use super::session::{HISTORY, INTERVAL, Progress, Session};
use crate::cli::Failure;
use crate::cli::figures::Figures;
use crate::cli::words;
use crate::exchange::simulator::market::Regime;

/// The most candles that are kept for the chart: as many as a very wide screen has columns.
const CANDLES_KEPT: usize = 500;
/// The most events and trades that are kept.
const ROWS_KEPT: usize = 100;

/// Everything that is shown.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) heading: Heading,
    pub(super) figures: Figures,
    /// Oldest first.
    pub(super) candles: VecDeque<ChartCandle>,
    pub(super) state: TraderState,
    /// Why no entry is open, where that is so.
    pub(super) waits_for: Option<&'static str>,
    pub(super) position: Option<PositionRow>,
    pub(super) orders: Vec<OrderRow>,
    /// Oldest first.
    pub(super) events: VecDeque<Event>,
    /// Those of the last candle are at the end of `events`: so many.
    pub(super) fresh_events: usize,
    /// Oldest first.
    pub(super) trades: VecDeque<TradeRow>,
    pub(super) totals: Totals,
    heikin_ashi: HeikinAshi,
}

/// What is run.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub(super) symbol: Symbol,
    pub(super) base: Asset,
    pub(super) quote: Asset,
    pub(super) interval: Interval,
    pub(super) seed: u64,
    /// How many candles have closed since trading began.
    pub(super) candle: u64,
    /// When trading began, and when the last candle closed.
    pub(super) began: Timestamp,
    pub(super) now: Timestamp,
    pub(super) regime: Regime,
    /// The last price.
    pub(super) price: Option<Price>,
}

/// One column of the chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChartCandle {
    pub(super) ha: HaCandle,
    /// The levels of the orders that worked while the candle was open.
    pub(super) entry: Option<Price>,
    pub(super) stop: Option<Price>,
    /// Whether something was bought or sold in it.
    pub(super) bought: bool,
    pub(super) sold: bool,
}

/// The open position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PositionRow {
    pub(super) held: Quantity,
    pub(super) entry: Option<Price>,
    pub(super) cost: Money,
    pub(super) unrealized: Money,
    pub(super) since: Timestamp,
    pub(super) stop: Option<Price>,
}

/// A working order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrderRow {
    pub(super) side: Side,
    pub(super) kind: &'static str,
    pub(super) trigger: Option<Price>,
    pub(super) limit: Option<Price>,
    pub(super) quantity: Quantity,
    pub(super) age: Span,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    /// The candle it happened in, or at whose close.
    pub(super) candle: u64,
    pub(super) kind: EventKind,
    pub(super) text: String,
    /// What there is room for in a line of its own.
    pub(super) detail: String,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    Market,
    Armed,
    Bought,
    Stop,
    Raised,
    Leaving,
    Sold,
    Won,
    Lost,
    Alert,
}

impl EventKind {
    /// What comes first of what happens at the same time.
    const fn rank(self) -> u8 {
        match self {
            Self::Market => 0,
            Self::Bought => 1,
            Self::Leaving => 2,
            Self::Sold => 3,
            Self::Won | Self::Lost => 4,
            Self::Stop | Self::Raised | Self::Armed | Self::Alert => 5,
        }
    }

    /// The word in front of the event.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Armed => "armed",
            Self::Bought => "bought",
            Self::Stop => "stop",
            Self::Raised => "raised",
            Self::Leaving => "leaving",
            Self::Sold => "sold",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Alert => "alert",
        }
    }
}

/// A closed trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TradeRow {
    pub(super) number: u64,
    pub(super) net: Money,
    pub(super) cost: Money,
    pub(super) exit: &'static str,
    pub(super) held_for: Span,
}

/// What it all comes to, in the quote asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    pub(super) cash_at_start: Money,
    pub(super) trades: u64,
    pub(super) won: u64,
    /// Of closed trades, net of fees.
    pub(super) realized: Money,
    /// Fees of closed trades, valued at the price of their fills.
    closed_fees: Money,
    /// All fees so far.
    pub(super) fees: Money,
    /// Cash, and what is held at the last price.
    pub(super) equity: Money,
    /// How much could have been bought when trading began, after its fee.
    held: Quantity,
    /// What that is worth at the last price.
    pub(super) hold: Money,
}

impl View {
    /// The view of a new session, its history behind it. None if the session has no trader.
    pub(super) fn new(session: &mut Session) -> Result<Self, Failure> {
        let (seed, cash) = (session.seed, session.cash);
        let engine = session.engine();
        let market = engine.traders().first().and_then(|trader| engine.market_of(trader));
        let rules = market.ok_or_else(|| Failure::failed("there is no trader"))?.rules();
        let figures = Figures {
            price_decimals: rules.price_decimals(),
            quantity_decimals: rules.quantity_decimals(),
        };
        let heading = Heading {
            symbol: rules.symbol,
            base: rules.base,
            quote: rules.quote,
            interval: INTERVAL,
            seed,
            candle: 0,
            began: Timestamp::EPOCH,
            now: Timestamp::EPOCH,
            regime: Regime::Range,
            price: None,
        };
        let mut view = Self {
            heading,
            figures,
            candles: VecDeque::new(),
            state: TraderState::None,
            waits_for: None,
            position: None,
            orders: Vec::new(),
            events: VecDeque::new(),
            fresh_events: 0,
            trades: VecDeque::new(),
            totals: Totals { cash_at_start: cash, ..Totals::default() },
            heikin_ashi: HeikinAshi::default(),
        };
        for _ in 0..HISTORY {
            view.update(&session.advance()?);
        }
        view.begin(session.engine());
        Ok(view)
    }

    /// Trading begins with the next candle.
    fn begin(&mut self, engine: &Engine) {
        self.heading.candle = 0;
        self.heading.began = self.heading.now;
        // What the market did before is not told; the entry that works already is.
        self.events.retain(|event| event.kind == EventKind::Armed);
        self.fresh_events = self.events.len();
        let market = engine.traders().first().and_then(|trader| engine.market_of(trader));
        if let (Some(price), Some(market)) = (self.heading.price, market) {
            let bought = self.totals.cash_at_start.quantity_at(price);
            self.totals.held = bought.saturating_minus(bought.commission(market.fees().taker));
        }
        self.take_totals(engine);
    }

    /// Takes in what one more candle brought.
    pub(super) fn update(&mut self, progress: &Progress<'_>) {
        let closed = progress.trader().map_or(0, Trader::candles_closed);
        self.heading.candle = closed.saturating_sub(HISTORY);
        self.tell(progress);
        self.draw(&progress.candle, progress);
        self.heading.now = progress.candle.close_time() + Span::from_millis(1);
        self.heading.price = Some(progress.candle.close());
        self.heading.regime = progress.regime;
        let Some(trader) = progress.trader() else { return };
        self.state = progress.engine.state_of(trader).unwrap_or(self.state);
        self.take_position(progress.engine, trader);
        self.orders = trader.live_orders().map(|order| self.order_row(order)).collect();
        let entry = trader.slot(Slot::Entry).and_then(|slot| slot.decision.as_ref());
        self.waits_for = match entry.map(|decision| decision.outcome) {
            Some(Outcome::Nothing(skip)) if self.state == TraderState::None => {
                Some(words::skip(skip))
            }
            _ => None,
        };
        self.take_totals(progress.engine);
    }

    /// Adds the candle to the chart, with the levels of the orders that worked while it was open.
    fn draw(&mut self, candle: &Candle, progress: &Progress<'_>) {
        let level = |side| self.orders.iter().find(|it| it.side == side).and_then(|it| it.trigger);
        let filled = |side| tell::fills(&progress.effects).any(|fill| fill == side);
        let column = ChartCandle {
            ha: self.heikin_ashi.update(candle),
            entry: level(Side::Buy),
            stop: level(Side::Sell),
            bought: filled(Side::Buy),
            sold: filled(Side::Sell),
        };
        keep(&mut self.candles, column, CANDLES_KEPT);
    }

    fn take_position(&mut self, engine: &Engine, trader: &Trader) {
        let position = trader.position();
        let fee = engine.market_of(trader).map(|market| market.fees().taker).unwrap_or_default();
        self.position = position.open.as_ref().map(|open| PositionRow {
            held: position.held,
            entry: open.cost.price_of(open.bought),
            cost: open.cost,
            unrealized: self
                .heading
                .price
                .map_or(Money::ZERO, |price| position.unrealized(price, fee)),
            since: open.entered_at,
            stop: open.stop.map(TickPrice::price),
        });
        self.totals.realized = position.realized;
        let open_fees = position.open.as_ref().map_or(Money::ZERO, |open| {
            let entry = open.cost.price_of(open.bought);
            fees_in_quote(&open.entry_fees, entry) + fees_in_quote(&open.exit_fees, entry)
        });
        self.totals.fees = self.totals.closed_fees + open_fees;
    }

    fn take_totals(&mut self, engine: &Engine) {
        self.totals.equity = engine.equity(self.heading.quote);
        if let Some(price) = self.heading.price {
            self.totals.hold = price.times(self.totals.held);
        }
    }

    fn order_row(&self, order: &Order) -> OrderRow {
        let kind = &order.terms.kind;
        let limit = match kind {
            OrderKind::StopLoss { .. } => None,
            _ => kind.worst_price(),
        };
        OrderRow {
            side: order.terms.side,
            kind: words::kind(kind),
            trigger: kind.trigger().map(TickPrice::price),
            limit: limit.map(TickPrice::price),
            quantity: order.remaining(),
            age: self.heading.now.since(order.decided_at),
        }
    }

    /// Counts a closed trade.
    fn add_trade(&mut self, trade: &Trade) {
        let net = trade.net_quote();
        self.totals.trades += 1;
        self.totals.won += u64::from(net > Money::ZERO);
        self.totals.closed_fees += trade_fees(trade);
        let row = TradeRow {
            number: trade.number,
            net,
            cost: trade.cost,
            exit: words::exit(trade.exit_reason),
            held_for: trade.exited_at.since(trade.entered_at),
        };
        keep(&mut self.trades, row, ROWS_KEPT);
    }
}

impl OrderRow {
    /// The order in words: `BUY stop-limit 0.16213 BTC, trigger 61,402.10, limit 61,524.90`.
    pub(super) fn describe(&self, figures: Figures, base: Asset) -> String {
        let level = |name: &str, price: Option<Price>| {
            price.map_or_else(String::new, |price| format!(", {name} {}", figures.price(price)))
        };
        format!(
            "{} {} {} {base}{}{}",
            side(self.side),
            self.kind,
            figures.quantity(self.quantity),
            level("trigger", self.trigger),
            level("limit", self.limit),
        )
    }
}

/// The side as the exchange writes it.
pub(super) const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// Whether an order is for an entry.
const fn opens(reason: Reason) -> bool {
    matches!(reason, Reason::Breakout | Reason::AlreadyThrough | Reason::Signal)
}

/// All fees of a trade, in the quote asset.
fn trade_fees(trade: &Trade) -> Money {
    fees_in_quote(&trade.entry_fees, trade.entry_price())
        + fees_in_quote(&trade.exit_fees, trade.exit_price())
}

fn fees_in_quote(fees: &Fees, price: Option<Price>) -> Money {
    fees.quote.to_money() + price.map_or(Money::ZERO, |price| price.times(fees.base))
}

fn keep<T>(rows: &mut VecDeque<T>, row: T, most: usize) {
    if rows.len() == most {
        rows.pop_front();
    }
    rows.push_back(row);
}
