//! Alerts on their way: faults first, in order within a chat, until they have arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
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
/// In so many chats a message may be under way at once: one that is slow holds up no other.
const AT_ONCE: usize = 32;

/// An alert that is held.
struct Held {
    envelope: Envelope,
    /// Its messages, once it has been begun: a text that is stamped with its age stays as it is.
    parts: Vec<Message>,
    /// How many of them have arrived, and the first of these.
    arrived: usize,
    first: Option<MessageId>,
}

/// What is held, whose message is under way, and who is to be left alone until when.
#[derive(Default)]
struct Queue {
    held: Vec<Held>,
    busy: BTreeSet<ChatId>,
    silent: BTreeMap<ChatId, Timestamp>,
    /// Chats from which no answer came, and how long they are left alone after the next.
    patience: BTreeMap<ChatId, Patience>,
}

impl Queue {
    /// The next: of those that may be sent, the most urgent, and of these the oldest.
    fn next(&mut self, now: Timestamp) -> Option<Held> {
        self.silent.retain(|_, until| *until > now);
        if self.busy.len() >= AT_ONCE {
            return None;
        }
        let is_free = |chat: &ChatId| !self.silent.contains_key(chat) && !self.busy.contains(chat);
        let may = self.held.iter().enumerate().filter(|(_, held)| is_free(&held.envelope.chat));
        let place = may.min_by_key(|(_, held)| {
            // What was begun is finished first: its parts belong together.
            (held.arrived == 0, held.envelope.lane, held.envelope.cursor)
        });
        place.map(|(place, _)| place).map(|place| self.held.remove(place))
    }
}

/// What became of a try, in the chat that it was made in.
struct Tried {
    chat: ChatId,
    held: Held,
    done: Result<(), Failure>,
}

impl<B: Backend + 'static, M: Machine> Telegram<B, M> {
    /// Sends what is in the outbox, for ever: chats side by side, each in order.
    pub(super) async fn deliver(self: &Arc<Self>) {
        let mut queue = Queue::default();
        let mut after = Cursor::START;
        let mut tries = FuturesUnordered::new();
        loop {
            self.fetch(&mut queue, &mut after).await;
            let now = self.machine.now();
            while let Some(held) = queue.next(now) {
                queue.busy.insert(held.envelope.chat);
                tries.push(self.try_alert(held, now));
            }
            tokio::select! {
                Some(tried) = tries.next() => self.settle(&mut queue, tried).await,
                () = self.machine.wait(LOOK) => {}
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

    /// Sends an alert, or what is left of it.
    async fn try_alert(&self, mut held: Held, now: Timestamp) -> Tried {
        let chat = held.envelope.chat;
        let done = self.send_parts(&mut held, now).await;
        Tried { chat, held, done }
    }

    /// Notes what became of an alert, or holds it for another try.
    async fn settle(&self, queue: &mut Queue, tried: Tried) {
        let Tried { chat, mut held, done } = tried;
        let now = self.machine.now();
        queue.busy.remove(&chat);
        let Err(failure) = done else {
            queue.patience.remove(&chat);
            let message = held.first.unwrap_or(MessageId(0));
            let delivery = Delivery::Delivered { message };
            return self.acknowledge(vec![receipt(&held, now, delivery)]).await;
        };
        self.machine.note(&Notice::Alert(chat, failure.clone()));
        match failure {
            Failure::TooMany(wait) => {
                queue.silent.insert(chat, now + wait);
                queue.held.push(held);
            }
            Failure::NoAnswer(_) | Failure::Conflict => {
                // It may have arrived: the next try says so.
                held.envelope.maybe_repeated = true;
                if held.arrived == 0 {
                    held.parts.clear();
                }
                let patience = queue.patience.entry(chat).or_insert_with(Patience::new);
                queue.silent.insert(chat, now + patience.next());
                queue.held.push(held);
            }
            Failure::Moved(to) => {
                held.envelope.chat = to;
                queue.held.push(held);
            }
            Failure::Unreachable(_) => {
                queue.patience.remove(&chat);
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
