//! `heikin download`: candles of the past, for `heikin backtest`.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use heikin_core::market::Symbol;
use heikin_core::time::{Interval, Timestamp};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::civil::Date;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::failure::Failure;
use super::figures::{grouped, time};
use super::run::exchange::set_clock;
use super::tell::print;
use crate::exchange::binance::endpoints::Endpoints;
use crate::exchange::binance::exchange_time::ExchangeTime;
use crate::exchange::binance::rest::Rest;
use crate::history::archive;
use crate::history::{
    Archive, Download, DownloadError, Files, Job, Outcome, Series, Sources, Step,
};

/// Longer than this nobody wants to wait for the exchange's clock.
const PATIENCE: Duration = Duration::from_secs(30);

/// Download candles for a backtest: from Binance's public archive, and from the exchange what the
/// archive does not have yet. No key is needed.
///
/// Every file of the archive is verified by its checksum. Run again, it goes on where it stopped and
/// adds what has closed since. The candle that is still open is left out.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The symbol, such as BTCUSDT.
    #[arg(value_parser = symbol)]
    symbol: Symbol,
    /// The candle interval: 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M.
    interval: Interval,
    /// The first day, by UTC [default: that of the first candle].
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// The last day, by UTC [default: today].
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<Date>,
    /// The folder, for this symbol and interval alone [default: candles/SYMBOL-INTERVAL].
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// The exchange's REST address [default: Binance's for market data].
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The archive's address.
    #[arg(long, value_name = "URL", default_value = archive::ADDRESS)]
    archive: String,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

fn symbol(text: &str) -> Result<Symbol, String> {
    text.to_uppercase().parse().map_err(|error| format!("it {error}"))
}

fn date(text: &str) -> Result<Date, String> {
    let is_plain = text.len() == 10;
    let date = text.parse().ok().filter(|_| is_plain);
    date.ok_or_else(|| "no such day: write it as 2024-01-31".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let series = Series { symbol: arguments.symbol, interval: arguments.interval };
    let into = arguments.into.clone();
    let into = into.unwrap_or_else(|| Path::new("candles").join(series.name()));
    let job = Job { series, from: arguments.from, to: arguments.to, into };
    let endpoints = match &arguments.base_url {
        None => Endpoints::market_data(),
        Some(address) => Endpoints::market_data_at(address)
            .map_err(|error| Failure::bad_input(format!("--base-url: {error}")))?,
    };
    let archive = Archive::new(&arguments.archive).map_err(|error| failure(&error.into()))?;
    let rest = Rest::new(&endpoints, None, ExchangeTime::of_this_machine());
    let rest = rest.map_err(Failure::failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    let outcome = runtime.block_on(download(&job, Sources { archive, rest }, &endpoints.rest))?;
    let text = if arguments.json {
        format!("{:#}\n", as_json(&job, &outcome))
    } else {
        as_text(&job, &outcome)
    };
    print(&text)
}

async fn download(job: &Job, sources: Sources, address: &str) -> Result<Outcome, Failure> {
    let clock = timeout(PATIENCE, set_clock(&sources.rest)).await;
    if !matches!(clock, Ok(Ok(()))) {
        if let Some(until) = sources.rest.banned_until() {
            return Err(failure(&DownloadError::Banned { until }));
        }
        return Err(Failure::failed(format!(
            "{address} does not tell the exchange's time. Is this machine online? Another address may \
             do: --base-url. Nothing was changed."
        )));
    }
    let mut download = Download::plan(job, sources).await.map_err(|error| failure(&error))?;
    let bar = bar();
    let done = download
        .run(&mut |step| match step {
            Step::Planned(files) => bar.inc_length(files as u64),
            Step::Begins(name) => bar.set_message(name.to_owned()),
            Step::Ends => bar.inc(1),
        })
        .await;
    bar.finish_and_clear();
    done.map_err(|error| interrupted(&error, job, download.files()))
}

fn failure(error: &DownloadError) -> Failure {
    if error.is_bad_input() { Failure::bad_input(error) } else { Failure::failed(error) }
}

/// What was got up to there is of use: whoever reads this should know.
fn interrupted(error: &DownloadError, job: &Job, files: Files) -> Failure {
    let Failure { exit, message } = failure(error);
    let kept = match files.count() {
        0 => return Failure { exit, message },
        1 => "1 file is".to_owned(),
        count => format!("{count} files are"),
    };
    let folder = job.into.display();
    let message = format!(
        "{message}\n{kept} in {folder} whole and kept. Run the same command again to go on from there."
    );
    Failure { exit, message }
}

fn bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:30} {pos} of {len} files, {eta} left  {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn as_text(job: &Job, outcome: &Outcome) -> String {
    let Outcome { span: (from, to), files, notes, candles } = outcome;
    let folder = job.into.display();
    let mut lines = vec![
        format!(
            "{}, {from} to {to}: {} in {folder}",
            job.series.name(),
            counted(files.count() as u64, "file")
        ),
        format!(
            "files: {} kept, {} from the archive, {} from the exchange",
            files.kept, files.archive, files.exchange
        ),
    ];
    let ends = candles.first_open.zip(candles.last_open);
    lines.push(format!(
        "candles: {}{}",
        grouped(&candles.candles.to_string()),
        ends.map_or_else(String::new, |(first, last)| format!(
            ", opening {} to {} UTC",
            time(first),
            time(last)
        ))
    ));
    lines.push(match candles.gaps {
        0 => "gaps: none".to_owned(),
        gaps => format!("gaps: {gaps}, {} missing", counted(candles.missing, "candle")),
    });
    lines.extend(
        candles.first_gaps.iter().map(|gap| {
            format!("  {} to {}: {} missing", time(gap.from), time(gap.to), gap.missing)
        }),
    );
    let told = candles.first_gaps.len() as u64;
    if candles.gaps > told {
        lines.push(format!("  and {} more", candles.gaps.saturating_sub(told)));
    }
    lines.extend(notes.iter().map(|note| format!("note: {note}")));
    lines.push(format!("next: heikin backtest --params FILE --candles {folder}"));
    lines.join("\n") + "\n"
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{} {what}s", grouped(&count.to_string())),
    }
}

fn as_json(job: &Job, outcome: &Outcome) -> Value {
    let Outcome { span: (from, to), files, notes, candles } = outcome;
    let gaps = candles.first_gaps.iter().map(
        |gap| json!({ "from": gap.from.millis(), "to": gap.to.millis(), "missing": gap.missing }),
    );
    json!({
        "symbol": job.series.symbol.as_str(),
        "interval": job.series.interval.as_str(),
        "folder": job.into.display().to_string(),
        "from": from.to_string(),
        "to": to.to_string(),
        "files": { "kept": files.kept, "archive": files.archive, "exchange": files.exchange },
        "candles": candles.candles,
        "first_open": candles.first_open.map(Timestamp::millis),
        "last_open": candles.last_open.map(Timestamp::millis),
        "gaps": candles.gaps,
        "missing": candles.missing,
        "first_gaps": gaps.collect::<Vec<_>>(),
        "notes": notes,
    })
}
