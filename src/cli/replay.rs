//! `heikin replay`: a recorded journal, decided once more.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use clap::Args;
use heikin_core::engine::{
    Body, Effect, Engine, EngineConfig, Input, Record, Sequence, Standing, TraderSetup,
};
use heikin_core::market::{Symbol, SymbolRules};
use heikin_core::num::Rate;
use heikin_core::order::InstallationTag;
use heikin_core::strategy::{FeeRates, HeikinAshiStrategy};

use super::failure::Failure;
use super::figures::time;
use super::narration;
use super::run::session::RESYNC_EVERY;
use super::tell::printed;
use crate::analysis::replay::{Difference, Replayed, replay};
use crate::config::{Config, Paths, SimulatorClock, Variables, Venue};
use crate::runtime::roster::Roster;
use crate::runtime::start::TraderPlan;
use crate::store::disk::RealDisk;
use crate::store::journal::JournalReader;
use crate::store::{Layout, StoreError};

/// Decide once more what a journal records, and tell each decision that this build would make
/// otherwise, by the settings that held then. Sends nothing, changes nothing; heikin may be running.
///
/// Ends with 0 where nothing differs and with 1 where something does. Away from the keys, say
/// `MODE=paper heikin replay`: the traders are the same.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration that names the traders [default: heikin.toml in this folder].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory, such as a restored backup [default: the configuration's].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print every input and what was decided on it, instead of deciding again.
    #[arg(long)]
    explain: bool,
    /// With --explain: from this record on.
    #[arg(long, value_name = "RECORD", default_value_t = 1, requires = "explain")]
    from: Sequence,
    /// With --explain: up to this record.
    #[arg(long, value_name = "RECORD", requires = "explain")]
    to: Option<Sequence>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let paths = Paths::given(arguments.config.as_deref());
    let config = Config::load(&paths, &Variables::of_process()).map_err(Failure::bad_input)?;
    let layout = Layout::new(arguments.data.as_ref().unwrap_or(&config.data));
    let journal = Recorded::open(&layout).map_err(told)?;
    let engine = engine(&config, &layout, &journal)?;
    if arguments.explain {
        return explain(arguments, &journal, &engine()?);
    }
    engine()?;
    let make = || {
        #[expect(clippy::expect_used, reason = "the same settings have just made one")]
        engine().expect("an engine of these settings")
    };
    let replayed = replay(make, journal.records(1).map_err(told)?).map_err(told)?;
    let made = make();
    let mut out = io::stdout().lock();
    printed(report(&mut out, &replayed, &made))?;
    match replayed.differences.len() {
        0 => Ok(()),
        1 => Err(Failure::failed("one decision would be another one today")),
        count => Err(Failure::failed(format!("{count} decisions would be others today"))),
    }
}

/// A journal from its first record to the last one that is durable.
struct Recorded {
    reader: JournalReader<RealDisk>,
    last: Sequence,
}

impl Recorded {
    fn open(layout: &Layout) -> Result<Self, StoreError> {
        let reader = JournalReader::new(RealDisk, &layout.journal());
        let last = reader.durable()?;
        if last == 0 {
            return Err(StoreError::NoStore { path: layout.data().to_owned() });
        }
        Ok(Self { reader, last })
    }

    fn records(
        &self,
        from: Sequence,
    ) -> Result<impl Iterator<Item = Result<Record, StoreError>>, StoreError> {
        self.reader.records(from.saturating_sub(1), self.last)
    }

    /// What an engine has to be made with: our tag, and the first rules of each of these symbols,
    /// which say what its assets are.
    fn setup(&self, symbols: &BTreeSet<Symbol>) -> Result<Setup, StoreError> {
        let mut wanted = symbols.clone();
        let mut setup = Setup { tag: InstallationTag::BACKTEST, rules: Vec::new() };
        for record in self.records(1)? {
            match record?.body {
                Body::Input(Input::Rules(rules)) if wanted.remove(&rules.symbol) => {
                    setup.rules.push(*rules);
                }
                // Nothing was ever placed where there is none.
                Body::Effect(Effect::Submit(order)) => {
                    setup.tag = order.id.tag();
                    if wanted.is_empty() {
                        break;
                    }
                }
                _ => {}
            }
        }
        Ok(setup)
    }
}

/// What a journal says of the engine that it was recorded with.
struct Setup {
    tag: InstallationTag,
    rules: Vec<SymbolRules>,
}

