//! What a reply asks for, done in the chat that its update came from.

use super::{Failure, Machine, Notice, Telegram};
use crate::backend::{Backend, ChatId, MessageId};
use crate::message::{Event, Message, Reply, Step, Update};

/// So often a message is tried that Telegram says comes too soon.
const TRIES: u32 = 3;

impl<B: Backend, M: Machine> Telegram<B, M> {
    /// Does what a reply asks for. What does not get through is noted: whoever asked asks again.
    pub(super) async fn show(&self, update: &Update, reply: &Reply) {
        if let Event::Press { callback, .. } = &update.event {
            // First: the phone waits for it. Too late is no harm.
            if let Err(failure) = self.api.answer(callback, reply.toast.as_ref()).await
                && !matches!(failure, Failure::Refused(_))
            {
                self.machine.note(&Notice::Answer(update.chat.id, failure));
            }
        }
        for step in &reply.steps {
            if let Err(failure) = self.step(update, step).await {
                self.machine.note(&Notice::Answer(update.chat.id, failure));
            }
        }
    }

    async fn step(&self, update: &Update, step: &Step) -> Result<(), Failure> {
        let chat = update.chat.id;
        match step {
            Step::Send(message) => {
                let number = self.send(chat, message).await?;
                self.shown(update, message, number).await
            }
            Step::Edit(place, message) => match self.api.edit(chat, *place, message).await {
                Ok(()) => self.shown(update, message, *place).await,
                // It is gone, or holds a picture: as a new one.
                Err(Failure::Refused(_)) => {
                    let number = self.send(chat, message).await?;
                    self.shown(update, message, number).await
                }
                Err(failure) => Err(failure),
            },
            Step::Disarm(place) => self.api.disarm(chat, *place).await,
            Step::Delete(place) => self.api.delete(chat, *place).await,
        }
    }

    async fn send(&self, chat: ChatId, message: &Message) -> Result<MessageId, Failure> {
        for _ in 1..TRIES {
            match self.api.send(chat, message).await {
                Err(Failure::TooMany(wait)) => self.machine.wait(wait).await,
                done => return done,
            }
        }
        self.api.send(chat, message).await
    }

    async fn shown(
        &self,
        update: &Update,
        message: &Message,
        number: MessageId,
    ) -> Result<(), Failure> {
        if !message.needs_number() {
            return Ok(());
        }
        let now = self.machine.now();
        if let Err(error) = self.bot.shown(update, message, number, now).await {
            self.machine.note(&Notice::Outbox(error));
        }
        if message.is_card { self.api.pin(update.chat.id, number).await } else { Ok(()) }
    }
}
