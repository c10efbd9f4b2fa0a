//! The demo as lines of text: one per event, and a status line now and then.

use std::io::{self, Write};

use super::interrupt::Interrupt;
use super::pace::{Metronome, Speed};
use super::session::Session;
use super::summary;
use super::view::{Event, EventKind, View};
use crate::cli::figures::{money, percent, signed, time};

/// A status line every so many candles.
const STATUS_EVERY: u64 = 24;

/// How long, and how fast.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) candles: Option<u64>,
    pub(super) speed: Speed,
}

impl Course {
    /// Whether it is over after so many candles.
    pub(super) fn is_over(self, candle: u64) -> bool {
        self.candles.is_some_and(|candles| candle >= candles)
    }
}

/// Runs the session to its end or until it is interrupted.
pub(super) fn run(
    (session, view): (&mut Session, &mut View),
    course: Course,
    interrupt: &Interrupt,
    out: &mut impl Write,
) -> io::Result<()> {
    write_heading(view, out)?;
    write_candle(view, out)?;
    let mut metronome = Metronome::new(course.speed);
    while !course.is_over(view.heading.candle) {
        let wait = metronome.wait();
        if !wait.is_zero() {
            // Whoever reads along sees what there is before the wait.
            out.flush()?;
        }
        if interrupt.arrives_within(wait) {
            break;
        }
        view.update(&session.advance().map_err(io::Error::other)?);
        write_candle(view, out)?;
        metronome.tick();
    }
    writeln!(out)?;
    summary::write(view, out)?;
    out.flush()
}

fn write_heading(view: &View, out: &mut impl Write) -> io::Result<()> {
    let heading = &view.heading;
    writeln!(
        out,
        "heikin demo: {} {}, seed {}. A made-up market, no network, no keys, no real money.",
        heading.symbol, heading.interval, heading.seed
    )?;
    writeln!(out, "{:<16}  {:>6}  {:<7}  what", "time (UTC)", "candle", "event")
}

/// What the last candle brought.
fn write_candle(view: &View, out: &mut impl Write) -> io::Result<()> {
    let known = view.events.len().saturating_sub(view.fresh_events);
    for event in view.events.range(known..).filter(|event| is_told(event)) {
        let what = match (event.kind, event.detail.as_str()) {
            (_, "") => event.text.clone(),
            // The order in full says all that the short form says.
            (EventKind::Armed | EventKind::Stop | EventKind::Leaving, detail) => detail.to_owned(),
            (_, detail) => format!("{}; {detail}", event.text),
        };
        let (at, tag) = (time(event.at), event.kind.tag());
        writeln!(out, "{at}  {:>6}  {tag:<7}  {what}", event.candle)?;
    }
    if view.heading.candle.is_multiple_of(STATUS_EVERY) {
        write_status(view, out)?;
    }
    Ok(())
}

/// Raised stops stand in the status lines: there is one at nearly every candle of a rise.
const fn is_told(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Raised)
}

fn write_status(view: &View, out: &mut impl Write) -> io::Result<()> {
    let (heading, totals, figures) = (&view.heading, &view.totals, view.figures);
    let price = heading.price.map_or_else(String::new, |price| figures.price(price));
    write!(
        out,
        "{}  {:>6}  {:<7}  {} at {price}, equity {} ({}), hold {}, realized {}, fees {}",
        time(heading.now),
        heading.candle,
        "status",
        view.state.as_str(),
        money(totals.equity),
        percent(totals.equity - totals.cash_at_start, totals.cash_at_start),
        money(totals.hold),
        signed(totals.realized),
        money(totals.fees),
    )?;
    if let Some(stop) = view.position.and_then(|position| position.stop) {
        write!(out, ", stop {}", figures.price(stop))?;
    }
    writeln!(out)
}
