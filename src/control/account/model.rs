//! What the engine forgets and people ask for: candles, trades, fills, orders, decisions, equity.

use std::collections::{BTreeMap, VecDeque};

use heikin_bot::backend::{
    Bar, CandleValues, ChartLine, EquityPoint, FillLine, HeikinAshiBar, Marker, OrderNumber,
    OrderWork, RuleCheck, StopRaised, TradeLine, TradeNumber, Trader,
};
use heikin_core::engine::{self, Alert, Body, Effect, Engine, Input, Record, Sequence};
use heikin_core::market::{Asset, Candle, HaCandle, Side, Symbol, SymbolStatus, TickPrice};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{
    ClientOrderId, Decision, NewOrder, OrderReport, Outcome, Part, Reason, Skip, Slot, TraderId,
};
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::words;

/// How much is kept, newest first. What is older is in the journal (`heikin store export`).
#[derive(Debug)]
pub struct Bounds;

impl Bounds {
    /// Candles of each trader.
    pub const BARS: usize = 600;
    /// Decisions of each trader.
    pub const DECISIONS: usize = 300;
    /// Stops of each trader, for charts.
    pub const STOPS: usize = 600;
    /// Closed trades.
    pub const TRADES: usize = 5_000;
    /// Fills.
    pub const FILLS: usize = 5_000;
    /// Orders.
    pub const ORDERS: usize = 2_000;
    /// Points of the equity curve; where there are more, every other one of the older half goes.
    pub const EQUITY: usize = 2_000;
    /// Commands.
    const COMMANDS: usize = 1_000;
    /// Fills that were reported and not yet told.
    const REPORTED: usize = 256;
}

/// All of it. See the [module](self).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Model {
    pub(super) traders: BTreeMap<u16, TraderModel>,
    pub(super) trades: VecDeque<TradeLine>,
    pub(super) fills: VecDeque<FillLine>,
    pub(super) orders: VecDeque<OrderNote>,
    pub(super) equity: VecDeque<EquityPoint>,
    /// When the panic latch fell.
    pub(super) panicked_at: Option<Timestamp>,
    /// How many candles were missed.
    pub(super) missed_candles: u32,
    /// Markets that take no orders, as it was told.
    #[serde(default)]
    closed_markets: BTreeMap<Symbol, SymbolStatus>,
    /// What people told the engine, by record.
    commands: VecDeque<(Sequence, engine::Command)>,
    reported: VecDeque<(ClientOrderId, heikin_core::order::Fill)>,
    filled: BTreeMap<ClientOrderId, FilledSoFar>,
}

/// What is kept of one trader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TraderModel {
    /// Its candles, oldest first.
    pub bars: VecDeque<Bar>,
    /// Its decisions, oldest first.
    pub decisions: VecDeque<DecisionNote>,
    /// The triggers of its stops, oldest first.
    pub stops: VecDeque<ChartLine>,
    /// Whether the entry that works was told.
    pub(super) is_armed: bool,
    /// The stop as it was told last, and of which position.
    pub(super) stop_told: Option<(u64, Price)>,
    /// Since when the position has no protection, where that was told.
    pub(super) unprotected_since: Option<Timestamp>,
}

/// What was decided at the close of a candle, and what it was decided from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionNote {
    /// The record that caused it.
    pub cause: Sequence,
    /// When.
    pub at: Timestamp,
    /// What the trader was doing.
    pub state: heikin_bot::backend::TraderState,
    /// What the strategy saw.
    pub values: CandleValues,
    /// How its rules came out.
    pub rules: Vec<RuleCheck>,
    /// Why it wanted no entry, where it wanted none.
    pub skipped: Option<Skip>,
    /// The risk gate's figures.
    pub risk: String,
}

/// An order that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderNote {
    /// Its number: that of its record.
    pub number: OrderNumber,
    /// Its id on the exchange.
    pub id: ClientOrderId,
    /// The record that caused it.
    pub cause: Sequence,
    /// When it was decided.
    pub at: Timestamp,
    /// Whose.
    pub trader: Trader,
    /// Buy or sell.
    pub side: Side,
    /// What it waits for.
    pub work: OrderWork,
    /// How much.
    pub quantity: Quantity,
    /// Why.
    pub reason: Reason,
    /// Of which trade, where one is open.
    pub trade: Option<TradeNumber>,
}

/// What of an order was told as filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledSoFar {
    /// How much.
    pub quantity: Quantity,
    /// Σ price × quantity.
    pub worth: Money,
    /// The commission, in one asset.
    pub fee: Quantity,
    /// That asset.
    pub fee_asset: Asset,
}

impl Model {
    /// How many candles were missed, of all traders.
    pub const fn missed_candles(&self) -> u32 {
        self.missed_candles
    }

