//! Journal, keys, snapshots and state, together: what happens in the front office, step by step.

use std::path::{Path, PathBuf};

use heikin_bot::backend::{
    ChatId, Cursor, Envelope, Identity, InboxRow, Intake, Nonce, Presser, Receipt, Take, Ticket,
    UpdateId, UserId,
};
use heikin_core::engine::Sequence;
use heikin_core::time::Timestamp;
use secrecy::zeroize::Zeroizing;

use super::record::{Event, FrontRecord};
use super::seal::{KeyName, Keyring};
use super::state::{Bounds, State};
use crate::store::StoreError;
use crate::store::disk::Disk;
use crate::store::journal::{FileJournal, Settings, Verify, remove_before};
use crate::store::snapshots::Snapshots;
use crate::subscription::contact::Contact;
use crate::subscription::desk::{Desk, DeskSettings};
use crate::subscription::razorpay::Delivery;

/// A snapshot is saved when so many records have come since the last one.
const SNAPSHOT_EVERY: Sequence = 1_000;
/// Segments are small, so that old ones can go.
const SEGMENT_BYTES: usize = 1 << 20;
/// The key of messages is destroyed when it has sealed so many.
const TEXTS_PER_KEY: u64 = 500;

/// Where in the data directory the front office has what.
#[derive(Debug, Clone)]
pub struct Rooms {
    folder: PathBuf,
}

impl Rooms {
    /// In this data directory.
    pub fn below(data: &Path) -> Self {
        Self { folder: data.join("front") }
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    pub(super) fn snapshots(&self) -> PathBuf {
        self.folder.join("snapshots")
    }

    fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// Snapshots of the copy of the account.
    pub fn account(&self) -> PathBuf {
        self.folder.join("account")
    }
}

/// The front office's store. See the [module](super).
#[derive(Debug)]
pub struct Ledger<D: Disk> {
    disk: D,
    rooms: Rooms,
    journal: FileJournal<D, FrontRecord>,
    snapshots: Snapshots<D, State>,
    keys: Keyring<D>,
    state: State,
    saved: Sequence,
    /// The last alert that this process has handed out: whoever sends has all up to it.
    handed: Cursor,
}

impl<D: Disk> Ledger<D> {
    /// Opens what is there, or begins.
    ///
    /// # Errors
    ///
    /// Where what is there is damaged, or cannot be read or written.
    pub fn open(disk: D, rooms: &Rooms) -> Result<Self, StoreError> {
        let snapshots: Snapshots<D, State> = Snapshots::of(disk.clone(), &rooms.snapshots());
        let newest = snapshots.newest()?.newest;
        let (saved, state) =
            newest.map_or_else(|| (0, State::default()), |saved| (saved.through, saved.state));
        let settings = Settings { segment_bytes: SEGMENT_BYTES, ..Settings::default() };
        let folder = rooms.journal();
        let from = snapshots.oldest()?.unwrap_or(0).min(saved);
        let (journal, opened) =
            FileJournal::open_of(disk.clone(), &folder, Verify::From(from), settings)?;
        if opened.first > saved + 1 {
            return Err(StoreError::NoBeginning { path: folder, first: opened.first });
        }
        let keys = Keyring::open(disk.clone(), &rooms.keys())?;
        let records = journal.reader().records(saved, Sequence::MAX)?;
        let mut ledger = Self {
            disk,
            rooms: rooms.clone(),
            journal,
            snapshots,
            keys,
            state,
            saved,
            handed: Cursor::START,
        };
        for record in records {
            ledger.state.fold(&record?, &ledger.keys);
        }
        if let KeyName::Texts(number) = ledger.state.texts_key() {
            ledger.keys.keep_texts(number)?;
        }
        Ok(ledger)
    }

    /// What is known.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Updates that wait, oldest first.
    pub fn inbox(&self) -> impl Iterator<Item = InboxRow> {
        self.state.inbox(&self.keys)
    }

    /// Makes operators of those whom the configuration names, as long as this process lives.
    pub fn configure(&mut self, operators: impl Iterator<Item = UserId>) {
        self.state.configure(operators);
    }

    /// Opens the desk that sells access, on what it has recorded.
    pub fn open_desk(&mut self, settings: DeskSettings) {
        self.state.open_desk(settings);
    }

    /// The desk. Whoever changes it records what it says, before anything else is done.
    pub const fn desk(&mut self) -> &mut Desk {
        self.state.desk_mut()
    }

