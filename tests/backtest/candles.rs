//! Candles made for tests, and the effects that they lead to.

use std::fmt::Write as _;
use std::io::Cursor;

use heikin::analysis::backtest::{Backtest, EffectsHash, MarketName, Observer, Params};
use heikin::analysis::candle_file::CandleFiles;
use heikin_core::engine::Effect;
use heikin_core::market::Candle;
use heikin_core::matching::PointKind;

pub(crate) const HOUR: u64 = 3_600_000;
/// When the first candle opens: 2024-01-01.
pub(crate) const START: u64 = 1_704_067_200_000;

/// Candles of an hour as Binance writes them; each row is its number and four prices.
pub(crate) fn csv(rows: impl IntoIterator<Item = (u64, [String; 4])>) -> String {
    let mut text = String::new();
    for (number, [open, high, low, close]) in rows {
        let (from, to) = (START + number * HOUR, START + (number + 1) * HOUR - 1);
        writeln!(text, "{from},{open},{high},{low},{close},1,{to},0,0,0,0,0").expect("memory");
    }
    text
}

/// A walk in cents, from steps of its open, its highs and lows and its closes.
pub(crate) fn walk(start: i64, moves: &[[i16; 4]]) -> String {
    let cents = |value: i64| format!("{}.{:02}", value / 100, value % 100);
    let mut last = start;
    let rows = moves.iter().enumerate().map(|(number, &[jump, up, down, step])| {
        let open = (last + i64::from(jump)).max(500);
        let close = (open + i64::from(step)).max(500);
        let high = open.max(close) + i64::from(up.unsigned_abs());
        let low = (open.min(close) - i64::from(down.unsigned_abs())).max(400);
        last = close;
        (number as u64, [open, high, low, close].map(cents))
    });
    csv(rows.collect::<Vec<_>>())
}

/// The hash of all effects up to each candle's close.
#[derive(Default)]
pub(crate) struct Hashes {
    all: EffectsHash,
    pub(crate) at_closes: Vec<u64>,
    pub(crate) trades: usize,
}

impl Observer for Hashes {
    fn effect(&mut self, effect: &Effect, at: PointKind) {
        self.all.effect(effect, at);
    }

    fn closed_trade(
        &mut self,
        _: &heikin_core::ledger::Trade,
        _: heikin::analysis::backtest::ExitKind,
    ) {
        self.trades += 1;
    }

    fn candle_closed(&mut self, _: &Candle, _: &Backtest) {
        self.at_closes.push(self.all.value());
    }
}

/// Runs a candle file's text.
pub(crate) fn run(params: &Params, text: String) -> Hashes {
    let mut candles = CandleFiles::from_reader(Cursor::new(text)).expect("good candles");
    let market = MarketName::unknown().expect("a name");
    let mut backtest = Backtest::new(params, market, candles.interval());
    let mut hashes = Hashes::default();
    backtest.run(&mut candles, None, &mut hashes).expect("a whole run");
    hashes
}