    /// Notes whether a market takes orders; how that was before.
    pub(super) fn note_status(&mut self, symbol: Symbol, status: SymbolStatus) -> SymbolStatus {
        let before = match status {
            SymbolStatus::Trading => self.closed_markets.remove(&symbol),
            closed => self.closed_markets.insert(symbol, closed),
        };
        before.unwrap_or_default()
    }

    /// What is kept of a trader.
    pub fn trader(&self, id: TraderId) -> Option<&TraderModel> {
        self.traders.get(&id.0)
    }

    /// Closed trades, oldest first.
    pub const fn trades(&self) -> &VecDeque<TradeLine> {
        &self.trades
    }

    /// Fills, oldest first.
    pub const fn fills(&self) -> &VecDeque<FillLine> {
        &self.fills
    }

    /// Equity, oldest first.
    pub const fn equity(&self) -> &VecDeque<EquityPoint> {
        &self.equity
    }

    /// When the panic latch fell, while it holds.
    pub const fn panicked_at(&self) -> Option<Timestamp> {
        self.panicked_at
    }

    /// Whether the engine took a command in behind this record.
    pub fn has_taken(&self, command: &engine::Command, after: Sequence) -> bool {
        self.commands.iter().any(|(seq, taken)| *seq > after && taken == command)
    }

    /// An order by its number.
    pub fn order(&self, number: OrderNumber) -> Option<&OrderNote> {
        self.orders.iter().rev().find(|order| order.number == number)
    }

    /// An order by its id on the exchange.
    pub fn order_by_id(&self, id: ClientOrderId) -> Option<&OrderNote> {
        let id = id.with_part(Part::Order);
        self.orders.iter().rev().find(|order| order.id == id)
    }

    /// The orders of a trade, oldest first.
    pub fn orders_of(&self, trade: TradeNumber) -> impl Iterator<Item = &OrderNote> {
        self.orders.iter().filter(move |order| order.trade == Some(trade))
    }

    /// Takes in a record that the engine, as it is given, has just folded.
    pub(super) fn fold(&mut self, record: &Record, engine: &Engine) {
        match &record.body {
            Body::Input(Input::Candle { symbol, interval, candle, .. }) => {
                for trader in engine.traders() {
                    let is_its = words::trader(engine, trader)
                        .is_some_and(|it| it.symbol == *symbol && it.interval == *interval);
                    if is_its && trader.candle() == Some(candle) {
                        self.take_candle(engine, trader, candle);
                    }
                }
                self.note_equity(record.at, engine);
            }
            Body::Input(Input::Report { report, .. }) => self.take_report(report),
            Body::Input(Input::Account(Ok(account))) => {
                account.fills.iter().for_each(|report| self.take_report(report));
            }
            Body::Input(Input::Command(command)) => {
                if *command == engine::Command::Panic {
                    self.panicked_at.get_or_insert(record.at);
                }
                if !matches!(command, engine::Command::SetGate(..)) {
                    push(&mut self.commands, (record.seq, command.clone()), Bounds::COMMANDS);
                }
            }
            Body::Input(_) => {}
            Body::Effect(Effect::Submit(order) | Effect::Replace { submit: order, .. }) => {
                self.note_order(record, order, engine);
            }
            Body::Effect(Effect::Notify(alert)) => self.take_alert(alert, engine),
            Body::Effect(_) => {}
        }
        if !engine.is_panicked() {
            self.panicked_at = None;
        }
        self.follow_stops(record.at, engine);
    }

    /// Notes what was decided at a candle, once all that follows from it has been folded.
    pub(super) fn note_decisions(&mut self, cause: &Record, engine: &Engine) {
        let Body::Input(Input::Candle { candle, .. }) = &cause.body else { return };
        for trader in engine.traders() {
            if trader.candle() == Some(candle)
                && let Some(note) = decision_note(cause, engine, trader)
            {
                let model = self.traders.entry(trader.id().0).or_default();
                push(&mut model.decisions, note, Bounds::DECISIONS);
            }
        }
    }

    fn take_candle(&mut self, engine: &Engine, trader: &engine::Trader, candle: &Candle) {
        let ha = engine.explain(trader).and_then(|it| it.heikin_ashi);
        let Some(bar) = bar(candle, ha.as_ref()) else { return };
        let model = self.traders.entry(trader.id().0).or_default();
        if model.bars.back().is_none_or(|last| last.opened_at < bar.opened_at) {
            push(&mut model.bars, bar, Bounds::BARS);
        }
    }

    fn note_equity(&mut self, at: Timestamp, engine: &Engine) {
        let Some(market) = engine.markets().first() else { return };
        let point = EquityPoint { at, equity: engine.equity(market.rules().quote) };
        match self.equity.back_mut() {
            // Several traders have candles that close together.
            Some(last) if last.at == at => *last = point,
            _ => self.equity.push_back(point),
        }
        if self.equity.len() > Bounds::EQUITY {
            let half = self.equity.len() / 2;
            let mut index = 0;
            self.equity.retain(|_| {
                index += 1;
                index > half || index % 2 == 1
            });
        }
    }

