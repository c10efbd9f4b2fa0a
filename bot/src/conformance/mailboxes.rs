//! Inbox and outbox: kept in order until dealt with, and each once.

use super::{Bench, Broken, Subject, answered, hold};
use crate::backend::{
    Backend as _, Cursor, Delivery, Envelope, InboxRow, Intake, MessageId, Receipt, UpdateId,
};

const RULE: &str = "mail is kept and given";

pub(super) async fn all<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    inbox(subject).await?;
    outbox(subject).await
}

async fn inbox<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let backend = subject.backend();
    let rows: Vec<_> = (0..3)
        .map(|_| {
            let update = UpdateId(subject.fresh());
            let raw = format!("{{\"update_id\":{},\"text\":\"₹ \\\"quoted\\\"\"}}", update.0);
            InboxRow { update, received_at: subject.bench.now(), raw }
        })
        .collect();
    for intake in [Intake::Fresh, Intake::Seen] {
        for row in &rows {
            let told = answered(RULE, backend.inbox(row.clone())).await?;
            hold("an update is fresh once", told == intake, &(row, told))?;
        }
    }
    let pending = ours(subject, &rows).await?;
    hold("updates wait in order, as they came", pending == rows, &pending)?;
    let few = answered(RULE, backend.inbox_pending(1)).await?;
    hold("no more updates are given than asked for", few.len() == 1, &few)?;
    let Some((first, rest)) = rows.split_first() else { return Ok(()) };
    for _ in 0..2 {
        answered("an update may be done twice", backend.inbox_done(first.update)).await?;
    }
    let pending = ours(subject, &rows).await?;
    hold("what is done waits no longer", pending == rest, &pending)?;
    let told = answered(RULE, backend.inbox(first.clone())).await?;
    hold("what is done does not come again", told == Intake::Seen, &told)?;
    for row in rest {
        answered(RULE, backend.inbox_done(row.update)).await?;
    }
    let pending = ours(subject, &rows).await?;
    hold("what is done waits no longer", pending.is_empty(), &pending)
}

/// Those of `rows` that wait, in the order of the backend.
async fn ours<B: Bench>(
    subject: &Subject<'_, B>,
    rows: &[InboxRow],
) -> Result<Vec<InboxRow>, Broken> {
    let pending = answered(RULE, subject.backend().inbox_pending(1_000)).await?;
    Ok(pending.into_iter().filter(|row| rows.contains(row)).collect())
}

async fn outbox<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    for _ in 0..3 {
        subject.bench.cause_alert().await;
    }
    let backend = subject.backend();
    let all = waiting(subject, Cursor::START, 100).await?;
    let rule = "what somebody is told of waits in the outbox, each behind the one before";
    let is_in_order = all.is_sorted_by(|one, next| one.cursor < next.cursor);
    hold(rule, all.len() >= 3 && is_in_order, &all)?;
    let [first, second, ..] = all.as_slice() else { return Ok(()) };
    let few = waiting(subject, Cursor::START, 1).await?;
    let rule = "no more is given than asked for, the oldest first, as it was";
    hold(rule, few == std::slice::from_ref(first), &few)?;
    let behind = waiting(subject, first.cursor, 1).await?;
    hold(
        "what is given stands behind the cursor",
        behind == std::slice::from_ref(second),
        &behind,
    )?;
    let last = all.last().map_or(Cursor::START, |last| last.cursor);
    let nothing = waiting(subject, Cursor(last.0 + 1_000_000), 10).await?;
    hold("behind the last there is nothing", nothing.is_empty(), &nothing)?;

    answered("an alert that waits is news", backend.outbox_news(Cursor::START)).await?;
    for _ in 0..2 {
        let sending = backend.outbox_sending(vec![second.cursor]);
        let waits = answered("that an alert is being sent may be said twice", sending).await?;
        hold("what waits is to be sent", waits == [second.cursor], &waits)?;
    }
    let left = waiting(subject, Cursor::START, 100).await?;
    let marked: Vec<_> = left.iter().filter(|it| it.maybe_repeated).map(|it| it.cursor).collect();
    let rule = "what was being sent may have arrived; nothing else may";
    hold(rule, marked == [second.cursor], &marked)?;

    let delivered = Delivery::Delivered { message: MessageId(1) };
    let receipt = |envelope: &Envelope| Receipt {
        cursor: envelope.cursor,
        at: subject.bench.now(),
        delivery: delivered.clone(),
    };
    for _ in 0..2 {
        let acknowledged = backend.ack(vec![receipt(first)]);
        answered("an alert may be acknowledged twice", acknowledged).await?;
    }
    let left = waiting(subject, Cursor::START, 100).await?;
    let rule = "what is acknowledged is not given again; what is not, is";
    let is_there = |cursor| left.iter().any(|envelope| envelope.cursor == cursor);
    hold(rule, !is_there(first.cursor) && is_there(second.cursor), &left)?;
    let sending = answered(RULE, backend.outbox_sending(vec![first.cursor])).await?;
    hold("what waits no more is not to be sent", sending.is_empty(), &sending)?;
    answered(RULE, backend.ack(all.iter().map(receipt).collect())).await?;
    answered("nothing may be acknowledged", backend.ack(Vec::new())).await?;
    let left = waiting(subject, Cursor::START, 100).await?;
    let is_gone = !all.iter().any(|it| left.iter().any(|other| other.cursor == it.cursor));
    hold("receipts are taken in together", is_gone, &left)
}

async fn waiting<B: Bench>(
    subject: &Subject<'_, B>,
    after: Cursor,
    limit: u16,
) -> Result<Vec<Envelope>, Broken> {
    answered(RULE, subject.backend().outbox(after, limit)).await
}
