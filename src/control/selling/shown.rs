//! Bills and plans as front ends show them.

use heikin_bot::backend::{Bill, BillLine, Paise, Plan};
use heikin_core::time::Span;

use crate::subscription::event::Purchase;
use crate::subscription::{self, Item};

/// An amount.
pub(in crate::control) fn paise(amount: subscription::Paise) -> Paise {
    Paise(i64::try_from(amount.get()).unwrap_or(i64::MAX))
}

/// A plan on offer.
pub(in crate::control) fn plan(plan: &subscription::Plan) -> Plan {
    Plan {
        id: plan.id().to_string(),
        name: plan.terms().name.clone(),
        total: paise(plan.bill().total()),
        days: days(plan.terms().cycle),
    }
}

/// What a plan costs now.
pub(in crate::control) fn bill(plan: &subscription::Plan) -> Bill {
    lines((plan.id().as_str(), &plan.terms().name), &plan.bill(), plan.terms().cycle)
}

/// What a purchase cost when it was made.
pub(in crate::control) fn bill_of(purchase: &Purchase) -> Bill {
    lines((purchase.plan.as_str(), &purchase.name), &purchase.bill, purchase.terms.cycle)
}

fn lines((plan, name): (&str, &str), bill: &subscription::Bill, cycle: Span) -> Bill {
    let line = |line: &subscription::BillLine| BillLine {
        name: words(line.item),
        amount: paise(line.amount),
    };
    Bill {
        plan: plan.to_owned(),
        name: name.to_owned(),
        lines: bill.lines().iter().map(line).collect(),
        total: paise(bill.total()),
        days: days(cycle),
    }
}

fn words(item: Item) -> String {
    match item {
        Item::Server => "Server".to_owned(),
        Item::Messages => "Messages".to_owned(),
        Item::Support => "Support".to_owned(),
        Item::Other => "Other".to_owned(),
        Item::Processing(rate) => format!("Processing fee, {} %", rate.percent()),
        Item::Gst(rate) => format!("GST, {} % of the processing fee", rate.percent()),
    }
}

fn days(cycle: Span) -> u32 {
    u32::try_from(cycle.div(Span::DAY)).unwrap_or(u32::MAX)
}
