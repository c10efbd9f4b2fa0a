//! Events on their way to whoever listens (`razorpay.com/docs/webhooks`): at least once, in no
//! certain order, signed over the bytes that are sent.
//!
//! A delivery that is not answered with 2xx within five seconds is tried again, each time after twice
//! as long. After a day of failures the listener is switched off. What is sent again carries its first
//! signature, whatever the secret is by then.

use std::collections::VecDeque;

use heikin_core::time::{Span, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::rules::{HowOften, Rules};
use super::Settings;
use super::signature::sign;

/// The wait before the second try; it doubles with each.
const FIRST_WAIT: Span = Span::from_secs(30);
/// After so long, no more tries.
const GIVES_UP: Span = Span::from_secs(24 * 60 * 60);
/// So many events are remembered.
const EVENTS: usize = 50_000;
/// So many deliveries of an event are told.
const NOTES: usize = 100;

/// What happens to an event on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventFault {
    /// It never arrives.
    Lost,
    /// It arrives twice.
    Again,
    /// It arrives so much later, or less.
    Late(Span),
    /// It changes places with the next one.
    Reordered,
    /// Somebody else sends something like it first.
    Forged,
}

/// Who listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Where: on this machine.
    pub url: String,
    /// What signatures are made with; not the secret of the key.
    #[serde(deserialize_with = "secret")]
    pub secret: SecretString,
}

/// Reads a secret.
pub(super) fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}

/// Bytes that are to be sent.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) event: String,
    pub(super) body: String,
    pub(super) signature: Option<String>,
    pub(super) due: Timestamp,
    first: Timestamp,
    tries: u32,
    /// Whether it is tried again.
    is_true: bool,
}

/// An event, and what became of it.
#[derive(Debug)]
struct Event {
    id: String,
    name: String,
    body: String,
    notes: Vec<Value>,
}

/// The events.
#[derive(Debug)]
pub(super) struct Outbox {
    hook: Option<Hook>,
    is_active: bool,
    events: VecDeque<Event>,
    queue: VecDeque<Delivery>,
    held: Vec<Delivery>,
    pub(super) rules: Rules<EventFault>,
}

