//! Candles with what was done on them.

use heikin_core::market::Side;
use heikin_core::num::Price;
use heikin_core::time::Timestamp;
use tiny_skia::Color;

use super::Palette;
use super::canvas::Canvas;
use super::frame::{LEFT, RIGHT, Tag, WIDTH, heading, price_axis, slot, tags, time_axis};
use super::scale::Scale;
use crate::backend::{Bar, ChartData, ChartStyle};
use crate::local_time::AxisTime;

const HEIGHT: u16 = 1_280;
/// Where prices end and volumes begin.
const PRICES: (f32, f32) = (1_000.0, 138.0);
const VOLUMES: (f32, f32) = (1_205.0, 1_040.0);

/// Candles with entries, exits, stops, the working entry and volume, as a PNG file. None where there
/// is no candle.
pub fn candles(
    data: &ChartData,
    style: ChartStyle,
    palette: Palette,
    named: &dyn Fn(Timestamp) -> AxisTime,
) -> Option<Vec<u8>> {
    if data.bars.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(WIDTH, HEIGHT, palette.ground)?;
    let what = match style {
        ChartStyle::HeikinAshi => "Heikin-Ashi",
        ChartStyle::Candles => "candles",
    };
    let mode = data.mode.shown();
    heading(&mut canvas, &data.trader.to_string(), &format!("{what} · {mode}"), &palette);

    let plot = Plot { data, style, palette, scale: Scale::new(bounds(data, style), PRICES) };
    let tagged = plot.tags();
    price_axis(&mut canvas, &plot.scale, 7.0, &tagged, &palette);
    let times: Vec<_> = data.bars.iter().map(|bar| bar.opened_at).collect();
    let place = |index| slot(index, times.len());
    time_axis(&mut canvas, &times, &place, (PRICES.1, VOLUMES.0), (&palette, named));
    plot.volumes(&mut canvas);
    plot.bars(&mut canvas);
    plot.stops(&mut canvas);
    tags(&mut canvas, &plot.scale, &tagged, &palette);
    plot.markers(&mut canvas);
    canvas.png()
}

/// The lowest and the highest price to show: all candles and fills, and the stop and the entry as
/// far as they do not flatten everything else.
fn bounds(data: &ChartData, style: ChartStyle) -> (f64, f64) {
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    let mut show = |price: f64| {
        low = low.min(price);
        high = high.max(price);
    };
    for bar in &data.bars {
        let (_, top, bottom, _) = prices(bar, style);
        show(top);
        show(bottom);
    }
    let first = data.bars.first().map(|bar| bar.opened_at);
    for marker in data.markers.iter().filter(|marker| Some(marker.at) >= first) {
        show(marker.price.to_f64());
    }
    let height = (high - low).max(high * 1e-4);
    for level in [data.stop, data.entry, data.average_entry].into_iter().flatten() {
        let level = level.to_f64();
        low = low.min(level.max(low - 0.5 * height));
        high = high.max(level.min(high + 0.5 * height));
    }
    (low, high)
}

fn prices(bar: &Bar, style: ChartStyle) -> (f64, f64, f64, f64) {
    let (open, high, low, close) = match style {
        ChartStyle::HeikinAshi => {
            let bar = &bar.heikin_ashi;
            (bar.open, bar.high, bar.low, bar.close)
        }
        ChartStyle::Candles => (bar.open, bar.high, bar.low, bar.close),
    };
    (open.to_f64(), high.to_f64(), low.to_f64(), close.to_f64())
}

struct Plot<'a> {
    data: &'a ChartData,
    style: ChartStyle,
    palette: Palette,
    scale: Scale,
}

