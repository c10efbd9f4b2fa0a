//! Razorpay's recorded and documented bodies.

use std::fmt::Write as _;
use std::fs;

use heikin::subscription::desk::Hint;
use heikin::subscription::provider::{DisputeStage, LinkStatus, PaymentStatus};
use heikin::subscription::razorpay::{WebhookSecrets, dispute, link, links, payment, receive};
use heikin::subscription::{Paise, PaymentId};
use heikin_core::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::recorded_folder;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn body(name: &str) -> Vec<u8> {
    fs::read(recorded_folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn hint(body: &[u8]) -> Hint {
    let secrets = WebhookSecrets::new("s".into());
    receive(&secrets, &sign("s", body), None, body, NOW).unwrap().hint
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "needs HEIKIN_SHARED_DATA")]
fn links_are_read() {
    let paid = link(&body("payment_link_paid__sdk.json")).unwrap();
    assert_eq!(
        (paid.status, paid.amount, paid.paid),
        (LinkStatus::Paid, Paise::new(100), Paise::new(100))
    );
    assert_eq!((paid.link.as_str(), paid.currency.as_str()), ("plink_Fo48rl281ENAg9", "INR"));
    let [on_it] = &paid.payments[..] else { panic!("{:?}", paid.payments) };
    assert_eq!((on_it.payment.as_str(), on_it.amount), ("pay_Fo49sHbQ78PCMI", Paise::new(100)));
    assert_eq!((on_it.status, on_it.made.millis()), (PaymentStatus::Captured, 1_602_522_351_000));
    let cancelled = link(&body("payment_link_cancelled_rb__sdk.json")).unwrap();
    assert_eq!((cancelled.status, cancelled.payments.len()), (LinkStatus::Cancelled, 0));
    assert_eq!(link(&body("payment_link_standard_entity__doc.json")).unwrap().reference, "TS1989");
    let all = links(&body("payment_link_collection__sdk.json")).unwrap();
    let statuses: Vec<_> = all.iter().map(|link| link.status).collect();
    assert_eq!(statuses, [LinkStatus::Created, LinkStatus::Cancelled]);
    assert_eq!(all[0].reference, "#41956", "somebody else's");
    let captured = payment(&body("payment_captured__sdk.json")).unwrap();
    assert_eq!((captured.status, captured.refunded), (PaymentStatus::Captured, Paise::ZERO));
    for name in ["error_bad_request__sdk.json", "refund__sdk.json", "webhook_config__sdk.json"] {
        assert!(link(&body(name)).is_err(), "{name}");
    }
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "needs HEIKIN_SHARED_DATA")]
fn webhooks_are_read_for_what_they_are_about() {
    let id = |text: &str| -> PaymentId { text.parse().unwrap() };
    for (name, expected) in [
        ("payment_link.paid_standard__doc", Hint::Link("plink_QflcnnZqCekuvL".parse().unwrap())),
        ("payment_link.expired_standard__doc", Hint::Link("plink_QaIlOGFf8KZNF8".parse().unwrap())),
        (
            "payment_link.cancelled_standard__doc",
            Hint::Link("plink_QaIrRSjWiIuxAO".parse().unwrap()),
        ),
        ("payment_link.partially_paid__fix", Hint::Link("plink_test_789".parse().unwrap())),
        ("payment.captured_card__doc", Hint::Paid(id("pay_DESp9bgForNoUd"))),
        ("payment.captured_upi__doc", Hint::Paid(id("pay_DESyzxuld02Zul"))),
        ("payment.failed_upi__doc", Hint::Failed(id("pay_DESyzxuld02Zul"))),
        ("payment.authorized_upi__doc", Hint::Nothing),
        ("refund.created__doc", Hint::Refund(id("pay_FPoJKWQQ8lK13n"))),
        ("refund.processed__doc", Hint::Refund(id("pay_FPoJKWQQ8lK13n"))),
    ] {
        assert_eq!(hint(&body(&format!("webhook_{name}.json"))), expected, "{name}");
    }
    let paid = body("webhook_order.paid_netbanking__doc.json");
    let value: Value = serde_json::from_slice(&paid).unwrap();
    let own = value["payload"]["payment"]["entity"]["id"].as_str().unwrap();
    assert_eq!(hint(&paid), Hint::Paid(id(own)));
    // Each entity in them is read by itself too.
    let link_paid: Value =
        serde_json::from_slice(&body("webhook_payment_link.paid_standard__doc.json")).unwrap();
    let entity = link_paid["payload"]["payment_link"]["entity"].to_string();
    assert_eq!(link(entity.as_bytes()).unwrap().status, LinkStatus::Paid);
    let entity = link_paid["payload"]["payment"]["entity"].to_string();
    assert_eq!(payment(entity.as_bytes()).unwrap().amount, Paise::new(1_000));
    let refund: Value =
        serde_json::from_slice(&body("webhook_refund.processed__doc.json")).unwrap();
    let entity = refund["payload"]["payment"]["entity"].to_string();
    assert_eq!(payment(entity.as_bytes()).unwrap().refunded, Paise::new(190_000));
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "needs HEIKIN_SHARED_DATA")]
fn recorded_signatures_are_those_of_the_raw_bytes() {
    let body = body("webhook_payment.authorized_signed_python.body.json");
    let signature = "d60e67fd884556c045e9be7dad57903e33efc7172c17c6e3ef77db42d2b366e9";
    let secrets = WebhookSecrets::new("key_secret".into());
    secrets.verify(&body, signature, NOW).unwrap();
    let value: Value = serde_json::from_slice(&body).unwrap();
    secrets.verify(value.to_string().as_bytes(), signature, NOW).unwrap_err();
    let vectors: Vec<Value> =
        serde_json::from_slice(&crate::recorded::body("signature_vectors__sdk.json")).unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in &vectors {
        let text = |key: &str| vector[key].as_str().unwrap();
        let secrets = WebhookSecrets::new(text("secret").to_owned().into());
        let verified = secrets.verify(text("message").as_bytes(), text("signature"), NOW);
        assert_eq!(verified.is_ok(), vector["expect_valid"], "{vector}");
    }
}

