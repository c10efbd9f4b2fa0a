//! Figures as people read them: `69 812.40`, `−1.01 %`, `+20.55 USDT`. Spaces within do not break.

use heikin_core::market::Asset;
use heikin_core::num::{Money, Price, Quantity};

use crate::backend::BasisPoints;

/// A space that does not break: figures stay on one line.
const SPACE: char = '\u{a0}';

/// A price with the decimals that its size calls for.
pub fn price(price: Price) -> String {
    let decimals = match price.to_f64() {
        1_000.0.. => 2,
        1.0.. => 4,
        0.01.. => 6,
        _ => 8,
    };
    grouped(&trimmed(&format!("{price:.decimals$}"), 2))
}

/// A quantity with the decimals that it has.
pub fn quantity(quantity: Quantity) -> String {
    grouped(&quantity.to_string())
}

/// An amount, coarser the larger it is.
pub fn amount(amount: Money) -> String {
    let decimals = match amount.to_f64().abs() {
        0.0 => 2,
        0.0..0.01 => 8,
        0.01..1.0 => 4,
        _ => 2,
    };
    let text = trimmed(&format!("{amount:.decimals$}"), 2);
    minus(&grouped(&text))
}

/// An amount with its sign, also above zero.
pub fn signed(money: Money) -> String {
    let text = amount(money);
    if text.starts_with('−') || !text.contains(|c: char| matches!(c, '1'..='9')) {
        text
    } else {
        format!("+{text}")
    }
}

/// `+20.55 USDT`
pub fn signed_in(money: Money, asset: Asset) -> String {
    format!("{}{SPACE}{asset}", signed(money))
}

/// `20.55 USDT`
pub fn amount_in(money: Money, asset: Asset) -> String {
    format!("{}{SPACE}{asset}", amount(money))
}

/// `+1.27 %`
pub fn percent(share: BasisPoints) -> String {
    let sign = match share.0 {
        ..0 => "−",
        0 => "",
        1.. => "+",
    };
    format!("{sign}{}", unsigned_percent(share))
}

/// `1.27 %`, whatever the sign.
pub fn unsigned_percent(share: BasisPoints) -> String {
    let hundredths = share.0.unsigned_abs();
    format!("{}.{:02}{SPACE}%", hundredths / 100, hundredths % 100)
}

/// How far `price` is from `base`, as a share of `base`.
pub fn distance(price: Price, base: Price) -> BasisPoints {
    let gap = i128::from(price.units()) - i128::from(base.units());
    share(gap, i128::from(base.units()))
}

/// What `part` is of `whole`; nothing of nothing.
pub fn share_of(part: Money, whole: Money) -> BasisPoints {
    // The 16 decimals leave room to spare once they are 8.
    const DOWN: i128 = 100_000_000;
    share(part.units() / DOWN, whole.units() / DOWN)
}

fn share(part: i128, whole: i128) -> BasisPoints {
    let Some(doubled) = part.checked_mul(20_000).filter(|_| whole != 0) else {
        return BasisPoints(0);
    };
    // Half away from zero, as people round.
    let whole = whole.abs();
    let rounded = (doubled.abs() + whole) / (2 * whole) * doubled.signum();
    BasisPoints(i64::try_from(rounded).unwrap_or(0))
}

/// `7 of 10`
pub fn of(part: u32, whole: u32) -> String {
    format!("{part}{SPACE}of{SPACE}{whole}")
}

/// `1 trade`, `2 trades`
pub fn count(number: u32, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number}{SPACE}{thing}{ending}")
}

/// Takes zeros off the end, down to `least` decimals.
fn trimmed(text: &str, least: usize) -> String {
    let Some((whole, decimals)) = text.split_once('.') else { return text.to_owned() };
    let mut decimals = decimals.trim_end_matches('0').to_owned();
    while decimals.len() < least {
        decimals.push('0');
    }
    format!("{whole}.{decimals}")
}

fn minus(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.contains(|c: char| matches!(c, '1'..='9')) => format!("−{digits}"),
        Some(digits) => digits.to_owned(),
        None => text.to_owned(),
    }
}

/// Puts a space between the thousands.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let (sign, digits) = whole.split_at(whole.find(|c: char| c.is_ascii_digit()).unwrap_or(0));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(SPACE);
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
        let shown = |text: &str| price(text.parse().unwrap()).replace(SPACE, " ");
        assert_eq!(shown("69812.4"), "69 812.40");
        assert_eq!(shown("69812.123456"), "69 812.12");
        assert_eq!(shown("1.23456789"), "1.2346");
        assert_eq!(shown("0.5"), "0.50");
        assert_eq!(shown("0.00001234"), "0.00001234");
        let of = |text: &str| signed(text.parse().unwrap()).replace(SPACE, " ");
        assert_eq!(of("-1234567.891"), "−1 234 567.89");
        assert_eq!(of("0"), "0.00");
        assert_eq!(of("0.004"), "+0.004");
        assert_eq!(of("20.55"), "+20.55");
        assert_eq!(
            percent(distance("98.99".parse().unwrap(), "100".parse().unwrap())),
            "−1.01\u{a0}%"
        );
        assert_eq!(share_of("1".parse().unwrap(), "3".parse().unwrap()), BasisPoints(3_333));
        assert_eq!(share_of("1".parse().unwrap(), Money::ZERO), BasisPoints(0));
        assert_eq!(percent(BasisPoints(5)), "+0.05\u{a0}%");
    }
}
