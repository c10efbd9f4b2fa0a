use heikin_core::ledger::OpenPosition;
use heikin_core::num::{Money, Price};
use heikin_core::strategy::TraderState;
use heikin_core::time::Interval;

use super::finer::Finer;
use super::statistics::Figures;
use super::{Backtest, MarketName, Params};
use crate::analysis::candle_file::Summary;

/// All that is known after a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was run.
    pub params: Params,
    /// On which market.
    pub market: MarketName,
    /// On which candles.
    pub data: Summary,
    /// The finer candles, where there were any.
    pub finer: Option<Refinement>,
    /// The figures.
    pub figures: Figures,
    /// What the account has of the quote asset.
    pub quote: Money,
    /// What it has of the base asset.
    pub base: Money,
    /// The trader's state.
    pub state: TraderState,
    /// The position that is open at the end.
    pub open: Option<OpenAtEnd>,
}

/// A position that is still open at the end: marked at the last close, and not counted as a trade.
#[derive(Debug, Clone)]
pub struct OpenAtEnd {
    /// The position.
    pub position: OpenPosition,
    /// What selling it at the last close would bring, net of the commission.
    pub unrealized: Money,
}

/// Finer candles that refined the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refinement {
    /// Their interval.
    pub interval: Interval,
    /// How many candles had all their parts.
    pub refined: u64,
}

impl Outcome {
    /// What a backtest that has come to its end leaves.
    pub fn of(
        backtest: &Backtest,
        figures: Figures,
        data: &Summary,
        finer: Option<&Finer>,
    ) -> Self {
        let params = *backtest.params();
        let close = figures.last.close();
        let position = backtest.trader().map(heikin_core::engine::Trader::position);
        let open = position.and_then(|held| {
            let unrealized = held.unrealized(close, params.fees.taker);
            held.open.clone().map(|position| OpenAtEnd { position, unrealized })
        });
        Self {
            params,
            market: *backtest.market(),
            data: data.clone(),
            finer: finer
                .map(|finer| Refinement { interval: finer.interval(), refined: finer.refined() }),
            figures,
            quote: backtest.quote().total(),
            base: backtest.base().total(),
            state: backtest.state(),
            open,
        }
    }

    /// The last candle's close.
    pub const fn last_close(&self) -> Price {
        self.figures.last.close()
    }

    /// Balance and marked base, exactly.
    pub fn equity(&self) -> Money {
        let marked = self.last_close().times(self.base.floor_quantity());
        self.quote + marked
    }
}
