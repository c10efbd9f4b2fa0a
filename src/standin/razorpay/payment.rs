//! Payments, refunds, disputes and the order of a link, and how they are written on the wire.

use heikin_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::clock::seconds;
use super::super::object::put;
use super::link::Link;

/// How somebody pays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// From a phone.
    #[default]
    Upi,
    /// On the bank's own page.
    Netbanking,
    /// By card.
    Card,
}

impl Method {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Upi => "upi",
            Self::Netbanking => "netbanking",
            Self::Card => "card",
        }
    }
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Authorized,
    Captured,
    Failed,
}

/// A payment.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) id: String,
    pub(super) link: String,
    pub(super) order: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) method: Method,
    pub(super) progress: Progress,
    pub(super) refunded: i64,
    pub(super) created: Timestamp,
    /// The number that the bank knows it by.
    pub(super) rrn: String,
    pub(super) email: Option<String>,
    pub(super) contact: Option<String>,
}

impl Payment {
    /// As the API and events show it.
    pub(super) fn entity(&self) -> Value {
        let captured = self.progress == Progress::Captured;
        let (fee, tax) = fee(self.amount);
        let status = match self.progress {
            Progress::Authorized => "authorized",
            Progress::Failed => "failed",
            Progress::Captured if self.refunded >= self.amount => "refunded",
            Progress::Captured => "captured",
        };
        let refund_status = match self.refunded {
            0 => Value::Null,
            part if part < self.amount => "partial".into(),
            _ => "full".into(),
        };
        let mut entity = json!({
            "id": self.id, "entity": "payment", "amount": self.amount, "currency": self.currency,
            "base_amount": self.amount, "status": status, "order_id": self.order,
            "invoice_id": null, "international": false, "method": self.method.as_str(),
            "amount_refunded": self.refunded, "amount_transferred": 0,
            "refund_status": refund_status, "captured": captured,
            "description": format!("#{}", self.link.trim_start_matches("plink_")),
            "card_id": null, "bank": null, "wallet": null, "vpa": null,
            "email": self.email, "contact": self.contact, "notes": [],
            "fee": captured.then_some(fee), "tax": captured.then_some(tax),
            "error_code": null, "error_description": null, "error_source": null,
            "error_step": null, "error_reason": null,
            "acquirer_data": { "rrn": self.rrn }, "created_at": seconds(self.created),
        });
        self.put_means(&mut entity);
        if self.progress == Progress::Failed {
            for (name, value) in [
                ("error_code", "BAD_REQUEST_ERROR"),
                ("error_description", "Payment failed"),
                ("error_source", "issuer"),
                ("error_step", "payment_authorization"),
                ("error_reason", "payment_failed"),
            ] {
                put(&mut entity, name, value);
            }
            put(&mut entity, "acquirer_data", json!({ "rrn": null }));
        }
        entity
    }

    fn put_means(&self, entity: &mut Value) {
        match self.method {
            Method::Upi => {
                let vpa = "payer@exampleupi";
                put(entity, "vpa", vpa);
                let upi =
                    json!({ "payer_account_type": "bank_account", "vpa": vpa, "flow": "intent" });
                put(entity, "upi", upi);
            }
            Method::Netbanking => {
                put(entity, "bank", "HDFC");
                put(entity, "acquirer_data", json!({ "bank_transaction_id": self.rrn }));
            }
            Method::Card => {
                let id = self.id.replace("pay_", "card_");
                put(entity, "card_id", id.as_str());
                put(
                    entity,
                    "card",
                    json!({
                        "id": id, "entity": "card", "name": "", "last4": "1111", "network": "Visa",
                        "type": "debit", "issuer": null, "international": false, "emi": false,
                        "sub_type": "consumer", "iin": "999999",
                    }),
                );
                let data = json!({ "auth_code": "828553", "rrn": self.rrn });
                put(entity, "acquirer_data", data);
            }
        }
    }

    /// As a link's `payments` shows it.
    pub(super) fn in_link(&self) -> Value {
        json!({
            "amount": self.amount, "created_at": seconds(self.created),
            "method": self.method.as_str(), "payment_id": self.id, "status": "captured",
        })
    }
}

/// Razorpay's share of an amount with the tax on it, and that tax: 2 % and 18 % of it, in whole paise.
fn fee(amount: i64) -> (i64, i64) {
    let rounded = |parts: i64, of: i64| (amount.saturating_mul(parts) + of / 2) / of;
    (rounded(236, 10_000), rounded(36, 10_000))
}

/// The order that the payments of a link belong to.
pub(super) fn order(link: &Link, public_key: &str) -> Value {
    let id = link.order.as_deref().unwrap_or_default();
    let is_paid = link.amount_paid >= link.amount;
    let status = if is_paid { "paid" } else { "attempted" };
    json!({
        "id": id, "entity": "order", "amount": link.amount, "amount_paid": link.amount_paid,
        "amount_due": (link.amount - link.amount_paid).max(0), "currency": link.currency,
        "receipt": link.request.reference_id(), "offer_id": null, "status": status,
        "attempts": link.attempts, "notes": [], "created_at": seconds(link.created),
        "product_type": "payment_link_v2", "product_id": link.id.trim_start_matches("plink_"),
        "public_key": public_key, "payment_capture": true,
        "partial_payment": link.request.accepts_parts(), "updated_at": seconds(link.updated),
    })
}

/// Money that goes back.
#[derive(Debug, Clone)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) payment: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) notes: Value,
    pub(super) receipt: Option<String>,
    pub(super) speed: String,
    pub(super) created: Timestamp,
    pub(super) rrn: String,
}

impl Refund {
    /// As the API and events show it.
    pub(super) fn entity(&self) -> Value {
        let notes = if self.notes.is_object() { self.notes.clone() } else { json!([]) };
        json!({
            "id": self.id, "entity": "refund", "amount": self.amount, "currency": self.currency,
            "payment_id": self.payment, "notes": notes, "receipt": self.receipt,
            "acquirer_data": { "arn": self.rrn }, "created_at": seconds(self.created),
            "batch_id": null, "status": "processed", "speed_processed": "normal",
            "speed_requested": self.speed,
        })
    }
}

/// A payer's bank that wants the money back: as events show it.
pub(super) fn dispute(id: &str, payment: &Payment, status: &str, now: Timestamp) -> Value {
    let deducted = if status == "lost" { payment.amount } else { 0 };
    json!({
        "id": id, "entity": "dispute", "payment_id": payment.id, "amount": payment.amount,
        "currency": payment.currency, "amount_deducted": deducted,
        "reason_code": "goods_or_services_not_received_or_partially_received",
        "respond_by": seconds(now) + 7 * 24 * 60 * 60, "status": status, "phase": "chargeback",
        "created_at": seconds(now),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_is_rounded_as_the_recorded_one() {
        // Of a recorded payment of 1,000 paise.
        assert_eq!(fee(1_000), (24, 4));
        assert_eq!(fee(0), (0, 0));
    }
}
