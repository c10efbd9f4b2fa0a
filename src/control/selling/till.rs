//! Asks the provider what the desk wants to know: one question after another, each answer brought back
//! before the next is asked.

use std::collections::VecDeque;
use std::time::Duration;

use heikin_core::time::{Span, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::commit;
use crate::control::Control;
use crate::control::front::record::Event;
use crate::control::front::sales;
use crate::subscription::contact::Contact;
use crate::subscription::desk::{Effect, Step};
use crate::subscription::razorpay::{Client, Delivery, perform};

/// The record is looked at this often: for webhooks, and for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a question without an answer, webhooks wait so long.
const RETRY_AFTER: Span = Span::MINUTE;

/// What somebody wants to be asked, and waits for.
#[derive(Debug)]
pub(in crate::control) struct Errand {
    effects: Vec<Effect>,
    done: Option<oneshot::Sender<()>>,
}

impl Errand {
    /// Look at the record, now.
    pub(super) const fn look() -> Self {
        Self { effects: Vec::new(), done: None }
    }

    /// Ask this; the other end is told when all of it was tried.
    pub(in crate::control) fn new(effects: Vec<Effect>) -> (Self, oneshot::Receiver<()>) {
        let (done, tried) = oneshot::channel();
        (Self { effects, done: Some(done) }, tried)
    }
}

/// How questions went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    All,
    /// To one of them there was no answer. The desk asks again when it is time.
    NotAll,
}

/// Asks the provider.
#[derive(Debug)]
pub(in crate::control) struct Till {
    control: Control,
    client: Client,
    errands: mpsc::Receiver<Errand>,
    /// Webhooks are looked into from then on.
    webhooks_from: Timestamp,
}

impl Till {
    pub(in crate::control) const fn new(
        control: Control,
        client: Client,
        errands: mpsc::Receiver<Errand>,
    ) -> Self {
        Self { control, client, errands, webhooks_from: Timestamp::EPOCH }
    }

    /// Runs until it is dropped: what was cut off then is asked again after the next start.
    pub(in crate::control) async fn run(mut self) {
        loop {
            self.look().await;
            tokio::select! {
                biased;
                Some(errand) = self.errands.recv() => {
                    self.ask(errand.effects).await;
                    // Whoever waited may be gone.
                    let _gone = errand.done.map(|done| done.send(()));
                }
                () = pause(LOOK_EVERY) => {}
            }
        }
    }

    /// Asks what is due, and what webhooks are about.
    async fn look(&mut self) {
        let now = self.control.now();
        let looked = self.control.front(move |ledger| {
            let is_due = ledger.desk().next_deadline().is_some_and(|at| at <= now);
            let step = if is_due { ledger.desk().time(now) } else { Step::default() };
            let effects = commit(ledger, step, None, now)?;
            Ok((effects, ledger.state().sales().waiting().cloned().collect::<Vec<_>>()))
        });
        let Ok((due, waiting)) = looked.await else { return };
        self.ask(due).await;
        if now >= self.webhooks_from {
            self.look_into(waiting, now).await;
        }
    }

    async fn look_into(&mut self, waiting: Vec<Delivery>, now: Timestamp) {
        for Delivery { id, hint, .. } in waiting {
            let delivery = id.clone();
            let hinted = self.control.front(move |ledger| {
                let step = ledger.desk().hint(hint, delivery);
                commit(ledger, step, None, now)
            });
            let Ok(effects) = hinted.await else { return };
            if self.ask(effects).await == Asked::NotAll {
                self.webhooks_from = now + RETRY_AFTER;
                return;
            }
            let done = Event::LookedInto { delivery: id };
            let noted = self.control.front(move |ledger| ledger.record(now, vec![done]));
            if noted.await.is_err() {
                return;
            }
        }
    }

    /// Asks, and brings the answers to the desk, until there is nothing more to ask.
    async fn ask(&self, effects: Vec<Effect>) -> Asked {
        let mut asked = Asked::All;
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            let contact = self.contact(&effect).await;
            match perform(&self.client, &effect, &contact).await {
                Ok((answer, cause)) => {
                    let now = self.control.now();
                    let taken = self.control.front(move |ledger| {
                        match ledger.desk().answered(answer, &cause, now) {
                            Ok(step) => commit(ledger, step, None, now),
                            Err(error) => {
                                tracing::error!(target: "alert", %error, "a payment is not taken in");
                                Ok(Vec::new())
                            }
                        }
                    });
                    match taken.await {
                        Ok(more) => queue.extend(more),
                        Err(_) => return Asked::NotAll,
                    }
                }
                Err(error) => {
                    tracing::warn!(target: "api", %error, "Razorpay was asked in vain");
                    asked = Asked::NotAll;
                }
            }
        }
        asked
    }

    /// What goes along with a new link.
    async fn contact(&self, effect: &Effect) -> Contact {
        let Effect::Create { person, .. } = effect else { return Contact::default() };
        let user = sales::user(*person);
        let contact = self.control.front(move |ledger| Ok(ledger.payer(user)));
        contact.await.unwrap_or_default()
    }
}

#[expect(clippy::disallowed_methods, reason = "it waits beside the order thread")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
