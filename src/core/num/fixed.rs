//! Decimal text to and from scaled integers, exactly or not at all.

use std::fmt::{self, Write as _};

/// Why a text is not a number of the asked kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing to read.
    #[error("is empty")]
    Empty,
    /// Something else than digits with at most one decimal point.
    #[error("is not a plain decimal number")]
    NotADecimal,
    /// More decimals than the type holds.
    #[error("has more than {0} decimals")]
    TooPrecise(u32),
    /// Beyond what the type holds.
    #[error("is too large")]
    TooLarge,
    /// Zero where only more than zero has a meaning.
    #[error("must be above zero")]
    NotPositive,
    /// Below zero where that has no meaning.
    #[error("must not be negative")]
    Negative,
}

/// Reads plain decimal text as an integer in units of `10^-DECIMALS`.
///
/// Zeros beyond the last decimal are allowed, other digits there are not: a number that does not
/// fit is refused, not rounded.
#[inline]
pub(super) fn parse<const DECIMALS: u32>(text: &[u8]) -> Result<u128, NumberError> {
    // Nearly every number on the wire has at most 19 digits: accumulate those in a machine word.
    if text.len() <= 19 { parse_short::<DECIMALS>(text) } else { parse_long::<DECIMALS>(text) }
}

#[inline]
fn parse_short<const DECIMALS: u32>(text: &[u8]) -> Result<u128, NumberError> {
    let mut value: u64 = 0;
    let mut digits = 0_usize;
    let mut decimals: Option<u32> = None;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            digits += 1;
            if let Some(seen) = &mut decimals {
                if *seen == DECIMALS {
                    if digit != 0 {
                        return Err(NumberError::TooPrecise(DECIMALS));
                    }
                    continue;
                }
                *seen += 1;
            }
            value = value * 10 + u64::from(digit);
        } else if byte == b'.' && decimals.is_none() {
            decimals = Some(0);
        } else {
            return Err(not_digits(text));
        }
    }
    if digits == 0 {
        return Err(not_digits(text));
    }
    Ok(u128::from(value) * u128::from(10_u64.pow(DECIMALS - decimals.unwrap_or(0))))
}

fn parse_long<const DECIMALS: u32>(text: &[u8]) -> Result<u128, NumberError> {
    let mut parts = text.splitn(2, |&byte| byte == b'.');
    let whole = parts.next().unwrap_or_default();
    let fraction = parts.next().unwrap_or_default();
    if whole.is_empty() && fraction.is_empty() {
        return Err(not_digits(text));
    }
    let mut value: u128 = 0;
    let push = |value: u128, byte: u8| -> Result<u128, NumberError> {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(not_digits(text));
        }
        let shifted = value.checked_mul(10).ok_or(NumberError::TooLarge)?;
        shifted.checked_add(u128::from(digit)).ok_or(NumberError::TooLarge)
    };
    for &byte in whole {
        value = push(value, byte)?;
    }
    let mut decimals = 0;
    for &byte in fraction {
        if decimals == DECIMALS {
            match byte {
                b'0' => continue,
                b'1'..=b'9' => return Err(NumberError::TooPrecise(DECIMALS)),
                _ => return Err(not_digits(text)),
            }
        }
        value = push(value, byte)?;
        decimals += 1;
    }
    value.checked_mul(10_u128.pow(DECIMALS - decimals)).ok_or(NumberError::TooLarge)
}

#[cold]
fn not_digits(text: &[u8]) -> NumberError {
    match text {
        [] => NumberError::Empty,
        [b'-', rest @ ..] if parse::<8>(rest).is_ok() => NumberError::Negative,
        _ => NumberError::NotADecimal,
    }
}

/// Writes `units · 10^-decimals` without trailing zeros, or rounded (half to even) to the
/// formatter's precision where one is given.
pub(super) fn write(f: &mut fmt::Formatter<'_>, units: i128, decimals: u32) -> fmt::Result {
    // As nearly all are written: each record of the journal has a dozen.
    let is_plain = f.precision().is_none() && f.width().is_none() && !f.sign_plus();
    if is_plain && let Some(text) = shortest(units, decimals, &mut [0; SHORTEST]) {
        return f.write_str(text);
    }
    let magnitude = units.unsigned_abs();
    let (magnitude, shown) = match f.precision().map(u32::try_from) {
        Some(Ok(wanted)) if wanted < decimals => {
            let step = 10_u128.pow(decimals - wanted);
            let (quotient, twice) = (magnitude / step, magnitude % step * 2);
            let up = twice > step || (twice == step && quotient % 2 == 1);
            (quotient + u128::from(up), wanted)
        }
        _ => (magnitude, decimals),
    };
    let scale = 10_u128.pow(shown);
    let mut text = arrayvec::ArrayString::<64>::new();
    write!(text, "{}", magnitude / scale)?;
    if shown > 0 {
        write!(text, ".{:0width$}", magnitude % scale, width = shown as usize)?;
    }
    // No sign before a zero, whatever was rounded away.
    let not_negative = units >= 0 || magnitude == 0;
    match f.precision() {
        None if shown > 0 => {
            let short = text.trim_end_matches('0').trim_end_matches('.');
            f.pad_integral(not_negative, "", short)
        }
        // More decimals than the type has: they are zeros.
        Some(wanted) if wanted > shown as usize => {
            let zeros = "0".repeat(wanted - shown as usize);
            f.pad_integral(not_negative, "", &format!("{text}{zeros}"))
        }
        _ => f.pad_integral(not_negative, "", &text),
    }
}

/// A sign, a dot, and as many digits as a `u64` and a scale of up to 16 decimals have.
const SHORTEST: usize = 2 + 20 + 16;

/// `units · 10^-decimals` without trailing zeros, at the end of `buffer`; none where there is no room
/// for it.
fn shortest(units: i128, decimals: u32, buffer: &mut [u8; SHORTEST]) -> Option<&str> {
    let magnitude = units.unsigned_abs();
    let scale = 10_u64.checked_pow(decimals)?;
    let (whole, mut fraction) = if let Ok(magnitude) = u64::try_from(magnitude) {
        (magnitude / scale, magnitude % scale)
    } else {
        let (whole, fraction) = (magnitude / u128::from(scale), magnitude % u128::from(scale));
        (u64::try_from(whole).ok()?, u64::try_from(fraction).ok()?)
    };
    let mut start = buffer.len();
    let mut put = |byte: u8| {
        start = start.checked_sub(1)?;
        *buffer.get_mut(start)? = byte;
        Some(())
    };
    if fraction > 0 {
        let mut shown = decimals;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            shown -= 1;
        }
        for _ in 0..shown {
            put(digit(fraction))?;
            fraction /= 10;
        }
        put(b'.')?;
    }
    let mut whole = whole;
    loop {
        put(digit(whole))?;
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    if units < 0 {
        put(b'-')?;
    }
    std::str::from_utf8(buffer.get(start..)?).ok()
}

/// The last digit of a number.
const fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}
