//! The end of a process and its next beginning, and what its disk does to it.

use heikin_core::engine::{Bug, Command, Engine, Gate, GateState, Input};
use heikin_core::time::Span;

use super::bot::Bot;
use super::check::{Violation, violated};
use super::faults::Fault;
use super::feed::Feed;
use super::machine::{Death, NotStarted};
use super::scenario::Scenario;
use super::world::{Event, Mark, World};
use crate::store::disk::{self, Survives};
use crate::store::{Recovery, StoreError};

/// A sync that takes longer than this closes the gate for entries.
const SLOW: i64 = 250;

/// On so many of 10,000 occasions a snapshot is kept.
const SNAPSHOTS: u32 = 4_000;

/// Whether the disk has held the process up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Usual,
    Slow,
}

impl World {
    /// Whether a fault of the disk happens now. These have a chance of their own, so that a world on
    /// a disk is otherwise like the one in memory.
    fn strike_disk(&mut self, fault: Fault) -> bool {
        self.faults.strike(fault, &mut self.disk_dice)
    }

    /// What may go wrong with the next sync.
    pub(super) fn upset_disk(&mut self) {
        let failed = self.faults.strike(Fault::SyncFailed, &mut self.dice);
        if failed {
            self.bot.fail_next_sync();
        }
        let fault = if failed {
            let all = [disk::Fault::Sync, disk::Fault::HalfSync];
            self.disk_dice.pick(&all).copied()
        } else if self.strike_disk(Fault::DiskFull) {
            Some(disk::Fault::FullAfter(self.disk_dice.index(4_000)))
        } else if self.strike_disk(Fault::WriteFailed) {
            Some(disk::Fault::Write)
        } else if self.strike_disk(Fault::CrashWriting) {
            Some(disk::Fault::StopsAfter(self.disk_dice.index(6)))
        } else {
            None
        };
        if let (Some(fault), Some(store)) = (fault, self.bot.store()) {
            store.fail(fault);
        }
    }

    /// A sync takes so long that the process does nothing else for a while; false where it does not.
    pub(super) fn hold_up(&mut self) -> bool {
        if !self.strike_disk(Fault::SlowSync) {
            return false;
        }
        let pause = self.disk_dice.between(SLOW, 8_000);
        self.note(|| format!("the sync takes {pause} ms"));
        self.stalled_until = self.now + Span::from_millis(pause);
        self.pace = Pace::Slow;
        let process = self.process;
        self.at(self.stalled_until, Event::Sync);
        self.after(pause, Event::Delivered(process, Box::new(slow_disk(GateState::Closed))));
        let recovered = pause + self.disk_dice.between(1_000, 60_000);
        self.after(recovered, Event::Delivered(process, Box::new(slow_disk(GateState::Open))));
        true
    }

    /// The journal said that it cannot be written: from then on nothing leaves, and nothing more is
    /// taken in.
    pub(super) fn storage_failed(&mut self) -> Result<(), Violation> {
        if let Some((_, effect)) = self.bot.next_effect() {
            return violated("D4 goes on", format!("{effect:?} leaves after a storage error"));
        }
        if self.bot.handle(self.now, Input::Time).is_ok() || self.bot.sync().is_ok() {
            return violated("D4 goes on", "the journal takes more after a storage error");
        }
        self.crash()
    }

    /// A snapshot is kept, old segments are archived; and folding the journal from nothing gives the
    /// same state.
    pub(super) fn keep_snapshot(&mut self) -> Result<(), Violation> {
        if self.dice.chance(500) {
            self.check_fold()?;
        }
        // In memory there are no snapshots, but as many occasions.
        if !self.disk_dice.chance(SNAPSHOTS) {
            return Ok(());
        }
        if let Err(error) = self.bot.keep_snapshot() {
            return self.refused_in_run(&error);
        }
        if self.archives && self.disk_dice.chance(2_000) {
            let now = self.now + Span::from_secs(1);
            let archived = self.bot.store().map(|store| store.archive(now));
            if let Some(Err(error)) = archived {
                return self.refused_in_run(&error);
            }
        }
        Ok(())
    }

    /// The store could not do its work: for a reason, or not.
    fn refused_in_run(&mut self, error: &StoreError) -> Result<(), Violation> {
        if self.bot.store().is_some_and(|store| store.is_failing()) {
            return self.crash();
        }
        violated("D3 snapshot", error.to_string())
    }

    pub(super) fn check_fold(&self) -> Result<(), Violation> {
        let live = self.bot.engine().map(Engine::snapshot);
        if live.is_some_and(|live| live != self.bot.folded()) {
            return violated("T2 fold", "the journal gives another state than the live one");
        }
        Ok(())
    }

