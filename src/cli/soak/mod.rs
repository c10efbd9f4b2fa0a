//! `heikin soak`: whether heikin holds out for days, shown in minutes.
//!
//! `heikin run` is started as a process of its own against a simulated exchange whose time passes
//! quickly and where something goes wrong every other hour. Each simulated hour the process is
//! measured from outside; at the end [`rules`] decides, and what was recorded is decided again.
//!
//! | module | holds |
//! |---|---|
//! | [`exchange`] | the simulated exchange, and how its time passes |
//! | [`trouble`] | what goes wrong there |
//! | [`product`] | the process, asked and measured |
//! | [`account`] | what both say of the account |
//! | [`rules`] | what has to hold |

mod account;
mod exchange;
mod product;
mod rules;
mod trouble;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use heikin_core::market::{Candle, Symbol};
use heikin_core::time::{Interval, Span, Timestamp};
use serde_json::json;
use tempfile::TempDir;

use self::account::{Account, Happened, recorded_candles};
use self::exchange::{Exchange, MOST_SYMBOLS, pause};
use self::product::{Product, verdict_of};
use self::rules::{LEAST_HOURS, Sample, Verdict, mebibytes};
use self::trouble::{Hour, Trouble};
use super::failure::Failure;
use super::figures::grouped;
use super::stop::{Hangup, Stop};
use super::tell::tell;

/// Within so many looks, five minutes, heikin has to be ready again, and to agree with the exchange.
const LOOKS: u32 = 6_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const DAY: u32 = 24;

/// Let heikin trade for days within minutes, amidst faults, and check that it holds out.
///
/// `heikin run` is started as a process of its own against a simulated exchange. Each simulated hour
/// its memory, descriptors, threads, tasks and queues are measured. At the end none of them may have
/// grown, each closed candle must have been taken in once and in order, the account must be the
/// exchange's, and what was recorded must be decided again in the same way. Ends with 1 where one of
/// that does not hold. Ctrl-C ends it early: what was measured until then is judged.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How long, in simulated days or hours: 30d, 12h.
    #[arg(long, value_name = "TIME", default_value = "30d")]
    length: Length,
    /// So many simulated seconds in a real one; or `max`: the exchange waits for heikin at every price,
    /// and for nothing else.
    #[arg(long, value_name = "N", default_value = "max")]
    speed: Speed,
    /// What decides the markets and what goes wrong.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many symbols are traded.
    #[arg(long, value_name = "N", default_value_t = 2,
        value_parser = clap::value_parser!(u16).range(1..=MOST_SYMBOLS))]
    symbols: u16,
    /// The candles that they are traded on.
    #[arg(long, value_name = "INTERVAL", default_value = "15m")]
    interval: Interval,
    /// Whether anything goes wrong.
    #[arg(long, value_enum, default_value_t = Faults::Some)]
    faults: Faults,
    /// Where heikin's data goes, and stays: an empty folder [default: a temporary one, which stays
    /// where a rule does not hold].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// Whether anything goes wrong at the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Faults {
    /// Every other hour.
    Some,
    /// Nothing does.
    None,
}

/// How long a soak is, in hours of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Length(u32);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.strip_suffix('d').map(|days| (days, DAY));
        let parts = parts.or_else(|| Some((text.strip_suffix('h')?, 1)));
        let hours = parts.and_then(|(count, each)| count.parse::<u32>().ok()?.checked_mul(each));
        let hours = hours.ok_or("write it as 30d or 12h")?;
        if hours < LEAST_HOURS {
            return Err(format!("at least {LEAST_HOURS}h, so that there is a course to judge"));
        }
        Ok(Self(hours))
    }
}

/// How fast the exchange's time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speed {
    /// As fast as heikin follows: in lockstep.
    Max,
    /// So many times as fast as the wall's, for everybody.
    Times(NonZeroU32),
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.parse().map(Self::Times).map_err(|_no_number| "a number from 1 on, or max".to_owned())
    }
}

/// How the result is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    /// A line for each day, and one for each rule.
    Lines,
    /// One object at the end.
    Json,
}

/// What is soaked, and how.
#[derive(Debug, Clone, Copy)]
struct Course {
    hours: u32,
    speed: Speed,
    seed: u64,
    symbols: usize,
    interval: Interval,
    faults: Faults,
}

