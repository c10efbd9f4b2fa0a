//! Heikin-Ashi candles, one per column, in half rows; the levels of working orders; a price axis.

use heikin_core::num::Price;
use heikin_core::order::Side;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::view::{ChartCandle, View};
use super::Palette;

/// Columns of the axis: a price and what it is.
const AXIS_WIDTH: u16 = 16;
/// A price every so many rows.
const ROWS_PER_LABEL: u16 = 4;

/// Which prices the rows stand for. Floating point: this is drawing.
#[derive(Debug, Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    rows: u16,
}

impl Scale {
    fn new(candles: &[&ChartCandle], levels: &[Price], rows: u16) -> Option<Self> {
        let first = candles.first()?;
        let (mut low, mut high) = (first.ha.low().to_f64(), first.ha.high().to_f64());
        for candle in candles {
            low = low.min(candle.ha.low().to_f64());
            high = high.max(candle.ha.high().to_f64());
        }
        for level in levels {
            low = low.min(level.to_f64());
            high = high.max(level.to_f64());
        }
        // Half a row of air on both sides; a market that stands still has some extent, too.
        let air = ((high - low) / f64::from(rows.max(2)) / 2.0).max(high * 1e-5);
        Some(Self { low: low - air, high: high + air, rows })
    }

    /// How many half rows a price is above the bottom.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to rows")]
    fn half(self, price: f64) -> u16 {
        let halves = f64::from(self.rows) * 2.0;
        let share = (price - self.low) / (self.high - self.low);
        (share * halves).round().clamp(0.0, halves) as u16
    }

    /// The row of a price, counted from the top.
    fn row(self, price: Price) -> u16 {
        let half = self.half(price.to_f64()).saturating_sub(1).min(self.rows * 2 - 1);
        self.rows - 1 - half / 2
    }

    /// The price in the middle of a row.
    fn price(self, row: u16) -> f64 {
        let share = (f64::from(self.rows - row) - 0.5) / f64::from(self.rows);
        self.low + (self.high - self.low) * share
    }
}

/// Draws the chart, its newest candle at the right.
pub(super) fn draw(view: &View, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let columns = area.width.saturating_sub(AXIS_WIDTH);
    if columns == 0 || area.height == 0 {
        return;
    }
    let hidden = view.candles.len().saturating_sub(usize::from(columns));
    let candles: Vec<&ChartCandle> = view.candles.iter().skip(hidden).collect();
    let levels: Vec<Price> = view.orders.iter().filter_map(|order| order.trigger).collect();
    let Some(scale) = Scale::new(&candles, &levels, area.height) else { return };
    for (x, candle) in (area.x..).zip(&candles) {
        draw_levels(candle, (scale, palette), (x, area.y), buffer);
        draw_candle(candle, (scale, palette), (x, area.y), buffer);
        draw_marks(candle, scale, (x, area.y), buffer);
    }
    draw_axis(view, (scale, palette), (area.x + columns, area.y), buffer);
}

fn put(buffer: &mut Buffer, (x, y): (u16, u16), symbol: &str, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

fn draw_levels(
    candle: &ChartCandle,
    (scale, palette): (Scale, Palette),
    (x, y): (u16, u16),
    buffer: &mut Buffer,
) {
    for (level, symbol) in [(candle.entry, "┈"), (candle.stop, "╌")] {
        if let Some(level) = level {
            put(buffer, (x, y + scale.row(level)), symbol, palette.waiting());
        }
    }
}

fn draw_candle(
    candle: &ChartCandle,
    (scale, palette): (Scale, Palette),
    (x, y): (u16, u16),
    buffer: &mut Buffer,
) {
    let half = |price: Price| scale.half(price.to_f64());
    let (open, close) = (half(candle.ha.open()), half(candle.ha.close()));
    // At least half a row of body, and no wick shorter than the body.
    let bottom = open.min(close).min(scale.rows * 2 - 1);
    let top = open.max(close).max(bottom + 1);
    let (low, high) = (half(candle.ha.low()).min(bottom), half(candle.ha.high()).max(top));
    let red = candle.ha.is_red();
    let style = if red { palette.down() } else { palette.up() };
    // Without colours a falling body is a broken line.
    let body = if red && palette == Palette::Plain { "╏" } else { "┃" };
    let part = |half: u16| match half {
        _ if (bottom..top).contains(&half) => Part::Body,
        _ if (low..high).contains(&half) => Part::Wick,
        _ => Part::None,
    };
    for row in 0..scale.rows {
        let lower = (scale.rows - 1 - row) * 2;
        let symbol = match (part(lower + 1), part(lower)) {
            (Part::Body, Part::Body) => body,
            (Part::Body, Part::Wick) => "╿",
            (Part::Body, Part::None) => "╹",
            (Part::Wick, Part::Body) => "╽",
            (Part::Wick, Part::Wick) => "│",
            (Part::Wick, Part::None) => "╵",
            (Part::None, Part::Body) => "╻",
            (Part::None, Part::Wick) => "╷",
            (Part::None, Part::None) => continue,
        };
        put(buffer, (x, y + row), symbol, style);
    }
}

/// What one half of a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    Wick,
    Body,
}

/// A purchase is marked under its candle, a sale above it.
fn draw_marks(candle: &ChartCandle, scale: Scale, (x, y): (u16, u16), buffer: &mut Buffer) {
    let (top, bottom) = (scale.row(candle.ha.high()), scale.row(candle.ha.low()));
    if candle.bought {
        put(buffer, (x, y + (bottom + 1).min(scale.rows - 1)), "▲", Palette::strong());
    }
    if candle.sold {
        put(buffer, (x, y + top.saturating_sub(1)), "▼", Palette::strong());
    }
}

/// The axis: what matters first, round figures where there is room.
fn draw_axis(
    view: &View,
    (scale, palette): (Scale, Palette),
    (x, y): (u16, u16),
    buffer: &mut Buffer,
) {
    let mut labels: Vec<(u16, String, Style)> = Vec::new();
    let mut add = |row: u16, text: String, style: Style| {
        if labels.iter().all(|(taken, ..)| *taken != row) {
            labels.push((row, text, style));
        }
    };
    if let Some(price) = view.heading.price {
        let text = format!("{} ◂", view.figures.price(price));
        add(scale.row(price), text, Palette::strong());
    }
    for order in &view.orders {
        if let Some(level) = order.trigger.or(order.limit) {
            let name = match order.side {
                Side::Buy => "buy",
                Side::Sell => "stop",
            };
            let text = format!("{} {name}", view.figures.price(level));
            add(scale.row(level), text, palette.waiting());
        }
    }
    for row in (0..scale.rows).filter(|row| row % ROWS_PER_LABEL == 0) {
        let text = crate::cli::figures::grouped(&format!("{:.0}", scale.price(row)));
        add(row, text, Palette::faint());
    }
    for (row, text, style) in labels {
        buffer.set_stringn(x + 1, y + row, text, usize::from(AXIS_WIDTH - 1), style);
    }
}
