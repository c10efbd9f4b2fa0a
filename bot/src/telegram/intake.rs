//! Polling, and one worker for each chat in which something has happened.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};

use futures_util::FutureExt as _;
use heikin_core::time::Span;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{Failure, Machine, Notice, Telegram, wire};
use crate::backend::{Backend, InboxRow, Intake, UpdateId};
use crate::message::{Message, Reply, Text, Update};

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
    pub async fn receive(self: &Arc<Self>) -> Failure {
        self.take_up().await;
        let mut last = None;
        let mut patience = Patience::new();
        loop {
            match self.api.updates(last, POLL).await {
                Ok(updates) => match self.take_in(&updates, &mut last).await {
                    Ok(()) => patience = Patience::new(),
                    Err(notice) => {
                        self.machine.note(&notice);
                        self.machine.wait(patience.next()).await;
                    }
                },
                Err(Failure::BadToken) => return Failure::BadToken,
                Err(failure) => {
                    let wait = match failure {
                        Failure::TooMany(wait) => wait,
                        _ => patience.next(),
                    };
                    self.machine.note(&Notice::Polling(failure));
                    self.machine.wait(wait).await;
                }
            }
        }
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
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut update = update;
        if let Some(worker) = workers.get(&chat) {
            match worker.try_send(update) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(update)) => return Err(update.id),
                Err(TrySendError::Closed(back)) => update = back,
            }
        }
        let (sender, mut updates) = mpsc::channel(WAITING);
        workers.insert(chat, sender);
        drop(workers);
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let mut next = Some(update);
            while let Some(update) = next {
                this.deal_with(&update).await;
                // Whoever hands on holds the same lock: nothing is put into a queue that ends here.
                let mut workers = this.workers.lock().unwrap_or_else(PoisonError::into_inner);
                next = updates.try_recv().ok();
                if next.is_none() {
                    workers.remove(&chat);
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
        self.done(update.id).await;
    }

    async fn done(&self, update: UpdateId) {
        if let Err(error) = self.bot.backend().inbox_done(update).await {
            self.machine.note(&Notice::Inbox(error));
        }
    }
}
