//! How an account stands at a moment: worked out from its facts, and nowhere kept.

use heikin_core::time::{Span, Timestamp};

use super::account::{Account, Bought, Cut, Period};
use super::event::Purchase;
use super::standing::{OpenLink, Standing, State};

/// A reminder that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueReminder {
    /// The end that it is about.
    pub end: Timestamp,
    /// How long before it.
    pub before: Span,
}

impl Account {
    /// How the account stands at `now`, or at its latest event where the clock says less: setting a
    /// clock back opens nothing.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let now = self.latest().map_or(now, |latest| now.max(latest));
        self.at(now)
    }

    /// How it stands at a moment, whatever is the latest event.
    pub(super) fn at(&self, now: Timestamp) -> Standing {
        let periods = self.periods();
        let open = self.open(now);
        let paid_until = paid_until(periods, now);
        let until = self.until(periods, now);
        let state = self.state(now, periods);
        let due = |(end, purchase): (Timestamp, &Purchase)| {
            purchase.terms.reminders.iter().any(|before| end - *before <= now)
        };
        let is_due_soon = state == State::Active
            && !self.goes_on_by_grant(periods, now)
            && paid_until.and_then(|end| Some((end, self.last_terms(periods)?))).is_some_and(due);
        Standing {
            state,
            until,
            paid_until,
            is_due_soon,
            open_link: open.map(|(purchase, bought)| OpenLink {
                link: bought.links.first_key_value().map(|(id, url)| (id.clone(), url.clone())),
                amount: purchase.bill.total(),
                part_paid: bought.part_paid,
                expires: purchase.expires,
            }),
            is_disputed: periods.iter().any(|period| period.cut == Some(Cut::Disputed)),
        }
    }

    /// Since when there has been no access any more; none where there is some, or never was.
    pub fn ended(&self, now: Timestamp) -> Option<Timestamp> {
        let paid = self.periods().iter().map(|period| period.until + period.grace);
        let granted = self.granted().map(|(_, _, until)| until);
        paid.chain(granted).filter(|end| *end <= now).max()
    }

    fn state(&self, now: Timestamp, periods: &[Period]) -> State {
        let last = periods.iter().rfind(|period| period.from <= now);
        if paid_until(periods, now).is_some() {
            State::Active
        } else if self.granted().any(|(_, from, until)| (from..until).contains(&now)) {
            State::Granted
        } else if periods.iter().any(|period| in_grace(period, now)) {
            State::Grace
        } else if self.open(now).is_some() {
            State::Pending
        } else if last.is_some_and(|period| period.cut == Some(Cut::Returned)) {
            State::Refunded
        } else if last.is_some() || self.granted().any(|(_, from, _)| from <= now) {
            State::Suspended
        } else {
            State::None
        }
    }

    /// What access is, or was, bought with: the purchase whose payment holds, the last that did, or what is
    /// asked for where nothing was paid. None where access was granted.
    pub fn plan_bought(&self, now: Timestamp) -> Option<&Purchase> {
        let now = self.latest().map_or(now, |latest| now.max(latest));
        let periods = self.periods();
        match self.state(now, periods) {
            State::None | State::Granted => return None,
            State::Pending => return self.newest_open(now),
            State::Active | State::Grace | State::Suspended | State::Refunded => {}
        }
        let holds = |period: &&Period| (period.from..period.until).contains(&now);
        let its = periods.iter().rfind(holds);
        let its = its.or_else(|| periods.iter().rfind(|period| in_grace(period, now)));
        let its = its.or_else(|| periods.iter().rfind(|period| period.from <= now));
        self.purchase(&its?.reference)
    }

    /// What was asked for last and can still be paid.
    pub fn newest_open(&self, now: Timestamp) -> Option<&Purchase> {
        self.open(now).map(|(purchase, _)| purchase)
    }

    /// The newest purchase that can still be paid.
    pub(super) fn open(&self, now: Timestamp) -> Option<(&Purchase, &Bought)> {
        self.purchases()
            .values()
            .filter_map(|bought| {
                let (at, purchase) = bought.asked.as_ref()?;
                let has_ended = bought.ended.is_some_and(|(ended, _)| ended <= now);
                let is_open = *at <= now && now < purchase.expires && !has_ended && !bought.is_paid;
                is_open.then_some((at, purchase, bought))
            })
            .max_by_key(|(at, purchase, _)| (**at, purchase.reference.clone()))
            .map(|(_, purchase, bought)| (purchase, bought))
    }

    /// Until when access stays without a gap, by whatever opens it.
    fn until(&self, periods: &[Period], now: Timestamp) -> Option<Timestamp> {
        let paid = periods.iter().map(|period| (period.from, period.until + period.grace));
        let granted = self.granted().map(|(_, from, until)| (from, until));
        joined(paid.chain(granted).collect(), now)
    }

    /// Whether access stays by what was granted when all that was paid for is over, grace included.
    fn goes_on_by_grant(&self, periods: &[Period], now: Timestamp) -> bool {
        let paid = periods.iter().map(|period| (period.from, period.until + period.grace));
        joined(paid.collect(), now) < self.until(periods, now)
    }

    /// Until when a receipt says that access is open: what was paid for, or a grant that goes on after it.
    pub fn receipt_until(&self, now: Timestamp) -> Option<Timestamp> {
        let now = self.latest().map_or(now, |latest| now.max(latest));
        let periods = self.periods();
        let paid = paid_until(periods, now);
        if self.goes_on_by_grant(periods, now) { self.until(periods, now) } else { paid }
    }

    /// What the last payment that counts was made for.
    fn last_terms(&self, periods: &[Period]) -> Option<&Purchase> {
        let last = periods.iter().rfind(|period| period.from < period.until)?;
        self.purchase(&last.reference)
    }

    /// The reminder that is due, if one is: the one nearest to the end, and each once.
    pub fn due_reminder(&self, now: Timestamp) -> Option<DueReminder> {
        let periods = self.periods();
        let end = paid_until(periods, now)?;
        // Nothing ends then, and there is nothing to renew for.
        if self.goes_on_by_grant(periods, now) {
            return None;
        }
        let terms = &self.last_terms(periods)?.terms;
        let before = *terms.reminders.iter().filter(|before| end - **before <= now).min()?;
        // Who was told of one day is not told of three afterwards.
        let was_told =
            terms.reminders.iter().any(|known| *known <= before && self.was_reminded(end, *known));
        (!was_told).then_some(DueReminder { end, before })
    }

    /// The next moment after `after` at which time alone may change something.
    pub fn next_deadline(&self, after: Timestamp) -> Option<Timestamp> {
        let periods = self.periods();
        let changes = periods
            .iter()
            .flat_map(|period| [period.from, period.until, period.until + period.grace]);
        let reminders = paid_until(periods, after)
            .and_then(|end| Some((end, self.last_terms(periods)?)))
            .into_iter()
            .flat_map(|(end, last)| last.terms.reminders.iter().map(move |before| end - *before));
        let grants = self.granted().flat_map(|(_, from, until)| [from, until]);
        let expiry = |bought: &Bought| bought.asked.as_ref().map(|(_, purchase)| purchase.expires);
        let expiries = self.purchases().values().filter_map(expiry);
        let moments = changes.chain(reminders).chain(grants).chain(expiries);
        moments.filter(|moment| *moment > after).min()
    }
}

fn in_grace(period: &Period, now: Timestamp) -> bool {
    period.from < period.until && (period.until..period.until + period.grace).contains(&now)
}

/// The end of what was paid for, without a gap from `now` on; none where `now` is not paid for.
fn paid_until(periods: &[Period], now: Timestamp) -> Option<Timestamp> {
    joined(periods.iter().map(|period| (period.from, period.until)).collect(), now)
}

/// The end of the stretches that follow on each other without a gap, from the one with `now` in it.
fn joined(mut stretches: Vec<(Timestamp, Timestamp)>, now: Timestamp) -> Option<Timestamp> {
    stretches.sort_unstable();
    let mut end = None;
    for (from, until) in stretches {
        let reached = end.unwrap_or(now);
        if from <= reached && until > reached {
            end = Some(until);
        }
    }
    end
}
