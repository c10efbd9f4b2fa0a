//! The result in words: above all when it means nothing.

use heikin_core::num::Money;
use heikin_core::order::Skip;
use heikin_core::time::Span;

use super::outcome::Outcome;
use super::statistics::{TradeTotals, round_trip_cost};
use super::words;
use crate::analysis::report::{Level, Verdict};

/// The live gate refuses settings with fewer trades.
const FEWEST_TRADES: u64 = 20;
/// Below this many trades a win rate says little.
const FEW_TRADES: u64 = 100;
/// The live gate refuses settings whose fees are more of the gross profit.
const MOST_FEES: f64 = 0.15;
/// Shorter histories have seen one kind of market.
const SHORT: Span = Span::DAY.times(365);
/// Where more closes than this are without an entry for want of size, the result is of another
/// strategy.
const MANY_TOO_SMALL: f64 = 0.05;
/// More missing candles than this make a series doubtful.
const MANY_MISSING: f64 = 0.01;

/// What the figures mean, the worst first.
pub fn verdicts(outcome: &Outcome) -> Vec<Verdict> {
    let mut verdicts = Verdicts(Vec::new());
    if outcome.figures.trades.count == 0 {
        verdicts.no_trade(outcome);
    } else {
        verdicts.fees(outcome);
        verdicts.luck(outcome);
    }
    verdicts.holding(outcome);
    verdicts.too_small(outcome);
    verdicts.history(outcome);
    verdicts.model(outcome);
    let Verdicts(mut verdicts) = verdicts;
    verdicts.sort_by_key(|verdict| match verdict.level {
        Level::Bad => 0,
        Level::Caution => 1,
        Level::Good => 2,
    });
    verdicts
}

struct Verdicts(Vec<Verdict>);

impl Verdicts {
    fn say(&mut self, level: Level, text: String) {
        self.0.push(Verdict { level, text });
    }

    fn no_trade(&mut self, outcome: &Outcome) {
        let text = if outcome.open.is_some() {
            "No trade was closed: the one position is still open, so nothing is decided.".to_owned()
        } else if let Some((skip, times)) =
            outcome.figures.skips.iter().max_by_key(|(_, times)| *times)
        {
            format!(
                "There was no trade, so this says nothing about the settings. Most often ({} of \
                 {}) no entry was placed because {}.",
                words::count(*times),
                words::counted(outcome.figures.candles, "candle"),
                words::reason(*skip)
            )
        } else {
            "There was no trade, so this says nothing about the settings: no entry was reached."
                .to_owned()
        };
        self.say(Level::Bad, text);
    }

    fn fees(&mut self, outcome: &Outcome) {
        let trades = &outcome.figures.trades;
        let quote = &outcome.market.quote;
        if trades.gross <= Money::ZERO {
            let text = "The trades lose before any fee: no fee level makes these settings work.";
            self.say(Level::Bad, text.to_owned());
            return;
        }
        let share = trades.fee_share().unwrap_or_default();
        let took = format!("Fees took {} of the gross profit", words::percent(share, 0));
        if trades.net <= Money::ZERO {
            self.say(
                Level::Bad,
                format!(
                    "{took}: {} {quote} of gross profit became {} {quote} net. At these fees the \
                     rest of the result is meaningless.",
                    words::signed_amount(trades.gross.to_f64()),
                    words::signed_amount(trades.net.to_f64()),
                ),
            );
        } else if share > MOST_FEES {
            self.say(
                Level::Bad,
                format!("{took}; above 15 % the live gate refuses. {}", edge(trades, outcome)),
            );
        } else {
            let text = format!("Net of fees the trades made money. {took}.");
            self.say(Level::Good, text);
        }
    }