    fn take_report(&mut self, report: &OrderReport) {
        if let Some(fill) = report.fill {
            let id = report.state.id.with_part(Part::Order);
            push(&mut self.reported, (id, fill), Bounds::REPORTED);
        }
    }

    fn note_order(&mut self, record: &Record, order: &NewOrder, engine: &Engine) {
        let Some(of) = engine.traders().get(usize::from(order.id.trader().0)) else { return };
        let Some(trader) = words::trader(engine, of) else { return };
        let note = OrderNote {
            number: OrderNumber(record.seq),
            id: order.id,
            cause: record.cause,
            at: record.at,
            trader,
            side: order.terms.side,
            work: words::work(&order.terms.kind),
            quantity: order.terms.quantity.quantity(),
            reason: order.reason,
            trade: of.position().open.as_ref().map(|open| TradeNumber(open.number)),
        };
        push(&mut self.orders, note, Bounds::ORDERS);
    }

    fn take_alert(&mut self, alert: &Alert, engine: &Engine) {
        match alert {
            Alert::Filled { id, side, reason, price, quantity, at, .. } => {
                let id = id.with_part(Part::Order);
                let (fee, fee_asset) = self.commission(id, (*price, *quantity, *at), engine);
                let worth = price.times(*quantity);
                let so_far = self.filled.entry(id).or_insert(FilledSoFar {
                    quantity: Quantity::ZERO,
                    worth: Money::ZERO,
                    fee: Quantity::ZERO,
                    fee_asset,
                });
                so_far.quantity = so_far.quantity.plus(*quantity).unwrap_or(so_far.quantity);
                so_far.worth += worth;
                so_far.fee = so_far.fee.plus(fee).unwrap_or(so_far.fee);
                let Some(trader) = words::trader_by_id(engine, id.trader()) else { return };
                let trade = self.trade_of(id, engine);
                let known = self.orders.iter_mut().rev().find(|order| order.id == id);
                let order = known.map_or(OrderNumber(0), |order| {
                    order.trade = order.trade.or(Some(trade));
                    order.number
                });
                let line = FillLine {
                    at: *at,
                    trader,
                    order,
                    trade,
                    side: *side,
                    price: *price,
                    quantity: *quantity,
                    fee,
                    fee_asset,
                    reason: *reason,
                };
                push(&mut self.fills, line, Bounds::FILLS);
            }
            Alert::TradeClosed(trade) => {
                let of = engine.traders().get(usize::from(trade.trader.0));
                let line = of.and_then(|of| {
                    let trader = words::trader(engine, of)?;
                    words::trade_line(trade, trader, engine.market_of(of)?)
                });
                if let Some(line) = line {
                    push(&mut self.trades, line, Bounds::TRADES);
                }
            }
            Alert::Unprotected { trader, since, .. } => {
                self.traders.entry(trader.0).or_default().unprotected_since = Some(*since);
            }
            Alert::CandleGap { trader, closed, opened } => {
                let of = engine.traders().get(usize::from(trader.0));
                let missed = of.map_or(0, |of| opened.since(*closed).div(of.interval().span()));
                let missed = u32::try_from(missed).unwrap_or(0);
                self.missed_candles = self.missed_candles.saturating_add(missed);
            }
            _ => {}
        }
    }

    /// The commission of a fill that is told: its report came before it.
    fn commission(
        &mut self,
        id: ClientOrderId,
        fill: (Price, Quantity, Timestamp),
        engine: &Engine,
    ) -> (Quantity, Asset) {
        let place = self.reported.iter().position(|(of, reported)| {
            *of == id && (reported.price, reported.quantity, reported.at) == fill
        });
        let reported = place.and_then(|place| self.reported.remove(place));
        reported.map_or_else(
            || {
                let market = engine.market_of_order(id);
                let asset = market.map(|market| market.rules().quote);
                (Quantity::ZERO, asset.unwrap_or_else(no_asset))
            },
            |(_, fill)| (fill.commission, fill.commission_asset),
        )
    }

    /// The trade that an order belongs to: the open one, or the one that it has just closed.
    pub(super) fn trade_of(&self, id: ClientOrderId, engine: &Engine) -> TradeNumber {
        let of = engine.traders().get(usize::from(id.trader().0));
        let open = of.and_then(|of| of.position().open.as_ref());
        let known = self.order_by_id(id).and_then(|order| order.trade);
        let open = open.map(|open| TradeNumber(open.number));
        known.or(open).unwrap_or(TradeNumber(0))
    }

    /// What of an order was told as filled.
    pub(super) fn filled_so_far(&self, id: ClientOrderId) -> Option<FilledSoFar> {
        self.filled.get(&id.with_part(Part::Order)).copied()
    }

