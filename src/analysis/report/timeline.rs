//! The common time scale: every point of the report gets a place on it.

use super::data::Series;

/// The opening times of the candles, strictly rising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timeline(Vec<i64>);

impl Timeline {
    /// The candles' times; without candles, those of the equity curve.
    pub(super) fn of(series: &Series) -> Self {
        let mut times: Vec<i64> = if series.candles.is_empty() {
            series.equity.iter().map(|point| point.time).collect()
        } else {
            series.candles.iter().map(|candle| candle.time).collect()
        };
        times.sort_unstable();
        times.dedup();
        Self(times)
    }

    /// How many places it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The place of the candle that contains `time`: the last one that opened at or before it, or
    /// the first one where none did. None only where there are no candles at all.
    pub(super) fn place(&self, time: i64) -> Option<usize> {
        let after = self.0.partition_point(|&start| start <= time);
        (!self.0.is_empty()).then(|| after.saturating_sub(1))
    }

    /// Puts `points` on their places, later ones over earlier ones.
    pub(super) fn align<'a, T>(&self, points: &'a [T], time: fn(&T) -> i64) -> Vec<Option<&'a T>> {
        let mut places = vec![None; self.len()];
        for point in points {
            let place = self.place(time(point));
            if let Some(slot) = place.and_then(|place| places.get_mut(place)) {
                *slot = Some(point);
            }
        }
        places
    }

    /// The first time, then each distance to the one before: a third of the digits.
    pub(super) fn deltas(&self) -> impl Iterator<Item = i64> {
        let mut previous = 0;
        self.0.iter().map(move |&time| {
            let delta = time.saturating_sub(previous);
            previous = time;
            delta
        })
    }
}
