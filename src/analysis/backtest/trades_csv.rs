//! The list of trades as a CSV file, in exact decimals.

use std::io;

use heikin_core::ledger::Trade;

use super::Params;
use super::closed_trade::ExitKind;
use super::run::Observer;

const COLUMNS: [&str; 17] = [
    "n",
    "entry_candle",
    "entry_price",
    "entry_quantity",
    "entry_commission_base",
    "exit_candle",
    "exit_price",
    "exit_quantity",
    "exit_commission_quote",
    "net_quote",
    "quote_after",
    "base_dust_after",
    "exit_kind",
    "entry_time",
    "exit_time",
    "gross_quote",
    "net_pct",
];

/// Writes each trade as it is closed.
///
/// Prices have at least the decimals of the tick, quantities those of the step, everything else
/// eight; all have as many as they need. Times are milliseconds since 1970: `entry_candle` and
/// `exit_candle` are the opening times of the candles that the fills belong to, `entry_time` and
/// `exit_time` when on the path they happened.
#[derive(Debug)]
pub struct TradesCsv<W: io::Write> {
    out: csv::Writer<W>,
    price_decimals: usize,
    quantity_decimals: usize,
    /// The first error; nothing is written after it.
    failure: Option<csv::Error>,
}

impl<W: io::Write> TradesCsv<W> {
    /// Writes the header.
    pub fn new(params: &Params, out: W) -> Self {
        let mut out = csv::Writer::from_writer(out);
        let failure = out.write_record(COLUMNS).err();
        Self {
            out,
            price_decimals: decimals(&params.tick),
            quantity_decimals: decimals(&params.step),
            failure,
        }
    }

    /// Everything that was written has left.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(error) = self.failure {
            return Err(error.into());
        }
        self.out.flush()
    }

    fn row(&mut self, trade: &Trade, kind: ExitKind) -> Result<(), csv::Error> {
        let price = |price: Option<_>| {
            price.map_or_else(String::new, |price| at_least(self.price_decimals, &price))
        };
        let quantity = |quantity| at_least(self.quantity_decimals, &quantity);
        self.out.write_record([
            trade.number.to_string(),
            trade.entry_candle.millis().to_string(),
            price(trade.entry_price()),
            quantity(trade.bought),
            at_least(8, &trade.entry_fees.base),
            trade.exit_candle.millis().to_string(),
            price(trade.exit_price()),
            quantity(trade.sold),
            at_least(8, &trade.exit_fees.quote),
            at_least(8, &trade.net_quote()),
            at_least(8, &trade.quote_after),
            at_least(8, &trade.dust_after),
            kind.as_str().to_owned(),
            trade.entered_at.millis().to_string(),
            trade.exited_at.millis().to_string(),
            at_least(8, &trade.gross_quote()),
            format!("{:.4}", 100.0 * trade.net_quote().to_f64() / trade.cost.to_f64()),
        ])
    }
}

impl<W: io::Write> Observer for TradesCsv<W> {
    fn closed_trade(&mut self, trade: &Trade, kind: ExitKind) {
        if self.failure.is_none() {
            self.failure = self.row(trade, kind).err();
        }
    }
}

/// How many decimals a number is written with.
fn decimals(number: &impl ToString) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// A number with as many decimals as it needs, but at least so many.
pub(super) fn at_least(least: usize, number: &impl ToString) -> String {
    let mut text = number.to_string();
    let have = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if have < least {
        if have == 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', least - have));
    }
    text
}