/// What came of it.
#[derive(Debug)]
struct Soaked {
    samples: Vec<Sample>,
    happened: Happened,
    verdicts: Vec<Verdict>,
    peak_kib: u64,
    took: Duration,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let course = Course {
        hours: arguments.length.0,
        speed: arguments.speed,
        seed: arguments.seed,
        symbols: arguments.symbols.into(),
        interval: arguments.interval,
        faults: arguments.faults,
    };
    if course.interval.span() < Span::MINUTE || course.interval.span() > Span::HOUR {
        return Err(Failure::bad_input(format!(
            "--interval {}: from 1m to 1h, so that an hour has a candle",
            course.interval
        )));
    }
    let output = if arguments.json { Output::Json } else { Output::Lines };
    let mut folder = Folder::make(arguments.folder.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    let soaked = runtime.block_on(soak(&course, folder.path(), output));
    let soaked = soaked.map_err(|failure| Failure {
        message: format!("{failure}. Its data is in {}", folder.stay().display()),
        ..failure
    })?;
    match output {
        Output::Json => tell(&soaked.json(&course)),
        Output::Lines => soaked.show(),
    }
    let broken: Vec<_> = soaked.verdicts.iter().filter(|it| !it.holds).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = broken.iter().map(|it| format!("- {}: {}", it.rule, it.told)).collect();
    Err(Failure::failed(format!(
        "it does not hold out; its data is in {}\n{}",
        folder.stay().display(),
        told.join("\n")
    )))
}

/// Where heikin's data goes.
#[derive(Debug)]
enum Folder {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn make(given: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = given else {
            let made = tempfile::Builder::new().prefix("heikin-soak-").tempdir();
            return made.map(Self::Temporary).map_err(Failure::failed);
        };
        let unusable = |error| Failure::bad_input(format!("{}: {error}", path.display()));
        std::fs::create_dir_all(path).map_err(unusable)?;
        if std::fs::read_dir(path).map_err(unusable)?.next().is_some() {
            return Err(Failure::bad_input(format!("{}: the folder is not empty", path.display())));
        }
        // The process that is watched runs in it.
        path.canonicalize().map(Self::Given).map_err(unusable)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// It is not removed.
    fn stay(&mut self) -> &Path {
        if let Self::Temporary(folder) = self {
            folder.disable_cleanup(true);
        }
        self.path()
    }
}

async fn soak(course: &Course, folder: &Path, output: Output) -> Result<Soaked, Failure> {
    let mut stop = Stop::listen(Hangup::Ends)?;
    let exchange = Exchange::open(course)?;
    let product = Product::start(folder, &exchange.configuration())?;
    let mut watch = Watch { exchange, product, trouble: Trouble::of_seed(course.seed) };
    watch.settle().await?;
    let began = now();
    let mut samples = Vec::new();
    // When nothing was wrong for the last time: an hour that is broken off leaves its faults behind.
    let mut calm = watch.exchange.clock();
    for hour in 1..=course.hours {
        let passed = tokio::select! {
            passed = watch.hour(course.faults) => passed,
            () = stop.asked() => break,
        };
        passed?;
        calm = watch.exchange.clock();
        let sample = watch.product.measure(hour).await?;
        samples.push(sample);
        if output == Output::Lines && hour % DAY == 0 {
            tell(&line_of_day(&sample));
        }
    }
    let took = began.elapsed();
    if samples.len() < LEAST_HOURS as usize {
        return Err(Failure::failed("it was ended before there was anything to judge"));
    }
    watch.settle().await?;
    let mut verdicts = rules::of_the_process(&samples, course.symbols);
    let (account, happened) = watch.agreement().await?;
    verdicts.push(Verdict::of("account", account));
    verdicts.push(Verdict::of("trades", trades(&happened)));
    let Watch { exchange, product, .. } = watch;
    let peak_kib = product.peak_kib();
    product.stop().await?;
    verdicts.extend(of_the_record(folder, &exchange, calm)?);
    Ok(Soaked { samples, happened, verdicts, peak_kib, took })
}

/// What is decided by what heikin has recorded, which was ready at this time.
fn of_the_record(
    folder: &Path,
    exchange: &Exchange,
    until: Timestamp,
) -> Result<Vec<Verdict>, Failure> {
    let recorded = recorded_candles(folder)?;
    let of = |symbol: &Symbol| {
        let candles = recorded.get(symbol).map(Vec::as_slice).unwrap_or_default();
        let first = candles.first().map_or(until, Candle::open_time);
        let mut closed = exchange.closed(*symbol, first);
        // What closed afterwards was waited for by nobody.
        closed.retain(|it| it.close_time() < until || candles.contains(it));
        let told = |text: String| format!("{symbol}: {text}");
        Verdict::of("candles", rules::candles(candles, &closed).map(told).map_err(told))
    };
    let mut verdicts: Vec<_> = exchange.symbols().iter().map(of).collect();
    verdicts.push(Verdict::of("store", verdict_of(folder, &["store", "verify"])));
    verdicts.push(Verdict::of("replay", verdict_of(folder, &["replay"])));
    Ok(verdicts)
}

/// A soak in which nothing is traded shows nothing.
fn trades(happened: &Happened) -> Result<String, String> {
    let Happened { orders, fills, struck, .. } = happened;
    let told = format!("{orders} orders, {fills} fills; {struck} answers were struck by faults");
    if *orders > 0 { Ok(told) } else { Err(told) }
}

/// Exchange and heikin, while time passes.
#[derive(Debug)]
struct Watch {
    exchange: Exchange,
    product: Product,
    trouble: Trouble,
}

impl Watch {
    /// An hour passes. At its end nothing is wrong any more, and heikin is ready.
    async fn hour(&mut self, faults: Faults) -> Result<(), Failure> {
        let trouble = self.trouble.next_hour().filter(|_| faults == Faults::Some);
        let (first, last) = match trouble {
            Some(Hour { at_first, at_last }) => (at_first, at_last),
            None => (Vec::new(), Vec::new()),
        };
        self.exchange.strike(&first).await?;
        self.exchange.pass(60).await?;
        self.exchange.strike(&last).await?;
        self.settle().await
    }

