//! The result of a backtest as one self-contained HTML file.
//!
//! Promise: the file needs nothing but itself. Style, scripts, the chart library and every number
//! are inside it, and a content security policy in its head forbids the browser to fetch anything,
//! so it opens from a disk, a mail or an archive, years from now, and tells nobody that it did.
//! Every text is escaped for the place it stands in; none of it can become markup or script.
//!
//! Absent here: the engine and money. What arrives is plain data, already decided and, where
//! people read it, already formatted; `f64` is for pixels and colours.

mod assets;
mod data;
mod escape;
mod months;
mod page;
mod payload;
mod timeline;

#[cfg(test)]
mod tests;

pub use data::{
    CandlePoint, EquityPoint, Level, Mark, MarkKind, Metric, MetricGroup, Report, Series, TradeRow,
    Verdict, YearRow,
};

use std::io;

/// Writes `report` as one HTML page, in one pass.
///
/// # Errors
///
/// Whatever `out` answers to a write.
pub fn write(report: &Report, out: impl io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    page::write(report, &mut out)?;
    io::Write::flush(&mut out)
}
