//! What people do: payers, the merchant on the dashboard, banks, and those who send forgeries.

use heikin_core::time::Span;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::link::Status;
use super::payment::{Method, Progress, Refund};
use super::signature::sign;
use super::webhooks::Hook;
use super::world::{Later, Means, World};

/// What becomes of a payment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money is taken.
    #[default]
    Captured,
    /// The bank refuses.
    Failed,
    /// The bank refuses, and takes the money after all, later: late authorisation.
    Late {
        /// After so many seconds.
        seconds: u32,
    },
    /// The bank says yes, and nobody takes the money.
    Authorized,
}

/// A payment, as somebody makes it. What the page would not let happen may happen here: another
/// amount, another currency, a link that is closed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pay {
    /// The link's id.
    pub link: String,
    /// How much, in paise; what is left to pay where absent.
    pub amount: Option<i64>,
    /// In which currency; the link's where absent.
    pub currency: Option<String>,
    /// How.
    pub method: Method,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What a person does.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Hands {
    /// Pays, or tries to.
    Pay(Pay),
    /// The merchant gives money back.
    Refund {
        /// Of which payment.
        payment: String,
        /// How much, in paise; all that is left where absent.
        #[serde(default)]
        amount: Option<i64>,
    },
    /// A bank claims money back (`open`), and decides (`won`, `lost`, `closed`).
    Dispute {
        /// Of which payment.
        payment: String,
        /// Where it stands.
        status: String,
    },
    /// The merchant takes a link back.
    Cancel {
        /// Which.
        link: String,
    },
    /// A link's time is over.
    Expire {
        /// Which.
        link: String,
    },
    /// Somebody listens from now on, or nobody.
    Listen {
        /// Who.
        #[serde(default)]
        hook: Option<Hook>,
    },
    /// New signatures are made with another secret.
    RotateSecret {
        /// Which.
        #[serde(deserialize_with = "super::webhooks::secret")]
        secret: SecretString,
    },
    /// The merchant has an event sent once more.
    Replay {
        /// Its id.
        event: String,
    },
    /// Somebody sends something to the listener.
    Deliver {
        /// The id in its header.
        event: String,
        /// The bytes.
        body: String,
        /// The signature; the true one where absent.
        #[serde(default)]
        signature: Option<String>,
    },
}

type Done = Result<Value, String>;

impl World {
    /// Does it, and says what came of it.
    pub(super) fn use_hands(&mut self, hands: Hands) -> Done {
        self.settle();
        match hands {
            Hands::Pay(pay) => self.pay(&pay),
            Hands::Refund { payment, amount } => self.refund_by_hand(&payment, amount),
            Hands::Dispute { payment, status } => {
                if !["open", "won", "lost", "closed"].contains(&status.as_str()) {
                    return Err("a dispute is open, won, lost or closed".to_owned());
                }
                let done = self.dispute(&payment, &status);
                done.map(|()| json!({})).ok_or_else(|| format!("there is no payment {payment}"))
            }
            Hands::Cancel { link } => self.close_by_hand(&link, Self::cancel),
            Hands::Expire { link } => self.close_by_hand(&link, Self::expire),
            Hands::Listen { hook } => {
                if let Some(hook) = &hook {
                    super::check_hook(hook)?;
                }
                self.outbox.listen(hook);
                Ok(json!({}))
            }
            Hands::RotateSecret { secret } => self.outbox.rotate(secret).map(|()| json!({})),
            Hands::Replay { event } => {
                let now = self.now();
                self.outbox.replay(now, &event).map(|()| json!({}))
            }
            Hands::Deliver { event, body, signature } => {
                let secret = self.outbox.secret().ok_or("nobody listens")?;
                let signature =
                    signature.unwrap_or_else(|| sign(secret.expose_secret(), body.as_bytes()));
                let now = self.now();
                self.outbox.send_raw(now, event, body, Some(signature));
                Ok(json!({}))
            }
        }
    }

    /// Makes a payment, or tries to.
    pub(super) fn pay(&mut self, pay: &Pay) -> Done {
        let link = self.links.get(&pay.link);
        let link = link.ok_or_else(|| format!("there is no link {}", pay.link))?;
        let left = link.amount - link.amount_paid;
        let usual = if left > 0 { left } else { link.amount };
        let means = Means {
            amount: pay.amount.unwrap_or(usual),
            currency: pay.currency.clone().unwrap_or_else(|| link.currency.clone()),
            method: pay.method,
        };
        if means.amount <= 0 {
            return Err("a payment is of something".to_owned());
        }
        let progress = match pay.outcome {
            Outcome::Captured | Outcome::Authorized => Progress::Authorized,
            Outcome::Failed | Outcome::Late { .. } => Progress::Failed,
        };
        let payment = self.attempt(&pay.link, means, progress).ok_or("the link is gone")?;
        match pay.outcome {
            Outcome::Captured => self.capture(&payment),
            Outcome::Late { seconds } => {
                let at = self.now() + Span::from_secs(seconds);
                self.later.push((at, Later::Capture(payment.clone())));
            }
            Outcome::Failed | Outcome::Authorized => {}
        }
        let callback = (pay.outcome == Outcome::Captured).then(|| self.callback(&payment));
        Ok(json!({ "payment": payment, "callback": callback.flatten() }))
    }

    fn refund_by_hand(&mut self, id: &str, amount: Option<i64>) -> Done {
        let payment = self.payments.get(id).ok_or_else(|| format!("there is no payment {id}"))?;
        let left = payment.amount - payment.refunded;
        let amount = amount.unwrap_or(left);
        if payment.progress != Progress::Captured || !(1..=left).contains(&amount) {
            return Err(format!("{left} paise are left of {id}"));
        }
        let refund = Refund {
            payment: payment.id.clone(),
            amount,
            currency: payment.currency.clone(),
            notes: Value::Null,
            receipt: None,
            speed: "normal".to_owned(),
            created: self.now(),
            id: self.ids.next("rfnd_"),
            rrn: self.ids.digits(12),
        };
        Ok(self.refund(refund))
    }

    fn close_by_hand(&mut self, id: &str, close: impl FnOnce(&mut Self, &str)) -> Done {
        let link = self.links.get(id).ok_or_else(|| format!("there is no link {id}"))?;
        if link.status != Status::Created {
            return Err(format!("the link is {}", link.status.as_str()));
        }
        close(self, id);
        Ok(json!({}))
    }
}
