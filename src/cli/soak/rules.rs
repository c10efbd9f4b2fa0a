//! What has to hold when a soak is over, decided on what was measured. Nothing here asks anybody.

use std::ops::Range;

use heikin_core::market::Candle;
use serde::Serialize;

use crate::cli::figures::{instant, time};

/// The most by which memory may be more in the last quarter than in the second, however long it takes:
/// what an allocator and sled keep for themselves goes up and down by about that.
const GROWTH_KIB: u64 = 2_048;
/// The most by which it may be more in the last quarter than in the first hours: sled's pages, and lists
/// that have a bound and take weeks to reach it.
const FILLED_KIB: u64 = 6_144;
/// What is kept of each trader besides: candles, decisions, stops.
const TRADER_KIB: u64 = 512;
/// What is counted in pieces may grow by so many: connections overlap while one replaces another.
const GROWTH_PIECES: u64 = 8;
/// What a start needs is there after so many hours.
const FIRST_HOURS: usize = 2;
/// Fewer hours than this have no last quarter to speak of.
pub(super) const LEAST_HOURS: u32 = 4;

/// How the process stood at the end of a simulated hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Sample {
    /// Which hour, from 1 on.
    pub(super) hour: u32,
    /// Resident memory, in KiB.
    pub(super) resident_kib: u64,
    /// What of it is no file's: the program's own pages may go and come as the system likes.
    pub(super) own_kib: u64,
    /// Open descriptors.
    pub(super) descriptors: u64,
    /// Threads.
    pub(super) threads: u64,
    /// Tasks of all runtimes.
    pub(super) tasks: u64,
    /// What waited in queues.
    pub(super) queued: u64,
    /// Records in the journal.
    pub(super) records: u64,
    /// The size of the journal's files.
    pub(super) journal_bytes: u64,
}

/// A rule, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    /// Its name.
    pub(super) rule: &'static str,
    /// Whether it holds.
    pub(super) holds: bool,
    /// The figures, or what is wrong.
    pub(super) told: String,
}

impl Verdict {
    pub(super) fn of(rule: &'static str, result: Result<String, String>) -> Self {
        let holds = result.is_ok();
        Self { rule, holds, told: result.unwrap_or_else(|wrong| wrong) }
    }
}

/// What a number was in the first hours, in the second quarter and in the last.
struct Course {
    /// The most of the first hours.
    first: u64,
    /// The most of the second quarter.
    second: u64,
    /// The least of the last quarter.
    least: u64,
    /// The most of the last quarter.
    most: u64,
}

impl Course {
    fn of(samples: &[Sample], what: fn(&Sample) -> u64) -> Result<Self, String> {
        let hours = samples.len();
        let part = |range: Range<usize>| samples.get(range).unwrap_or_default().iter().map(what);
        let last = || part(hours - hours / 4..hours);
        let (first, second) = (part(0..FIRST_HOURS).max(), part(hours / 4..hours / 2).max());
        match (first, second, last().min(), last().max()) {
            (Some(first), Some(second), Some(least), Some(most)) => {
                Ok(Self { first, second, least, most })
            }
            _ => Err(format!("{hours} hours are too few to tell")),
        }
    }
}

/// Everything that is decided by how a process with so many traders stood.
pub(super) fn of_the_process(samples: &[Sample], traders: usize) -> Vec<Verdict> {
    vec![
        Verdict::of("memory", memory(samples, traders)),
        Verdict::of("descriptors", pieces(samples, |it| it.descriptors)),
        Verdict::of("threads", pieces(samples, |it| it.threads)),
        Verdict::of("tasks", pieces(samples, |it| it.tasks)),
        Verdict::of("queues", queues(samples)),
    ]
}

/// The most of the last quarter is hardly above the most of the second, when all that a start and the
/// first trades need is there, and not far above the first hours.
fn memory(samples: &[Sample], traders: usize) -> Result<String, String> {
    let Course { first, second, most, .. } = Course::of(samples, |it| it.own_kib)?;
    let lists = TRADER_KIB * traders as u64;
    let allowed = (second + GROWTH_KIB).min(first + FILLED_KIB) + lists;
    let told = format!(
        "{} in the first two hours, at most {} in the second quarter and {} in the last; {} are allowed",
        mebibytes(first),
        mebibytes(second),
        mebibytes(most),
        mebibytes(allowed)
    );
    if most <= allowed { Ok(told) } else { Err(told) }
}

