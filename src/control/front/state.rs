//! The fold of the records.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use heikin_bot::backend::{ChatId, InboxRow, Nonce, Role, Ticket, UpdateId, UserId};
use heikin_core::engine::Sequence;
use heikin_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::commands::{Commands, Progress};
use super::outbox::Outbox;
use super::people::People;
use super::pins::Pins;
use super::record::{Event, FrontRecord, audit_line};
use super::sales::{Sales, user};
use super::seal::{KeyName, Keyring, Sealed};
use super::uptime::Uptime;
use crate::store::disk::Disk;
use crate::subscription::desk::{Desk, DeskSettings};

/// How much is remembered. What is older is in the log, or is nobody's business any more.
#[derive(Debug)]
pub struct Bounds;

impl Bounds {
    /// Updates that wait; what comes beyond is not taken, and delivered again later.
    pub const INBOX: usize = 10_000;
    /// Updates that are dealt with, by their number alone.
    pub const HANDLED: usize = 10_000;
    /// Requests with their outcome.
    pub const REQUESTS: usize = 4_096;
    /// Rows of the audit log.
    pub const AUDIT: usize = 2_000;
    /// Buttons that can be pressed.
    pub const TICKETS: usize = 4_096;
    /// Threads whose first message is known.
    pub const THREADS: usize = 4_096;
    /// Faults, for the day's digest.
    pub const FAULTS: usize = 500;
    /// Alerts that could not be delivered, with the reason.
    pub const DEAD: usize = 256;
    /// People.
    pub const PEOPLE: usize = 10_000;
    /// Where somebody is forgotten, the key of messages counts as used so often.
    pub const FORGETTING: u64 = 1 << 32;
    /// A ticket is kept for so long after its end, so that a late press is told from an unknown one.
    pub const TICKET_GRACE: Span = Span::from_millis(10 * 60_000);
}

/// An update that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    received_at: Timestamp,
    raw: Sealed,
}

/// All that the front office knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// Updates that wait, oldest first. What somebody typed may be a PIN: it is sealed here too, for
    /// this is what snapshots are made of.
    #[serde(default)]
    waiting: BTreeMap<UpdateId, Waiting>,
    handled: VecDeque<UpdateId>,
    handled_set: BTreeSet<UpdateId>,
    tickets: BTreeMap<Nonce, Ticket>,
    texts_key: u64,
    texts_sealed: u64,
    tailed: Sequence,
    claim: Option<String>,
    outbox: Outbox,
    people: People,
    commands: Commands,
    #[serde(default)]
    pins: Pins,
    #[serde(default)]
    sales: Sales,
    #[serde(default)]
    uptime: Uptime,
}

impl State {
    /// The update by this number, whether it waits or was dealt with.
    pub fn has_seen(&self, update: UpdateId) -> bool {
        self.is_waiting(update) || self.handled_set.contains(&update)
    }

    /// Whether an update waits.
    pub fn is_waiting(&self, update: UpdateId) -> bool {
        self.waiting.contains_key(&update)
    }

    /// How many updates wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Updates that wait, oldest first, opened with these keys.
    pub fn inbox<D: Disk>(&self, keys: &Keyring<D>) -> impl Iterator<Item = InboxRow> {
        self.waiting.iter().filter_map(|(update, waiting)| {
            let raw = keys.unseal(&waiting.raw)?;
            Some(InboxRow { update: *update, received_at: waiting.received_at, raw })
        })
    }

    /// What goes out.
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// When heikin ran.
    pub const fn uptime(&self) -> &Uptime {
        &self.uptime
    }

    /// Who there is.
    pub const fn people(&self) -> &People {
        &self.people
    }

    /// What was sold.
    pub const fn sales(&self) -> &Sales {
        &self.sales
    }

    /// Opens the desk on what was recorded.
    pub fn open_desk(&mut self, settings: DeskSettings) {
        self.sales.open(settings);
    }

