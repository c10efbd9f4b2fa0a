//! Bugs that the deterministic simulation must catch (reliability study, 9.2).

/// One deliberate protocol bug. It has an effect only with the feature `planted-bugs`, which no
/// product build has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// 1: an order leaves before its intent is synced.
    SendBeforeSync,
    /// 2: the journal is not synced at all.
    SkipSync,
    /// 3: a failed sync is taken for a successful one.
    IgnoreSyncError,
    /// 4: an order without an answer is sent again under the same id.
    ResendSameId,
    /// 5: an order without an answer is sent again under a new id.
    ResendNewId,
    /// 6: one "no such order" is believed.
    TrustOneNotFound,
    /// 7: an order is taken for absent before the exchange can no longer take it in.
    AbsentBeforeDeadline,
    /// 8: client order ids come from the clock.
    IdFromClock,
    /// 9: a restart forgets which attempts were made.
    AttemptReusedAfterRestart,
    /// 10: fills are told apart by order instead of by trade.
    FillsKeyedByOrder,
    /// 11: a fee taken in the base asset is ignored.
    BaseFeeIgnored,
    /// 12: an order of unknown outcome does not count as live.
    UnknownNotLive,
    /// 13: the stop covers what was ordered instead of what was bought.
    StopSizedFromOrdered,
    /// 14: a stop is moved with `ALLOW_FAILURE`.
    AllowFailure,
    /// 15: a new stop is placed before the old one is known to be gone.
    NewStopBeforeCancelResult,
    /// 16: "unknown order" is taken for a successful cancellation.
    NotOpenIsCanceled,
    /// 17: the engine acts before it knows what happened while it was down.
    ActBeforeRecovery,
    /// 18: candles that closed while the process was down are not fetched. The feed is at fault, so
    /// the simulation plants it there.
    GapNotFilled,
    /// 19: a closed candle that is told twice counts twice.
    CandleCountedTwice,
    /// 26: how far the journal was durable is not looked at when it is opened. The store is at
    /// fault, so the simulation plants it there.
    MarkNotChecked,
}

impl Bug {
    /// Every bug, in the order of the study.
    pub const ALL: [Self; 20] = [
        Self::SendBeforeSync,
        Self::SkipSync,
        Self::IgnoreSyncError,
        Self::ResendSameId,
        Self::ResendNewId,
        Self::TrustOneNotFound,
        Self::AbsentBeforeDeadline,
        Self::IdFromClock,
        Self::AttemptReusedAfterRestart,
        Self::FillsKeyedByOrder,
        Self::BaseFeeIgnored,
        Self::UnknownNotLive,
        Self::StopSizedFromOrdered,
        Self::AllowFailure,
        Self::NewStopBeforeCancelResult,
        Self::NotOpenIsCanceled,
        Self::ActBeforeRecovery,
        Self::GapNotFilled,
        Self::CandleCountedTwice,
        Self::MarkNotChecked,
    ];

    /// Its number in the study, from 1. What the study has between 19 and 26 is of parts that the
    /// simulation does not have.
    pub const fn number(self) -> u8 {
        match self {
            Self::MarkNotChecked => 26,
            listed => listed as u8 + 1,
        }
    }
}
