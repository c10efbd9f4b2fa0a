//! Numbers, times and reasons as people read them.

use heikin_core::order::Skip;
use heikin_core::time::{Span, Timestamp};
use jiff::tz::TimeZone;

/// A share with its sign: `+12.34 %`.
pub(super) fn signed_percent(share: f64) -> String {
    let shown = format!("{} %", grouped(100.0 * share, 2));
    if share > 0.0 && !is_zero(&shown) { format!("+{shown}") } else { shown }
}

/// A share without a sign: `12.3 %`.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    format!("{} %", grouped(100.0 * share, decimals))
}

/// A small share, such as a fee, with the decimals it needs: `0.1 %`.
pub(super) fn fine_percent(share: f64) -> String {
    let text = format!("{:.4}", 100.0 * share);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} %", if text == "-0" { "0" } else { text })
}

/// An amount of money with its sign: `+1,234.56`.
pub(super) fn signed_amount(value: f64) -> String {
    let shown = amount(value);
    if value > 0.0 && !is_zero(&shown) { format!("+{shown}") } else { shown }
}

/// An amount of money, as coarse as its size allows.
pub(super) fn amount(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < f64::MIN_POSITIVE => 2,
        size if size < 0.000_1 => 8,
        size if size < 0.01 => 6,
        size if size < 1.0 => 4,
        _ => 2,
    };
    grouped(value, decimals)
}

/// A ratio, or that there is none.
pub(super) fn ratio(value: Option<f64>) -> String {
    value.map_or_else(none, |value| format!("{value:.2}"))
}

/// Something that there is no figure for.
pub(super) fn none() -> String {
    "n/a".to_owned()
}

fn is_zero(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// `-12345.678` as `-12,345.68`.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    if value < 0.0 && !is_zero(&text) {
        out.push('-');
    }
    group(whole, &mut out);
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `1234567` as `1,234,567`.
pub(super) fn count(value: u64) -> String {
    let mut out = String::new();
    group(&value.to_string(), &mut out);
    out
}

fn group(digits: &str, out: &mut String) {
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
}

/// `1 trade`, `2 trades`.
pub(super) fn counted(number: u64, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(number))
}

/// A day.
pub(super) fn date(time: Timestamp) -> String {
    told(time, "%Y-%m-%d")
}

/// A minute.
pub(super) fn minute(time: Timestamp) -> String {
    told(time, "%Y-%m-%d %H:%M")
}

fn told(time: Timestamp, format: &str) -> String {
    jiff::Timestamp::from_millisecond(time.millis()).map_or_else(
        |_beyond_the_calendar| format!("{} ms", time.millis()),
        |time| time.to_zoned(TimeZone::UTC).strftime(format).to_string(),
    )
}

/// A length of time in the unit that people would use.
pub(super) fn length(span: Span) -> String {
    let in_units = |unit: Span| (span + Span::from_millis(unit.millis() / 2)).div(unit);
    let (number, unit) = if span >= Span::DAY.times(730) {
        return format!("{:.1} years", days(span) / 365.0);
    } else if span >= Span::DAY.times(3) {
        (in_units(Span::DAY), "day")
    } else if span >= Span::HOUR.times(3) {
        (in_units(Span::HOUR), "hour")
    } else {
        (in_units(Span::MINUTE), "minute")
    };
    counted(number.unsigned_abs(), unit)
}

/// In days.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of centuries stay below 2^53")]
pub(super) fn days(span: Span) -> f64 {
    span.millis() as f64 / Span::DAY.millis() as f64
}

/// Why no entry was placed: the end of "no entry was placed because …".
pub(super) const fn reason(skip: Skip) -> &'static str {
    match skip {
        Skip::WarmingUp => "the warm-up was not over",
        Skip::NoAverageTrueRange => "the average true range needs more candles",
        Skip::NoMovingAverage => "the moving average needs more candles",
        Skip::BelowMovingAverage => "the close was not above the moving average",
        Skip::NotGreen => "the Heikin-Ashi candle was not green",
        Skip::BodyTooSmall => "the Heikin-Ashi body was too small",
        Skip::LowerWick => "the Heikin-Ashi candle had a lower wick",
        Skip::StaleCandle => "the candle was not the newest",
        Skip::NoQuote => "no price of the market was known",
        Skip::NoRoomForStop => "the stop would not have been below trigger and market",
        Skip::PriceOutOfRange => "a price was out of range",
        Skip::QuantityTooSmall => "the quantity was below the step",
        Skip::BelowMinNotional => "the order was below min_notional",
        Skip::CouldNotLeave => "the position could not have been sold at the floor of its stop",
        Skip::AboveLimit => "the market was above the entry's limit",
        Skip::AlreadyThrough => "the market had reached the trigger already",
        Skip::TooSmallToProtect => "what was held was too small to protect",
        Skip::NoSignal => "there was no signal",
        Skip::RulesChanged => "the trading rules of the symbol had changed",
        Skip::Denied(_) => "the risk gate refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(signed_percent(0.123_456), "+12.35 %");
        assert_eq!(signed_percent(-0.5), "-50.00 %");
        assert_eq!(signed_percent(-0.000_000_1), "0.00 %");
        assert_eq!(signed_amount(1_234_567.891), "+1,234,567.89");
        assert_eq!(amount(0.123_456), "0.1235");
        assert_eq!(amount(0.0), "0.00");
        assert_eq!(fine_percent(0.001_999), "0.1999 %");
        assert_eq!(fine_percent(0.001), "0.1 %");
        assert_eq!(count(1_051_200), "1,051,200");
        assert_eq!(counted(1, "trade"), "1 trade");
        assert_eq!(length(Span::DAY.times(412)), "412 days");
        assert_eq!(length(Span::DAY.times(1_241)), "3.4 years");
        assert_eq!(length(Span::MINUTE.times(90)), "90 minutes");
        assert_eq!(minute(Timestamp::EPOCH), "1970-01-01 00:00");
    }
}
