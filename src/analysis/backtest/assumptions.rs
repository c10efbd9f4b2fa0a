//! Every assumption of a run, one sentence each. What the fill model does is in
//! `heikin_core::matching`; the two change together.

use heikin_core::num::Rate;
use heikin_core::strategy::{LastResort, Patience};

use super::outcome::Outcome;
use super::words;

/// The assumptions, the weightiest first.
pub fn assumptions(outcome: &Outcome) -> Vec<String> {
    let mut all = vec![path(outcome)];
    all.extend(fills(outcome));
    all.push(rescue(outcome));
    all.push(gaps(outcome));
    all.extend(
        [
            "Fees are taken in the asset received and rounded up at the 8th decimal.",
            "An entry order works for one candle. One that is through already at the close fills \
             there if its limit allows.",
            "A position that is open at the end is marked at the last close and is not counted as \
             a trade.",
            "Inside a candle the order of prices is a guess: results of stops tighter than a \
             candle's range need finer data.",
            "Ratios are of daily changes of equity, over 365 days a year, with a risk-free rate of \
             zero; drawdowns are of equity at closes.",
            "Holding buys for all cash at the first open, pays the fee, and is marked at the last \
             close.",
        ]
        .map(str::to_owned),
    );
    all
}

fn path(outcome: &Outcome) -> String {
    let walk = "the price walks from the open to the nearer extreme, to the other one, to the \
                close; between candles it jumps, and orders see only the open";
    match outcome.finer {
        None => format!("Inside a candle {walk}."),
        Some(finer) => format!(
            "{} of {} are walked along their {} candles, the rest as they are; inside each {walk}.",
            words::count(finer.refined),
            words::counted(outcome.figures.candles, "candle"),
            finer.interval
        ),
    }
}

fn fills(outcome: &Outcome) -> Vec<String> {
    let model = &outcome.params.model;
    let mut all = Vec::new();
    all.push(match model.participation {
        None => "Fills are complete: the market takes whatever an order offers, and there is no \
                 queue."
            .to_owned(),
        Some(share) => format!(
            "Fills are partial: each quarter of a candle's path gives at most {} % of a quarter of \
             its volume.",
            share.percent()
        ),
    });
    all.push(if model.latency.millis() == 0 {
        "There is no latency: orders are at the exchange at the moment of the decision.".to_owned()
    } else {
        format!("Every request takes {} ms to the exchange.", model.latency.millis())
    });
    all.push(if model.slippage == Rate::ZERO {
        "There is no slippage: a stop on the walk fills at its trigger.".to_owned()
    } else {
        format!(
            "A stop on the walk, a rescue, an exit at the close and a market order lose {} %, \
             rounded to the tick, never beyond their limit; fills at an open or of a resting order \
             lose none.",
            model.slippage.percent()
        )
    });
    all
}

fn rescue(outcome: &Outcome) -> String {
    let exit = &outcome.params.settings.exit;
    let when = match exit.rescue_after {
        Patience::CandleClose => "at the candle's close, not after seconds as live".to_owned(),
        Patience::For(span) => format!(
            "after {} s, with the legs of the path spread evenly over the candle",
            span.millis() / 1_000
        ),
    };
    let floor = exit.max_slippage.percent();
    let end = match exit.last_resort {
        LastResort::Hold => "rests there",
        LastResort::Market => "is sold at market, at the next price",
    };
    format!("A stop that was jumped over is rescued {when}; {floor} % below its trigger it {end}.")
}

fn gaps(outcome: &Outcome) -> String {
    let bridged = "Heikin-Ashi, ATR and moving average continue from the last candle, orders stay \
                   and meet the open after the gap, and waiting counts candles, not hours";
    match outcome.data.gaps {
        0 => format!(
            "There are no gaps in the candles. Where there are, they are bridged: {bridged}."
        ),
        gaps => format!(
            "{} bridged: {bridged}.",
            match gaps {
                1 => "The gap is".to_owned(),
                gaps => format!("The {} gaps are", words::count(gaps)),
            }
        ),
    }
}
