//! What changes something: the command, its recap, its confirmation, its outcome.

use heikin_core::time::Span;

use super::Wish;
use super::ask::answer;
use super::bot::{Bot, Turn};
use super::forms::Form;
use crate::backend::{
    Access, Answer, Backend, BackendError, Command, MessageId, Nonce, Outcome, Pin, Presser, Query,
    Recap, Role, StateVersion, Take,
};
use crate::commands::{Denied, Verb};
use crate::message::{Message, Pending, Reply, Step, Text, Toast};
use crate::view::{self, buttons};

/// For how long repeats of a fault are muted.
const MUTED: Span = Span::from_secs(600);

impl<B: Backend> Bot<B> {
    /// Wishes with arguments that change something.
    pub(super) async fn steer(&self, turn: &Turn<'_>, wish: Wish) -> Result<Reply, BackendError> {
        let command = match wish {
            Wish::Close { pick: None } => {
                let positions = answer!(self, Query::Positions, Positions);
                return Ok(turn.show(view::choose_position(&positions)));
            }
            Wish::Pause { pick } | Wish::Resume { pick } | Wish::Close { pick: Some(pick) } => {
                let target = match self.target(pick).await? {
                    Ok(target) => target,
                    Err(misread) => return Ok(Reply::from(misread)),
                };
                match wish {
                    Wish::Pause { .. } => Command::Pause { target },
                    Wish::Resume { .. } => Command::Resume { target },
                    _ => Command::Close { target },
                }
            }
            Wish::SetMode { mode } => Command::SetMode { mode },
            Wish::Mute { thread } => Command::Mute { thread, until: turn.now() + MUTED },
            Wish::Grant { user, role, days } => {
                if role >= Role::Operator && turn.reader.role != Role::Owner {
                    let text = "Only the owner makes operators and owners.";
                    return Ok(turn.say(Text::new().plain(text)));
                }
                Command::Grant { user, role, days }
            }
            Wish::Revoke { user } => Command::Revoke { user },
            Wish::Broadcast { text } => Command::Broadcast { text },
            _ => return Ok(turn.show(view::menu(None, &turn.reader))),
        };
        self.act(turn, command, None).await
    }

    /// Hands a command in, and shows how it went or what must be confirmed first.
    pub(super) async fn act(
        &self,
        turn: &Turn<'_>,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Reply, BackendError> {
        self.act_with(turn, command, confirmed, None).await
    }

    async fn act_with(
        &self,
        turn: &Turn<'_>,
        command: Command,
        confirmed: Option<StateVersion>,
        pin: Option<Pin>,
    ) -> Result<Reply, BackendError> {
        let actor = crate::backend::Actor { pin, ..turn.actor() };
        let outcome =
            self.backend.command(turn.request(), actor, command.clone(), confirmed).await?;
        Ok(match outcome {
            Outcome::Done(done) => turn.show(view::done(&done, &turn.user.name, &turn.reader)),
            Outcome::Refused(refusal) => turn.say(view::refused(&refusal, &turn.reader)),
            Outcome::Confirm(recap) => self.asked(turn, command, &recap, confirmed),
            Outcome::PinNeeded => {
                self.begin_form(turn, Form::Pin { command, version: confirmed });
                turn.say(
                    Text::new()
                        .bold("Type your PIN")
                        .plain(", or /cancel. The message with it is deleted at once."),
                )
            }
        })
    }

    /// Shows a recap with its two buttons; it is another one than was `confirmed`, if one was.
    fn asked(
        &self,
        turn: &Turn<'_>,
        command: Command,
        recap: &Recap,
        confirmed: Option<StateVersion>,
    ) -> Reply {
        let nonce = (self.draw)();
        let mut message = view::recap(recap, nonce, &turn.reader);
        if confirmed.is_some()
            && let crate::message::Body::Text(text) = message.body
        {
            let heading = Text::new().bold("Things have moved: nothing was done. Now it is:").end();
            message.body = crate::message::Body::Text(heading.then(text));
        }
        message.pending = Some(Pending { nonce, command, version: recap.version });
        turn.show(message)
    }

    /// The confirming button was pressed.
    pub(super) async fn confirmed(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        nonce: Nonce,
    ) -> Result<Reply, BackendError> {
        let ticket = match self.take(turn, message, nonce).await? {
            Ok(ticket) => ticket,
            Err(reply) => return Ok(reply),
        };
        // A right may have been taken away since the recap.
        if let Err(denied) = turn.may(Verb::of(&ticket.command)) {
            return Ok(no_longer(turn, message, denied));
        }
        self.act(turn, ticket.command, Some(ticket.version)).await
    }

