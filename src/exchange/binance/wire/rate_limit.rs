use heikin_core::time::Span;
use serde::Deserialize;

use super::{IntervalName, RateLimitName};

/// A rate limit: in `exchangeInfo`, and with its count in answers of the WebSocket API.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RateLimitRow {
    /// What is counted.
    pub rate_limit_type: RateLimitName,
    /// The unit of the window.
    pub interval: IntervalName,
    /// How many units the window has.
    pub interval_num: u32,
    /// How much fits into a window.
    pub limit: u32,
    /// How much of the present window is used up.
    pub count: Option<u32>,
}

impl RateLimitRow {
    /// The length of the window; none where its unit is not known, or there is none.
    pub fn window(&self) -> Option<Span> {
        let unit = match self.interval {
            IntervalName::Second => Span::from_secs(1),
            IntervalName::Minute => Span::from_secs(60),
            IntervalName::Hour => Span::from_secs(3_600),
            IntervalName::Day => Span::from_secs(86_400),
            IntervalName::Other(_) => return None,
        };
        Some(unit.times(self.interval_num.into())).filter(|window| window.millis() > 0)
    }
}
