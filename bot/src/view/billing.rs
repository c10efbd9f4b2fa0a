//! What is offered, what it costs, and how somebody's subscription stands.

use heikin_core::time::Span;

use crate::backend::{Access, Bill, PaymentPhase, Payments, Plans, SubscriptionView};
use crate::message::{Message, Text};

use super::Reader;
use super::buttons::{address, command, pages};
use super::table::table;

/// What is offered.
pub fn plans(plans: &Plans) -> Message {
    let mut text = Text::new().bold("What you get").end().plain(
        "Alerts of every trade, status, results and charts of this bot, read only. \
         It never touches your money or your exchange account.\n",
    );
    let mut message = Message::text(Text::new());
    for plan in &plans.plans {
        text = text
            .end()
            .bold(plan.name.clone())
            .plain(format!(" · {} for {} days\n", plan.total, plan.days));
        message = message.row([command(
            format!("{} · {}", plan.name, plan.total),
            format!("/subscribe {}", plan.id),
        )]);
    }
    if plans.is_test {
        text = text.end().bold("Test payments: no real money is taken.").end();
    }
    if let Some(support) = &plans.support {
        text = text.plain(format!("\nQuestions: {support}\n"));
    }
    text = text.italic("Past results say little about those to come.");
    message.body = crate::message::Body::Text(text);
    message.row([command("My plan", "/subscription"), command("‹ Menu", "/menu")])
}

/// A bill, line by line, with the way to pay it.
pub fn bill(bill: &Bill) -> Message {
    let text = bill_text(bill).plain("Pay opens Razorpay's page; heikin never sees a card.");
    Message::text(text)
        .row([command(format!("Pay {}", bill.total), "/pay_now"), command("Cancel", "/cancel")])
}

/// The lines of a bill.
pub(super) fn bill_text(bill: &Bill) -> Text {
    let mut rows: Vec<_> =
        bill.lines.iter().map(|line| [line.name.clone(), line.amount.to_string()]).collect();
    rows.push(["total".to_owned(), bill.total.to_string()]);
    Text::new()
        .bold(bill.name.clone())
        .plain(format!(" · {} days\n", bill.days))
        .table(table(&rows))
}

/// How somebody's subscription stands.
pub fn subscription(view: &SubscriptionView, reader: &Reader) -> Message {
    let plan = view.plan.clone().unwrap_or_else(|| "Subscription".to_owned());
    let is_resting = view.is_disputed && !is_open(view.access);
    let mut text = Text::new().bold(plan);
    text = if is_resting {
        text.plain(
            " · payment disputed\nYour bank asks for a payment back. Access rests until that is decided, \
             and comes back by itself if the payment stays. Whatever you pay meanwhile is paid \
             besides.\n",
        )
    } else {
        text.plain(format!(" · {}\n", access(view.access, reader)))
    };
    if let (Some(paid), Some(due)) = (view.part_paid, view.due) {
        text = text.plain(format!("{paid} of {due} has come; the link takes the rest.\n"));
    }
    let mut message = Message::text(Text::new());
    if let Some(link) = &view.link {
        let label = view.due.map_or("Pay".to_owned(), |due| format!("Pay {due}"));
        message = message
            .row([address(label, link.clone())])
            .row([command("I have paid", "/verify"), command("Drop the link", "/cancel")]);
    }
    let offer = match view.access {
        Access::None | Access::Suspended { .. } | Access::Refunded { .. } => "Subscribe",
        Access::Pending { .. } => "Another plan",
        Access::Active { .. } | Access::Grace { .. } => {
            text = text.plain("Paying early adds to the end: no day is lost.\n");
            "Renew"
        }
        Access::Granted { .. } => {
            text = text.plain(
                "You need not pay. What you pay for begins at once, beside what was given, and adds \
                 nothing to its end.\n",
            );
            "Subscribe"
        }
    };
    if is_resting {
        message.body = crate::message::Body::Text(text);
        return message.row([command("Receipts", "/payments"), command("‹ Menu", "/menu")]);
    }
    if matches!(view.access, Access::Suspended { .. } | Access::Refunded { .. }) {
        text = text.plain("Your preferences are kept; /delete_me deletes them.\n");
    }
    message.body = crate::message::Body::Text(text);
    message
        .row([command(offer, "/plans"), command("Receipts", "/payments")])
        .row([command("‹ Menu", "/menu")])
}

pub(super) const fn is_open(access: Access) -> bool {
    matches!(access, Access::Active { .. } | Access::Grace { .. } | Access::Granted { .. })
}

/// `23 days left`, a day that has begun counted whole: who has just paid for 28 reads 28.
fn days_left(left: Span) -> String {
    if left < Span::DAY {
        return "less than a day left".to_owned();
    }
    let days = (left + Span::from_millis(Span::DAY.millis() - 1)).div(Span::DAY);
    format!("{} left", super::figures::count(u32::try_from(days).unwrap_or(u32::MAX), "day"))
}

