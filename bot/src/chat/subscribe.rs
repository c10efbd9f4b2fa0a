//! Getting access: the plan, what the payer tells, the bill, the link.

use super::ask::answer;
use super::bot::{Bot, Turn};
use super::forms::{Form, PayerStep};
use crate::backend::{Answer, Backend, BackendError, Command, Payer, Query, payer};
use crate::message::{Message, Reply, Text};
use crate::view;
use crate::view::buttons::command;

impl<B: Backend> Bot<B> {
    pub(super) async fn subscribe(
        &self,
        turn: &Turn<'_>,
        plan: Option<String>,
    ) -> Result<Reply, BackendError> {
        let plans = answer!(self, Query::Plans, Plans);
        let chosen = match (&plan, plans.plans.as_slice()) {
            (Some(wanted), all) => all.iter().find(|plan| plan.id.eq_ignore_ascii_case(wanted)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let Some(chosen) = chosen else { return Ok(turn.show(view::plans(&plans))) };
        let form = (chosen.id.clone(), Payer::default(), PayerStep::Name);
        Ok(self.ask_payer(turn, form, None))
    }

    /// Asks the next thing; `problem` says what was wrong with the last answer.
    fn ask_payer(
        &self,
        turn: &Turn<'_>,
        (plan, payer, step): (String, Payer, PayerStep),
        problem: Option<&str>,
    ) -> Reply {
        let question = match step {
            PayerStep::Name => "Which name shall stand on the receipt?",
            PayerStep::Email => "To which email shall the receipt go?",
            PayerStep::Phone => "Which phone number, with the country's code?",
            PayerStep::Bill => "",
        };
        self.begin_form(turn, Form::Payer { plan, payer, step });
        let mut text = Text::new();
        if let Some(problem) = problem {
            text = text.plain(format!("{problem}\n"));
        }
        let text = text
            .bold(question)
            .end()
            .plain("It goes to Razorpay for the receipt, and you may skip it.");
        turn.show(Message::text(text).row([command("Skip", "/skip"), command("Cancel", "/cancel")]))
    }

    /// An answer of the payer, or that they skip it.
    pub(super) async fn payer_told(
        &self,
        turn: &Turn<'_>,
        (plan, mut about, step): (String, Payer, PayerStep),
        line: Option<&str>,
    ) -> Result<Reply, BackendError> {
        let told = line.map(|line| match step {
            PayerStep::Name => payer::name(line),
            PayerStep::Email => payer::email(line),
            PayerStep::Phone => payer::phone(line),
            PayerStep::Bill => None,
        });
        let problem = match step {
            PayerStep::Name => "A name is 2 to 60 letters, such as Asha Rao.",
            PayerStep::Email => "An email looks like asha@example.com.",
            PayerStep::Phone => "A number looks like +919812345678.",
            PayerStep::Bill => "",
        };
        if told == Some(None) && step != PayerStep::Bill {
            return Ok(self.ask_payer(turn, (plan, about, step), Some(problem)));
        }
        let told = told.flatten();
        let next = match step {
            PayerStep::Name => {
                about.name = told;
                PayerStep::Email
            }
            PayerStep::Email => {
                about.email = told;
                PayerStep::Phone
            }
            PayerStep::Phone => {
                about.phone = told;
                PayerStep::Bill
            }
            PayerStep::Bill => PayerStep::Bill,
        };
        if next != PayerStep::Bill {
            return Ok(self.ask_payer(turn, (plan, about, next), None));
        }
        let bill = answer!(self, Query::Bill { plan: plan.clone() }, Bill);
        self.begin_form(turn, Form::Payer { plan, payer: about, step: next });
        Ok(turn.show(view::bill(&bill)))
    }

    /// `/skip`: the payer would rather not say.
    pub(super) async fn skip(&self, turn: &Turn<'_>) -> Result<Reply, BackendError> {
        match self.take_form(turn) {
            Some(Form::Payer { plan, payer, step }) => {
                self.payer_told(turn, (plan, payer, step), None).await
            }
            _ => Ok(turn.say(Text::new().plain("Nothing to skip. /plans shows what is offered."))),
        }
    }

    /// The bill is right: makes the link.
    pub(super) async fn pay(&self, turn: &Turn<'_>) -> Result<Reply, BackendError> {
        match self.take_form(turn) {
            Some(Form::Payer { plan, payer, step: PayerStep::Bill }) => {
                self.act(turn, Command::Subscribe { plan, payer }, None).await
            }
            _ => Ok(turn.say(
                Text::new().plain("This bill is no longer open. /plans shows what is offered."),
            )),
        }
    }
}
