//! From figures to pixels, and the round figures that an axis names.

/// Maps a stretch of figures to a stretch of pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    bottom: f32,
    top: f32,
}

impl Scale {
    /// `low` at `bottom`, `high` at `top`, with a little room around both.
    pub(super) fn new((low, high): (f64, f64), (bottom, top): (f32, f32)) -> Self {
        let room = ((high - low) * 0.05).max(high.abs() * 1e-6).max(1e-12);
        Self { low: low - room, high: high + room, bottom, top }
    }

    /// Exactly `low` at `bottom` and `high` at `top`.
    pub(super) const fn exact((low, high): (f64, f64), (bottom, top): (f32, f32)) -> Self {
        Self { low, high, bottom, top }
    }

    /// The pixel of a figure; beyond the ends, the end.
    pub(super) fn at(&self, figure: f64) -> f32 {
        let share = ((figure - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.bottom + pixels(share) * (self.top - self.bottom)
    }

    /// Where a figure lies that is beyond the ends; nothing where it is within.
    pub(super) fn arrow(&self, figure: f64) -> &'static str {
        if figure > self.high {
            "↑"
        } else if figure < self.low {
            "↓"
        } else {
            ""
        }
    }

    /// Round figures within, about `count` of them, and how many decimals they need.
    pub(super) fn ticks(&self, count: f64) -> (Vec<f64>, usize) {
        let rough = (self.high - self.low) / count;
        let power = rough.log10().floor();
        let unit = 10_f64.powf(power);
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|times| times * unit)
            .find(|step| *step >= rough)
            .unwrap_or(10.0 * unit);
        let mut ticks = Vec::new();
        // A figure that misses the end by the last digit of an f64 is at the end.
        let mut times = (self.low / step - 1e-9).ceil();
        while times <= self.high / step + 1e-9 && ticks.len() < 20 {
            ticks.push(times * step);
            times += 1.0;
        }
        let decimals = (0..=8)
            .find(|decimals| {
                let scaled = step * 10_f64.powi(*decimals);
                (scaled - scaled.round()).abs() < 1e-6 * scaled
            })
            .unwrap_or(8);
        (ticks, usize::try_from(decimals).unwrap_or(0))
    }
}

/// A share or a length as a number of pixels.
#[expect(clippy::cast_possible_truncation, reason = "a pixel needs no more digits")]
pub(super) fn pixels(figure: f64) -> f32 {
    figure as f32
}

/// A count as a number of pixels.
pub(super) fn count(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}

/// `69 812.40`: a figure of an axis.
pub(super) fn figure(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    let is_zero = !text.contains(|c: char| matches!(c, '1'..='9'));
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    format!("{sign}{grouped}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_names_round_figures() {
        let scale = Scale::exact((69_000.0, 71_000.0), (100.0, 0.0));
        let (ticks, decimals) = scale.ticks(5.0);
        assert_eq!(decimals, 0);
        let named: Vec<_> = ticks.iter().map(|tick| figure(*tick, decimals)).collect();
        assert_eq!(named.join("|").replace('\u{a0}', " "), "69 000|69 500|70 000|70 500|71 000");
        let (ticks, decimals) = Scale::exact((0.000_012, 0.000_016), (1.0, 0.0)).ticks(4.0);
        assert_eq!((ticks.len(), decimals), (5, 6));
        assert_eq!(figure(-0.001, 2), "0.00");
        assert_eq!(figure(-3.5, 1), "−3.5");
    }
}