    /// The process dies, and will be started again; some of what was not synced may survive.
    pub(super) fn crash(&mut self) -> Result<(), Violation> {
        let unsynced = i64::try_from(self.bot.unsynced()).unwrap_or(0);
        let kept = usize::try_from(self.dice.between(0, unsynced)).unwrap_or(0);
        let survives = if !self.strike_disk(Fault::PowerLost) {
            Survives::Everything
        } else if self.disk_dice.chance(2_500) {
            Survives::Nothing
        } else {
            Survives::Some(self.disk_dice.bits())
        };
        self.note(|| format!("crash: {unsynced} unsynced records, {survives:?}, {kept} kept"));
        self.bot.crash(Death { kept, survives });
        if survives != Survives::Everything {
            self.mark = Mark::Older;
        }
        self.damage(survives);
        self.checks.forget_orders();
        self.checks.read(self.bot.durable_records())?;
        self.process += 1;
        self.subscription += 1;
        self.stream_up = false;
        self.skew = 0;
        self.stalled_until = self.now;
        let pause = self.dice.delay(2_000, 180_000, 1_000);
        self.after(pause, Event::Start);
        Ok(())
    }

    /// What lies on the disk while the process is down is not always what was written.
    fn damage(&mut self, survives: Survives) {
        if self.strike_disk(Fault::SnapshotDamaged)
            && let Some(store) = self.bot.store()
        {
            store.damage_snapshot(&mut self.disk_dice);
        }
        // Where power was lost too, the mark of what was durable may be an older one until a start has
        // come so far as to write it anew, and the loss of the very last records cannot be noticed.
        if survives == Survives::Everything
            && self.strike_disk(Fault::JournalDamaged)
            && self.mark == Mark::Exact
            && let Some(store) = self.bot.store()
        {
            store.damage_journal(&mut self.disk_dice);
        }
    }

    /// The process starts.
    pub(super) fn start(&mut self) -> Result<(), Violation> {
        self.note(|| "start".to_owned());
        let is_damaged = self.bot.store().is_some_and(|store| store.is_damaged());
        if !is_damaged {
            self.upset_start();
        }
        match self.bot.start() {
            Ok(recovery) => {
                self.mark = Mark::Exact;
                self.recovered(&recovery)?;
            }
            Err(NotStarted::Wrong(violation)) => return Err(violation),
            Err(NotStarted::Refused(error)) => return self.refused_to_start(&error),
        }
        if is_damaged || self.disk_dice.chance(1_000) {
            self.check_fold()?;
        }
        if self.faults.strike(Fault::ClockOff, &mut self.dice) {
            self.skew = self.dice.between(-800, 800);
        }
        self.stream_up = true;
        self.subscription += 1;
        for (market, feed) in self.feeds.iter_mut().enumerate() {
            feed.told = told_already(&self.bot, feed, &self.scenario, market);
        }
        for market in 0..self.feeds.len() {
            let delay = self.dice.between(5, 2_000);
            self.after(delay, Event::Candles(market));
        }
        self.deliver(Input::Started)?;
        if std::mem::replace(&mut self.pace, Pace::Usual) == Pace::Slow {
            // The new process has not found the disk slow.
            return self.deliver(slow_disk(GateState::Open));
        }
        Ok(())
    }

    /// The start itself may fail, or end anywhere.
    fn upset_start(&mut self) {
        let fault = if self.strike_disk(Fault::CrashStarting) {
            disk::Fault::StopsAfter(self.disk_dice.index(12))
        } else if self.strike_disk(Fault::DiskFull) {
            disk::Fault::FullAfter(self.disk_dice.index(600))
        } else {
            return;
        };
        if let Some(store) = self.bot.store() {
            store.fail(fault);
        }
    }

    fn recovered(&mut self, recovery: &Recovery) -> Result<(), Violation> {
        self.note(|| format!("recovered: {recovery:?}"));
        self.checks.read(self.bot.durable_records())
    }

    /// Who does not start for a reason is started again once it is mended.
    fn refused_to_start(&mut self, error: &StoreError) -> Result<(), Violation> {
        self.note(|| format!("refused to start: {error}"));
        let Some(store) = self.bot.store() else {
            return violated("D2 recovery", error.to_string());
        };
        let is_of_disk = matches!(error, StoreError::Io { .. }) && store.is_failing();
        let is_damage = matches!(error, StoreError::Damaged(_) | StoreError::Lost { .. });
        if is_of_disk {
            return self.crash();
        }
        if !(is_damage && store.is_damaged()) {
            return violated("D2 recovery", error.to_string());
        }
        store.mend();
        self.after(60_000, Event::Start);
        Ok(())
    }
}

fn slow_disk(state: GateState) -> Input {
    Input::Command(Command::SetGate(Gate::SlowDisk, state))
}

/// How many closed candles of a market the recovered process has: that of its traders which has
/// fewest.
fn told_already(bot: &Bot, feed: &Feed, scenario: &Scenario, market: usize) -> usize {
    if bot.has(Bug::GapNotFilled) {
        return feed.closed.len();
    }
    let Some(engine) = bot.engine() else { return 0 };
    let on_it = engine.traders().iter().zip(&scenario.traders).filter(|(_, it)| it.0 == market);
    let known = on_it.map(|(trader, _)| {
        let last = trader.candle().map(heikin_core::market::Candle::open_time);
        feed.closed.iter().filter(|candle| Some(candle.open_time()) <= last).count()
    });
    known.min().unwrap_or_default()
}
