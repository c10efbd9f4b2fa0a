//! Returns of equal periods, and the ratios made of them.

/// Mean and spread of a series of returns, in one pass.
///
/// The variance is Welford's (B. P. Welford, "Note on a method for calculating corrected sums of
/// squares and products", Technometrics 4, 1962).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Returns {
    count: u64,
    mean: f64,
    /// Σ (r − mean)².
    squares: f64,
    /// Σ min(r, 0)².
    downside: f64,
}

impl Returns {
    /// The next return: 0.01 for one percent.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let distance = value - self.mean;
        self.mean += distance / count(self.count);
        self.squares += distance * (value - self.mean);
        self.downside += value.min(0.0).powi(2);
    }

    /// How many there were.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their mean.
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// The sample standard deviation (over n − 1).
    pub fn deviation(&self) -> Option<f64> {
        let others = self.count.checked_sub(1).filter(|others| *others > 0)?;
        Some((self.squares / count(others)).sqrt())
    }

    /// `mean / deviation · √periods` (W. F. Sharpe, "The Sharpe Ratio", 1994), with a risk-free
    /// rate of zero and `periods` of these returns a year.
    pub fn sharpe(&self, periods: f64) -> Option<f64> {
        ratio(self.mean, self.deviation()?).map(|ratio| ratio * periods.sqrt())
    }

    /// Like Sharpe, over the downside deviation `√(Σ min(r, 0)² / n)` (F. A. Sortino and L. N.
    /// Price, "Performance Measurement in a Downside Risk Framework", 1994), with a target of zero.
    pub fn sortino(&self, periods: f64) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let deviation = (self.downside / count(self.count)).sqrt();
        ratio(self.mean, deviation).map(|ratio| ratio * periods.sqrt())
    }
}

/// A quotient, where it means something.
pub(super) fn ratio(dividend: f64, divisor: f64) -> Option<f64> {
    (divisor.abs() > f64::MIN_POSITIVE).then(|| dividend / divisor).filter(|it| it.is_finite())
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn count(count: u64) -> f64 {
    count as f64
}