    /// The desk. Whoever changes it records what it says.
    pub const fn desk_mut(&mut self) -> &mut Desk {
        self.sales.desk_mut()
    }

    /// What somebody may do now: by the role that they were given, or by what they bought.
    pub fn role(&self, user: UserId, now: Timestamp) -> Role {
        let given = self.people.role(user, now);
        if self.sales.is_open(user, now) { given.max(Role::Subscriber) } else { given }
    }

    /// What was done.
    pub const fn commands(&self) -> &Commands {
        &self.commands
    }

    /// Who has typed wrong PINs.
    pub const fn pins(&self) -> &Pins {
        &self.pins
    }

    /// What a button means.
    pub fn ticket(&self, nonce: Nonce) -> Option<&Ticket> {
        self.tickets.get(&nonce)
    }

    /// How many buttons can be pressed.
    pub fn ticket_count(&self) -> usize {
        self.tickets.len()
    }

    /// The digest of the claim code that holds.
    pub fn claim(&self) -> Option<&str> {
        self.claim.as_deref()
    }

    /// The account's last record whose alerts are in the outbox.
    pub const fn tailed(&self) -> Sequence {
        self.tailed
    }

    /// The key that messages are sealed under now.
    pub const fn texts_key(&self) -> KeyName {
        KeyName::Texts(self.texts_key)
    }

    /// The next key for messages, where the present one can be destroyed: nothing is open that is
    /// sealed under it, and it has sealed at least so many.
    pub fn next_texts_key(&self, least: u64) -> Option<KeyName> {
        let is_free = self.waiting.is_empty() && self.tickets.is_empty();
        (is_free && self.texts_sealed >= least).then_some(KeyName::Texts(self.texts_key + 1))
    }

    /// Makes operators of those whom the configuration names, for as long as it names them.
    pub fn configure(&mut self, operators: impl Iterator<Item = UserId>) {
        self.people.configure(operators);
    }

    /// The state without what is sealed in the journal: names, and what people wrote. Updates that
    /// wait count as dealt with.
    pub fn without_texts(mut self) -> Self {
        let waiting: Vec<UpdateId> = self.waiting.keys().copied().collect();
        for update in waiting {
            self.handle(update);
        }
        self.tickets.clear();
        self.people.forget_names();
        self
    }

    /// Takes a record in.
    pub fn fold<D: Disk>(&mut self, record: &FrontRecord, keys: &Keyring<D>) {
        for event in &record.events {
            self.apply(record.at, event, keys);
        }
        self.forget(record.at);
    }

    fn apply<D: Disk>(&mut self, at: Timestamp, event: &Event, keys: &Keyring<D>) {
        match event {
            Event::Received { update, received_at, raw } => {
                self.texts_sealed += 1;
                if keys.unseal(raw).is_some() {
                    let waiting = Waiting { received_at: *received_at, raw: raw.clone() };
                    self.waiting.insert(*update, waiting);
                } else {
                    // Its text was destroyed: only its number is left.
                    self.handle(*update);
                }
            }
            Event::Handled { update } => self.handle(*update),
            Event::TextsKeyed { key: KeyName::Texts(number) } => {
                self.texts_key = *number;
                self.texts_sealed = 0;
            }
            Event::TextsKeyed { .. } => {}
            Event::Queued(queued) => self.outbox.queue(queued),
            Event::Tailed { through } => self.tailed = self.tailed.max(*through),
            Event::Running { since } => self.uptime.run(*since, at),
            Event::Sending { cursors } => self.outbox.sending(cursors),
            Event::Acknowledged(receipt) => self.outbox.acknowledge(receipt),
            Event::Unblocked { chat } => self.outbox.unblock(*chat),
            Event::TicketPut { nonce, ticket, .. } => {
                self.texts_sealed += 1;
                let ticket = keys.unseal(ticket).and_then(|text| serde_json::from_str(&text).ok());
                self.tickets.extend(ticket.map(|ticket| (*nonce, ticket)));
            }
            Event::TicketTaken { nonce } => {
                self.tickets.remove(nonce);
            }
            Event::Begun { request, steps, after } => {
                let progress = Progress::Begun { steps: steps.clone(), after: *after };
                self.commands.set(request, progress);
            }
            Event::Finished { request, outcome } => {
                self.commands.set(request, Progress::Finished(outcome.clone()));
            }
            Event::PinWrong { by } => self.pins.wrong(by, at),
            Event::PinRight { by } => self.pins.right(by),
            Event::Audited { by, what, result } => {
                self.commands.note(audit_line(at, by, what, result));
            }
            Event::Sold { record } => {
                self.sales.take(record);
                self.people.entry(user(record.person));
            }
            Event::PayerTold { user, payer } => self.sales.keep_payer(*user, payer),
            Event::Delivered { delivery } => self.sales.deliver(delivery),
            Event::LookedInto { delivery } => self.sales.looked(delivery),
            Event::Granted { .. }
            | Event::Revoked { .. }
            | Event::Seen { .. }
            | Event::NotifySet { .. }
            | Event::Muted { .. }
            | Event::CardSet { .. }
            | Event::Digested { .. }
            | Event::Forgotten { .. }
            | Event::ClaimMade { .. }
            | Event::ClaimUsed { .. } => self.apply_to_people(at, event, keys),
        }
    }

