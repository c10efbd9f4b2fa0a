//! The rules of an entry one by one, as `entry` checks them.

use super::HeikinAshiStrategy;
use crate::market::{Candle, HaCandle, MovingAverage};
use crate::num::{FinePrice, Price, Rate};
use crate::strategy::{Explanation, RuleOutcome, View};

impl HeikinAshiStrategy {
    pub(super) fn explanation(&self, view: &View<'_>) -> Explanation {
        let rules = match (view.candle, self.indicators.candle) {
            (Some(candle), Some(ha)) => self.rules(view, candle, &ha),
            _ => vec![RuleOutcome {
                rule: "a candle has closed".to_owned(),
                passed: false,
                figures: "none yet".to_owned(),
            }],
        };
        Explanation {
            heikin_ashi: self.indicators.candle,
            average_true_range: self.atr().and_then(FinePrice::round),
            moving_average: self.indicators.average.as_ref().and_then(MovingAverage::mean),
            floor: self.floor(view),
            rules,
        }
    }

    /// `floor_tick(trigger × (1 − max_slippage))` of the open position's stop.
    fn floor(&self, view: &View<'_>) -> Option<Price> {
        let stop = view.position.open.as_ref()?.stop?;
        self.settings.exit.max_slippage.below(stop.price(), view.rules.tick)
    }

    fn rules(&self, view: &View<'_>, candle: &Candle, ha: &HaCandle) -> Vec<RuleOutcome> {
        let (settings, entry) = (&self.settings, &self.settings.entry);
        let mut rules = Vec::new();
        if settings.warmup > 0 {
            let passed = view.closed >= settings.warmup;
            let figures = format!("{} of {}", view.closed, settings.warmup);
            rules.push(RuleOutcome { rule: "enough candles".to_owned(), passed, figures });
        }
        let figures = if view.fresh { "it is" } else { "older ones are being caught up with" };
        rules.push(RuleOutcome {
            rule: "the candle is the newest".to_owned(),
            passed: view.fresh,
            figures: figures.to_owned(),
        });
        if self.indicators.atr.is_some() {
            let atr = self.atr().and_then(FinePrice::round);
            rules.push(RuleOutcome {
                rule: "average true range known".to_owned(),
                passed: self.atr().is_some(),
                figures: atr.map_or_else(|| MORE.to_owned(), |atr| atr.to_string()),
            });
        }
        rules.extend(self.indicators.average.as_ref().map(|average| trend(average, candle)));
        if entry.green_only {
            let sign = if ha.is_green() { ">" } else { "≤" };
            rules.push(RuleOutcome {
                rule: "Heikin-Ashi candle green".to_owned(),
                passed: ha.is_green(),
                figures: format!("{} {sign} {}", ha.close(), ha.open()),
            });
        }
        if !entry.min_body.is_zero() {
            let body = i128::from(ha.close().distance(ha.open()).units());
            let least = i128::from(ha.open().units()) * i128::from(entry.min_body.units());
            rules.push(RuleOutcome {
                rule: format!("body at least {} %", entry.min_body.percent()),
                passed: body * i128::from(Rate::ONE.units()) >= least,
                figures: format!("{} on {}", ha.close().distance(ha.open()), ha.open()),
            });
        }
        if entry.no_lower_wick {
            let body = ha.open().min(ha.close());
            rules.push(RuleOutcome {
                rule: "no lower wick".to_owned(),
                passed: ha.low() >= body,
                figures: format!("low {}, body from {body}", ha.low()),
            });
        }
        rules
    }
}

const MORE: &str = "needs more candles";

fn trend(average: &MovingAverage, candle: &Candle) -> RuleOutcome {
    let close = candle.close();
    let is_below = average.is_below(close);
    let figures = match average.mean() {
        Some(mean) if is_below == Some(true) => format!("{close} > {mean}"),
        Some(mean) => format!("{close} ≤ {mean}"),
        None => MORE.to_owned(),
    };
    let rule = format!("close above MA({})", average.period());
    RuleOutcome { rule, passed: is_below == Some(true), figures }
}
