//! What payers ask for: a link, whether their payment has come, an end of it.

use std::time::Duration;

use heikin_bot::backend::{
    BackendError, Command, Done, Outcome, Payer, Refusal, RequestId, UserId,
};
use tokio::sync::mpsc;

use super::{Commander, Conclusion, conclude, rights};
use crate::control::Control;
use crate::control::addressees::user_of;
use crate::control::front::sales::person;
use crate::control::front::state::Bounds;
use crate::control::selling::{Errand, commit, shown};
use crate::subscription::PlanId;
use crate::subscription::contact::{Contact, ContactError};
use crate::subscription::desk::{AskError, Effect, Step};

/// People wait so long for the provider; what it says later is told later.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Does what a payer asks for.
pub(super) async fn serve(
    control: &Control,
    commander: &Commander,
    command: Command,
) -> Result<Outcome, BackendError> {
    let Some(till) = control.shared.till.clone() else {
        return Ok(Outcome::Refused(Refusal::BillingOff));
    };
    let what = rights::words(&command);
    let refused = |refusal| Conclusion::refused(what.clone(), refusal);
    let Some(user) = user_of(&commander.by).filter(|user| user.0 > 0) else {
        let reason = "Access belongs to a person on Telegram: subscribe there.".to_owned();
        return conclude(control, commander, refused(Refusal::Rule { reason })).await;
    };
    let begun = match command {
        Command::Subscribe { plan, payer } => {
            subscribe(control, commander, (user, plan, payer)).await?
        }
        Command::VerifyPayment => steps(control, commander, Asked::Verify(user)).await?,
        _ => steps(control, commander, Asked::Cancel(user)).await?,
    };
    let conclusion = match begun {
        Err(refusal) => refused(refusal),
        Ok((effects, wanted)) => {
            ask(&till, effects).await;
            let outcome = answer(control, &commander.request, (user, wanted)).await?;
            Conclusion { outcome, ..Conclusion::done(what, Done::PaymentCanceled) }
        }
    };
    conclude(control, commander, conclusion).await
}

/// What the payer is told once the provider was asked.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Link,
    Standing,
    End,
}

enum Asked {
    Verify(UserId),
    Cancel(UserId),
}

type Begun = Result<(Vec<Effect>, Wanted), Refusal>;

/// Records that somebody wants to buy, and what they told of themselves, sealed.
async fn subscribe(
    control: &Control,
    commander: &Commander,
    (user, plan, payer): (UserId, String, Payer),
) -> Result<Begun, BackendError> {
    let now = commander.now;
    let contact = match contact(&payer) {
        Ok(contact) => contact,
        Err(error) => return Ok(Err(Refusal::Invalid { reason: error.to_string() })),
    };
    let Ok(plan) = plan.parse::<PlanId>() else {
        let reason = "There is no such plan: /plans shows what is offered.".to_owned();
        return Ok(Err(Refusal::Invalid { reason }));
    };
    control
        .front(move |ledger| {
            let people = ledger.state().people();
            if people.get(user).is_none() && people.iter().count() >= Bounds::PEOPLE {
                let reason = "There is no room for more people here: write to the operator.";
                return Ok(Err(Refusal::Rule { reason: reason.to_owned() }));
            }
            let step = match ledger.desk().subscribe(person(user), &plan, now) {
                Ok((_, step)) => step,
                Err(error) => return Ok(Err(Refusal::Rule { reason: to_payer(&error) })),
            };
            // What a person gave before stays where nothing is given now.
            let told = if contact == Contact::default() {
                None
            } else {
                Some(ledger.seal_payer(user, &contact)?)
            };
            Ok(Ok((commit(ledger, step, told, now)?, Wanted::Link)))
        })
        .await
}

/// Why nothing can be bought, to whoever wants to: an operator's remedy is none of theirs.
fn to_payer(error: &AskError) -> String {
    match error {
        AskError::Clock(set_back) => {
            tracing::error!(target: "alert", "nothing can be sold: {set_back}");
            "heikin's clock is wrong at the moment, so nothing can be bought. Nothing was taken. Try \
             again later, or write to the operator."
                .to_owned()
        }
        error => error.to_string(),
    }
}

fn contact(payer: &Payer) -> Result<Contact, ContactError> {
    let Payer { name, email, phone } = payer;
    Ok(Contact {
        name: name.as_deref().map(str::parse).transpose()?,
        email: email.as_deref().map(str::parse).transpose()?,
        phone: phone.as_deref().map(str::parse).transpose()?,
    })
}

async fn steps(
    control: &Control,
    commander: &Commander,
    asked: Asked,
) -> Result<Begun, BackendError> {
    let now = commander.now;
    control
        .front(move |ledger| {
            let (step, wanted): (Step, _) = match asked {
                Asked::Verify(user) => (ledger.desk().verify(person(user), now), Wanted::Standing),
                Asked::Cancel(user) => (ledger.desk().cancel(person(user), now), Wanted::End),
            };
            if matches!(wanted, Wanted::End) && step.effects.is_empty() {
                let how = "There is no open payment link.".to_owned();
                return Ok(Err(Refusal::AlreadySo { how }));
            }
            Ok(Ok((commit(ledger, step, None, now)?, wanted)))
        })
        .await
}

/// Has the provider asked, and waits for it, in reason.
async fn ask(till: &mpsc::Sender<Errand>, effects: Vec<Effect>) {
    if effects.is_empty() {
        return;
    }
    let (errand, done) = Errand::new(effects);
    let asked = async {
        if till.send(errand).await.is_ok() {
            // Where the till has ended, heikin is ending.
            drop(done.await);
        }
    };
    if tokio::time::timeout(ANSWER_WITHIN, asked).await.is_err() {
        tracing::warn!(target: "api", "somebody waits for Razorpay in vain; it is asked again");
    }
}

/// How it stands now, in the words of what was asked for.
async fn answer(
    control: &Control,
    request: &RequestId,
    (user, wanted): (UserId, Wanted),
) -> Result<Outcome, BackendError> {
    let (now, request) = (control.now(), request.clone());
    control
        .front(move |ledger| {
            let sales = ledger.state().sales();
            let open = sales.account(user).and_then(|account| account.standing(now).open_link);
            let late = |what: &str| {
                tracing::warn!(target: "api", request = %request.0, "no answer in time");
                let reason = format!(
                    "Razorpay has not answered yet, so {what}. Nothing is lost: heikin asks again \
                     by itself. Try again in a minute."
                );
                Outcome::Refused(Refusal::Rule { reason })
            };
            Ok(match (wanted, open) {
                (Wanted::Standing, _) => {
                    Outcome::Done(Done::Verified { access: sales.access(user, now) })
                }
                (Wanted::End, None) => Outcome::Done(Done::PaymentCanceled),
                (Wanted::End, Some(_)) => late("your link may still be open"),
                (Wanted::Link, open) => {
                    let link = open.and_then(|open| Some((open.link?, open.expires)));
                    let purchase = sales.account(user).and_then(|it| it.newest_open(now));
                    match (link, purchase) {
                        (Some(((_, url), expires_at)), Some(purchase)) => {
                            let bill = shown::bill_of(purchase);
                            Outcome::Done(Done::PaymentLink { url, bill, expires_at })
                        }
                        _ => late("there is no link yet"),
                    }
                }
            })
        })
        .await
}
