use std::io::{self, Write};

use super::view::View;
use crate::cli::figures::{money, percent, signed, time};

/// Writes what came of it all.
pub(super) fn write(view: &View, out: &mut impl Write) -> io::Result<()> {
    let (heading, totals, figures) = (&view.heading, &view.totals, view.figures);
    let (quote, base) = (heading.quote, heading.base);
    let change = |amount| percent(amount - totals.cash_at_start, totals.cash_at_start);
    writeln!(
        out,
        "heikin demo: {} candles of {} {}, {} to {} UTC, seed {}",
        heading.candle,
        heading.symbol,
        heading.interval,
        time(heading.began),
        time(heading.now),
        heading.seed,
    )?;
    writeln!(out, "  trades     {:>12}  closed, {} of them won", totals.trades, totals.won)?;
    writeln!(out, "  realized   {:>12}  {quote}, net of fees", signed(totals.realized))?;
    writeln!(out, "  fees       {:>12}  {quote}", money(totals.fees))?;
    let begin = money(totals.cash_at_start);
    writeln!(
        out,
        "  equity     {:>12}  {quote} ({}), began with {begin}",
        money(totals.equity),
        change(totals.equity)
    )?;
    writeln!(
        out,
        "  hold       {:>12}  {quote} ({}), all bought at the first price and kept",
        money(totals.hold),
        change(totals.hold)
    )?;
    match &view.position {
        None => writeln!(out, "  position           none")?,
        Some(position) => writeln!(
            out,
            "  position   {:>12}  {base} at {}, unrealized {} {quote}",
            figures.quantity(position.held),
            position.entry.map_or_else(String::new, |price| figures.price(price)),
            signed(position.unrealized),
        )?,
    }
    for order in &view.orders {
        writeln!(out, "  open order         {}", order.describe(figures, base))?;
    }
    if view.orders.is_empty() {
        writeln!(out, "  open orders        none")?;
    }
    writeln!(
        out,
        "The market is made up from the seed. None of this says anything about returns on a real one."
    )
}
