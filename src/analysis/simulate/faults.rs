use std::collections::BTreeMap;

use super::dice::Dice;

/// A class of faults that a schedule may inject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A request never reaches the exchange.
    RequestLost,
    /// A request is on its way for longer than it is valid, or waits in the exchange.
    RequestLate,
    /// The answer never comes back.
    AnswerLost,
    /// The answer comes late, or after the sender has given up.
    AnswerLate,
    /// The exchange answers that it does not know what became of the request.
    StatusUnknown,
    /// The sender is later than `not_after`.
    SenderLate,
    /// The exchange takes no requests for a while.
    RateLimited,
    /// A definite no that nothing explains.
    Refused,
    /// Of a replacement only the cancellation succeeds.
    HalfReplaced,
    /// A user event is late, and overtaken by others.
    ReportLate,
    /// A user event comes twice.
    ReportDoubled,
    /// A user event does not come.
    ReportLost,
    /// No user events for a while.
    StreamOutage,
    /// Queries are answered from a copy that lags.
    QueryLags,
    /// A cancelled order is not found under its own id.
    OrderRenamed,
    /// A closed candle is told late.
    CandleLate,
    /// A closed candle is told again.
    CandleDoubled,
    /// The market takes only a part of what is offered.
    PartialFill,
    /// The price jumps.
    PriceGap,
    /// The symbol's filters change.
    RulesChanged,
    /// Trading on the symbol stops for a while.
    SymbolHalted,
    /// The exchange ends an order by itself.
    OrderExpired,
    /// The user cancels an order of ours.
    OrderCanceledByHand,
    /// The user sells what a trader holds.
    PositionSoldByHand,
    /// The user deposits or withdraws.
    Transfer,
    /// The user places an order of his own.
    OrderByHand,
    /// The user commands: pause, close, panic, resume.
    Command,
    /// The process's clock is off.
    ClockOff,
    /// The process dies between two effects, and with it what was not synced.
    Crash,
    /// The disk fails a sync: the process stops.
    SyncFailed,
    /// With the process the machine dies: what was not synced is lost, whole or in pieces.
    PowerLost,
    /// The disk is full, in the middle of a write or at a start.
    DiskFull,
    /// The disk fails a write.
    WriteFailed,
    /// A sync takes up to eight seconds.
    SlowSync,
    /// The process dies in the middle of writing, syncing, beginning a segment, keeping a snapshot,
    /// or archiving.
    CrashWriting,
    /// The process dies while it recovers.
    CrashStarting,
    /// The newest snapshot is not what was written.
    SnapshotDamaged,
    /// The journal is not what was written, although it had been durable.
    JournalDamaged,
}

impl Fault {
    /// Every class.
    pub const ALL: [Self; 38] = [
        Self::RequestLost,
        Self::RequestLate,
        Self::AnswerLost,
        Self::AnswerLate,
        Self::StatusUnknown,
        Self::SenderLate,
        Self::RateLimited,
        Self::Refused,
        Self::HalfReplaced,
        Self::ReportLate,
        Self::ReportDoubled,
        Self::ReportLost,
        Self::StreamOutage,
        Self::QueryLags,
        Self::OrderRenamed,
        Self::CandleLate,
        Self::CandleDoubled,
        Self::PartialFill,
        Self::PriceGap,
        Self::RulesChanged,
        Self::SymbolHalted,
        Self::OrderExpired,
        Self::OrderCanceledByHand,
        Self::PositionSoldByHand,
        Self::Transfer,
        Self::OrderByHand,
        Self::Command,
        Self::ClockOff,
        Self::Crash,
        Self::SyncFailed,
        Self::PowerLost,
        Self::DiskFull,
        Self::WriteFailed,
        Self::SlowSync,
        Self::CrashWriting,
        Self::CrashStarting,
        Self::SnapshotDamaged,
        Self::JournalDamaged,
    ];

    /// Those of [`Fault::ALL`] from here on are of the store's disk.
    const OF_DISK: usize = Self::PowerLost as usize;