    /// Lets go of the sums of orders that have ended.
    pub(super) fn settle(&mut self, engine: &Engine) {
        self.filled.retain(|id, _| engine.order(*id).is_some());
    }

    /// Notes where the stops are, for charts.
    fn follow_stops(&mut self, at: Timestamp, engine: &Engine) {
        for trader in engine.traders() {
            let stop = trader.position().open.as_ref().and_then(|open| open.stop);
            let stop = stop.map(TickPrice::price);
            let model = self.traders.entry(trader.id().0).or_default();
            let standing = model.stops.back_mut().filter(|line| line.to.is_none());
            let known = standing.as_ref().map(|line| line.price);
            if known == stop {
                continue;
            }
            if let Some(line) = standing {
                line.to = Some(at);
            }
            if let Some(price) = stop {
                push(&mut model.stops, ChartLine { from: at, to: None, price }, Bounds::STOPS);
            }
        }
    }

    /// Fills of a trader since a time, to mark in a chart.
    pub fn markers(&self, trader: Trader, since: Timestamp) -> Vec<Marker> {
        let of_it = self.fills.iter().filter(|fill| fill.trader == trader && since <= fill.at);
        of_it.map(|fill| Marker { at: fill.at, side: fill.side, price: fill.price }).collect()
    }

    /// The stop of a position moved: whether and how that is told.
    pub(super) fn stop_moved(
        &mut self,
        id: TraderId,
        (number, to): (u64, Price),
    ) -> Option<(Price, Price)> {
        let model = self.traders.entry(id.0).or_default();
        let before = model.stop_told.replace((number, to));
        match before {
            Some((same, from)) if same == number && from < to => Some((from, to)),
            _ => None,
        }
    }
}

/// A raise of a stop that takes the place of one that was not told yet.
pub fn merged(unsaid: &StopRaised, next: &StopRaised) -> StopRaised {
    StopRaised { from: unsaid.from, times: unsaid.times.saturating_add(next.times), ..next.clone() }
}

fn decision_note(cause: &Record, engine: &Engine, trader: &engine::Trader) -> Option<DecisionNote> {
    let candle = trader.candle()?;
    let seen = engine.explain(trader)?;
    let ha = seen.heikin_ashi?;
    let decided = trader.slot(Slot::Entry).and_then(|slot| slot.decision.as_ref());
    let skipped = match decided {
        Some(Decision { outcome: Outcome::Nothing(skip), .. }) => Some(*skip),
        _ => None,
    };
    let rules = seen.rules.into_iter().map(|it| RuleCheck {
        rule: it.rule,
        passed: it.passed,
        figures: it.figures,
    });
    let quote = engine.market_of(trader)?.rules().quote;
    Some(DecisionNote {
        cause: cause.seq,
        at: cause.at,
        state: words::state(engine.state_of(trader)?),
        values: CandleValues {
            opened_at: candle.open_time(),
            closed_at: candle.close_time(),
            close: candle.close(),
            heikin_ashi: heikin_ashi_bar(&ha),
            average_true_range: seen.average_true_range,
            moving_average: seen.moving_average,
        },
        rules: rules.collect(),
        skipped,
        risk: risk_sentence(engine, quote),
    })
}

/// The risk gate's figures, in one sentence.
pub fn risk_sentence(engine: &Engine, quote: Asset) -> String {
    let (figures, limits) = (engine.risk_figures(quote), engine.limits());
    let most = |limit: Option<String>| limit.unwrap_or_else(|| "no limit".to_owned());
    format!(
        "realized today {} {quote} (loss limit {}), trades today {} (of {}), entries {}",
        figures.realized_today,
        most(limits.max_daily_loss.map(|loss| loss.to_string())),
        figures.trades_today,
        most(limits.max_trades_per_day.map(|count| count.to_string())),
        if engine.entries_off() { "off" } else { "on" },
    )
}

fn bar(candle: &Candle, ha: Option<&HaCandle>) -> Option<Bar> {
    let ha = ha?;
    Some(Bar {
        opened_at: candle.open_time(),
        open: candle.open(),
        high: candle.high(),
        low: candle.low(),
        close: candle.close(),
        volume: candle.volume().floor_quantity(),
        heikin_ashi: heikin_ashi_bar(ha),
    })
}

fn heikin_ashi_bar(ha: &HaCandle) -> HeikinAshiBar {
    HeikinAshiBar { open: ha.open(), high: ha.high(), low: ha.low(), close: ha.close() }
}

fn push<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    list.push_back(item);
    if list.len() > most {
        list.pop_front();
    }
}

#[expect(clippy::expect_used, reason = "a constant, well-formed")]
fn no_asset() -> Asset {
    "NONE".parse().expect("an asset")
}