/// `active · 23 days left (till 14 Mar 2026)`
pub(super) fn access(access: Access, reader: &Reader) -> String {
    let time = &reader.time;
    match access {
        Access::None => "none yet".to_owned(),
        Access::Pending { expires_at } => {
            format!("waiting for payment, link ends {}", time.moment_in_zone(expires_at))
        }
        Access::Active { until } => {
            let left = days_left(until.since(time.now()));
            format!("active · {left} (till {})", time.date(until))
        }
        Access::Grace { until } => {
            format!("paid time is over · access till {}", time.moment_in_zone(until))
        }
        Access::Suspended { since } => format!("ended {}", time.date(since)),
        Access::Granted { until: Some(until) } => {
            format!("given by the operator till {}", time.date(until))
        }
        Access::Granted { until: None } => "given by the operator".to_owned(),
        Access::Refunded { at } => format!("paid back {}", time.date(at)),
    }
}

/// Payments, newest first, each with its reference: a receipt.
pub fn payments(payments: &Payments, reader: &Reader) -> Message {
    let mut text = Text::new().bold("Payments").end();
    if payments.total == 0 {
        text = text.plain("None yet. /plans shows what is offered.");
    }
    for line in &payments.items {
        let phase = match line.phase {
            PaymentPhase::Open => "open",
            PaymentPhase::PartPaid => "paid in part",
            PaymentPhase::Paid => "paid",
            PaymentPhase::PaidAgain => "paid again, days added",
            PaymentPhase::Expired => "expired unpaid",
            PaymentPhase::Canceled => "cancelled",
            PaymentPhase::Refunded => "paid back",
            PaymentPhase::ChargedBack => "taken back by the bank",
        };
        text = text
            .end()
            .bold(format!("{} · {phase}", line.amount))
            .plain(format!("\n{} · {}\n", line.plan, reader.time.moment_in_zone(line.at)))
            .code(line.reference.clone())
            .end();
    }
    let page = payments.page;
    Message::text(text)
        .row(pages("/payments", page.skip, u32::from(page.take), payments.total))
        .row([command("My plan", "/subscription"), command("‹ Menu", "/menu")])
}

#[cfg(test)]
mod tests {
    use heikin_core::time::Timestamp;

    use super::*;
    use crate::backend::{Role, UserId};
    use crate::local_time::LocalTime;

    /// The text of `/subscription`, and what its buttons do.
    fn said((access, is_disputed): (Access, bool)) -> (String, String) {
        let view = SubscriptionView {
            user: UserId(7),
            access,
            plan: Some("Monthly".to_owned()),
            link: None,
            due: None,
            part_paid: None,
            is_disputed,
        };
        let time = LocalTime::new(Timestamp::EPOCH, "UTC");
        let message = subscription(&view, &Reader { time, role: Role::Guest, is_billing: true });
        let crate::message::Body::Text(text) = &message.body else { panic!("{message:?}") };
        (text.to_plain().replace('\u{a0}', " "), format!("{:?}", message.buttons))
    }

    #[test]
    fn an_early_payment_is_said_to_do_what_it_does() {
        let until = Timestamp::EPOCH + Span::DAY;
        let early = "Paying early adds to the end";
        assert!(said((Access::Active { until }, false)).0.contains(early));
        let granted = said((Access::Granted { until: Some(until) }, false)).0;
        assert!(!granted.contains(early) && granted.contains("begins at once"), "{granted}");
    }

    #[test]
    fn who_has_a_disputed_payment_is_not_led_to_a_second_one() {
        let over = Access::Suspended { since: Timestamp::EPOCH };
        let (text, buttons) = said((over, true));
        assert!(text.contains("payment disputed") && !text.contains("ended"), "{text}");
        assert!(!buttons.contains("/plans"), "{buttons}");
        let (text, buttons) = said((over, false));
        assert!(text.contains("ended") && buttons.contains("/plans"), "{text} {buttons}");
    }

    #[test]
    fn a_day_that_has_begun_counts_whole() {
        let (day, cycle) = (Span::DAY, Span::DAY.times(28));
        let moment = Span::from_millis(1);
        let shorter = |span: Span| Span::from_millis(span.millis() - 1);
        for (left, words) in [
            (cycle, "28 days left"),
            (shorter(cycle), "28 days left"),
            (Span::DAY.times(27) + moment, "28 days left"),
            (Span::DAY.times(27), "27 days left"),
            (day + moment, "2 days left"),
            (day, "1 day left"),
            (shorter(day), "less than a day left"),
            (Span::ZERO, "less than a day left"),
        ] {
            assert_eq!(days_left(left).replace('\u{a0}', " "), words, "{left:?}");
        }
    }
}
