//! What Razorpay's stand-in says, against what Razorpay said to others.

use serde_json::{Value, json};

use super::Merchant;
use crate::shape::{has_shape, recorded};

fn body(name: &str) -> Value {
    recorded(&format!("razorpay/{name}.json"))
}

/// A link as the documented example asks for it.
async fn documented(merchant: &Merchant) -> Value {
    let mut link = body("payment_link_create_request__sdk");
    // Its time is over by now.
    link["expire_by"] = json!(merchant.standin.state()["now"].as_i64().unwrap() / 1_000 + 86_400);
    merchant.ask("POST", "payment_links", &link).await
}

fn event(merchant: &Merchant, name: &str) -> Value {
    let state = merchant.standin.state();
    let events = state["hook"]["events"].as_array().unwrap().clone();
    events.into_iter().find(|it| it["event"] == name).unwrap_or_else(|| panic!("{name}: {state}"))
}

/// The body of an event, as it is sent.
async fn sent(merchant: &Merchant, name: &str) -> Value {
    let id = event(merchant, name)["id"].as_str().unwrap().to_owned();
    let url = format!("{}/standin/events/{id}", merchant.standin.api_url());
    let told = crate::client::get(&url).await.json();
    serde_json::from_str(told["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn links_have_the_recorded_shape() {
    let merchant = Merchant::new();
    let link = documented(&merchant).await;
    // Documented as null until something is captured; the example has an empty list.
    let rest = ["+upi_link", "~payments"];
    has_shape(&link, &body("payment_link_standard_entity__doc"), &rest);
    let id = link["id"].as_str().unwrap();
    let cancelled = merchant.ask("POST", &format!("payment_links/{id}/cancel"), &json!({})).await;
    has_shape(&cancelled, &body("payment_link_cancelled_rb__sdk"), &["~payments"]);
    let link = json!({
        "amount": 100, "customer": { "contact": "9999999999", "email": "payer@example.com" },
        "notes": { "policy_name": "b" }, "description": "x",
    });
    let link = merchant.ask("POST", "payment_links", &link).await;
    let id = link["id"].as_str().unwrap();
    merchant.paid(id);
    let paid = merchant.get(&format!("payment_links/{id}")).await;
    has_shape(&paid, &body("payment_link_paid__sdk"), &[]);
    let found = merchant.get("payment_links").await;
    // The first of the recorded list: not paid, and somebody with a name is reminded.
    let rest = [
        "+payment_links.0.order_id",
        "-payment_links.0.customer.name",
        "~payment_links.0.reminders",
    ];
    has_shape(&found, &body("payment_link_collection__sdk"), &rest);
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn errors_have_the_recorded_shape() {
    let merchant = Merchant::new();
    let answer = merchant.try_ask("POST", "payment_links", &json!({ "amount": 1 })).await.unwrap();
    has_shape(&answer.json(), &body("error_bad_request__sdk"), &[]);
    let url = format!("{}/v1/payment_links", merchant.standin.api_url());
    assert_eq!(crate::client::get(&url).await.json(), body("error_bad_api_key__doc"));
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn events_of_links_have_the_recorded_shape() {
    let merchant = Merchant::new();
    for (close, name) in [("cancel", "cancelled"), ("expire", "expired")] {
        let merchant = Merchant::new();
        let link = documented(&merchant).await;
        merchant.order("do", &json!({ "do": close, "link": link["id"] })).await;
        let told = sent(&merchant, &format!("payment_link.{name}")).await;
        let recorded = body(&format!("webhook_payment_link.{name}_standard__doc"));
        // Notes are the merchant's own; the recorded one had others, or none.
        let notes = "payload.payment_link.entity.notes";
        let notes = match name {
            "cancelled" => vec![format!("~{notes}")],
            _ => vec![format!("+{notes}.policy_name"), format!("-{notes}.Test")],
        };
        let notes: Vec<_> = notes.iter().map(String::as_str).collect();
        has_shape(&told, &recorded, &notes);
    }
    let link = json!({
        "amount": 100, "description": "x",
        "customer": { "contact": "9999999999", "email": "payer@example.com" },
    });
    let link = merchant.ask("POST", "payment_links", &link).await;
    merchant.paid(link["id"].as_str().unwrap());
    let told = sent(&merchant, "payment_link.paid").await;
    let recorded = body("webhook_payment_link.paid_standard__doc");
    assert_eq!(told["contains"], recorded["contains"]);
    let of = |event: &Value, what: &str| event["payload"][what]["entity"].clone();
    has_shape(&of(&told, "payment_link"), &of(&recorded, "payment_link"), &["~reminders"]);
    // This payer gave an address, the recorded one did not.
    let rest = ["+upi.flow", "-fee_bearer", "-card", "~email"];
    has_shape(&of(&told, "payment"), &of(&recorded, "payment"), &rest);
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn events_of_payments_and_refunds_have_the_recorded_shape() {
    let merchant = Merchant::new();
    let link = documented(&merchant).await;
    let fails = json!({ "do": "pay", "link": link["id"], "outcome": "failed" });
    merchant.order("do", &fails).await;
    let captured = merchant.paid(link["id"].as_str().unwrap());
    merchant.order("do", &json!({ "do": "refund", "payment": captured, "amount": 500 })).await;
    for (name, rest) in [
        (
            "payment.authorized_upi",
            &["+payload.payment.entity.amount_transferred", "+payload.payment.entity.base_amount"]
                [..],
        ),
        ("payment.captured_upi", &[]),
        (
            "payment.failed_upi",
            &["+payload.payment.entity.amount_transferred", "+payload.payment.entity.base_amount"],
        ),
    ] {
        let told = sent(&merchant, name.split('_').next().unwrap()).await;
        let rest: Vec<_> = rest.to_vec();
        let mut told = told;
        told["payload"]["payment"]["entity"]["description"] = Value::Null;
        has_shape(&told, &body(&format!("webhook_{name}__doc")), &rest);
    }
    for name in ["refund.created", "refund.processed"] {
        let told = sent(&merchant, name).await;
        let recorded = body(&format!("webhook_{name}__doc"));
        let of = |event: &Value| event["payload"]["refund"]["entity"].clone();
        assert_eq!(told["contains"], recorded["contains"]);
        has_shape(&of(&told), &of(&recorded), &["~acquirer_data.arn", "~notes"]);
    }
    let order = sent(&merchant, "order.paid").await;
    let recorded = body("webhook_order.paid_netbanking__doc");
    assert_eq!(order["contains"], recorded["contains"]);
    let more = [
        "+partial_payment",
        "+payment_capture",
        "+product_id",
        "+product_type",
        "+public_key",
        "+updated_at",
    ];
    let of = |event: &Value| event["payload"]["order"]["entity"].clone();
    has_shape(&of(&order), &of(&recorded), &more);
}