impl Plot<'_> {
    fn slot_width(&self) -> f32 {
        (RIGHT - LEFT) / super::scale::count(self.data.bars.len())
    }

    /// The candle that a time falls into, if it is on the picture.
    fn index_of(&self, time: Timestamp) -> Option<usize> {
        self.data.bars.partition_point(|bar| bar.opened_at <= time).checked_sub(1)
    }

    fn x_of(&self, index: usize) -> f32 {
        slot(index, self.data.bars.len())
    }

    fn tags(&self) -> Vec<Tag> {
        let tag = |name, price: Option<Price>, color: Color| {
            price.map(|price| Tag { name, value: price.to_f64(), color })
        };
        [
            tag("stop", self.data.stop, self.palette.stop),
            tag("entry at", self.data.entry, self.palette.buy),
            tag("bought", self.data.average_entry, self.palette.quiet),
            tag("", self.data.price, self.palette.words),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn bars(&self, canvas: &mut Canvas) {
        let half = (self.slot_width() * 0.36).max(1.0);
        for (index, bar) in self.data.bars.iter().enumerate() {
            let (open, high, low, close) = prices(bar, self.style);
            let color = if close < open { self.palette.down } else { self.palette.up };
            let x = self.x_of(index);
            let wick = (self.slot_width() * 0.12).clamp(2.0, 4.0);
            canvas.line(((x, self.scale.at(high)), (x, self.scale.at(low))), wick, color);
            let (top, bottom) = (self.scale.at(open.max(close)), self.scale.at(open.min(close)));
            canvas.rect((x - half, top), (x + half, bottom.max(top + 2.0)), color);
        }
        if self.data.is_forming
            && let Some(last) = self.data.bars.len().checked_sub(1)
        {
            // The forming candle decides nothing: it is set apart.
            let x = self.x_of(last) - self.slot_width() / 2.0;
            canvas.dashed(((x, PRICES.1), (x, PRICES.0)), 2.0, self.palette.quiet);
        }
    }

    fn volumes(&self, canvas: &mut Canvas) {
        let most =
            self.data.bars.iter().map(|bar| bar.volume.to_f64()).fold(f64::MIN_POSITIVE, f64::max);
        let scale = Scale::exact((0.0, most), VOLUMES);
        let half = (self.slot_width() * 0.36).max(1.0);
        for (index, bar) in self.data.bars.iter().enumerate() {
            let mut color = if bar.close < bar.open { self.palette.down } else { self.palette.up };
            color.set_alpha(0.55);
            let x = self.x_of(index);
            canvas.rect((x - half, scale.at(bar.volume.to_f64())), (x + half, VOLUMES.0), color);
        }
    }

    /// Where stops stood, as steps.
    fn stops(&self, canvas: &mut Canvas) {
        let half = self.slot_width() / 2.0;
        let mut end: Option<(f32, f32)> = None;
        for line in &self.data.stops {
            let from = self.index_of(line.from).map_or(LEFT, |index| self.x_of(index) - half);
            let to = match line.to {
                Some(to) => match self.index_of(to) {
                    Some(index) => self.x_of(index) - half,
                    None => continue,
                },
                None => RIGHT,
            };
            let y = self.scale.at(line.price.to_f64());
            let to = to.max(from + 2.0);
            if let Some(end) = end.filter(|end| (end.0 - from).abs() < 1.0) {
                canvas.line((end, (from, y)), 4.0, self.palette.stop);
            }
            canvas.line(((from, y), (to, y)), 4.0, self.palette.stop);
            end = Some((to, y));
        }
    }

    /// Triangles that point at the price of a fill, from below for a BUY, from above for a SELL.
    fn markers(&self, canvas: &mut Canvas) {
        const SIZE: f32 = 17.0;
        for marker in &self.data.markers {
            let Some(index) = self.index_of(marker.at) else { continue };
            let (x, y) = (self.x_of(index), self.scale.at(marker.price.to_f64()));
            let (base, color) = match marker.side {
                Side::Buy => (y + 1.8 * SIZE, self.palette.buy),
                Side::Sell => (y - 1.8 * SIZE, self.palette.sell),
            };
            let corners = [(x, y), (x - SIZE, base), (x + SIZE, base)];
            canvas.shape(&corners, color, Some(self.palette.ground));
        }
    }
}
