//! Alerts on their way: faults first, in order within a chat, until they have arrived.

use std::collections::BTreeMap;
use std::sync::Arc;

use heikin_core::time::{Span, Timestamp};

use super::intake::Patience;
use super::{Failure, Machine, Notice, Telegram};
use crate::backend::{Backend, ChatId, Cursor, Delivery, Envelope, MessageId, Receipt};
use crate::message::Message;
use crate::view;

/// So often the outbox is looked at when there is nothing to send.
const LOOK: Span = Span::from_millis(20);
/// So many alerts are fetched at once.
const BATCH: u16 = 200;
/// So many are held in memory; the others wait where they are.
const HELD: usize = 5_000;

/// An alert that is held.
struct Held {
    envelope: Envelope,
    /// Its messages, once it has been begun: a text that is stamped with its age stays as it is.
    parts: Vec<Message>,
    /// How many of them have arrived, and the first of these.
    arrived: usize,
    first: Option<MessageId>,
}

/// What is held, and who is to be left alone until when.
#[derive(Default)]
struct Queue {
    held: Vec<Held>,
    silent: BTreeMap<ChatId, Timestamp>,
    all_silent: Option<Timestamp>,
}

impl Queue {
    /// The next: of those that may be sent, the most urgent, and of these the oldest.
    fn next(&mut self, now: Timestamp) -> Option<Held> {
        self.silent.retain(|_, until| *until > now);
        if self.all_silent.is_some_and(|until| until > now) {
            return None;
        }
        let may = self
            .held
            .iter()
            .enumerate()
            .filter(|(_, held)| !self.silent.contains_key(&held.envelope.chat));
        let place = may.min_by_key(|(_, held)| {
            // What was begun is finished first: its parts belong together.
            (held.arrived == 0, held.envelope.lane, held.envelope.cursor)
        });
        place.map(|(place, _)| place).map(|place| self.held.remove(place))
    }
}

impl<B: Backend + 'static, M: Machine> Telegram<B, M> {
    /// Sends what is in the outbox, for ever.
    pub async fn deliver(self: &Arc<Self>) {
        let mut queue = Queue::default();
        let mut after = Cursor::START;
        let mut patience = Patience::new();
        loop {
            self.fetch(&mut queue, &mut after).await;
            let now = self.machine.now();
            let Some(held) = queue.next(now) else {
                self.machine.wait(LOOK).await;
                continue;
            };
            match self.try_alert(&mut queue, held, now).await {
                Ok(()) => patience = Patience::new(),
                Err(Failure::NoAnswer(_)) => queue.all_silent = Some(now + patience.next()),
                Err(_told) => {}
            }
        }
    }

    async fn fetch(&self, queue: &mut Queue, after: &mut Cursor) {
        if queue.held.len() >= HELD {
            return;
        }
        match self.bot.backend().outbox(*after, BATCH).await {
            Ok(envelopes) => {
                for envelope in envelopes {
                    *after = (*after).max(envelope.cursor);
                    let (parts, arrived, first) = (Vec::new(), 0, None);
                    queue.held.push(Held { envelope, parts, arrived, first });
                }
            }
            Err(error) => self.machine.note(&Notice::Outbox(error)),
        }
    }

    /// Sends an alert, or what is left of it, and notes what became of it.
    async fn try_alert(
        &self,
        queue: &mut Queue,
        mut held: Held,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let chat = held.envelope.chat;
        let done = self.send_parts(&mut held, now).await;
        let Err(failure) = &done else {
            let message = held.first.unwrap_or(MessageId(0));
            let delivery = Delivery::Delivered { message };
            self.acknowledge(vec![receipt(&held, now, delivery)]).await;
            return Ok(());
        };
        self.machine.note(&Notice::Alert(chat, failure.clone()));
        match failure {
            Failure::TooMany(wait) => {
                queue.silent.insert(chat, now + *wait);
                queue.held.push(held);
            }
            Failure::NoAnswer(_) | Failure::Conflict => {
                // It may have arrived: the next try says so.
                held.envelope.maybe_repeated = true;
                if held.arrived == 0 {
                    held.parts.clear();
                }
                queue.held.push(held);
            }
            Failure::Moved(to) => {
                held.envelope.chat = *to;
                queue.held.push(held);
            }
            Failure::Unreachable(_) => {
                let mut gone = vec![receipt(&held, now, Delivery::Blocked)];
                let others = queue.held.extract_if(.., |other| other.envelope.chat == chat);
                gone.extend(others.map(|other| receipt(&other, now, Delivery::Blocked)));
                self.acknowledge(gone).await;
            }
            refused => {
                let delivery = Delivery::Undeliverable { reason: refused.to_string() };
                self.acknowledge(vec![receipt(&held, now, delivery)]).await;
            }
        }
        done
    }

    async fn send_parts(&self, held: &mut Held, now: Timestamp) -> Result<(), Failure> {
        if held.parts.is_empty() {
            held.parts = view::alert(&held.envelope, now);
        }
        for part in held.parts.iter().skip(held.arrived) {
            let message = self.api.send(held.envelope.chat, part).await?;
            held.first.get_or_insert(message);
            held.arrived += 1;
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

fn receipt(held: &Held, at: Timestamp, delivery: Delivery) -> Receipt {
    Receipt { cursor: held.envelope.cursor, at, delivery }
}