    /// Waits until heikin is ready.
    async fn settle(&self) -> Result<(), Failure> {
        let mut why = String::new();
        for _ in 0..LOOKS {
            match self.product.unready().await? {
                None => return Ok(()),
                Some(told) => why = told,
            }
            self.linger().await?;
        }
        Err(Failure::failed(format!("heikin does not become ready again: {why}")))
    }

    /// Between two looks. Where the exchange waits for heikin, a minute of it passes: nothing heals
    /// without time.
    async fn linger(&self) -> Result<(), Failure> {
        pause(BETWEEN_LOOKS).await;
        self.exchange.step(1).await
    }

    /// Whether heikin says of its account what the exchange knows, soon.
    async fn agreement(&self) -> Result<(Result<String, String>, Happened), Failure> {
        for look in 0.. {
            let told = Account::told(self.product.status().await?)?;
            let happened = Happened::of(self.exchange.state())?;
            match told.differs_from(&happened.account) {
                None => return Ok((Ok(told.size()), happened)),
                Some(differs) if look == LOOKS => return Ok((Err(differs), happened)),
                Some(_) => {}
            }
            self.linger().await?;
        }
        Err(Failure::failed("the account was not looked at"))
    }
}

impl Soaked {
    fn simulated_seconds(&self) -> u64 {
        self.samples.len() as u64 * 3_600
    }

    /// How many times as fast as the wall's clock the exchange's went.
    fn speed(&self) -> u64 {
        let millis = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX).max(1);
        self.simulated_seconds().saturating_mul(1_000) / millis
    }

    fn show(&self) {
        tell(&format!(
            "{} hours in {} s: {} times as fast; {} of memory at most",
            self.samples.len(),
            self.took.as_secs(),
            grouped(&self.speed().to_string()),
            mebibytes(self.peak_kib)
        ));
        for Verdict { rule, holds, told } in &self.verdicts {
            let word = if *holds { "ok  " } else { "FAIL" };
            tell(&format!("{word}  {rule:<11}  {told}"));
        }
    }

    fn json(&self, course: &Course) -> String {
        json!({
            "seed": course.seed, "symbols": course.symbols, "interval": course.interval.as_str(),
            "faults": course.faults == Faults::Some, "hours": self.samples.len(),
            "seconds": self.took.as_secs(), "speed": self.speed(), "peak_kib": self.peak_kib,
            "orders": self.happened.orders, "fills": self.happened.fills,
            "verdicts": self.verdicts, "samples": self.samples,
        })
        .to_string()
    }
}

fn line_of_day(sample: &Sample) -> String {
    let Sample { hour, resident_kib, own_kib, descriptors, threads, tasks, .. } = sample;
    let Sample { records, journal_bytes, .. } = sample;
    format!(
        "day {:>3}: {}, {} its own, {descriptors} descriptors, {threads} threads, {tasks} tasks; {} records, \
         journal {}",
        hour / DAY,
        mebibytes(*resident_kib),
        mebibytes(*own_kib),
        grouped(&records.to_string()),
        mebibytes(journal_bytes / 1_024)
    )
}

#[expect(clippy::disallowed_methods, reason = "how long it takes is told")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_days_or_hours_and_has_a_course() {
        assert_eq!("30d".parse(), Ok(Length(720)));
        assert_eq!("6h".parse(), Ok(Length(6)));
        for wrong in ["", "30", "h", "3h", "-1d", "1.5d", "99999999999d", "999999999d"] {
            assert!(wrong.parse::<Length>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_speed_is_a_number_or_max() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("1000".parse(), Ok(Speed::Times(NonZeroU32::new(1_000).unwrap())));
        for wrong in ["", "0", "fast", "-1"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }
}
