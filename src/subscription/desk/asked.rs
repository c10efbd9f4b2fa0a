use heikin_core::time::{Span, Timestamp};

use super::super::account::Account;
use super::super::event::{Cause, Event, Purchase};
use super::super::ids::{GrantId, PersonId, PlanId, Reference};
use super::super::plan::{Plan, Terms};
use super::super::standing::OpenLink;
use super::{ClockSetBack, Desk, Effect, Look, Step};

/// A link that can be paid for less than this is made anew. Razorpay takes none below 15 minutes.
const TOO_SHORT: Span = Span::MINUTE.times(20);
/// So many links a person may ask for in a day.
const LINKS_A_DAY: usize = 10;
/// The longest that can be granted.
const LONGEST_GRANT: Span = Span::DAY.times(3_660);

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Not on offer.
    #[error("there is no plan {0}. The plans on offer are those of /plans")]
    NoSuchPlan(PlanId),
    /// Somebody presses a button again and again.
    #[error(
        "{LINKS_A_DAY} payment links were made for you today. Pay one of them, or ask tomorrow"
    )]
    TooManyLinks,
    /// Nothing to take back.
    #[error("there is no grant {0} that is still good. /users shows the grants there are")]
    NoSuchGrant(GrantId),
    /// A grant of no time, or of ten years and more.
    #[error("a grant ends in the future, and within ten years")]
    GrantEnd,
    /// The clock was set back.
    #[error(transparent)]
    Clock(#[from] ClockSetBack),
}

/// What came of asking for a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    /// There is one for this plan that can still be paid.
    Open(OpenLink),
    /// One is being made.
    Asked(Reference),
}

impl Desk {
    /// A person wants to buy a plan. A link for it that can still be paid is used again; one for
    /// another plan is withdrawn.
    ///
    /// # Errors
    ///
    /// Where the plan is not on offer, links were asked for too often, or the clock was set back.
    pub fn subscribe(
        &mut self,
        person: PersonId,
        plan: &PlanId,
        now: Timestamp,
    ) -> Result<(Subscribed, Step), AskError> {
        self.check_clock(person, now)?;
        let plan = self.plan(plan).ok_or_else(|| AskError::NoSuchPlan(plan.clone()))?.clone();
        let account = self.people.get(&person).map(|known| &known.account);
        let mut effects = Vec::new();
        if let Some((purchase, bought)) = account.and_then(|account| account.open(now)) {
            let is_same = *plan.id() == purchase.plan && plan.bill() == purchase.bill;
            let link = bought.links.first_key_value().map(|(id, _)| id.clone());
            if is_same && purchase.expires.since(now) > TOO_SHORT {
                let open = account.and_then(|account| account.standing(now).open_link);
                let reference = purchase.reference.clone();
                let step = Step {
                    records: Vec::new(),
                    effects: vec![Effect::Look {
                        at: Look::Reference(reference.clone()),
                        cause: Cause::Person,
                    }],
                };
                return Ok(match open {
                    Some(open) => (Subscribed::Open(open), step),
                    None => (Subscribed::Asked(reference), step),
                });
            }
            effects.extend(link.map(|link| Effect::Cancel { link }));
        }
        // What brought no money is forgotten after a time; the newest never is.
        let known = account.into_iter().flat_map(|account| account.purchases().keys());
        let count = known.filter_map(Reference::count).max().unwrap_or(0);
        let day_ago = now - Span::DAY;
        let today = account.map_or(0, |account| asked_since(account, day_ago));
        if today >= LINKS_A_DAY {
            return Err(AskError::TooManyLinks);
        }
        let reference = Reference::of(&self.settings.installation, person, count.saturating_add(1));
        let purchase = purchase(&plan, reference.clone(), now + self.settings.link_life);
        let requested = Event::Requested(purchase.clone());
        let records = self.commit(person, now, &Cause::Person, vec![requested]);
        effects.push(Effect::Create { person, purchase });
        Ok((Subscribed::Asked(reference), Step { records, effects }))
    }

    /// A person says that it has paid: every purchase that may have been is looked at. What it says
    /// opens nothing.
    pub fn verify(&mut self, person: PersonId, now: Timestamp) -> Step {
        let looks = self.looks_of(person, now);
        let effects =
            looks.into_iter().map(|at| Effect::Look { at, cause: Cause::Verify }).collect();
        Step { records: Vec::new(), effects }
    }

    /// A person wants its open link withdrawn. It is over when the provider says so: until then it
    /// may still be paid.
    pub fn cancel(&mut self, person: PersonId, now: Timestamp) -> Step {
        let open = self.account(person).and_then(|account| account.open(now));
        let link = open.and_then(|(_, bought)| bought.links.keys().next().cloned());
        let effects = link.map(|link| Effect::Cancel { link }).into_iter().collect();
        Step { records: Vec::new(), effects }
    }

    /// An operator gives access until a moment.
    ///
    /// # Errors
    ///
    /// Where that is past or far away, or the clock was set back.
    pub fn grant(
        &mut self,
        operator: PersonId,
        person: PersonId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(GrantId, Step), AskError> {
        self.check_clock(person, now)?;
        if until <= now || until > now + LONGEST_GRANT {
            return Err(AskError::GrantEnd);
        }
        let count = self.account(person).map_or(0, Account::grant_count) + 1;
        let grant = GrantId::of(person, count);
        let granted = Event::Granted { grant: grant.clone(), until };
        let records = self.commit(person, now, &Cause::Operator(operator), vec![granted]);
        Ok((grant, Step { records, effects: Vec::new() }))
    }

    /// An operator takes back every grant of a person that is still good. What was paid for stays:
    /// it ends by a refund.
    ///
    /// # Errors
    ///
    /// Where there is none, or the clock was set back.
    pub fn revoke(
        &mut self,
        operator: PersonId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Step, AskError> {
        self.check_clock(person, now)?;
        let good: Vec<_> = self
            .account(person)
            .into_iter()
            .flat_map(Account::granted)
            .filter(|(_, _, until)| *until > now)
            .map(|(id, _, _)| Event::Revoked { grant: id.clone() })
            .collect();
        if good.is_empty() {
            let count = self.account(person).map_or(0, Account::grant_count);
            return Err(AskError::NoSuchGrant(GrantId::of(person, count)));
        }
        let records = self.commit(person, now, &Cause::Operator(operator), good);
        Ok(Step { records, effects: Vec::new() })
    }
}

fn asked_since(account: &Account, since: Timestamp) -> usize {
    let times = account.purchases().values().filter_map(|bought| bought.asked.as_ref());
    times.filter(|(at, _)| *at > since).count()
}

fn purchase(plan: &Plan, reference: Reference, expires: Timestamp) -> Purchase {
    Purchase {
        reference,
        plan: plan.id().clone(),
        name: plan.terms().name.clone(),
        bill: plan.bill(),
        terms: Terms::from(plan),
        expires,
    }
}
