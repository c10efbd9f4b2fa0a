//! Figures as people read them.

use heikin_core::num::{Money, Price, Quantity};
use heikin_core::time::{Span, Timestamp};

/// How figures of one symbol are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) price_decimals: usize,
    pub(super) quantity_decimals: usize,
}

impl Figures {
    /// `61,402.10`
    pub(super) fn price(self, price: Price) -> String {
        grouped(&format!("{price:.*}", self.price_decimals))
    }

    /// `0.16213`
    pub(super) fn quantity(self, quantity: Quantity) -> String {
        format!("{quantity:.*}", self.quantity_decimals)
    }
}

/// `10,012.33`
pub(super) fn money(amount: Money) -> String {
    grouped(&format!("{amount:.2}"))
}

/// `+12.33`, `-5.00`
pub(super) fn signed(amount: Money) -> String {
    let text = money(amount);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

/// `+0.86 %`: how much `part` is of `whole`.
pub(super) fn percent(part: Money, whole: Money) -> String {
    if whole.is_zero() {
        return "0.00 %".to_owned();
    }
    // Adding zero takes the sign of a negative zero away.
    let percent = (part.to_f64() / whole.to_f64() * 10_000.0).round() / 100.0 + 0.0;
    format!("{percent:+.2} %")
}

/// `2 d 3 h`, `5 h 39 min`, `12 min`, `40 s`
pub(super) fn span(span: Span) -> String {
    let seconds = span.millis() / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) if minutes % 60 == 0 => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// `2024-01-06 05:00`, in UTC.
pub(super) fn time(at: Timestamp) -> String {
    moment(at, "%Y-%m-%d %H:%M")
}

/// `2024-01-06T05:00:00.000Z`: exact, for other programs.
pub(super) fn instant(at: Timestamp) -> String {
    moment(at, "%Y-%m-%dT%H:%M:%S.%3fZ")
}

/// `06 05:00`: day of the month and time, in UTC.
pub(super) fn short_time(at: Timestamp) -> String {
    moment(at, "%d %H:%M")
}

fn moment(at: Timestamp, format: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(at.millis());
    time.map_or_else(|_beyond| at.millis().to_string(), |time| time.strftime(format).to_string())
}

/// Puts commas between the thousands.
pub(super) fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let (sign, digits) = whole.split_at(whole.find(|c: char| c.is_ascii_digit()).unwrap_or(0));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        let of = |text: &str| text.parse::<Money>().unwrap();
        let cases = [
            ("0", "0.00", "+0.00"),
            ("-0.001", "0.00", "+0.00"),
            ("999.999", "1,000.00", "+1,000.00"),
            ("-1234567.891", "-1,234,567.89", "-1,234,567.89"),
        ];
        for (amount, plain, with_sign) in cases {
            assert_eq!(
                (money(of(amount)).as_str(), signed(of(amount)).as_str()),
                (plain, with_sign)
            );
        }
        assert_eq!(percent(of("-1"), of("3")), "-33.33 %");
        assert_eq!(percent(of("-0.0000001"), of("3")), "+0.00 %");
        assert_eq!(percent(of("1"), Money::ZERO), "0.00 %");
        let seconds = |count| span(Span::from_secs(count));
        assert_eq!(
            [40, 720, 7_200, 20_340, 86_400, 183_600].map(seconds),
            ["40 s", "12 min", "2 h", "5 h 39 min", "1 d", "2 d 3 h"]
        );
        assert_eq!(time(Timestamp::from_millis(1_704_067_200_000)), "2024-01-01 00:00");
        let figures = Figures { price_decimals: 2, quantity_decimals: 5 };
        assert_eq!(figures.price("61402.1".parse().unwrap()), "61,402.10");
        assert_eq!(figures.quantity("0.16".parse().unwrap()), "0.16000");
    }
}