impl Outbox {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            hook: settings.hook.clone(),
            is_active: true,
            events: VecDeque::new(),
            queue: VecDeque::new(),
            held: Vec::new(),
            rules: Rules::new(settings.seed ^ 2),
        }
    }

    /// Sets who listens, or nobody; what is on its way goes on to the new address.
    pub(super) fn listen(&mut self, hook: Option<Hook>) {
        self.hook = hook;
        self.is_active = true;
    }

    /// The secret of new signatures.
    pub(super) fn rotate(&mut self, secret: SecretString) -> Result<(), String> {
        self.hook.as_mut().ok_or("nobody listens")?.secret = secret;
        Ok(())
    }

    /// Notes an event, and sends it on its way.
    pub(super) fn add(&mut self, now: Timestamp, id: String, name: &str, body: &Value) {
        let body = body.to_string();
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        let event =
            Event { id: id.clone(), name: name.to_owned(), body: body.clone(), notes: vec![] };
        self.events.push_back(event);
        let Some(delivery) = self.delivery(now, id, body) else { return };
        let was_held = std::mem::take(&mut self.held);
        match self.rules.strike(|_| true) {
            None => self.queue.push_back(delivery),
            Some(EventFault::Lost) => {}
            Some(EventFault::Again) => self.queue.extend([delivery.clone(), delivery]),
            Some(EventFault::Late(most)) => {
                let most = usize::try_from(most.millis()).unwrap_or(0);
                let late = i64::try_from(self.rules.below(most + 1)).unwrap_or(0);
                let due = now + Span::from_millis(late);
                self.queue.push_back(Delivery { due, ..delivery });
            }
            Some(EventFault::Reordered) => self.held.push(delivery),
            Some(EventFault::Forged) => {
                let forged = self.forged(&delivery);
                self.queue.extend([forged, delivery]);
            }
        }
        self.queue.extend(was_held);
    }

    fn delivery(&self, now: Timestamp, event: String, body: String) -> Option<Delivery> {
        let hook = self.hook.as_ref()?;
        let signature = Some(sign(hook.secret.expose_secret(), body.as_bytes()));
        Some(Delivery { event, body, signature, due: now, first: now, tries: 0, is_true: true })
    }

    /// What somebody sends who does not know the secret: one of four.
    fn forged(&mut self, delivery: &Delivery) -> Delivery {
        let mut forged = Delivery { is_true: false, ..delivery.clone() };
        forged.event.push('f');
        match self.rules.below(4) {
            0 => forged.signature = None,
            1 => forged.signature = Some(sign("a guess", forged.body.as_bytes())),
            // The same meaning in other bytes.
            2 => forged.body = forged.body.replace("\":", "\": "),
            _ => forged.body = forged.body.replace("\"amount\":", "\"amount\":1"),
        }
        forged
    }

    /// Sends an event once more, signed with the secret of now.
    pub(super) fn replay(&mut self, now: Timestamp, id: &str) -> Result<(), String> {
        let event = self.events.iter().find(|it| it.id == id);
        let body = event.ok_or_else(|| format!("there is no event {id}"))?.body.clone();
        let delivery = self.delivery(now, id.to_owned(), body).ok_or("nobody listens")?;
        self.queue.push_back(delivery);
        Ok(())
    }

    /// Sends these bytes, signed with what is given.
    pub(super) fn send_raw(
        &mut self,
        now: Timestamp,
        event: String,
        body: String,
        signature: Option<String>,
    ) {
        let (first, tries, is_true) = (now, 0, false);
        self.queue.push_back(Delivery { event, body, signature, due: now, first, tries, is_true });
    }

    /// The secret of now.
    pub(super) fn secret(&self) -> Option<&SecretString> {
        self.hook.as_ref().map(|it| &it.secret)
    }

    /// When the next is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.hook.as_ref()?;
        self.queue.iter().map(|it| it.due).min().filter(|_| self.is_active)
    }

    /// The next that is due, and where it goes.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<(String, Delivery)> {
        let url = self.hook.as_ref().filter(|_| self.is_active)?.url.clone();
        let place = self.queue.iter().position(|it| it.due <= now)?;
        Some((url, self.queue.remove(place)?))
    }

    /// Lets go what was held back for another.
    pub(super) fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.queue.extend(held);
    }

    /// Notes how a delivery was answered: with a status, or not in time.
    pub(super) fn answered(&mut self, mut delivery: Delivery, now: Timestamp, status: Option<u16>) {
        let note = json!({ "at": now.millis(), "status": status });
        let event = self.events.iter_mut().rev().find(|it| it.id == delivery.event);
        if let Some(event) = event
            && event.notes.len() < NOTES
        {
            event.notes.push(note);
        }
        let is_taken = status.is_some_and(|status| (200..300).contains(&status));
        if is_taken || !delivery.is_true {
            return;
        }
        let wait =
            FIRST_WAIT.times(1_i64.checked_shl(delivery.tries).unwrap_or(i64::MAX).min(4_096));
        delivery.tries += 1;
        delivery.due = now + wait;
        if delivery.due.since(delivery.first) > GIVES_UP {
            self.is_active = false;
        } else {
            self.queue.push_back(delivery);
        }
    }

    /// For whoever checks a listener: its address, and all events with their deliveries.
    pub(super) fn told(&self) -> Value {
        let events: Vec<_> = self
            .events
            .iter()
            .map(|it| json!({ "id": it.id, "event": it.name, "deliveries": it.notes }))
            .collect();
        json!({
            "url": self.hook.as_ref().map(|it| &it.url), "active": self.is_active,
            "waiting": self.queue.len() + self.held.len(), "events": events,
        })
    }

    /// The body of an event.
    pub(super) fn body(&self, id: &str) -> Option<&str> {
        self.events.iter().find(|it| it.id == id).map(|it| it.body.as_str())
    }

    /// Switches a fault on; false where it is of no such kind.
    pub(super) fn apply(
        &mut self,
        kind: &str,
        seconds: Option<u32>,
        how_often: HowOften,
    ) -> Result<bool, String> {
        let fault = match kind {
            "events_lost" => EventFault::Lost,
            "events_again" => EventFault::Again,
            "events_late" => {
                EventFault::Late(Span::from_secs(seconds.ok_or("events_late needs seconds")?))
            }
            "events_reordered" => EventFault::Reordered,
            "events_forged" => EventFault::Forged,
            _ => return Ok(false),
        };
        self.rules.add(fault, how_often);
        Ok(true)
    }
}