    fn apply_to_people<D: Disk>(&mut self, at: Timestamp, event: &Event, keys: &Keyring<D>) {
        match event {
            Event::Granted { user, role, until } => {
                self.people.entry(*user).role = Some((*role, *until));
            }
            Event::Revoked { user } => {
                self.people.revoke(*user);
                self.withdraw(*user);
            }
            Event::Seen { user, name } => {
                self.outbox.unblock(private_chat(*user));
                let person = self.people.entry(*user);
                person.seen_at = Some(at);
                person.name = keys.unseal(name).unwrap_or_default();
            }
            Event::NotifySet { user, preferences } => {
                self.people.entry(*user).notify = preferences.clone();
            }
            Event::Muted { user, thread, until } => {
                self.people.entry(*user).muted.insert(thread.clone(), *until);
            }
            Event::Digested { user, missed_candles } => {
                self.people.entry(*user).digested = Some((at, *missed_candles));
            }
            Event::CardSet { user, card } => self.people.entry(*user).card = *card,
            Event::Forgotten { user } => {
                self.people.forget(*user);
                self.sales.forget(*user);
                // Their messages are under the key of the time: it goes as soon as none is open.
                self.texts_sealed = self.texts_sealed.max(Bounds::FORGETTING);
                self.withdraw(*user);
            }
            Event::ClaimMade { digest } => self.claim = Some(digest.clone()),
            Event::ClaimUsed { .. } => self.claim = None,
            _ => {}
        }
    }

    /// Takes back what waits for somebody.
    fn withdraw(&mut self, user: UserId) {
        let chat = private_chat(user);
        self.outbox.withdraw(|to, _| to == chat);
    }

    fn handle(&mut self, update: UpdateId) {
        self.waiting.remove(&update);
        if self.handled_set.insert(update) {
            self.handled.push_back(update);
        }
        if self.handled.len() > Bounds::HANDLED
            && let Some(oldest) = self.handled.pop_front()
        {
            self.handled_set.remove(&oldest);
        }
    }

    /// Forgets what has had its time.
    fn forget(&mut self, now: Timestamp) {
        self.tickets.retain(|_, ticket| now < ticket.expires_at + Bounds::TICKET_GRACE);
        while self.tickets.len() > Bounds::TICKETS {
            let oldest = self.tickets.iter().min_by_key(|(_, ticket)| ticket.expires_at);
            let Some(nonce) = oldest.map(|(nonce, _)| *nonce) else { break };
            self.tickets.remove(&nonce);
        }
        self.people.unmute(now);
    }
}

/// The chat of one person and the bot has the person's number.
pub const fn private_chat(user: UserId) -> ChatId {
    ChatId(user.0)
}
