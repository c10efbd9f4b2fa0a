//! `heikin simulate`: the engine in simulated worlds where everything goes wrong.

use std::io::IsTerminal;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::tell::tell;
use crate::analysis::simulate::{self, Bug, Campaign, Fault, Ground, Report, Runs, Schedule};

/// Run engine and store in simulated worlds, with faults, and check them after every step.
///
/// A seed decides a whole world: market, exchange, network, disk, the user's hands, and everything
/// that goes wrong with them. Each is run twice and must give the same effects.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How many schedules to run.
    #[arg(long, value_name = "N", default_value_t = 1_000, conflicts_with = "seed")]
    seeds: u64,
    /// The first seed.
    #[arg(long, value_name = "SEED", default_value_t = 1, conflicts_with = "seed")]
    from: u64,
    /// Run this schedule alone.
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Tell step by step what happens in it.
    // Beside --seeds, which excludes --seed, clap would not miss that.
    #[arg(long, requires = "seed", conflicts_with_all = ["seeds", "from"])]
    trace: bool,
    /// Plant a bug in the engine, by its number from 1 to 19, 26, or `all`, to see that it is caught.
    #[arg(long, value_name = "BUG")]
    plant: Option<Plant>,
    /// On so many threads; all cores where it is left out.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Run only one of so many seeds twice.
    #[arg(long, value_name = "N", default_value = "1")]
    twice_every: NonZeroU64,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// With a planted bug, schedules are run in portions of this size until one catches it.
const PORTION: u64 = 100;

#[derive(Debug, Clone, Copy)]
enum Plant {
    One(Bug),
    All,
}

impl std::str::FromStr for Plant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        Bug::ALL
            .into_iter()
            .find(|bug| bug.number().to_string() == text)
            .map(Self::One)
            .ok_or_else(|| "there are bugs 1 to 19, 26, and `all`".to_owned())
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.plant.is_some() && !cfg!(feature = "planted-bugs") {
        return Err(Failure::bad_input(
            "this build has no bugs to plant; build one that has with\n  \
             cargo run --profile fast --features planted-bugs -- simulate --plant all --seeds 10000",
        ));
    }
    match (arguments.seed, arguments.plant) {
        (Some(seed), plant) => one(seed, plant, arguments),
        (None, Some(Plant::All)) => plant(&Bug::ALL, arguments),
        (None, Some(Plant::One(bug))) => plant(&[bug], arguments),
        (None, None) => many(arguments),
    }
}

/// One schedule.
fn one(seed: u64, plant: Option<Plant>, arguments: &Arguments) -> Result<(), Failure> {
    let bug = match plant {
        None => None,
        Some(Plant::One(bug)) => Some(bug),
        Some(Plant::All) => {
            return Err(Failure::bad_input("a single schedule takes one planted bug, not `all`"));
        }
    };
    if arguments.trace {
        let (lines, _) = simulate::trace(seed, bug);
        for line in lines {
            tell(&line);
        }
    }
    let schedule = simulate::run(seed, Ground::Disk, bug, Runs::Twice);
    let mut report = Report::default();
    report.add(schedule);
    conclude(&report, seed..seed.saturating_add(1), None, arguments)
}

/// Many schedules, with nothing planted.
fn many(arguments: &Arguments) -> Result<(), Failure> {
    let seeds = seeds(arguments)?;
    let started = now();
    let bar = bar(arguments.seeds);
    let campaign = campaign(seeds.clone(), None, arguments);
    let report = campaign.run(|progress| {
        bar.set_position(progress.done);
        bar.set_message(format!("{} violations", progress.violations));
    });
    bar.finish_and_clear();
    conclude(&report, seeds, Some(started.elapsed().as_secs_f64()), arguments)
}

/// Shows in how many schedules each of the planted bugs is caught.
fn plant(bugs: &[Bug], arguments: &Arguments) -> Result<(), Failure> {
    let all = seeds(arguments)?;
    let mut rows = Vec::new();
    let mut missed = Vec::new();
    for bug in bugs {
        let mut schedules = 0;
        let mut first = all.start;
        let report = loop {
            let seeds = first..all.end.min(first.saturating_add(PORTION));
            let report = campaign(seeds.clone(), Some(*bug), arguments).run(|_| ());
            schedules += report.schedules;
            first = seeds.end;
            if report.violations > 0 || seeds.is_empty() || first >= all.end {
                break report;
            }
        };
        if report.violations == 0 {
            missed.push(bug.number().to_string());
        }
        rows.push(planted_row(*bug, schedules, &report, arguments));
    }
    if arguments.json {
        tell(&json!({ "planted": rows }).to_string());
    }
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "planted bugs not caught in {} schedules: {}",
        arguments.seeds,
        missed.join(", ")
    )))
}

/// One line for a planted bug.
fn planted_row(bug: Bug, schedules: u64, report: &Report, arguments: &Arguments) -> Value {
    let first = report.failed.first();
    let rule = first.and_then(|failed| failed.violation.as_ref()).map(|violation| violation.rule);
    if !arguments.json {
        let outcome = match (first, rule) {
            (Some(first), Some(rule)) => {
                format!("first by seed {} ({rule})", first.seed)
            }
            _ => "NOT CAUGHT".to_owned(),
        };
        tell(&format!(
            "bug {:>2}  {:<26} caught in {:>3} of {schedules:>5} schedules, {outcome}",
            bug.number(),
            format!("{bug:?}"),
            report.violations,
        ));
    }
    json!({
        "bug": bug.number(),
        "name": format!("{bug:?}"),
        "caught": report.violations,
        "schedules": schedules,
        "first_seed": first.map(|failed| failed.seed),
        "rule": rule,
    })
}

