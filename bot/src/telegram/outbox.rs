//! Alerts on their way: faults first, in order within a chat, until they have arrived.

use std::pin::pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use heikin_core::time::{Span, Timestamp};

use super::backlog::{Backlog, Parcel};
use super::intake::Patience;
use super::{Failure, Machine, Notice, Telegram};
use crate::backend::{Backend, BackendError, Cursor, Delivery, MessageId, Receipt};
use crate::view;

/// So many alerts are fetched at once.
const BATCH: u16 = 200;
/// A backend that fails is asked again after this.
const FAILED: Span = Span::from_secs(2);

/// How far the outbox was read.
struct Reading {
    after: Cursor,
    /// The backend does not answer, which is noted.
    is_cut_off: bool,
}

/// What became of a try.
struct Tried {
    parcel: Parcel,
    /// How many messages went out for it.
    sent: usize,
    done: Result<(), Trouble>,
}

/// Why an alert is not there.
enum Trouble {
    Telegram(Failure),
    Backend(BackendError),
}

impl<B: Backend + 'static, M: Machine> Telegram<B, M> {
    /// Sends what is in the outbox, for ever: chats side by side, each in order.
    pub(super) async fn deliver(self: &Arc<Self>) {
        let mut backlog = Backlog::default();
        let mut reading = Reading { after: Cursor::START, is_cut_off: false };
        let mut tries = FuturesUnordered::new();
        let mut news = pin!(self.news(reading.after));
        loop {
            let now = self.machine.now();
            while let Some(parcel) = backlog.next(now) {
                tries.push(self.try_parcel(parcel, now));
            }
            let wake = backlog.wakes_at(now).map(|at| at.since(now));
            tokio::select! {
                Some(tried) = tries.next() => self.settle(&mut backlog, tried).await,
                () = &mut news, if !backlog.is_full() => {
                    self.fetch(&mut backlog, &mut reading).await;
                    news.set(self.news(reading.after));
                }
                () = self.pause(wake.unwrap_or_default()), if wake.is_some() => {}
            }
        }
    }

    /// Comes when there may be something behind a place. That it fails shows when that is fetched.
    async fn news(&self, after: Cursor) {
        drop(self.bot.backend().outbox_news(after).await);
    }

    /// At least for a moment: what is free now is sent before.
    async fn pause(&self, span: Span) {
        self.machine.wait(span.max(Span::from_millis(1))).await;
    }

    /// Fetches all that waits, so that what goes first is known.
    async fn fetch(&self, backlog: &mut Backlog, reading: &mut Reading) {
        while !backlog.is_full() {
            match self.bot.backend().outbox(reading.after, BATCH).await {
                Ok(alerts) => {
                    reading.is_cut_off = false;
                    let is_all = alerts.len() < usize::from(BATCH);
                    for alert in alerts {
                        reading.after = reading.after.max(alert.cursor);
                        backlog.hold(alert);
                    }
                    if is_all {
                        return;
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut reading.is_cut_off, true) {
                        self.machine.note(&Notice::Outbox(error));
                    }
                    return self.machine.wait(FAILED).await;
                }
            }
        }
    }

    /// Sends a parcel, or what is left of it.
    async fn try_parcel(&self, mut parcel: Parcel, now: Timestamp) -> Tried {
        let before = parcel.arrived;
        let done = self.send_parts(&mut parcel, now).await;
        Tried { sent: parcel.arrived - before, parcel, done }
    }

    /// Notes what became of a parcel, or takes it back for another try.
    async fn settle(&self, backlog: &mut Backlog, tried: Tried) {
        let Tried { mut parcel, sent, done } = tried;
        let (now, chat) = (self.machine.now(), parcel.chat);
        backlog.freed(chat);
        // The first was counted when it went.
        (1..sent).for_each(|_| backlog.count(chat, now));
        let failure = match done {
            Ok(()) if parcel.alerts.is_empty() => return,
            Ok(()) => {
                backlog.answered(chat);
                return self.acknowledge(arrived(&parcel, now)).await;
            }
            Err(Trouble::Backend(error)) => {
                self.machine.note(&Notice::Outbox(error));
                backlog.silence(chat, now + FAILED);
                return backlog.take_back(parcel);
            }
            Err(Trouble::Telegram(failure)) => failure,
        };
        self.machine.note(&Notice::Alert(chat, failure.clone()));
        match failure {
            Failure::TooMany(wait) => {
                backlog.silence(chat, now + wait);
                backlog.take_back(parcel);
            }
            Failure::NotSent => {
                backlog.be_patient(chat, now);
                backlog.take_back(parcel);
            }
            Failure::NoAnswer(_) | Failure::Conflict => {
                // It may have arrived: the next try says so.
                parcel.alerts.iter_mut().for_each(|alert| alert.maybe_repeated = true);
                backlog.be_patient(chat, now);
                backlog.take_back(parcel);
            }
            Failure::Moved(to) => {
                parcel.chat = to;
                backlog.take_back(parcel);
            }
            Failure::Unreachable(_) => {
                let mut gone = parcel.cursors();
                gone.extend(backlog.give_up(chat));
                let gone = gone.into_iter().map(|it| receipt(it, now, Delivery::Blocked));
                self.acknowledge(gone.collect()).await;
            }
            refused => {
                let reason = refused.to_string();
                let dead = Delivery::Undeliverable { reason };
                let dead = parcel.cursors().into_iter().map(|it| receipt(it, now, dead.clone()));
                self.acknowledge(dead.collect()).await;
            }
        }
    }

    async fn send_parts(&self, parcel: &mut Parcel, now: Timestamp) -> Result<(), Trouble> {
        if parcel.parts.is_empty() {
            // On record before it is sent: whoever takes over knows that it may have arrived.
            let sending = self.bot.backend().outbox_sending(parcel.cursors()).await;
            let wanted = sending.map_err(Trouble::Backend)?;
            parcel.alerts.retain(|alert| wanted.contains(&alert.cursor));
            parcel.parts = match parcel.alerts.as_slice() {
                // All of it was taken back.
                [] => return Ok(()),
                [alone] => view::alert(alone, now),
                lines => vec![view::missed(lines, parcel.missed.as_ref(), now)],
            };
        }
        for part in parcel.parts.iter().skip(parcel.arrived) {
            let message = self.api.send(parcel.chat, part).await.map_err(Trouble::Telegram)?;
            parcel.first.get_or_insert(message);
            parcel.arrived += 1;
        }
        Ok(())
    }

    /// Until it is noted, it would be sent again after a restart: so this does not give up.
    async fn acknowledge(&self, receipts: Vec<Receipt>) {
        let mut patience = Patience::new();
        while let Err(error) = self.bot.backend().ack(receipts.clone()).await {
            self.machine.note(&Notice::Outbox(error));
            self.machine.wait(patience.next()).await;
        }
    }
}

/// What there is to say of a parcel that has arrived.
fn arrived(parcel: &Parcel, at: Timestamp) -> Vec<Receipt> {
    let message = parcel.first.unwrap_or(MessageId(0));
    let delivery = match parcel.alerts.len() {
        1 => Delivery::Delivered { message },
        _ => Delivery::Folded { message },
    };
    parcel.cursors().into_iter().map(|it| receipt(it, at, delivery.clone())).collect()
}

fn receipt(cursor: Cursor, at: Timestamp, delivery: Delivery) -> Receipt {
    Receipt { cursor, at, delivery }
}