/// The traders by number, as a start with this configuration has them.
fn plans(config: &Config, layout: &Layout) -> Result<Vec<TraderPlan>, Failure> {
    let configured: Vec<_> = config
        .traders
        .iter()
        .map(|trader| TraderPlan {
            symbol: trader.symbol,
            interval: trader.interval,
            settings: trader.settings,
            seed_after: None,
            standing: Standing::Active,
        })
        .collect();
    let roster = Roster::read(layout).map_err(Failure::bad_input)?;
    Ok(roster.plans(&configured))
}

/// What makes an engine with the traders of the configuration, and nothing that happened yet.
fn engine(
    config: &Config,
    layout: &Layout,
    journal: &Recorded,
) -> Result<impl Fn() -> Result<Engine, Failure> + use<>, Failure> {
    let in_lockstep = matches!(
        &config.venue,
        Venue::Simulator(simulator) if matches!(simulator.clock, SimulatorClock::Lockstep)
    );
    let plans = plans(config, layout)?;
    let symbols = plans.iter().map(|plan| plan.symbol).collect();
    let Setup { tag, rules } = journal.setup(&symbols).map_err(told)?;
    let engine_config = EngineConfig {
        tag,
        limits: config.limits,
        resync_every: (!in_lockstep).then_some(RESYNC_EVERY),
    };
    Ok(move || {
        let mut engine = Engine::new(engine_config);
        for plan in &plans {
            let symbol = plan.symbol;
            if engine.markets().iter().all(|market| market.rules().symbol != symbol) {
                let rules = rules.iter().find(|rules| rules.symbol == symbol).ok_or_else(|| {
                    Failure::bad_input(format!(
                        "the journal knows nothing of {symbol}: give the configuration that it \
                         was recorded with (--config)"
                    ))
                })?;
                // The journal says what they were, and when they changed.
                engine.add_market(rules.clone(), FeeRates::flat(Rate::ZERO));
            }
            let strategy = Box::new(HeikinAshiStrategy::changeable(plan.settings));
            let setup = TraderSetup { symbol, interval: plan.interval, strategy };
            let added = engine.add_trader(setup);
            if let Some(id) = added.filter(|_| plan.standing == Standing::Retired) {
                engine.retire(id);
            }
        }
        Ok(engine)
    })
}

fn explain(arguments: &Arguments, journal: &Recorded, engine: &Engine) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let to = arguments.to.unwrap_or(journal.last);
    if arguments.from > to.min(journal.last) {
        return Err(Failure::bad_input(format!(
            "--from {} is behind the last record to be shown, {}: give one up to that",
            arguments.from,
            to.min(journal.last)
        )));
    }
    for record in journal.records(arguments.from).map_err(told)? {
        let record = record.map_err(told)?;
        if record.seq > to {
            break;
        }
        let line = match &record.body {
            Body::Input(input) => Some(format!(
                "{:>8}  {}  {}",
                record.seq,
                time(record.at),
                narration::input(input, engine)
            )),
            Body::Effect(effect) => narration::effect(effect, engine)
                .map(|(who, what)| format!("{:>8}    → {who}  {what}", record.seq)),
        };
        if let Some(line) = line
            && let Err(error) = writeln!(out, "{line}")
        {
            return printed(Err(error));
        }
    }
    printed(out.flush())
}

fn report(out: &mut impl io::Write, replayed: &Replayed, engine: &Engine) -> io::Result<()> {
    let Replayed { inputs, effects, differences } = replayed;
    for difference in differences {
        let Difference { seq, at, input, recorded, replayed } = difference;
        writeln!(out, "record {seq}, {}: {}", time(*at), narration::input(input, engine))?;
        for (which, effects) in [("then", recorded), ("now ", replayed)] {
            write_effects(out, which, effects, engine)?;
        }
    }
    writeln!(
        out,
        "{inputs} inputs decided again, {effects} effects recorded, {} differences",
        differences.len()
    )
}

fn write_effects(
    out: &mut impl io::Write,
    which: &str,
    effects: &[Effect],
    engine: &Engine,
) -> io::Result<()> {
    if effects.is_empty() {
        writeln!(out, "  {which}  nothing")?;
    }
    for effect in effects {
        match narration::effect(effect, engine) {
            Some((who, what)) => writeln!(out, "  {which}  {who}  {what}")?,
            None => writeln!(out, "  {which}  {effect:?}")?,
        }
    }
    Ok(())
}

fn told(error: StoreError) -> Failure {
    if error.is_bad_input() { Failure::bad_input(error) } else { Failure::failed(error) }
}
