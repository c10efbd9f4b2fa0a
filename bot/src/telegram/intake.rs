//! Polling, and one worker for each chat in which something has happened.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use heikin_core::time::Span;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{Failure, Machine, Notice, Telegram, locked, wire};
use crate::backend::{Backend, InboxRow, Intake, UpdateId};
use crate::message::{Content, Event, Message, Reply, Text, Update};

/// A poll waits so long for something to come.
const POLL: Span = Span::from_secs(25);
/// So many updates of one chat wait for its worker; more are dropped, and noted.
const WAITING: usize = 64;
/// So many updates that were stored before a restart are dealt with after it.
const PENDING: u16 = 1_000;
/// The wait after a failure: it doubles each time.
const FIRST_WAIT: Span = Span::from_secs(1);
/// The longest of these waits.
const LONGEST_WAIT: Span = Span::from_secs(30);

/// Growing waits.
#[derive(Debug)]
pub(super) struct Patience(Span);

impl Patience {
    pub(super) const fn new() -> Self {
        Self(FIRST_WAIT)
    }

    pub(super) fn next(&mut self) -> Span {
        let wait = self.0;
        self.0 = wait.times(2).min(LONGEST_WAIT);
        wait
    }
}

impl<B: Backend + 'static, M: Machine> Telegram<B, M> {
    /// Fetches updates and has them dealt with, for as long as the token holds. Ends with why not.
    pub(super) async fn receive(self: &Arc<Self>) -> Failure {
        self.take_up().await;
        let mut last = None;
        let mut patience = Patience::new();
        let mut is_connected = false;
        loop {
            let Err(failure) = self.receive_some(&mut last, &mut is_connected).await else {
                patience = Patience::new();
                continue;
            };
            let wait = match failure {
                Failure::BadToken => return Failure::BadToken,
                Failure::TooMany(wait) => wait,
                _ => patience.next(),
            };
            is_connected = false;
            self.machine.note(&Notice::Polling(failure));
            self.machine.wait(wait).await;
        }
    }

    /// One poll; before the first, and before one after a failure, the bot's name.
    async fn receive_some(
        self: &Arc<Self>,
        last: &mut Option<UpdateId>,
        is_connected: &mut bool,
    ) -> Result<(), Failure> {
        let name = if *is_connected { None } else { Some(self.api.name().await?) };
        // The first answer is not waited for: it says that nobody else polls.
        let wait = if name.is_some() { Span::ZERO } else { POLL };
        let updates = self.api.updates(*last, wait).await?;
        if let Some(name) = name {
            *is_connected = true;
            self.machine.note(&Notice::Connected(name));
        }
        let mut patience = Patience::new();
        while let Err(notice) = self.take_in(&updates, last).await {
            self.machine.note(&notice);
            self.machine.wait(patience.next()).await;
        }
        Ok(())
    }

    /// What was stored before a restart, and not dealt with.
    async fn take_up(self: &Arc<Self>) {
        match self.bot.backend().inbox_pending(PENDING).await {
            Ok(rows) => {
                for row in rows {
                    self.hand_on(&row).await;
                }
            }
            Err(error) => self.machine.note(&Notice::Inbox(error)),
        }
    }

    /// Stores a batch. What is not stored is not confirmed: it comes again, and all after it.
    async fn take_in(
        self: &Arc<Self>,
        updates: &[serde_json::Value],
        last: &mut Option<UpdateId>,
    ) -> Result<(), Notice> {
        for raw in updates {
            let Some(update) = wire::number(raw) else {
                self.machine.note(&Notice::Unreadable("it has no number".to_owned()));
                continue;
            };
            let received_at = self.machine.now();
            let row = InboxRow { update, received_at, raw: raw.to_string() };
            let intake = self.bot.backend().inbox(row.clone()).await.map_err(Notice::Inbox)?;
            *last = (*last).max(Some(update));
            if intake == Intake::Fresh {
                self.hand_on(&row).await;
            }
        }
        Ok(())
    }

    /// Gives a stored update to the worker of its chat.
    async fn hand_on(self: &Arc<Self>, row: &InboxRow) {
        match wire::read(&row.raw, row.received_at) {
            Ok(Some(update)) => {
                let chat = update.chat.id;
                if let Err(dropped) = self.push(update) {
                    self.machine.note(&Notice::Flooded(dropped, chat));
                    self.done(dropped).await;
                }
            }
            Ok(None) => self.done(row.update).await,
            Err(error) => {
                // Its words may be in the error's: only the place is told.
                let place = format!("line {}, column {}", error.line(), error.column());
                self.machine.note(&Notice::Unreadable(place));
                self.done(row.update).await;
            }
        }
    }

    fn push(self: &Arc<Self>, update: Update) -> Result<(), UpdateId> {
        let chat = update.chat.id;
        let mut workers = locked(&self.workers);
        let mut update = update;
        if let Some(worker) = workers.queues.get(&chat) {
            match worker.try_send(update) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(update)) => return Err(update.id),
                Err(TrySendError::Closed(back)) => update = back,
            }
        }
        let (sender, mut updates) = mpsc::channel(WAITING);
        workers.queues.insert(chat, sender);
        // Those that have ended.
        while workers.tasks.try_join_next().is_some() {}
        let this = Arc::clone(self);
        workers.tasks.spawn(async move {
            let mut next = Some(update);
            while let Some(update) = next {
                this.deal_with(&update).await;
                // Whoever hands on holds the same lock: nothing is put into a queue that ends here.
                let mut workers = locked(&this.workers);
                next = updates.try_recv().ok();
                if next.is_none() {
                    workers.queues.remove(&chat);
                }
            }
        });
        Ok(())
    }

    async fn deal_with(&self, update: &Update) {
        let handling = AssertUnwindSafe(self.bot.handle(update, self.machine.now()));
        let reply = match handling.catch_unwind().await {
            Ok(reply) => reply,
            Err(_panic) => {
                self.machine.note(&Notice::Panicked(update.id));
                Reply::send(Message::text(Text::new().bold("Not done: ").plain(
                    "heikin has a fault here; its log says which. Nothing else is affected: try \
                     /status.",
                )))
            }
        };
        self.show(update, &reply).await;
        if is_start(update) {
            self.greet(update.chat.id);
        }
        self.stirred.notify_one();
        self.done(update.id).await;
    }

    async fn done(&self, update: UpdateId) {
        if let Err(error) = self.bot.backend().inbox_done(update).await {
            self.machine.note(&Notice::Inbox(error));
        }
    }
}

/// Whether a chat begins with it, or begins again.
fn is_start(update: &Update) -> bool {
    match &update.event {
        Event::Message { content: Content::Text(text), .. } => text.starts_with("/start"),
        event => *event == Event::Unblocked,
    }
}
