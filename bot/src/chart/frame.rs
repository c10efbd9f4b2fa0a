//! What candles and equity have in common: heading, axes, tags on the price axis.

use heikin_core::time::Timestamp;
use tiny_skia::Color;

use super::Palette;
use super::canvas::{Align, Canvas, Type, Weight};
use super::scale::{Scale, count, figure};
use crate::local_time::AxisTime;

pub(super) const WIDTH: u16 = 1_080;
pub(super) const LEFT: f32 = 28.0;
/// Where the plot ends and the price axis begins.
pub(super) const RIGHT: f32 = 872.0;
/// The size of the words of an axis.
const SMALL: f32 = 29.0;

/// A figure named on the price axis, in colour.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    /// What it is: `stop`.
    pub(super) name: &'static str,
    /// The figure.
    pub(super) value: f64,
    /// Its colour.
    pub(super) color: Color,
}

/// A heading on the left, a remark on the right.
pub(super) fn heading(canvas: &mut Canvas, title: &str, remark: &str, palette: &Palette) {
    let look = |size, weight, align, color| Type { size, weight, align, color };
    canvas.words(title, (LEFT, 66.0), look(48.0, Weight::Bold, Align::Left, palette.words));
    let right = f32::from(WIDTH) - LEFT;
    canvas.words(remark, (right, 64.0), look(33.0, Weight::Regular, Align::Right, palette.quiet));
}

/// Lines across, with their figures to the right; those under a tag are left out.
pub(super) fn price_axis(
    canvas: &mut Canvas,
    scale: &Scale,
    ticks: f64,
    tags: &[Tag],
    palette: &Palette,
) {
    let (marks, decimals) = scale.ticks(ticks);
    for mark in marks {
        let y = scale.at(mark);
        canvas.line(((LEFT, y), (RIGHT, y)), 2.0, palette.grid);
        let is_free = tags.iter().all(|tag| (scale.at(tag.value) - y).abs() > 40.0);
        if is_free {
            let look = axis(Align::Left, palette.quiet);
            canvas.words(&figure(mark, decimals), (RIGHT + 14.0, y + 10.0), look);
        }
    }
}

fn axis(align: Align, color: Color) -> Type {
    Type { size: SMALL, weight: Weight::Regular, align, color }
}

/// Tags on the axis, pushed apart so that none covers another; a dashed line leads to each.
pub(super) fn tags(canvas: &mut Canvas, scale: &Scale, tags: &[Tag], palette: &Palette) {
    const HEIGHT: f32 = 46.0;
    let mut placed: Vec<(f32, &Tag)> = tags.iter().map(|tag| (scale.at(tag.value), tag)).collect();
    placed.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut free = f32::MIN;
    for (y, tag) in placed {
        // The market's own line says little: it stays behind those that are heikin's.
        let strength = if tag.name.is_empty() { 1.5 } else { 3.0 };
        canvas.dashed(((LEFT, y), (RIGHT, y)), strength, tag.color);
        let top = (y - HEIGHT / 2.0).max(free);
        free = top + HEIGHT + 4.0;
        let right = f32::from(WIDTH);
        canvas.rect((RIGHT + 4.0, top), (right, top + HEIGHT), tag.color);
        let look =
            Type { size: SMALL, weight: Weight::Bold, align: Align::Left, color: palette.on_tag };
        let words = format!("{}{}", scale.arrow(tag.value), figure(tag.value, decimals(tag.value)));
        canvas.words(&words, (RIGHT + 14.0, top + 34.0), look);
        let look = Type { size: 27.0, align: Align::Left, color: tag.color, ..look };
        let width = canvas.width(tag.name, look.size, look.weight);
        if width > 0.0 {
            let mut ground = palette.ground;
            ground.set_alpha(0.8);
            canvas.rect((LEFT, y - 38.0), (LEFT + width + 12.0, y - 3.0), ground);
        }
        canvas.words(tag.name, (LEFT + 6.0, y - 11.0), look);
    }
}

/// How many decimals a price of this size shows.
pub(super) fn decimals(value: f64) -> usize {
    match value.abs() {
        10_000.0.. => 1,
        1_000.0.. => 2,
        1.0.. => 3,
        0.01.. => 5,
        _ => 8,
    }
}

/// About five times along the bottom: the day where it is another than the one before.
pub(super) fn time_axis(
    canvas: &mut Canvas,
    times: &[Timestamp],
    place: &dyn Fn(usize) -> f32,
    (top, bottom): (f32, f32),
    palette: (&Palette, &dyn Fn(Timestamp) -> AxisTime),
) {
    let (palette, named) = palette;
    let most = 5;
    let step = times.len().div_ceil(most).max(1);
    let is_days = times
        .first()
        .zip(times.last())
        .is_some_and(|(first, last)| last.since(*first).millis() >= 3 * 86_400_000);
    let mut last_day = String::new();
    for (index, time) in times.iter().enumerate().skip(step / 2).step_by(step) {
        let x = place(index);
        canvas.line(((x, top), (x, bottom)), 2.0, palette.grid);
        let AxisTime { clock, day } = named(*time);
        let words = if is_days || day != last_day { day.clone() } else { clock };
        last_day = day;
        let half = canvas.width(&words, SMALL, Weight::Regular) / 2.0;
        let x = x.clamp(LEFT + half, RIGHT - half);
        canvas.words(&words, (x, bottom + 40.0), axis(Align::Center, palette.quiet));
    }
}

/// The middle of the `index`-th of `all` slots across the plot.
pub(super) fn slot(index: usize, all: usize) -> f32 {
    LEFT + (RIGHT - LEFT) * (count(index) + 0.5) / count(all.max(1))
}