    /// Takes in a genuine webhook; none where too many wait already.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn deliver(&mut self, delivery: Delivery) -> Result<Option<Intake>, StoreError> {
        if self.state.sales().has_seen(&delivery.id) {
            return Ok(Some(Intake::Seen));
        }
        if !self.state.sales().has_room() {
            return Ok(None);
        }
        self.record(delivery.at, vec![Event::Delivered { delivery }])?;
        Ok(Some(Intake::Fresh))
    }

    /// Seals what a payer told of themselves, for a record.
    ///
    /// # Errors
    ///
    /// Where a new key cannot be written.
    pub fn seal_payer(&mut self, user: UserId, payer: &Contact) -> Result<Event, StoreError> {
        let payer = self.keys.seal(KeyName::Person(user), &payer.to_text())?;
        Ok(Event::PayerTold { user, payer })
    }

    /// What a payer told of themselves; nothing where that was forgotten.
    pub fn payer(&self, user: UserId) -> Contact {
        let sealed = self.state.sales().payer(user);
        let text = sealed.and_then(|sealed| self.keys.unseal(sealed)).map(Zeroizing::new);
        text.and_then(|text| Contact::from_text(&text)).unwrap_or_default()
    }

    /// Records what happened, together. It is durable after [`Ledger::sync`].
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written: nothing more is written by this process.
    pub fn record(&mut self, at: Timestamp, events: Vec<Event>) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let record = FrontRecord { seq: self.journal.last() + 1, at, events };
        self.journal.append_record(&record)?;
        self.state.fold(&record, &self.keys);
        Ok(())
    }

    /// Makes durable what was recorded.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.journal.commit()
    }

    /// Saves a snapshot where one is due, and lets go of what no start needs any more.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    pub fn tend(&mut self) -> Result<(), StoreError> {
        // What was paid is never forgotten: the more of it there is, the rarer it is all written.
        let every = SNAPSHOT_EVERY.max(self.state.sales().weight() / 4);
        if self.journal.last() >= self.saved + every { self.save() } else { Ok(()) }
    }

    /// Ends in good order.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.sync()?;
        if self.journal.last() > self.saved {
            self.save()?;
        }
        self.journal.close()
    }

    fn save(&mut self) -> Result<(), StoreError> {
        let link = self.journal.durable_link();
        self.snapshots.save(link, &self.state, env!("CARGO_PKG_VERSION"))?;
        self.saved = link.0;
        let Some(through) = self.snapshots.oldest()? else { return Ok(()) };
        remove_before(&self.disk, &self.rooms.journal(), through)
    }

    /// Stores an update; none where too many wait already.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn receive(&mut self, row: &InboxRow) -> Result<Option<Intake>, StoreError> {
        if self.state.has_seen(row.update) {
            return Ok(Some(Intake::Seen));
        }
        if self.state.waiting() >= Bounds::INBOX {
            return Ok(None);
        }
        let raw = self.keys.seal(self.state.texts_key(), &row.raw)?;
        let InboxRow { update, received_at, .. } = *row;
        let mut events = vec![Event::Received { update, received_at, raw }];
        let back = writer(&row.raw).filter(|chat| self.state.outbox().is_blocked(*chat));
        events.extend(back.map(|chat| Event::Unblocked { chat }));
        self.record(received_at, events)?;
        Ok(Some(Intake::Fresh))
    }

    /// An update is dealt with.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn handled(&mut self, update: UpdateId, now: Timestamp) -> Result<(), StoreError> {
        if self.state.is_waiting(update) {
            self.record(now, vec![Event::Handled { update }])?;
        }
        self.renew_texts_key(now)
    }

    /// Takes another key for messages where it is time, seals under it what is open, and destroys the
    /// old one.
    fn renew_texts_key(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let Some(key) = self.state.next_texts_key(TEXTS_PER_KEY) else { return Ok(()) };
        let old = self.state.texts_key();
        let rows: Vec<InboxRow> = self.inbox().collect();
        let tickets: Vec<(Nonce, Ticket)> = self.state.tickets(&self.keys).collect();
        let mut events = vec![Event::TextsKeyed { key }];
        for InboxRow { update, received_at, raw } in rows {
            let raw = self.keys.seal(key, &raw)?;
            events.push(Event::Received { update, received_at, raw });
        }
        for (nonce, ticket) in tickets {
            events.push(self.sealed_ticket((nonce, &ticket), key)?);
        }
        self.record(now, events)?;
        self.sync()?;
        self.keys.destroy(old)
    }

    /// Alerts behind a place, with who did what they tell of. They are said as they are from then on.
    pub fn hand_out(&mut self, after: Cursor, limit: u16) -> Vec<(Envelope, Option<Identity>)> {
        let found = self.state.outbox().behind(after, usize::from(limit));
        self.handed = found.last().map_or(self.handed, |(last, _)| self.handed.max(last.cursor));
        found
    }

    /// Whether an alert was handed to whoever sends it: it cannot be said in another way any more.
    pub fn is_handed(&self, alert: Cursor) -> bool {
        alert <= self.handed
    }

    /// Notes that alerts are being sent; those of them that still wait, for the others are not to be.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn sending(
        &mut self,
        alerts: &[Cursor],
        now: Timestamp,
    ) -> Result<Vec<Cursor>, StoreError> {
        let cursors = self.state.outbox().unsent(alerts);
        if !cursors.is_empty() {
            self.record(now, vec![Event::Sending { cursors }])?;
        }
        Ok(self.state.outbox().still_waiting(alerts))
    }

    /// Notes what became of alerts.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn acknowledge(
        &mut self,
        receipts: Vec<Receipt>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.record(now, receipts.into_iter().map(Event::Acknowledged).collect())
    }

    /// Stores what a button means.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn put_ticket(
        &mut self,
        nonce: Nonce,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Asked for again after an answer was lost.
        if self.state.ticket(nonce, &self.keys).is_some() {
            return Ok(());
        }
        let put = self.sealed_ticket((nonce, ticket), self.state.texts_key())?;
        self.record(now, vec![put])
    }

    fn sealed_ticket(
        &mut self,
        (nonce, ticket): (Nonce, &Ticket),
        key: KeyName,
    ) -> Result<Event, StoreError> {
        let text = serde_json::to_string(ticket)
            .map_err(|source| StoreError::Encoding { record: self.journal.last() + 1, source })?;
        let sealed = self.keys.seal(key, &text)?;
        Ok(Event::TicketPut { nonce, expires_at: ticket.expires_at, ticket: sealed })
    }

    /// Takes a ticket away if it is this presser's.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub fn take_ticket(
        &mut self,
        nonce: Nonce,
        presser: Presser,
        now: Timestamp,
    ) -> Result<Take, StoreError> {
        let Some(ticket) = self.state.ticket(nonce, &self.keys) else { return Ok(Take::Unknown) };
        let take = ticket.pressed(presser, now);
        if matches!(take, Take::Taken(_) | Take::Expired) {
            self.record(now, vec![Event::TicketTaken { nonce }])?;
        }
        Ok(take)
    }

    /// Seals how somebody calls themselves, for a record.
    ///
    /// # Errors
    ///
    /// Where a new key cannot be written.
    pub fn seal_name(&mut self, user: UserId, name: &str) -> Result<Event, StoreError> {
        let name = self.keys.seal(KeyName::Person(user), name)?;
        Ok(Event::Seen { user, name })
    }

    /// How somebody called themselves last; none where that was never known, or forgotten.
    pub fn name(&self, user: UserId) -> Option<String> {
        let sealed = self.state.people().get(user)?.name.as_ref()?;
        self.keys.unseal(sealed).filter(|name| !name.is_empty())
    }

    /// Destroys what is known of somebody; their name cannot be read any more anywhere. What they wrote
    /// follows as soon as it is dealt with.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    pub fn forget(&mut self, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        self.record(now, vec![Event::Forgotten { user }])?;
        self.sync()?;
        self.keys.destroy(KeyName::Person(user))?;
        self.renew_texts_key(now)?;
        // The two snapshots that are kept know nothing of them either.
        self.save()?;
        self.record(now, vec![Event::Tailed { through: self.state.tailed() }])?;
        self.sync()?;
        self.save()
    }
}

/// The chat that somebody writes in, or presses a button: they have not blocked the bot.
fn writer(update: &str) -> Option<ChatId> {
    let update: serde_json::Value = serde_json::from_str(update).ok()?;
    let chats = ["/message/chat/id", "/callback_query/message/chat/id"];
    let mut chats = chats.into_iter().filter_map(|path| update.pointer(path));
    chats.next()?.as_i64().map(ChatId)
}
