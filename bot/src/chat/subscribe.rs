//! Getting access: the plan, what the payer tells, the bill, the link.

use super::ask::answer;
use super::bot::{Bot, Turn};
use super::forms::{Form, PayerStep};
use crate::backend::{Answer, Backend, BackendError, Command, Payer, Query};
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
        (plan, mut payer, step): (String, Payer, PayerStep),
        line: Option<&str>,
    ) -> Result<Reply, BackendError> {
        let line = line.map(str::trim);
        let next = match step {
            PayerStep::Name => {
                if line.is_some_and(|name| !is_name(name)) {
                    let problem = "A name is 2 to 60 letters, such as Asha Rao.";
                    return Ok(self.ask_payer(turn, (plan, payer, step), Some(problem)));
                }
                payer.name = line.map(str::to_owned);
                PayerStep::Email
            }
            PayerStep::Email => {
                if line.is_some_and(|email| !is_email(email)) {
                    let problem = "An email looks like asha@example.com.";
                    return Ok(self.ask_payer(turn, (plan, payer, step), Some(problem)));
                }
                payer.email = line.map(str::to_owned);
                PayerStep::Phone
            }
            PayerStep::Phone => {
                let number = line.map(|line| line.replace([' ', '-', '(', ')'], ""));
                if number.as_deref().is_some_and(|number| !is_phone(number)) {
                    let problem = "A number looks like +919812345678.";
                    return Ok(self.ask_payer(turn, (plan, payer, step), Some(problem)));
                }
                payer.phone = number;
                PayerStep::Bill
            }
            PayerStep::Bill => PayerStep::Bill,
        };
        if next != PayerStep::Bill {
            return Ok(self.ask_payer(turn, (plan, payer, next), None));
        }
        let bill = answer!(self, Query::Bill { plan: plan.clone() }, Bill);
        self.begin_form(turn, Form::Payer { plan, payer, step: next });
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

fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '’' | '-');
    // Vowel signs of Indian scripts are marks, not letters; nothing of ASCII but letters is meant.
    (2..=60).contains(&length)
        && text.chars().all(|c| is_letter(c) || !c.is_ascii() && !c.is_control())
}

fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic()) && text.len() <= 254;
    let has_dot = domain.split_once('.').is_some_and(|(host, _)| !host.is_empty());
    is_plain && !name.is_empty() && has_dot && !domain.ends_with('.') && !domain.contains('@')
}

fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or("");
    (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_fields_are_checked() {
        for name in ["Asha Rao", "O’Neill", "आशा", "Jean-Luc"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "A", "<b>", "Robert;", "x\ny", &"a".repeat(61)] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_email("asha@example.com") && is_phone("+919812345678"));
        for email in ["a", "a@b", "@b.c", "a@.c", "a b@c.d", "a@b.c.", "a@b@c.d", "ä@b.c"] {
            assert!(!is_email(email), "{email}");
        }
        for phone in ["919812345678", "+12", "+1234567890123456", "+91x"] {
            assert!(!is_phone(phone), "{phone}");
        }
    }
}