    fn luck(&mut self, outcome: &Outcome) {
        let trades = &outcome.figures.trades;
        if trades.count < FEWEST_TRADES {
            self.say(
                Level::Bad,
                format!(
                    "{} prove nothing: below 20 the result is chance, and the live gate refuses.",
                    words::counted(trades.count, "trade")
                ),
            );
        } else if trades.count < FEW_TRADES {
            self.say(
                Level::Caution,
                format!(
                    "{} are few: a handful more or less would change the picture.",
                    words::counted(trades.count, "trade")
                ),
            );
        }
        let without_best = trades.net - trades.net_of_best();
        if trades.net > Money::ZERO && without_best <= Money::ZERO && trades.count > 3 {
            self.say(
                Level::Caution,
                format!(
                    "3 of {} paid for everything: without them the trades lost {} {}.",
                    words::counted(trades.count, "trade"),
                    words::amount((-without_best).to_f64()),
                    outcome.market.quote
                ),
            );
        }
    }

    fn holding(&mut self, outcome: &Outcome) {
        let figures = &outcome.figures;
        let deepest = figures.deepest.map_or(0.0, |fall| fall.depth);
        let (ours, hold) = (figures.net_return, figures.hold_return);
        let falls = format!(
            "its deepest fall was {}, this one's {}",
            words::percent(figures.hold_drawdown, 0),
            words::percent(deepest, 0)
        );
        let (level, text) = if ours >= hold {
            (Level::Good, "Holding made less in the same time")
        } else if deepest < figures.hold_drawdown && ours > 0.0 {
            (Level::Caution, "Holding made more in the same time, with a deeper fall on the way")
        } else {
            (Level::Bad, "Holding made more in the same time")
        };
        let text = format!(
            "{text}: {} against {}; {falls}.",
            words::signed_percent(hold),
            words::signed_percent(ours)
        );
        self.say(level, text);
    }

    fn too_small(&mut self, outcome: &Outcome) {
        let times = |wanted: Skip| {
            let skips = outcome.figures.skips.iter();
            skips.filter(|(skip, _)| *skip == wanted).map(|(_, times)| times).sum::<u64>()
        };
        let small = times(Skip::BelowMinNotional)
            + times(Skip::QuantityTooSmall)
            + times(Skip::CouldNotLeave);
        if small > 0 {
            let part = share(small, outcome.figures.candles);
            let level = if part > MANY_TOO_SMALL { Level::Bad } else { Level::Caution };
            self.say(
                level,
                format!(
                    "At {} ({}) no entry was placed because the order would have been too small \
                     to place, or to sell again: what the settings do there is not tested.",
                    words::counted(small, "close"),
                    words::percent(part, 1)
                ),
            );
        }
    }

    fn history(&mut self, outcome: &Outcome) {
        let (figures, data) = (&outcome.figures, &outcome.data);
        if figures.elapsed < SHORT {
            self.say(
                Level::Caution,
                format!(
                    "{} are one kind of market, and figures a year are extrapolated. Test on \
                     several years.",
                    words::length(figures.elapsed)
                ),
            );
        }
        let missing = share(data.missing, data.candles.saturating_add(data.missing));
        if data.missing > 0 {
            let level = if missing > MANY_MISSING { Level::Bad } else { Level::Caution };
            self.say(
                level,
                format!(
                    "{} missing in {} ({} of the series): what happened there is not in the \
                     result.",
                    if data.missing == 1 {
                        "1 candle is".to_owned()
                    } else {
                        format!("{} candles are", words::count(data.missing))
                    },
                    words::counted(data.gaps, "gap"),
                    words::percent(missing, 2)
                ),
            );
        }
    }

    fn model(&mut self, outcome: &Outcome) {
        if outcome.params.model.slippage.is_zero() && outcome.figures.trades.count > 0 {
            let text = "Slippage is off: real stops fill worse than this.";
            self.say(Level::Caution, text.to_owned());
        }
    }
}

fn edge(trades: &TradeTotals, outcome: &Outcome) -> String {
    let cost = round_trip_cost(outcome.params.fees.taker);
    format!(
        "A trade gains {} before fees and pays {}.",
        words::fine_percent(trades.edge().unwrap_or_default()),
        words::fine_percent(cost)
    )
}

#[expect(clippy::cast_precision_loss, reason = "counts of candles stay far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
