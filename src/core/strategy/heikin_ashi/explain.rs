//! The rules of an entry one by one, as `entry` checks them.

use super::HeikinAshiStrategy;
use crate::market::{Candle, HaCandle, MovingAverage};
use crate::num::{FinePrice, Rate};
use crate::strategy::{Explanation, RuleOutcome, View};

impl HeikinAshiStrategy {
    pub(super) fn explanation(&self, view: &View<'_>) -> Explanation {
        let rules = match (view.candle, self.indicators.candle) {
            (Some(candle), Some(ha)) => self.rules(view, candle, &ha),
            _ => vec![rule("a candle has closed", false, "none yet")],
        };
        Explanation {
            heikin_ashi: self.indicators.candle,
            average_true_range: self.atr().and_then(FinePrice::round),
            moving_average: self.indicators.average.as_ref().and_then(MovingAverage::mean),
            rules,
        }
    }

    fn rules(&self, view: &View<'_>, candle: &Candle, ha: &HaCandle) -> Vec<RuleOutcome> {
        let (settings, entry) = (&self.settings, &self.settings.entry);
        let mut rules = Vec::new();
        if settings.warmup > 0 {
            let figures = format!("{} of {}", view.closed, settings.warmup);
            rules.push(rule("enough candles", view.closed >= settings.warmup, figures));
        }
        let figures = if view.fresh { "it is" } else { "older ones are being caught up with" };
        rules.push(rule("the candle is the newest", view.fresh, figures));
        if self.indicators.atr.is_some() {
            let figures = self
                .atr()
                .and_then(FinePrice::round)
                .map_or_else(|| "needs more candles".to_owned(), |atr| atr.to_string());
            rules.push(rule("average true range known", self.atr().is_some(), figures));
        }
        if let Some(average) = &self.indicators.average {
            let close = candle.close();
            let figures = match (average.mean(), average.is_below(close)) {
                (Some(mean), Some(true)) => format!("{close} > {mean}"),
                (Some(mean), _) => format!("{close} ≤ {mean}"),
                (None, _) => "needs more candles".to_owned(),
            };
            let name = format!("close above MA({})", average.period());
            rules.push(rule(name, average.is_below(close) == Some(true), figures));
        }
        if entry.green_only {
            let sign = if ha.is_green() { ">" } else { "≤" };
            let figures = format!("{} {sign} {}", ha.close(), ha.open());
            rules.push(rule("Heikin-Ashi candle green", ha.is_green(), figures));
        }
        if !entry.min_body.is_zero() {
            let body = i128::from(ha.close().distance(ha.open()).units());
            let least = i128::from(ha.open().units()) * i128::from(entry.min_body.units());
            let passed = body * i128::from(Rate::ONE.units()) >= least;
            let figures = format!("{} on {}", ha.close().distance(ha.open()), ha.open());
            rules.push(rule(
                format!("body at least {} %", entry.min_body.percent()),
                passed,
                figures,
            ));
        }
        if entry.no_lower_wick {
            let body = ha.open().min(ha.close());
            let figures = format!("low {}, body from {body}", ha.low());
            rules.push(rule("no lower wick", ha.low() >= body, figures));
        }
        rules
    }
}

fn rule(rule: impl Into<String>, passed: bool, figures: impl Into<String>) -> RuleOutcome {
    RuleOutcome { rule: rule.into(), passed, figures: figures.into() }
}
