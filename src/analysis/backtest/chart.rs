//! What a report draws: collected while a backtest runs, in bounded memory.

use std::collections::VecDeque;

use heikin_core::engine::{Effect, Market, Trader};
use heikin_core::ledger::Trade;
use heikin_core::market::{Candle, HeikinAshi, Side};
use heikin_core::matching::PointKind;
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{Order, Slot, SlotState};
use heikin_core::time::Interval;

use super::closed_trade::ExitKind;
use super::run::{Backtest, Observer};
use super::statistics::{Statistics, fees};
use super::trades_csv::at_least;
use super::words::{self, signed_amount};
use crate::analysis::report::{CandlePoint, EquityPoint, Mark, MarkKind, Series, TradeRow};

/// More points than this are merged in pairs: what a browser draws well.
const POINTS: usize = 20_000;
/// More trades than this are not listed; the first ones are left out.
const TRADES: usize = 20_000;

/// Collects what is drawn, beside the statistics, whose equity it draws.
#[derive(Debug)]
pub struct Chart {
    statistics: Statistics,
    heikin_ashi: HeikinAshi,
    /// Candles in one point.
    per_point: usize,
    /// Candles in the last point.
    in_last: usize,
    candles: Vec<CandlePoint>,
    equity: Vec<EquityPoint>,
    trades: VecDeque<(TradeRow, [Mark; 2])>,
    trades_left_out: u64,
    /// Triggers of the orders that work as a candle begins.
    entry_trigger: Option<f64>,
    stop: Option<f64>,
    decimals: (usize, usize),
    interval: Interval,
}

impl Chart {
    /// Before the first candle.
    pub fn new(backtest: &Backtest) -> Self {
        let rules = backtest.engine().markets().first().map(Market::rules);
        let decimals = rules.map(|rules| (rules.price_decimals(), rules.quantity_decimals()));
        Self {
            statistics: Statistics::new(backtest),
            heikin_ashi: HeikinAshi::default(),
            per_point: 1,
            in_last: 0,
            candles: Vec::new(),
            equity: Vec::new(),
            trades: VecDeque::new(),
            trades_left_out: 0,
            entry_trigger: None,
            stop: None,
            decimals: decimals.unwrap_or((8, 8)),
            interval: backtest.interval(),
        }
    }

    /// What was collected.
    pub fn result(self, backtest: &Backtest) -> (Statistics, Series, Vec<TradeRow>) {
        let condensed = self.condensed();
        let mut trades = Vec::with_capacity(self.trades.len());
        let mut marks = Vec::with_capacity(2 * self.trades.len() + 1);
        for (row, both) in self.trades {
            trades.push(row);
            marks.extend(both);
        }
        let open = backtest.trader().and_then(|trader| trader.position().open.as_ref());
        if let Some((open, price)) =
            open.and_then(|open| Some((open, open.cost.price_of(open.bought)?)))
        {
            marks.push(entry(seconds(open.entry_candle.millis()), price.to_f64(), open.number));
        }
        let series = Series { candles: self.candles, marks, equity: self.equity, condensed };
        (self.statistics, series, trades)
    }

    fn condensed(&self) -> Option<String> {
        let merged = (self.per_point > 1).then(|| {
            format!("Each candle drawn is {} candles of {}.", self.per_point, self.interval)
        });
        let left_out = (self.trades_left_out > 0).then(|| {
            let shown = TRADES as u64;
            let all = words::count(self.trades_left_out + shown);
            format!("Of {all} trades the last {} are shown.", words::count(shown))
        });
        let sentences: Vec<String> = [merged, left_out].into_iter().flatten().collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    fn push(&mut self, candle: CandlePoint, equity: EquityPoint) {
        if self.in_last < self.per_point
            && let (Some(point), Some(last)) = (self.candles.last_mut(), self.equity.last_mut())
        {
            self.in_last += 1;
            merge(point, &candle);
            *last = EquityPoint { time: last.time, ..equity };
            return;
        }
        if self.candles.len() >= POINTS {
            self.halve();
        }
        self.in_last = 1;
        self.candles.push(candle);
        self.equity.push(equity);
    }

    /// Merges each two points into one.
    fn halve(&mut self) {
        let merged = |pair: &[CandlePoint]| match pair {
            [a, b] => {
                let mut point = *a;
                merge(&mut point, b);
                Some(point)
            }
            [a] => Some(*a),
            _ => None,
        };
        self.candles = self.candles.chunks(2).filter_map(merged).collect();
        let merged = |pair: &[EquityPoint]| match pair {
            [a, .., b] => Some(EquityPoint { time: a.time, ..*b }),
            [a] => Some(*a),
            [] => None,
        };
        self.equity = self.equity.chunks(2).filter_map(merged).collect();
        self.per_point *= 2;
    }
}

impl Observer for Chart {
    fn begins(&mut self, candle: &Candle, backtest: &Backtest) {
        self.statistics.begins(candle, backtest);
        let trader = backtest.trader();
        self.entry_trigger = trader.and_then(|trader| trigger(trader, Slot::Entry));
        self.stop = trader.and_then(|trader| trigger(trader, Slot::Exit));
    }

