use heikin_core::num::Rate;
use heikin_core::time::Span;
use serde::{Deserialize, Serialize};

use super::bill::{Bill, BillLine, Item};
use super::ids::PlanId;
use super::paise::Paise;

/// The least that Razorpay takes for a payment link: one rupee.
const LEAST: Paise = Paise::new(100);
/// The longest name of a plan, in characters.
const LONGEST_NAME: usize = 60;

/// What a plan is made of, before it is known to fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTerms {
    /// What the configuration calls it.
    pub id: PlanId,
    /// What people read.
    pub name: String,
    /// The price lines; a line of nothing is not on the bill.
    pub prices: Vec<(Item, Paise)>,
    /// The processing fee, of the sum of the price lines.
    pub processing: Rate,
    /// Goods and services tax, of the processing fee.
    pub gst: Rate,
    /// How long one payment is good for.
    pub cycle: Span,
    /// How long access stays after that.
    pub grace: Span,
    /// How long before its end people are reminded.
    pub reminders: Vec<Span>,
}

impl PlanTerms {
    /// A plan of one price line, with everything else as it is by default: 2 % processing, 18 % GST
    /// on it, 28 days, one day of grace, reminders 3 days and 1 day before.
    pub fn new(id: PlanId, name: &str, prices: Vec<(Item, Paise)>) -> Self {
        let percent =
            |units| Rate::from_units(Rate::ONE.units() / 100 * units).unwrap_or(Rate::ZERO);
        Self {
            id,
            name: name.to_owned(),
            prices,
            processing: percent(2),
            gst: percent(18),
            cycle: Span::DAY.times(28),
            grace: Span::DAY,
            reminders: vec![Span::DAY.times(3), Span::DAY],
        }
    }
}

/// Why terms are no plan: the rest of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Nothing that people could read, or too much of it.
    #[error("has no name of 1 to 60 characters without control characters")]
    Name,
    /// A bill that cannot be paid through a link.
    #[error("costs less than ₹1: give at least one of server, messages, support and other")]
    TooCheap,
    /// Beyond [`Paise::MOST`].
    #[error("costs more than ₹10000000")]
    TooDear,
    /// A rate above the whole.
    #[error("has a processing fee or a tax above 100 %")]
    Rate,
    /// No time, or more than a leap year.
    #[error("has a cycle that is not 1 to 366 days")]
    Cycle,
    /// Grace as long as what was paid for.
    #[error("has a grace as long as its cycle")]
    Grace,
    /// A reminder before the beginning.
    #[error("has a reminder of no time, or one that is not shorter than the cycle")]
    Reminder,
}

/// What can be bought: terms that fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan(PlanTerms);

impl Plan {
    /// Checks terms. Reminders are put in order, the earliest first, each once.
    ///
    /// # Errors
    ///
    /// The first thing that does not fit.
    pub fn new(mut terms: PlanTerms) -> Result<Self, PlanError> {
        let length = terms.name.trim().chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || terms.name.contains(char::is_control) {
            return Err(PlanError::Name);
        }
        if [terms.processing, terms.gst].iter().any(|rate| rate.units() > Rate::ONE.units()) {
            return Err(PlanError::Rate);
        }
        if !(Span::DAY..=Span::DAY.times(366)).contains(&terms.cycle) {
            return Err(PlanError::Cycle);
        }
        if terms.grace >= terms.cycle {
            return Err(PlanError::Grace);
        }
        let fits = |before: &Span| (Span::from_millis(1)..terms.cycle).contains(before);
        if !terms.reminders.iter().all(fits) {
            return Err(PlanError::Reminder);
        }
        terms.reminders.sort_unstable_by(|a, b| b.cmp(a));
        terms.reminders.dedup();
        let plan = Self(terms);
        match plan.bill().total() {
            total if total < LEAST => Err(PlanError::TooCheap),
            total if total > Paise::MOST => Err(PlanError::TooDear),
            _ => Ok(plan),
        }
    }

    /// What the configuration calls it.
    pub fn id(&self) -> &PlanId {
        &self.0.id
    }

    /// Its terms.
    pub fn terms(&self) -> &PlanTerms {
        &self.0
    }

    /// What it costs, line by line.
    pub fn bill(&self) -> Bill {
        let mut lines: Vec<_> =
            self.0.prices.iter().map(|&(item, amount)| BillLine { item, amount }).collect();
        let processing =
            lines.iter().map(|line| line.amount).sum::<Paise>().share(self.0.processing);
        let gst = processing.share(self.0.gst);
        lines.push(BillLine { item: Item::Processing(self.0.processing), amount: processing });
        lines.push(BillLine { item: Item::Gst(self.0.gst), amount: gst });
        lines.retain(|line| !line.amount.is_zero());
        Bill::new(lines)
    }
}

/// How long a payment is good for, and what comes around its end: a plan as it was when it was
/// bought. Later changes of the configuration change nothing that was paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How long one payment is good for.
    pub cycle: Span,
    /// How long access stays after that.
    pub grace: Span,
    /// How long before its end people are reminded, the earliest first.
    pub reminders: Vec<Span>,
}

impl From<&Plan> for Terms {
    fn from(Plan(terms): &Plan) -> Self {
        Self { cycle: terms.cycle, grace: terms.grace, reminders: terms.reminders.clone() }
    }
}
