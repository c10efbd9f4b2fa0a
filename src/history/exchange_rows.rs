//! What only the exchange has: rows of `GET /api/v3/klines`, within its limits, as a candle file.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use heikin_core::order::Refusal;
use heikin_core::time::Span;
use tokio::time::timeout;

use super::archive::LONGEST_PAUSE;
use super::error::DownloadError;
use super::period::{Period, Series};
use crate::exchange::binance::rest::{ReadError, Rest};

/// How often a question is put that the exchange is too busy for; it waits in between for as long as
/// the exchange says.
const TRIES: u32 = 10;
/// How often is looked whether the exchange has banned us.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Asks the exchange: again where it wants fewer requests, but never beyond a long ban.
pub(super) async fn ask<T>(
    rest: &Rest,
    what: &str,
    mut question: impl AsyncFnMut() -> Result<T, ReadError>,
) -> Result<T, DownloadError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match answered(rest, question()).await? {
            Ok(answer) => return Ok(answer),
            Err(ReadError::Refused(Refusal::RateLimited, Some(_))) if tries < TRIES => {}
            Err(source) => {
                return Err(DownloadError::Exchange { what: what.to_owned(), source });
            }
        }
    }
}

async fn answered<T>(
    rest: &Rest,
    question: impl Future<Output = Result<T, ReadError>>,
) -> Result<Result<T, ReadError>, DownloadError> {
    let mut question = pin!(question);
    loop {
        if let Ok(answer) = timeout(LOOK_EVERY, &mut question).await {
            return Ok(answer);
        }
        let patience = i64::try_from(LONGEST_PAUSE.as_millis()).unwrap_or(i64::MAX);
        let latest = rest.time().now() + Span::from_millis(patience);
        if let Some(until) = rest.banned_until().filter(|until| *until > latest) {
            return Err(DownloadError::Banned { until });
        }
    }
}

/// Writes the closed candles of a period to `half`, anew; how many there were.
pub(super) async fn write(
    rest: &Rest,
    series: Series,
    period: Period,
    half: &Path,
) -> Result<u64, DownloadError> {
    let disk = DownloadError::disk(half);
    let mut out = BufWriter::new(File::create(half).map_err(&disk)?);
    let range = (period.opens(), period.ends() - Span::from_millis(1));
    let mut pages = rest.kline_lines(series.symbol, series.interval, range);
    let mut count = 0;
    while let Some(page) = ask(rest, &period.stem(series), async || pages.next_page().await).await?
    {
        for line in page {
            writeln!(out, "{}", line.text).map_err(&disk)?;
            count += 1;
        }
    }
    out.flush().map_err(&disk)?;
    Ok(count)
}