    /// The cancelling button was pressed.
    pub(super) async fn canceled(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        nonce: Nonce,
    ) -> Result<Reply, BackendError> {
        Ok(match self.take(turn, message, nonce).await? {
            Ok(_) => {
                let text = Text::new().bold("Cancelled: ").plain("nothing was changed.");
                turn.show(Message::text(text).row([buttons::command("‹ Menu", "/menu")]))
            }
            Err(reply) => reply,
        })
    }

    async fn take(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        nonce: Nonce,
    ) -> Result<Result<crate::backend::Ticket, Reply>, BackendError> {
        let presser = Presser { user: turn.user.id, chat: turn.chat.id, message };
        Ok(match self.backend.take_ticket(nonce, presser, turn.now()).await? {
            Take::Taken(ticket) => Ok(*ticket),
            Take::NotYours => Err(Reply::toast("Only whoever asked can press this.")),
            Take::Expired => Err(over(message, "Too late: 60 seconds are over, nothing was done.")),
            Take::Unknown => Err(over(message, "Used already, or too old: nothing was done.")),
        })
    }

    /// A form's answer came.
    pub(super) async fn filled_in(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        form: Form,
        line: &str,
    ) -> Result<Reply, BackendError> {
        let verb = match &form {
            Form::Value { .. } => Verb::Set,
            Form::Pin { command, .. } => Verb::of(command),
            Form::Broadcast => Verb::Broadcast,
            Form::Payer { .. } => Verb::Subscribe,
        };
        if let Err(denied) = turn.may(verb) {
            let text = view::denied(denied, &turn.reader).unwrap_or_default();
            return Ok(Reply::send(Message::text(text)));
        }
        match form {
            Form::Value { key, trader } => self.set(turn, key, trader, line.trim()).await,
            Form::Broadcast => {
                self.act(turn, Command::Broadcast { text: line.trim().to_owned() }, None).await
            }
            Form::Pin { command, version } => {
                let pin = Some(Pin::new(line.trim().to_owned()));
                let reply = self.act_with(turn, command, version, pin).await?;
                Ok(reply.after(Step::Delete(message)))
            }
            Form::Payer { plan, payer, step } => {
                self.payer_told(turn, (plan, payer, step), Some(line)).await
            }
        }
    }

    /// `/start`, with or without a claim code.
    pub(super) async fn start(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        code: Option<String>,
    ) -> Result<Reply, BackendError> {
        match code {
            Some(code) => {
                let code = code.strip_prefix("claim_").unwrap_or(&code).to_owned();
                let reply = self.act(turn, Command::Claim { code }, None).await?;
                Ok(reply.after(Step::Delete(message)))
            }
            None if turn.member.is_claimed => Ok(turn.show(view::welcome(&turn.reader))),
            None => Ok(turn.show(view::unclaimed())),
        }
    }

    /// `/cancel`: the form, or the payment link; never an order.
    pub(super) async fn cancel(&self, turn: &Turn<'_>) -> Result<Reply, BackendError> {
        if self.take_form(turn).is_some() {
            return Ok(turn.say(Text::new().bold("Ended: ").plain("nothing was changed.")));
        }
        if turn.may(Verb::Subscription).is_ok() {
            let query = Query::Subscription { user: turn.user.id };
            let subscription = answer!(self, query, Subscription);
            if subscription.link.is_some() || matches!(subscription.access, Access::Pending { .. })
            {
                return self.act(turn, Command::CancelPayment, None).await;
            }
        }
        let text = Text::new().bold("Nothing to cancel. ").plain(if turn.reader.steers() {
            "Orders are not cancelled here: /pause takes entries away, /close leaves a position."
        } else {
            "No form and no payment link is open."
        });
        Ok(turn.say(text))
    }
}

/// The right that the command needs is gone.
fn no_longer(turn: &Turn<'_>, message: MessageId, denied: Denied) -> Reply {
    let words = view::denied(denied, &turn.reader)
        .map_or_else(|| "Not any more.".to_owned(), |text| text.to_plain());
    over(message, &words)
}

/// Says why a press did nothing, and takes the dead buttons away.
fn over(message: MessageId, words: &str) -> Reply {
    Reply {
        steps: vec![Step::Disarm(message)],
        toast: Some(Toast { text: words.to_owned(), is_alert: true }),
    }
}