/// The least of the last quarter is hardly above the most of the first two hours: a leak lifts the
/// least, and a moment of much to do does not.
fn pieces(samples: &[Sample], what: fn(&Sample) -> u64) -> Result<String, String> {
    let Course { first, least, most, .. } = Course::of(samples, what)?;
    let told = format!("{first} in the first two hours, {least} to {most} in the last quarter");
    if least <= first + GROWTH_PIECES { Ok(told) } else { Err(told) }
}

/// Queues run empty: in the last quarter too.
fn queues(samples: &[Sample]) -> Result<String, String> {
    let Course { least, most, .. } = Course::of(samples, |it| it.queued)?;
    if least == 0 {
        return Ok(format!("empty at times, {most} at most in the last quarter"));
    }
    Err(format!("never empty in the last quarter: {least} to {most} wait"))
}

/// Each closed candle was taken in once and in order: those that the exchange knows from the first
/// one on that was recorded.
pub(super) fn candles(recorded: &[Candle], closed: &[Candle]) -> Result<String, String> {
    let mut expected = closed.iter();
    let mut last: Option<&Candle> = None;
    for candle in recorded {
        let opened = instant(candle.open_time());
        if let Some(last) = last.filter(|last| candle.open_time() <= last.open_time()) {
            let again = if candle.open_time() == last.open_time() { "twice" } else { "too late" };
            return Err(format!("the candle of {opened} comes {again}"));
        }
        last = Some(candle);
        match expected.next() {
            Some(known) if known == candle => {}
            Some(known) if known.open_time() < candle.open_time() => {
                return Err(format!("the candle of {} is missing", instant(known.open_time())));
            }
            Some(known) if known.open_time() == candle.open_time() => {
                return Err(format!("the candle of {opened} is another one than the exchange's"));
            }
            _ => return Err(format!("the exchange has no candle of {opened}")),
        }
    }
    match (expected.next(), recorded.first()) {
        (Some(known), _) => Err(format!("the candle of {} is missing", instant(known.open_time()))),
        (None, None) => Err("no candle was taken in".to_owned()),
        (None, Some(first)) => {
            Ok(format!("{} since {}, each once", recorded.len(), time(first.open_time())))
        }
    }
}

/// `38.2 MiB`
pub(super) fn mebibytes(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1_024, kib % 1_024 * 10 / 1_024)
}

#[cfg(test)]
mod tests {
    use heikin_core::market::Ohlc;
    use heikin_core::num::Money;
    use heikin_core::time::{Interval, Span, Timestamp};

    use super::*;

    /// Two days of a process that holds out: it takes a little more while it has much to do.
    fn recorded() -> Vec<Sample> {
        let sample = |hour: u32| Sample {
            hour,
            resident_kib: 60_000,
            own_kib: 40_000 + u64::from(hour % 7) * 300,
            descriptors: 40 + u64::from(hour % 3),
            threads: 6,
            tasks: 12 + u64::from(hour % 5),
            queued: u64::from(hour % 2) * 3,
            records: u64::from(hour) * 100,
            journal_bytes: u64::from(hour) * 20_000,
        };
        (1..=48).map(sample).collect()
    }

