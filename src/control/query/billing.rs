//! What is on offer, how somebody's subscription stands, what was paid.

use heikin_bot::backend::{
    Access, Answer, BackendError, Mode, Page, PaymentLine, PaymentPhase, Payments, Plans, Query,
    Range, RevenueReport, SubscriptionView, UserId,
};
use heikin_core::time::{Span, Timestamp};

use super::paged;
use crate::control::Control;
use crate::control::front::sales::{Sales, user};
use crate::control::selling::shown;
use crate::subscription::history::{Stage, history};
use crate::subscription::statement::{Revenue, statement};

/// Whose time runs out within this is told as due soon.
const SOON: Span = Span::DAY.times(3);

pub(super) async fn billing(control: &Control, query: Query) -> Result<Answer, BackendError> {
    let now = control.now();
    let is_test = control.replica().mode() != Mode::Live;
    let answered = control.front(move |ledger| {
        let sales = ledger.state().sales();
        Ok(answer(sales, &query, (now, is_test)))
    });
    answered.await?
}

fn answer(
    sales: &Sales,
    query: &Query,
    (now, is_test): (Timestamp, bool),
) -> Result<Answer, BackendError> {
    let plans = sales.desk().plans();
    Ok(match query {
        Query::Plans => Answer::Plans(Plans {
            plans: plans.iter().map(shown::plan).collect(),
            support: None,
            is_test: is_test && !plans.is_empty(),
        }),
        Query::Bill { plan } => {
            let found = plans.iter().find(|it| it.id().as_str() == plan);
            let found =
                found.ok_or_else(|| BackendError::NotFound { what: format!("plan {plan}") })?;
            Answer::Bill(shown::bill(found))
        }
        Query::Subscription { user } => {
            Answer::Subscription(Box::new(subscription(sales, *user, now)))
        }
        Query::Payments { user, page } => Answer::Payments(payments(sales, (*user, *page), now)),
        Query::Revenue { range } => Answer::Revenue(revenue(sales, *range, now)),
        _ => {
            return Err(BackendError::Invalid { reason: "this is not about payments".to_owned() });
        }
    })
}

fn subscription(sales: &Sales, user: UserId, now: Timestamp) -> SubscriptionView {
    let account = sales.account(user);
    let standing = account.map(|account| account.standing(now));
    let is_disputed = standing.as_ref().is_some_and(|standing| standing.is_disputed);
    let open = standing.and_then(|standing| standing.open_link);
    let part_paid = open.as_ref().map(|open| open.part_paid).filter(|paid| !paid.is_zero());
    let bought = account.and_then(|account| account.plan_bought(now));
    SubscriptionView {
        user,
        access: sales.access(user, now),
        plan: bought.map(|purchase| purchase.name.clone()),
        due: open.as_ref().map(|open| shown::paise(open.amount)),
        part_paid: part_paid.map(shown::paise),
        link: open.and_then(|open| open.link).map(|(_, url)| url),
        is_disputed,
    }
}

fn payments(sales: &Sales, (user, page): (UserId, Page), now: Timestamp) -> Payments {
    let all = sales.account(user).map_or_else(Vec::new, |account| history(account, now));
    let lines: Vec<PaymentLine> = all
        .into_iter()
        .map(|dealing| PaymentLine {
            reference: dealing.purchase.reference.to_string(),
            amount: shown::paise(dealing.purchase.bill.total()),
            plan: dealing.purchase.name,
            phase: phase(dealing.stage),
            made_at: dealing.asked,
            at: dealing.at,
        })
        .collect();
    let page_of = paged(lines.iter(), page);
    Payments { page, items: page_of.items, total: page_of.total }
}

const fn phase(stage: Stage) -> PaymentPhase {
    match stage {
        Stage::Open => PaymentPhase::Open,
        Stage::PartPaid => PaymentPhase::PartPaid,
        Stage::Paid => PaymentPhase::Paid,
        Stage::PaidAgain => PaymentPhase::PaidAgain,
        Stage::Expired => PaymentPhase::Expired,
        Stage::Cancelled => PaymentPhase::Canceled,
        Stage::Refunded => PaymentPhase::Refunded,
        Stage::ChargedBack => PaymentPhase::ChargedBack,
    }
}

fn revenue(sales: &Sales, range: Range, now: Timestamp) -> RevenueReport {
    let from = range.from.unwrap_or(Timestamp::EPOCH);
    let until = range.to.unwrap_or(Timestamp::from_millis(i64::MAX));
    let mut sum = Revenue::default();
    let mut report = RevenueReport {
        range,
        paid: heikin_bot::backend::Paise(0),
        refunded: heikin_bot::backend::Paise(0),
        net: heikin_bot::backend::Paise(0),
        payments: 0,
        active: 0,
        granted: 0,
        grace: 0,
        due_soon: 0,
    };
    for (person, account) in sales.desk().people() {
        sum.add(&statement(account, from, until));
        match sales.access(user(person), now) {
            Access::Active { until } => {
                report.active += 1;
                report.due_soon += u32::from(until.since(now) <= SOON);
            }
            Access::Granted { .. } => report.granted += 1,
            Access::Grace { .. } => report.grace += 1,
            _ => {}
        }
    }
    report.paid = shown::paise(sum.received);
    report.refunded = shown::paise(sum.returned);
    // More may go back in a time than came in it.
    report.net = heikin_bot::backend::Paise(report.paid.0 - report.refunded.0);
    report.payments = u32::try_from(sum.payments).unwrap_or(u32::MAX);
    report
}
