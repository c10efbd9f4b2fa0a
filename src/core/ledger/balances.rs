use serde::{Deserialize, Serialize};

use crate::market::Asset;
use crate::num::{Money, Quantity};
use crate::time::{Span, Timestamp};

/// Two sightings of the same difference at least this far apart, with nothing booked in between,
/// make it a fact: a deposit, a withdrawal, or a trade by hand.
pub const DRIFT_CONFIRMED_AFTER: Span = Span::from_millis(1_000);

/// A balance as the exchange reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReportedBalance {
    /// Which asset.
    pub asset: Asset,
    /// Not locked by any order.
    pub free: Quantity,
    /// Locked by open orders, ours and others.
    pub locked: Quantity,
}

impl ReportedBalance {
    /// Free and locked together.
    pub fn total(&self) -> Money {
        self.free.to_money() + self.locked.to_money()
    }
}

/// A difference between the exchange's figure and our own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Reported less counted.
    pub amount: Money,
    /// When it was first seen.
    pub since: Timestamp,
    /// When it was last seen, unchanged.
    pub seen: Timestamp,
}

/// One asset of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetBalance {
    /// Which asset.
    pub asset: Asset,
    /// Free and locked together, by our own count.
    pub total: Money,
    /// Locked by orders that are not ours, as of the last report.
    pub locked_by_others: Money,
    /// What came and went without us: deposits, withdrawals, trades by hand.
    pub external: Money,
    /// When a fill was last booked in it.
    pub booked_at: Timestamp,
    /// A difference that is not explained yet.
    pub drift: Option<Drift>,
}

/// The balances of one account, by asset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Balances {
    assets: Vec<AssetBalance>,
}

impl Balances {
    /// Every asset seen so far, in the order of their first appearance.
    pub fn assets(&self) -> &[AssetBalance] {
        &self.assets
    }

    /// The balance of `asset`, if it was ever seen.
    #[inline]
    pub fn get(&self, asset: Asset) -> Option<&AssetBalance> {
        self.assets.iter().find(|balance| balance.asset == asset)
    }

    /// The total of `asset` by our own count.
    #[inline]
    pub fn total(&self, asset: Asset) -> Money {
        self.get(asset).map_or(Money::ZERO, |balance| balance.total)
    }

    /// The balance of `asset`, made empty if it was never seen.
    pub fn entry(&mut self, asset: Asset) -> &mut AssetBalance {
        let index = self.assets.iter().position(|balance| balance.asset == asset);
        let index = index.unwrap_or_else(|| {
            self.assets.push(AssetBalance {
                asset,
                total: Money::ZERO,
                locked_by_others: Money::ZERO,
                external: Money::ZERO,
                booked_at: Timestamp::EPOCH,
                drift: None,
            });
            self.assets.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found, or just pushed")]
        &mut self.assets[index]
    }

    /// Books a change that a fill of ours made.
    #[inline]
    pub fn book(&mut self, asset: Asset, change: Money, at: Timestamp) {
        let balance = self.entry(asset);
        balance.total += change;
        balance.booked_at = balance.booked_at.max(at);
    }

    /// Sets an asset that we have no count of yet to what the exchange reports.
    pub fn open(&mut self, reported: &ReportedBalance) {
        let balance = self.entry(reported.asset);
        balance.total = reported.total();
        balance.drift = None;
    }

    /// Holds the exchange's figure, true at `at`, against our own count, and notes a difference.
    pub fn compare(&mut self, reported: &ReportedBalance, at: Timestamp) {
        let balance = self.entry(reported.asset);
        if balance.booked_at > at {
            // Older than what we have booked: it cannot agree.
            return;
        }
        let amount = reported.total() - balance.total;
        balance.drift = match balance.drift {
            _ if amount.is_zero() => None,
            Some(drift) if drift.amount == amount && balance.booked_at <= drift.since => {
                Some(Drift { seen: drift.seen.max(at), ..drift })
            }
            _ => Some(Drift { amount, since: at, seen: at }),
        };
    }

    /// Takes the difference in `asset` for a fact, if it was seen twice, unchanged and with nothing
    /// booked in between, the second time now: it is booked as external, and returned.
    pub fn confirm(&mut self, asset: Asset, now: Timestamp) -> Option<Money> {
        let balance = self.entry(asset);
        let drift = balance
            .drift
            .filter(|drift| drift.seen == now && now.since(drift.since) >= DRIFT_CONFIRMED_AFTER)?;
        balance.total += drift.amount;
        balance.external += drift.amount;
        balance.drift = None;
        Some(drift.amount)
    }

    /// The difference in `asset` that is not explained yet, if there is one.
    pub fn drift(&self, asset: Asset) -> Option<Drift> {
        self.get(asset)?.drift
    }

    /// When the oldest difference that is not explained yet was first seen.
    pub fn drifting_since(&self) -> Option<Timestamp> {
        self.assets.iter().filter_map(|balance| balance.drift).map(|drift| drift.since).min()
    }
}