    /// The rules that do not hold when something of the recorded course is otherwise.
    fn broken(spoil: impl Fn(&mut Sample)) -> Vec<&'static str> {
        let mut samples = recorded();
        samples.iter_mut().for_each(spoil);
        let verdicts = of_the_process(&samples, 2);
        verdicts.into_iter().filter(|it| !it.holds).map(|it| it.rule).collect()
    }

    #[test]
    fn what_holds_out_holds_and_each_leak_is_found() {
        assert_eq!(broken(|_| ()), Vec::<&str>::new());
        // A hundred and fifty KiB in an hour: 7 MiB in two days.
        assert_eq!(broken(|it| it.own_kib += u64::from(it.hour) * 150), ["memory"]);
        // What is reached within a day and stays must not be much.
        let soon =
            |kib: u64| move |it: &mut Sample| it.own_kib += u64::from(it.hour.min(20)) * kib / 20;
        assert_eq!(broken(soon(6_500)), Vec::<&str>::new());
        assert_eq!(broken(soon(9_000)), ["memory"]);
        // One in two hours.
        assert_eq!(broken(|it| it.descriptors += u64::from(it.hour) / 2), ["descriptors"]);
        assert_eq!(broken(|it| it.threads += u64::from(it.hour) / 2), ["threads"]);
        assert_eq!(broken(|it| it.tasks += u64::from(it.hour) / 2), ["tasks"]);
        assert_eq!(broken(|it| it.queued += u64::from(it.hour) / 20), ["queues"]);
        // Much to do at one moment is no leak.
        let busy = |it: &mut Sample| {
            if it.hour == 44 {
                (it.descriptors, it.tasks, it.queued) = (90, 90, 90);
            }
        };
        assert_eq!(broken(busy), Vec::<&str>::new());
    }

    #[test]
    fn what_is_told_has_the_figures() {
        let told = |samples: &[Sample]| of_the_process(samples, 2).remove(0).told;
        assert_eq!(
            told(&recorded()),
            "39.6 MiB in the first two hours, at most 40.8 MiB in the second quarter and 40.8 MiB in \
             the last; 43.8 MiB are allowed"
        );
        assert_eq!(told(&[]), "0 hours are too few to tell");
        assert!(of_the_process(&[], 2).iter().all(|it| !it.holds));
    }

    fn series(count: i64) -> Vec<Candle> {
        let candle = |number: i64| {
            let open =
                Timestamp::from_millis(1_704_067_200_000) + Interval::M15.span().times(number);
            let close = open + Interval::M15.span() + Span::from_millis(-1);
            let at = |text: &str| text.parse().unwrap();
            let prices = Ohlc::new(at("100"), at("110"), at("90"), at("105")).unwrap();
            Candle::new(open, close, prices, Money::ZERO).unwrap()
        };
        (0..count).map(candle).collect()
    }

    #[test]
    fn a_candle_that_is_missing_doubled_or_out_of_order_is_found() {
        let closed = series(8);
        let with = |change: fn(&mut Vec<Candle>)| {
            let mut recorded = series(8);
            change(&mut recorded);
            candles(&recorded, &closed)
        };
        assert_eq!(with(|_| ()), Ok("8 since 2024-01-01 00:00, each once".to_owned()));
        let told = |change| with(change).unwrap_err();
        let at = "the candle of 2024-01-01T00:45:00.000Z";
        assert_eq!(
            told(|it| it.retain(|candle| candle != &series(4)[3])),
            format!("{at} is missing")
        );
        assert_eq!(told(|it| it.insert(4, it[3])), format!("{at} comes twice"));
        assert_eq!(told(|it| it.insert(6, it[3])), format!("{at} comes too late"));
        let last = "the candle of 2024-01-01T01:45:00.000Z";
        assert_eq!(told(|it| it.truncate(7)), format!("{last} is missing"));
        assert_eq!(candles(&[], &[]), Err("no candle was taken in".to_owned()));
        let early = closed[..7].to_vec();
        assert_eq!(
            candles(&closed, &early),
            Err("the exchange has no candle of 2024-01-01T01:45:00.000Z".to_owned())
        );
        let mut other = series(8);
        other[3] = {
            let (open, close) = (other[3].open_time(), other[3].close_time());
            let at = |text: &str| text.parse().unwrap();
            let prices = Ohlc::new(at("100"), at("110"), at("90"), at("106")).unwrap();
            Candle::new(open, close, prices, Money::ZERO).unwrap()
        };
        let differs = format!("{at} is another one than the exchange's");
        assert_eq!(candles(&other, &closed), Err(differs));
    }
}
