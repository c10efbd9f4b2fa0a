//! The fast path: rows of the shape that nearly all rows have.
//!
//! Instead of splitting a line and looking at each of its bytes, this finds the bytes that are not
//! digits, 64 at a time. In a row these are eleven commas, the decimal points and the line's end,
//! in order; all between them is digits, and eight digits are read by three multiplications.
//! Whatever is not of that shape, right or wrong, is left to [`super::row::parse`]; both must agree,
//! which a test checks.
#![expect(
    clippy::inline_always,
    reason = "the scanner lives in registers or it is not worth having: 15 ns a row, measured"
)]

use heikin_core::market::{Candle, Ohlc};
use heikin_core::num::{Money, Price};

use super::row;

/// Bytes that a row of the usual shape may have, with its end.
const LONGEST: usize = 256;
/// How much can be loaded behind any place in it.
const WORD: usize = 8;
pub(super) const WINDOW: usize = LONGEST + WORD;
pub(super) type Window = [u8; WINDOW];

/// The candle at the beginning of the window and the length of its row, the end of line included.
///
/// None where it is not of the usual shape.
#[inline]
pub(super) fn parse(window: &Window) -> Option<(Candle, usize)> {
    let mut row = Scanner::new(window)?;
    let open_time = row::time(row.integer()?)?;
    let (open, high, low, close) = (row.price()?, row.price()?, row.price()?, row.price()?);
    let volume = row.money()?;
    let close_time = row::time(row.integer()?)?;
    row.number(Stop::Comma)?;
    row.number(Stop::Comma)?;
    row.number(Stop::Comma)?;
    row.number(Stop::Comma)?;
    row.number(Stop::LineEnd)?;
    let prices = Ohlc::new(open, high, low, close).ok()?;
    let candle = Candle::new(open_time, close_time, prices, volume).ok()?;
    Some((candle, row.start))
}

/// The first number that has more than eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;
/// Units of 1e-16 in one of 1e-8.
const UNITS_TO_MONEY: u128 = 100_000_000;

#[derive(Clone, Copy)]
enum Stop {
    Comma,
    LineEnd,
}

/// A field, all digits but the point.
struct Field {
    start: usize,
    /// Where the decimal point is; `end` where there is none.
    point: usize,
    end: usize,
}

struct Scanner<'a> {
    window: &'a Window,
    /// Where the block of 64 bytes begins that `marks` is about.
    block: usize,
    /// One bit for each byte of the block that is no digit and still lies ahead.
    marks: u64,
    /// Where the next field begins.
    start: usize,
}

impl<'a> Scanner<'a> {
    #[inline(always)]
    fn new(window: &'a Window) -> Option<Self> {
        Some(Self { window, block: 0, marks: marks(window.first_chunk()?), start: 0 })
    }

    #[inline(always)]
    fn next_mark(&mut self) -> Option<usize> {
        while self.marks == 0 {
            self.block += 64;
            self.marks = marks(self.window.get(self.block..self.block + 64)?.first_chunk()?);
        }
        let place = self.block.wrapping_add(self.marks.trailing_zeros() as usize);
        self.marks &= self.marks - 1;
        Some(place)
    }

    #[inline(always)]
    fn field(&mut self, stop: Stop) -> Option<Field> {
        let start = self.start;
        let mut end = self.next_mark()?;
        let point = end;
        let mut byte = self.byte(end);
        if byte == b'.' {
            end = self.next_mark()?;
            byte = self.byte(end);
        }
        self.start = match (stop, byte) {
            (Stop::Comma, b',') | (Stop::LineEnd, b'\n') => end.wrapping_add(1),
            (Stop::LineEnd, b'\r') if self.byte(end + 1) == b'\n' => end + 2,
            _ => return None,
        };
        Some(Field { start, point, end })
    }