/// Every body with every field taken out, made null, or of another type: read or refused, never a
/// panic, and a status nobody knows opens nothing.
#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "needs HEIKIN_SHARED_DATA")]
fn bodies_with_a_field_changed_are_read_or_refused() {
    let mut seen = 0;
    for entry in fs::read_dir(recorded_folder()).unwrap() {
        let Ok(Value::Object(whole)) =
            serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap())
        else {
            continue;
        };
        for key in whole.keys() {
            for other in [
                Value::Null,
                Value::from("x"),
                Value::from(-1),
                Value::from(0.5),
                Value::Array(vec![]),
            ] {
                let mut changed = whole.clone();
                changed.insert(key.clone(), other);
                let text = Value::Object(changed).to_string();
                drop((link(text.as_bytes()), links(text.as_bytes()), payment(text.as_bytes())));
                if let Ok(read) = link(text.as_bytes()) {
                    assert!(key != "amount" && key != "id", "{text}");
                    assert!(key != "status" || read.status == LinkStatus::Unknown, "{text}");
                }
                drop(hint(text.as_bytes()));
                seen += 1;
            }
        }
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn disputes_are_read() {
    for (status, deducted, stage) in [
        ("open", 0, DisputeStage::Open),
        ("under_review", 0, DisputeStage::Open),
        ("a_new_word", 0, DisputeStage::Open),
        ("won", 0, DisputeStage::Won),
        ("lost", 100, DisputeStage::Lost),
        ("closed", 0, DisputeStage::Won),
        ("closed", 100, DisputeStage::Lost),
    ] {
        let body = format!(
            r#"{{"id":"disp_1","entity":"dispute","payment_id":"pay_1","amount":100,"currency":"INR",
                "amount_deducted":{deducted},"status":"{status}","phase":"chargeback"}}"#
        );
        assert_eq!(dispute(body.as_bytes()).unwrap().stage, stage, "{status}");
    }
}