    /// Whether it is of the store's disk.
    pub const fn is_of_disk(self) -> bool {
        self as usize >= Self::OF_DISK
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestLost => "request lost",
            Self::RequestLate => "request late",
            Self::AnswerLost => "answer lost",
            Self::AnswerLate => "answer late",
            Self::StatusUnknown => "status unknown",
            Self::SenderLate => "sender late",
            Self::RateLimited => "rate limited",
            Self::Refused => "refused",
            Self::HalfReplaced => "half replaced",
            Self::ReportLate => "report late",
            Self::ReportDoubled => "report doubled",
            Self::ReportLost => "report lost",
            Self::StreamOutage => "stream outage",
            Self::QueryLags => "query lags",
            Self::OrderRenamed => "order renamed",
            Self::CandleLate => "candle late",
            Self::CandleDoubled => "candle doubled",
            Self::PartialFill => "partial fill",
            Self::PriceGap => "price gap",
            Self::RulesChanged => "rules changed",
            Self::SymbolHalted => "symbol halted",
            Self::OrderExpired => "order expired",
            Self::OrderCanceledByHand => "order cancelled by hand",
            Self::PositionSoldByHand => "position sold by hand",
            Self::Transfer => "deposit or withdrawal",
            Self::OrderByHand => "order by hand",
            Self::Command => "command",
            Self::ClockOff => "clock off",
            Self::Crash => "crash",
            Self::SyncFailed => "sync failed",
            Self::PowerLost => "power lost",
            Self::DiskFull => "disk full",
            Self::WriteFailed => "write failed",
            Self::SlowSync => "slow sync",
            Self::CrashWriting => "crash while writing",
            Self::CrashStarting => "crash while starting",
            Self::SnapshotDamaged => "snapshot damaged",
            Self::JournalDamaged => "journal damaged",
        }
    }

    /// Its numbers in the fault model of the reliability study (its section 2), without what follows
    /// of itself from others: a crash falls now before and now behind a send (F2 to F4, F6), and
    /// candles that close meanwhile are a gap (F27).
    pub const fn study(self) -> &'static [u8] {
        match self {
            Self::Crash => &[1],
            Self::CrashStarting => &[5],
            Self::PowerLost => &[7],
            Self::DiskFull => &[8],
            Self::SyncFailed | Self::WriteFailed => &[9],
            Self::SnapshotDamaged | Self::JournalDamaged => &[10],
            Self::CrashWriting => &[11],
            Self::SlowSync | Self::SenderLate => &[12],
            Self::ClockOff => &[22],
            Self::CandleDoubled => &[28],
            Self::CandleLate => &[29],
            Self::SymbolHalted => &[35],
            Self::RulesChanged => &[36],
            Self::PriceGap => &[37, 49, 50],
            Self::RequestLost | Self::RequestLate | Self::AnswerLost | Self::AnswerLate => &[38],
            Self::StatusUnknown => &[39],
            Self::RateLimited => &[40],
            Self::Refused => &[41, 45],
            Self::QueryLags | Self::OrderRenamed => &[46],
            Self::PartialFill => &[48],
            Self::HalfReplaced => &[53],
            Self::OrderCanceledByHand => &[47, 55],
            Self::PositionSoldByHand | Self::Transfer => &[55],
            Self::OrderExpired => &[57],
            Self::ReportLost | Self::StreamOutage => &[58],
            Self::ReportLate | Self::ReportDoubled => &[59],
            Self::OrderByHand => &[60],
            Self::Command => &[],
        }
    }

    /// How often it strikes in one schedule, per 10,000 occasions: not at all, rarely, or often.
    fn draw(self, dice: &mut Dice) -> u32 {
        if !dice.chance(5_000) {
            return 0;
        }
        let most = if dice.chance(5_000) { self.most() } else { self.most() / 10 };
        u32::try_from(dice.between(1, most)).unwrap_or_default()
    }

    /// Its highest rate, per 10,000 occasions. The occasions differ: a request, a user event, a
    /// price, a move of the user, an effect.
    const fn most(self) -> i64 {
        match self {
            Self::RequestLost | Self::AnswerLost | Self::StatusUnknown => 1_500,
            Self::RequestLate | Self::AnswerLate => 1_500,
            Self::SenderLate | Self::RateLimited | Self::Refused | Self::HalfReplaced => 600,
            Self::ReportLate | Self::ReportDoubled => 3_000,
            Self::ReportLost => 1_000,
            Self::StreamOutage => 100,
            Self::QueryLags | Self::OrderRenamed => 5_000,
            Self::CandleLate | Self::CandleDoubled => 3_000,
            Self::PartialFill => 5_000,
            Self::PriceGap => 200,
            Self::RulesChanged | Self::SymbolHalted => 400,
            Self::OrderExpired => 1_500,
            Self::OrderCanceledByHand
            | Self::PositionSoldByHand
            | Self::Transfer
            | Self::OrderByHand
            | Self::Command => 2_500,
            Self::ClockOff => 5_000,
            Self::Crash => 60,
            Self::SyncFailed => 15,
            Self::PowerLost => 9_000,
            Self::DiskFull | Self::WriteFailed => 15,
            Self::SlowSync => 100,
            Self::CrashWriting => 30,
            Self::CrashStarting => 2_500,
            Self::SnapshotDamaged | Self::JournalDamaged => 5_000,
        }
    }
}

