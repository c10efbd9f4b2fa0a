//! `heikin backtest`: a strategy run over candle files.

mod names;
mod output;
mod view;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::output::Output;
use super::failure::Failure;
use super::tell::{print, warn};
use crate::analysis::backtest::params::MINIMAL;
use crate::analysis::backtest::{
    Backtest, Chart, Drawing, Finer, MarketName, Outcome, Params, Statistics, TradesCsv, report,
    summary_json,
};
use crate::analysis::candle_file::CandleFiles;
use crate::analysis::report as page;

/// Run the strategy over candle files, and tell what would have come of it.
///
/// The engine is the one that trades live; orders fill by a model whose assumptions are printed.
/// Nothing is written unless the whole run succeeds.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The parameters: market, account, strategy, fill model. A key left out is off.
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Binance candle files (CSV, .gz or .zip), folders of them, or - for standard input.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    candles: Vec<PathBuf>,
    /// Finer candles of the same market, such as 1m under 1h: they refine the price path.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    finer: Vec<PathBuf>,
    /// Write the trades to this CSV file.
    #[arg(long, value_name = "OUT.csv")]
    trades: Option<PathBuf>,
    /// Write a report, one self-contained HTML page, to this file.
    #[arg(long, value_name = "OUT.html")]
    report: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(path) = &arguments.params else {
        return Err(Failure::bad_input(format!(
            "--params FILE is missing. A file that is complete:\n{MINIMAL}"
        )));
    };
    if arguments.candles.is_empty() {
        return Err(Failure::bad_input(
            "--candles FILE is missing. Name candle files, folders, or - for standard input.",
        ));
    }
    let params = Params::read(path).map_err(Failure::bad_input)?;
    let create = |path: &Option<PathBuf>, option| {
        path.as_deref().map(|path| Output::create(path, option)).transpose()
    };
    let outputs = Outputs {
        trades: create(&arguments.trades, "--trades")?,
        report: create(&arguments.report, "--report")?,
    };
    if let (Some(trades), Some(report)) = (&outputs.trades, &outputs.report)
        && trades.is_same(report)
    {
        return Err(Failure::bad_input("--trades and --report name the same file. Name two."));
    }
    let inputs = arguments.candles.iter().chain(&arguments.finer).chain([path]);
    for (output, option) in [(&outputs.trades, "--trades"), (&outputs.report, "--report")] {
        let Some(output) = output else { continue };
        if let Some(input) = inputs.clone().find(|input| output.would_replace(input)) {
            return Err(Failure::bad_input(format!(
                "{option} would overwrite {}, which is read. Name another file.",
                input.display()
            )));
        }
    }
    let started = now();
    let (outcome, outputs) = test(arguments, &params, outputs)?;
    let text = if arguments.json {
        format!("{:#}\n", summary_json(&outcome))
    } else {
        view::text(&outcome, started.elapsed())
    };
    outputs.commit()?;
    print(&text)
}

/// The files asked for.
struct Outputs {
    trades: Option<Output>,
    report: Option<Output>,
}

impl Outputs {
    fn commit(self) -> Result<(), Failure> {
        [self.trades, self.report].into_iter().flatten().try_for_each(Output::commit)
    }
}

/// The run, and everything written but not yet named.
fn test(
    arguments: &Arguments,
    params: &Params,
    mut outputs: Outputs,
) -> Result<(Outcome, Outputs), Failure> {
    let stdin = |paths: &[PathBuf]| paths.iter().any(|path| path == Path::new("-"));
    if stdin(&arguments.candles) && stdin(&arguments.finer) {
        return Err(Failure::bad_input("only one of --candles and --finer can be standard input."));
    }
    names::check(arguments, params)?;
    let mut candles = CandleFiles::open(&arguments.candles).map_err(Failure::bad_input)?;
    let mut finer = match arguments.finer.as_slice() {
        [] => None,
        paths => {
            let files = CandleFiles::open(paths).map_err(Failure::bad_input)?;
            Some(Finer::under(candles.interval(), files).map_err(Failure::bad_input)?)
        }
    };
    let market = market(params, &arguments.candles)?;
    let mut backtest = Backtest::new(params, market, candles.interval());
    let mut chart = outputs.report.is_some().then(|| Chart::new(&backtest));
    let mut statistics = chart.is_none().then(|| Statistics::new(&backtest));
    let mut trades = outputs.trades.as_mut().map(|out| TradesCsv::new(params, out.content()));
    drive(
        &mut backtest,
        &mut candles,
        finer.as_mut(),
        &mut (&mut trades, (&mut chart, &mut statistics)),
    )?;
    if finer.as_ref().is_some_and(|finer| finer.refined() == 0) {
        warn(
            "--finer: these candles make up none of the traded ones whole, so the result is as without \
             them. Give finer candles of the same time.",
        );
    }
    trades
        .map_or(Ok(()), TradesCsv::finish)
        .map_err(|error| failed(arguments.trades.as_deref(), &error))?;
    let (statistics, drawing) = match (chart, statistics) {
        (Some(chart), _) => {
            let (statistics, drawing) = chart.finish(&backtest);
            (Some(statistics), Some(drawing))
        }
        (None, statistics) => (statistics, None),
    };
    let figures = statistics.and_then(Statistics::result).ok_or_else(|| {
        // A candle file without candles is an error of its own.
        Failure::failed("there were no candles")
    })?;
    let outcome = Outcome::of(&backtest, figures, candles.summary(), finer.as_ref());
    if let (Some(out), Some(drawing)) = (&mut outputs.report, drawing) {
        write_report(&outcome, drawing, out, arguments)?;
    }
    Ok((outcome, outputs))
}

fn write_report(
    outcome: &Outcome,
    drawing: Drawing,
    out: &mut Output,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let report = report(outcome, drawing);
    page::write(&report, out.content()).map_err(|error| failed(arguments.report.as_deref(), &error))
}

fn failed(path: Option<&Path>, error: &io::Error) -> Failure {
    let path = path.unwrap_or(Path::new("the file")).display();
    Failure::failed(format!("{path} was not written: {error}"))
}

/// What the market is called: by the parameters, or by the first file's name.
fn market(params: &Params, candles: &[PathBuf]) -> Result<MarketName, Failure> {
    let by_file = || candles.first().and_then(|path| MarketName::of_file(path));
    match params.symbol {
        None => by_file().or_else(MarketName::unknown),
        Some(symbol) => MarketName::of_symbol(symbol),
    }
    .ok_or_else(|| {
        Failure::bad_input(
            "the symbol in the parameters does not end in an asset that is known as a quote, such \
             as USDT. Leave it out.",
        )
    })
}

/// All candles, with the progress on the terminal where there is one.
fn drive(
    backtest: &mut Backtest,
    candles: &mut CandleFiles,
    mut finer: Option<&mut Finer>,
    observer: &mut impl crate::analysis::backtest::Observer,
) -> Result<(), Failure> {
    let bar = bar(candles);
    let result = candles.read_ahead(|stride| {
        bar.set_position(stride.progress.bytes_read);
        backtest.run(&mut stride.into_candles(), finer.as_deref_mut(), observer)
    });
    bar.finish_and_clear();
    result.map_err(Failure::bad_input)
}

fn bar(candles: &CandleFiles) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let total = candles.progress().bytes_total;
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = match total {
        Some(_) => "{bar:30} {bytes} of {total_bytes}, {eta} left",
        None => "{spinner} {bytes}",
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[expect(clippy::disallowed_methods, reason = "how long it took is told, and decides nothing")]
fn now() -> Instant {
    Instant::now()
}
