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
    /// The record of what was sold is shortened this often.
    pub const SHORTEN_EVERY: Span = Span::DAY;
    /// So many bytes are sealed anew at once: they are one record. Where more is open, it waits.
    pub const RESEALED: usize = 8 << 20;
    /// A ticket is kept for so long after its end, so that a late press is told from an unknown one.
    pub const TICKET_GRACE: Span = Span::from_millis(10 * 60_000);
}

/// An update that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    received_at: Timestamp,
    raw: Sealed,
}

/// What a button means, while it can be pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Button {
    expires_at: Timestamp,
    ticket: Sealed,
}

/// All that the front office knows. Snapshots are made of it: what is personal is sealed here as it is
/// in the journal (what somebody typed may be a PIN), and goes with its key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// Updates that wait, oldest first.
    #[serde(default)]
    waiting: BTreeMap<UpdateId, Waiting>,
    handled: VecDeque<UpdateId>,
    handled_set: BTreeSet<UpdateId>,
    #[serde(default)]
    buttons: BTreeMap<Nonce, Button>,
    texts_key: u64,
    texts_sealed: u64,
    /// Somebody was forgotten. What they wrote is under the key of the time, which goes as soon as the
    /// updates up to this one are dealt with.
    #[serde(default)]
    forgetting: Option<UpdateId>,
    tailed: Sequence,
    claim: Option<String>,
    outbox: Outbox,
    people: People,
    commands: Commands,
    #[serde(default)]
    pins: Pins,
    #[serde(default)]
    sales: Sales,
    /// When the record of what was sold was shortened last.
    #[serde(default)]
    shortened_at: Option<Timestamp>,
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

    /// What a button means, opened with these keys.
    pub fn ticket<D: Disk>(&self, nonce: Nonce, keys: &Keyring<D>) -> Option<Ticket> {
        opened(&self.buttons.get(&nonce)?.ticket, keys)
    }

    /// What the buttons mean that can be pressed, opened with these keys.
    pub fn tickets<D: Disk>(&self, keys: &Keyring<D>) -> impl Iterator<Item = (Nonce, Ticket)> {
        let open =
            |(nonce, button): (&Nonce, &Button)| Some((*nonce, opened(&button.ticket, keys)?));
        self.buttons.iter().filter_map(open)
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

    /// The next key for messages, where the present one is to be destroyed: it has sealed at least so
    /// many, or somebody who wrote under it was forgotten. What is open is sealed anew under the next
    /// one, so the more is open, the rarer that is.
    pub fn next_texts_key(&self, least: u64) -> Option<KeyName> {
        let open = u64::try_from(self.waiting.len() + self.buttons.len()).unwrap_or(u64::MAX);
        let is_used_up = self.texts_sealed >= least.max(open.saturating_mul(4));
        let is_of_the_forgotten =
            self.forgetting.is_some_and(|last| self.waiting.range(..=last).next().is_none());
        let is_due = is_used_up || is_of_the_forgotten;
        (is_due && self.open_size() <= Bounds::RESEALED)
            .then_some(KeyName::Texts(self.texts_key + 1))
    }

    /// How much is sealed under the key of messages and still open.
    fn open_size(&self) -> usize {
        let waiting = self.waiting.values().map(|waiting| waiting.raw.size());
        waiting.chain(self.buttons.values().map(|button| button.ticket.size())).sum()
    }

    /// Makes operators of those whom the configuration names, for as long as it names them.
    pub fn configure(&mut self, operators: impl Iterator<Item = UserId>) {
        self.people.configure(operators);
    }

    /// The state without what people wrote, for where its key is not. Updates that wait count as dealt
    /// with.
    pub fn without_texts(mut self) -> Self {
        let waiting: Vec<UpdateId> = self.waiting.keys().copied().collect();
        for update in waiting {
            self.handle(update);
        }
        self.buttons.clear();
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
                self.forgetting = None;
            }
            Event::TextsKeyed { .. } => {}
            Event::Queued(queued) => self.outbox.queue(queued),
            Event::Tailed { through } => self.tailed = self.tailed.max(*through),
            Event::Running { since } => self.uptime.run(*since, at),
            Event::Sending { cursors } => self.outbox.sending(cursors),
            Event::BroadcastsEnded => self.outbox.end_broadcasts(),
            Event::Acknowledged(receipt) => self.outbox.acknowledge(receipt),
            Event::Unblocked { chat } => self.outbox.unblock(*chat),
            Event::TicketPut { nonce, expires_at, ticket } => {
                self.texts_sealed += 1;
                if keys.unseal(ticket).is_some() {
                    let button = Button { expires_at: *expires_at, ticket: ticket.clone() };
                    self.buttons.insert(*nonce, button);
                }
            }
            Event::TicketTaken { nonce } => {
                self.buttons.remove(nonce);
            }
            Event::Begun { request, steps, after, mark } => {
                let progress = Progress::Begun { steps: steps.clone(), after: *after };
                self.commands.set(request, progress, mark.as_deref());
            }
            Event::Finished { request, outcome, mark } => {
                let progress = Progress::Finished(outcome.clone());
                self.commands.set(request, progress, mark.as_deref());
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
                person.name = Some(name.clone());
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
                let last = self.waiting.last_key_value().map(|(update, _)| *update);
                self.forgetting = Some(last.unwrap_or(UpdateId(0)));
                let is_theirs = |ticket: Ticket| ticket.presser.user == *user;
                self.buttons
                    .retain(|_, button| !opened(&button.ticket, keys).is_some_and(is_theirs));
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
        self.buttons.retain(|_, button| now < button.expires_at + Bounds::TICKET_GRACE);
        while self.buttons.len() > Bounds::TICKETS {
            let oldest = self.buttons.iter().min_by_key(|(_, button)| button.expires_at);
            let Some(nonce) = oldest.map(|(nonce, _)| *nonce) else { break };
            self.buttons.remove(&nonce);
        }
        self.people.unmute(now);
        if self.shortened_at.is_none_or(|at| now.since(at) >= Bounds::SHORTEN_EVERY) {
            self.shortened_at = Some(now);
            self.sales.shorten(now);
        }
    }
}

fn opened<D: Disk>(ticket: &Sealed, keys: &Keyring<D>) -> Option<Ticket> {
    serde_json::from_str(&keys.unseal(ticket)?).ok()
}

/// The chat of one person and the bot has the person's number.
pub const fn private_chat(user: UserId) -> ChatId {
    ChatId(user.0)
}
