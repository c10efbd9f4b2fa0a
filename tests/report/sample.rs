//! A made-up market and a made-up trader, enough like the real ones that the page can be judged
//! by eye: trends, calm and storms, a trailing stop, winners and losers, fees.

use heikin::analysis::report::{
    CandlePoint, EquityPoint, Mark, MarkKind, Report, Series, TradeRow, YearRow,
};
use jiff::{Timestamp, tz::TimeZone};

use super::words;

const START: i64 = 1_609_459_200; // 2021-01-01
const CASH: f64 = 10_000.0;
const FEE: f64 = 0.001;

/// How long the sample is and how it trades.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) candles: u32,
    pub(crate) seconds: i64,
    /// How far the stop trails, in average ranges: small values make many trades.
    pub(crate) looseness: f64,
}

/// The whole report.
pub(crate) fn report(shape: Shape) -> Report {
    let mut trader = Trader::new(shape);
    for n in 0..shape.candles {
        trader.candle(START + i64::from(n) * shape.seconds);
    }
    let months = months(&trader.series.equity);
    let end = trader.series.equity.last().map_or(CASH, |point| point.equity);
    Report {
        title: "BTCUSDT 12h".to_owned(),
        subtitle: format!(
            "Heikin-Ashi, {} made-up candles from 2021-01-01, 10,000.00 USDT at the start",
            shape.candles
        ),
        generated_by: "heikin 0.1.0".to_owned(),
        verdicts: words::verdicts(),
        groups: words::groups(end, trader.trades.len()),
        settings: words::settings(),
        assumptions: words::assumptions(),
        months,
        trades: trader.trades,
        series: trader.series,
        price_decimals: 2,
        quote_asset: "USDT".to_owned(),
        base_asset: "BTC".to_owned(),
    }
}

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    /// Between 0 and 1.
    fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }

    /// Between −1 and 1, mostly near 0.
    fn bell(&mut self) -> f64 {
        (self.share() + self.share() + self.share() + self.share()) / 2.0 - 1.0
    }
}

struct Position {
    time: i64,
    price: f64,
    quantity: f64,
    bars: u64,
}

struct Trader {
    shape: Shape,
    dice: Dice,
    series: Series,
    trades: Vec<TradeRow>,
    drift: f64,
    storm: f64,
    /// How much of a 12h candle one of these is, in volatility.
    scale: f64,
    range: f64,
    cash: f64,
    peak: f64,
    position: Option<Position>,
}

impl Trader {
    fn new(shape: Shape) -> Self {
        let hours = u32::try_from(shape.seconds).map_or(12.0, f64::from) / 3_600.0;
        let scale = (hours / 12.0).sqrt();
        Self {
            shape,
            dice: Dice(42),
            series: Series::default(),
            trades: Vec::new(),
            drift: 0.0,
            storm: 0.01,
            scale,
            range: 600.0 * scale,
            cash: CASH,
            peak: CASH,
            position: None,
        }
    }

    fn candle(&mut self, time: i64) {
        let mut candle = self.market(time);
        if let Some(last) = self.series.candles.last().copied() {
            if self.position.is_some() {
                let stop = last.ha_low - self.shape.looseness * self.range;
                candle.stop = Some(last.stop.map_or(stop, |before| before.max(stop)));
            } else if last.stop.is_none() {
                candle.entry_trigger = Some(last.ha_high + 0.3 * self.shape.looseness * self.range);
            }
        }
        match (candle.entry_trigger, candle.stop) {
            (Some(trigger), _) if candle.high >= trigger => {
                self.enter(time, trigger.max(candle.open));
            }
            (_, Some(stop)) if candle.low <= stop => {
                let (price, kind) =
                    if candle.open < stop { (candle.open, "gap") } else { (stop, "stop") };
                self.leave(time, price, kind);
            }
            (_, Some(_)) if candle.ha_close < candle.ha_open && self.dice.share() < 0.3 => {
                self.leave(time, candle.close, "red");
            }
            _ => {}
        }
        self.mark_to_market(candle);
    }

