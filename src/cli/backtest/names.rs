//! Whether all candles are of one market, as far as their files' names tell.

use std::path::PathBuf;

use super::Arguments;
use crate::analysis::backtest::{MarketName, Params};
use crate::analysis::candle_file::candle_paths;
use crate::cli::failure::Failure;
use crate::cli::tell::warn;

/// Candles of two symbols would be traded as one series, and those of another symbol than the
/// parameters' as that one.
pub(super) fn check(arguments: &Arguments, params: &Params) -> Result<(), Failure> {
    let mut paths = candle_paths(&arguments.candles).map_err(Failure::bad_input)?;
    if !arguments.finer.is_empty() {
        paths.extend(candle_paths(&arguments.finer).map_err(Failure::bad_input)?);
    }
    let named = |path: &PathBuf| Some((path.clone(), MarketName::certain(path)?.symbol));
    let mut named = paths.iter().filter_map(named);
    let Some((first, symbol)) = named.next() else { return Ok(()) };
    if let Some((other, another)) = named.find(|(_, another)| *another != symbol) {
        return Err(Failure::bad_input(format!(
            "by their names, {} has candles of {symbol}, and {} of {another}. A backtest is of one \
             symbol, and nothing was run: give the files of one, or rename what is misnamed.",
            first.display(),
            other.display()
        )));
    }
    if let Some(told) = params.symbol.filter(|told| *told != symbol) {
        // A name proves nothing: the run goes on.
        warn(&format!(
            "the parameters are of {told}, but by its name {} has candles of {symbol}: what follows is \
             told of {told}. Give candles of {told}; or write \"symbol\": \"{symbol}\", with its tick, \
             step and min_notional, into the parameters",
            first.display()
        ));
    }
    Ok(())
}
