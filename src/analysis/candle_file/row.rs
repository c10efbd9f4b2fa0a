//! One line of text as a candle, with a reason where it is none.
//!
//! The lines are split at every comma: Binance never quotes a field, so a quote is a fault like
//! any other character that is no digit.

use heikin_core::market::{Candle, Ohlc};
use heikin_core::num::{Money, NumberError, Price};
use heikin_core::time::Timestamp;

use super::error::{Column, Excerpt, Problem};

const COLUMNS: usize = 12;

/// Reads a line, without its end, as a candle.
pub(super) fn parse(line: &[u8]) -> Result<Candle, Problem> {
    let fields = split(line)?;
    let [open_time, open, high, low, close, volume, close_time, not_kept @ ..] = fields;
    let open_time = read_time(Column::OpenTime, open_time)?;
    let prices = [
        number(Column::Open, open, Price::parse_bytes)?,
        number(Column::High, high, Price::parse_bytes)?,
        number(Column::Low, low, Price::parse_bytes)?,
        number(Column::Close, close, Price::parse_bytes)?,
    ];
    let volume = number(Column::Volume, volume, money)?;
    let close_time = read_time(Column::CloseTime, close_time)?;
    for (column, field) in Column::NOT_KEPT.into_iter().zip(not_kept) {
        number(column, field, plain)?;
    }
    let [open, high, low, close] = prices;
    let prices = Ohlc::new(open, high, low, close).map_err(Problem::Candle)?;
    Candle::new(open_time, close_time, prices, volume).map_err(Problem::Candle)
}

/// Whether a line names the columns: none of those that are kept is a number.
///
/// `NaN` counts as a number here, so that a candle without values is not taken for a header.
pub(super) fn is_header(line: &[u8]) -> bool {
    split(line).is_ok_and(|fields| {
        fields.iter().take(COLUMNS - Column::NOT_KEPT.len()).all(|field| {
            field.first().is_some_and(u8::is_ascii_alphabetic)
                && !field.eq_ignore_ascii_case(b"nan")
        })
    })
}

/// Whether a line, or the beginning of one, cannot come from a text file.
pub(super) fn is_binary(line: &[u8]) -> bool {
    let control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r');
    // Without a length, the error is a character cut off at the end.
    let cut = |error: std::str::Utf8Error| error.error_len().is_none();
    line.iter().any(control) || !std::str::from_utf8(line).map_or_else(cut, |_text| true)
}

/// A time in milliseconds, or in microseconds as the archive has it from 2025 on, rounded down.
///
/// A number is of microseconds from 1e14 on: as milliseconds that would be the year 5138. Below
/// 1e11 milliseconds or from 1e17 microseconds on it is neither, but seconds or nanoseconds.
#[inline]
pub(super) fn time(number: u64) -> Option<Timestamp> {
    const MILLIS: std::ops::Range<u64> = 100_000_000_000..MICROS_FROM;
    const MICROS_FROM: u64 = 100_000_000_000_000;
    let millis = if number < MICROS_FROM { number } else { number / 1000 };
    MILLIS.contains(&millis).then(|| Timestamp::from_millis(millis.cast_signed()))
}

fn split(line: &[u8]) -> Result<[&[u8]; COLUMNS], Problem> {
    let found = memchr::memchr_iter(b',', line).count() + 1;
    let mut fields = [&[][..]; COLUMNS];
    if found != COLUMNS {
        return Err(Problem::Columns { found });
    }
    for (field, text) in fields.iter_mut().zip(line.split(|&byte| byte == b',')) {
        *field = text;
    }
    Ok(fields)
}

fn read_time(column: Column, field: &[u8]) -> Result<Timestamp, Problem> {
    let text = std::str::from_utf8(field).ok().filter(|text| !text.starts_with('+'));
    text.and_then(|text| text.parse().ok())
        .and_then(time)
        .ok_or_else(|| Problem::Time { column, value: Excerpt::of(field) })
}

fn number<T>(
    column: Column,
    field: &[u8],
    read: impl FnOnce(&[u8]) -> Result<T, NumberError>,
) -> Result<T, Problem> {
    read(field).map_err(|error| Problem::Number { column, value: Excerpt::of(field), error })
}

fn money(field: &[u8]) -> Result<Money, NumberError> {
    plain(field)?;
    let text = std::str::from_utf8(field).map_err(|_not_text| NumberError::NotADecimal)?;
    Money::parse(text)
}

/// Whether a field is digits with at most one point: enough for a column that is not kept.
fn plain(field: &[u8]) -> Result<(), NumberError> {
    let is_plain = |text: &[u8]| {
        let points = memchr::memchr_iter(b'.', text).count();
        let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
        points <= 1 && digits > 0 && points + digits == text.len()
    };
    match field {
        [] => Err(NumberError::Empty),
        [b'-', rest @ ..] if is_plain(rest) => Err(NumberError::Negative),
        _ if is_plain(field) => Ok(()),
        _ => Err(NumberError::NotADecimal),
    }
}