    fn effect(&mut self, effect: &Effect, at: PointKind) {
        self.statistics.effect(effect, at);
    }

    fn filled(&mut self, side: Side, price: Price, quantity: Quantity) {
        self.statistics.filled(side, price, quantity);
    }

    fn closed_trade(&mut self, trade: &Trade, kind: ExitKind) {
        self.statistics.closed_trade(trade, kind);
        if self.trades.len() >= TRADES {
            self.trades.pop_front();
            self.trades_left_out += 1;
        }
        let row = row(trade, kind, (self.decimals, self.interval));
        let marks = marks(trade, kind);
        self.trades.push_back((row, marks));
    }

    fn candle_closed(&mut self, candle: &Candle, backtest: &Backtest) {
        self.statistics.candle_closed(candle, backtest);
        let ha = self.heikin_ashi.update(candle);
        let time = seconds(candle.open_time().millis());
        // A stop that began to work within the candle is drawn from there.
        let stop = self.stop.or_else(|| trigger(backtest.trader()?, Slot::Exit));
        let point = CandlePoint {
            time,
            open: candle.open().to_f64(),
            high: candle.high().to_f64(),
            low: candle.low().to_f64(),
            close: candle.close().to_f64(),
            ha_open: ha.open().to_f64(),
            ha_high: ha.high().to_f64(),
            ha_low: ha.low().to_f64(),
            ha_close: ha.close().to_f64(),
            entry_trigger: self.entry_trigger,
            stop,
        };
        let equity = EquityPoint {
            time,
            equity: self.statistics.equity(),
            hold: self.statistics.hold(),
            drawdown: -100.0 * self.statistics.drawdown(),
        };
        self.push(point, equity);
    }
}

/// The stop price of the order that works in a slot.
fn trigger(trader: &Trader, slot: Slot) -> Option<f64> {
    let order = trader
        .slot(slot)
        .and_then(SlotState::current)
        .filter(|order: &&Order| order.is_live() && order.working_since.is_none())?;
    order.terms.kind.trigger().map(|trigger| trigger.price().to_f64())
}

/// Takes the next candle into a point.
fn merge(point: &mut CandlePoint, next: &CandlePoint) {
    point.high = point.high.max(next.high);
    point.low = point.low.min(next.low);
    point.close = next.close;
    point.ha_high = point.ha_high.max(next.ha_high);
    point.ha_low = point.ha_low.min(next.ha_low);
    point.ha_close = next.ha_close;
    point.entry_trigger = next.entry_trigger.or(point.entry_trigger);
    point.stop = next.stop.or(point.stop);
}

fn entry(time: i64, price: f64, trade: u64) -> Mark {
    Mark { time, kind: MarkKind::Entry, label: "entry".to_owned(), price, net: None, trade }
}

/// The entry and the exit, each on the candle that it belongs to.
fn marks(trade: &Trade, kind: ExitKind) -> [Mark; 2] {
    let price = |price: Option<Price>| price.map_or(0.0, Price::to_f64);
    [
        entry(seconds(trade.entry_candle.millis()), price(trade.entry_price()), trade.number),
        Mark {
            time: seconds(trade.exit_candle.millis()),
            kind: MarkKind::Exit,
            label: kind.to_string(),
            price: price(trade.exit_price()),
            net: Some(trade.net_quote().to_f64()),
            trade: trade.number,
        },
    ]
}

fn row(
    trade: &Trade,
    kind: ExitKind,
    ((price_decimals, quantity_decimals), interval): ((usize, usize), Interval),
) -> TradeRow {
    let price = |price: Option<Price>| {
        price.map_or_else(words::none, |price| at_least(price_decimals, &price))
    };
    let net = trade.net_quote().to_f64();
    let held = trade.exit_candle.since(trade.entry_candle).div(interval.span());
    TradeRow {
        n: trade.number,
        entry_time: seconds(trade.entry_candle.millis()),
        exit_time: seconds(trade.exit_candle.millis()),
        entry_price: price(trade.entry_price()),
        exit_price: price(trade.exit_price()),
        quantity: at_least(quantity_decimals, &trade.sold),
        net: signed_amount(net),
        fee: words::amount(fees(trade).to_f64()),
        kind: kind.to_string(),
        net_value: net,
        bars: held.unsigned_abs(),
    }
}

const fn seconds(millis: i64) -> i64 {
    millis.div_euclid(1_000)
}