/// Tells what came of it.
fn conclude(
    report: &Report,
    seeds: Range<u64>,
    seconds: Option<f64>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    if arguments.json {
        tell(&format!("{}", as_json(report, &seeds, seconds)));
    } else {
        print(report, &seeds, seconds);
    }
    if report.violations == 0 {
        return Ok(());
    }
    let mut message = format!(
        "{} of {} schedules broke a rule that must never be broken",
        report.violations, report.schedules
    );
    for failed in report.failed.iter().take(10) {
        message += &failed_lines(failed, arguments);
    }
    Err(Failure::failed(message))
}

/// A schedule that broke a rule, and how to see it again.
fn failed_lines(failed: &Schedule, arguments: &Arguments) -> String {
    let Some(violation) = &failed.violation else { return String::new() };
    let bug = match arguments.plant {
        Some(Plant::One(bug)) => Some(bug),
        _ => None,
    };
    let faults = simulate::shrink(failed.seed, bug, violation.rule);
    let faults: Vec<&str> = faults.into_iter().map(Fault::name).collect();
    let plant = bug.map_or_else(String::new, |bug| format!(" --plant {}", bug.number()));
    format!(
        "\n\nseed {}: {}: {}\n  it takes: {}\n  see it: heikin simulate --seed {}{plant} --trace",
        failed.seed,
        violation.rule,
        violation.what,
        faults.join(", "),
        failed.seed,
    )
}

fn print(report: &Report, seeds: &Range<u64>, seconds: Option<f64>) {
    let last = seeds.end.saturating_sub(1);
    let (first, schedules, twice) = (seeds.start, report.schedules, report.twice);
    tell(&format!("seeds {first} to {last}: {schedules} schedules, {twice} of them run twice"));
    tell(&format!("  inputs      {:>12}", report.inputs));
    tell(&format!("  faults      {:>12}", report.faults.total()));
    if let Some((inputs, faults)) = report.least {
        tell(&format!("  the shortest schedule has {inputs} inputs, the mildest {faults} faults"));
    }
    for (fault, count) in report.faults.iter() {
        let numbers: Vec<String> = fault.study().iter().map(|it| format!("F{it}")).collect();
        tell(&format!("    {:<26}{count:>10}  {}", fault.name(), numbers.join(" ")));
    }
    if let Some(seconds) = seconds {
        tell(&format!(
            "  {seconds:.1} s, {:.0} schedules a second",
            rate(report.schedules, seconds)
        ));
    }
    tell(&format!("  effects hash {:016x}", report.hash));
    tell(&format!("  violations  {:>12}", report.violations));
}

fn as_json(report: &Report, seeds: &Range<u64>, seconds: Option<f64>) -> Value {
    let faults = report.faults.iter();
    let faults: Map<String, Value> =
        faults.map(|(fault, count)| (fault.name().to_owned(), count.into())).collect();
    let study = report.faults.by_study().into_iter();
    let study: Map<String, Value> =
        study.map(|(number, count)| (format!("F{number}"), count.into())).collect();
    json!({
        "first_seed": seeds.start,
        "schedules": report.schedules,
        "run_twice": report.twice,
        "inputs": report.inputs,
        "least_inputs": report.least.map(|least| least.0),
        "faults_total": report.faults.total(),
        "least_faults": report.least.map(|least| least.1),
        "faults": faults,
        "faults_by_study": study,
        "effects_hash": format!("{:016x}", report.hash),
        "violations": report.violations,
        "failed_seeds": report.failed.iter().map(|failed| failed.seed).collect::<Vec<_>>(),
        "seconds": seconds,
        "schedules_per_second": seconds.map(|seconds| rate(report.schedules, seconds)),
    })
}

fn campaign(seeds: Range<u64>, bug: Option<Bug>, arguments: &Arguments) -> Campaign {
    let twice_every = arguments.twice_every;
    Campaign { seeds, threads: threads(arguments), bug, twice_every }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(schedules: u64, seconds: f64) -> f64 {
    schedules as f64 / seconds
}

fn seeds(arguments: &Arguments) -> Result<Range<u64>, Failure> {
    if arguments.seeds == 0 {
        return Err(Failure::bad_input("--seeds 0 runs nothing: give at least 1"));
    }
    let end = arguments.from.checked_add(arguments.seeds).ok_or_else(|| {
        Failure::bad_input(format!(
            "--from {} and --seeds {}: the last seed would be above {}",
            arguments.from,
            arguments.seeds,
            u64::MAX
        ))
    })?;
    Ok(arguments.from..end)
}

fn threads(arguments: &Arguments) -> NonZeroUsize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    arguments.threads.unwrap_or_else(cores)
}

#[expect(clippy::disallowed_methods, reason = "how long it took is told, and decides nothing")]
fn now() -> Instant {
    Instant::now()
}

fn bar(schedules: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(schedules), ProgressDrawTarget::stderr());
    let template = "{bar:30} {pos}/{len} schedules, {per_sec:.0}, {msg}, {eta} left";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