    /// A number without a point.
    #[inline(always)]
    fn integer(&mut self) -> Option<u64> {
        let Field { start, point, end } = self.field(Stop::Comma)?;
        if point == end { self.digits(start, end) } else { None }
    }

    /// A number as its whole part and its fraction in units of 1e-8.
    #[inline(always)]
    fn decimal(&mut self) -> Option<(u64, u64)> {
        let Field { start, point, end } = self.field(Stop::Comma)?;
        let whole = self.digits(start, point)?;
        if point == end {
            return Some((whole, 0));
        }
        let decimals = end.wrapping_sub(point).wrapping_sub(1);
        if !(1..=8).contains(&decimals) {
            return None;
        }
        let behind = 8 * (8 - decimals);
        Some((whole, value(self.word(point + 1) << behind >> behind)))
    }

    #[inline(always)]
    fn price(&mut self) -> Option<Price> {
        match self.decimal()? {
            (whole @ ..EIGHT_DIGITS, fraction) => {
                // Below 1e16, so far inside the type.
                Price::from_units(
                    (whole.wrapping_mul(EIGHT_DIGITS).wrapping_add(fraction)).cast_signed(),
                )
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn money(&mut self) -> Option<Money> {
        let (whole, fraction) = self.decimal()?;
        let units = u128::from(whole) * u128::from(EIGHT_DIGITS) + u128::from(fraction);
        Some(Money::from_units((units * UNITS_TO_MONEY).cast_signed()))
    }

    /// Any number, of which only that it is one matters.
    #[inline(always)]
    fn number(&mut self, stop: Stop) -> Option<()> {
        let Field { start, point, end } = self.field(stop)?;
        (end.wrapping_sub(start) > usize::from(point != end)).then_some(())
    }

    /// The number of 1 to 16 digits that stands in `start..end`.
    #[inline(always)]
    fn digits(&self, start: usize, end: usize) -> Option<u64> {
        match end.wrapping_sub(start) {
            count @ 1..=8 if end >= 8 => {
                let before = 8 * (8 - count);
                Some(value(self.word(end - 8) >> before << before))
            }
            count @ 9..=16 => {
                let high = value(self.word(start) << (8 * (16 - count)));
                Some(
                    high.wrapping_mul(EIGHT_DIGITS)
                        .wrapping_add(value(self.word(end.wrapping_sub(8)))),
                )
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn byte(&self, place: usize) -> u8 {
        // All places are below LONGEST; the remainder shows the compiler that.
        self.window.get(place % LONGEST).copied().unwrap_or_default()
    }

    /// Eight digits from `place` on, the first in the lowest byte, as numbers 0 to 9.
    #[inline(always)]
    fn word(&self, place: usize) -> u64 {
        let place = place % LONGEST;
        let bytes = self.window.get(place..place + WORD).and_then(<[u8]>::first_chunk);
        u64::from_le_bytes(bytes.copied().unwrap_or_default()) ^ u64::from_le_bytes([b'0'; 8])
    }
}

/// One bit for each byte that is no digit, the first byte's lowest.
#[inline(always)]
fn marks(block: &[u8; 64]) -> u64 {
    let flags = block.map(|byte| u8::from(!byte.is_ascii_digit()));
    let mut marks = 0;
    for (index, flags) in flags.as_chunks::<8>().0.iter().enumerate() {
        // The product has the eight flags side by side in its highest byte.
        let packed = u64::from_le_bytes(*flags).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks |= packed << (8 * index);
    }
    marks
}

/// The number that eight digits are; the first digit is in the lowest byte.
#[inline(always)]
const fn value(digits: u64) -> u64 {
    const EVEN: u64 = 0x0000_00ff_0000_00ff;
    // Two digits, then four, then eight: each step joins neighbors.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & EVEN).wrapping_mul(100 + (1_000_000 << 32));
    let high = ((pairs >> 16) & EVEN).wrapping_mul(1 + (10_000 << 32));
    low.wrapping_add(high) >> 32
}
