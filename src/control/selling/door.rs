//! What comes from the payment provider over HTTP.

use std::fmt;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::Errand;
use crate::config::Subscription;
use crate::control::Control;
use crate::http::{Payments, RawWebhook, Returned, WebhookRefused};
use crate::subscription::razorpay::{CallbackParameters, receive};

/// Takes webhooks in, and greets payers who come back.
pub(in crate::control) struct Door {
    control: Control,
    selling: Subscription,
    till: mpsc::Sender<Errand>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

impl Door {
    pub(in crate::control) const fn new(
        control: Control,
        selling: Subscription,
        till: mpsc::Sender<Errand>,
    ) -> Self {
        Self { control, selling, till }
    }
}

impl Payments for Door {
    fn webhook(&self, webhook: RawWebhook) -> BoxFuture<'_, Result<(), WebhookRefused>> {
        Box::pin(async move {
            let RawWebhook { signature, event_id, body } = webhook;
            // Without a secret nothing can be genuine.
            let secrets = self.selling.webhook.as_ref().ok_or(WebhookRefused::Forged)?;
            let now = self.control.now();
            let delivery = receive(secrets, &signature, event_id.as_deref(), &body, now)
                .map_err(|_forged| WebhookRefused::Forged)?;
            let stored = self.control.front(move |ledger| ledger.deliver(delivery)).await;
            match stored {
                Ok(Some(_)) => {
                    // Where the till is busy, it looks by itself.
                    drop(self.till.try_send(Errand::look()));
                    Ok(())
                }
                Ok(None) | Err(_) => Err(WebhookRefused::NotStored),
            }
        })
    }

    fn returned(&self, query: &str) -> Returned {
        match CallbackParameters::parse(query).verify(&self.selling.keys) {
            Ok(()) => Returned::Signed,
            Err(_) => Returned::Unsigned,
        }
    }
}
