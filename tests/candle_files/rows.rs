//! Rows in the columns of Binance.

/// 2025-01-01T00:00:00Z.
pub(crate) const START: i64 = 1_735_689_600_000;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HEADER: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,\
     count,taker_buy_volume,taker_buy_quote_volume,ignore";

/// The one-minute candle that opens `number` minutes after the start.
pub(crate) fn minute(number: i64) -> String {
    lasting(START + number * MINUTE, START + (number + 1) * MINUTE)
}

/// The candle between two times in milliseconds, the second one not included.
pub(crate) fn lasting(open: i64, end: i64) -> String {
    let close = end - 1;
    // Prices that tell candles apart: one in a hundred has the same.
    let cents = open / MINUTE % 100;
    format!("{open},100.{cents:02},101.5,99.5,100.25,7.5,{close},750.25,42,3.5,350.125,0")
}

pub(crate) fn minutes(numbers: std::ops::Range<i64>) -> String {
    numbers.map(|number| minute(number) + "\n").collect()
}

/// A row with its times in microseconds, as the archive has it from 2025 on.
pub(crate) fn in_microseconds(row: &str) -> String {
    let fields: Vec<_> = row.split(',').collect();
    let row = with(row, "open_time", &format!("{}000", fields[0]));
    with(&row, "close_time", &format!("{}999", fields[6]))
}

/// A row with another value in one column.
pub(crate) fn with(row: &str, column: &str, value: &str) -> String {
    let place = HEADER.split(',').position(|name| name == column).expect("a column's name");
    let mut fields: Vec<_> = row.split(',').collect();
    fields[place] = value;
    fields.join(",")
}