/// How often each class occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultCounts([u64; Fault::ALL.len()]);

impl Default for FaultCounts {
    fn default() -> Self {
        Self([0; Fault::ALL.len()])
    }
}

impl FaultCounts {
    /// How often this class occurred.
    pub fn of(&self, fault: Fault) -> u64 {
        self.0.get(fault as usize).copied().unwrap_or_default()
    }

    /// Every class, and how often it occurred.
    pub fn iter(&self) -> impl Iterator<Item = (Fault, u64)> {
        Fault::ALL.into_iter().map(|fault| (fault, self.of(fault)))
    }

    /// The same by the numbers of [`Fault::study`].
    pub fn by_study(&self) -> BTreeMap<u8, u64> {
        let mut sums = BTreeMap::new();
        for (fault, count) in self.iter() {
            for number in fault.study() {
                *sums.entry(*number).or_default() += count;
            }
        }
        sums
    }

    /// How often any occurred.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds the counts of another schedule.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, more)| *mine += more);
    }
}

/// The mix of faults of one schedule: which classes there are, and how often each strikes.
#[derive(Debug)]
pub(super) struct Faults {
    rates: [u32; Fault::ALL.len()],
    counts: FaultCounts,
    /// How often any class struck, or would have if it were not muted.
    struck: u64,
    muted: Vec<Fault>,
    over: bool,
}

impl Faults {
    /// Draws a mix: some classes are off altogether, others rare, others frequent.
    ///
    /// A muted class uses up the same chance, and does nothing: the rest of the schedule stays as
    /// like as it can.
    pub(super) fn draw(dice: &mut Dice, muted: Vec<Fault>) -> Self {
        let mut rates = [0; Fault::ALL.len()];
        for (rate, fault) in rates.iter_mut().zip(Fault::ALL).take(Fault::OF_DISK) {
            *rate = fault.draw(dice);
        }
        // Every schedule has some faults.
        if let Some(rate) = rates.get_mut(Fault::AnswerLost as usize) {
            *rate = (*rate).max(50);
        }
        Self { rates, counts: FaultCounts::default(), struck: 0, muted, over: false }
    }

    /// Draws the faults of the store's disk too.
    pub(super) fn draw_of_disk(&mut self, dice: &mut Dice) {
        for (rate, fault) in self.rates.iter_mut().zip(Fault::ALL).skip(Fault::OF_DISK) {
            *rate = fault.draw(dice);
        }
    }

    /// Whether a fault of this class happens now; if so, it is counted.
    pub(super) fn strike(&mut self, fault: Fault, dice: &mut Dice) -> bool {
        let rate = self.rates.get(fault as usize).copied().unwrap_or_default();
        if self.over || !dice.chance(rate) {
            return false;
        }
        self.struck += 1;
        let strikes = !self.muted.contains(&fault);
        if strikes && let Some(count) = self.counts.0.get_mut(fault as usize) {
            *count += 1;
        }
        strikes
    }

    /// From now on nothing goes wrong any more.
    pub(super) const fn end(&mut self) {
        self.over = true;
    }

    pub(super) const fn are_over(&self) -> bool {
        self.over
    }

    pub(super) const fn struck(&self) -> u64 {
        self.struck
    }

    pub(super) const fn counts(&self) -> &FaultCounts {
        &self.counts
    }
}