    fn market(&mut self, time: i64) -> CandlePoint {
        if self.dice.share() < 0.02 {
            self.drift = self.scale * (self.dice.bell() * 0.008 + 0.0004);
            self.storm = self.scale * (0.006 + 0.02 * self.dice.share());
        }
        let last = self.series.candles.last().copied();
        let open = last.map_or(29_000.0, |candle| candle.close);
        let close = open * (1.0 + self.drift + self.dice.bell() * self.storm * 2.0);
        let high = open.max(close) * (1.0 + self.dice.share() * self.storm * 0.7);
        let low = open.min(close) * (1.0 - self.dice.share() * self.storm * 0.7);
        let ha_close = (open + high + low + close) / 4.0;
        let ha_open = last.map_or(open, |candle| f64::midpoint(candle.ha_open, candle.ha_close));
        self.range += (high - low - self.range) / 14.0;
        CandlePoint {
            time,
            open,
            high,
            low,
            close,
            ha_open,
            ha_high: high.max(ha_open).max(ha_close),
            ha_low: low.min(ha_open).min(ha_close),
            ha_close,
            entry_trigger: None,
            stop: None,
        }
    }

    fn next_trade(&self) -> u64 {
        self.trades.last().map_or(1, |trade| trade.n + 1)
    }

    fn enter(&mut self, time: i64, price: f64) {
        let quantity = self.cash / price;
        self.cash = 0.0;
        self.position = Some(Position { time, price, quantity, bars: 0 });
        let (kind, trade) = (MarkKind::Entry, self.next_trade());
        self.series.marks.push(Mark {
            time,
            kind,
            label: "entry".to_owned(),
            price,
            net: None,
            trade,
        });
    }

    fn leave(&mut self, time: i64, price: f64, kind: &str) {
        let Some(Position { time: entry_time, price: entry_price, quantity, bars }) =
            self.position.take()
        else {
            return;
        };
        let fee = quantity * (entry_price + price) * FEE;
        self.cash = quantity * price - fee;
        let net = self.cash - quantity * entry_price;
        let n = self.next_trade();
        self.series.marks.push(Mark {
            time,
            kind: MarkKind::Exit,
            label: kind.to_owned(),
            price,
            net: Some(net),
            trade: n,
        });
        self.trades.push(TradeRow {
            n,
            entry_time,
            exit_time: time,
            entry_price: grouped(entry_price),
            exit_price: grouped(price),
            quantity: format!("{quantity:.5}"),
            net: format!("{}{}", if net < 0.0 { "-" } else { "+" }, grouped(net.abs())),
            fee: grouped(fee),
            kind: kind.to_owned(),
            net_value: net,
            bars,
        });
    }

    fn mark_to_market(&mut self, candle: CandlePoint) {
        self.series.candles.push(candle);
        let first = self.series.candles[0].open;
        let held = self.position.as_mut().map_or(0.0, |position| {
            position.bars += 1;
            position.quantity * candle.close
        });
        let equity = self.cash + held;
        self.peak = self.peak.max(equity);
        self.series.equity.push(EquityPoint {
            time: candle.time,
            equity,
            hold: CASH * candle.close / first,
            drawdown: 100.0 * (equity / self.peak - 1.0),
        });
    }
}

/// `12345.6` as `12,345.60`.
pub(crate) fn grouped(value: f64) -> String {
    let text = format!("{value:.2}");
    let (whole, rest) = text.split_at(text.len() - 3);
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

fn months(equity: &[EquityPoint]) -> Vec<YearRow> {
    let mut rows: Vec<YearRow> = Vec::new();
    let (mut month_start, mut year_start, mut last) = (CASH, CASH, CASH);
    let mut current = None;
    for point in equity {
        let date = Timestamp::from_second(point.time).unwrap().to_zoned(TimeZone::UTC).date();
        let month = usize::try_from(date.month() - 1).unwrap();
        if rows.last().is_none_or(|row| row.year != i32::from(date.year())) {
            year_start = last;
            rows.push(YearRow { year: date.year().into(), months: [None; 12], total: 0.0 });
        }
        if current.replace(month) != Some(month) {
            month_start = last;
        }
        last = point.equity;
        let row = rows.last_mut().unwrap();
        row.months[month] = Some(100.0 * (last / month_start - 1.0));
        row.total = 100.0 * (last / year_start - 1.0);
    }
    rows
}
