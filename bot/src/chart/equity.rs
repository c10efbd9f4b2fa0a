//! Equity over time, with the drawdown under it.

use heikin_core::time::Timestamp;

use super::Palette;
use super::canvas::{Align, Canvas, Type, Weight};
use super::frame::{LEFT, RIGHT, Tag, WIDTH, heading, price_axis, tags, time_axis};
use super::scale::{Scale, figure, pixels};
use crate::backend::EquitySeries;
use crate::local_time::AxisTime;

const HEIGHT: u16 = 1_180;
/// Where equity ends and drawdown begins.
const EQUITY: (f32, f32) = (770.0, 110.0);
const DRAWDOWN: (f32, f32) = (1_105.0, 850.0);

/// Equity and drawdown as a PNG file. None for fewer than two points.
pub fn equity(
    series: &EquitySeries,
    palette: Palette,
    named: &dyn Fn(Timestamp) -> AxisTime,
) -> Option<Vec<u8>> {
    let (first, last) = series.points.first().zip(series.points.last())?;
    let length = last.at.since(first.at).millis();
    if series.points.len() < 2 || length == 0 {
        return None;
    }
    let values: Vec<_> = series.points.iter().map(|point| point.equity.to_f64()).collect();
    let falls = drawdowns(&values);
    let mut canvas = Canvas::new(WIDTH, HEIGHT, palette.ground)?;
    let mode = series.mode.shown();
    let title = format!("Equity in {}", series.quote);
    heading(&mut canvas, &title, mode, &palette);

    let low = values.iter().copied().fold(f64::MAX, f64::min);
    let high = values.iter().copied().fold(f64::MIN, f64::max);
    let scale = Scale::new((low, high), EQUITY);
    let now = values.last().copied().unwrap_or(low);
    let tagged = [Tag { name: "", value: now, color: palette.words }];
    price_axis(&mut canvas, &scale, 6.0, &tagged, &palette);
    let deepest = falls.iter().copied().fold(0.0, f64::max);
    let fall_scale = Scale::exact((-(deepest.max(0.01) * 1.1), 0.0), DRAWDOWN);

    let x_at = |time: Timestamp| {
        let share = time.since(first.at).millis();
        // Both are milliseconds of a few years: far inside what an f64 holds.
        let share = as_float(share) / as_float(length);
        LEFT + pixels(share) * (RIGHT - LEFT)
    };
    let times: Vec<_> = series.points.iter().map(|point| point.at).collect();
    let place = |index: usize| times.get(index).map_or(LEFT, |time| x_at(*time));
    time_axis(&mut canvas, &times, &place, (EQUITY.1, DRAWDOWN.0), (&palette, named));

    let points: Vec<_> =
        times.iter().zip(&values).map(|(time, value)| (x_at(*time), scale.at(*value))).collect();
    let mut area = points.clone();
    area.extend([(RIGHT, EQUITY.0), (LEFT, EQUITY.0)]);
    let mut wash = palette.buy;
    wash.set_alpha(0.16);
    canvas.shape(&area, wash, None);
    canvas.curve(&points, 5.0, palette.buy);
    tags(&mut canvas, &scale, &tagged, &palette);
    drawdown(
        &mut canvas,
        &times.iter().map(|time| x_at(*time)).zip(falls).collect::<Vec<_>>(),
        &fall_scale,
        &palette,
    );
    canvas.png()
}

/// How far each value is below the highest before it, in percent.
fn drawdowns(values: &[f64]) -> Vec<f64> {
    let mut peak = f64::MIN;
    values
        .iter()
        .map(|value| {
            peak = peak.max(*value);
            if peak > 0.0 { (peak - value) / peak * 100.0 } else { 0.0 }
        })
        .collect()
}

fn drawdown(canvas: &mut Canvas, falls: &[(f32, f64)], scale: &Scale, palette: &Palette) {
    let deepest = falls.iter().map(|(_, fall)| *fall).fold(0.0, f64::max);
    let look = |size, weight, align, color| Type { size, weight, align, color };
    canvas.words(
        &format!("Drawdown · deepest −{deepest:.1}\u{a0}%"),
        (LEFT, DRAWDOWN.1 - 18.0),
        look(31.0, Weight::Bold, Align::Left, palette.words),
    );
    let (marks, decimals) = scale.ticks(4.0);
    for mark in marks {
        let y = scale.at(mark);
        canvas.line(((LEFT, y), (RIGHT, y)), 2.0, palette.grid);
        let words = format!("{} %", figure(mark, decimals));
        let place = (RIGHT + 14.0, y + 10.0);
        canvas.words(&words, place, look(29.0, Weight::Regular, Align::Left, palette.quiet));
    }
    let points: Vec<_> = falls.iter().map(|(x, fall)| (*x, scale.at(-fall))).collect();
    let mut area = points.clone();
    area.extend([(RIGHT, DRAWDOWN.1), (LEFT, DRAWDOWN.1)]);
    let mut wash = palette.down;
    wash.set_alpha(0.35);
    canvas.shape(&area, wash, None);
    canvas.curve(&points, 4.0, palette.down);
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a drawing")]
fn as_float(millis: i64) -> f64 {
    millis as f64
}
